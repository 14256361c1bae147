/* SPDX-License-Identifier: ISC */
/* How another device of a person gets its keys: it asks (a request), the device
 * that has the root answers. Both are text that may go any way, for the request
 * is signed by the device whose id people compare, and the answer opens only on
 * that device. The formats are at the top of key-device.c. */
#ifndef THREAD_KEY_DEVICE_H
#define THREAD_KEY_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "defms/key.h"

enum { DEVICE_TEXT = 64 * 1024 }; /* bytes of either at most */

struct device_request {
	uint8_t device[32]; /* public keys */
	uint8_t seal[32];
};

/* Ask: draw what is needed, keep it in the file `pending` (0600) and print the
 * request. If `pending` is there, it is the same request again. `identity`: of
 * a device that has its key already; else NULL. Caller frees. */
int device_ask(const char *pending, const struct identity *identity,
	       char **request_r, struct err *err);

/* EBADMSG. */
int device_request_parse(const char *text, size_t size,
			 struct device_request *request_r, struct err *err);

/* The answer: all person secrets and the card of `identity`. Caller frees. */
int device_answer(const struct identity *identity,
		  const struct device_request *request, char **answer_r,
		  struct err *err);

/* Open an answer with what `pending` keeps: an identity without root, which is
 * not written yet. `identity` as for device_ask(). EBADMSG; EACCES if it is for
 * another device, ENOENT if nothing was asked. */
int device_accept(const char *pending, const struct identity *identity,
		  const char *text, size_t size, struct identity **identity_r,
		  struct err *err);

#endif
