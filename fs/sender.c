/* SPDX-License-Identifier: ISC */
#include "sender.h"

#include <pthread.h>

#include "send.h"
#include "workers.h"
#include "writer.h"

enum { AGAIN = G_USEC_PER_SEC };

struct sender {
	struct fs *fs;           /* borrowed */
	pthread_mutex_t lock;    /* before the one of workers.c */
	struct workers *workers; /* owned, protected by lock; NULL at the end */
	GQueue failed;           /* owned: struct file; the writer's, as is */
	int64_t due;             /* when they are tried again */
};

struct send_job {
	struct job job; /* first */
	struct sender *sender;
	struct sending *sending; /* owned */
};

static void job_free(struct send_job *job)
{
	sending_free(job->sending);
	g_free(job);
}

static void finish(struct job *data, const struct err *failure)
{
	struct send_job *job = (struct send_job *)data;
	struct sender *sender = job->sender;
	struct err err;

	if (!failure && sending_finish(job->sending, &err) < 0)
		failure = &err;
	if (failure) {
		const struct file *file = sending_file(job->sending);

		journal_add(sender->fs->errors, failure->text);
		g_queue_push_tail(&sender->failed,
				  g_memdup2(file, sizeof(*file)));
		sender->due = g_get_monotonic_time() + AGAIN;
	}
	job_free(job);
}

static void compose_one(void *data)
{
	struct send_job *job = data;

	sending_compose(job->sending);
	writer_push(job->sender->fs->writer, &job->job);
}

struct sender *sender_new(struct fs *fs)
{
	struct sender *sender = g_new0(struct sender, 1);

	sender->fs = fs;
	(void)pthread_mutex_init(&sender->lock, NULL);
	sender->workers = workers_new(1, compose_one);
	g_queue_init(&sender->failed);
	sender->due = INT64_MAX;
	return sender;
}

void sender_send(struct sender *sender, const struct file *file)
{
	struct send_job *job = g_new0(struct send_job, 1);

	job->job.done = finish;
	job->sender = sender;
	job->sending = sending_new(sender->fs, file);
	(void)pthread_mutex_lock(&sender->lock);
	if (sender->workers)
		workers_push(sender->workers, take(job));
	(void)pthread_mutex_unlock(&sender->lock);
	if (job)
		job_free(job);
}

void sender_end(struct sender *sender)
{
	struct workers *workers;

	(void)pthread_mutex_lock(&sender->lock);
	workers = take(sender->workers);
	(void)pthread_mutex_unlock(&sender->lock);
	workers_free(workers);
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	sender_end(sender);
	g_queue_clear_full(&sender->failed, g_free);
	(void)pthread_mutex_destroy(&sender->lock);
	g_free(sender);
}

int64_t sender_due(const struct sender *sender)
{
	return sender->due;
}

void sender_retry(struct sender *sender)
{
	GQueue failed = sender->failed;
	struct file *file;

	g_queue_init(&sender->failed);
	sender->due = INT64_MAX;
	while ((file = g_queue_pop_head(&failed))) {
		sender_send(sender, file);
		g_free(file);
	}
}
