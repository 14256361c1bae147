/* SPDX-License-Identifier: ISC */
/* What a message says: its header fields as UTF-8, its parts, its text.
 *
 * Nothing here can fail: any bytes are a message, if need be one with an empty
 * header or an empty body. Every string handed out is valid UTF-8 without
 * control characters (line ends in texts aside), and bounded: parts beyond
 * MIME_PARTS and nesting beyond MIME_DEPTH are left as part of what holds
 * them. */
#ifndef DEFMS_MIME_H
#define DEFMS_MIME_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/address.h"
#include "defms/auto.h"
#include "defms/err.h"

enum {
	MIME_PARTS = 10000,
	MIME_DEPTH = 100,
	MIME_REFERENCES = 10000,
	MIME_ADDRESSES = 20000,
	MIME_NO_DATE = INT32_MIN, /* date_zone of a message without a date */
};

/* One leaf of the MIME tree (RFC 2045) that is neither body text nor the HTML
 * body: also a second HTML, which nothing else would lead to. */
struct mime_attachment {
	char *name;      /* as the message has it, UTF-8, "" if it has none;
			  * not yet safe as a file name */
	char *type;      /* "image/png", lower case */
	unsigned number; /* among all leaves, depth first, from 0 */
	uint64_t size;   /* decoded, exact: what mime_write_part() writes */
};

struct mime {
	char *subject; /* decoded, unfolded; "" if there is none */
	char *from;    /* the field, decoded: "Ada <ada@example.org>" */
	char *to;
	char *cc;
	char *reply_to;
	char *mail_reply_to; /* Mail-Reply-To, Mail-Followup-To: whom an answer
			      * to the author, to all should go to */
	char *mail_followup_to;
	char *bcc;
	char *sender;
	char *date_field;   /* the Date field as it stands, unfolded */
	int64_t date;       /* Unix seconds; meaningless with MIME_NO_DATE */
	int date_zone;      /* its offset in minutes, or MIME_NO_DATE */
	char *msgid;        /* without <>; "" if there is none */
	char *list_id;      /* of List-Id (RFC 2919), lower case; "" if none */
	char *gmail_labels; /* X-Gmail-Labels decoded; NULL if none */
	char *status;       /* Status and X-Status of mbox; "" if none */
	char *encoding;     /* the charset the text was in, or "" */
	char *key;          /* the first Defms-Key, unfolded; NULL: none */
	unsigned keys;      /* fields of this name */
	unsigned froms;     /* From fields */
	GPtrArray *references;  /* of char *: msgids of References, in order */
	GPtrArray *in_reply_to; /* of char *: msgids of In-Reply-To */
	GPtrArray *senders;     /* of struct address *: From */
	GPtrArray *recipients;  /* of struct address *: To, then Cc */
	GPtrArray *attachments; /* of struct mime_attachment * */
	int html_part;          /* number of the HTML body's leaf; -1 if none */
	uint64_t html_size;     /* decoded */
	unsigned leaves;        /* number of leaves in all */
	struct mime_tree *tree; /* owned; the parsed parts */
};

/* Parse the `size` bytes at `data`, which must stay until mime_free(). */
struct mime *mime_parse(const void *data, size_t size);
void mime_free(struct mime *mime);
AUTO_KIND(mime, struct mime, mime_free)

/* Append the body as plain text (UTF-8, LF, ends in LF unless empty): every
 * inline text/plain part in order, format=flowed unwrapped (RFC 3676), and
 * HTML as text where no plain text precedes it; of multipart/alternative the
 * plainest that is not empty. Charsets that are unknown or wrong are read as
 * UTF-8 where valid, else as windows-1252. */
void mime_text(struct mime *mime, GString *out);

/* Write leaf `number`, decoded (base64, quoted-printable, uuencode), to `fd`.
 * ENOENT if there is no such leaf. Memory does not grow with the part. */
int mime_write_part(struct mime *mime, unsigned number, int fd,
		    struct err *err);

/* The same into memory, at most `limit` bytes (EFBIG if it is more). */
int mime_read_part(struct mime *mime, unsigned number, size_t limit,
		   GByteArray *out, struct err *err);

#endif
