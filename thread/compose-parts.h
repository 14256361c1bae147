/* SPDX-License-Identifier: ISC */
/* Shared by compose*.c: all but compose.c know no GMime. */
#ifndef THREAD_COMPOSE_PARTS_H
#define THREAD_COMPOSE_PARTS_H

#include "defms/compose.h"

enum {
	COMPOSE_MAX = 64 << 20,      /* bytes of a message */
	COMPOSE_HEADER = 1 << 20,    /* bytes of a draft's header */
	COMPOSE_FIELDS = 1000,       /* fields in it */
	COMPOSE_RECIPIENTS = 1000,   /* and in each list of addresses */
	COMPOSE_VALUE = 64 * 1024,   /* bytes of one text or name */
	COMPOSE_ADDRESS = 320,       /* RFC 5321 4.5.3.1 */
	COMPOSE_GROUP = 8192,        /* bytes of the name of a group */
	COMPOSE_LINE = 998,          /* RFC 5322 2.1.1 */
	COMPOSE_ATTACHED = 46 << 20, /* bytes that base64 makes 62 MiB of */
};

/* -- the draft (compose-draft.c) ------------------------------------------- */

enum field_kind {
	FIELD_KIND_ADDRESSES,
	FIELD_KIND_TEXT,
	FIELD_KIND_MSGIDS,
	FIELD_KIND_DATE,
	FIELD_KIND_ATTACH,
	FIELD_KIND_MIME,    /* MIME-Version, Content-* */
	FIELD_KIND_DROPPED, /* what compose alone writes */
	FIELD_KIND_OTHER,   /* known to begin a header */
	FIELD_KIND_UNKNOWN, /* may stand in one */
};

struct draft_field {
	char *name;      /* owned; as compose spells it, if it knows it */
	char *value;     /* owned; unfolded, one line, no space at either end */
	const char *raw; /* borrowed from the draft; ends in LF */
	size_t raw_size;
	enum field_kind kind;
	bool rewritten; /* `value` is to be written, not `raw` */
};

struct draft {
	GByteArray *text;  /* owned; all of it, lines end in LF */
	GPtrArray *fields; /* owned; of struct draft_field */
	const char *body;  /* borrowed from text */
	size_t body_size;
};

/* EINVAL, with the line that is wrong: one that is no field, a field that
 * stands twice, a control character, a byte that is not UTF-8. `finished`: a
 * program's message: any bytes but NUL and CR in the header, of which only the
 * form counts; a line that is no field is the first of the body. */
int draft_parse(const void *data, size_t size, bool finished,
		struct draft **draft_r, struct err *err);
void draft_free(struct draft *draft);
AUTO_KIND(draft, struct draft, draft_free)

/* The first field of that name, or NULL. */
const struct draft_field *draft_field(const struct draft *draft,
				      const char *name);
/* Its value, perhaps ""; NULL if there is none. Borrowed. */
const char *draft_value(const struct draft *draft, const char *name);
/* All of To, Cc ... in one line, for a field that may stand more often. Caller
 * frees; NULL if there is none. */
char *draft_values(const struct draft *draft, const char *name);
/* Add a field, or fill in the one that is empty. */
void draft_set(struct draft *draft, const char *name, const char *value);

/* Take from `defaults` what `draft` lacks. Who says To or Cc says both, and who
 * says In-Reply-To says References: a person's few recipients never grow to the
 * whole thread's. */
void draft_fill(struct draft *draft, const struct draft *defaults);

/* -- addresses (compose-address.c) ----------------------------------------- */

struct addressee {
	char *group; /* owned; the group it stands in, or NULL */
	char *name;  /* owned; "" if there is none */
	char *mail;  /* owned; addr-spec; "" for an empty group */
	bool quoted; /* the name stands in quotes: no encoded words in it */
};

/* Append the addresses of a list (RFC 5322 3.4; also ';' between them, comments
 * left out) in `field`, as struct addressee. EINVAL names what is none. */
int addressees_parse(const char *field, const char *list, GPtrArray *out,
		     struct err *err);
GPtrArray *addressees_new(void);
/* `list` with `domain` at each address that is the name of a user
 * (address_qualify()); NULL if there is none, or something in it is no address.
 * Caller frees. */
char *addressees_qualify(const char *list, const char *domain);

/* Append those that are not among `recipients` yet. EINVAL if they are too
 * many. */
int recipients_add(GPtrArray *recipients, const GPtrArray *addressees,
		   struct err *err);
/* A name as it stands before an address in ASCII: quoted where it must be. */
char *phrase_quote(const char *name);

/* -- writing a header (compose-header.c) ----------------------------------- */

/* Append "name: value\n", folded at white space. */
void header_fold(GString *out, const char *name, const char *value);
/* `text` as encoded words (RFC 2047), whatever it is. Caller frees. */
char *header_words(const char *text);
bool header_is_ascii(const char *text);
/* Has `text` white space often enough, and not too much, to be folded without
 * loss? */
bool header_folds(const char *text);
/* Can it stand in a header as it is: the same, in ASCII, and nothing that looks
 * encoded? */
bool header_is_plain(const char *text);
/* "Mon, 02 Nov 2026 10:00:00 +0100", local time. Caller frees. */
char *header_date(int64_t now);
/* "hex@domain" with the domain of `mail`. Caller frees. */
char *header_msgid(const char *mail);
/* Msgids in <> with a space between, those of sane length. Caller frees. */
char *header_msgids(const char *value);
/* Append Defms-Key if `mail` is an address of the identity's card. */
void header_key(GString *out, const struct identity *identity,
		const char *mail);
/* 32 random hex digits. */
void header_random(char hex[33]);

/* -- files (compose-attach.c) ---------------------------------------------- */

struct attachment {
	char *name;        /* owned */
	const char *type;  /* "image/png" */
	GByteArray *bytes; /* owned */
};
GPtrArray *attachments_new(void);
/* Read the file that an Attach field names: the rules are at the head of
 * compose-attach.c. */
int attachment_add(GPtrArray *attachments, const char *path, int folder,
		   struct err *err);

/* -- all of it ------------------------------------------------------------- */

/* The value of a field with its encoded words decoded, one line of UTF-8.
 * EINVAL if they hide a line break or another control character. */
int compose_decode(const char *field, const char *value, char **text_r,
		   struct err *err);
/* Append a field of text, encoded and folded. */
void compose_text(GString *out, const char *name, const char *text);
/* The same of addresses. */
int compose_addresses(GString *out, const char *name, const char *list,
		      struct err *err);

/* compose-envelope.c: sender, recipients and msgid of `composed`, the last as
 * the header has it or new. A From is added from the configuration if there is
 * none, EINVAL if that has none. */
int compose_envelope(struct draft *draft, const struct compose_how *how,
		     struct composed *composed, struct err *err);
/* The address of From if it has just one, else NULL. Caller frees. */
char *compose_only_from(const struct draft *draft);

/* compose-fields.c: the header of a draft, but for what describes its body. */
int compose_header(const struct draft *draft, const struct compose_how *how,
		   const struct composed *composed, GString *out,
		   struct err *err);

/* compose-finished.c: `out` is the message of a program with what it lacks. */
void compose_finish(const struct draft *draft, const struct compose_how *how,
		    const struct composed *composed, GString *out);

#endif
