/* SPDX-License-Identifier: ISC */
/* The CAR of a push, an object at a time, for whatever takes it. */
#ifndef BRIDGE_CAR_STREAM_H
#define BRIDGE_CAR_STREAM_H

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/root-tree.h"
#include "defms/store.h"

struct car_stream;

/* Of heads (struct head, sorted) and cards (struct root_card), what is not
 * reached from the heads `given`. All are borrowed. */
struct car_stream *car_stream_new(struct store *store, const GArray *heads,
				  GPtrArray *cards, const GArray *given);
void car_stream_free(struct car_stream *stream);
AUTO_KIND(car_stream, struct car_stream, car_stream_free)

/* The tree at its root; borrowed. */
const struct root_tree *car_stream_root(const struct car_stream *stream);

/* Append the next part of the CAR: 1, 0 at its end, -1. */
int car_stream_next(struct car_stream *stream, GByteArray *out,
		    struct err *err);

/* How many objects came. */
size_t car_stream_count(const struct car_stream *stream);

#endif
