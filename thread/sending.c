/* SPDX-License-Identifier: ISC */
/* Sending. Each recipient has a state of his own:
 *
 *	from		to		who, and the instant that commits
 *	waiting		doubt		sending_begin(), before the end leaves
 *	doubt		sent		sending_end(): the server took it
 *	doubt, waiting	failed		sending_end(): refused for good; a
 *notice doubt		waiting		sending_end(): not now; later waiting
 *failed		sending_end(): for five days; a notice doubt, failed
 *waiting		sending_retry(): a person's decision
 *
 * The entry waits as long as one of them does; else it is in doubt if one is,
 * else it has failed if one has, else it is sent. A person may hold or drop an
 * entry at any time: what he decided stays. */
#include "defms/sending.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "defms/crash.h"
#include "queue-notice.h"
#include "state-queue.h"

static const char in_doubt[] = "the end was sent; no answer came";

/* -- one at a time --------------------------------------------------------- */

int sending_lock(struct mailbox *mailbox, int *lock_r, struct err *err)
{
	AUTO(str)
	char *path =
		g_build_filename(mailbox_home(mailbox), "sending.lock", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int code = errno;

		(void)close(fd);
		errno = code;
		return code == EWOULDBLOCK ? 0 : err_sys(err, "%s", path);
	}
	*lock_r = fd;
	return 1;
}

void sending_unlock(int lock)
{
	(void)close(lock);
}

/* -- what an entry is ------------------------------------------------------ */

static guint count(const struct queue_entry *entry, enum queue_state state)
{
	guint number = 0;

	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		number += recipient->state == state;
	}
	return number;
}

static enum queue_state state_of(const struct queue_entry *entry)
{
	static const enum queue_state states[] = { QUEUE_WAITING, QUEUE_DOUBT,
						   QUEUE_FAILED };

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
		if (count(entry, states[i]) > 0)
			return states[i];
	return QUEUE_SENT;
}

static void set_reason(char **reason, const char *text)
{
	g_free(*reason);
	*reason = g_strdup(text);
}

/* -- before the end leaves ------------------------------------------------- */

int sending_begin(struct batch *batch, const struct queue_entry *entry,
		  struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(queue_entry) struct queue_entry *now = NULL;
	int found = 1;

	for (guint i = 0; found > 0 && i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state == QUEUE_DOUBT)
			found = state_queue_begin(state, entry->id,
						  recipient->address, in_doubt,
						  err);
	}
	if (found > 0)
		found = queue_get(state, entry->id, &now, err);
	if (found <= 0)
		return found;
	now->state = state_of(now);
	return state_queue_put(state, now, err) < 0 ? -1 : 1;
}

/* -- afterwards ------------------------------------------------------------ */

/* Who still waits has waited for long enough. */
static void give_up(struct queue_entry *entry, int64_t now)
{
	if (now - entry->created < SENDING_FOR)
		return;
	for (guint i = 0; i < entry->recipients->len; i++) {
		struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);
		const char *reason = recipient->reason[0] ? recipient->reason
							  : entry->reason;
		AUTO(str)
		char *text = g_strdup_printf("given up after %d days: %s",
					     SENDING_FOR / 86400, reason);

		if (recipient->state != QUEUE_WAITING)
			continue;
		recipient->state = QUEUE_FAILED;
		set_reason(&recipient->reason, text);
	}
}

static int64_t delay(int64_t attempts)
{
	int64_t seconds = SENDING_FIRST;

	while (attempts-- > 0 && seconds < SENDING_MOST)
		seconds *= 2;
	return MIN(seconds, SENDING_MOST);
}

/* Write the recipients; `failed` gets those that have failed by it. */
static int write_fates(struct state *state, const struct queue_entry *entry,
		       GPtrArray *failed, struct err *err)
{
	for (guint i = 0; i < entry->recipients->len; i++) {
		struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);
		int result = state_queue_fate(state, entry->id, recipient, err);

		if (result < 0)
			return -1;
		if (result > 0)
			g_ptr_array_add(failed, recipient);
	}
	return 0;
}

/* Bring the entry itself up to date, from what is in state.db now. */
static int settle(struct state *state, struct queue_entry *entry,
		  struct err *err)
{
	AUTO(queue_entry) struct queue_entry *now = NULL;
	int found = queue_get(state, entry->id, &now, err);

	if (found <= 0)
		return found < 0 ? -1 : 0;
	entry->state = now->state;
	if (now->state == QUEUE_SENT)
		return 0;
	entry->state = state_of(now);
	if (entry->state == QUEUE_WAITING && now->state == QUEUE_HELD)
		entry->state = QUEUE_HELD;
	return state_queue_put(state, entry, err);
}

static int write_all(struct batch *batch, struct reader *reader,
		     struct queue_entry *entry, int64_t now, struct err *err)
{
	AUTO(ptrs) GPtrArray *failed = g_ptr_array_new();
	struct state *state = batch_state(batch);

	give_up(entry, now);
	if (write_fates(state, entry, failed, err) < 0 ||
	    settle(state, entry, err) < 0)
		return -1;
	crash_point("sending: written down, before the notice");
	if (failed->len > 0 &&
	    queue_notice(batch, reader, entry, failed, now, err) < 0)
		return -1;
	crash_point("sending: written down, before the batch ends");
	return 0;
}

int sending_end(struct batch *batch, struct reader *reader,
		struct queue_entry *entry, int64_t now, struct err *err)
{
	set_reason(&entry->reason, "");
	entry->due = now + delay(entry->attempts);
	entry->attempts++;
	return write_all(batch, reader, entry, now, err);
}

int sending_put_off(struct batch *batch, struct reader *reader,
		    struct queue_entry *entry, const char *reason, int64_t now,
		    struct err *err)
{
	set_reason(&entry->reason, reason);
	return write_all(batch, reader, entry, now, err);
}

int sending_bounced(struct batch *batch, int64_t id, const char *address,
		    const char *reason, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int found = state_queue_bounced(state, id, address, reason, err);

	if (found > 0)
		found = queue_get(state, id, &entry, err);
	if (found <= 0)
		return found;
	if (entry->state != QUEUE_HELD)
		entry->state = state_of(entry);
	return state_queue_put(state, entry, err) < 0 ? -1 : 1;
}

int sending_retry(struct batch *batch, int64_t id, struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct state *state = batch_state(batch);
	int found = queue_get(state, id, &entry, err);

	if (found <= 0 || entry->state == QUEUE_HELD ||
	    entry->state == QUEUE_SENT)
		return found < 0 ? -1 : 0;
	entry->state = QUEUE_WAITING;
	entry->created = entry->due = g_get_real_time() / G_USEC_PER_SEC;
	entry->attempts = 0;
	set_reason(&entry->reason, "");
	if (state_queue_again(state, id, err) < 0 ||
	    state_queue_put(state, entry, err) < 0)
		return -1;
	return 1;
}
