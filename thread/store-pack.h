/* SPDX-License-Identifier: ISC */
/* Packs of our own, which hold no deltas: made, released, removed. */
#ifndef THREAD_STORE_PACK_H
#define THREAD_STORE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/store.h"

/* One object as it stands in a pack, made by any worker. */
struct packed {
	struct object_id id;
	uint32_t crc;      /* of `bytes` */
	GByteArray *bytes; /* owned: entry header and zlib stream */
};

/* Encode an object. `deflate` false stores it (sealed bytes do not shrink). */
void packed_encode(enum object_type type, const void *data, size_t size,
		   bool deflate, struct packed *packed_r);
void packed_release(struct packed *packed);

/* A pack being written: objects/pack/tmp_pack_XXXXXX. */
struct pack;
/* A new one, empty. EROFS, ENOSPC and the like. */
int pack_begin(struct store *store, struct pack **pack_r, struct err *err);
/* Append; an object that is in this pack already is left out. */
int pack_add(struct pack *pack, const struct packed *packed, struct err *err);
/* Encode and append. */
int pack_add_object(struct pack *pack, enum object_type type, const void *data,
		    size_t size, struct object_id *id_r, struct err *err);
/* Is an object in this pack? How many are? */
bool pack_has(const struct pack *pack, const struct object_id *id);
size_t pack_count(const struct pack *pack);
/* Finish: pack-<sha1>.keep, .pack, .idx, durable. `name_r` (freed by the
 * caller) is "pack-<sha1>". An empty pack leaves nothing and NULL. */
int pack_finish(struct pack *pack, char **name_r, struct err *err);
/* Also removes the temporary file of a pack that was not finished. */
void pack_free(struct pack *pack);
AUTO_KIND(pack, struct pack, pack_free)

/* Remove `name`.keep: it is referenced now. */
int pack_release(struct store *store, const char *name, struct err *err);
/* Remove all files of pack `name`. */
int pack_remove(struct store *store, const char *name, struct err *err);
/* Names of the packs that have a .keep and of temporary files, of char *. */
int pack_list_kept(struct store *store, GPtrArray **names_r, struct err *err);

#endif
