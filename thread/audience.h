/* SPDX-License-Identifier: ISC */
/* Is a message addressed to all members of a circle? (design 3.2) */
#ifndef DEFMS_AUDIENCE_H
#define DEFMS_AUDIENCE_H

#include "defms/circle.h"
#include "defms/mime.h"
#include "defms/reader.h"

/* The addresses of some people, as far as they are pinned to their roots; of
 * the owner those of the settings. A card's own addresses claim nothing. */
struct audience;
int audience_new(struct reader *reader, const GArray *roots,
		 struct audience **audience_r, struct err *err);
void audience_free(struct audience *audience);
AUTO_KIND(audience, struct audience, audience_free)

/* Who stands in From, To and Cc: a set of address_key() forms. Bcc never
 * counts: it is none of the others' business. Caller unrefs. */
GHashTable *audience_addressed(const struct mime *mime);

/* Does each of them stand there under one of these addresses? */
bool audience_has_all(const struct audience *audience, GHashTable *addressed);

/* The owner's root. */
int audience_own_root(const struct identity *identity, struct root_key *root_r,
		      struct err *err);

#endif
