/* SPDX-License-Identifier: ISC */
/* The kernel's end of a mount, which shows in /sys/fs/fuse/connections, where
 * fusectl is mounted. Nothing here waits for a daemon. */
#ifndef DEFMS_CONNECTION_H
#define DEFMS_CONNECTION_H

#include "defms/err.h"

/* Open what aborts the connection of the mount of defms at `path`; the caller
 * closes it. It stays that of this connection: once that has ended it does
 * nothing, though another one may have got its number. */
int connection_open(const char *path, int *fd_r, struct err *err);

/* Whoever waits for an answer gets an error, and so does whoever comes. */
int connection_abort(int fd, struct err *err);

#endif
