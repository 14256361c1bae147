/* SPDX-License-Identifier: ISC */
/* The kernel's end of a mount, which shows in /sys/fs/fuse/connections, where
 * fusectl is mounted. Nothing here waits for a daemon. */
#ifndef DEFMS_CONNECTION_H
#define DEFMS_CONNECTION_H

#include <sys/types.h>

#include "defms/err.h"

/* A mount of defms, as the kernel knows it. */
struct connection {
	unsigned number;
	uid_t owner;     /* who mounted it */
	unsigned mounts; /* of it, in this mount namespace */
};

/* That of the mount at `path`; EINVAL if there is another one, or none. */
int connection_find(const char *path, struct connection *connection_r,
		    struct err *err);

/* Where it is mounted in this mount namespace: a path, which the caller frees,
 * or NULL. 1/0/-1 */
int connection_where(const struct connection *connection, char **path_r,
		     struct err *err);

/* Open what aborts the connection of the mount of defms at `path`; the caller
 * closes it. It stays that of this connection: once that has ended it does
 * nothing, though another one may have got its number. */
int connection_open(const char *path, int *fd_r, struct err *err);

/* Whoever waits for an answer gets an error, and so does whoever comes. */
int connection_abort(int fd, struct err *err);

#endif
