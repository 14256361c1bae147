/* SPDX-License-Identifier: ISC */
/* Waiting for changes: IDLE (RFC 2177), which a server may end after half an
 * hour, or NOOP again and again. */
#include <errno.h>

#include <poll.h>

#include "imap-parts.h"

enum {
	RENEW = 25 * 60 * 1000, /* ms */
	ASK = 60 * 1000,
};

int imap_noop(struct imap *imap, struct err *err)
{
	imap_step(imap, "noop");
	return imap_run(imap, "NOOP", err);
}

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

/* Wait for `wake_fd`, and for the server if `server`, until `until`: 1 if one
 * can be read, 0. */
static int wait_for(const struct imap *imap, bool server, int wake_fd,
		    int64_t until, struct err *err)
{
	struct pollfd items[] = {
		{ .fd = server ? net_fd(imap->net) : -1, .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};
	int64_t left = until - now_ms();
	int ready =
		poll(items, G_N_ELEMENTS(items), (int)CLAMP(left, 0, G_MAXINT));

	if (ready < 0 && errno != EINTR)
		return err_sys(err, "poll");
	return ready > 0 && items[1].revents ? 0 : ready != 0;
}

/* Take what comes until there is news (1), it is time (0) or the server has
 * ended the IDLE by itself (0, with *ended). */
static int listen(struct imap *imap, int wake_fd, int64_t until, bool *ended,
		  struct err *err)
{
	struct imap_response response;

	while (!imap->news) {
		int more = imap_receive_now(imap, &response, err);

		if (more < 0)
			return -1;
		*ended |= more > 0 && response.kind == IMAP_TAGGED;
		if (*ended)
			return 0;
		if (more == 0)
			more = wait_for(imap, true, wake_fd, until, err);
		if (more <= 0)
			return more < 0 ? imap_die(imap, err) : 0;
	}
	return 1;
}

/* One IDLE, till news (1) or `until` (0). */
static int idle_once(struct imap *imap, int wake_fd, int64_t until,
		     struct err *err)
{
	static const char done[] = "DONE\r\n";
	struct imap_response response;
	bool ended = false;

	(void)imap_command(imap, "IDLE");
	do {
		if (imap_receive(imap, &response, err) < 0)
			return -1;
		if (response.kind == IMAP_TAGGED)
			return imap_refused(imap, &response, err);
	} while (response.kind != IMAP_CONTINUE);
	if (listen(imap, wake_fd, until, &ended, err) < 0)
		return -1;
	if (ended && !imap->news) /* not again at once */
		return wait_for(imap, false, wake_fd,
				MIN(until, now_ms() + ASK), err) < 0
			       ? imap_die(imap, err)
			       : 0;
	if (!ended && imap_write(imap, done, sizeof(done) - 1, err) < 0)
		return -1;
	while (!ended) {
		if (imap_receive(imap, &response, err) < 0)
			return -1;
		ended = response.kind == IMAP_TAGGED;
	}
	return imap->news;
}

/* The same by asking. */
static int ask_once(struct imap *imap, int wake_fd, int64_t until,
		    struct err *err)
{
	if (imap_noop(imap, err) < 0)
		return -1;
	if (imap->news)
		return 1;
	return wait_for(imap, false, wake_fd, until, err) < 0
		       ? imap_die(imap, err)
		       : 0;
}

static bool is_readable(int fd)
{
	struct pollfd item = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&item, 1, 0) > 0;
}

int imap_idle(struct imap *imap, int wake_fd, int timeout_ms, struct err *err)
{
	bool idle = imap->can & IMAP_CAN_IDLE;
	int64_t end = now_ms() + timeout_ms;
	int more = 0;

	imap_step(imap, "idle");
	while (more == 0 && !imap->news && !is_readable(wake_fd)) {
		int64_t until = MIN(end, now_ms() + (idle ? RENEW : ASK));

		more = idle ? idle_once(imap, wake_fd, until, err)
			    : ask_once(imap, wake_fd, until, err);
		if (now_ms() >= end)
			break;
	}
	return more == 0 ? imap->news : more;
}
