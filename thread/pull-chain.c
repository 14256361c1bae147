/* SPDX-License-Identifier: ISC */
/* Down a chain, from the tip that is offered to the one that is known: each
 * commit signed by its device, of this strand, with its parent's Chain + 1 and
 * the Root of its tree; each tree strict; everything it reaches there. */
#include <errno.h>
#include <string.h>

#include "pull-head.h"
#include "strand-tip.h"

enum {
	TREE_LINE = 46, /* "tree <40>\n" */
	PARENT = 7,     /* "parent " */
};

struct walk {
	struct pull_head *head; /* borrowed */
	struct store *store;    /* borrowed */
	GHashTable *met;        /* owned: object_id, trees of pieces */
	GHashTable *lineage;    /* owned: object_id, commits down from the tip
				 * that is known; NULL until it is wanted */
	struct object_id fork_tip; /* of the fork that it goes on from */
	struct strand_tree *last;  /* owned: of the commit looked at last */
};

struct object_id pull_tree_of(const struct commit *commit)
{
	struct object_id id;

	memcpy(id.bytes, commit->tree, sizeof(id.bytes));
	return id;
}

static struct object_id parent_of(const struct commit *commit)
{
	struct object_id id;

	memcpy(id.bytes, commit->parents[0], sizeof(id.bytes));
	return id;
}

int pull_commit_read(const struct pull_head *head, const struct object_id *id,
		     struct commit *commit_r, struct err *err)
{
	const struct object_source *source = pull_objects_source(head->objects);
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	int found = source->read(source->context, id, OBJECT_COMMIT, data, err);

	if (found < 0 || commit_parse(data->data, data->len, commit_r, err) < 0)
		return -1;
	/* It may be sound where it belongs: who offers it names the place. */
	if (memcmp(&commit_r->strand, &head->at.strand,
		   sizeof(commit_r->strand)) != 0)
		return err_set(err, EILSEQ, "a commit names another strand");
	if (memcmp(&commit_r->device, &head->at.device,
		   sizeof(commit_r->device)) != 0)
		return err_set(err, EILSEQ,
			       "a commit is signed by another device");
	if (commit_r->chain == 0 || commit_r->parent_count > 1)
		return err_set(err, EBADMSG, "a commit is no part of a chain");
	return 0;
}

/* -- what is known --------------------------------------------------------- */

/* The parent of a commit that was checked when it came in: 1, 0 none, -1. */
static int known_parent(struct store *store, struct object_id *id,
			struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct err why;
	int found = store_read(store, id, OBJECT_COMMIT, data, &why);

	if (found < 0 && !err_is_damage(&why))
		return err_set(err, why.code, "%s", why.text);
	if (found <= 0 || data->len < TREE_LINE)
		return err_set(err, EILSEQ, "what is known of it is damaged");
	if (data->len < TREE_LINE + PARENT + OBJECT_ID_HEX ||
	    memcmp(data->data + TREE_LINE, "parent ", PARENT) != 0)
		return 0;
	if (object_id_parse((const char *)data->data + TREE_LINE + PARENT,
			    OBJECT_ID_HEX, id, NULL) < 0)
		return err_set(err, EILSEQ, "what is known of it is damaged");
	return 1;
}

/* What a tip with this Chain is to a chain that is known. */
enum age {
	AGE_OTHER,  /* not of it */
	AGE_OF_IT,  /* one of its commits */
	AGE_BEFORE, /* the chain was begun anew since */
};

static int find_age(const struct pull_head *head, struct store *store,
		    const struct state_chain *known, uint64_t chain,
		    enum age *age_r, struct err *err)
{
	struct object_id id = known->tip;
	uint64_t at = known->chain;
	int more = 1;

	*age_r = AGE_OTHER;
	if (object_id_is_null(&id) || chain > at)
		return 0;
	for (; at > chain && more > 0; at--)
		more = known_parent(store, &id, err);
	if (more < 0)
		return -1;
	if (more == 0)
		*age_r = AGE_BEFORE;
	else if (object_id_equal(&id, &head->at.tip))
		*age_r = AGE_OF_IT;
	return 0;
}

