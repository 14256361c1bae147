/* SPDX-License-Identifier: ISC */
/* A draft, taken apart into the fields of its header and its body. */
#ifndef DEFMS_COMPOSE_DRAFT_H
#define DEFMS_COMPOSE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

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

#endif
