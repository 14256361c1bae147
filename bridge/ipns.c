/* SPDX-License-Identifier: ISC */
/* https://specs.ipfs.tech/ipns/ipns-record/, as version 2 alone (all of it
 * signed), which every node of the last years takes:
 *
 *	42 40 <64>		protobuf field 8: signature by the name's key
 *				of "ipns-signature:" and the data
 *	4a varint(n) <n>	field 9: the data, DAG-CBOR, a map with the keys
 *		a5			in this order, each number as short as
 *		63 TTL <uint>		it can be
 *		65 Value 58 2e "/ipfs/baf4bcf..."
 *		68 Sequence <uint>
 *		68 Validity 58 1e "2027-11-23T00:00:00.000000000Z"
 *		6c ValidityType 00
 *
 * The name is the CIDv1 of the public key: `01 72 00 24 08 01 12 20 <32>`
 * (libp2p-key, identity, protobuf of an Ed25519 key) in base36 after a k.
 *
 * One value has one form: what is parsed is written again and compared. */
#include "ipns.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "defms/cid.h"

enum {
	NAME_BYTES = 40,
	NAME_PREFIX = NAME_BYTES - KEY_PUBLIC,
	VALUE = 6 + CID_TEXT, /* "/ipfs/" and a CID */
	VALIDITY = 30,
	SIGNATURE_AT = 2,
	DATA_AT = SIGNATURE_AT + KEY_SIGNATURE,
	RECORD_MOST = 210, /* all numbers at their largest */
};

static const uint8_t name_prefix[NAME_PREFIX] = { 0x01, 0x72, 0x00, 0x24,
						  0x08, 0x01, 0x12, 0x20 };
static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const char signed_prefix[] = "ipns-signature:";
static const char value_prefix[] = "/ipfs/";

/* The last second of the year 9999: no date is later. */
static const int64_t date_most = INT64_C(253402300799);

/* -- names ----------------------------------------------------------------- */

void ipns_name_print(const uint8_t key[KEY_PUBLIC], char text[IPNS_NAME + 1])
{
	uint8_t number[NAME_BYTES];

	memcpy(number, name_prefix, NAME_PREFIX);
	memcpy(number + NAME_PREFIX, key, KEY_PUBLIC);
	text[0] = 'k';
	text[IPNS_NAME] = '\0';
	for (size_t at = IPNS_NAME - 1; at > 0; at--) {
		unsigned rest = 0;

		for (size_t i = 0; i < NAME_BYTES; i++) {
			rest = rest << 8 | number[i];
			number[i] = (uint8_t)(rest / 36);
			rest %= 36;
		}
		text[at] = digits[rest];
	}
}

/* number = 36 * number + digit; is there room? */
static bool push_digit(uint8_t number[NAME_BYTES], unsigned digit)
{
	for (size_t i = NAME_BYTES; i-- > 0;) {
		digit += 36U * number[i];
		number[i] = (uint8_t)digit;
		digit >>= 8;
	}
	return digit == 0;
}

int ipns_name_parse(const char *text, size_t size, uint8_t key_r[KEY_PUBLIC],
		    struct err *err)
{
	uint8_t number[NAME_BYTES] = { 0 };
	bool fits = size == IPNS_NAME && text[0] == 'k';

	for (size_t i = 1; fits && i < size; i++) {
		const char *digit = memchr(digits, text[i], 36);

		fits = digit && push_digit(number, (unsigned)(digit - digits));
	}
	if (!fits || memcmp(number, name_prefix, NAME_PREFIX) != 0)
		return err_set(err, EINVAL,
			       "not an IPNS name of an Ed25519 "
			       "key (k51...)");
	memcpy(key_r, number + NAME_PREFIX, KEY_PUBLIC);
	return 0;
}

/* -- writing --------------------------------------------------------------- */

static void put(GByteArray *out, const void *data, size_t size)
{
	(void)g_byte_array_append(out, data, (guint)size);
}

static void put_text(GByteArray *out, const char *text)
{
	put(out, text, strlen(text));
}

