/* SPDX-License-Identifier: ISC */
#include "defms/car.h"

#include <errno.h>

#include "defms/cid.h"
#include "test.h"
#include "vectors.h"

static const struct car_limits wide = { 1 << 30, 1 << 20 };

static unsigned sum_of(const uint8_t *data, size_t size)
{
	unsigned sum = 1;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum;
}

/* What was read of a CAR, a line a block, then how it ended. */
static char *read_pieces(const uint8_t *data, size_t size, size_t piece,
			 const struct car_limits *limits)
{
	AUTO(car_reader) struct car_reader *reader = car_reader_new(limits);
	GString *out = g_string_new("");
	struct car_block block;
	char hex[OBJECT_ID_HEX + 1];
	struct err err;
	int found = 0;

	for (size_t at = 0; at < size && found == 0; at += piece) {
		car_feed(reader, data + at, MIN(piece, size - at));
		while ((found = car_next(reader, &block, &err)) > 0) {
			object_id_print(&block.id, hex);
			g_string_append_printf(
				out, "%s %d %zu %08x %s\n", hex,
				block.sound ? (int)block.type : -1, block.size,
				sum_of(block.data, block.size),
				block.sound ? "" : err.text);
		}
	}
	if (found == 0)
		found = car_end(reader, &err);
	g_string_append(out, found < 0 ? err.text : "end");
	return g_string_free(out, FALSE);
}

static char *read_all(const GByteArray *car)
{
	return read_pieces(car->data, car->len, MAX(car->len, 1), &wide);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* The last line. */
static const char *ending(const char *text)
{
	const char *last = strrchr(text, '\n');

	return last ? last + 1 : text;
}

TEST(a_car_of_the_second_implementation_is_written_and_read)
{
	static const char *const parts[] = { "commit-first", "content" };
	static const enum object_type types[] = { OBJECT_COMMIT, OBJECT_BLOB };
	AUTO(bytes) GByteArray *want = vector("car");
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&wide);
	struct car_block block;
	struct err err;

	car_feed(reader, want->data, want->len);
	for (size_t i = 0; i < 2; i++) {
		AUTO(bytes) GByteArray *part = vector(parts[i]);
		struct object_id id =
			object_id_of(types[i], part->data, part->len);

		if (i == 0)
			car_write_header(&id, out);
		CHECK_INT(car_write_object(&id, types[i], part->data, part->len,
					   out, &err),
			  0);
		CHECK_INT(car_next(reader, &block, &err), 1);
		CHECK_INT(block.type, types[i]);
		CHECK(block.sound && object_id_equal(&block.id, &id));
		CHECK_INT(block.size, part->len);
		CHECK_MEM(block.data, part->data, part->len);
	}
	CHECK_INT(car_next(reader, &block, &err), 1);
	CHECK_INT(block.type, OBJECT_TREE);
	CHECK_INT(block.size, 0);
	CHECK_INT(car_next(reader, &block, &err), 1);
	CHECK_INT(car_next(reader, &block, &err), 0);
	CHECK_INT(car_end(reader, &err), 0);
	CHECK(out->len > CAR_HEADER && out->len < want->len);
	CHECK_MEM(out->data, want->data, out->len);
}

TEST(the_root_is_known_from_the_header_on)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(bytes) GByteArray *id = vector("car-id");
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&wide);
	struct car_block block;
	struct err err;

	car_feed(reader, car->data, CAR_HEADER - 1);
	CHECK_INT(car_next(reader, &block, &err), 0);
	CHECK(!car_root(reader));
	car_feed(reader, car->data + CAR_HEADER - 1, 1);
	CHECK_INT(car_next(reader, &block, &err), 0);
	CHECK(car_root(reader) != NULL);
	CHECK_MEM(car_root(reader)->bytes, id->data, id->len);
}

TEST(pieces_of_any_size_are_read_alike)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(str) char *whole = read_all(car);

	CHECK_INT(count_lines(whole), 4);
	CHECK_STR(ending(whole), "end");
	for (size_t piece = 1; piece < car->len; piece++) {
		AUTO(str)
		char *got = read_pieces(car->data, car->len, piece, &wide);

		CHECK_STR(got, whole);
	}
}

TEST(every_truncation_is_seen_but_between_blocks)
{
	AUTO(bytes) GByteArray *car = vector("car");
	size_t wholes = 0;

	for (size_t size = 0; size < car->len; size++) {
		AUTO(str)
		char *got = read_pieces(car->data, size, MAX(size, 1), &wide);
		const char *end = ending(got);

		if (size < CAR_HEADER)
			CHECK_STR(got, "at byte 0: it ends in its header");
		else if (strcmp(end, "end") == 0)
			wholes++;
		else
			CHECK(strstr(end, ": it ends in the middle of a"));
	}
	CHECK_INT(wholes, 4); /* after the header and all blocks but the last */
}

