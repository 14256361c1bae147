/* SPDX-License-Identifier: ISC */
/* The node of an "ipfs:" remote. */
#ifndef BRIDGE_IPFS_NODE_H
#define BRIDGE_IPFS_NODE_H

#include "defms/mailbox.h"
#include "defms/remote.h"
#include "kubo.h"

enum {
	/* For the node to answer, or go on answering: longer than what it does
	 * in silence, to publish a name. All in ms. */
	IPFS_ANSWER = 60 * 1000,
	/* For another block to come from elsewhere. */
	IPFS_BLOCK = 20 * 1000,
};

/* Connect, and see that it is one that can be used. */
int ipfs_node_open(const struct remote *remote, struct kubo **kubo_r,
		   struct err *err);

/* The name of the pin of what this device pushed, or of what it pulled by way
 * of the name `from`. A node may have several users. Caller frees. */
char *ipfs_node_pin(const struct mailbox *mailbox, const struct remote *remote,
		    const char *from);

#endif
