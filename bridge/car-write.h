/* SPDX-License-Identifier: ISC */
/* A CAR file that appears whole, under its name, or not at all. */
#ifndef BRIDGE_CAR_WRITE_H
#define BRIDGE_CAR_WRITE_H

#include <stdbool.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

struct car_write;

/* Begin one in the folder, as `temporary` (of which there may be an old one).
 * Both are borrowed. */
int car_write_begin(int folder, const char *temporary,
		    struct car_write **write_r, struct err *err);
/* Removes what was not finished. */
void car_write_free(struct car_write *write);
AUTO_KIND(car_write, struct car_write, car_write_free)

/* What is to be written next is appended to this; borrowed. */
GByteArray *car_write_buffer(struct car_write *write);
/* Write it out if there is much of it. */
int car_write_flush(struct car_write *write, struct err *err);

/* On the disk, and under its name: EEXIST if there is one and it is not to be
 * replaced. */
int car_write_end(struct car_write *write, const char *name, bool replace,
		  struct err *err);

#endif