TEST(every_flipped_bit_is_seen)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(bytes) GByteArray *id = vector("car-id");
	AUTO(str) char *whole = read_all(car);

	for (size_t bit = 0; bit < 8 * (size_t)car->len; bit++) {
		AUTO(str) char *got = NULL;

		car->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		got = read_all(car);
		car->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* the root is only a name; whose it is its user sees */
		if (bit / 8 >= 18 && bit / 8 < 18 + id->len)
			CHECK_STR(got, whole);
		else
			CHECK(strcmp(got, whole) != 0 &&
			      strstr(got, "at byte"));
	}
}

TEST(what_follows_a_damaged_block_is_read)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(bytes) GByteArray *commit = vector("commit-first");
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&wide);
	struct object_id id =
		object_id_of(OBJECT_COMMIT, commit->data, commit->len);
	struct car_block block;
	struct err err;

	car->data[CAR_HEADER + 2 + CID_SIZE + 100] ^= 1;
	car_feed(reader, car->data, car->len);
	CHECK_INT(car_next(reader, &block, &err), 1);
	CHECK(!block.sound);
	CHECK(object_id_equal(&block.id, &id));
	CHECK_INT(block.offset, CAR_HEADER);
	CHECK_INT(block.size, CID_SIZE + 11 + commit->len);
	CHECK_STR(err.text, "at byte 47: the block is not what its id says");
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(car_next(reader, &block, &err), 1);
		CHECK(block.sound);
	}
	CHECK_INT(car_next(reader, &block, &err), 0);
	CHECK_INT(car_end(reader, &err), 0);
}

TEST(a_block_that_comes_twice_is_given_once_but_counts)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(str) char *once = read_all(car);
	struct car_limits limits = wide;
	size_t size = car->len - CAR_HEADER;
	AUTO(bytes) GByteArray *twice = g_byte_array_new();
	AUTO(str) char *got = NULL, *less = NULL;

	g_byte_array_append(twice, car->data, car->len);
	g_byte_array_append(twice, car->data + CAR_HEADER, (guint)size);
	got = read_all(twice);
	CHECK_STR(got, once);
	limits.blocks = 5;
	less = read_pieces(twice->data, twice->len, twice->len, &limits);
	CHECK_INT(count_lines(less), 4);
	CHECK(strstr(ending(less), ": more blocks than are wanted"));
}

TEST(a_damaged_block_does_not_hide_the_sound_one)
{
	AUTO(bytes) GByteArray *car = vector("car");
	size_t size = car->len - CAR_HEADER;
	AUTO(bytes) GByteArray *both = g_byte_array_new();
	AUTO(str) char *got = NULL;

	g_byte_array_append(both, car->data, car->len);
	both->data[CAR_HEADER + 2 + CID_SIZE + 100] ^= 1;
	g_byte_array_append(both, car->data + CAR_HEADER, (guint)size);
	got = read_all(both);
	CHECK_INT(count_lines(got), 5);
	CHECK_STR(ending(got), "end");
}

TEST(limits_hold_to_the_byte)
{
	AUTO(bytes) GByteArray *car = vector("car");
	AUTO(str) char *whole = read_all(car);
	struct car_limits limits = { car->len, 4 };
	AUTO(str) char *got = NULL, *less = NULL, *none = NULL;

	got = read_pieces(car->data, car->len, car->len, &limits);
	CHECK_STR(got, whole);
	limits.bytes--;
	less = read_pieces(car->data, car->len, car->len, &limits);
	CHECK_INT(count_lines(less), 3);
	CHECK(strstr(ending(less), ": more bytes than are wanted"));
	limits.blocks = 0;
	none = read_pieces(car->data, car->len, car->len, &limits);
	CHECK_STR(none, "at byte 47: more blocks than are wanted");
}

