/* SPDX-License-Identifier: ISC */
/* Shared by the writer and the joiner of packs. */
#ifndef DEFMS_PACK_FILE_H
#define DEFMS_PACK_FILE_H

#include "defms/store.h"

struct pack_entry {
	struct object_id id;
	uint32_t crc;
	uint64_t offset;
};

/* The version 2 index of `entries` (struct pack_entry; sorted by this) for a
 * pack with trailer `sha1`. Caller unrefs. */
GByteArray *pack_index(GArray *entries, const uint8_t sha1[20]);

#endif
