/* SPDX-License-Identifier: ISC */
/* Messages that go up into folders. Failures are as imap.h tells. */
#ifndef BRIDGE_IMAP_APPEND_H
#define BRIDGE_IMAP_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defms/err.h"
#include "imap.h"

/* A message for imap_append(). Its bytes are given with CRLF line ends. */
struct imap_upload {
	const char *raw;  /* the folder's */
	const void *data; /* borrowed during the call */
	size_t size;
	unsigned flags;
	const char *keywords;
	int64_t received; /* INTERNALDATE; 0: now */
	int64_t serial;   /* the caller's, comes back with the result */
};
struct imap_uploaded {
	int64_t serial;
	int failed;     /* 0, or the server has said NO: an errno value */
	char text[200]; /* and why */
	uint32_t uidvalidity, uid; /* 0: not told; see imap_find() */
};
/* Begin to append a message. Pipelined where the server can take it: results
 * come by imap_append_next(), in order; put as many as imap_append_has_room()
 * allows (always one), then take. */
int imap_append(struct imap *imap, const struct imap_upload *upload,
		struct err *err);
bool imap_append_has_room(const struct imap *imap);
/* 1 and the oldest result, 0 if no append is open. */
int imap_append_next(struct imap *imap, struct imap_uploaded *uploaded_r,
		     struct err *err);

#endif
