/* SPDX-License-Identifier: ISC */
#include "defms/cid.h"

#include <errno.h>

#include "test.h"
#include "vectors.h"

TEST(a_cid_is_what_the_second_implementation_says)
{
	AUTO(bytes) GByteArray *id = vector("car-id");
	AUTO(str) char *want = vector_text("car-cid");
	struct object_id given, back;
	char text[CID_TEXT + 1];
	struct err err;

	CHECK_INT(id->len, sizeof(given.bytes));
	memcpy(given.bytes, id->data, sizeof(given.bytes));
	cid_print(&given, text);
	CHECK_STR(text, want);
	CHECK_INT(cid_parse(text, CID_TEXT, &back, &err), 0);
	CHECK_MEM(back.bytes, given.bytes, sizeof(back.bytes));
}

TEST(each_bit_of_an_id_goes_there_and_back)
{
	for (size_t i = 0; i < 8 * sizeof(struct object_id); i++) {
		struct object_id id = { { 0 } }, back;
		char text[CID_TEXT + 1];
		uint8_t cid[CID_SIZE];
		struct err err;

		id.bytes[i / 8] = (uint8_t)(1 << i % 8);
		cid_print(&id, text);
		CHECK_INT(strlen(text), CID_TEXT);
		CHECK_INT(cid_parse(text, CID_TEXT, &back, &err), 0);
		CHECK_MEM(back.bytes, id.bytes, sizeof(id.bytes));
		cid_write(&id, cid);
		CHECK_INT(cid_read(cid, CID_SIZE, &back, &err), 0);
		CHECK_MEM(back.bytes, id.bytes, sizeof(id.bytes));
	}
}

TEST(another_text_is_refused)
{
	static const char base[] = "abcdefghijklmnopqrstuvwxyz234567ABZ189=-/";
	AUTO(str) char *text = vector_text("car-cid");
	struct object_id id, back;
	struct err err;

	CHECK_INT(cid_parse(text, CID_TEXT, &id, &err), 0);
	CHECK_INT(cid_parse(text, CID_TEXT - 1, &back, &err), -1);
	CHECK_INT(cid_parse(text, CID_TEXT + 1, &back, &err), -1);
	for (size_t i = 0; i < CID_TEXT; i++) {
		char was = text[i];

		for (const char *other = base; *other; other++) {
			text[i] = *other;
			if (*other == was)
				continue;
			if (cid_parse(text, CID_TEXT, &back, &err) == 0)
				CHECK(!object_id_equal(&back, &id));
			else
				CHECK_INT(err.code, EBADMSG);
		}
		text[i] = was;
	}
	text[CID_TEXT - 1]++; /* a bit that no byte has */
	CHECK_INT(cid_parse(text, CID_TEXT, &back, &err), -1);
}

TEST(the_cid_of_another_codec_or_hash_is_refused)
{
	uint8_t cid[CID_SIZE] = { 0x01, 0x78, 0x11, 0x14 };
	struct object_id id;
	struct err err;

	CHECK_INT(cid_read(cid, CID_SIZE, &id, &err), 0);
	CHECK_INT(cid_read(cid, CID_SIZE - 1, &id, &err), -1);
	for (size_t i = 0; i < 4; i++) {
		cid[i] ^= 1;
		CHECK_INT(cid_read(cid, CID_SIZE, &id, &err), -1);
		CHECK_INT(err.code, EBADMSG);
		cid[i] ^= 1;
	}
}