int pull_is_old(const struct pull_head *head, struct store *store,
		uint64_t chain, struct err *err)
{
	enum age age;

	if (find_age(head, store, &head->known, chain, &age, err) < 0)
		return -1;
	if (age != AGE_OTHER)
		return 1;
	for (guint i = 0; i < head->forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(head->forks, struct state_fork, i);

		if (find_age(head, store, &fork->chain, chain, &age, err) < 0)
			return -1;
		if (age == AGE_OF_IT)
			return 1;
	}
	return 0;
}

static int list_lineage(struct walk *walk, struct err *err)
{
	struct object_id id = walk->head->known.tip;
	int more = 1;

	walk->lineage = g_hash_table_new_full(object_id_hash, object_id_equal,
					      g_free, NULL);
	while (more > 0) {
		(void)g_hash_table_add(walk->lineage,
				       g_memdup2(&id, sizeof(id)));
		more = known_parent(walk->store, &id, err);
	}
	return more;
}

/* Does the chain that is known go through this commit? 1/0/-1. */
static int is_known(struct walk *walk, const struct object_id *id,
		    struct err *err)
{
	if (object_id_is_null(&walk->head->known.tip) ||
	    !store_has(walk->store, id, NULL))
		return 0;
	if (!walk->lineage && list_lineage(walk, err) < 0)
		return -1;
	return g_hash_table_contains(walk->lineage, id);
}

/* -- one commit ------------------------------------------------------------ */

static int need_message(struct walk *walk, const struct strand_entry *entry,
			struct err *err)
{
	struct pull_objects *objects = walk->head->objects;
	AUTO(array) GArray *pieces = NULL;

	if (!entry->pieces)
		return pull_objects_need(objects, &entry->object, err);
	if (g_hash_table_contains(walk->met, &entry->object))
		return 0;
	if (strand_pieces_read_from(pull_objects_source(objects),
				    &entry->object, &pieces, err) < 0)
		return -1;
	for (guint i = 0; i < pieces->len; i++)
		if (pull_objects_need(
			    objects,
			    &g_array_index(pieces, struct object_id, i),
			    err) < 0)
			return -1;
	(void)g_hash_table_add(
		walk->met, g_memdup2(&entry->object, sizeof(entry->object)));
	return 0;
}

static int check_tree(struct walk *walk, const struct commit *commit,
		      struct err *err)
{
	const struct object_source *source =
		pull_objects_source(walk->head->objects);
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	struct object_id id = pull_tree_of(commit);
	struct message_id root;
	const GArray *entries;

	if (strand_tree_read_from(source, &id, &tree, err) < 0)
		return -1;
	entries = strand_tree_entries(tree);
	if (entries->len > PULL_ENTRIES)
		return err_set(err, EFBIG, "too many messages in a chain");
	if (strand_tree_root_from(tree, source, &root, err) < 0)
		return -1;
	if (memcmp(&root, &commit->root, sizeof(root)) != 0)
		return err_set(err, EBADMSG,
			       "the Root of a commit is not that of its tree");
	for (guint i = 0; i < entries->len; i++)
		if (need_message(
			    walk,
			    &g_array_index(entries, struct strand_entry, i),
			    err) < 0)
			return -1;
	strand_tree_free(walk->last);
	walk->last = take(tree);
	return 0;
}

/* -- the chain ------------------------------------------------------------- */

/* The oldest commit has no parent. It begins the chain, or begins it anew: with
 * a higher number, and all that was in it. Only I may leave anything out. */
static void judge_start(struct walk *walk, const struct commit *first,
			bool is_mine)
{
	struct pull_head *head = walk->head;
	const GArray *entries;

	head->verdict = PULL_CHAIN;
	if (object_id_is_null(&head->known.tip))
		return;
	if (first->chain <= head->known.chain) {
		head->verdict = PULL_FORK;
		return;
	}
	if (is_mine)
		return;
	entries = strand_tree_entries(head->before);
	for (guint i = 0; i < entries->len; i++)
		if (!strand_tree_find(
			    walk->last,
			    &g_array_index(entries, struct strand_entry, i).id))
			head->verdict = PULL_FORK;
}

/* What is read from a chain must not vanish with its next tip, so nothing moves
 * to one that lacks any of it: such a tip is kept beside the one that it goes
 * on from. */
