/* SPDX-License-Identifier: ISC */
/* The git repository `mailbox.git`: objects in, objects out, refs moved.
 *
 * Objects are only ever added, in packs without deltas that we write ourselves;
 * reading goes through libgit2, whose types stay inside store*.c. A pack is
 * garbage until state.db's transaction names it (design: commit protocol). */
#ifndef DEFMS_STORE_H
#define DEFMS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/object.h"

struct store;

/* Make a bare repository at `path` that a user's `git gc` cannot shrink; it is
 * durable when this returns. EEXIST if something is there. */
int store_create(const char *path, struct err *err);
/* Open it for reading and writing; one for all workers may read at once. */
int store_open(const char *path, struct store **store_r, struct err *err);
void store_close(struct store *store);
AUTO_KIND(store, struct store, store_close)
const char *store_path(const struct store *store); /* borrowed */

/* Append the object's bytes to `out`. 1; 0 if there is no such object; -1 and
 * EBADMSG if it is of another type or damaged, EIO. Thread-safe. */
int store_read(struct store *store, const struct object_id *id,
	       enum object_type type, GByteArray *out, struct err *err);

/* The objects of `store`, borrowed. */
struct object_source store_source(struct store *store);

/* Is there an object of this id, in the packs that were there at the last look?
 * Only its type is read, unless `type_r` is NULL. */
bool store_has(struct store *store, const struct object_id *id,
	       enum object_type *type_r);

/* Is the object here, whole, and what its id says? 1, 0 missing, -1 damaged.
 * Hashes it (with collision detection); for check. `type_r` may be NULL. */
int store_verify(struct store *store, const struct object_id *id,
		 enum object_type *type_r, struct err *err);

/* From now on each read in this process hashes the object too (with collision
 * detection), or no longer; for check. */
void store_hash_reads(bool hash);

/* Look again at the packs that are there. */
int store_refresh(struct store *store, struct err *err);

/* The ids (struct object_id) of all objects that are reached from `tips` (the
 * same) and from all refs, of whatever name: a set. ENOENT, EBADMSG: it cannot
 * be told. (store-reach.c) */
int store_reach(struct store *store, const GArray *tips, GHashTable **reached_r,
		struct err *err);

#endif
