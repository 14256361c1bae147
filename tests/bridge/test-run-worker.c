/* SPDX-License-Identifier: ISC */
#include "run-worker.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store-test.h"
#include "world-test.h"

/* A task that notes what is called. Due when `due` says. */
struct diary {
	GMutex mutex; /* protects all below */
	GCond changed;
	int begins, looks, works, ends, told_end;
	unsigned told;
	int64_t due;
	struct run_place place;
	int descriptor; /* that begin() gives */
};

static void diary_init(struct diary *diary)
{
	*diary = (struct diary){ .due = INT64_MAX, .descriptor = -1 };
	g_mutex_init(&diary->mutex);
	g_cond_init(&diary->changed);
}

static void add(struct diary *diary, int *count)
{
	g_mutex_lock(&diary->mutex);
	(*count)++;
	g_cond_broadcast(&diary->changed);
	g_mutex_unlock(&diary->mutex);
}

/* Wait until *count is `want`, ten seconds at most. */
static bool reaches(struct diary *diary, const int *count, int want)
{
	gint64 end = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
	bool is;

	g_mutex_lock(&diary->mutex);
	while (*count < want &&
	       g_cond_wait_until(&diary->changed, &diary->mutex, end))
		;
	is = *count == want;
	g_mutex_unlock(&diary->mutex);
	return is;
}

static int begin_diary(void *data, const struct run_place *place)
{
	struct diary *diary = data;

	diary->place = *place;
	add(diary, &diary->begins);
	return diary->descriptor;
}

static void look(void *data, unsigned told)
{
	struct diary *diary = data;
	eventfd_t count;

	if (diary->descriptor >= 0)
		(void)eventfd_read(diary->descriptor, &count);
	diary->told |= told;
	add(diary, &diary->looks);
}

static int64_t due(const void *data)
{
	const struct diary *diary = data;

	return diary->due;
}

static void work(void *data)
{
	struct diary *diary = data;

	diary->due = INT64_MAX;
	add(diary, &diary->works);
}

static void end(void *data)
{
	struct diary *diary = data;

	add(diary, &diary->ends);
}

static void tell_end(void *data)
{
	struct diary *diary = data;

	add(diary, &diary->told_end);
}

static const struct run_task task = {
	.name = "diary",
	.begin = begin_diary,
	.look = look,
	.due = due,
	.work = work,
	.end = end,
};

static struct run_worker *start(struct world *world, struct diary *diary)
{
	struct run_worker *worker = NULL;
	struct err err = { 0 };

	if (run_worker_start(world->mailbox, &task, diary, tell_end, diary,
			     &worker, &err) < 0)
		die(&err);
	return worker;
}

TEST(what_is_due_is_done_once)
{
	AUTO(world) struct world *world = world_new();
	struct run_worker *worker;
	struct diary diary;

	diary_init(&diary);
	diary.due = 0;
	worker = start(world, &diary);
	CHECK(reaches(&diary, &diary.works, 1));
	CHECK(reaches(&diary, &diary.looks, 2));
	run_worker_free(worker);
	CHECK_INT(diary.begins, 1);
	CHECK_INT(diary.works, 1);
}

TEST(what_it_is_told_is_or_ed_and_looked_at)
{
	AUTO(world) struct world *world = world_new();
	struct run_worker *worker;
	struct diary diary;

	diary_init(&diary);
	worker = start(world, &diary);
	CHECK(reaches(&diary, &diary.looks, 1));
	CHECK_INT(diary.told, 0);
	run_worker_tell(worker, RUN_CHANGED);
	CHECK(reaches(&diary, &diary.looks, 2));
	run_worker_tell(worker, RUN_FOR_SERVERS | RUN_HURRY);
	CHECK(reaches(&diary, &diary.looks, 3));
	run_worker_free(worker);
	CHECK_INT(diary.told, RUN_CHANGED | RUN_FOR_SERVERS | RUN_HURRY);
	CHECK_INT(diary.works, 0);
}

TEST(descriptors_wake_it)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fd) int news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct run_worker *worker;
	struct diary diary;

	diary_init(&diary);
	diary.descriptor = news;
	worker = start(world, &diary);
	CHECK(reaches(&diary, &diary.looks, 1));
	(void)eventfd_write(news, 1);
	CHECK(reaches(&diary, &diary.looks, 2));
	(void)eventfd_write(diary.place.wake, 1);
	CHECK(reaches(&diary, &diary.looks, 3));
	run_worker_free(worker);
}

TEST(an_end_is_told_and_comes_once)
{
	AUTO(world) struct world *world = world_new();
	struct run_worker *worker;
	struct diary diary;

	diary_init(&diary);
	worker = start(world, &diary);
	CHECK(reaches(&diary, &diary.looks, 1));
	CHECK(!run_worker_has_ended(worker));
	CHECK_INT(g_atomic_int_get(diary.place.stop), 0);
	run_worker_stop(worker);
	CHECK(reaches(&diary, &diary.told_end, 1));
	CHECK(run_worker_has_ended(worker));
	run_worker_free(worker);
	CHECK_INT(diary.ends, 1);
	CHECK_INT(diary.works, 0);
}

TEST(it_has_a_mailbox_of_its_own)
{
	AUTO(world) struct world *world = world_new();
	struct run_worker *worker;
	struct err err = { 0 };
	struct diary diary;

	diary_init(&diary);
	worker = start(world, &diary);
	CHECK(reaches(&diary, &diary.begins, 1));
	CHECK(diary.place.mailbox != world->mailbox);
	CHECK_INT(mailbox_lock(world->mailbox, &err), 0);
	CHECK_INT(mailbox_try_lock(diary.place.mailbox, &err), 0);
	mailbox_unlock(world->mailbox);
	CHECK_INT(mailbox_try_lock(diary.place.mailbox, &err), 1);
	mailbox_unlock(diary.place.mailbox);
	run_worker_free(worker);
}

TEST(one_that_cannot_begin_is_told_and_ends)
{
	AUTO(world) struct world *world = world_new();
	struct run_worker *worker = NULL;
	struct err err = { 0 };
	struct diary diary;

	diary_init(&diary);
	CHECK_INT(shell("mv %s/home/identity %s/identity", world->folder,
			world->folder),
		  0);
	CHECK_INT(run_worker_start(world->mailbox, &task, &diary, tell_end,
				   &diary, &worker, &err),
		  -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(!worker);
	CHECK_INT(diary.begins, 0);
	CHECK_INT(diary.ends, 1);
}
