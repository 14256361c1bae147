/* SPDX-License-Identifier: ISC */
/* The refs of a store: a chain's, refs/threads/<strand>/<device>, and those of
 * forks. (store-refs.c, store-forks.c) */
#ifndef DEFMS_REF_H
#define DEFMS_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/key.h"
#include "defms/seal.h"
#include "defms/store.h"

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
