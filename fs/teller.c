/* SPDX-License-Identifier: ISC */
#include "teller.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <glib.h>

/* What one of the workers has to do. */
struct line {
	GQueue queue;        /* owned: struct told */
	pthread_cond_t some; /* goes with the lock */
};

struct teller {
	void (*tell)(void *data, const struct told *told);
	void *data; /* borrowed */
	int fd;
	dev_t device;         /* of the mount */
	pthread_mutex_t lock; /* leaf; protects all below */
	struct line told, touches;
	bool ending, hung_up;
	pid_t toucher;          /* the worker that touches */
	const char *delivering; /* the name, borrowed; NULL: nothing */
	pthread_t workers[2];
	int started;
};

void teller_leave_files(int fd)
{
	const unsigned flags = CLOSE_RANGE_UNSHARE;

	if (fd < 0) {
		(void)close_range(0, UINT_MAX, (int)flags);
		return;
	}
	/* Where that fails the table is shared: all stays open. */
	if (fd > 0 && close_range(0, (unsigned)fd - 1, (int)flags) == 0)
		(void)close_range((unsigned)fd + 1, UINT_MAX, 0);
}

static void told_free(void *data)
{
	struct told *told = data;

	g_free(told->text);
	g_free(told);
}

static void line_init(struct line *line)
{
	g_queue_init(&line->queue);
	(void)pthread_cond_init(&line->some, NULL);
}

static void line_release(struct line *line)
{
	g_queue_clear_full(&line->queue, told_free);
	(void)pthread_cond_destroy(&line->some);
}

/* The next in `line`; NULL at the end, or when it was hung up. */
static struct told *next(struct teller *teller, struct line *line)
{
	struct told *told = NULL;

	(void)pthread_mutex_lock(&teller->lock);
	while (g_queue_is_empty(&line->queue) && !teller->ending &&
	       !teller->hung_up)
		(void)pthread_cond_wait(&line->some, &teller->lock);
	if (!teller->ending && !teller->hung_up)
		told = g_queue_pop_head(&line->queue);
	(void)pthread_mutex_unlock(&teller->lock);
	return told;
}

static void put(struct teller *teller, struct line *line, struct told *told)
{
	(void)pthread_mutex_lock(&teller->lock);
	g_queue_push_tail(&line->queue, told);
	(void)pthread_cond_signal(&line->some);
	(void)pthread_mutex_unlock(&teller->lock);
}

static void *tell_all(void *data)
{
	struct teller *teller = data;
	struct told *told;

	teller_leave_files(teller->fd);
	while ((told = next(teller, &teller->told))) {
		if (told->what == TOLD_TOUCH || told->what == TOLD_MAIL) {
			put(teller, &teller->touches, told);
			continue;
		}
		teller->tell(teller->data, told);
		told_free(told);
	}
	/* Leave nothing that keeps the connection, also where the table is
	 * shared after all: this one is not. */
	teller_leave_files(-1);
	return NULL;
}

void teller_tell(struct teller *teller, enum told_what what, uint64_t id,
		 const char *text)
{
	struct told *told = g_new(struct told, 1);

	*told = (struct told){ what, id, g_strdup(text) };
	put(teller, &teller->told, told);
}

static void set_delivering(struct teller *teller, const char *name)
{
	(void)pthread_mutex_lock(&teller->lock);
	teller->toucher = gettid();
	teller->delivering = name;
	(void)pthread_mutex_unlock(&teller->lock);
}

bool teller_delivers(struct teller *teller, pid_t tid, const char *name)
{
	bool delivers;

	(void)pthread_mutex_lock(&teller->lock);
	delivers = teller->delivering && tid == teller->toucher &&
		   strcmp(teller->delivering, name) == 0;
	(void)pthread_mutex_unlock(&teller->lock);
	return delivers;
}

/* Of `path` in `dir`; nobody need answer for that. 0: it is not known. */
static dev_t device_of(int dir, const char *path)
{
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
	struct statx st;

	if (statx(dir, path, flags, 0, &st) < 0)
		return 0;
	return makedev(st.stx_dev_major, st.stx_dev_minor);
}

/* After a lazy unmount the path is another tree's, where it would be a file: so
 * all is done from its folder, once that is known to be of the mount. */
static void deliver(struct teller *teller, const struct told *told)
{
	AUTO(str) char *name = g_path_get_basename(told->text);
	AUTO(str) char *box = g_path_get_dirname(told->text);
	AUTO(str) char *folder = g_path_get_dirname(box);
	AUTO(str) char *from = g_build_filename("tmp", name, NULL);
	AUTO(str) char *to = g_build_filename("new", name, NULL);
	AUTO(fd) int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || teller->device == 0 ||
	    device_of(dir, "") != teller->device)
		return;
	set_delivering(teller, name);
	if (mknodat(dir, from, S_IFREG | 0600, 0) == 0) {
		(void)renameat(dir, from, dir, to);
		/* Where somebody knows the name in new/ already that does
		 * nothing: then the kernel is to forget the one in tmp/. */
		teller_tell(teller, TOLD_NAME, told->id, name);
	}
	set_delivering(teller, NULL);
}

static void *touch_all(void *data)
{
	struct teller *teller = data;
	struct told *told;

	teller_leave_files(-1);
	while ((told = next(teller, &teller->touches))) {
		if (told->what == TOLD_MAIL)
			deliver(teller, told);
		else
			(void)utimensat(AT_FDCWD, told->text, NULL, 0);
		told_free(told);
	}
	return NULL;
}

int teller_new(int fd, const char *path,
	       void (*tell)(void *data, const struct told *told), void *data,
	       struct teller **teller_r, struct err *err)
{
	void *(*const runs[])(void *) = { tell_all, touch_all };
	AUTO(teller) struct teller *teller = g_new0(struct teller, 1);

	teller->tell = tell;
	teller->data = data;
	teller->fd = fd;
	teller->device = device_of(AT_FDCWD, path);
	(void)pthread_mutex_init(&teller->lock, NULL);
	line_init(&teller->told);
	line_init(&teller->touches);
	for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
		int result = pthread_create(&teller->workers[i], NULL, runs[i],
					    teller);

		if (result != 0)
			return err_set(err, result,
				       "no worker to tell the kernel");
		teller->started++;
	}
	*teller_r = take(teller);
	return 0;
}

static void set(struct teller *teller, bool *flag)
{
	(void)pthread_mutex_lock(&teller->lock);
	*flag = true;
	(void)pthread_cond_signal(&teller->told.some);
	(void)pthread_cond_signal(&teller->touches.some);
	(void)pthread_mutex_unlock(&teller->lock);
}

void teller_hang_up(struct teller *teller)
{
	set(teller, &teller->hung_up);
}

void teller_end(struct teller *teller)
{
	set(teller, &teller->ending);
	while (teller->started > 0)
		(void)pthread_join(teller->workers[--teller->started], NULL);
}

void teller_free(struct teller *teller)
{
	if (!teller)
		return;
	teller_end(teller);
	line_release(&teller->told);
	line_release(&teller->touches);
	(void)pthread_mutex_destroy(&teller->lock);
	g_free(teller);
}
