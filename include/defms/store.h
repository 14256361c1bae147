/* SPDX-License-Identifier: ISC */
/* The git repository `mailbox.git`: objects in, objects out, refs moved.
 *
 * Objects are only ever added, in packs without deltas that we write ourselves;
 * reading goes through libgit2, whose types stay inside store*.c. A pack is
 * garbage until state.db's transaction names it (design: commit protocol). */
#ifndef DEFMS_STORE_H
#define DEFMS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/key.h"
#include "defms/seal.h"

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

struct store;

/* Make a bare repository at `path` that a user's `git gc` cannot shrink; it is
 * durable when this returns. EEXIST if something is there. */
int store_create(const char *path, struct err *err);
/* Open it for reading and writing; one for all workers may read at once. */
int store_open(const char *path, struct store **store_r, struct err *err);
void store_close(struct store *store);
AUTO_KIND(store, struct store, store_close)
const char *store_path(const struct store *store); /* borrowed */

void object_id_print(const struct object_id *id, char hex[OBJECT_ID_HEX + 1]);
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

/* Append the object's bytes to `out`. 1; 0 if there is no such object; -1 and
 * EBADMSG if it is of another type or damaged, EIO. Thread-safe. */
int store_read(struct store *store, const struct object_id *id,
	       enum object_type type, GByteArray *out, struct err *err);

/* Where objects are read from: a store, or what somebody offers. */
struct object_source {
	/* As store_read(). */
	int (*read)(void *context, const struct object_id *id,
		    enum object_type type, GByteArray *out, struct err *err);
	void *context;
};
struct object_source store_source(struct store *store);

/* Is there an object of this id, in the packs that were there at the last look?
 * Only its type is read, unless `type_r` is NULL. */
bool store_has(struct store *store, const struct object_id *id,
	       enum object_type *type_r);

/* Is the object here, whole, and what its id says? 1, 0 missing, -1 damaged.
 * Hashes it (with collision detection); for check. `type_r` may be NULL. */
int store_verify(struct store *store, const struct object_id *id,
		 enum object_type *type_r, struct err *err);

/* The id of an object, with collision detection: EBADMSG if it is one of two
 * that were made to have one id. (store-hash.c) */
int store_hash(enum object_type type, const void *data, size_t size,
	       struct object_id *id_r, struct err *err);

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

/* -- packs (store-pack.c) -------------------------------------------------- */

/* One object as it stands in a pack, made by any worker. */
struct packed {
	struct object_id id;
	uint32_t crc;      /* of `bytes` */
	GByteArray *bytes; /* owned: entry header and zlib stream */
};

/* The id of an object. */
struct object_id object_id_of(enum object_type type, const void *data,
			      size_t size);

/* Encode an object. `deflate` false stores it (sealed bytes do not shrink). */
void packed_encode(enum object_type type, const void *data, size_t size,
		   bool deflate, struct packed *packed_r);
void packed_release(struct packed *packed);

/* A pack being written: objects/pack/tmp_pack_XXXXXX. */
struct pack;
int pack_begin(struct store *store, struct pack **pack_r, struct err *err);
/* Append; an object that is in this pack already is left out. */
int pack_add(struct pack *pack, const struct packed *packed, struct err *err);
/* Encode and append. */
int pack_add_object(struct pack *pack, enum object_type type, const void *data,
		    size_t size, struct object_id *id_r, struct err *err);
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

/* -- refs (store-refs.c) --------------------------------------------------- */

/* One ref to move: refs/threads/<strand>/<device> to `tip`. */
struct ref_move {
	struct strand_id strand;
	struct device_id device;
	struct object_id tip;
};

/* A tip that does not go on from the one known of its device, to be kept as
 * refs/forks/<strand>/<device>/<number>. */
struct ref_fork {
	struct ref_move at;
	uint32_t number; /* from 1 */
};

/* Move refs: a few as loose refs, many through packed-refs. `durable_r` tells
 * whether they are on disk for sure, else store_sync() makes them so. */
int store_move_refs(struct store *store, const struct ref_move *moves,
		    size_t count, bool *durable_r, struct err *err);
/* Write refs of forks, loose; store_sync() makes them durable. */
int store_put_forks(struct store *store, const struct ref_fork *forks,
		    size_t count, struct err *err);
/* Is the ref there, and this? 1/0; -1 and EBADMSG if it is no ref. */
int store_has_fork(struct store *store, const struct ref_fork *fork,
		   struct err *err);
/* Make everything in the repository durable. */
int store_sync(struct store *store, struct err *err);
/* All refs under refs/threads/, of struct ref_move, sorted. EBADMSG for a ref
 * of another form. */
int store_list_refs(struct store *store, GArray **refs_r, struct err *err);
/* The same of refs that may be damaged: what is no ref of a chain is left out,
 * with a line (char *) about it in `problems`. */
int store_scan_refs(struct store *store, GArray **refs_r, GPtrArray *problems,
		    struct err *err);
/* Make packed-refs of exactly these refs (sorted by this), and remove all loose
 * ones under refs/threads/ that have the name of a chain's. Durable. */
int store_rewrite_refs(struct store *store, GArray *refs, struct err *err);
/* Put loose refs into packed-refs and remove them. */
int store_pack_refs(struct store *store, struct err *err);

#endif
