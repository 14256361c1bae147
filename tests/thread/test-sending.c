/* SPDX-License-Identifier: ISC */
#include "defms/sending.h"

#include "queue-test.h"
#include "state-queue.h"

enum { THEN = 1800000000 };

/* Make an entry as old as one that was queued at `created`. */
static void make_old(struct world *world, int64_t id, int64_t created)
{
	struct batch *batch = begin(world);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct err err = { 0 };

	CHECK_INT(queue_get(batch_state(batch), id, &entry, &err), 1);
	entry->created = created;
	CHECK_INT(state_queue_put(batch_state(batch), entry, &err), 0);
	commit(batch);
}

static struct queue_entry *get(struct world *world, int64_t id)
{
	struct queue_entry *entry = NULL;
	struct err err = { 0 };

	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	return entry;
}

static struct queue_recipient *who(const struct queue_entry *entry, guint i)
{
	return g_ptr_array_index(entry->recipients, i);
}

static void set(const struct queue_entry *entry, guint i,
		enum queue_state state, const char *reason)
{
	who(entry, i)->state = state;
	g_free(who(entry, i)->reason);
	who(entry, i)->reason = g_strdup(reason);
}

static int start(struct world *world, const struct queue_entry *entry)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = sending_begin(batch, entry, &err);

	if (result > 0)
		commit(batch);
	else
		batch_free(batch);
	return result;
}

static void finish(struct world *world, struct queue_entry *entry, int64_t now)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(sending_end(batch, world->reader, entry, now, &err), 0);
	commit(batch);
}

static int again(struct world *world, int64_t id)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = sending_retry(batch, id, &err);

	commit(batch);
	return result;
}

static int64_t messages(struct world *world)
{
	struct err err = { 0 };
	int64_t serial = 0, count = 0;
	struct state_message message;

	while (state_message_get(state_of(world), ++serial, &message, &err) > 0)
		count++;
	return count;
}

TEST(what_is_being_sent_is_in_doubt_until_the_answer_is_written_down)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof");
	AUTO(queue_entry) struct queue_entry *entry = get(world, id);
	AUTO(queue_entry) struct queue_entry *doubt = NULL;
	AUTO(queue_entry) struct queue_entry *sent = NULL;
	struct queue_entry *next = NULL;
	struct err err = { 0 };

	set(entry, 0, QUEUE_DOUBT, "");
	set(entry, 1, QUEUE_DOUBT, "");
	CHECK_INT(start(world, entry), 1);
	doubt = get(world, id);
	CHECK_INT(doubt->state, QUEUE_DOUBT);
	CHECK_INT(who(doubt, 0)->state, QUEUE_DOUBT);
	CHECK(who(doubt, 0)->reason[0]);
	CHECK_INT(sending_next(state_of(world), 0, INT64_MAX, &next, &err), 0);
	set(entry, 0, QUEUE_SENT, "");
	set(entry, 1, QUEUE_SENT, "");
	finish(world, entry, THEN);
	sent = get(world, id);
	CHECK_INT(sent->state, QUEUE_SENT);
	CHECK_INT(entry->state, QUEUE_SENT);
	CHECK_INT(who(sent, 1)->state, QUEUE_SENT);
	CHECK_STR(who(sent, 1)->reason, "");
	CHECK_INT(messages(world), 1);
}

TEST(what_was_taken_back_meanwhile_does_not_leave)
{
	AUTO(world) struct world *world = world_new();
	int64_t held = put_named(world, "roof");
	int64_t dropped = put_named(world, "well");
	AUTO(queue_entry) struct queue_entry *first = get(world, held);
	AUTO(queue_entry) struct queue_entry *second = get(world, dropped);
	AUTO(queue_entry) struct queue_entry *now = NULL;
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(queue_hold(batch_state(batch), held, &err), 1);
	CHECK_INT(queue_drop(batch, dropped, &err), 1);
	commit(batch);
	set(first, 0, QUEUE_DOUBT, "");
	set(second, 0, QUEUE_DOUBT, "");
	CHECK_INT(start(world, first), 0);
	CHECK_INT(start(world, second), 0);
	now = get(world, held);
	CHECK_INT(now->state, QUEUE_HELD);
	CHECK_INT(who(now, 0)->state, QUEUE_WAITING);
}