static int keep_all(struct walk *walk, bool is_mine, struct err *err)
{
	struct pull_head *head = walk->head;
	AUTO(strand_tree) struct strand_tree *tree = NULL;

	if (head->verdict == PULL_CHAIN && head->before && !is_mine &&
	    !pull_has_all(head->tree, head->before))
		head->verdict = PULL_FORK;
	if (head->fork == 0)
		return 0;
	if (strand_tip_read(walk->store, &walk->fork_tip, &tree, NULL) < 0)
		return err_set(err, EILSEQ, "what is known of it is damaged");
	if (!pull_has_all(head->tree, tree))
		head->fork = 0;
	return 0;
}

/* The number of the fork with this tip, or 0. */
static int64_t find_fork(const struct pull_head *head,
			 const struct object_id *tip)
{
	for (guint i = 0; i < head->forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(head->forks, struct state_fork, i);

		if (object_id_equal(&fork->chain.tip, tip))
			return fork->number;
	}
	return 0;
}

/* To the parent of `commit`: 1; 0 if that is where the chain is known. */
static int step(struct walk *walk, struct commit *commit, struct err *err)
{
	struct pull_head *head = walk->head;
	struct object_id parent = parent_of(commit);
	struct commit next = { 0 };
	int known = is_known(walk, &parent, err);

	if (known < 0 || pull_commit_read(head, &parent, &next, err) < 0)
		return -1;
	if (next.chain + 1 != commit->chain)
		return err_set(err, EBADMSG,
			       "the Chain of a commit is not its parent's + 1");
	head->fork = find_fork(head, &parent);
	walk->fork_tip = parent;
	if (known || head->fork != 0) {
		head->verdict = object_id_equal(&parent, &head->known.tip)
					? PULL_CHAIN
					: PULL_FORK;
		return 0;
	}
	*commit = next;
	return 1;
}

static int walk_down(struct walk *walk, const struct commit *tip, bool is_mine,
		     struct err *err)
{
	struct commit commit = *tip;
	int more = 1;

	for (unsigned count = 0; more > 0; count++) {
		if (count == PULL_COMMITS)
			return err_set(err, EFBIG,
				       "too many new commits in a chain");
		if (check_tree(walk, &commit, err) < 0)
			return -1;
		if (count == 0)
			walk->head->tree = take(walk->last);
		if (commit.parent_count == 0)
			break;
		more = step(walk, &commit, err);
	}
	if (more <= 0)
		return more;
	if (!walk->last) {
		struct object_id id = pull_tree_of(&commit);

		if (strand_tree_read_from(
			    pull_objects_source(walk->head->objects), &id,
			    &walk->last, err) < 0)
			return -1;
	}
	judge_start(walk, &commit, is_mine);
	return 0;
}

/* The tree of what is known, if anything is. */
static int read_before(struct pull_head *head, struct store *store,
		       struct err *err)
{
	struct object_source source = store_source(store);
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct object_id id;

	if (object_id_is_null(&head->known.tip))
		return 0;
	if (store_read(store, &head->known.tip, OBJECT_COMMIT, data, NULL) <=
		    0 ||
	    data->len < TREE_LINE ||
	    object_id_parse((const char *)data->data + strlen("tree "),
			    OBJECT_ID_HEX, &id, NULL) < 0 ||
	    strand_tree_read_from(&source, &id, &head->before, NULL) < 0)
		return err_set(err, EILSEQ, "what is known of it is damaged");
	return 0;
}

int pull_walk(struct pull_head *head, struct store *store,
	      const struct commit *tip, bool is_mine, struct err *err)
{
	struct walk walk = { .head = head, .store = store };
	int result;

	if (read_before(head, store, err) < 0)
		return -1;
	walk.met = g_hash_table_new_full(object_id_hash, object_id_equal,
					 g_free, NULL);
	result = walk_down(&walk, tip, is_mine, err);
	if (result == 0)
		result = keep_all(&walk, is_mine, err);
	g_hash_table_unref(walk.met);
	if (walk.lineage)
		g_hash_table_unref(walk.lineage);
	strand_tree_free(walk.last);
	return result;
}
