/* SPDX-License-Identifier: ISC */
/* The fields of a header (RFC 5322), of a message or of a part. */
#ifndef DEFMS_MIME_FIELD_H
#define DEFMS_MIME_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

enum {
	FIELD_TEXT = 64 * 1024,       /* what is kept of a field */
	FIELD_LIST = 4 * 1024 * 1024, /* of one that lists addresses */
};

/* Bytes of the message, not terminated, folds and all. */
struct field {
	const char *name;
	size_t name_size;
	const char *value;
	size_t size;
};

struct field_iter {
	const char *at, *end;
};

/* The next field of the header at `it`, and true. False at the empty line that
 * ends the header, or at the end: `it->at` is then where the body starts.
 * Lines that are no field are passed over. */
bool field_next(struct field_iter *it, struct field *field_r);
/* Is the first line at `at` a field's, or the empty one that ends a header? */
bool field_begins(const char *at, const char *end);
bool field_is(const struct field *field, const char *name);

/* The value unfolded, as UTF-8, at most `limit` bytes; still encoded. */
char *field_line(const struct field *field, size_t limit);

/* The encoded words (RFC 2047) of a line decoded, whatever they hide. Caller
 * frees. */
char *field_words(const char *line);

/* A line of field_line() with its encoded words (RFC 2047) decoded. At most
 * FIELD_TEXT bytes. Caller frees. */
char *field_decode(const char *line);

/* The same of a list of addresses, in which what was encoded never becomes an
 * address of its own: a name that reads "eve@example.org, Ada" is quoted. At
 * most FIELD_TEXT bytes, of whole addresses. Caller frees. */
char *field_decode_addresses(const char *line);

/* Append the mailboxes of an address list (RFC 5322 3.4), as struct address,
 * groups dissolved; an empty group has its name and no mail. No more than
 * MIME_ADDRESSES stand in `out` afterwards. */
void field_addresses(const char *line, GPtrArray *out);

/* Append the msgids in <> of References or In-Reply-To, without <> and white
 * space, but for `self` and such as are over 1,000 bytes. */
void field_msgids(const struct field *field, const char *self, GPtrArray *out);

/* The msgid of Message-ID, "" if it has none of a sane length. */
char *field_msgid(const struct field *field);

/* The list of List-Id (RFC 2919), lower case; "" if there is none. */
char *field_list_id(const char *line);

/* The Unix time of a Date; its zone in minutes or MIME_NO_DATE. Without a zone
 * it is read as UTC. */
int64_t field_date(const char *line, int *zone_r);

#endif
