/* SPDX-License-Identifier: ISC */
/* Repositories elsewhere, by git's own protocol. They have the refs themselves:
 *
 *	refs/threads/<strand>/<device>		a chain
 *	refs/forks/<strand>/<device>/<n>	a fork of it
 *	refs/cards/<name>	a commit without a parent, whose tree has
 *				the one file `card`
 *
 * What is fetched lands in a repository of its own, which sees mailbox.git's
 * objects, and is gone when it is closed: nothing gets into mailbox.git. */
#ifndef DEFMS_STORE_REMOTE_H
#define DEFMS_STORE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/root-tree.h"
#include "defms/store.h"

struct store_remote;

/* What carries the protocol to a repository on another machine. Every function
 * ends in a time that it sets itself, and its failure is what is told to the
 * user. */
struct store_wire {
	/* Every question is one of its own, as by HTTP: ask, write all of it,
	 * read the answer. Else only the first ask() begins something. */
	bool is_stateless;
	/* Begin to ask git-receive-pack (`push`) or git-upload-pack, for its
	 * refs (`refs`) or for what comes after them. */
	int (*ask)(void *context, bool push, bool refs, struct err *err);
	int (*write)(void *context, const void *data, size_t size,
		     struct err *err);
	/* Up to `size` bytes; wait for the first. 1, 0 at its end, -1. */
	int (*read)(void *context, void *buf, size_t size, size_t *size_r,
		    struct err *err);
	void (*close)(void *context);
	void *context;
};

struct store_remote_place {
	const char *url;        /* as it may be told; a path without `wire` */
	const char *scratch;    /* a repository there, which is made anew */
	struct store_wire wire; /* if it has functions: closed at the end,
				 * also if opening fails */
};

/* Connect. ENOENT, EACCES: no such repository, or it refuses; EAGAIN: it cannot
 * be reached; and as `wire` says. */
int store_remote_open(struct store *store,
		      const struct store_remote_place *place, bool push,
		      struct store_remote **remote_r, struct err *err);
void store_remote_close(struct store_remote *remote);
AUTO_KIND(store_remote, struct store_remote, store_remote_close)

/* What chains and forks it has (struct head), sorted; borrowed. Refs of another
 * form are not seen. */
const GArray *store_remote_heads(const struct store_remote *remote);

/* A hash of what cards it has; null if it has none. */
struct object_id store_remote_cards(const struct store_remote *remote);

/* One ref to be moved there. */
struct store_remote_move {
	struct head head;
	bool force; /* also if it does not go on from what is there */
};

/* Move these (struct store_remote_move), with all that they reach, and put
 * these cards (struct root_card) there. What the other side refuses is a
 * printable line (char *) in `lines`. The number of objects that were sent. */
int store_remote_push(struct store_remote *remote, const GArray *moves,
		      const GPtrArray *cards, GPtrArray *lines,
		      size_t *objects_r, struct err *err);

/* Is `tip` here, and does it go on from `base`? 1/0/-1. */
int store_remote_descends(struct store_remote *remote,
			  const struct object_id *tip,
			  const struct object_id *base, struct err *err);
bool store_remote_has(struct store_remote *remote, const struct object_id *id);

/* Fetch all that its heads reach and is not here, EFBIG over `limit` bytes, and
 * append its cards (struct root_card *). */
int store_remote_fetch(struct store_remote *remote, uint64_t limit,
		       GPtrArray *cards, struct err *err);

/* Append an object that was fetched, or is here: as in struct offer. */
int store_remote_read(struct store_remote *remote, const struct object_id *id,
		      enum object_type *type_r, GByteArray *out,
		      struct err *err);

#endif
