/* SPDX-License-Identifier: ISC */
/* Shared by index*.c and search*.c. */
#ifndef DEFMS_INDEX_ROW_H
#define DEFMS_INDEX_ROW_H

#include "defms/index-view.h"
#include "defms/index.h"
#include "sql.h"

/* An address that the batch being written has met. */
struct index_address {
	int64_t serial;
	int64_t last[MENTION_KINDS]; /* message; 0: not in this batch */
};
/* Those, by their text (owned). */
GHashTable *index_addresses(struct index *index);

/* The attachments as they are kept: (uleb128 number, uleb128 size, name, NUL)
 * each. */
GByteArray *index_pack_parts(const GPtrArray *parts);
GPtrArray *index_unpack_parts(const void *data, size_t size);
struct index_part *index_part_new(const char *name, unsigned number,
				  uint64_t size);

#endif
