/* SPDX-License-Identifier: ISC */
/* CAR files in a folder, read for the objects that are in them. They lie where
 * others write, and programs that know nothing of us: any of them may be cut
 * off, spoiled, or gone while it is read. */
#ifndef BRIDGE_CAR_FILES_H
#define BRIDGE_CAR_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/store.h"

struct car_files;

/* Of the folder with descriptor `folder`, which is borrowed; at most `limit`
 * bytes of them are read in all. */
struct car_files *car_files_new(int folder, uint64_t limit);
void car_files_free(struct car_files *files);
AUTO_KIND(car_files, struct car_files, car_files_free)

/* Read the file `name` through: 1; 0 if it is gone; -1 with what is wrong with
 * it, but what was sound up to there is kept. Its root in `root_r`, null if its
 * header is not sound. */
int car_files_add(struct car_files *files, const char *name,
		  struct object_id *root_r, struct err *err);

/* Append the content of an object that is in one of them: 1/0/-1. It is not
 * hashed again. */
int car_files_read(struct car_files *files, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err);

/* Bytes that were read. */
uint64_t car_files_bytes(const struct car_files *files);

#endif
