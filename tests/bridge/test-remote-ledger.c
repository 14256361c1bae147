/* SPDX-License-Identifier: ISC */
#include "remote-ledger.h"

#include <errno.h>

#include "remote-kind.h"
#include "store-test.h"
#include "world-test.h"

static char name[] = "list", here[] = "dir:/a", there[] = "dir:/b";

static struct remote remote_at(char *url)
{
	return (struct remote){ .name = name,
				.url = url,
				.scheme = REMOTE_DIR,
				.location = url + strlen("dir:"),
				.audience = AUDIENCE_PUBLIC };
}

/* Its row, as of now. */
static struct state_remote row_of(struct world *world,
				  const struct remote *remote)
{
	struct state_remote row = { .seq = -2 };
	struct visible visible = { 0 };
	struct err err = { 0 };

	if (visible_open(state_of(world), mailbox_identity(world->mailbox),
			 remote, &visible, &err) < 0 ||
	    remote_ledger_row(world->mailbox, state_of(world), &visible, &row,
			      &err) < 0)
		die(&err);
	visible_release(&visible);
	return row;
}

static guint count_given(struct world *world)
{
	AUTO(array) GArray *heads = NULL;

	CHECK_INT(state_given_list(state_of(world), name, true, &heads, NULL),
		  0);
	return heads->len;
}

/* A push that got to batch 5 and brought a chain. */
static void note_push(struct world *world, struct state_remote *row)
{
	struct state *state = state_of(world);
	const struct head head = { .number = 0, .tip = { { 1 } } };
	struct err err = { 0 };

	row->seq = 5;
	CHECK_INT(remote_ledger_open(world->mailbox, state, &err), 0);
	CHECK_INT(state_remote_put(state, row, &err), 0);
	CHECK_INT(state_given_put(state, name, true, &head, &err), 0);
	CHECK_INT(remote_ledger_close(world->mailbox, state, &err), 0);
}

TEST(what_a_remote_got_is_known_until_it_is_another_one)
{
	AUTO(world) struct world *world = world_new();
	struct remote remote = remote_at(here), other = remote_at(there);
	struct state_remote row = row_of(world, &remote);

	CHECK_INT(row.seq, -1);
	note_push(world, &row);
	CHECK_INT(row_of(world, &remote).seq, 5);
	CHECK_INT(count_given(world), 1);
	CHECK_INT(row_of(world, &other).seq, -1);
	CHECK_INT(count_given(world), 0);
	CHECK_INT(row_of(world, &remote).seq, -1);
}

TEST(who_it_is_for_makes_it_another_one_too)
{
	AUTO(world) struct world *world = world_new();
	struct remote remote = remote_at(here);
	struct state_remote row = row_of(world, &remote);

	note_push(world, &row);
	remote.audience = AUDIENCE_ALL;
	CHECK_INT(row_of(world, &remote).seq, -1);
	CHECK_INT(count_given(world), 0);
}

TEST(what_is_dropped_was_never_noted)
{
	AUTO(world) struct world *world = world_new();
	struct state *state = state_of(world);
	struct remote remote = remote_at(here);
	struct state_remote row = row_of(world, &remote);
	struct err err = { 0 };

	row.seq = 7;
	CHECK_INT(remote_ledger_open(world->mailbox, state, &err), 0);
	CHECK_INT(state_remote_put(state, &row, &err), 0);
	remote_ledger_drop(world->mailbox, state);
	CHECK_INT(row_of(world, &remote).seq, -1);
}

/* -- turns ----------------------------------------------------------------- */

enum { TURNS = 50 };

struct taking {
	struct mailbox *mailbox;
	const struct remote *remote;
	gint inside, taken, together; /* atomic */
};

static gpointer take_turns(gpointer data)
{
	struct taking *taking = data;

	for (int i = 0; i < TURNS; i++) {
		AUTO(reader) struct reader *reader = NULL;
		struct remote_turn turn;

		if (remote_turn_begin(taking->mailbox, taking->remote, &turn,
				      NULL) < 0)
			break;
		if (g_atomic_int_add(&taking->inside, 1) != 0)
			(void)g_atomic_int_add(&taking->together, 1);
		/* which takes a while */
		(void)g_atomic_int_add(
			&taking->taken,
			reader_open(taking->mailbox, &reader, NULL) == 0);
		(void)g_atomic_int_add(&taking->inside, -1);
		remote_turn_end(&turn);
	}
	return NULL;
}

TEST(one_at_a_time_has_a_turn)
{
	AUTO(world) struct world *world = world_new();
	struct remote remote = remote_at(here);
	struct taking taking = { .mailbox = world->mailbox, .remote = &remote };
	GThread *workers[3];

	for (size_t i = 0; i < G_N_ELEMENTS(workers); i++)
		workers[i] = g_thread_new("turns", take_turns, &taking);
	for (size_t i = 0; i < G_N_ELEMENTS(workers); i++)
		(void)g_thread_join(workers[i]);
	CHECK_INT(taking.taken, TURNS * G_N_ELEMENTS(workers));
	CHECK_INT(taking.together, 0);
}

TEST(a_remote_of_no_kind_has_none)
{
	AUTO(world) struct world *world = world_new();
	struct remote remote = remote_at(here);
	struct remote_turn turn;
	struct err err = { 0 };

	remote.scheme = REMOTE_SCHEMES;
	CHECK_INT(remote_turn_begin(world->mailbox, &remote, &turn, &err), -1);
	CHECK_INT(err.code, ENOTSUP);
}
