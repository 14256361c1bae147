/* SPDX-License-Identifier: ISC */
#include "defms/seal.h"

#include <errno.h>

#include <sodium.h>

#include "link-set.h"
#include "test.h"
#include "vectors.h"

/* All that a payload is opened with. */
struct scene {
	struct sealer *sealer;
	struct strand_key *key;
	struct strand_id strand;
	struct message_id id;
};

static void scene_init(struct scene *scene)
{
	AUTO(bytes) GByteArray *secret = vector("strand-key");
	AUTO(bytes) GByteArray *id = vector("content-id");
	AUTO(str) char *msgid = vector_text("strand");

	scene->sealer = sealer_new();
	scene->key = strand_key_new();
	strand_key_derive(scene->key, secret->data);
	memcpy(scene->id.bytes, id->data, sizeof(scene->id.bytes));
	memcpy(scene->strand.bytes, msgid, sizeof(scene->strand.bytes));
}

static void scene_release(struct scene *scene)
{
	sealer_free(scene->sealer);
	strand_key_free(scene->key);
}

static struct seal_place place_of(const struct scene *scene, uint32_t number)
{
	return seal_place_message(&scene->strand, &scene->id, number);
}

/* Open the vector `name`: its whole length, -1 if it is refused. */
static int64_t open_vector(const struct scene *scene, const char *name,
			   const struct seal_place *place, GByteArray *out)
{
	AUTO(bytes) GByteArray *payload = vector(name);
	struct err err = { 0 };
	uint64_t whole = 0;

	if (seal_open(scene->sealer, scene->key, place, payload->data,
		      payload->len, &whole, out, &err) == 0)
		return (int64_t)whole;
	CHECK_INT(err.code, EBADMSG);
	CHECK(*err.text);
	return -1;
}

/* What the owner decided, and what was sent: lines, sorted. */
static void check_lines(struct scene *scene, enum seal_kind kind,
			const char *text, const char *sealed, guint count)
{
	AUTO(bytes) GByteArray *want = vector(text);
	AUTO(bytes) GByteArray *payload = vector(sealed);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(bytes) GByteArray *again = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct seal_place place = { .kind = kind,
				    .strand = place_of(scene, 0).strand };
	uint64_t whole;
	struct err err;

	CHECK_INT(seal_open(scene->sealer, scene->key, &place, payload->data,
			    payload->len, &whole, out, &err),
		  0);
	CHECK_INT(out->len, want->len);
	CHECK_MEM(out->data, want->data, want->len);
	CHECK_INT(link_blob_parse(out->data, out->len, &lines, &err), 0);
	CHECK_INT(lines->len, count);
	again = link_blob(lines);
	CHECK_INT(again->len, want->len);
	CHECK_MEM(again->data, want->data, want->len);
	/* No part of them, nor in another order. */
	for (guint i = 1; i < want->len; i++) {
		AUTO(ptrs) GPtrArray *part = NULL;

		if (want->data[i - 1] != '\n')
			CHECK_INT(link_blob_parse(want->data, i, &part, &err),
				  -1);
	}
	(void)g_byte_array_append(out, want->data, want->len);
	g_ptr_array_unref(lines);
	lines = NULL;
	CHECK_INT(link_blob_parse(out->data, out->len, &lines, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}

TEST(lines_of_the_second_implementation_open)
{
	AUTO(bytes) GByteArray *text = vector("links");
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct link link;
	struct scene scene;
	struct err err;

	scene_init(&scene);
	check_lines(&scene, SEAL_LINKS, "links", "payload-links", 4);
	check_lines(&scene, SEAL_SENT, "sent", "payload-sent", 2);
	scene_release(&scene);
	CHECK_INT(link_blob_parse(text->data, text->len, &lines, &err), 0);
	for (guint i = 0; i < lines->len; i++) {
		static const enum link_kind kinds[] = { LINK_JOIN, LINK_JOIN,
							LINK_MOVE, LINK_SPLIT };

		CHECK(link_parse(g_ptr_array_index(lines, i), &link));
		CHECK_INT(link.kind, kinds[i]);
	}
	CHECK(!link_parse("closed 00112233445566778899aabbccddeeff", &link));
	CHECK(!link_parse("join ", &link));
	CHECK(!link_parse("join a b", &link));
	CHECK(!link_parse("split 0", &link));
	CHECK(!link_parse("move x y", &link));
}

TEST(payloads_of_the_second_implementation_open)
{
	static const char *const whole[] = { "payload-message",
					     "payload-dictionary",
					     "payload-window", "payload-thread",
					     "payload-card" };
	AUTO(bytes) GByteArray *content = vector("content");
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct seal_place place = place_of(&scene, 0);

		if (i == 3)
			place = (struct seal_place){ .kind = SEAL_THREAD,
						     .strand = scene.strand };
		if (i == 4) {
			place = (struct seal_place){ .kind = SEAL_CARD,
						     .name_size = 32 };
			for (uint8_t j = 0; j < 32; j++)
				place.name[j] = j;
		}
		CHECK_INT(open_vector(&scene, whole[i], &place, out),
			  content->len);
		CHECK_INT(out->len, content->len);
		CHECK_MEM(out->data, content->data,
			  MIN(out->len, content->len));
	}
	scene_release(&scene);
}

TEST(empty_content_and_pieces_open)
{
	static const struct {
		const char *name;
		uint32_t number;
		int64_t whole;
		size_t size;
		char byte;
	} known[] = {
		{ "payload-empty", 0, 0, 0, 0 },
		{ "payload-piece-0", 0, MESSAGE_PIECE + 10, MESSAGE_PIECE,
		  'x' },
		{ "payload-piece-1", 1, MESSAGE_PIECE + 10, 10, 'y' },
	};
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct seal_place place = place_of(&scene, known[i].number);

		CHECK_INT(open_vector(&scene, known[i].name, &place, out),
			  known[i].whole);
		CHECK_INT(out->len, known[i].size);
		for (size_t j = 0; j < out->len; j++)
			if (out->data[j] != (uint8_t)known[i].byte)
				CHECK(!"a byte of the piece");
	}
	scene_release(&scene);
}

