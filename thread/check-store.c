/* SPDX-License-Identifier: ISC */
/* Files: modes, packs, refs. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "batch-strand.h"
#include "check-parts.h"
#include "pack-file.h"

void check_modes(const struct mailbox *mailbox, struct findings *findings)
{
	AUTO(str)
	char *path = g_build_filename(mailbox_home(mailbox), "identity", NULL);
	struct stat st;

	if (stat(mailbox_home(mailbox), &st) == 0 && (st.st_mode & 022))
		finding(findings, CURE_MODES, "%s: others may write it",
			mailbox_home(mailbox));
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		finding(findings, CURE_MODES, "%s: others may read or write it",
			path);
}

/* Name each damaged entry; `why` if there is none. */
static void find_damage(struct pack_file *file, const char *name,
			const struct err *why, struct findings *findings)
{
	struct packed packed;
	struct err err;
	size_t found = 0;
	int more;

	while ((more = pack_file_next(file, &packed, &err)) != 0) {
		if (more > 0) {
			packed_release(&packed);
			continue;
		}
		finding(findings, CURE_NONE, "pack %s: %s", name, err.text);
		found++;
	}
	if (found == 0)
		finding(findings, CURE_NONE, "pack %s: %s", name, why->text);
}

void check_pack(struct store *store, const char *name,
		struct findings *findings)
{
	AUTO(pack_file) struct pack_file *file = NULL;
	struct err err;

	if (!pack_has_file(store, name, ".pack", NULL))
		finding(findings, CURE_NONE, "pack %s: its .pack is missing",
			name);
	else if (!pack_has_file(store, name, ".idx", NULL))
		finding(findings, CURE_IDX, "pack %s: its .idx is missing",
			name);
	else if (pack_file_open(store, name, &file, &err) < 0)
		finding(findings, CURE_IDX, "pack %s: %s", name, err.text);
	else if (pack_file_verify(file, &err) < 0)
		find_damage(file, name, &err, findings);
}

static int compare_ref(const void *a, const void *b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

static bool lists(const GArray *strands, int64_t serial)
{
	for (guint i = 0; i < strands->len; i++)
		if (g_array_index(strands, struct state_strand, i).serial ==
		    serial)
			return true;
	return false;
}

static void check_ref(const struct state_strand *strand,
		      const struct ref_move *ref, const GArray *moves,
		      struct findings *findings)
{
	char hex[STRAND_ID_HEX + 1];

	if (ref && memcmp(&ref->tip, &strand->tip, sizeof(ref->tip)) == 0)
		return;
	if (lists(moves, strand->serial))
		return;
	strand_id_print(&strand->id, hex);
	finding(findings, CURE_REFS, "ref of strand %s: %s", hex,
		ref ? "is not what state.db says" : "is missing");
}

/* Is a device in the newest card? Its signature is checked, too. */
static bool card_has(const struct identity *identity,
		     const struct device_id *device)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, NULL) < 0)
		return false;
	for (guint i = 0; i < card->devices->len; i++) {
		const uint8_t *key =
			(const uint8_t *)card->devices->data + (size_t)i * 32;
		struct device_id id = device_id_of(key);

		if (memcmp(&id, device, sizeof(id)) == 0)
			return true;
	}
	return false;
}

void check_refs(const struct identity *identity, const GArray *strands,
		const GArray *moves, const GArray *refs,
		struct findings *findings)
{
	struct device_id device = identity_device(identity);
	AUTO(table)
	GHashTable *known =
		g_hash_table_new(batch_strand_hash, batch_strand_equal);

	if (!card_has(identity, &device))
		finding(findings, CURE_NONE,
			"identity: this device is not in its card");
	for (guint i = 0; i < strands->len; i++) {
		struct state_strand *strand =
			&g_array_index(strands, struct state_strand, i);
		struct ref_move wanted = { strand->id, device, { { 0 } } };
		const struct ref_move *ref =
			bsearch(&wanted, refs->data, refs->len, sizeof(wanted),
				compare_ref);

		(void)g_hash_table_add(known, &strand->id);
		check_ref(strand, ref, moves, findings);
	}
	for (guint i = 0; i < refs->len; i++) {
		struct ref_move *ref = &g_array_index(refs, struct ref_move, i);
		char strand[STRAND_ID_HEX + 1], chain[DEVICE_ID_HEX + 1];
		bool mine = memcmp(&ref->device, &device, sizeof(device)) == 0;

		if (mine && g_hash_table_contains(known, &ref->strand))
			continue;
		strand_id_print(&ref->strand, strand);
		device_id_print(&ref->device, chain);
		finding(findings, CURE_BY_HAND, "ref refs/threads/%s/%s: %s",
			strand, chain,
			mine ? "state.db does not know its strand"
			     : "of a device that is not mine");
	}
}
