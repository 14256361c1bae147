/* SPDX-License-Identifier: ISC */
/* A Kubo node (IPFS), over its RPC: the stable calls that 0.40 to 0.43 have.
 * Blocks are git objects (defms/cid.h).
 *
 * What a node says proves nothing: whoever takes blocks from it hashes them
 * and looks that none is missing. Every call ends in a time that is set.
 *
 * A failure is one line that begins with the node's address; its code:
 *
 *	ETIMEDOUT ECONNREFUSED ECONNRESET EAGAIN ...	not there, or not now
 *	EACCES	it wants a token, or another one
 *	EREMOTEIO	it refuses, and says why
 *	EPROTO	not Kubo, or too old a one */
#ifndef BRIDGE_KUBO_H
#define BRIDGE_KUBO_H

#include "defms/cid.h"
#include "net-http.h"

enum {
	KUBO_VERSION = 32,       /* bytes of one at most, its NUL included */
	KUBO_PIN_NAME = 255,     /* bytes of a pin's name at most */
	KUBO_IPNS_RECORD = 10240 /* bytes of a record at most */
};

struct kubo_place {
	const char *url;        /* as for http_open() */
	const char *token_file; /* NULL: the node wants none */
	int64_t timeout_ms; /* to connect, for an answer, and without a byte of
			     * a long one */
};

struct kubo;

/* Prepare; nothing is connected yet. EINVAL for the address, EPERM if others
 * may read the token's file, ENOENT. `place` is borrowed for the call. */
int kubo_open(const struct kubo_place *place, struct kubo **kubo_r,
	      struct err *err);
void kubo_close(struct kubo *kubo);
AUTO_KIND(kubo, struct kubo, kubo_close)

/* Is a node there, and which? EPROTO if it is older than 0.40. */
int kubo_version(struct kubo *kubo, char version_r[KUBO_VERSION],
		 struct err *err);

/* -- blocks ---------------------------------------------------------------- */

/* Store what is in the CAR that `source` gives, without pinning its root: pin
 * it next, or the node may collect it. `blocks_r` (NULL: not wanted) is how
 * many blocks it says it took. Not a transaction: after a failure some of them
 * may be there. */
int kubo_import(struct kubo *kubo, http_source *source, void *user,
		uint64_t *blocks_r, struct err *err);

/* All that is reached from `root`, as a CAR. The node fetches what it lacks,
 * for at most `timeout_ms` and without a pause longer than that of the node's
 * place. `sink` gets a part of it before a failure too. */
int kubo_export(struct kubo *kubo, const struct object_id *root,
		int64_t timeout_ms, http_sink *sink, void *user,
		struct err *err);

/* Append the bytes of a block, as stored ("blob 5", NUL, ...; not hashed), if
 * the node itself has it. 1/0/-1. */
int kubo_block(struct kubo *kubo, const struct object_id *id, GByteArray *out,
	       struct err *err);

/* The same, but the node may look for it elsewhere, for `timeout_ms`. */
int kubo_block_find(struct kubo *kubo, const struct object_id *id,
		    int64_t timeout_ms, GByteArray *out, struct err *err);

/* -- pins (kubo-pin.c) ----------------------------------------------------- */

/* Pin `root` and all that it reaches under `name`; the node fetches what it
 * lacks, until nothing more came for `timeout_ms` (looked at every half
 * second). A pin that is there gets the name. */
int kubo_pin_add(struct kubo *kubo, const struct object_id *root,
		 const char *name, int64_t timeout_ms, struct err *err);

/* The pin `name` is on `from` and is to be on `to`: only what differs is looked
 * at. Whichever of the two is pinned already, after it `to` is, and `from` is
 * not. */
int kubo_pin_move(struct kubo *kubo, const struct object_id *from,
		  const struct object_id *to, const char *name,
		  int64_t timeout_ms, struct err *err);

/* 1: it was pinned, 0: it was not. */
int kubo_pin_remove(struct kubo *kubo, const struct object_id *root,
		    struct err *err);

/* Is it pinned, and under what name? 1/0/-1. */
int kubo_pin_find(struct kubo *kubo, const struct object_id *root,
		  char name_r[KUBO_PIN_NAME + 1], struct err *err);

/* The roots (struct object_id) that are pinned under exactly `name`; the caller
 * unrefs. Pins of no git object are not among them. */
int kubo_pin_list(struct kubo *kubo, const char *name, GArray **roots_r,
		  struct err *err);

/* -- names (kubo-name.c) --------------------------------------------------- */

/* Publish a signed IPNS record under its name, k51... . EEXIST if the node
 * knows one with a sequence that is not lower. */
int kubo_name_put(struct kubo *kubo, const char *name, const GByteArray *record,
		  struct err *err);

/* Append the newest record of `name` that the node can find in `timeout_ms`: a
 * hint, to be checked. 1; 0 none was found; -1. */
int kubo_name_get(struct kubo *kubo, const char *name, int64_t timeout_ms,
		  GByteArray *record, struct err *err);

#endif