TEST(payloads_that_a_member_made_wrongly_are_refused)
{
	static const char *const bad[] = {
		"bad-window",       "bad-no-size",
		"bad-checksum",     "bad-dictionary-id",
		"bad-reserved",     "bad-short-content",
		"bad-skippable",    "bad-noise",
		"bad-nothing",      "bad-too-long",
		"bad-whole",        "bad-whole-huge",
		"bad-pad-not-zero", "bad-pad-second-frame",
		"bad-pad-too-long", "bad-pad-too-short",
		"bad-nonce",        "bad-format",
		"bad-piece-beyond",
	};
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		bool second = strcmp(bad[i], "bad-piece-beyond") == 0;
		struct seal_place place = place_of(&scene, second);

		if (!CHECK_INT(open_vector(&scene, bad[i], &place, out), -1))
			printf("# %s\n", bad[i]);
		CHECK_INT(out->len, 0);
	}
	scene_release(&scene);
}

TEST(a_payload_opens_in_no_other_place)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct seal_place place;
	struct scene scene;

	scene_init(&scene);
	place = place_of(&scene, 1);
	CHECK_INT(open_vector(&scene, "payload-message", &place, out), -1);
	place = place_of(&scene, 0);
	place.kind = SEAL_THREAD;
	CHECK_INT(open_vector(&scene, "payload-message", &place, out), -1);
	place = place_of(&scene, 0);
	place.strand.bytes[15] ^= 1;
	CHECK_INT(open_vector(&scene, "payload-message", &place, out), -1);
	place = place_of(&scene, 0);
	place.name_size = 32;
	CHECK_INT(open_vector(&scene, "payload-message", &place, out), -1);
	place = place_of(&scene, 0);
	CHECK_INT(open_vector(&scene, "payload-message", &place, out), 53);
	scene_release(&scene);
}

TEST(every_truncation_and_every_flipped_bit_of_a_payload_is_refused)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	AUTO(bytes) GByteArray *payload = vector("payload-dictionary");
	struct seal_place place;
	struct scene scene;
	uint64_t whole;

	scene_init(&scene);
	place = place_of(&scene, 0);
	for (size_t size = 0; size < payload->len; size++) {
		AUTO(str) char *exact = g_memdup2(payload->data, size);

		CHECK_INT(seal_open(scene.sealer, scene.key, &place, exact,
				    size, &whole, out, NULL),
			  -1);
	}
	for (size_t bit = 0; bit < 8 * (size_t)payload->len; bit++) {
		payload->data[bit / 8] ^= (guint8)(1 << bit % 8);
		CHECK_INT(seal_open(scene.sealer, scene.key, &place,
				    payload->data, payload->len, &whole, out,
				    NULL),
			  -1);
		payload->data[bit / 8] ^= (guint8)(1 << bit % 8);
	}
	CHECK_INT(out->len, 0);
	scene_release(&scene);
}

