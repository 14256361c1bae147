/* SPDX-License-Identifier: ISC */
/* A message that was not here goes to (design 3.2)
 *
 *	the public strand of its root	what is public
 *	each shared strand of its thread	whose members are all addressed
 *	the strand of mine of its root	all else, and junk
 *
 * Of the shared ones those fall away whose members are fewer of the same people
 * (who is in the wider circle reads it there), and of the same members one is
 * left, the same with each of them: that which no `instead' names, then the
 * smallest id.
 *
 * So what a header says, forged or not, never lets anybody read a message who
 * is not named in its own From, To and Cc under an address pinned to his root:
 * References choose among strands whose members are all addressed. The Bcc
 * names nobody.
 *
 * The thread is as the index has it, and as earlier messages of the batch make
 * it: their msgids are tied in a forest, as in threading.c, once anything is
 * shared at all; a split cuts references off. A message stays where it was put
 * when threads are joined later. */
#include "routes.h"

#include <string.h>

#include "audience.h"
#include "batch-strand.h"
#include "circle-read.h"
#include "index-links.h"
#include "index-strand.h"
#include "link-set.h"
#include "mailbox-parts.h"

/* Msgids and threads that are one thread. */
struct group {
	struct group *parent; /* NULL: it stands for all below */
	GArray *strands;      /* owned: int64_t, shared ones of the thread */
};

/* A shared strand that was looked at. */
struct circle_known {
	struct state_strand strand;
	struct state_circle circle; /* owned */
	struct audience *audience;  /* owned */
	bool closed;                /* nothing goes into it */
};

struct routes {
	struct reader *reader;  /* borrowed */
	struct index *index;    /* borrowed; NULL until it is wanted */
	GPtrArray *groups;      /* owned: struct group */
	GHashTable *by_msgid;   /* char * -> struct group */
	GHashTable *by_thread;  /* int64_t * -> struct group */
	GHashTable *circles;    /* int64_t * -> struct circle_known */
	bool asked, any_circle; /* is anything shared? */
};

static void free_group(gpointer data)
{
	struct group *group = data;

	g_array_unref(group->strands);
	g_free(group);
}

static void free_known(gpointer data)
{
	struct circle_known *known = data;

	state_circle_release(&known->circle);
	audience_free(known->audience);
	g_free(known);
}

struct routes *routes_new(struct reader *reader)
{
	struct routes *routes = g_new0(struct routes, 1);

	routes->reader = reader;
	routes->groups = g_ptr_array_new_with_free_func(free_group);
	routes->by_msgid =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	routes->by_thread = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  g_free, NULL);
	routes->circles = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						g_free, free_known);
	return routes;
}

void routes_free(struct routes *routes)
{
	if (!routes)
		return;
	g_hash_table_unref(routes->by_msgid);
	g_hash_table_unref(routes->by_thread);
	g_hash_table_unref(routes->circles);
	g_ptr_array_unref(routes->groups);
	g_free(routes);
}

bool routes_may_share(const char *folder)
{
	const char *slash = strrchr(folder, '/');
	const char *last = slash ? slash + 1 : folder;

	return g_ascii_strcasecmp(last, "Junk") != 0 &&
	       g_ascii_strcasecmp(last, "Spam") != 0;
}

/* -- threads --------------------------------------------------------------- */

static struct group *group_new(struct routes *routes)
{
	struct group *group = g_new0(struct group, 1);

	group->strands = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_ptr_array_add(routes->groups, group);
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

static int group_of_thread(struct routes *routes, int64_t thread,
			   struct group **group_r, struct err *err)
{
	struct group *group = g_hash_table_lookup(routes->by_thread, &thread);
	AUTO(array) GArray *strands = NULL;

	*group_r = group;
	if (group)
		return 0;
	if (index_thread_strands(routes->index, thread, &strands, err) < 0)
		return -1;
	group = group_new(routes);
	(void)g_array_append_vals(group->strands, strands->data, strands->len);
	(void)g_hash_table_insert(routes->by_thread,
				  g_memdup2(&thread, sizeof(thread)), group);
	*group_r = group;
	return 0;
}

static int group_of_msgid(struct routes *routes, const char *msgid,
			  struct group **group_r, struct err *err)
{
	struct group *group = g_hash_table_lookup(routes->by_msgid, msgid);
	struct group *whole;
	int64_t thread;
	int found;

