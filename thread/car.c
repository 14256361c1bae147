/* SPDX-License-Identifier: ISC */
/* CARv1 (https://ipld.io/specs/transport/car/carv1/):
 *
 *	header	varint(46)  a2 65 "roots" 81 d8 2a 58 19 00 <cid>
 *		67 "version" 01
 *	block	varint(24 + n)  <cid>  <n bytes: "commit 487\0tree ...">
 *
 * The header is DAG-CBOR, which has one form for each value: it is compared,
 * not parsed. <cid> is the 24 bytes of defms/cid.h. Nobody else's CAR has such
 * a root, so a header of any other form is not for us. */
#include "defms/car.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "defms/cid.h"

enum {
	OBJECT_HEADER = 32, /* more than any "commit 1048576" and its NUL */
	SECTION_MOST = CID_SIZE + OBJECT_HEADER + CAR_OBJECT_MOST,
	VARINT_MOST = 3, /* bytes of a length up to SECTION_MOST */
};

static const char before_root[] = "\x2e\xa2\x65roots\x81\xd8\x2a\x58\x19\0";
static const char after_root[] = "\x67version\x01";
static const char header_2[] = "\x0a\xa1\x67version\x02";

enum { BEFORE_ROOT = sizeof(before_root) - 1 };

/* By enum object_type. */
static const char *const names[] = { NULL, "commit", "tree", "blob", "tag" };

struct car_reader {
	struct car_limits limits;
	const uint8_t *input; /* borrowed: fed and not used yet */
	size_t size;
	GByteArray *held;  /* owned: the start of what came in pieces */
	uint64_t offset;   /* of the first byte that is not used yet */
	uint64_t count;    /* of blocks */
	GHashTable *given; /* owned: ids of sound blocks */
	struct object_id root;
	bool begun; /* the header is read */
};

/* -- writing --------------------------------------------------------------- */

static void put(GByteArray *out, const void *data, size_t size)
{
	(void)g_byte_array_append(out, data, (guint)size);
}

static void put_cid(GByteArray *out, const struct object_id *id)
{
	uint8_t cid[CID_SIZE];

	cid_write(id, cid);
	put(out, cid, sizeof(cid));
}

static void put_varint(GByteArray *out, size_t value)
{
	uint8_t byte;

	for (; value > 0x7f; value >>= 7) {
		byte = (uint8_t)(0x80 | (value & 0x7f));
		put(out, &byte, 1);
	}
	byte = (uint8_t)value;
	put(out, &byte, 1);
}

void car_write_header(const struct object_id *root, GByteArray *out)
{
	put(out, before_root, BEFORE_ROOT);
	put_cid(out, root);
	put(out, after_root, sizeof(after_root) - 1);
}

int car_write_object(const struct object_id *id, enum object_type type,
		     const void *data, size_t size, GByteArray *out,
		     struct err *err)
{
	char header[OBJECT_HEADER], hex[OBJECT_ID_HEX + 1];
	size_t len;

	if (size > CAR_OBJECT_MOST) {
		object_id_print(id, hex);
		return err_set(err, EFBIG, "object %s has more than %d bytes",
			       hex, CAR_OBJECT_MOST);
	}
	len = (size_t)g_snprintf(header, sizeof(header), "%s %zu", names[type],
				 size) +
	      1;
	put_varint(out, CID_SIZE + len + size);
	put_cid(out, id);
	put(out, header, len);
	put(out, data, size);
	return 0;
}

/* -- the bytes of a reader ------------------------------------------------- */

struct car_reader *car_reader_new(const struct car_limits *limits)
{
	struct car_reader *reader = g_new0(struct car_reader, 1);

	reader->limits = *limits;
	reader->held = g_byte_array_new();
	reader->given = g_hash_table_new_full(object_id_hash, object_id_equal,
					      g_free, NULL);
	return reader;
}

void car_reader_free(struct car_reader *reader)
{
	if (!reader)
		return;
	g_byte_array_unref(reader->held);
	g_hash_table_unref(reader->given);
	g_free(reader);
}

void car_feed(struct car_reader *reader, const void *data, size_t size)
{
	assert(reader->size == 0);
	reader->input = data;
	reader->size = size;
}

/* The next `size` bytes, in one piece; NULL if there are not as many. They stay
 * the next. What is asked for may only grow until skip() takes all of it. */
static const uint8_t *peek(struct car_reader *reader, size_t size)
{
	GByteArray *held = reader->held;
	size_t part;

	if (held->len == 0 && reader->size >= size)
		return reader->input;
	if (held->len < size && reader->size > 0) {
		part = MIN(size - held->len, reader->size);
		put(held, reader->input, part);
		reader->input += part;
		reader->size -= part;
	}
	return held->len >= size ? held->data : NULL;
}

/* The bytes stay where they are until the next peek(). */
static void skip(struct car_reader *reader, size_t size)
{
	if (reader->held->len > 0) {
		assert(reader->held->len == size);
		(void)g_byte_array_set_size(reader->held, 0);
	} else {
		reader->input += size;
		reader->size -= size;
	}
	reader->offset += size;
}

/* -- reading --------------------------------------------------------------- */

static int bad(const struct car_reader *reader, int code, const char *what,
	       struct err *err)
{
	return err_set(err, code, "at byte %" G_GUINT64_FORMAT ": %s",
		       reader->offset, what);
}

/* A header of another form shows within its first bytes, so none is waited
 * for. 1/0/-1. */