/* Text that compresses somewhat, from a fixed generator. */
static GByteArray *text_of(size_t size, bool noise)
{
	GByteArray *text = g_byte_array_sized_new((guint)size + 1);
	uint32_t state = 12345;

	for (size_t i = 0; i < size; i++) {
		guint8 byte;

		state = state * 1664525 + 1013904223;
		byte = (guint8)(noise ? state >> 24 : 'a' + (state >> 29));
		g_byte_array_append(text, &byte, 1);
	}
	return text;
}

static void check_round(const struct scene *scene, enum seal_kind kind,
			const GByteArray *text)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	AUTO(bytes) GByteArray *again = g_byte_array_new();
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct seal_place place = place_of(scene, 0);
	struct err err = { 0 };
	uint64_t whole = 7, plain;

	place.kind = kind;
	place.name_size = kind == SEAL_MESSAGE ? 36 : 0;
	g_byte_array_append(out, (const guint8 *)"x", 1);
	seal_close(scene->sealer, scene->key, &place, text->data, text->len,
		   text->len, payload);
	seal_close(scene->sealer, scene->key, &place, text->data, text->len,
		   text->len, again);
	CHECK_INT(payload->len, again->len);
	CHECK_MEM(payload->data, again->data, payload->len);
	plain = payload->len - 41;
	CHECK_INT(seal_padme(plain), plain);
	CHECK(plain >= 256);
	if (!CHECK_INT(seal_open(scene->sealer, scene->key, &place,
				 payload->data, payload->len, &whole, out,
				 &err),
		       0))
		printf("# %s\n", err.text);
	CHECK_INT(whole, text->len);
	CHECK_INT(out->len, text->len + 1);
	CHECK_MEM(out->data + 1, text->data, MIN(text->len, out->len - 1));
}

TEST(what_is_closed_opens_and_is_the_same_each_time)
{
	static const size_t sizes[] = {
		0,     1,     200,    250,    5000,
		16383, 16385, 131072, 262145, MESSAGE_PIECE
	};
	static const enum seal_kind kinds[] = { SEAL_MESSAGE, SEAL_THREAD,
						SEAL_SENT, SEAL_LINKS,
						SEAL_MEMBERS };
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes) GByteArray *text = text_of(sizes[i], false);
		AUTO(bytes) GByteArray *noise = text_of(sizes[i], true);

		for (size_t j = 0; j < G_N_ELEMENTS(kinds); j++) {
			check_round(&scene, kinds[j], text);
			check_round(&scene, kinds[j], noise);
		}
	}
	scene_release(&scene);
}

/* By the description, with libsodium alone. */
TEST(the_nonce_covers_all_that_is_encrypted_and_bound)
{
	static const uint8_t bound_size[8] = { 54 };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	AUTO(bytes) GByteArray *secret = vector("strand-key");
	uint8_t cipher[32], nonce_key[32], bound[54], nonce[24];
	crypto_generichash_state state;
	struct seal_place place;
	struct scene scene;
	guint8 *plain;
	size_t size;

	scene_init(&scene);
	place = place_of(&scene, 0);
	seal_close(scene.sealer, scene.key, &place, "hello", 5, 5, payload);
	CHECK_INT(payload->data[0], 2);
	bound[0] = 2;
	bound[1] = 'm';
	memcpy(bound + 2, scene.strand.bytes, 16);
	memcpy(bound + 18, place.name, 36);
	crypto_kdf_derive_from_key(cipher, 32, 1, "defmsThr", secret->data);
	crypto_kdf_derive_from_key(nonce_key, 32, 2, "defmsThr", secret->data);
	size = payload->len - 41;
	plain = g_malloc(size);
	CHECK_INT(crypto_aead_xchacha20poly1305_ietf_decrypt(
			  plain, NULL, NULL, payload->data + 25,
			  payload->len - 25, bound, sizeof(bound),
			  payload->data + 1, cipher),
		  0);
	CHECK_MEM(plain, "\5\0\0\0\0\0\0\0\x28\xb5\x2f\xfd", 12);
	crypto_generichash_init(&state, nonce_key, 32, 24);
	crypto_generichash_update(&state, bound_size, 8);
	crypto_generichash_update(&state, bound, sizeof(bound));
	crypto_generichash_update(&state, plain, size);
	crypto_generichash_final(&state, nonce, 24);
	CHECK_MEM(nonce, payload->data + 1, 24);
	g_free(plain);
	scene_release(&scene);
}

