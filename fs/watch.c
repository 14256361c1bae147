/* SPDX-License-Identifier: ISC */
/* Writers append to index.db's WAL, which inotify(7) tells; a look once a
 * second (or 250 ms, without inotify) finds what it missed. Each round asks
 * the index which threads changed since the last.
 *
 * The kernel keeps names for ever, those that are not there too, so each name
 * that may have changed its meaning is taken back: new threads, files that
 * have a new version, copies whose flags made them another name (shown.h knows
 * the old one). Then mail that came is delivered once more through the mount
 * (teller.h), and new/ is touched, for only a change that comes through the
 * kernel is told to its inotify watchers. */
#include "watch-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/queue.h"
#include "last.h"

enum {
	POLL = 250, /* ms */
	POLL_INOTIFY = 1000,
	PAUSE = 30, /* between rounds, while somebody writes */
	POKES = 64, /* threads whose new/ is touched in a round */
	MAILS = 64, /* that came, and are told by name in a round */
};

void watch_poke(struct watch *watch, const char *below)
{
	AUTO(str) char *path = g_build_filename(below, "new", NULL);

	mount_touch(watch->mount, path);
}

/* What changed between `watch->seq` and `seq`. */
static int look(struct watch *watch, struct work *work, int64_t seq,
		struct err *err)
{
	int64_t generation, touched;

	if (state_get(work->state, "index", &generation, err) < 0 ||
	    watch_old_copies(watch, work, err) < 0)
		return -1;
	if (seq == watch->seq && generation == watch->generation)
		return 0;
	/* In another index a thread's last change may be another. */
	if (generation != watch->generation)
		watch->seq = -1;
	if (state_get(work->state, STATE_TOUCHED, &touched, err) < 0)
		return -1;
	watch->all = watch->seq < 0 || touched > watch->seq;
	watch->pokes = POKES;
	watch->mails = MAILS;
	shown_next_round(work->fs->shown);
	if (watch_gone_copies(watch, work, err) < 0 ||
	    watch_threads(watch, work, err) < 0 ||
	    watch_folders(watch, work, seq, err) < 0 ||
	    watch_sent(watch, work, seq, err) < 0)
		return -1;
	watch->seq = seq;
	watch->generation = generation;
	return 0;
}

/* All of a round is as of one moment: what is committed meanwhile has a higher
 * seq, and need not be read around. The index first, for a batch commits it
 * last: state.db is never behind it. */
static int look_from_here(struct watch *watch, struct work *work,
			  struct err *err)
{
	int64_t seq;
	int result;

	if (index_begin(work->index, err) < 0)
		return -1;
	result = index_seq(work->index, &seq, err);
	if (result == 0)
		result = state_begin(work->state, false, err);
	if (result == 0) {
		result = look(watch, work, seq, err);
		state_rollback(work->state);
	}
	index_end(work->index);
	return result;
}

static void round_of(struct watch *watch)
{
	struct fs *fs = mount_fs(watch->mount);
	struct work work;
	struct err err;
	int result;

	if (work_begin(fs, false, &work, &err) < 0) {
		journal_add(fs->errors, err.text);
		return;
	}
	result = look_from_here(watch, &work, &err);
	work_end(&work);
	if (result < 0)
		journal_add(fs->errors, err.text);
}

/* Where things stand when the mount begins: nothing was shown yet. */
static int remember(struct watch *watch, struct work *work, struct err *err)
{
	struct state_folder folder = { 0 };
	int more;

	if (state_get(work->state, "index", &watch->generation, err) < 0 ||
	    index_seq(work->index, &watch->seq, err) < 0 ||
	    last_thread(work, &watch->last_thread, err) < 0 ||
	    queue_last(work->state, &watch->last_queued, err) < 0 ||
	    state_copy_gone_last(work->state, &watch->last_gone, err) < 0)
		return -1;
	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0) {
		struct state_folder *known = g_memdup2(&folder, sizeof(folder));

		(void)g_hash_table_insert(watch->folders, &known->serial,
					  known);
		if (last_copy(work, folder.serial, &watch->last_copy, err) < 0)
			return -1;
	}
	return more;
}

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static void *run(void *data)
{
	struct watch *watch = data;
	struct pollfd wait[] = { { .fd = watch->wake, .events = POLLIN },
				 { .fd = watch->changes, .events = POLLIN } };
	int timeout = watch->changes < 0 ? POLL : POLL_INOTIFY;

	while (!g_atomic_int_get(&watch->stop)) {
		(void)poll(wait, G_N_ELEMENTS(wait), timeout);
		if (g_atomic_int_get(&watch->stop))
			break;
		if (watch->changes >= 0)
			drain(watch->changes);
		round_of(watch);
		(void)poll(wait, 1, PAUSE);
	}
	return NULL;
}

static int open_changes(const struct fs *fs)
{
	const uint32_t mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -1;
	if (inotify_add_watch(fd, mailbox_cache(fs->mailbox), mask) < 0 ||
	    inotify_add_watch(fd, mailbox_home(fs->mailbox), mask) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void watch_free(struct watch *watch)
{
	if (watch->wake >= 0)
		(void)close(watch->wake);
	if (watch->changes >= 0)
		(void)close(watch->changes);
	g_hash_table_unref(watch->folders);
	g_hash_table_unref(watch->hidden);
	g_free(watch);
}

int watch_start(struct mount *mount, struct watch **watch_r, struct err *err)
{
	struct watch *watch = g_new0(struct watch, 1);
	struct work work;
	int result = -1;

	watch->mount = mount;
	watch->folders = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					       NULL, g_free);
	watch->hidden = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, NULL);
	watch->changes = open_changes(mount_fs(mount));
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->wake < 0)
		(void)err_sys(err, "eventfd");
	else if (work_begin(mount_fs(mount), false, &work, err) == 0) {
		result = remember(watch, &work, err);
		work_end(&work);
	}
	if (result < 0) {
		watch_free(watch);
		return -1;
	}
	result = pthread_create(&watch->thread, NULL, run, watch);
	if (result != 0) {
		watch_free(watch);
		return err_set(err, result, "no worker for the watcher");
	}
	*watch_r = watch;
	return 0;
}

void watch_stop(struct watch *watch)
{
	const uint64_t one = 1;

	if (!watch)
		return;
	g_atomic_int_set(&watch->stop, 1);
	(void)!write(watch->wake, &one, sizeof(one));
	(void)pthread_join(watch->thread, NULL);
	watch_free(watch);
}
