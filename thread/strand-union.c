/* SPDX-License-Identifier: ISC */
#include "strand-union.h"

#include <string.h>

#include "strand-tip.h"

static int by_id(gconstpointer a, gconstpointer b)
{
	const struct union_entry *x = a, *y = b;

	return memcmp(&x->entry.id, &y->entry.id, sizeof(x->entry.id));
}

static void add_all(GArray *all, const GArray *entries, bool is_own)
{
	for (guint i = 0; i < entries->len; i++) {
		struct union_entry entry = {
			g_array_index(entries, struct strand_entry, i), is_own
		};

		(void)g_array_append_val(all, entry);
	}
}

int strand_union_read(struct state *state, struct store *store,
		      const struct state_strand *strand, GArray **entries_r,
		      size_t *damaged_r, struct err *err)
{
	AUTO(array)
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct union_entry));
	AUTO(array) GArray *tips = NULL;
	struct err why;

	*damaged_r = 0;
	if (state_tip_list(state, strand, &tips, err) < 0)
		return -1;
	for (guint i = 0; i < tips->len; i++) {
		const struct object_id *tip =
			&g_array_index(tips, struct state_chain, i).tip;
		AUTO(strand_tree) struct strand_tree *tree = NULL;

		if (strand_tip_read(store, tip, &tree, &why) == 0) {
			add_all(all, strand_tree_entries(tree),
				object_id_equal(tip, &strand->tip));
			continue;
		}
		if (!err_is_damage(&why))
			return err_set(err, why.code, "%s", why.text);
		++*damaged_r;
	}
	g_array_sort(all, by_id); /* stable */
	*entries_r = take(all);
	return 0;
}

guint strand_union_count(const GArray *entries, guint at)
{
	const struct union_entry *first =
		&g_array_index(entries, struct union_entry, at);
	guint count = 1;

	while (at + count < entries->len && by_id(first + count, first) == 0)
		count++;
	return count;
}

guint strand_union_find(const GArray *entries, const struct message_id *id,
			guint *at_r)
{
	guint first = 0, end = entries->len;

	while (first < end) {
		guint middle = first + (end - first) / 2;
		const struct union_entry *entry =
			&g_array_index(entries, struct union_entry, middle);

		if (memcmp(&entry->entry.id, id, sizeof(*id)) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	*at_r = first;
	if (first == entries->len ||
	    memcmp(&g_array_index(entries, struct union_entry, first).entry.id,
		   id, sizeof(*id)) != 0)
		return 0;
	return strand_union_count(entries, first);
}
