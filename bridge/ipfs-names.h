/* SPDX-License-Identifier: ISC */
/* Under which names of IPNS devices publish what a remote gets (design 3.5,
 * "Remotes"): who may know a name can derive it, and nobody keeps a list. */
#ifndef BRIDGE_IPFS_NAMES_H
#define BRIDGE_IPFS_NAMES_H

#include <glib.h>

#include "defms/visible.h"
#include "ipns.h"

/* The pairs (struct key_pair *) that sign the records of this device: for a
 * person one for each of my generations, as their newest card meets it; ENOKEY
 * without that card. */
int ipfs_names_mine(const struct visible *visible, GPtrArray **pairs_r,
		    struct err *err);

/* A name under which somebody else may publish. */
struct ipfs_name {
	uint8_t key[KEY_PUBLIC];
	guint device; /* a number; all names of one device follow each other,
		       * the newest first */
};
/* All names (struct ipfs_name) where there may be something for me. EINVAL if
 * the one in the URL is none. */
int ipfs_names_theirs(const struct visible *visible, GArray **names_r,
		      struct err *err);

/* The name of what this device makes public. */
void ipfs_names_public(const struct identity *identity,
		       char text[IPNS_NAME + 1]);

#endif
