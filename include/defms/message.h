/* SPDX-License-Identifier: ISC */
/* A message: its identity, and how its bytes fall into content and trace.
 *
 * Content is what is hashed, sealed and replicated. The trace is every field
 * of the top header that relays, filters and mailboxes add (the list stands in
 * message-split.c), kept with its place, so that content and trace give the
 * exact bytes back. A message whose every line ends in CRLF is held with LF;
 * one bit says so. Anything mixed is held as it came. */
#ifndef DEFMS_MESSAGE_H
#define DEFMS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

enum {
	MESSAGE_PIECE = 512 * 1024, /* content over this is kept in pieces */
	MESSAGE_TRACE = 4 << 20,    /* fields beyond it stay content */
	MESSAGE_MAX = 512 << 20,    /* a larger one is not taken in; a row of
				     * a database ends at 10^9 bytes */
	MESSAGE_ID_HEX = 64,
};

/* BLAKE2b-256 of content: the hash when unkeyed, the id under a strand's id
 * key. */
struct message_id {
	uint8_t bytes[32];
};

/* The id of `size` bytes of content: BLAKE2b-256 (RFC 7693), keyed with the
 * 32 bytes at `key`, the strand's id key; NULL for the hash itself. */
struct message_id message_id_of(const uint8_t *key, const void *data,
				size_t size);

/* Parse `hex`, exactly 64 lower-case digits. -1 and EINVAL if it is not. */
int message_id_parse(const char *hex, struct message_id *id_r, struct err *err);

/* Write the 64 digits and a NUL to `hex`. */
void message_id_print(const struct message_id *id,
		      char hex[MESSAGE_ID_HEX + 1]);

/* For hash tables. */
static inline guint message_id_hash(gconstpointer id)
{
	guint hash;

	memcpy(&hash, id, sizeof(hash));
	return hash;
}
static inline gboolean message_id_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct message_id)) == 0;
}

/* The same id over content that comes in pieces. */
struct message_hasher;
struct message_hasher *message_hasher_new(const uint8_t *key);
void message_hasher_add(struct message_hasher *hasher, const void *data,
			size_t size);
/* The id of all that was added; the hasher may only be freed afterwards. */
struct message_id message_hasher_end(struct message_hasher *hasher);
void message_hasher_free(struct message_hasher *hasher);
AUTO_KIND(hasher, struct message_hasher, message_hasher_free)

/* What message_split() made of some bytes. */
struct message_split {
	size_t content_size; /* the content: the first bytes of the buffer */
	size_t header_size;  /* of the raw message as held (LF form if `crlf`):
			      * all before the empty line; all if none */
	size_t line_ends;    /* number of LF in the raw message */
	GByteArray *trace;   /* owned; NULL if there is none */
	bool crlf;           /* every line ended in CRLF */
};

/* Split the message of `size` bytes at `data`, in place: afterwards the content
 * stands at its start. Cannot fail, whatever the bytes are: what has no header
 * is all content. The rule stands at the head of message-split.c. */
void message_split(uint8_t *data, size_t size, struct message_split *split_r);
void message_split_release(struct message_split *split);

/* A trace is a sequence of (uleb128 distance, uleb128 size, bytes): `size`
 * bytes of trace stand in the message where `distance` more bytes of content
 * have passed since the previous entry. message_split() makes one entry of each
 * field, with its continuation lines and line ends (LF if the split is `crlf`),
 * and of a "From " line. */
struct trace_iter {
	const uint8_t *at, *end;
	uint64_t content_offset;
};
struct trace_entry {
	uint64_t content_offset; /* the content before it */
	const uint8_t *data;     /* borrowed from the trace */
	size_t size;
};
struct trace_iter trace_iter(const void *trace, size_t size);
/* 1 and the next entry, 0 at the end, -1 and EBADMSG if the trace is bad. */
int trace_next(struct trace_iter *it, struct trace_entry *entry_r,
	       struct err *err);

/* Append to `raw` the message that was split: content, trace, CRLF or not.
 * -1 and EBADMSG if the trace does not fit the content, EFBIG if it is larger
 * than 1 GiB; `raw` is then as it was. */
int message_join(const void *content, size_t size, const GByteArray *trace,
		 bool crlf, GByteArray *raw, struct err *err);

/* Does it begin as mail does: with a header field (RFC 5322, 2.2), or the
 * "From " line of an mbox? */
bool message_looks_like_mail(const void *data, size_t size);

#endif
