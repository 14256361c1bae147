/* SPDX-License-Identifier: ISC */
/* Reads the form that stands at the top of sign.c, and no other: what git
 * would read in two ways (a second gpgsig, one in the message) or would
 * complain of is refused before anything is hashed. */
#include "defms/sign.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "defms/secret.h"
#include "scan.h"
#include "sign.h"

static int wrong(struct err *err, const char *what)
{
	return err_set(err, EBADMSG, "commit has no valid %s", what);
}

static int parse_parents(struct scan *scan, struct commit *commit,
			 struct err *err)
{
	while (scan_literal(scan, "parent ")) {
		if (commit->parent_count == SIGN_PARENTS ||
		    !scan_hex(scan, commit->parents[commit->parent_count],
			      SIGN_OID) ||
		    !scan_literal(scan, "\n"))
			return wrong(err, "parent");
		commit->parent_count++;
	}
	return 0;
}

/* The rest of an ident line. */
static bool scan_ident(struct scan *scan, struct device_id *device_r,
		       int64_t *date_r)
{
	uint64_t date;

	if (!scan_literal(scan, "defms <") ||
	    !scan_hex(scan, device_r->bytes, sizeof(device_r->bytes)) ||
	    !scan_literal(scan, "@defms.invalid> ") ||
	    !scan_number(scan, (uint64_t)sign_date_most, &date) ||
	    !scan_literal(scan, " +0000\n"))
		return false;
	*date_r = (int64_t)date;
	return true;
}

static int parse_idents(struct scan *scan, struct commit *commit,
			struct err *err)
{
	struct device_id device;
	int64_t date;

	if (!scan_literal(scan, "author ") ||
	    !scan_ident(scan, &commit->device, &commit->date))
		return wrong(err, "author");
	if (!scan_literal(scan, "committer ") ||
	    !scan_ident(scan, &device, &date))
		return wrong(err, "committer");
	if (date != commit->date ||
	    memcmp(&device, &commit->device, sizeof(device)) != 0)
		return err_set(err, EBADMSG, "author is not the committer");
	return 0;
}

static int parse_signature(struct scan *scan, struct commit *commit,
			   uint8_t signature[64], struct err *err)
{
	struct device_id device;

	if (scan_left(scan) < SIGN_HEADER ||
	    sign_header_parse(scan->at, commit->signer, signature) < 0)
		return wrong(err, "gpgsig");
	scan->at += SIGN_HEADER;
	device = device_id_of(commit->signer);
	if (memcmp(&device, &commit->device, sizeof(device)) != 0)
		return err_set(err, EBADMSG,
			       "commit is signed by another than its author");
	return 0;
}

static int parse_message(struct scan *scan, struct commit *commit,
			 struct err *err)
{
	const char *subject;
	size_t size;

	if (!scan_literal(scan, "\n") ||
	    !scan_text(scan, sizeof(commit->subject) - 1, &subject, &size))
		return wrong(err, "subject");
	memcpy(commit->subject, subject, size);
	if (!scan_literal(scan, "\nStrand: ") ||
	    !scan_hex(scan, commit->strand.bytes, sizeof(commit->strand.bytes)))
		return wrong(err, "Strand");
	if (!scan_literal(scan, "\nChain: ") ||
	    !scan_number(scan, INT64_MAX, &commit->chain))
		return wrong(err, "Chain");
	if (!scan_literal(scan, "\nRoot: ") ||
	    !scan_hex(scan, commit->root.bytes, sizeof(commit->root.bytes)) ||
	    !scan_literal(scan, "\n"))
		return wrong(err, "Root");
	if (!scan_done(scan))
		return err_set(err, EBADMSG, "commit has something after Root");
	return 0;
}

/* Does the signature hold for the commit without its header at `header`? */
static bool is_signed(const uint8_t *data, size_t size, size_t header,
		      const uint8_t key[32], const uint8_t signature[64])
{
	uint8_t digest[SIGN_DIGEST], message[SIGN_SIGNED];
	size_t after = header + SIGN_HEADER;
	crypto_hash_sha512_state state;

	(void)crypto_hash_sha512_init(&state);
	(void)crypto_hash_sha512_update(&state, data, header);
	(void)crypto_hash_sha512_update(&state, data + after, size - after);
	(void)crypto_hash_sha512_final(&state, digest);
	sign_message(digest, message);
	return crypto_sign_verify_detached(signature, message, sizeof(message),
					   key) == 0;
}

int commit_parse(const void *data, size_t size, struct commit *commit_r,
		 struct err *err)
{
	struct scan scan = scan_of(data, size);
	struct commit commit = { 0 };
	uint8_t signature[64];
	size_t header;

	secret_start();
	if (!scan_literal(&scan, "tree ") ||
	    !scan_hex(&scan, commit.tree, SIGN_OID) ||
	    !scan_literal(&scan, "\n"))
		return wrong(err, "tree");
	if (parse_parents(&scan, &commit, err) < 0 ||
	    parse_idents(&scan, &commit, err) < 0)
		return -1;
	header = size - scan_left(&scan);
	if (parse_signature(&scan, &commit, signature, err) < 0 ||
	    parse_message(&scan, &commit, err) < 0)
		return -1;
	if (!is_signed(data, size, header, commit.signer, signature))
		return err_set(err, EBADMSG, "signature of commit is bad");
	*commit_r = commit;
	return 0;
}
