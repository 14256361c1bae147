/* SPDX-License-Identifier: ISC */
#include "run-wait.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "imap-folder.h"
#include "imap.h"

enum {
	FIRST = 1000, /* ms */
	MOST = 5 * 60 * 1000,
	SLICE = 4 * 60 * 1000, /* then the server is asked if it is there */
};

struct waiter {
	const struct account *account; /* borrowed */
	int wake;                      /* borrowed; written to */
	int poked;                     /* owned; eventfd */
	int news, stop;                /* atomic */
	GThread *worker;               /* owned */
};

int wait_before(unsigned tries)
{
	int most = FIRST;

	for (unsigned i = 1; i < tries && most < MOST; i++)
		most *= 2;
	most = MIN(most, MOST);
	return most / 2 + g_random_int_range(0, most / 2 + 1);
}

static void write_event(int fd)
{
	(void)eventfd_write(fd, 1);
}

static void tell(struct waiter *waiter)
{
	g_atomic_int_set(&waiter->news, 1);
	write_event(waiter->wake);
}

static bool is_stopped(const struct waiter *waiter)
{
	return g_atomic_int_get(&waiter->stop) != 0;
}

/* Was it poked? */
static bool take_poke(struct waiter *waiter)
{
	eventfd_t count;

	return eventfd_read(waiter->poked, &count) == 0;
}

static int select_inbox(struct imap *imap, struct err *err)
{
	struct imap_selected selected = { 0 };
	int result = imap_select(imap, "INBOX", true, &selected, err);

	imap_selected_release(&selected);
	return result;
}

/* Until the connection breaks (-1) or an end is wanted (0). */
static int wait_at(struct waiter *waiter, struct imap *imap, struct err *err)
{
	while (!is_stopped(waiter)) {
		int news = select_inbox(imap, err);

		if (news == 0)
			news = imap_idle(imap, waiter->poked, SLICE, err);
		if (news < 0)
			return -1;
		if (news > 0)
			tell(waiter);
		(void)take_poke(waiter);
		if (news == 0 && !is_stopped(waiter) &&
		    imap_noop(imap, err) < 0)
			return -1;
	}
	return 0;
}

/* Sleep, unless somebody pokes. */
static void pause_for(struct waiter *waiter, int timeout_ms)
{
	struct pollfd fd = { .fd = waiter->poked, .events = POLLIN };

	if (poll(&fd, 1, timeout_ms) > 0)
		(void)take_poke(waiter);
}

static gpointer run_waiter(gpointer data)
{
	struct waiter *waiter = data;
	unsigned tries = 0;

	while (!is_stopped(waiter)) {
		AUTO(imap) struct imap *imap = NULL;
		struct err err;

		if (imap_open(waiter->account, &imap, &err) == 0) {
			if (tries > 0)
				tell(waiter);
			tries = 0;
			(void)wait_at(waiter, imap, &err);
		}
		imap_close(take(imap));
		if (!is_stopped(waiter))
			pause_for(waiter, wait_before(++tries));
	}
	return NULL;
}

struct waiter *waiter_start(const struct account *account, int wake)
{
	struct waiter *waiter = g_new0(struct waiter, 1);

	waiter->account = account;
	waiter->wake = wake;
	waiter->poked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	waiter->worker = g_thread_new("waiter", run_waiter, waiter);
	return waiter;
}

bool waiter_take_news(struct waiter *waiter)
{
	return g_atomic_int_exchange(&waiter->news, 0) != 0;
}

void waiter_poke(struct waiter *waiter)
{
	write_event(waiter->poked);
}

void waiter_stop(struct waiter *waiter)
{
	g_atomic_int_set(&waiter->stop, 1);
	waiter_poke(waiter);
}

void waiter_free(struct waiter *waiter)
{
	if (!waiter)
		return;
	waiter_stop(waiter);
	(void)g_thread_join(waiter->worker);
	(void)close(waiter->poked);
	g_free(waiter);
}
