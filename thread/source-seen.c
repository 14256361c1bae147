/* SPDX-License-Identifier: ISC */
/* What was imported before: files and directories that did not change since
 * are passed over whole. */
#include "defms/state-mount.h"
#include "source-parts.h"

#include <stdlib.h>
#include <string.h>

enum { SETTLED = 2 /* seconds after which an mtime is believed */ };

void seen_free(void *data)
{
	struct seen *seen = data;

	if (!seen)
		return;
	g_free(seen->path);
	g_free(seen->how);
	g_free(seen);
}

static char *how_of(const struct source *source, const char *folder)
{
	return g_strdup_printf("%s|%d|%d", folder ? folder : "",
			       (int)source->options.format,
			       source->options.is_public);
}

static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static struct state_source key_of(const char *path, const char *how,
				  const struct stat *st)
{
	struct state_source key = {
		.path = path,
		.how = how,
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = nanoseconds(&st->st_mtim),
		.ctime = nanoseconds(&st->st_ctim),
	};

	return key;
}

/* 1 if exactly this was read to its end before. */
int seen_is_known(struct source *source, const struct task *task,
		  const struct stat *st, struct err *err)
{
	AUTO(str) char *how = how_of(source, task->folder);
	AUTO(str) char *path = realpath(task->path, NULL);
	struct state_source key;

	if (!path)
		return 0;
	key = key_of(path, how, st);
	return state_source_known(source->state, &key, err);
}

int seen_settled(struct source *source, const struct task *task,
		 const struct stat *st, int64_t *settled_r, struct err *err)
{
	AUTO(str) char *how = how_of(source, task->folder);
	AUTO(str) char *path = realpath(task->path, NULL);
	struct state_source key;

	*settled_r = 0;
	if (!path)
		return 0;
	key = key_of(path, how, st);
	return state_source_last(source->state, &key, settled_r, err) < 0 ? -1
									  : 0;
}

int64_t seen_changed(const struct stat *st)
{
	return nanoseconds(&st->st_ctim);
}

struct seen *seen_new(const struct source *source, const char *path,
		      const char *folder, const struct stat *st)
{
	char *real = realpath(path, NULL);
	struct seen *seen;

	if (!real ||
	    g_get_real_time() / G_USEC_PER_SEC - st->st_mtime < SETTLED) {
		g_free(real);
		return NULL;
	}
	seen = g_new0(struct seen, 1);
	seen->path = real;
	seen->how = how_of(source, folder);
	seen->st = *st;
	return seen;
}

void seen_begin(const struct source *source, struct seen *seen)
{
	if (!seen)
		return;
	seen->from = source->given;
	seen->unread = source->unread;
}

void seen_end(struct source *source, struct seen *seen)
{
	if (seen && seen->unread == source->unread) {
		seen->to = source->given;
		g_ptr_array_add(source->finished, seen);
	} else {
		seen_free(seen);
	}
}

/* Was every message of it taken in? */
static bool is_whole(const struct source *source, const struct seen *seen)
{
	for (guint i = 0; i < source->failed->len; i++) {
		uint64_t failed = g_array_index(source->failed, uint64_t, i);

		if (failed >= seen->from && failed < seen->to)
			return false;
	}
	return true;
}

int source_remember(struct source *source, struct state *state, struct err *err)
{
	size_t count = source_finished(source);

	for (size_t i = 0; i < count; i++) {
		const struct seen *seen =
			g_ptr_array_index(source->finished, i);
		struct state_source key =
			key_of(seen->path, seen->how, &seen->st);

		if (is_whole(source, seen) &&
		    state_source_put(state, &key, err) < 0)
			return -1;
	}
	if (count > 0)
		(void)g_ptr_array_remove_range(source->finished, 0,
					       (guint)count);
	return 0;
}
