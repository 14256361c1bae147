/* SPDX-License-Identifier: ISC */
/* The objects that one head reaches: those of the store, and those that are
 * offered, each hashed when it is read. */
#ifndef DEFMS_PULL_OBJECTS_H
#define DEFMS_PULL_OBJECTS_H

#include "defms/pull.h"
#include "store-pack.h"

/* What all workers of one pull share. */
struct pull_well {
	struct store *store;       /* borrowed */
	const struct offer *offer; /* borrowed */
	GMutex lock;               /* over all below, and over offer->read */
	uint64_t bytes;            /* of new objects so far */
	size_t held;               /* bytes that are kept for the writer */
	int enough;                /* atomic: no more of unknown keys today */
};

/* May `size` more bytes be kept? They are to be given back. */
bool pull_well_hold(struct pull_well *well, size_t size);
void pull_well_drop(struct pull_well *well, size_t size);

struct pull_objects;
struct pull_objects *pull_objects_new(struct pull_well *well);
void pull_objects_free(struct pull_objects *objects);
AUTO_KIND(pull_objects, struct pull_objects, pull_objects_free)

/* Of all these what is missing is -1 and ENOENT, and what goes by:
 *	EBADMSG	an object is wrong itself: it always will be
 *	EILSEQ	its bytes are not what its id says, or it cannot be read now
 *	EFBIG	more than a pull takes in */

/* Reads from the store, then from what is offered. Borrowed. */
const struct object_source *
pull_objects_source(const struct pull_objects *objects);

/* Is the blob here, or offered whole? Each is looked at once. */
int pull_objects_need(struct pull_objects *objects, const struct object_id *id,
		      struct err *err);

/* Bytes of the new ones. */
uint64_t pull_objects_bytes(const struct pull_objects *objects);

/* Encode what is kept as it will stand in a pack: a worker's part of it. */
void pull_objects_encode(struct pull_objects *objects, bool deflate);

/* The new ones into the pack; those that were taken for granted must be in
 * `store`, opened under the lock. Nothing else has changed if it fails. */
int pull_objects_write(struct pull_objects *objects, struct store *store,
		       struct pack *pack, struct err *err);

#endif
