/* SPDX-License-Identifier: ISC */
/* A device whose disk was put back to an older state goes on from there, with
 * the same key: its chain forks. Each fork is kept, for it has messages that no
 * other tip has; so many of them that nobody can fill a strand with them. One
 * all of whose messages are in another tip, too, gives its place away. */
#include <errno.h>

#include "pull-head.h"
#include "strand-tip.h"

bool pull_has_all(const struct strand_tree *tree, struct strand_tree *before)
{
	const GArray *entries = strand_tree_entries(before);

	for (guint i = 0; i < entries->len; i++) {
		const struct strand_entry *had =
			&g_array_index(entries, struct strand_entry, i);
		const struct strand_entry *has =
			strand_tree_find(tree, &had->id);

		if (!has || !object_id_equal(&has->object, &had->object))
			return false;
	}
	return true;
}

static void free_tree(gpointer tree)
{
	strand_tree_free(tree);
}

/* The trees of the forks; NULL for one that is damaged. */
static GPtrArray *read_trees(struct pull_head *head, struct store *store)
{
	GPtrArray *trees = g_ptr_array_new_with_free_func(free_tree);

	for (guint i = 0; i < head->forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(head->forks, struct state_fork, i);
		struct strand_tree *tree = NULL;

		(void)strand_tip_read(store, &fork->chain.tip, &tree, NULL);
		g_ptr_array_add(trees, tree);
	}
	return trees;
}

/* Is all of `tree` in another one? */
static bool is_elsewhere(const struct pull_head *head, const GPtrArray *trees,
			 struct strand_tree *tree)
{
	if (head->before && pull_has_all(head->before, tree))
		return true;
	for (guint i = 0; i < trees->len; i++) {
		const struct strand_tree *other = trees->pdata[i];

		if (other && other != tree && pull_has_all(other, tree))
			return true;
	}
	return false;
}

int pull_find_place(struct pull_head *head, struct store *store,
		    struct err *err)
{
	AUTO(ptrs) GPtrArray *trees = NULL;

	if (head->forks->len < PULL_FORKS)
		return 1;
	trees = read_trees(head, store);
	if (is_elsewhere(head, trees, head->tree))
		return 0;
	for (guint i = 0; i < trees->len; i++) {
		struct strand_tree *tree = trees->pdata[i];

		if (!tree || (!pull_has_all(head->tree, tree) &&
			      !is_elsewhere(head, trees, tree)))
			continue;
		head->fork =
			g_array_index(head->forks, struct state_fork, i).number;
		return 1;
	}
	return err_set(err, EFBIG,
		       "its chain forked more than %d times, as if that device "
		       "had been put back to an older state again and again: "
		       "its owner has to run `defms restore` on it",
		       PULL_FORKS);
}
