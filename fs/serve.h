/* SPDX-License-Identifier: ISC */
/* Serving a mounted tree from the first request to the unmount. */
#ifndef DEFMS_SERVE_H
#define DEFMS_SERVE_H

#include "defms/err.h"
#include "defms/mailbox.h"

/* Mount `mailbox` at `path` with libfuse's `options` and serve it until it is
 * unmounted, or SIGTERM, SIGINT or SIGHUP comes. `ready` is called once, when
 * the mount answers. */
int serve(struct mailbox *mailbox, const char *path, const char *options,
	  void (*ready)(void *data), void *data, struct err *err);

#endif