static int read_header(struct car_reader *reader, struct err *err)
{
	static const size_t ends[] = { 1, BEFORE_ROOT, CAR_HEADER };
	const uint8_t *at = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		at = peek(reader, ends[i]);
		if (!at)
			return 0;
		if (*at == (uint8_t)*header_2)
			return bad(reader, EBADMSG,
				   "perhaps version 2 of CAR; only 1 is read",
				   err);
		if (memcmp(at, before_root, MIN(ends[i], BEFORE_ROOT)) != 0)
			return bad(reader, EBADMSG,
				   "not a CAR with exactly one root", err);
	}
	if (memcmp(at + BEFORE_ROOT + CID_SIZE, after_root,
		   sizeof(after_root) - 1) != 0)
		return bad(reader, EBADMSG, "not version 1 of CAR", err);
	if (cid_read(at + BEFORE_ROOT, CID_SIZE, &reader->root, err) < 0)
		return bad(reader, EBADMSG, "the root is no git object", err);
	skip(reader, CAR_HEADER);
	reader->begun = true;
	return 1;
}

/* The length of the next block and that of its varint. 1/0/-1. */
static int read_length(struct car_reader *reader, size_t *varint_r,
		       size_t *size_r, struct err *err)
{
	const uint8_t *at;
	size_t value = 0;

	for (size_t i = 0; i < VARINT_MOST; i++) {
		at = peek(reader, i + 1);
		if (!at)
			return 0;
		value |= (size_t)(at[i] & 0x7f) << (7 * i);
		if (at[i] & 0x80)
			continue;
		if (at[i] == 0)
			return bad(reader, EBADMSG,
				   value || i ? "a length with needless digits"
					      : "an empty block",
				   err);
		if (value > SECTION_MOST)
			break;
		*varint_r = i + 1;
		*size_r = value;
		return 1;
	}
	return bad(reader, EBADMSG, "a block of more than 1 MiB", err);
}

/* "commit 487", for exactly as many bytes as follow its NUL. */
static bool parse_object(struct car_block *block)
{
	const uint8_t *end =
		memchr(block->data, '\0', MIN(block->size, OBJECT_HEADER));
	char again[OBJECT_HEADER];
	size_t left;

	if (!end)
		return false;
	left = block->size - (size_t)(end + 1 - block->data);
	for (size_t i = OBJECT_COMMIT; i <= OBJECT_TAG; i++) {
		(void)g_snprintf(again, sizeof(again), "%s %zu", names[i],
				 left);
		if (strcmp(again, (const char *)block->data) != 0)
			continue;
		block->type = (enum object_type)i;
		block->data = end + 1;
		block->size = left;
		return left <= CAR_OBJECT_MOST;
	}
	return false;
}

/* Is it what its id says? If not, `err` says why. */
static bool is_sound(struct car_block *block, const uint8_t *section,
		     size_t size, struct err *err)
{
	struct object_id id;

	block->data = section;
	block->size = size;
	if (cid_read(section, MIN(size, CID_SIZE), &block->id, err) < 0)
		return false;
	block->data += CID_SIZE;
	block->size -= CID_SIZE;
	if (!parse_object(block)) {
		(void)err_set(err, EBADMSG, "not a git object");
		return false;
	}
	if (store_hash(block->type, block->data, block->size, &id, err) < 0)
		return false;
	if (object_id_equal(&id, &block->id))
		return true;
	(void)err_set(err, EBADMSG, "the block is not what its id says");
	return false;
}

/* The next block, one that was given too. 1/0/-1. */
static int read_block(struct car_reader *reader, struct car_block *block_r,
		      struct err *err)
{
	const uint8_t *at;
	size_t varint, size;
	int found = read_length(reader, &varint, &size, err);

	if (found <= 0)
		return found;
	if (reader->count >= reader->limits.blocks)
		return bad(reader, EFBIG, "more blocks than are wanted", err);
	if (reader->offset + varint + size > reader->limits.bytes)
		return bad(reader, EFBIG, "more bytes than are wanted", err);
	at = peek(reader, varint + size);
	if (!at)
		return 0;
	*block_r = (struct car_block){ .offset = reader->offset };
	block_r->sound = is_sound(block_r, at + varint, size, err);
	if (!block_r->sound) {
		block_r->data = at + varint;
		block_r->size = size;
		(void)err_prefix(err, "at byte %" G_GUINT64_FORMAT,
				 reader->offset);
	}
	skip(reader, varint + size);
	reader->count++;
	return 1;
}

/* Was it given before? It was from now on. */
static bool is_again(struct car_reader *reader, const struct car_block *block)
{
	if (!block->sound)
		return false;
	if (g_hash_table_contains(reader->given, &block->id))
		return true;
	(void)g_hash_table_add(reader->given,
			       g_memdup2(&block->id, sizeof(block->id)));
	return false;
}

int car_next(struct car_reader *reader, struct car_block *block_r,
	     struct err *err)
{
	int found = reader->begun ? 1 : read_header(reader, err);

	while (found > 0) {
		found = read_block(reader, block_r, err);
		if (found > 0 && !is_again(reader, block_r))
			return 1;
	}
	return found;
}

const struct object_id *car_root(const struct car_reader *reader)
{
	return reader->begun ? &reader->root : NULL;
}

int car_end(const struct car_reader *reader, struct err *err)
{
	if (!reader->begun)
		return bad(reader, EBADMSG, "it ends in its header", err);
	if (reader->held->len + reader->size > 0)
		return bad(reader, EBADMSG, "it ends in the middle of a block",
			   err);
	return 0;
}
