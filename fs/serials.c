/* SPDX-License-Identifier: ISC */
#include "serials.h"

#include <pthread.h>
#include <time.h>

enum {
	BLOCK = 1024,
	FEW = 512,
	PATIENCE = 30000000, /* ns */
	SECOND = 1000000000,
};

struct serials {
	pthread_mutex_t lock; /* leaf */
	pthread_cond_t filled;
	int64_t next, end; /* protected by lock, as are the next three */
	GArray *blocks;    /* owned; int64_t: where each began */
	unsigned fills;
	struct err failure; /* of the last fill; code 0: none */
};

struct serials *serials_new(void)
{
	struct serials *serials = g_new0(struct serials, 1);
	pthread_condattr_t attr;

	serials->blocks = g_array_new(FALSE, FALSE, sizeof(int64_t));
	(void)pthread_mutex_init(&serials->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&serials->filled, &attr);
	(void)pthread_condattr_destroy(&attr);
	return serials;
}

void serials_free(struct serials *serials)
{
	if (!serials)
		return;
	g_array_unref(serials->blocks);
	(void)pthread_cond_destroy(&serials->filled);
	(void)pthread_mutex_destroy(&serials->lock);
	g_free(serials);
}

int64_t serials_next(struct serials *serials, int64_t last)
{
	int64_t serial = 0;

	(void)pthread_mutex_lock(&serials->lock);
	if (last < serials->end && serials->next < serials->end)
		serial = serials->next++;
	(void)pthread_mutex_unlock(&serials->lock);
	return serial;
}

bool serials_gave(struct serials *serials, int64_t serial)
{
	bool gave = false;

	(void)pthread_mutex_lock(&serials->lock);
	/* What is asked about is new, mostly. */
	for (guint i = serials->blocks->len; i-- > 0;) {
		int64_t first = g_array_index(serials->blocks, int64_t, i);

		if (serial < first)
			continue;
		gave = serial < first + BLOCK;
		break;
	}
	(void)pthread_mutex_unlock(&serials->lock);
	return gave;
}

bool serials_are_few(struct serials *serials)
{
	bool few;

	(void)pthread_mutex_lock(&serials->lock);
	few = serials->end - serials->next < FEW;
	(void)pthread_mutex_unlock(&serials->lock);
	return few;
}

int serials_wait(struct serials *serials, struct err *err)
{
	struct timespec until;
	unsigned fills;
	int result = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE;
	if (until.tv_nsec >= SECOND) {
		until.tv_nsec -= SECOND;
		until.tv_sec++;
	}
	(void)pthread_mutex_lock(&serials->lock);
	fills = serials->fills;
	while (serials->fills == fills &&
	       (result == 0 || serials->next == serials->end))
		result = result == 0 ? pthread_cond_timedwait(&serials->filled,
							      &serials->lock,
							      &until)
				     : pthread_cond_wait(&serials->filled,
							 &serials->lock);
	result = serials->fills != fills;
	if (result > 0 && serials->failure.code != 0) {
		*err = serials->failure;
		result = -1;
	}
	(void)pthread_mutex_unlock(&serials->lock);
	return result;
}

static int reserve(struct fs *fs, int64_t *first_r, struct err *err)
{
	struct work work;
	int result;

	if (mailbox_lock(fs->mailbox, err) < 0)
		return -1;
	result = work_begin(fs, false, &work, err);
	if (result == 0) {
		result = state_copy_reserve(work.state, BLOCK, first_r, err);
		work_end(&work);
	}
	mailbox_unlock(fs->mailbox);
	return result;
}

void serials_fill(struct serials *serials, struct fs *fs)
{
	struct err err = { 0 };
	int64_t first;
	int result = reserve(fs, &first, &err);

	if (result < 0)
		journal_add(fs->errors, err.text);
	(void)pthread_mutex_lock(&serials->lock);
	serials->failure = err;
	serials->fills++;
	if (result == 0) {
		if (first != serials->end)
			serials->next = first;
		serials->end = first + BLOCK;
		(void)g_array_append_val(serials->blocks, first);
	}
	(void)pthread_cond_broadcast(&serials->filled);
	(void)pthread_mutex_unlock(&serials->lock);
}
