/* SPDX-License-Identifier: ISC */
/* The inside of struct identity: for key*.c and sign*.c alone. */
#ifndef THREAD_IDENTITY_H
#define THREAD_IDENTITY_H

#include <stdbool.h>

#include "defms/key.h"
#include "defms/secret.h"

enum {
	IDENTITY_PERSONS = 256,    /* generations that are kept */
	IDENTITY_TEXT = 32 * 1024, /* the plain text of the file at most */
	PASSPHRASE = 1024,         /* bytes of one at most */
	CARD_TEXT = 4096,
	CARD_MEMBERS = 16, /* devices, and addresses, of a card */
	CARD_ADDRESS = 254,
	CARD_NAME = 256,
};

/* All that must not be seen; lives in locked memory. */
struct identity_secrets {
	uint8_t root[32]; /* R, the seed; only with has_root */
	uint8_t persons[IDENTITY_PERSONS][32]; /* S_0 .. S_g */
	uint8_t device[32];                    /* D */
	uint8_t root_secret[64];               /* derived from R */
	uint8_t device_secret[64];             /* derived from D */
};

struct identity {
	struct identity_secrets *secrets; /* owned, secret_new() */
	bool has_root;                    /* false on a second device */
	size_t person_count;
	uint8_t root[32]; /* public keys */
	uint8_t device[32];
	char *card; /* owned; its text */
};

/* Derive all public and secret keys from the seeds in identity->secrets. */
void identity_derive(struct identity *identity);

/* X of generation `generation`, which there must be. */
void identity_seal_key(const struct identity *identity, size_t generation,
		       uint8_t public_key[32]);

/* The same and x, 32 bytes of memory for secrets. */
void identity_seal_pair(const struct identity *identity, size_t generation,
			uint8_t public_key[32], uint8_t *secret_key);

/* An Ed25519 signature by this device. */
void identity_sign(const struct identity *identity, const void *data,
		   size_t size, uint8_t signature[64]);

/* An empty card. */
struct card *card_new(void);

/* The text of a card of this identity, signed by its root; name, version,
 * devices and mails are those of `card`, in any order. Caller frees. EINVAL if
 * they have no form that card_parse() takes. */
int card_write(const struct card *card, const struct identity *identity,
	       char **text_r, struct err *err);

/* 32 digits for the H_20 of a root's public key. */
void fingerprint_print(const uint8_t root[32], char text[KEY_FINGERPRINT + 1]);

/* Ask for a passphrase into `text` (NUL-ended, PASSPHRASE bytes of locked
 * memory). EACCES if none is given. */
int passphrase_ask(const struct passphrase *passphrase, const char *path,
		   char *text, struct err *err);

#endif
