/* SPDX-License-Identifier: ISC */
#include "deflate.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"

/* All of what `packed` unfolds to, in pieces of `piece` bytes. */
static GByteArray *unpack(struct deflate *deflate, const GByteArray *packed,
			  size_t step, size_t piece)
{
	GByteArray *out = g_byte_array_new();

	for (size_t at = 0; at < packed->len; at += step) {
		AUTO(str) char *buf = g_malloc(piece);
		struct err err;
		size_t size;

		deflate_feed(deflate, packed->data + at,
			     MIN(step, packed->len - at));
		while (deflate_unpack(deflate, buf, piece, &size, &err) > 0)
			(void)g_byte_array_append(out, (uint8_t *)buf,
						  (guint)size);
	}
	return out;
}

TEST(what_one_side_packs_the_other_unfolds_whatever_the_pieces)
{
	static const size_t steps[] = { 1, 2, 7, 1000, 100000 };
	char text[20000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		AUTO(deflate) struct deflate *here = deflate_new();
		AUTO(deflate) struct deflate *there = deflate_new();
		AUTO(bytes) GByteArray *packed = g_byte_array_new();
		AUTO(bytes) GByteArray *got = NULL;

		deflate_pack(here, text, 11, packed);
		deflate_pack(here, text + 11, sizeof(text) - 11, packed);
		CHECK(packed->len < sizeof(text) / 2);
		got = unpack(there, packed, steps[i], steps[i] * 3);
		CHECK_INT(got->len, sizeof(text));
		CHECK_MEM(got->data, text, MIN(got->len, sizeof(text)));
	}
}

TEST(each_write_is_flushed)
{
	AUTO(deflate) struct deflate *here = deflate_new();
	AUTO(deflate) struct deflate *there = deflate_new();

	for (int i = 0; i < 3; i++) {
		AUTO(bytes) GByteArray *packed = g_byte_array_new();
		AUTO(bytes) GByteArray *got = NULL;

		deflate_pack(here, "a1 NOOP\r\n", 9, packed);
		got = unpack(there, packed, 1000, 1000);
		CHECK_INT(got->len, 9);
	}
}

TEST(a_bomb_unfolds_piece_by_piece)
{
	AUTO(deflate) struct deflate *here = deflate_new();
	AUTO(deflate) struct deflate *there = deflate_new();
	AUTO(bytes) GByteArray *packed = g_byte_array_new();
	AUTO(str) char *zeros = g_malloc0(1 << 22);
	char buf[100];
	struct err err;
	size_t size;

	deflate_pack(here, zeros, 1 << 22, packed);
	deflate_feed(there, packed->data, packed->len);
	CHECK_INT(deflate_unpack(there, buf, sizeof(buf), &size, &err), 1);
	CHECK_INT(size, sizeof(buf));
}

TEST(garbage_is_an_error)
{
	AUTO(deflate) struct deflate *there = deflate_new();
	char buf[100];
	struct err err;
	size_t size;

	deflate_feed(there, "\xff\xff\xff\xff garbage", 12);
	CHECK_INT(deflate_unpack(there, buf, sizeof(buf), &size, &err), -1);
	CHECK_INT(err.code, EPROTO);
}
