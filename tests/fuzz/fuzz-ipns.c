/* SPDX-License-Identifier: ISC */
/* Any bytes as an IPNS record, and as one that its key signed: what is taken
 * is written the same again. Any text as a name: the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIGNATURE_AT = 2, DATA_AT = SIGNATURE_AT + KEY_SIGNATURE };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_record(const struct key_pair *pair, const uint8_t *data,
		       size_t size)
{
	AUTO(bytes) GByteArray *again = g_byte_array_new();
	struct ipns_record record;
	struct err err;

	if (ipns_parse(data, size, key_pair_public(pair), &record, &err) < 0)
		return;
	ipns_write(&record, pair, again);
	require(again->len == size && memcmp(again->data, data, size) == 0);
}

/* The signature holds, whatever stands behind it. */
static void try_signed(const struct key_pair *pair, const uint8_t *data,
		       size_t size)
{
	static const char prefix[] = "ipns-signature:";
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	AUTO(str) char *copy = NULL;
	size_t at = DATA_AT + 2;

	if (size <= at)
		return;
	if (data[at - 1] & 0x80)
		at++;
	copy = g_memdup2(data, size);
	g_byte_array_append(bytes, (const guint8 *)prefix, sizeof(prefix) - 1);
	g_byte_array_append(bytes, data + at, (guint)(size - at));
	key_pair_sign(pair, bytes->data, bytes->len,
		      (uint8_t *)copy + SIGNATURE_AT);
	try_record(pair, (const uint8_t *)copy, size);
}

static void try_name(const char *text, size_t size)
{
	char again[IPNS_NAME + 1];
	uint8_t key[KEY_PUBLIC];
	struct err err;

	if (ipns_name_parse(text, size, key, &err) < 0)
		return;
	ipns_name_print(key, again);
	require(size == IPNS_NAME && memcmp(again, text, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(key_pair)
	struct key_pair *pair = key_pair_new((const uint8_t[32]){ 7 });

	try_record(pair, data, size);
	try_signed(pair, data, size);
	try_name((const char *)data, size);
	return 0;
}