	*group_r = group;
	if (group)
		return 0;
	found = index_thread_of_msgid(routes->index, msgid, &thread, err);
	if (found < 0)
		return -1;
	group = group_new(routes);
	if (found > 0) {
		if (group_of_thread(routes, thread, &whole, err) < 0)
			return -1;
		(void)tie(group, whole);
	}
	(void)g_hash_table_insert(routes->by_msgid, g_strdup(msgid), group);
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
static int is_split(struct routes *routes, const struct arrival_made *made,
		    const char *msgid, bool own, struct err *err)
{
	AUTO(str) char *line = own ? link_print_split(&made->hash) : NULL;
	int split = index_split_has(routes->index,
				    index_msgid_key(routes->index, msgid), err);

	if (split == 0 && own)
		split = state_link_has(reader_state(routes->reader), line, err);
	return split;
}

/* The first of `msgids` that counts. */
static int find_cut(struct routes *routes, const struct arrival_made *made,
		    const GPtrArray *msgids, guint *cut_r, struct err *err)
{
	int any = state_link_any(reader_state(routes->reader), err);

	*cut_r = 0;
	if (any <= 0)
		return any;
	for (guint i = msgids->len; i > 0; i--) {
		int split =
			is_split(routes, made, g_ptr_array_index(msgids, i - 1),
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
static int tie_message(struct routes *routes, const struct arrival_made *made,
		       struct group **group_r, struct err *err)
{
	AUTO(ptrs) GPtrArray *msgids = msgids_of(made);
	struct group *whole = NULL;
	guint cut;

	if (find_cut(routes, made, msgids, &cut, err) < 0)
		return -1;
	for (guint i = cut; i < msgids->len; i++) {
		struct group *group;

		if (group_of_msgid(routes, g_ptr_array_index(msgids, i), &group,
				   err) < 0)
			return -1;
		whole = whole ? tie(whole, group) : top_of(group);
	}
	*group_r = whole;
	return 0;
}

/* -- circles --------------------------------------------------------------- */

/* What is not known whole is none to put anything into, and counts as closed:
 * a batch with a message for it could not be committed. */
static int read_circle(struct routes *routes, int64_t serial,
		       struct circle_known *known, struct err *err)
{
	struct state *state = reader_state(routes->reader);
	AUTO(str) char *line = NULL;
	int found = state_strand_get(state, serial, &known->strand, err);
	int closed = 0;

	if (found > 0)
		found = state_circle_get(state, serial, &known->circle, err);
	if (found > 0) {
		line = link_print_closed(&known->strand.id);
		closed = state_link_has(state, line, err);
	}
	if (found > 0 && closed == 0)
		found = circle_is_whole(routes->reader, &known->strand, err);
	if (found < 0 || closed < 0)
		return -1;
	known->closed = found == 0 || closed > 0 || known->circle.closed;
	if (known->closed)
		return 0;
	return audience_new(routes->reader, known->circle.roots,
			    &known->audience, err);
}

static int find_circle(struct routes *routes, int64_t serial,
		       struct circle_known **known_r, struct err *err)
{
	struct circle_known *known =
		g_hash_table_lookup(routes->circles, &serial);

	if (!known) {
		known = g_new0(struct circle_known, 1);
		if (read_circle(routes, serial, known, err) < 0) {
			free_known(known);
			return -1;
		}
		(void)g_hash_table_insert(routes->circles,
					  g_memdup2(&serial, sizeof(serial)),
					  known);
	}
	*known_r = known;
	return 0;
}

/* -- the choice ------------------------------------------------------------ */

static bool has_root(const GArray *roots, const struct root_key *root)
{
	for (guint i = 0; i < roots->len; i++)
		if (memcmp(&g_array_index(roots, struct root_key, i), root,
			   sizeof(*root)) == 0)
			return true;
	return false;
}

/* Are all of `roots` among `others`? */
static bool is_within(const GArray *roots, const GArray *others)
{
	for (guint i = 0; i < roots->len; i++)
		if (!has_root(others,
			      &g_array_index(roots, struct root_key, i)))
			return false;
	return true;
}

/* The strand that each takes the place of, of those whose members can be read;
 * what is damaged takes nobody's. */
static GHashTable *list_replaced(struct routes *routes, const GPtrArray *equals)
{
	GHashTable *replaced = g_hash_table_new_full(
		batch_strand_hash, batch_strand_equal, g_free, NULL);

	for (guint i = 0; i < equals->len; i++) {
		const struct circle_known *known = g_ptr_array_index(equals, i);
		AUTO(circle) struct circle *circle = NULL;

		if (circle_read(routes->reader, &known->strand, &circle,
				NULL) == 0 &&
		    circle->is_instead)
			(void)g_hash_table_add(
				replaced, g_memdup2(&circle->instead,
						    sizeof(circle->instead)));
	}
	return replaced;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct circle_known *const *x = a, *const *y = b;

	return memcmp(&(*x)->strand.id, &(*y)->strand.id,
		      sizeof((*x)->strand.id));
}

/* Of strands of the same members, sorted by id. */
static const struct circle_known *choose_equal(struct routes *routes,
					       const GPtrArray *equals)
{
	AUTO(table) GHashTable *replaced = NULL;

	if (equals->len > 1)
		replaced = list_replaced(routes, equals);
	for (guint i = 0; replaced && i < equals->len; i++) {
		const struct circle_known *known = g_ptr_array_index(equals, i);

		if (!g_hash_table_contains(replaced, &known->strand.id))
			return known;
	}
	return g_ptr_array_index(equals, 0);
}

/* Is somebody in a wider circle of those? */
static bool is_narrower(const struct circle_known *known,
			const GPtrArray *matches)
{
	for (guint i = 0; i < matches->len; i++) {
		const struct circle_known *other =
			g_ptr_array_index(matches, i);

		if (other->circle.roots->len > known->circle.roots->len &&
		    is_within(known->circle.roots, other->circle.roots))
			return true;
	}
	return false;
}

/* Those of `matches` with just these members. */
static GPtrArray *equals_of(const struct circle_known *known,
			    const GPtrArray *matches)
{
	GPtrArray *equals = g_ptr_array_new();

	for (guint i = 0; i < matches->len; i++) {
		struct circle_known *other = g_ptr_array_index(matches, i);

		if (other->circle.roots->len == known->circle.roots->len &&
		    is_within(known->circle.roots, other->circle.roots))
			g_ptr_array_add(equals, other);
	}
	return equals;
}

static void choose(struct routes *routes, GPtrArray *matches, GArray *strands)
{
	g_ptr_array_sort(matches, by_id);
	for (guint i = 0; i < matches->len; i++) {
		const struct circle_known *known =
			g_ptr_array_index(matches, i);
		AUTO(ptrs) GPtrArray *equals = equals_of(known, matches);

		/* Equal ones are looked at with the first of them. */
		if (!is_narrower(known, matches) &&
		    g_ptr_array_index(equals, 0) == known)
			(void)g_array_append_val(
				strands, choose_equal(routes, equals)->strand);
	}
}

/* The strands of the thread that are open and all of whose members the message
 * names. */
static int list_matches(struct routes *routes, const struct group *group,
			const struct mime *mime, GPtrArray *matches,
			struct err *err)
{
	AUTO(table) GHashTable *addressed = NULL;

	if (group->strands->len > 0)
		addressed = audience_addressed(mime);
	for (guint i = 0; i < group->strands->len; i++) {
		struct circle_known *known;

		if (find_circle(routes,
				g_array_index(group->strands, int64_t, i),
				&known, err) < 0)
			return -1;
		if (!known->closed &&
		    audience_has_all(known->audience, addressed))
			g_ptr_array_add(matches, known);
	}
	return 0;
}

/* Is anything shared? Asked once a batch. */
static int is_needed(struct routes *routes, struct err *err)
{
	int any = routes->any_circle;

	if (!routes->asked) {
		any = state_circle_any(reader_state(routes->reader), err);
		if (any < 0)
			return -1;
		routes->asked = true;
		routes->any_circle = any > 0;
	}
	if (any > 0 && !routes->index) {
		routes->index = reader_index(routes->reader, err);
		if (!routes->index)
			return -1;
	}
	return any;
}

int routes_find(struct routes *routes, const struct arrival *arrival,
		GArray **strands_r, struct err *err)
{
	AUTO(array)
	GArray *strands =
		g_array_new(FALSE, FALSE, sizeof(struct state_strand));
	const struct arrival_made *made = arrival->made;
	AUTO(ptrs) GPtrArray *matches = g_ptr_array_new();
	struct group *group;
	int needed = is_needed(routes, err);

	if (needed < 0 ||
	    (needed > 0 && tie_message(routes, made, &group, err) < 0))
		return -1;
	if (needed > 0 && made->strand.kind == STRAND_MINE &&
	    routes_may_share(arrival->folder)) {
		if (list_matches(routes, group, made->mime, matches, err) < 0)
			return -1;
		choose(routes, matches, strands);
	}
	*strands_r = take(strands);
	return 0;
}

/* -- what is shared -------------------------------------------------------- */

int routes_strand(struct routes *routes, int64_t thread, const GArray *roots,
		  struct state_strand *strand_r, struct err *err)
{
	AUTO(ptrs) GPtrArray *equals = g_ptr_array_new();
	AUTO(array) GArray *strands = NULL;
	int needed = is_needed(routes, err);

	if (needed <= 0)
		return needed;
	if (index_thread_strands(routes->index, thread, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		struct circle_known *known;

		if (find_circle(routes, g_array_index(strands, int64_t, i),
				&known, err) < 0)
			return -1;
		if (!known->closed && known->circle.roots->len == roots->len &&
		    is_within(roots, known->circle.roots))
			g_ptr_array_add(equals, known);
	}
	if (equals->len == 0)
		return 0;
	g_ptr_array_sort(equals, by_id);
	*strand_r = choose_equal(routes, equals)->strand;
	return 1;
}

int routes_reach(struct routes *routes, int64_t message, const GArray *roots,
		 int64_t but, struct err *err)
{
	AUTO(array) GArray *strands = NULL;

	if (state_standing_of(reader_state(routes->reader), message, &strands,
			      err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		int64_t serial = g_array_index(strands, int64_t, i);
		struct circle_known *known;

		if (serial == but)
			continue;
		if (find_circle(routes, serial, &known, err) < 0)
			return -1;
		if (!known->closed && is_within(roots, known->circle.roots))
			return 1;
	}
	return 0;
}

int routes_has_member(struct routes *routes, int64_t strand,
		      const struct root_key *root, struct err *err)
{
	struct circle_known *known;

	if (find_circle(routes, strand, &known, err) < 0)
		return -1;
	return known->circle.roots && has_root(known->circle.roots, root);
}