TEST(other_headers_are_refused)
{
	static const struct {
		const char *vector, *text;
	} known[] = {
		{ "bad-car-no-root",
		  "at byte 0: not a CAR with exactly one root" },
		{ "bad-car-two-roots",
		  "at byte 0: not a CAR with exactly one root" },
		{ "bad-car-raw-root", "at byte 0: the root is no git object" },
		{ "bad-car-version-2",
		  "at byte 0: perhaps version 2 of CAR; only 1 is read" },
		{ "content", "at byte 0: not a CAR with exactly one root" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *car = vector(known[i].vector);
		AUTO(str) char *whole = read_all(car);
		AUTO(str)
		char *pieces = read_pieces(car->data, car->len, 1, &wide);

		CHECK_STR(whole, known[i].text);
		CHECK_STR(pieces, known[i].text);
	}
}

/* A CAR of one section with these bytes after its length. */
static GByteArray *car_of(const void *section, size_t size)
{
	AUTO(bytes) GByteArray *car = vector("car");
	GByteArray *out = g_byte_array_new();
	uint8_t length[2] = { (uint8_t)(size | 0x80), (uint8_t)(size >> 7) };

	g_byte_array_append(out, car->data, CAR_HEADER);
	if (size < 128)
		length[0] &= 0x7f;
	g_byte_array_append(out, length, size < 128 ? 1 : 2);
	g_byte_array_append(out, section, (guint)size);
	return out;
}

TEST(a_block_that_is_no_git_object_is_damaged)
{
	static const char *const blocks[] = {
		"",
		"blob",
		"blob 3\0ab\0c",
		"blob 03\0abc",
		"blob 3abc",
		"Blob 3\0abc",
		"blob  3\0abc",
		"blob 3 \0abc",
		"note 3\0abc",
		"blob +3\0abc",
		"\0abc",
		"blob 4\0abc",
	};
	static const size_t sizes[] = { 0,  4,  11, 11, 9, 10,
					11, 11, 10, 11, 4, 10 };

	for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
		uint8_t section[CID_SIZE + 32] = { 0x01, 0x78, 0x11, 0x14 };
		AUTO(bytes) GByteArray *car = NULL;
		AUTO(str) char *got = NULL;

		memcpy(section + CID_SIZE, blocks[i], sizes[i]);
		car = car_of(section, CID_SIZE + sizes[i]);
		got = read_all(car);
		CHECK(strstr(got, " at byte 47: not a git object\nend"));
	}
}

TEST(a_block_without_a_cid_is_damaged)
{
	static const uint8_t section[CID_SIZE + 200] = { 0x01, 0x55 };

	for (size_t size = 1; size < sizeof(section); size++) {
		AUTO(bytes) GByteArray *car = car_of(section, size);
		AUTO(str) char *got = read_all(car);

		CHECK(strstr(got, "at byte 47: not the CID of a git object\n"
				  "end"));
	}
}

TEST(lengths_that_are_none_end_it)
{
	static const struct {
		const char *length, *text;
		size_t size;
	} known[] = {
		{ "\0", "at byte 47: an empty block", 1 },
		{ "\x80\0", "at byte 47: a length with needless digits", 2 },
		{ "\xa8\0", "at byte 47: a length with needless digits", 2 },
		{ "\xa8\x80\0", "at byte 47: a length with needless digits",
		  3 },
		{ "\x80\x80\x80", "at byte 47: a block of more than 1 MiB", 3 },
		{ "\xff\xff\x7f", "at byte 47: a block of more than 1 MiB", 3 },
		{ "\xb9\x80\x40", "at byte 47: a block of more than 1 MiB", 3 },
		{ "\xb8\x80\x40",
		  "at byte 47: it ends in the middle of a block", 3 },
	};
	AUTO(bytes) GByteArray *car = vector("car");

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *whole = NULL, *pieces = NULL;

		(void)g_byte_array_set_size(car, CAR_HEADER);
		g_byte_array_append(car, (const guint8 *)known[i].length,
				    (guint)known[i].size);
		whole = read_all(car);
		CHECK_STR(whole, known[i].text);
		pieces = read_pieces(car->data, car->len, 1, &wide);
		CHECK_STR(pieces, known[i].text);
	}
}

TEST(the_largest_object_goes_through_and_no_larger_one)
{
	AUTO(str) char *data = g_malloc0(CAR_OBJECT_MOST + 1);
	AUTO(bytes) GByteArray *car = g_byte_array_new();
	struct object_id id = object_id_of(OBJECT_BLOB, data, CAR_OBJECT_MOST);
	AUTO(str) char *whole = NULL, *pieces = NULL;
	struct err err;

	car_write_header(&id, car);
	CHECK_INT(car_write_object(&id, OBJECT_BLOB, data, CAR_OBJECT_MOST + 1,
				   car, &err),
		  -1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(car_write_object(&id, OBJECT_BLOB, data, CAR_OBJECT_MOST, car,
				   &err),
		  0);
	whole = read_all(car);
	CHECK(strstr(whole, " 3 1048576 ") && strstr(whole, "\nend"));
	pieces = read_pieces(car->data, car->len, 1000, &wide);
	CHECK_STR(pieces, whole);
}