TEST(padme_rounds_as_its_paper_says)
{
	static const struct {
		uint64_t size, padded;
	} known[] = { { 0, 0 },       { 1, 1 },        { 2, 2 },
		      { 9, 10 },      { 100, 104 },    { 256, 256 },
		      { 257, 272 },   { 1000, 1024 },  { 1024, 1024 },
		      { 1025, 1088 }, { 65537, 67584 } };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		CHECK_INT(seal_padme(known[i].size), known[i].padded);
	for (uint64_t size = 1; size < 100000; size++) {
		uint64_t padded = seal_padme(size);

		if (padded < size || padded - size > size * 12 / 100 ||
		    seal_padme(padded) != padded)
			CHECK_INT(size, -1);
	}
	CHECK(seal_padme(UINT64_MAX) == UINT64_MAX);
}

TEST(an_id_of_content_depends_on_the_strand)
{
	AUTO(bytes) GByteArray *content = vector("content");
	struct message_id got;
	struct scene scene;

	scene_init(&scene);
	got = strand_key_id(scene.key, content->data, content->len);
	CHECK_MEM(got.bytes, scene.id.bytes, sizeof(got.bytes));
	got = message_id_of(strand_key_id_key(scene.key), content->data,
			    content->len);
	CHECK_MEM(got.bytes, scene.id.bytes, sizeof(got.bytes));
	scene_release(&scene);
}

TEST(a_strand_id_is_32_lower_case_digits)
{
	static const char *const bad[] = {
		"",
		"0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0",
		"0123456789Abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdeg",
		" 123456789abcdef0123456789abcdef",
	};
	char hex[STRAND_ID_HEX + 1];
	struct strand_id id;
	struct err err;

	CHECK_INT(
		strand_id_parse("0123456789abcdef0123456789abcdef", &id, NULL),
		0);
	strand_id_print(&id, hex);
	CHECK_STR(hex, "0123456789abcdef0123456789abcdef");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		CHECK_INT(strand_id_parse(bad[i], &id, &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
}

TEST(a_trace_is_packed_small_and_comes_back)
{
	static const char trace[] =
		"\0\xe4\1Return-Path: <linux-man-owner@vger.kernel.org>\n"
		"Received: (majordomo@vger.kernel.org) by vger.kernel.org via "
		"listexpand\n\tid S232023AbhATKWF; Wed, 20 Jan 2021 05:22:05 "
		"-0500\n";
	AUTO(bytes) GByteArray *packed = g_byte_array_new();
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct scene scene;
	struct err err;

	scene_init(&scene);
	seal_pack_trace(scene.sealer, trace, sizeof(trace), packed);
	CHECK(packed->len < sizeof(trace) / 2);
	CHECK_INT(seal_unpack_trace(scene.sealer, packed->data, packed->len,
				    sizeof(trace), out, &err),
		  0);
	CHECK_INT(out->len, sizeof(trace));
	CHECK_MEM(out->data, trace, MIN(out->len, sizeof(trace)));
	CHECK_INT(seal_unpack_trace(scene.sealer, packed->data, packed->len,
				    sizeof(trace) - 1, out, &err),
		  -1);
	CHECK_INT(err.code, EBADMSG);
	for (size_t size = 0; size < packed->len; size++)
		CHECK_INT(seal_unpack_trace(scene.sealer, packed->data, size,
					    1000, out, &err),
			  -1);
	g_byte_array_append(packed, (const guint8 *)"", 1);
	CHECK_INT(seal_unpack_trace(scene.sealer, packed->data, packed->len,
				    1000, out, &err),
		  -1);
	CHECK_INT(out->len, sizeof(trace));
	scene_release(&scene);
}

/* zstd declares a window of 2 MiB for what is longer than that. */
TEST(a_trace_of_any_length_comes_back)
{
	static const size_t sizes[] = { 1 << 20, (1 << 20) + 1, 2 << 20,
					(2 << 20) + 1, MESSAGE_TRACE };
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	struct scene scene;
	struct err err = { 0 };

	scene_init(&scene);
	while (trace->len < MESSAGE_TRACE) {
		AUTO(str)
		char *line = g_strdup_printf("Received: by x%08x\n",
					     trace->len * 2654435761u);

		g_byte_array_append(trace, (const guint8 *)line,
				    (guint)strlen(line));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes) GByteArray *packed = g_byte_array_new();
		AUTO(bytes) GByteArray *out = g_byte_array_new();

		seal_pack_trace(scene.sealer, trace->data, sizes[i], packed);
		CHECK_INT(seal_unpack_trace(scene.sealer, packed->data,
					    packed->len, MESSAGE_TRACE, out,
					    &err),
			  0);
		CHECK_INT(out->len, sizes[i]);
		CHECK_MEM(out->data, trace->data, MIN(out->len, sizes[i]));
	}
	scene_release(&scene);
}
