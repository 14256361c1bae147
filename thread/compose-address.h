/* SPDX-License-Identifier: ISC */
/* The addresses of a draft, and its recipients. */
#ifndef DEFMS_COMPOSE_ADDRESS_H
#define DEFMS_COMPOSE_ADDRESS_H

#include <stdbool.h>

#include <glib.h>

#include "defms/err.h"

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

#endif
