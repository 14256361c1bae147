/* SPDX-License-Identifier: ISC */
/* Serving a mounted tree from the first request to the unmount. */
#ifndef DEFMS_SERVE_H
#define DEFMS_SERVE_H

#include "defms/err.h"
#include "defms/mailbox.h"

struct guard;

struct serving {
	struct mailbox *mailbox; /* borrowed, as is all of it */
	const char *path;
	const char *options; /* libfuse's, with commas between */
	struct guard *guard;
	void (*ready)(void *data); /* called once, when the mount answers */
	void *data;
};

/* Mount the mailbox at the path and serve it until it is unmounted, or
 * SIGTERM, SIGINT or SIGHUP comes. */
int serve(const struct serving *serving, struct err *err);

#endif
