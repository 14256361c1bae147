/* SPDX-License-Identifier: ISC */
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "queue-test.h"

enum { WAIT_BYTE = 1 }; /* see mailbox.c */

/* Sets the number `name` to 1, or fails. */
struct note {
	struct job job; /* first */
	const char *name;
	int failure; /* 0: none */
	int *done;   /* borrowed: how often it was answered */
	int *code;   /* borrowed: and with what */
};

static int apply(struct job *job, struct batch *batch, struct work *work,
		 struct err *err)
{
	const struct note *note = (struct note *)job;

	(void)work;
	if (state_set(batch_state(batch), note->name, 1, err) < 0)
		return -1;
	return note->failure ? err_set(err, note->failure, "%s", note->name)
			     : 0;
}

static void done(struct job *job, const struct err *failure)
{
	struct note *note = (struct note *)job;

	++*note->done;
	*note->code = failure ? failure->code : 0;
	g_free(note);
}

struct answer {
	int done, code;
};

static void add(GQueue *jobs, const char *name, int failure,
		struct answer *answer)
{
	struct note *note = g_new0(struct note, 1);

	note->job = (struct job){ apply, done, false };
	note->name = name;
	note->failure = failure;
	note->done = &answer->done;
	note->code = &answer->code;
	g_queue_push_tail(jobs, note);
}

static int64_t number_of(struct world *world, const char *name)
{
	int64_t value = -1;
	struct err err;

	CHECK_INT(state_get(reader_state(world->reader), name, &value, &err),
		  0);
	return value;
}

static struct fs *fs_of(struct world *world)
{
	struct fs *fs = NULL;
	struct err err = { 0 };

	if (fs_new(world->mailbox, &fs, &err) < 0)
		die(&err);
	return fs;
}

/* As another process does that wants to write. */
static int wait_for_lock(const struct world *world)
{
	AUTO(str)
	char *path = g_build_filename(world->folder, "home", "lock", NULL);
	struct flock lock = { .l_type = F_RDLCK,
			      .l_whence = SEEK_SET,
			      .l_start = WAIT_BYTE,
			      .l_len = 1 };
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(fcntl(fd, F_OFD_SETLK, &lock), 0);
	return fd;
}

TEST(what_is_refused_is_answered_so_and_undone)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fs) struct fs *fs = fs_of(world);
	struct answer answers[3] = { 0 };
	GQueue jobs = G_QUEUE_INIT;
	struct err err;

	add(&jobs, "a", 0, &answers[0]);
	add(&jobs, "b", EEXIST, &answers[1]);
	add(&jobs, "c", 0, &answers[2]);
	CHECK(jobs_run(fs, begin(world), &jobs, &err));
	for (int i = 0; i < 3; i++)
		CHECK_INT(answers[i].done, 1);
	CHECK_INT(answers[0].code, 0);
	CHECK_INT(answers[1].code, EEXIST);
	CHECK_INT(answers[2].code, 0);
	CHECK_INT(number_of(world, "a"), 1);
	CHECK_INT(number_of(world, "b"), 0);
	CHECK_INT(number_of(world, "c"), 1);
}

TEST(one_is_done_however_long_the_batch_took_to_begin)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fs) struct fs *fs = fs_of(world);
	struct batch *batch = begin(world);
	AUTO(fd) int waiting = wait_for_lock(world);
	struct answer answers[2] = { 0 };
	GQueue jobs = G_QUEUE_INIT;
	struct err err;

	add(&jobs, "a", 0, &answers[0]);
	add(&jobs, "b", 0, &answers[1]);
	while (!batch_should_end(batch))
		g_usleep(10000);
	CHECK(jobs_run(fs, batch, &jobs, &err));
	CHECK_INT(answers[0].done, 1);
	CHECK_INT(number_of(world, "a"), 1);
	/* The other waits for the next batch. */
	CHECK_INT(answers[1].done, 0);
	CHECK_INT(jobs.length, 1);
	jobs_answer(&jobs, NULL);
	CHECK_INT(answers[1].done, 1);
}

TEST(without_a_batch_all_are_answered_why)
{
	AUTO(world) struct world *world = world_new();
	AUTO(fs) struct fs *fs = fs_of(world);
	struct answer answers[2] = { 0 };
	GQueue jobs = G_QUEUE_INIT;
	struct err err;

	(void)err_set(&err, ENOSPC, "disk full");
	add(&jobs, "a", 0, &answers[0]);
	add(&jobs, "b", 0, &answers[1]);
	CHECK(!jobs_run(fs, NULL, &jobs, &err));
	CHECK(answers[0].done == 1 && answers[1].done == 1);
	CHECK(answers[0].code == ENOSPC && answers[1].code == ENOSPC);
}
