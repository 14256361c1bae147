/* SPDX-License-Identifier: ISC */
#include "ipns.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

/* The pair that the vectors are signed with. */
static struct key_pair *known_pair(void)
{
	AUTO(bytes) GByteArray *seed = vector("ipns-seed");

	return key_pair_new(seed->data);
}

static const struct {
	const char *vector;
	uint64_t sequence, ttl_ns;
	int64_t valid_until;
} known[] = {
	{ "ipns-record", 1795845888, UINT64_C(300000000000), 1826928000 },
	{ "ipns-record-small", 23, 0, 0 },
	{ "ipns-record-large", UINT64_MAX, UINT64_C(1) << 32,
	  INT64_C(253402300799) },
};

TEST(records_are_those_of_the_second_implementation)
{
	AUTO(key_pair) struct key_pair *pair = known_pair();
	AUTO(bytes) GByteArray *id = vector("car-id");

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *want = vector(known[i].vector);
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct ipns_record record = {
			.sequence = known[i].sequence,
			.ttl_ns = known[i].ttl_ns,
			.valid_until = known[i].valid_until,
		};
		struct ipns_record back;
		struct err err;

		memcpy(record.root.bytes, id->data, id->len);
		ipns_write(&record, pair, out);
		CHECK_INT(out->len, want->len);
		CHECK_MEM(out->data, want->data, MIN(out->len, want->len));
		CHECK_INT(ipns_parse(want->data, want->len,
				     key_pair_public(pair), &back, &err),
			  0);
		CHECK(object_id_equal(&back.root, &record.root));
		CHECK(back.sequence == record.sequence);
		CHECK(back.ttl_ns == record.ttl_ns);
		CHECK_INT(back.valid_until, record.valid_until);
	}
}

TEST(any_sequence_and_date_come_back)
{
	AUTO(key_pair) struct key_pair *pair = known_pair();

	for (unsigned bit = 0; bit < 64; bit++) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct ipns_record record = { .sequence = UINT64_C(1) << bit };
		struct ipns_record back;
		struct err err;

		record.ttl_ns = record.sequence - 1;
		record.valid_until = INT64_C(86399) << bit % 21;
		ipns_write(&record, pair, out);
		CHECK_INT(ipns_parse(out->data, out->len, key_pair_public(pair),
				     &back, &err),
			  0);
		CHECK(back.sequence == record.sequence);
		CHECK(back.ttl_ns == record.ttl_ns);
		CHECK_INT(back.valid_until, record.valid_until);
	}
}

TEST(a_date_beyond_is_moved_to_the_edge)
{
	static const int64_t dates[][2] = {
		{ INT64_MIN, 0 },
		{ -1, 0 },
		{ INT64_MAX, INT64_C(253402300799) },
	};
	AUTO(key_pair) struct key_pair *pair = known_pair();

	for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct ipns_record record = { .valid_until = dates[i][0] };
		struct err err;

		ipns_write(&record, pair, out);
		CHECK_INT(ipns_parse(out->data, out->len, key_pair_public(pair),
				     &record, &err),
			  0);
		CHECK_INT(record.valid_until, dates[i][1]);
	}
}

TEST(every_flipped_bit_and_truncation_is_refused)
{
	AUTO(key_pair) struct key_pair *pair = known_pair();
	const uint8_t *key = key_pair_public(pair);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *record = vector(known[i].vector);
		struct ipns_record got;
		struct err err;

		for (size_t bit = 0; bit < 8 * (size_t)record->len; bit++) {
			record->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK_INT(ipns_parse(record->data, record->len, key,
					     &got, &err),
				  -1);
			CHECK_INT(err.code, EBADMSG);
			record->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t size = 0; size < record->len; size++) {
			AUTO(str) char *cut = g_memdup2(record->data, size);

			CHECK_INT(ipns_parse(cut, size, key, &got, &err), -1);
			CHECK_INT(err.code, EBADMSG);
		}
	}
}

