/* SPDX-License-Identifier: ISC */
#include "defms/queue.h"

#include <inttypes.h>

#include "queue-test.h"
#include "state-queue.h"

static int drop(struct world *world, int64_t id)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = queue_drop(batch, id, &err);

	commit(batch);
	return result;
}

static int64_t message_of(struct world *world, int64_t id)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct err err = { 0 };

	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	return entry ? entry->message : 0;
}

static bool is_removed(struct world *world, int64_t serial)
{
	struct state_message message = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_message_get(state_of(world), serial, &message, &err),
		  1);
	return message.removed != 0;
}

TEST(an_entry_comes_back_as_it_was_put_after_the_mailbox_was_closed)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 3);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct err err = { 0 };
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	world_close(world);
	world_open(world);
	CHECK_INT(queue_next(state_of(world), 0, &entry, &err), 1);
	CHECK_INT(entry->id, id);
	CHECK_INT(entry->state, QUEUE_WAITING);
	CHECK_INT(entry->due, 1234);
	CHECK_INT(entry->attempts, 0);
	CHECK_STR(entry->sender, "ada@example.org");
	CHECK_STR(entry->reason, "");
	CHECK(entry->created > 1700000000);
	CHECK_INT(entry->recipients->len, 3);
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		CHECK_STR(recipient->address,
			  g_ptr_array_index(composed->recipients, i));
		CHECK_INT(recipient->state, QUEUE_WAITING);
		CHECK_STR(recipient->reason, "");
	}
}

TEST(ten_thousand_recipients_keep_their_order)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("all", "", 10000);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct err err = { 0 };
	int64_t id = 0;
	guint wrong = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	CHECK_INT(entry->recipients->len, 10000);
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		wrong +=
			strcmp(recipient->address,
			       g_ptr_array_index(composed->recipients, i)) != 0;
	}
	CHECK_INT(wrong, 0);
}

TEST(the_message_has_one_copy_in_sent_which_is_seen)
{
	AUTO(world) struct world *world = world_new();
	int64_t message = message_of(world, put_named(world, "roof"));
	AUTO(array) GArray *copies = NULL;
	struct state_folder folder = { 0 };
	struct state_copy copy = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_copy_list(state_of(world), message, 0, &copies, &err),
		  0);
	CHECK_INT(copies->len, 1);
	CHECK_INT(state_copy_first(state_of(world), message, &copy, &err), 1);
	CHECK_INT(copy.flags, FLAG_SEEN);
	CHECK(!copy.is_new);
	CHECK_INT(state_folder_get(state_of(world), copy.folder, &folder, &err),
		  1);
	CHECK_STR(folder.name, "Sent");
}

TEST(what_has_a_source_is_queued_once_whatever_became_of_it)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 1);
	AUTO(composed) struct composed *another = make("other", "", 1);
	const struct queue_source source = { { 1, 2, 3 } };
	const struct queue_source unknown = { { 1, 2, 4 } };
	struct err err = { 0 };
	int64_t id = 0, again = 0;

	CHECK_INT(queue_known(state_of(world), &source, &again, &err), 0);
	CHECK_INT(put(world, composed, &source, &id), 1);
	CHECK_INT(put(world, composed, &source, &again), 0);
	CHECK_INT(again, id);
	CHECK_INT(put(world, another, &source, &again), 0);
	CHECK_INT(drop(world, id), 1);
	CHECK_INT(put(world, composed, &source, &again), 0);
	CHECK_INT(queue_known(state_of(world), &source, &again, &err), 1);
	CHECK_INT(again, id);
	CHECK_INT(queue_known(state_of(world), &unknown, &again, &err), 0);
	CHECK_INT(put(world, composed, &unknown, &again), 1);
	CHECK(again != id);
}

TEST(the_database_refuses_a_source_twice)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 1);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	const struct queue_source source = { { 7 } };
	struct batch *batch;
	struct err err = { 0 };
	int64_t id = 0;

	CHECK_INT(put(world, composed, &source, &id), 1);
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	batch = begin(world);
	CHECK_INT(state_queue_add(batch_state(batch), entry, 1, &source, &err),
		  -1);
	batch_free(batch);
}

/* What hold, release and drop make of an entry in each state. */
TEST(each_action_takes_the_states_it_can)
{
	static const struct {
		enum queue_state from;
		int hold, release, drop;
	} known[] = {
		{ QUEUE_WAITING, 1, 0, 1 }, { QUEUE_HELD, 0, 1, 1 },
		{ QUEUE_FAILED, 0, 0, 1 },  { QUEUE_DOUBT, 0, 0, 1 },
		{ QUEUE_SENT, 0, 0, 0 },    { QUEUE_DROPPED, 0, 0, 0 },
	};
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof");
	struct err err = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		for (int action = 0; action < 3; action++) {
			struct batch *batch = begin(world);
			struct state *state = batch_state(batch);
			int got, want = action == 0   ? known[i].hold
					: action == 1 ? known[i].release
						      : known[i].drop;

			CHECK_INT(
				state_queue_end(state, id, known[i].from, &err),
				0);
			got = action == 0   ? queue_hold(state, id, &err)
			      : action == 1 ? queue_release(state, id, &err)
					    : queue_drop(batch, id, &err);
			if (got != want)
				printf("# state %s, action %d\n",
				       queue_state_name(known[i].from), action);
			CHECK_INT(got, want);
			batch_free(batch);
		}
}

