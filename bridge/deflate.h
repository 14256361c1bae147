/* SPDX-License-Identifier: ISC */
/* Both directions of a connection that is compressed (RFC 4978): raw deflate
 * (RFC 1951), flushed after each write. The one door to zlib here. */
#ifndef BRIDGE_DEFLATE_H
#define BRIDGE_DEFLATE_H

#include <stddef.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

struct deflate;

struct deflate *deflate_new(void);
void deflate_free(struct deflate *deflate);
AUTO_KIND(deflate, struct deflate, deflate_free)

/* Append what is to be sent for `data`. */
void deflate_pack(struct deflate *deflate, const void *data, size_t size,
		  GByteArray *out);

/* These bytes came. */
void deflate_feed(struct deflate *deflate, const void *data, size_t size);

/* At most `size` bytes of what came, however much it unfolds to. 1, 0 if more
 * has to come first, -1 and EPROTO if it is not compressed so. */
int deflate_unpack(struct deflate *deflate, void *buf, size_t size,
		   size_t *size_r, struct err *err);

#endif
