/* SPDX-License-Identifier: ISC */
/* Packs as files: shared by those that write, join and check them. */
#ifndef DEFMS_PACK_FILE_H
#define DEFMS_PACK_FILE_H

#include "defms/store.h"
#include "store-pack.h"

struct pack_entry {
	struct object_id id;
	uint32_t crc;
	uint64_t offset;
};

/* The version 2 index of `entries` (struct pack_entry; sorted by this) for a
 * pack with trailer `sha1`. Caller unrefs. */
GByteArray *pack_index(GArray *entries, const uint8_t sha1[20]);

/* A pack read by ourselves, entry by entry, in the order of the file. */
struct pack_file;

/* Open `name` with its idx. ENOENT if one of them is missing, EBADMSG if the
 * idx is damaged, or not that of this pack. */
int pack_file_open(struct store *store, const char *name,
		   struct pack_file **file_r, struct err *err);
void pack_file_close(struct pack_file *file);
AUTO_KIND(pack_file, struct pack_file, pack_file_close)

/* 1 and the next entry as it stands there (release it), 0 at the end. -1 and
 * EBADMSG if it is not what the idx says; the one after it may be read. */
int pack_file_next(struct pack_file *file, struct packed *packed_r,
		   struct err *err);

/* Does the pack hash to what its trailer says? EBADMSG. */
int pack_file_verify(struct pack_file *file, struct err *err);

/* What of a pack is not in `reached` (a set of struct object_id). */
struct pack_waste {
	uint64_t bytes, of; /* of all its entries */
	bool content;       /* a blob is among it */
};
int pack_file_waste(struct pack_file *file, GHashTable *reached,
		    struct pack_waste *waste_r, struct err *err);

/* Write the idx of `name` anew from the pack, which must be whole and without
 * deltas (EBADMSG). Durable. */
int pack_reindex(struct store *store, const char *name, struct err *err);

/* Does the file objects/pack/<name><ending> exist, and how long is it? */
bool pack_has_file(struct store *store, const char *name, const char *ending,
		   uint64_t *size_r);

/* Names of all packs (a .pack or an .idx), of char *, sorted. */
int pack_list(struct store *store, GPtrArray **names_r, struct err *err);

/* Copy what the packs `names` (const char *) hold, but for what is not in
 * `reached` (NULL: all is), into one new pack, durable, with a .keep; `name_r`
 * is the caller's; NULL if that is nothing. */
int pack_join(struct store *store, const GPtrArray *names, GHashTable *reached,
	      char **name_r, struct err *err);

#endif
