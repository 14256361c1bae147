/* SPDX-License-Identifier: ISC */
#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "teller.h"

struct lease {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* leaf */
	pthread_cond_t some;  /* goes with lock, which protects the rest */
	const char *path;     /* that is asked for, borrowed; else NULL */
	uint64_t inode;
	enum leased answer;
	struct err err;
	bool ending;
};

static enum leased unknown(struct err *err)
{
	(void)err_sys(err, "no lease through the mount");
	return LEASED_UNKNOWN;
}

static enum leased ask(const char *path, uint64_t inode, struct err *err)
{
	AUTO(fd)
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? LEASED_BUSY
							 : unknown(err);
	/* Another one by now? */
	if (fstat(fd, &st) < 0 || st.st_ino != inode)
		return LEASED_BUSY;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN ? LEASED_BUSY : unknown(err);
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return LEASED_FREE;
}

static void *run(void *data)
{
	struct lease *lease = data;

	teller_leave_files(-1);
	(void)pthread_mutex_lock(&lease->lock);
	while (!lease->ending) {
		enum leased answer;

		if (!lease->path) {
			(void)pthread_cond_wait(&lease->some, &lease->lock);
			continue;
		}
		/* Who asks waits, so these stay as they are. */
		(void)pthread_mutex_unlock(&lease->lock);
		answer = ask(lease->path, lease->inode, &lease->err);
		(void)pthread_mutex_lock(&lease->lock);
		lease->answer = answer;
		lease->path = NULL;
		(void)pthread_cond_broadcast(&lease->some);
	}
	(void)pthread_mutex_unlock(&lease->lock);
	return NULL;
}

int lease_new(struct lease **lease_r, struct err *err)
{
	AUTO(lease) struct lease *lease = g_new0(struct lease, 1);
	int result;

	(void)pthread_mutex_init(&lease->lock, NULL);
	(void)pthread_cond_init(&lease->some, NULL);
	result = pthread_create(&lease->thread, NULL, run, lease);
	if (result != 0)
		return err_set(err, result, "no worker to ask for leases");
	lease->started = true;
	*lease_r = take(lease);
	return 0;
}

enum leased lease_ask(struct lease *lease, const char *path, uint64_t inode,
		      struct err *err)
{
	enum leased answer;

	(void)pthread_mutex_lock(&lease->lock);
	lease->inode = inode;
	lease->path = path;
	(void)pthread_cond_broadcast(&lease->some);
	while (lease->path)
		(void)pthread_cond_wait(&lease->some, &lease->lock);
	answer = lease->answer;
	if (answer == LEASED_UNKNOWN)
		*err = lease->err;
	(void)pthread_mutex_unlock(&lease->lock);
	return answer;
}

void lease_free(struct lease *lease)
{
	if (!lease)
		return;
	(void)pthread_mutex_lock(&lease->lock);
	lease->ending = true;
	(void)pthread_cond_broadcast(&lease->some);
	(void)pthread_mutex_unlock(&lease->lock);
	if (lease->started)
		(void)pthread_join(lease->thread, NULL);
	(void)pthread_cond_destroy(&lease->some);
	(void)pthread_mutex_destroy(&lease->lock);
	g_free(lease);
}
