/* SPDX-License-Identifier: ISC */
/* What the root of a CAR file names, without reading all of the file: it stands
 * in front (car-stream.c, dir-join.c). */
#ifndef BRIDGE_CAR_ROOT_H
#define BRIDGE_CAR_ROOT_H

#include <glib.h>

#include "defms/err.h"

/* Append the ids (struct object_id) of the trees under the root of the file
 * `name` in `folder`. 1; 0 if the root is not in it, or not sound; -1. */
int car_root_list(int folder, const char *name, GArray *ids, struct err *err);

#endif
