/* SPDX-License-Identifier: ISC */
/* Any bytes as a CAR, at once and in pieces, whose size the first byte of the
 * input decides: the same blocks, and each sound one is written again as it
 * was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "defms/car.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct car_limits limits = { .bytes = 4000, .blocks = 20 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void write_again(const struct car_block *block, const uint8_t *from)
{
	AUTO(bytes) GByteArray *again = g_byte_array_new();
	struct err err;

	require(car_write_object(&block->id, block->type, block->data,
				 block->size, again, &err) == 0);
	require(memcmp(from + block->offset, again->data, again->len) == 0);
}

static void add_block(GString *out, const struct car_block *block,
		      const struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_print(&block->id, hex);
	g_string_append_printf(out, "%s %" G_GUINT64_FORMAT " %zu %s\n", hex,
			       block->offset, block->size,
			       block->sound ? "" : err->text);
}

static void read_car(const uint8_t *data, size_t size, size_t piece,
		     GString *out)
{
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&limits);
	struct car_block block;
	struct err err;
	int found = 0;

	for (size_t at = 0; at < size && found == 0; at += piece) {
		car_feed(reader, data + at, MIN(piece, size - at));
		while ((found = car_next(reader, &block, &err)) > 0) {
			add_block(out, &block, &err);
			if (block.sound)
				write_again(&block, data);
		}
	}
	if (found == 0)
		found = car_end(reader, &err);
	g_string_append(out, found < 0 ? err.text : "end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(gstring) GString *whole = g_string_new("");
	AUTO(gstring) GString *pieces = g_string_new("");

	if (size < 2)
		return 0;
	read_car(data + 1, size - 1, size, whole);
	read_car(data + 1, size - 1, data[0] % 64 + 1, pieces);
	require(strcmp(whole->str, pieces->str) == 0);
	return 0;
}
