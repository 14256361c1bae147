/* SPDX-License-Identifier: ISC */
/* Shared by compose*.c: all but compose.c know no GMime. */
#ifndef THREAD_COMPOSE_PARTS_H
#define THREAD_COMPOSE_PARTS_H

#include "compose-draft.h"
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
