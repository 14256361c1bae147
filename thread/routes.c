/* SPDX-License-Identifier: ISC */
/* A message that was not here goes to (design 3.2)
 *
 *	the public strand of its root	what is public
 *	each shared strand of its thread	whose members are all addressed
 *	the strand of mine of its root	all else, and junk
 *
 * Of the shared ones those fall away whose members are fewer of the same people
 * (who is in the wider circle reads it there), and of the same members one is
 * left, the same with each of them: one that no `instead' names, made for the
 * newest keys, of the smallest id. One that was founded beside another, and is
 * older than the successor of that, so gets nothing that a lost device could
 * open.
 *
 * So what a header says, forged or not, never lets anybody read a message who
 * is not named in its own From, To and Cc under an address pinned to his root:
 * References choose among strands whose members are all addressed. The Bcc
 * names nobody.
 *
 * A message stays where it was put when threads are joined later. */
#include "routes.h"

#include <string.h>

#include "audience.h"
#include "batch-strand.h"
#include "circle-read.h"
#include "defms/name.h"
#include "index-strand.h"
#include "link-set.h"
#include "mailbox-parts.h"
#include "routes-group.h"
#include "state-circles.h"

/* Far more circles than anybody has of one thread; whoever floods it with them
 * gets no more of this writer's time. */
enum { MATCHES = 256 };

/* A shared strand that was looked at. */
struct circle_known {
	struct state_strand strand;
	struct state_circle circle; /* owned */
	struct audience *audience;  /* owned */
	bool closed;                /* nothing goes into it */
	bool is_read;               /* its members, which say: */
	bool is_instead;            /* it takes the place of */
	struct strand_id instead;
	uint64_t age; /* the sum of the generations of their keys */
};

struct routes {
	struct reader *reader;  /* borrowed */
	struct index *index;    /* borrowed; NULL until it is wanted */
	struct groups *groups;  /* owned; NULL until it is wanted */
	GHashTable *circles;    /* int64_t * -> struct circle_known */
	bool asked, any_circle; /* is anything shared? */
	bool was_closed;        /* in the thread of the last message */
};

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
	routes->circles = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						g_free, free_known);
	return routes;
}

void routes_free(struct routes *routes)
{
	if (!routes)
		return;
	g_hash_table_unref(routes->circles);
	groups_free(routes->groups);
	g_free(routes);
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

static void keep_circle(struct routes *routes, int64_t serial,
			struct circle_known *known)
{
	(void)g_hash_table_replace(routes->circles,
				   g_memdup2(&serial, sizeof(serial)), known);
}

/* One that this batch founds has no chain yet. */
static int learn_new(struct routes *routes, int64_t serial, struct err *err)
{
	struct state *state = reader_state(routes->reader);
	struct circle_known *known = g_new0(struct circle_known, 1);

	keep_circle(routes, serial, known);
	if (state_strand_get(state, serial, &known->strand, err) < 0 ||
	    state_circle_get(state, serial, &known->circle, err) < 0)
		return -1;
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
		keep_circle(routes, serial, known);
	}
	*known_r = known;
	return 0;
}

/* -- the choice ------------------------------------------------------------ */

/* Are all of `roots` among `others`? */
static bool is_within(const GArray *roots, const GArray *others)
{
	for (guint i = 0; i < roots->len; i++)
		if (!root_key_is_among(
			    &g_array_index(roots, struct root_key, i), others))
			return false;
	return true;
}

/* What is damaged takes nobody's place, and is old. */
static void read_members(struct routes *routes, struct circle_known *known)
{
	AUTO(circle) struct circle *circle = NULL;

	if (known->is_read)
		return;
	known->is_read = true;
	if (circle_read(routes->reader, &known->strand, &circle, NULL) < 0)
		return;
	known->is_instead = circle->is_instead;
	known->instead = circle->instead;
	for (guint i = 0; i < circle->cards->len; i++) {
		const struct card *card = g_ptr_array_index(circle->cards, i);

		known->age += card->generation;
	}
}

/* The strands that others of them take the place of: struct strand_id,
 * borrowed. */
static GHashTable *list_replaced(const GPtrArray *equals)
{
	GHashTable *replaced =
		g_hash_table_new(batch_strand_hash, batch_strand_equal);

	for (guint i = 0; i < equals->len; i++) {
		struct circle_known *known = g_ptr_array_index(equals, i);

		if (known->is_instead)
			(void)g_hash_table_add(replaced, &known->instead);
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
	const struct circle_known *best = NULL;

	if (equals->len == 1)
		return g_ptr_array_index(equals, 0);
	for (guint i = 0; i < equals->len; i++)
		read_members(routes, g_ptr_array_index(equals, i));
	replaced = list_replaced(equals);
	for (guint i = 0; i < equals->len; i++) {
		const struct circle_known *known = g_ptr_array_index(equals, i);

		if (!g_hash_table_contains(replaced, &known->strand.id) &&
		    (!best || known->age > best->age))
			best = known;
	}
	return best ? best : g_ptr_array_index(equals, 0);
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
static int list_matches(struct routes *routes, const GArray *strands,
			const struct mime *mime, GPtrArray *matches,
			struct err *err)
{
	AUTO(table) GHashTable *addressed = NULL;

	if (strands->len > 0)
		addressed = audience_addressed(mime);
	for (guint i = 0; i < MIN(strands->len, MATCHES); i++) {
		struct circle_known *known;

		if (find_circle(routes, g_array_index(strands, int64_t, i),
				&known, err) < 0)
			return -1;
		routes->was_closed |= known->closed;
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
		routes->groups =
			groups_new(reader_state(routes->reader), routes->index);
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
	const GArray *of_thread = NULL;
	int needed = is_needed(routes, err);

	routes->was_closed = false;
	if (needed < 0 || (needed > 0 && groups_tie(routes->groups, made,
						    &of_thread, err) < 0))
		return -1;
	if (needed > 0 && made->strand.kind == STRAND_MINE &&
	    !name_is_junk(arrival->folder)) {
		if (list_matches(routes, of_thread, made->mime, matches, err) <
		    0)
			return -1;
		choose(routes, matches, strands);
	}
	*strands_r = take(strands);
	return 0;
}

bool routes_was_closed(const struct routes *routes)
{
	return routes->was_closed;
}

int routes_note(struct routes *routes, const struct arrival_made *made,
		int64_t strand, struct err *err)
{
	routes->asked = routes->any_circle = true;
	if (is_needed(routes, err) < 0 || learn_new(routes, strand, err) < 0)
		return -1;
	return groups_note(routes->groups, made, strand, err);
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
	return known->circle.roots &&
	       root_key_is_among(root, known->circle.roots);
}