/* A CBOR unsigned integer, as short as it can be. */
static void put_number(GByteArray *out, uint64_t value)
{
	uint8_t bytes[9];
	unsigned size = value < 24 ? 0 : 1;

	while (size > 0 && size < 8 && value >> (8 * size))
		size *= 2;
	bytes[0] =
		(uint8_t)(size == 0 ? value
				    : 24U + (unsigned)g_bit_nth_lsf(size, -1));
	for (unsigned i = 0; i < size; i++)
		bytes[1 + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	put(out, bytes, 1 + size);
}

static void put_date(GByteArray *out, int64_t date)
{
	time_t when = (time_t)CLAMP(date, 0, date_most);
	char text[VALIDITY + 1];
	struct tm tm;

	(void)gmtime_r(&when, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
	put_text(out, text);
}

static void put_data(const struct ipns_record *record, GByteArray *out)
{
	char cid[CID_TEXT + 1];

	cid_print(&record->root, cid);
	put_text(out, "\xa5\x63TTL");
	put_number(out, record->ttl_ns);
	put_text(out, "\x65Value\x58\x2e");
	put_text(out, value_prefix);
	put_text(out, cid);
	put_text(out, "\x68Sequence");
	put_number(out, record->sequence);
	put_text(out, "\x68Validity\x58\x1e");
	put_date(out, record->valid_until);
	put(out, "\x6cValidityType\0", 14);
}

static void put_record(const uint8_t signature[KEY_SIGNATURE],
		       const GByteArray *data, GByteArray *out)
{
	bool is_long = data->len >= 128; /* never over 16383 */
	uint8_t head[3] = { 0x4a, (uint8_t)data->len, 0 };

	if (is_long) {
		head[1] |= 0x80;
		head[2] = (uint8_t)(data->len >> 7);
	}
	put(out, "\x42\x40", SIGNATURE_AT);
	put(out, signature, KEY_SIGNATURE);
	put(out, head, is_long ? 3 : 2);
	put(out, data->data, data->len);
}

/* What is signed. Caller unrefs. */
static GByteArray *signed_bytes(const GByteArray *data)
{
	GByteArray *bytes = g_byte_array_new();

	put_text(bytes, signed_prefix);
	put(bytes, data->data, data->len);
	return bytes;
}

void ipns_write(const struct ipns_record *record, const struct key_pair *pair,
		GByteArray *out)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	AUTO(bytes) GByteArray *bytes = NULL;
	uint8_t signature[KEY_SIGNATURE];

	put_data(record, data);
	bytes = signed_bytes(data);
	key_pair_sign(pair, bytes->data, bytes->len, signature);
	put_record(signature, data, out);
}

/* -- parsing --------------------------------------------------------------- */

/* What is left to parse. */
struct rest {
	const uint8_t *at, *end;
};

/* Pass over `size` bytes. NULL if there are not as many. */
static const uint8_t *pass(struct rest *rest, size_t size)
{
	const uint8_t *at = rest->at;

	if ((size_t)(rest->end - at) < size)
		return NULL;
	rest->at += size;
	return at;
}

static bool pass_text(struct rest *rest, const char *text)
{
	const uint8_t *at = pass(rest, strlen(text));

	return at && memcmp(at, text, strlen(text)) == 0;
}

static bool read_number(struct rest *rest, uint64_t *value_r)
{
	const uint8_t *head = pass(rest, 1), *at;
	size_t size;

	if (!head || *head > 27)
		return false;
	*value_r = *head;
	if (*head < 24)
		return true;
	size = (size_t)1 << (*head - 24);
	at = pass(rest, size);
	*value_r = 0;
	for (size_t i = 0; at && i < size; i++)
		*value_r = *value_r << 8 | at[i];
	return at != NULL;
}

/* "2027-11-23T00:00:00.000000000Z"; another text may give a wrong time. */
static bool read_date(struct rest *rest, int64_t *date_r)
{
	const uint8_t *at = pass(rest, VALIDITY);
	char text[VALIDITY + 1];
	struct tm tm = { 0 };

	if (!at)
		return false;
	memcpy(text, at, VALIDITY);
	text[VALIDITY] = '\0';
	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return false;
	*date_r = timegm(&tm);
	return true;
}

static bool read_data(struct rest *rest, struct ipns_record *record)
{
	const uint8_t *cid;

	if (!pass_text(rest, "\xa5\x63TTL") ||
	    !read_number(rest, &record->ttl_ns) ||
	    !pass_text(rest, "\x65Value\x58\x2e") ||
	    !pass_text(rest, value_prefix))
		return false;
	cid = pass(rest, CID_TEXT);
	return cid &&
	       cid_parse((const char *)cid, CID_TEXT, &record->root, NULL) ==
		       0 &&
	       pass_text(rest, "\x68Sequence") &&
	       read_number(rest, &record->sequence) &&
	       pass_text(rest, "\x68Validity\x58\x1e") &&
	       read_date(rest, &record->valid_until);
}

int ipns_parse(const void *data, size_t size, const uint8_t key[KEY_PUBLIC],
	       struct ipns_record *record_r, struct err *err)
{
	AUTO(bytes) GByteArray *again = g_byte_array_new();
	AUTO(bytes) GByteArray *inner = g_byte_array_new();
	AUTO(bytes) GByteArray *bytes = NULL;
	const uint8_t *start = data, *signature;
	struct rest rest = { start, start + size };
	struct ipns_record record;

	/* the length of the data shows when it is written again */
	if (size <= DATA_AT + 2 || size > RECORD_MOST ||
	    !pass(&rest,
		  start[DATA_AT + 1] & 0x80 ? DATA_AT + 3 : DATA_AT + 2) ||
	    !read_data(&rest, &record))
		return err_set(err, EBADMSG, "not an IPNS record of ours");
	signature = start + SIGNATURE_AT;
	put_data(&record, inner);
	put_record(signature, inner, again);
	if (again->len != size || memcmp(again->data, data, size) != 0)
		return err_set(err, EBADMSG, "not an IPNS record of ours");
	bytes = signed_bytes(inner);
	if (!key_signature_holds(key, bytes->data, bytes->len, signature))
		return err_set(err, EBADMSG,
			       "an IPNS record that its key did not sign");
	*record_r = record;
	return 0;
}
