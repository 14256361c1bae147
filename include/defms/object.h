/* SPDX-License-Identifier: ISC */
/* Git's objects: their ids and types, and where they can be read from. */
#ifndef DEFMS_OBJECT_H
#define DEFMS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "defms/err.h"

/* A git object's SHA-1. */
struct object_id {
	uint8_t bytes[20];
};

enum { OBJECT_ID_HEX = 40 };

/* git's numbers, as they stand in a pack. */
enum object_type {
	OBJECT_COMMIT = 1,
	OBJECT_TREE = 2,
	OBJECT_BLOB = 3,
	OBJECT_TAG = 4,
};

/* Write `id` as lower-case hex digits and a NUL. */
void object_id_print(const struct object_id *id, char hex[OBJECT_ID_HEX + 1]);
/* The id that `size` bytes at `hex` are: 40 lower-case hex digits; else -1
 * and EINVAL. */
int object_id_parse(const char *hex, size_t size, struct object_id *id_r,
		    struct err *err);

/* For hash tables. */
static inline guint object_id_hash(gconstpointer id)
{
	guint hash;

	memcpy(&hash, id, sizeof(hash));
	return hash;
}
static inline gboolean object_id_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct object_id)) == 0;
}

static inline bool object_id_is_null(const struct object_id *id)
{
	static const struct object_id none = { { 0 } };

	return memcmp(id, &none, sizeof(none)) == 0;
}

/* The id of an object of our own making: no collision is looked for. */
struct object_id object_id_of(enum object_type type, const void *data,
			      size_t size);

/* The same of what somebody offers, with collision detection: EBADMSG if it is
 * one of two that were made to have one id. (store-hash.c) */
int store_hash(enum object_type type, const void *data, size_t size,
	       struct object_id *id_r, struct err *err);

/* Where objects are read from: a store, or what somebody offers. */
struct object_source {
	/* As store_read(). */
	int (*read)(void *context, const struct object_id *id,
		    enum object_type type, GByteArray *out, struct err *err);
	void *context;
};

#endif
