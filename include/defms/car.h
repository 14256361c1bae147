/* SPDX-License-Identifier: ISC */
/* CAR files (version 1) of git objects: what a push carries, whatever it goes
 * over. Pure: bytes in, bytes out.
 *
 * A reader trusts nobody: each length is bounded, each block is hashed with
 * SHA-1 and collision detection. A block that is damaged does not stop it, as
 * long as its length can be told. */
#ifndef DEFMS_CAR_H
#define DEFMS_CAR_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/store.h"

enum {
	CAR_HEADER = 47,          /* bytes */
	CAR_OBJECT_MOST = 1 << 20 /* bytes of an object, without its header */
};

/* -- writing --------------------------------------------------------------- */

/* Append the header of a CAR with this one root. */
void car_write_header(const struct object_id *root, GByteArray *out);

/* Append an object whose id is `id`. EFBIG: it is over CAR_OBJECT_MOST. */
int car_write_object(const struct object_id *id, enum object_type type,
		     const void *data, size_t size, GByteArray *out,
		     struct err *err);

/* -- reading --------------------------------------------------------------- */

struct car_limits {
	uint64_t bytes;  /* in all */
	uint64_t blocks; /* the damaged and those that come twice counted */
};

struct car_block {
	uint64_t offset;       /* in the CAR, of its length */
	struct object_id id;   /* null if what it has is no id of ours */
	bool sound;            /* it is what its id says */
	enum object_type type; /* of a sound one */
	const uint8_t *data;   /* borrowed until the next call; the object's
				* content, of a damaged one all bytes of the
				* block */
	size_t size;
};

struct car_reader;

struct car_reader *car_reader_new(const struct car_limits *limits);
void car_reader_free(struct car_reader *reader);
AUTO_KIND(car_reader, struct car_reader, car_reader_free)

/* Give it the next bytes: any number of them, a whole mapped file or what a
 * server sent just now. They are borrowed until car_next() gives 0, which has
 * to have been so before the next call. */
void car_feed(struct car_reader *reader, const void *data, size_t size);

/* The next block. An id whose sound block was given comes no second time.
 *
 *	1	a block; if it is not sound, `err` says why
 *	0	all bytes that it got are used up
 *	-1	EBADMSG: not a CAR with one git root, or a length that is none;
 *		EFBIG: over the limits. Nothing more is read.
 *
 * The text begins with the place, "at byte 47". */
int car_next(struct car_reader *reader, struct car_block *block_r,
	     struct err *err);

/* The root; borrowed; NULL as long as the header is not read. */
const struct object_id *car_root(const struct car_reader *reader);

/* Are those all the bytes of a CAR? EBADMSG if it ends in the middle of its
 * header or of a block. After car_next() gave 0. */
int car_end(const struct car_reader *reader, struct err *err);

#endif