TEST(signed_records_of_another_form_are_refused)
{
	static const char *const names[] = {
		"raw",
		"path",
		"date",
		"date-space",
		"date-nanoseconds",
		"date-zone",
		"type",
		"type-missing",
		"more",
		"number-long",
		"number-not-short",
		"prefix",
		"field-twice",
	};
	AUTO(key_pair) struct key_pair *pair = known_pair();

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		AUTO(str) char *name = g_strconcat("bad-ipns-", names[i], NULL);
		AUTO(bytes) GByteArray *record = vector(name);
		struct ipns_record got;
		struct err err;

		if (!CHECK_INT(ipns_parse(record->data, record->len,
					  key_pair_public(pair), &got, &err),
			       -1))
			printf("# %s\n", name);
	}
}

TEST(the_record_of_another_name_is_refused)
{
	AUTO(bytes) GByteArray *record = vector("ipns-record");
	AUTO(key_pair)
	struct key_pair *other = key_pair_new((const uint8_t[32]){ 1 });
	struct ipns_record got;
	struct err err;

	CHECK_INT(ipns_parse(record->data, record->len, key_pair_public(other),
			     &got, &err),
		  -1);
	CHECK_STR(err.text, "an IPNS record that its key did not sign");
}

TEST(names_are_those_of_the_second_implementation)
{
	AUTO(key_pair) struct key_pair *pair = known_pair();
	static const uint8_t zeros[KEY_PUBLIC];
	const struct {
		const char *vector;
		const uint8_t *key;
	} names[] = {
		{ "ipns-name", key_pair_public(pair) },
		{ "ipns-name-zeros", zeros },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		AUTO(str) char *want = vector_text(names[i].vector);
		uint8_t key[KEY_PUBLIC];
		char text[IPNS_NAME + 1];
		struct err err;

		ipns_name_print(names[i].key, text);
		CHECK_STR(text, want);
		CHECK_INT(ipns_name_parse(text, IPNS_NAME, key, &err), 0);
		CHECK_MEM(key, names[i].key, sizeof(key));
	}
}

TEST(each_bit_of_a_key_goes_into_its_name_and_back)
{
	for (size_t bit = 0; bit < (size_t)8 * KEY_PUBLIC; bit++) {
		uint8_t key[KEY_PUBLIC] = { 0 }, back[KEY_PUBLIC];
		char text[IPNS_NAME + 1];
		struct err err;

		key[bit / 8] = (uint8_t)(1 << bit % 8);
		ipns_name_print(key, text);
		CHECK(g_str_has_prefix(text, "k51"));
		CHECK_INT(ipns_name_parse(text, IPNS_NAME, back, &err), 0);
		CHECK_MEM(back, key, sizeof(key));
	}
}

TEST(what_is_no_name_is_refused)
{
	static const char *const texts[] = {
		"",
		"k",
		"K51QZI5UQU5DI67CIXIBP0E4KN7MX3Z5OKBA8RH7SS05ZKQ8Y16ZC834S8BU8"
		"4",
		"k51qzi5uqu5di67cixibp0e4kn7mx3z5okba8rh7ss05zkq8y16zc834s8bu8",
		"k51qzi5uqu5di67cixibp0e4kn7mx3z5okba8rh7ss05zkq8y16zc834s8bu84"
		"0",
		"k51qzi5uqu5di67cixibp0e4kn7mx3z5okba8rh7ss05zkq8y16zc834s8bu8"
		"-",
		"b51qzi5uqu5di67cixibp0e4kn7mx3z5okba8rh7ss05zkq8y16zc834s8bu8"
		"4",
		"kzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
		"z",
		"k000000000000000000000000000000000000000000000000000000000000"
		"0",
		"12D3KooWGjMCWjSpZHeVBrmW3qHUiJvZ5rEaJXLKBjRYKzqvuuSz",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		uint8_t key[KEY_PUBLIC];
		struct err err;

		CHECK_INT(
			ipns_name_parse(texts[i], strlen(texts[i]), key, &err),
			-1);
		CHECK_INT(err.code, EINVAL);
	}
}
