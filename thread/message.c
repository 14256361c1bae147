/* SPDX-License-Identifier: ISC */
#include "defms/message.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

/* libsodium picks its fast code once; it fails only without randomness. */
static void start(void)
{
	if (sodium_init() < 0)
		g_error("libsodium does not start");
}

struct message_id message_id_of(const uint8_t *key, const void *data,
				size_t size)
{
	struct message_id id;

	start();
	(void)crypto_generichash(id.bytes, sizeof(id.bytes), data, size, key,
				 key ? crypto_generichash_KEYBYTES : 0);
	return id;
}

int message_id_parse(const char *hex, struct message_id *id_r, struct err *err)
{
	struct message_id id;
	size_t len = strlen(hex);

	if (len != MESSAGE_ID_HEX || strspn(hex, "0123456789abcdef") != len ||
	    sodium_hex2bin(id.bytes, sizeof(id.bytes), hex, len, NULL, NULL,
			   NULL) < 0)
		return err_set(err, EINVAL, "not a message id");
	*id_r = id;
	return 0;
}

void message_id_print(const struct message_id *id, char hex[MESSAGE_ID_HEX + 1])
{
	(void)sodium_bin2hex(hex, MESSAGE_ID_HEX + 1, id->bytes,
			     sizeof(id->bytes));
}

struct message_hasher {
	crypto_generichash_state state; /* wants 64-byte alignment */
};

struct message_hasher *message_hasher_new(const uint8_t *key)
{
	struct message_hasher *hasher = g_aligned_alloc(
		1, sizeof(*hasher), _Alignof(struct message_hasher));

	start();
	(void)crypto_generichash_init(&hasher->state, key,
				      key ? crypto_generichash_KEYBYTES : 0,
				      sizeof(struct message_id));
	return hasher;
}

void message_hasher_add(struct message_hasher *hasher, const void *data,
			size_t size)
{
	(void)crypto_generichash_update(&hasher->state, data, size);
}

struct message_id message_hasher_end(struct message_hasher *hasher)
{
	struct message_id id;

	(void)crypto_generichash_final(&hasher->state, id.bytes,
				       sizeof(id.bytes));
	return id;
}

void message_hasher_free(struct message_hasher *hasher)
{
	if (!hasher)
		return;
	sodium_memzero(hasher, sizeof(*hasher)); /* the key is in there */
	g_aligned_free(hasher);
}

bool message_looks_like_mail(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t at = 0;

	if (size > 5 && memcmp(bytes, "From ", 5) == 0)
		return true;
	while (at < size && bytes[at] > ' ' && bytes[at] < 0x7f &&
	       bytes[at] != ':')
		at++;
	return at > 0 && at < size && bytes[at] == ':';
}
