/* SPDX-License-Identifier: ISC */
/* A thread is as the index has it, and as earlier messages of the batch make
 * it: their msgids are tied in a forest of unions, as in threading.c; a split
 * cuts references off. */
#include "routes-group.h"

#include "index-links.h"
#include "index-strand.h"
#include "index-write.h"
#include "link-set.h"

/* Msgids and threads that are one thread. */
struct group {
	struct group *parent; /* NULL: it stands for all below */
	GArray *strands;      /* owned: int64_t, shared ones of the thread */
};

struct groups {
	struct state *state;   /* borrowed */
	struct index *index;   /* borrowed */
	GPtrArray *all;        /* owned: struct group */
	GHashTable *by_msgid;  /* char * -> struct group */
	GHashTable *by_thread; /* int64_t * -> struct group */
};

static void free_group(gpointer data)
{
	struct group *group = data;

	g_array_unref(group->strands);
	g_free(group);
}

struct groups *groups_new(struct state *state, struct index *index)
{
	struct groups *groups = g_new0(struct groups, 1);

	groups->state = state;
	groups->index = index;
	groups->all = g_ptr_array_new_with_free_func(free_group);
	groups->by_msgid =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	groups->by_thread = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  g_free, NULL);
	return groups;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	g_hash_table_unref(groups->by_msgid);
	g_hash_table_unref(groups->by_thread);
	g_ptr_array_unref(groups->all);
	g_free(groups);
}

static struct group *group_new(struct groups *groups)
{
	struct group *group = g_new0(struct group, 1);

	group->strands = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_ptr_array_add(groups->all, group);
	return group;
}

static struct group *top_of(struct group *group)
{
	while (group->parent) {
		if (group->parent->parent)
			group->parent = group->parent->parent;
		group = group->parent;
	}
	return group;
}

static void add_strand(struct group *group, int64_t strand)
{
	for (guint i = 0; i < group->strands->len; i++)
		if (g_array_index(group->strands, int64_t, i) == strand)
			return;
	(void)g_array_append_val(group->strands, strand);
}

static struct group *tie(struct group *a, struct group *b)
{
	a = top_of(a);
	b = top_of(b);
	if (a == b)
		return a;
	for (guint i = 0; i < b->strands->len; i++)
		add_strand(a, g_array_index(b->strands, int64_t, i));
	b->parent = a;
	return a;
}

static int group_of_thread(struct groups *groups, int64_t thread,
			   struct group **group_r, struct err *err)
{
	struct group *group = g_hash_table_lookup(groups->by_thread, &thread);
	AUTO(array) GArray *strands = NULL;

	*group_r = group;
	if (group)
		return 0;
	if (index_thread_strands(groups->index, thread, &strands, err) < 0)
		return -1;
	group = group_new(groups);
	(void)g_array_append_vals(group->strands, strands->data, strands->len);
	(void)g_hash_table_insert(groups->by_thread,
				  g_memdup2(&thread, sizeof(thread)), group);
	*group_r = group;
	return 0;
}

static int group_of_msgid(struct groups *groups, const char *msgid,
			  struct group **group_r, struct err *err)
{
	struct group *group = g_hash_table_lookup(groups->by_msgid, msgid);
	struct group *whole;
	int64_t thread;
	int found;

	*group_r = group;
	if (group)
		return 0;
	found = index_thread_of_msgid(groups->index, msgid, &thread, err);
	if (found < 0)
		return -1;
	group = group_new(groups);
	if (found > 0) {
		if (group_of_thread(groups, thread, &whole, err) < 0)
			return -1;
		(void)tie(group, whole);
	}
	(void)g_hash_table_insert(groups->by_msgid, g_strdup(msgid), group);
	*group_r = group;
	return 0;
}

/* The msgids it names, its own last (without one: its hash). Caller unrefs. */
static GPtrArray *msgids_of(const struct arrival_made *made)
{
	const GPtrArray *lists[] = { made->mime->references,
				     made->mime->in_reply_to };
	GPtrArray *msgids = g_ptr_array_new_with_free_func(g_free);
	char hex[MESSAGE_ID_HEX + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++)
			g_ptr_array_add(msgids, g_strdup(g_ptr_array_index(
							lists[i], j)));
	message_id_print(&made->hash, hex);
	g_ptr_array_add(
		msgids,
		g_strdup(made->mime->msgid[0] ? made->mime->msgid : hex));
	return msgids;
}

/* Does a message begin a thread of its own: one that is here, or this one? */
static int is_split(struct groups *groups, const struct arrival_made *made,
		    const char *msgid, bool own, struct err *err)
{
	AUTO(str) char *line = own ? link_print_split(&made->hash) : NULL;
	int split = index_split_has(groups->index,
				    index_msgid_key(groups->index, msgid), err);

	if (split == 0 && own)
		split = state_link_has(groups->state, line, err);
	return split;
}

/* The first of `msgids` that counts. */
static int find_cut(struct groups *groups, const struct arrival_made *made,
		    const GPtrArray *msgids, guint *cut_r, struct err *err)
{
	int any = state_link_any(groups->state, err);

	*cut_r = 0;
	if (any <= 0)
		return any;
	for (guint i = msgids->len; i > 0; i--) {
		int split =
			is_split(groups, made, g_ptr_array_index(msgids, i - 1),
				 i == msgids->len, err);

		if (split < 0)
			return -1;
		*cut_r = i - 1;
		if (split > 0)
			break;
	}
	return 0;
}

/* The thread that the message makes of those it refers to. */
static int tie_message(struct groups *groups, const struct arrival_made *made,
		       struct group **group_r, struct err *err)
{
	AUTO(ptrs) GPtrArray *msgids = msgids_of(made);
	struct group *whole = NULL;
	guint cut;

	if (find_cut(groups, made, msgids, &cut, err) < 0)
		return -1;
	for (guint i = cut; i < msgids->len; i++) {
		struct group *group;

		if (group_of_msgid(groups, g_ptr_array_index(msgids, i), &group,
				   err) < 0)
			return -1;
		whole = whole ? tie(whole, group) : top_of(group);
	}
	*group_r = whole;
	return 0;
}

int groups_tie(struct groups *groups, const struct arrival_made *made,
	       const GArray **strands_r, struct err *err)
{
	struct group *group;

	if (tie_message(groups, made, &group, err) < 0)
		return -1;
	*strands_r = group->strands;
	return 0;
}

int groups_note(struct groups *groups, const struct arrival_made *made,
		int64_t strand, struct err *err)
{
	struct group *group;

	if (tie_message(groups, made, &group, err) < 0)
		return -1;
	add_strand(group, strand);
	return 0;
}
