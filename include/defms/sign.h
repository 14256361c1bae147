/* SPDX-License-Identifier: ISC */
/* Commits: SSHSIG signatures (OpenSSH PROTOCOL.sshsig) in the two-armour
 * layout, and the strict form of a commit that counts. */
#ifndef DEFMS_SIGN_H
#define DEFMS_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/key.h"

enum { SIGN_OID = 20, SIGN_PARENTS = 16 };

/* A commit's fields; the trailers are design 3.2's. */
struct commit {
	uint8_t tree[SIGN_OID];
	uint8_t parents[SIGN_PARENTS][SIGN_OID];
	size_t parent_count;
	int64_t date;            /* author and committer, UTC */
	char subject[128];       /* first line of the message */
	struct strand_id strand; /* Strand: */
	uint64_t chain;          /* Chain: */
	struct message_id root;  /* Root: */
	struct device_id device; /* of author and committer */
	uint8_t signer[32];      /* public key in the signature */
};

/* Append the commit object (without git's "commit <size>" header), signed by
 * this device, to `out`. author, committer, signer and device are filled from
 * `identity`; the rest is the caller's: a subject of one printable line, a
 * chain up to INT64_MAX; a date outside 1970 to 9999 is moved to its edge. */
void commit_write(const struct commit *commit, const struct identity *identity,
		  GByteArray *out);

/* Parse a commit strictly: exactly tree, parent*, author, committer, one gpgsig
 * in the two-armour layout, blank line, subject, blank line, the trailers
 * Strand, Chain, Root in that order and nothing else. The idents must be
 * `defms <DEVICE@defms.invalid> SECONDS +0000`, both equal, and DEVICE the id
 * of the signing key; the signature must hold. EBADMSG with what is wrong. */
int commit_parse(const void *data, size_t size, struct commit *commit_r,
		 struct err *err);

#endif
