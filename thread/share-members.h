/* SPDX-License-Identifier: ISC */
/* With whom something is to be shared. */
#ifndef DEFMS_SHARE_MEMBERS_H
#define DEFMS_SHARE_MEMBERS_H

#include "defms/reader.h"
#include "defms/state-contacts.h"

/* The root that an address is pinned to. ENOKEY. */
int share_root_of(struct state *state, const char *address,
		  struct root_key *root_r, struct err *err);

/* The roots of these people and mine, sorted, each once, and the text of each
 * one's newest card (char *), in the same order. ENOKEY, EKEYREJECTED, EINVAL.
 */
int share_members(struct reader *reader, const char *const *addresses,
		  size_t count, GArray **roots_r, GPtrArray **cards_r,
		  struct err *err);

#endif
