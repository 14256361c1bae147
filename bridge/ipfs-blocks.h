/* SPDX-License-Identifier: ISC */
/* What a node has under the roots that are pulled: one block after the other,
 * which costs a call each, or all there is under a root at once, in a file that
 * is gone afterwards. */
#ifndef BRIDGE_IPFS_BLOCKS_H
#define BRIDGE_IPFS_BLOCKS_H

#include "defms/mailbox.h"
#include "defms/remote.h"
#include "defms/state-remotes.h"
#include "kubo.h"

struct ipfs_blocks;

/* All borrowed. */
struct ipfs_blocks *ipfs_blocks_new(const struct mailbox *mailbox,
				    const struct remote *remote,
				    struct kubo *kubo);
void ipfs_blocks_free(struct ipfs_blocks *blocks);
AUTO_KIND(ipfs_blocks, struct ipfs_blocks, ipfs_blocks_free)

/* What is to be had, and from where on. */
struct ipfs_want {
	struct state_name old; /* a null root: nothing */
	struct state_name now; /* .pinned is filled in */
	char *pin;             /* owned: the name for the pin */
};
void ipfs_want_release(struct ipfs_want *want);

/* Have the node fetch what is under the root, and keep that in the place of the
 * old one. What somebody else has pinned is left as it is. ETIMEDOUT if nobody
 * hands it out. */
int ipfs_blocks_keep(struct ipfs_blocks *blocks, struct ipfs_want *want,
		     struct err *err);
/* The same, and have all of it read at once. EFBIG over the remote's limit;
 * what is wrong with it is a line (char *) in `lines`. */
int ipfs_blocks_keep_all(struct ipfs_blocks *blocks, struct ipfs_want *want,
			 GPtrArray *lines, struct err *err);
/* Have all of it read that the node has. */
int ipfs_blocks_load(struct ipfs_blocks *blocks, const struct object_id *root,
		     GPtrArray *lines, struct err *err);
/* It is not worth being kept. */
void ipfs_blocks_drop(struct ipfs_blocks *blocks, struct ipfs_want *want);

/* Append the ids (struct object_id) that a root has, whatever they are; none if
 * it is no tree. 1; 0 if it is not there; -1. */
int ipfs_blocks_list(struct ipfs_blocks *blocks, const struct object_id *root,
		     GArray *ids, struct err *err);

/* Append an object: as in struct offer. */
int ipfs_blocks_read(struct ipfs_blocks *blocks, const struct object_id *id,
		     enum object_type *type_r, GByteArray *out,
		     struct err *err);

#endif
