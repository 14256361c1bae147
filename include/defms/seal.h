/* SPDX-License-Identifier: ISC */
/* Sealing: what a private strand keeps is compressed, padded and encrypted,
 * deterministically (design: "Payload"; byte for byte in defms-formats(5)). */
#ifndef DEFMS_SEAL_H
#define DEFMS_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/message.h"

struct strand_id {
	uint8_t bytes[16];
};

enum { STRAND_ID_HEX = 32 };

/* What a payload is; the byte stands in the associated data. */
enum seal_kind {
	SEAL_MESSAGE = 'm',
	SEAL_THREAD = 't',
	SEAL_MEMBERS = 'u',
	SEAL_LINKS = 'l',
	SEAL_SENT = 's',
	SEAL_CARD = 'c',
};

/* The place a payload belongs to; it opens nowhere else. */
struct seal_place {
	enum seal_kind kind;
	struct strand_id strand; /* all zero for a card */
	uint8_t name[36];        /* message: id + le32(piece); card: root pk */
	size_t name_size;        /* 36, 32 or 0 */
};

/* The place of piece `number` of message `id`; 0 if it is whole. */
struct seal_place seal_place_message(const struct strand_id *strand,
				     const struct message_id *id,
				     uint32_t number);

/* kE, kN and kI of one strand, in locked memory. */
struct strand_key;
struct strand_key *strand_key_new(void);
void strand_key_free(struct strand_key *key);
AUTO_KIND(strand_key, struct strand_key, strand_key_free)

/* Fill `key` from the strand's 32-byte key K. */
void strand_key_derive(struct strand_key *key, const uint8_t secret[32]);

/* The id of content in the strand of `key`. */
struct message_id strand_key_id(const struct strand_key *key, const void *data,
				size_t size);

/* The 32 bytes of kI, for message_hasher_new(). Borrowed from `key`. */
const uint8_t *strand_key_id_key(const struct strand_key *key);

/* Compression contexts; one a worker. */
struct sealer;
struct sealer *sealer_new(void);
void sealer_free(struct sealer *sealer);
AUTO_KIND(sealer, struct sealer, sealer_free)

/* Append the payload of `size` bytes (content, or one piece of it) to `out`.
 * `whole` is the length of the whole content, `size` at most MESSAGE_PIECE.
 * Equal input gives equal bytes with the same zstd. */
void seal_close(struct sealer *sealer, const struct strand_key *key,
		const struct seal_place *place, const void *data, size_t size,
		uint64_t whole, GByteArray *out);

/* Open a payload: append the content or piece to `out` and give the length of
 * the whole content. EBADMSG if it is not exactly what seal_close() makes for
 * this key and place: wrong format byte, key, place, nonce, length, padding,
 * a frame over MESSAGE_PIECE or a window over 1 MiB. */
int seal_open(struct sealer *sealer, const struct strand_key *key,
	      const struct seal_place *place, const void *payload, size_t size,
	      uint64_t *whole_r, GByteArray *out, struct err *err);

/* Plain zstd with the trace dictionary, for traces in state.db (not secret
 * there, see design 3.3). Append the frame / the bytes. EBADMSG if `data` is
 * no frame or opens to more than `limit` bytes. */
void seal_pack_trace(struct sealer *sealer, const void *data, size_t size,
		     GByteArray *out);
int seal_unpack_trace(struct sealer *sealer, const void *data, size_t size,
		      size_t limit, GByteArray *out, struct err *err);

/* Padme: the smallest padded size >= size that leaks O(log log size) bits. */
uint64_t seal_padme(uint64_t size);

/* 32 hex digits and a NUL; parse exactly those, -1 and EINVAL otherwise. */
void strand_id_print(const struct strand_id *id, char hex[STRAND_ID_HEX + 1]);
int strand_id_parse(const char *hex, struct strand_id *id_r, struct err *err);

#endif
