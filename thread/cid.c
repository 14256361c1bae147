/* SPDX-License-Identifier: ISC */
/* 24 bytes are 192 bits: 39 digits of 5 bits (RFC 4648, without padding), the
 * last with two zero bits at its end, after the multibase prefix. */
#include "defms/cid.h"

#include <errno.h>
#include <string.h>

enum { DIGITS = CID_TEXT - 1 };

static const uint8_t prefix[4] = { 0x01, 0x78, 0x11, 0x14 };
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

void cid_write(const struct object_id *id, uint8_t cid[CID_SIZE])
{
	memcpy(cid, prefix, sizeof(prefix));
	memcpy(cid + sizeof(prefix), id->bytes, sizeof(id->bytes));
}

int cid_read(const uint8_t *cid, size_t size, struct object_id *id_r,
	     struct err *err)
{
	if (size != CID_SIZE || memcmp(cid, prefix, sizeof(prefix)) != 0)
		return err_set(err, EBADMSG, "not the CID of a git object");
	memcpy(id_r->bytes, cid + sizeof(prefix), sizeof(id_r->bytes));
	return 0;
}

void cid_print(const struct object_id *id, char text[CID_TEXT + 1])
{
	uint8_t cid[CID_SIZE + 1] = { 0 }; /* the last digit reads beyond */

	cid_write(id, cid);
	text[0] = 'b';
	for (size_t i = 0; i < DIGITS; i++) {
		size_t bit = 5 * i, at = bit / 8;
		unsigned pair = (unsigned)(cid[at] << 8 | cid[at + 1]);

		text[1 + i] = digits[pair >> (11 - bit % 8) & 31];
	}
	text[CID_TEXT] = '\0';
}

int cid_parse(const char *text, size_t size, struct object_id *id_r,
	      struct err *err)
{
	uint8_t cid[CID_SIZE + 1] = { 0 };
	char again[CID_TEXT + 1];

	for (size_t i = 0; i < DIGITS && size == CID_TEXT; i++) {
		const char *digit = memchr(digits, text[1 + i], 32);
		size_t bit = 5 * i, at = bit / 8;
		unsigned value = digit ? (unsigned)(digit - digits) : 0;

		value <<= 11 - bit % 8;
		cid[at] |= (uint8_t)(value >> 8);
		cid[at + 1] |= (uint8_t)value;
	}
	if (size != CID_TEXT || cid_read(cid, CID_SIZE, id_r, err) < 0)
		return err_set(err, EBADMSG, "not the CID of a git object");
	cid_print(id_r, again);
	if (memcmp(again, text, CID_TEXT) != 0)
		return err_set(err, EBADMSG, "not the CID of a git object");
	return 0;
}