TEST(held_and_released_an_entry_is_as_it_was)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof");
	AUTO(queue_entry) struct queue_entry *held = NULL;
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(queue_hold(batch_state(batch), id, &err), 1);
	commit(batch);
	CHECK_INT(queue_get(state_of(world), id, &held, &err), 1);
	CHECK_INT(held->state, QUEUE_HELD);
	batch = begin(world);
	CHECK_INT(queue_release(batch_state(batch), id, &err), 1);
	commit(batch);
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	CHECK_INT(entry->state, QUEUE_WAITING);
	CHECK_INT(entry->due, 1234);
	CHECK_INT(entry->recipients->len, 2);
}

TEST(a_dropped_entry_and_its_message_are_gone)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof"), other = put_named(world, "mill");
	int64_t message = message_of(world, id);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	AUTO(queue_entry) struct queue_entry *next = NULL;
	struct err err = { 0 };

	CHECK_INT(drop(world, id), 1);
	CHECK_INT(drop(world, id), 0);
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 0);
	CHECK_INT(queue_next(state_of(world), 0, &next, &err), 1);
	CHECK_INT(next->id, other);
	CHECK(is_removed(world, message));
	CHECK(!is_removed(world, next->message));
	CHECK_INT(queue_sent(state_of(world), message, &err), 0);
	CHECK_INT(drop(world, 4711), 0);
}

TEST(a_message_that_was_here_before_it_was_queued_stays_when_dropped)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 1);
	int64_t first = 0, second = 0, message;

	CHECK_INT(put(world, composed, NULL, &first), 1);
	CHECK_INT(put(world, composed, NULL, &second), 1);
	message = message_of(world, first);
	CHECK_INT(message_of(world, second), message);
	CHECK_INT(drop(world, first), 1);
	CHECK(!is_removed(world, message));
	CHECK_INT(drop(world, second), 1);
	CHECK(is_removed(world, message));
}

TEST(what_may_have_reached_somebody_keeps_its_message_when_dropped)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof"), message = message_of(world, id);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(state_queue_end(batch_state(batch), id, QUEUE_DOUBT, &err),
		  0);
	CHECK_INT(queue_drop(batch, id, &err), 1);
	commit(batch);
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	CHECK_INT(entry->state, QUEUE_SENT);
	CHECK(!is_removed(world, message));
	CHECK_INT(queue_sent(state_of(world), message, &err), 1);
}

TEST(what_was_queued_is_walked_through_by_message_and_by_entry)
{
	enum { COUNT = 20 };
	AUTO(world) struct world *world = world_new();
	struct err err = { 0 };
	int64_t ids[COUNT], messages[COUNT], time = 0, later, at = 0, id;

	for (int i = 0; i < COUNT; i++) {
		AUTO(str) char *name = g_strdup_printf("n%d", i);

		ids[i] = put_named(world, name);
		messages[i] = message_of(world, ids[i]);
		CHECK_INT(queue_sent_time(state_of(world), &later, &err), 0);
		CHECK(later > time);
		time = later;
	}
	for (int i = 0; i < COUNT; i += 3)
		CHECK_INT(drop(world, ids[i]), 1);
	for (int i = 0; i < COUNT; i++) {
		if (i % 3 == 0)
			continue;
		CHECK_INT(queue_sent_next(state_of(world), at, &at, &err), 1);
		CHECK_INT(at, messages[i]);
	}
	CHECK_INT(queue_sent_next(state_of(world), at, &at, &err), 0);
	CHECK_INT(queue_added(state_of(world), ids[3], &id, &at, &err), 1);
	CHECK_INT(id, ids[4]);
	CHECK_INT(at, messages[4]);
	CHECK_INT(queue_last(state_of(world), &id, &err), 0);
	CHECK_INT(id, ids[COUNT - 1]);
}

TEST(what_it_answers_is_answered_and_nothing_else)
{
	AUTO(world) struct world *world = world_new();
	int64_t root = message_of(world, put_named(world, "root"));
	int64_t other = message_of(world, put_named(world, "other"));
	AUTO(composed)
	struct composed *composed =
		make("answer",
		     "In-Reply-To: <root@example.org> <none@example.org>\n"
		     "References: <other@example.org> <root@example.org>\n",
		     1);
	struct state_message message = { 0 };
	struct err err = { 0 };
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	CHECK_INT(state_message_get(state_of(world), root, &message, &err), 1);
	CHECK_INT(message.flags, FLAG_SEEN | FLAG_ANSWERED);
	CHECK_INT(state_message_get(state_of(world), other, &message, &err), 1);
	CHECK_INT(message.flags, FLAG_SEEN);
}

TEST(a_batch_that_is_undone_queues_nothing)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 1);
	const struct queue_source source = { { 9 } };
	struct batch *batch = begin(world);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct err err = { 0 };
	int64_t id = 0;

	CHECK_INT(queue_add(batch, world->reader, composed, &source, 0, &id,
			    &err),
		  1);
	batch_free(batch);
	CHECK_INT(queue_next(state_of(world), 0, &entry, &err), 0);
	CHECK_INT(queue_known(state_of(world), &source, &id, &err), 0);
	CHECK_INT(put(world, composed, &source, &id), 1);
}

TEST(states_have_names)
{
	CHECK_STR(queue_state_name(QUEUE_WAITING), "waiting");
	CHECK_STR(queue_state_name(QUEUE_HELD), "held");
	CHECK_STR(queue_state_name(QUEUE_FAILED), "failed");
	CHECK_STR(queue_state_name(QUEUE_DOUBT), "doubt");
	CHECK_STR(queue_state_name(QUEUE_SENT), "sent");
	CHECK_STR(queue_state_name(QUEUE_DROPPED), "dropped");
}
