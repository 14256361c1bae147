/* SPDX-License-Identifier: ISC */
/* A mailbox on another device of the same person (key-device.h). */
#ifndef THREAD_MAILBOX_DEVICE_H
#define THREAD_MAILBOX_DEVICE_H

#include "defms/config.h"
#include "defms/key.h"

/* Ask for the keys: print the request. EEXIST if the root is here: nobody has
 * anything to give to it. Caller frees. */
int mailbox_device_ask(const struct config *config, char **request_r,
		       struct err *err);

/* With the answer there is a mailbox, or it has the newest keys. With `ask` a
 * new one gets a passphrase. */
int mailbox_device_accept(const struct config *config, const char *answer,
			  size_t size, bool ask, struct identity **identity_r,
			  struct err *err);

#endif
