/* SPDX-License-Identifier: ISC */
/* From a draft, as a person writes it, to a message (RFC 5322, 2045) and its
 * envelope. */
#ifndef DEFMS_COMPOSE_H
#define DEFMS_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/config.h"
#include "defms/err.h"
#include "defms/key.h"

struct compose_how {
	const struct config *config;     /* user.name, user.email */
	const struct identity *identity; /* for Defms-Key; NULL: none */
	/* A header (UTF-8, LF, as reply.eml begins) that fills in the fields
	 * the draft lacks; NULL: none. */
	const char *defaults;
	int folder;  /* descriptor of the directory that a relative Attach is
		      * looked up in; -1: none */
	int64_t now; /* Unix seconds */
	/* For `defms send`: */
	const char *sender;            /* envelope sender (-f), or NULL */
	const char *const *recipients; /* addresses; NULL: the header's */
	bool header_too; /* the header's as well as `recipients` (-t) */
	/* It is a message already, made by a program: its body stays as it is,
	 * byte for byte (but for line ends), and fields are added only. */
	bool finished;
};

struct composed {
	GByteArray *message;   /* owned, LF; with its Bcc, which never leaves */
	char *sender;          /* owned; envelope, addr-spec */
	GPtrArray *recipients; /* owned; of char *, addr-specs, none twice: To,
				* Cc, Bcc */
	char *msgid;           /* owned; without <> */
	char *subject;         /* owned; decoded, one line */
};
void composed_free(struct composed *composed);
AUTO_KIND(composed, struct composed, composed_free)

/* EINVAL for a draft that cannot be sent, EDESTADDRREQ for one without a
 * recipient, ENOENT, EACCES ... for an attachment: the text is one line for the
 * person who wrote it. */
int compose(const void *draft, size_t size, const struct compose_how *how,
	    struct composed **composed_r, struct err *err);

/* Does a draft begin with a header: is its first line a field that compose
 * knows? Otherwise all of it is body. */
bool compose_has_header(const void *draft, size_t size);

#endif
