/* SPDX-License-Identifier: ISC */
/* A record of the ledger, byte by byte: see defms-formats(5). */
#ifndef DEFMS_LEDGER_RECORD_H
#define DEFMS_LEDGER_RECORD_H

#include "ledger.h"

#define LEDGER_NAME "ledger"
#define LEDGER_MAIL "mail" /* the name, where there is no key */
enum { LEDGER_KEY = 64, LEDGER_OVERHEAD = 512 };

struct ledger_record {
	uint64_t generation;     /* of its half */
	uint64_t number;         /* rises with each */
	struct ledger_file file; /* key, name, data: borrowed; key "": it is
				  * dropped */
	char key[LEDGER_KEY],
		name[256]; /* what those point to, where it was read */
};

/* For tables by struct ledger_id. */
guint ledger_id_hash(gconstpointer id);
gboolean ledger_id_equal(gconstpointer a, gconstpointer b);

GByteArray *ledger_pack(const struct ledger_record *record);
/* The record at the start of `data`; how long it is goes to *size_r. False if
 * there is none that is whole. */
bool ledger_unpack(const uint8_t *data, size_t size,
		   struct ledger_record *record_r, size_t *size_r);

#endif
