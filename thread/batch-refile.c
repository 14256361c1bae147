/* SPDX-License-Identifier: ISC */
/* A device of mine began its chain anew and left messages out, as gc does after
 * a removal there. What I still have a copy of here stays mine: where no other
 * chain has it, it goes into this device's own, with the object it has. */
#include <string.h>

#include "batch-parts.h"
#include "batch-pull.h"
#include "strand-union.h"

/* Does this entry of another chain open? 1/0/-1. */
static int is_whole(const struct batch_pull *pull, const struct pull_head *head,
		    const struct strand_entry *entry, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	struct err why;

	if (reader_entry(pull->worker->reader, head->strand.serial, entry,
			 content, &why) == 0)
		return 1;
	return err_is_damage(&why) ? 0 : err_set(err, why.code, "%s", why.text);
}

/* Is there still a chain that has it? One that only has its id has not. 1/0/-1.
 */
static int is_left(const struct batch_pull *pull, const struct pull_head *head,
		   const GArray *all, const struct strand_entry *entry,
		   struct err *err)
{
	guint at, count = strand_union_find(all, &entry->id, &at);

	for (guint i = at; i < at + count; i++) {
		const struct strand_entry *other =
			&g_array_index(all, struct union_entry, i).entry;
		int whole;

		whole = object_id_equal(&other->object, &entry->object)
				? 1
				: is_whole(pull, head, other, err);
		if (whole != 0)
			return whole;
	}
	return 0;
}

/* 1, 0 if the tree has none, -1. */
static int read_blob(const struct batch_pull *pull,
		     const struct strand_tree *tree, enum strand_blob which,
		     GByteArray *out, struct err *err)
{
	struct object_id id = strand_tree_blob(tree, which);

	return object_id_is_null(&id)
		       ? 0
		       : store_read(pull->store, &id, OBJECT_BLOB, out, err);
}

/* A shared strand may have no chain but the one that begins anew, whose tip
 * cannot be read yet: what this device's own needs is in the tip before it. */
static int lend_circle(const struct batch_pull *pull,
		       const struct pull_head *head,
		       struct batch_strand *strand, struct err *err)
{
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(bytes) GByteArray *members = g_byte_array_new();
	int found;

	if (strand->state.kind != STRAND_SHARED || strand->keys)
		return 0;
	found = read_blob(pull, head->before, STRAND_KEYS, keys, err);
	if (found > 0)
		found = read_blob(pull, head->before, STRAND_MEMBERS, members,
				  err);
	if (found <= 0)
		return found;
	strand->keys = take(keys);
	strand->members = take(members);
	return 0;
}

static int put_entry(const struct batch_pull *pull,
		     const struct pull_head *head, int64_t message,
		     const struct strand_entry *entry, struct err *err)
{
	struct batch_strand *strand;

	if (batch_strand_of(pull->batch, &head->strand, &strand, err) < 0 ||
	    lend_circle(pull, head, strand, err) < 0)
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
		int left;

		if (strand_tree_find(head->tree, &entry->id))
			continue;
		left = is_left(pull, head, all, entry, err);
		if (left < 0 ||
		    (left == 0 && refile(pull, head, entry, err) < 0))
			return -1;
	}
	return 0;
}
