/* SPDX-License-Identifier: ISC */
/* A device of mine began its chain anew and left messages out, as gc does after
 * a removal there. What I still have a copy of here stays mine: where no other
 * chain has it, it goes into this device's own, with the object it has. */
#include <string.h>

#include "batch-parts.h"
#include "batch-pull.h"
#include "strand-union.h"

/* Is there still a chain that has it? */
static bool is_left(const GArray *all, const struct message_id *id)
{
	for (guint i = 0; i < all->len; i++)
		if (memcmp(&g_array_index(all, struct union_entry, i).entry.id,
			   id, sizeof(*id)) == 0)
			return true;
	return false;
}

static int put_entry(const struct batch_pull *pull,
		     const struct pull_head *head, int64_t message,
		     const struct strand_entry *entry, struct err *err)
{
	struct batch_strand *strand;

	if (batch_strand_of(pull->batch, &head->strand, &strand, err) < 0)
		return -1;
	(void)g_array_append_val(strand->entries, *entry);
	(void)g_array_append_val(strand->serials, message);
	strand->newest =
		MAX(strand->newest, g_get_real_time() / G_USEC_PER_SEC);
	return 0;
}

/* What does not open is no message, and may go. */
static int refile(const struct batch_pull *pull, const struct pull_head *head,
		  const struct strand_entry *entry, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct state_message row = { 0 };
	struct message_id hash;
	struct err why;
	int found;

	if (reader_entry(pull->worker->reader, head->strand.serial, entry,
			 content, &why) < 0)
		return err_is_damage(&why)
			       ? 0
			       : err_set(err, why.code, "%s", why.text);
	hash = message_id_of(NULL, content->data, content->len);
	found = state_message_find(batch_state(pull->batch), &hash, &row, err);
	if (found <= 0 || row.removed != 0 || row.strand != head->strand.serial)
		return MIN(found, 0);
	return put_entry(pull, head, row.serial, entry, err);
}

int batch_refile(const struct batch_pull *pull, const struct pull_head *head,
		 struct err *err)
{
	const GArray *before;
	AUTO(array) GArray *all = NULL;
	size_t damaged;

	if (head->verdict != PULL_CHAIN || !head->before ||
	    !people_is_mine(pull->worker->context->people, &head->at.device))
		return 0;
	/* The new tip is not in the store yet; it lacks them anyway. */
	if (strand_union_read(batch_state(pull->batch), pull->store,
			      &head->strand, &all, &damaged, err) < 0)
		return -1;
	before = strand_tree_entries(head->before);
	for (guint i = 0; i < before->len; i++) {
		const struct strand_entry *entry =
			&g_array_index(before, struct strand_entry, i);

		if (!strand_tree_find(head->tree, &entry->id) &&
		    !is_left(all, &entry->id) &&
		    refile(pull, head, entry, err) < 0)
			return -1;
	}
	return 0;
}
