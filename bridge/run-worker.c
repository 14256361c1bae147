/* SPDX-License-Identifier: ISC */
#include "run-worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct run_worker {
	const struct run_task *task;
	void *data;              /* owned; NULL at the end */
	struct mailbox *mailbox; /* owned */
	void (*tell)(void *crew);
	void *crew;
	int wake;        /* owned; eventfd */
	unsigned told;   /* atomic, of enum run_news */
	int stop, ended; /* atomic */
	int news;        /* borrowed; the worker's: what begin() said */
	GThread *thread; /* owned */
};

static void look(struct run_worker *worker)
{
	eventfd_t count;

	(void)eventfd_read(worker->wake, &count);
	worker->task->look(worker->data, g_atomic_int_and(&worker->told, 0));
}

static void wait_until(const struct run_worker *worker, int64_t due)
{
	struct pollfd wait[] = { { .fd = worker->wake, .events = POLLIN },
				 { .fd = worker->news, .events = POLLIN } };
	int64_t pause = due - g_get_monotonic_time() / 1000;

	(void)poll(wait, G_N_ELEMENTS(wait), (int)CLAMP(pause, 0, INT32_MAX));
}

static gpointer run(gpointer data)
{
	struct run_worker *worker = data;
	struct run_place place = { worker->mailbox, &worker->stop,
				   worker->wake };

	worker->news = worker->task->begin(worker->data, &place);
	while (g_atomic_int_get(&worker->stop) == 0) {
		int64_t due;

		look(worker);
		due = worker->task->due(worker->data);
		if (due <= g_get_monotonic_time() / 1000)
			worker->task->work(worker->data);
		else
			wait_until(worker, due);
	}
	worker->task->end(take(worker->data));
	g_atomic_int_set(&worker->ended, 1);
	worker->tell(worker->crew);
	return NULL;
}

int run_worker_start(const struct mailbox *mailbox, const struct run_task *task,
		     void *data, void (*tell)(void *crew), void *crew,
		     struct run_worker **worker_r, struct err *err)
{
	struct run_worker *worker = g_new0(struct run_worker, 1);

	worker->task = task;
	worker->data = data;
	worker->tell = tell;
	worker->crew = crew;
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake < 0)
		(void)err_sys(err, "eventfd");
	if (worker->wake < 0 ||
	    mailbox_open_beside(mailbox, &worker->mailbox, err) < 0) {
		run_worker_free(worker);
		return -1;
	}
	worker->thread = g_thread_new(task->name, run, worker);
	*worker_r = worker;
	return 0;
}

void run_worker_tell(struct run_worker *worker, unsigned news)
{
	(void)g_atomic_int_or(&worker->told, news);
	(void)eventfd_write(worker->wake, 1);
}

void run_worker_stop(struct run_worker *worker)
{
	g_atomic_int_set(&worker->stop, 1);
	(void)eventfd_write(worker->wake, 1);
}

bool run_worker_has_ended(const struct run_worker *worker)
{
	return g_atomic_int_get(&worker->ended) != 0;
}

void run_worker_free(void *data)
{
	struct run_worker *worker = data;

	if (worker->thread) {
		run_worker_stop(worker);
		(void)g_thread_join(worker->thread);
	}
	if (worker->data)
		worker->task->end(worker->data);
	mailbox_close(worker->mailbox);
	if (worker->wake >= 0)
		(void)close(worker->wake);
	g_free(worker);
}
