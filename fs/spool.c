/* SPDX-License-Identifier: ISC */
#include "spool.h"

#include <pthread.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

enum { KEPT = 8 };

struct spools {
	char *directory;
	pthread_mutex_t lock;     /* leaf */
	pthread_cond_t made;      /* one is no longer in `making` */
	struct spool *kept[KEPT]; /* most recent first; protected by lock */
	GPtrArray *making;        /* being filled; protected by lock */
};

struct spools *spools_new(const char *directory)
{
	struct spools *spools = g_new0(struct spools, 1);

	(void)pthread_mutex_init(&spools->lock, NULL);
	(void)pthread_cond_init(&spools->made, NULL);
	spools->making = g_ptr_array_new();
	spools->directory = g_strdup(directory);
	return spools;
}

static void spool_destroy(struct spool *spool)
{
	if (spool->fd >= 0)
		(void)close(spool->fd);
	g_free(spool);
}

void spools_free(struct spools *spools)
{
	if (!spools)
		return;
	for (size_t i = 0; i < KEPT; i++)
		if (spools->kept[i])
			spool_destroy(spools->kept[i]);
	(void)pthread_mutex_destroy(&spools->lock);
	(void)pthread_cond_destroy(&spools->made);
	g_ptr_array_unref(spools->making);
	g_free(spools->directory);
	g_free(spools);
}

/* Move place `at` to the front. */
static void promote(struct spools *spools, size_t at)
{
	struct spool *spool = spools->kept[at];

	for (; at > 0; at--)
		spools->kept[at] = spools->kept[at - 1];
	spools->kept[0] = spool;
}

/* The file kept under `id`, with a reference; NULL if there is none. */
static struct spool *find_kept(struct spools *spools, uint64_t id)
{
	for (size_t i = 0; i < KEPT; i++) {
		if (!spools->kept[i] || spools->kept[i]->id != id)
			continue;
		promote(spools, i);
		spools->kept[0]->refs++;
		return spools->kept[0];
	}
	return NULL;
}

static bool is_making(const struct spools *spools, uint64_t id)
{
	for (guint i = 0; i < spools->making->len; i++) {
		const struct spool *spool =
			g_ptr_array_index(spools->making, i);

		if (spool->id == id)
			return true;
	}
	return false;
}

/* It is filled, or given up: who waits for it looks again. */
static void end_making(struct spools *spools, struct spool *spool)
{
	if (g_ptr_array_remove_fast(spools->making, spool))
		(void)pthread_cond_broadcast(&spools->made);
}

static int open_unnamed(const char *directory)
{
	AUTO(str) char *path = NULL;
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = g_strdup_printf("%s/spool-XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int spool_get(struct spools *spools, uint64_t id, struct spool **spool_r,
	      struct err *err)
{
	AUTO(spool) struct spool *spool = NULL;
	struct spool *kept;

	(void)pthread_mutex_lock(&spools->lock);
	while (!(kept = find_kept(spools, id)) && is_making(spools, id))
		(void)pthread_cond_wait(&spools->made, &spools->lock);
	if (!kept) {
		spool = g_new0(struct spool, 1);
		*spool = (struct spool){ -1, 1, id, spools };
		g_ptr_array_add(spools->making, spool);
	}
	(void)pthread_mutex_unlock(&spools->lock);
	if (kept) {
		*spool_r = kept;
		return 1;
	}
	spool->fd = open_unnamed(spools->directory);
	if (spool->fd < 0)
		return err_sys(err, "%s", spools->directory);
	*spool_r = take(spool);
	return 0;
}

void spool_keep(struct spool *spool)
{
	struct spools *spools = spool->spools;
	struct spool *last;

	(void)pthread_mutex_lock(&spools->lock);
	end_making(spools, spool);
	last = spools->kept[KEPT - 1];
	spools->kept[KEPT - 1] = spool;
	spool->refs++;
	promote(spools, KEPT - 1);
	if (last && --last->refs > 0)
		last = NULL;
	(void)pthread_mutex_unlock(&spools->lock);
	if (last)
		spool_destroy(last);
}

void spool_unref(struct spool *spool)
{
	struct spools *spools = spool->spools;
	int refs;

	(void)pthread_mutex_lock(&spools->lock);
	refs = --spool->refs;
	if (refs == 0)
		end_making(spools, spool);
	(void)pthread_mutex_unlock(&spools->lock);
	if (refs == 0)
		spool_destroy(spool);
}

int spool_read(const struct spool *spool, uint64_t offset, size_t size,
	       GByteArray *out, struct err *err)
{
	guint old = out->len;
	ssize_t got;

	g_byte_array_set_size(out, old + (guint)size);
	do
		got = pread(spool->fd, out->data + old, size, (off_t)offset);
	while (got < 0 && errno == EINTR);
	g_byte_array_set_size(out, old + (guint)MAX(got, 0));
	return got < 0 ? err_sys(err, "temporary file") : 0;
}
