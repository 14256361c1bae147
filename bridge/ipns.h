/* SPDX-License-Identifier: ISC */
/* IPNS: a name, which is a public key, and the signed record that says where it
 * points. Whoever holds the key can write one, also an old one again: a record
 * is a hint where to look. */
#ifndef BRIDGE_IPNS_H
#define BRIDGE_IPNS_H

#include "defms/key-pair.h"
#include "defms/store.h"

enum { IPNS_NAME = 62 }; /* characters of a name: k51... */

void ipns_name_print(const uint8_t key[KEY_PUBLIC], char text[IPNS_NAME + 1]);
/* Exactly what ipns_name_print() writes, else EINVAL. */
int ipns_name_parse(const char *text, size_t size, uint8_t key_r[KEY_PUBLIC],
		    struct err *err);

struct ipns_record {
	struct object_id root; /* of the CAR that it points to */
	uint64_t sequence;     /* of two records the higher one counts */
	int64_t valid_until;   /* Unix seconds, 1970 to 9999; a node hands out
				* none that is older */
	uint64_t ttl_ns;       /* for how long a node need not look again */
};

/* Append the record, signed. */
void ipns_write(const struct ipns_record *record, const struct key_pair *pair,
		GByteArray *out);

/* Parse exactly what ipns_write() writes with the key of the name, and check
 * the signature, but not whether it is valid still. EBADMSG. */
int ipns_parse(const void *data, size_t size, const uint8_t key[KEY_PUBLIC],
	       struct ipns_record *record_r, struct err *err);

#endif