TEST(each_recipient_has_a_fate_of_his_own)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 4);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	AUTO(queue_entry) struct queue_entry *after = NULL;
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	make_old(world, id, THEN);
	entry = get(world, id);
	set(entry, 0, QUEUE_DOUBT, "");
	CHECK_INT(start(world, entry), 1);
	set(entry, 0, QUEUE_SENT, "");
	set(entry, 1, QUEUE_FAILED, "550 5.1.1 no");
	set(entry, 2, QUEUE_WAITING, "451 busy");
	finish(world, entry, THEN);
	after = get(world, id);
	CHECK_INT(after->state, QUEUE_WAITING);
	CHECK_INT(after->attempts, 1);
	CHECK_INT(after->due, THEN + SENDING_FIRST);
	CHECK_INT(who(after, 0)->state, QUEUE_SENT);
	CHECK_INT(who(after, 1)->state, QUEUE_FAILED);
	CHECK_STR(who(after, 1)->reason, "550 5.1.1 no");
	CHECK_INT(who(after, 2)->state, QUEUE_WAITING);
	CHECK_STR(who(after, 2)->reason, "451 busy");
	CHECK_INT(messages(world), 2); /* the notice */
	set(after, 2, QUEUE_SENT, "");
	set(after, 3, QUEUE_DOUBT, "lost");
	CHECK_INT(start(world, after), 1);
	finish(world, after, THEN);
	CHECK_INT(after->state, QUEUE_DOUBT);
	set(after, 3, QUEUE_SENT, "");
	finish(world, after, THEN);
	CHECK_INT(after->state, QUEUE_FAILED);
	CHECK_INT(messages(world), 2);
}

TEST(later_is_twice_as_late_each_time_up_to_four_hours_for_five_days)
{
	static const int64_t minutes[] = {
		5, 10, 20, 40, 80, 160, 240, 240, 240
	};
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof");
	AUTO(queue_entry) struct queue_entry *entry = NULL;

	make_old(world, id, THEN);
	entry = get(world, id);
	for (size_t i = 0; i < G_N_ELEMENTS(minutes); i++) {
		set(entry, 0, QUEUE_WAITING, "451 busy");
		finish(world, entry, THEN);
		CHECK_INT(entry->due, THEN + minutes[i] * 60);
		CHECK_INT(entry->state, QUEUE_WAITING);
	}
	finish(world, entry, THEN + SENDING_FOR - 1);
	CHECK_INT(entry->state, QUEUE_WAITING);
	CHECK_INT(messages(world), 1);
	finish(world, entry, THEN + SENDING_FOR);
	CHECK_INT(entry->state, QUEUE_FAILED);
	CHECK_STR(who(entry, 0)->reason, "given up after 5 days: 451 busy");
	CHECK_INT(messages(world), 2);
}

TEST(without_a_server_it_stays_due_but_not_for_ever)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof");
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int64_t due;

	make_old(world, id, THEN);
	entry = get(world, id);
	due = entry->due;
	for (int late = 0; late <= SENDING_FOR; late += SENDING_FOR) {
		struct batch *batch = begin(world);
		struct err err = { 0 };

		CHECK_INT(sending_put_off(batch, world->reader, entry,
					  "mail:587: connect: refused",
					  THEN + late, &err),
			  0);
		commit(batch);
		CHECK_INT(entry->state, late ? QUEUE_FAILED : QUEUE_WAITING);
		CHECK_INT(entry->due, due);
		CHECK_INT(entry->attempts, 0);
		CHECK_STR(entry->reason, "mail:587: connect: refused");
	}
}

TEST(only_what_is_due_is_next)
{
	AUTO(world) struct world *world = world_new();
	int64_t id = put_named(world, "roof"); /* due 1234 */
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct queue_entry *none = NULL;
	struct err err = { 0 };

	CHECK_INT(sending_next(state_of(world), 0, 1233, &none, &err), 0);
	CHECK_INT(sending_next(state_of(world), id, 1234, &none, &err), 0);
	CHECK_INT(sending_next(state_of(world), 0, 1234, &entry, &err), 1);
	CHECK_INT(entry->id, id);
}

TEST(a_person_has_it_tried_again_what_is_sent_stays_sent)
{
	AUTO(world) struct world *world = world_new();
	AUTO(composed) struct composed *composed = make("roof", "", 3);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	AUTO(queue_entry) struct queue_entry *after = NULL;
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	entry = get(world, id);
	set(entry, 0, QUEUE_SENT, "");
	set(entry, 1, QUEUE_FAILED, "550 no");
	set(entry, 2, QUEUE_DOUBT, "lost");
	finish(world, entry, THEN);
	CHECK_INT(entry->state, QUEUE_DOUBT);
	CHECK_INT(again(world, id), 1);
	after = get(world, id);
	CHECK_INT(after->state, QUEUE_WAITING);
	CHECK_INT(who(after, 0)->state, QUEUE_SENT);
	CHECK_INT(who(after, 1)->state, QUEUE_WAITING);
	CHECK_INT(who(after, 2)->state, QUEUE_WAITING);
	CHECK_INT(after->attempts, 0);
	set(after, 1, QUEUE_SENT, "");
	set(after, 2, QUEUE_SENT, "");
	finish(world, after, THEN);
	CHECK_INT(after->state, QUEUE_SENT);
	CHECK_INT(again(world, id), 0);
	CHECK_INT(again(world, id + 1), 0);
}

TEST(one_process_sends_at_a_time)
{
	AUTO(world) struct world *world = world_new();
	struct err err = { 0 };
	int first = -1, second = -1;

	CHECK_INT(sending_lock(world->mailbox, &first, &err), 1);
	CHECK_INT(sending_lock(world->mailbox, &second, &err), 0);
	sending_unlock(first);
	CHECK_INT(sending_lock(world->mailbox, &second, &err), 1);
	sending_unlock(second);
}
