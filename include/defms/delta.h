/* SPDX-License-Identifier: ISC */
/* What one tip of a chain has that another, which somebody has already, has
 * not: the objects of a push, each once. */
#ifndef DEFMS_DELTA_H
#define DEFMS_DELTA_H

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/store.h"

struct delta;

struct delta *delta_new(struct store *store);
void delta_free(struct delta *delta);
AUTO_KIND(delta, struct delta, delta_free)

/* Next come the objects of `tip` that `base` (NULL: nothing) has not. Before
 * the first, and each time that delta_next() gave 0. */
void delta_start(struct delta *delta, const struct object_id *tip,
		 const struct object_id *base);

/* The next object, which no earlier call gave; `body` is emptied and gets its
 * bytes. Oldest commit first, what is reached before what reaches it. 1/0/-1:
 * ENOENT or EBADMSG, with the object, if one of them cannot be read. */
int delta_next(struct delta *delta, struct object_id *id_r,
	       enum object_type *type_r, GByteArray *body, struct err *err);

#endif
