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

/* Which file it was read from, or written to. */
struct identity_stamp {
	uint64_t inode, size;
	int64_t changed; /* ns */
};

/* What other workers read while identity_refresh() runs, `card` and
 * `person_count`, is only replaced as a whole: by identity_set_card(), and once
 * the secret it counts is there. */
struct identity {
	struct identity_secrets *secrets; /* owned, secret_new() */
	bool has_root;                    /* false on a second device */
	size_t person_count;
	uint8_t root[32]; /* public keys */
	uint8_t device[32];
	char *card;     /* owned; its text */
	GPtrArray *old; /* owned: cards that somebody may still look at */
	char *password; /* owned, secret_new(); NULL: the file is plain */
	bool behind;    /* the card is of a person secret that is not here */
	struct identity_stamp stamp;
};

/* One without anything. */
struct identity *identity_new(void);

/* How many person secrets there are. */
size_t identity_persons(const struct identity *identity);

/* Take over the text of a card. */
void identity_set_card(struct identity *identity, char *card);

/* Read what stands in `text` before "device": persons, and the card. Strict:
 * EBADMSG. */
struct scan;
int identity_parse_persons(struct scan *scan, struct identity *identity,
			   struct err *err);
int identity_parse_card(struct scan *scan, struct identity *identity,
			struct err *err);
/* Does the card belong to the seeds? Then its root is the identity's. */
int identity_check_card(struct identity *identity, struct err *err);
/* The same, written: to locked memory of IDENTITY_TEXT bytes. */
struct key_text {
	char *text; /* owned by whoever made it */
	size_t size;
};
void key_text_add(struct key_text *plain, const char *text);
void key_text_add_hex(struct key_text *plain, const char *before,
		      const uint8_t *bytes, size_t size);
void identity_draft_persons(const struct identity *identity,
			    struct key_text *plain);
void identity_draft_card(const struct identity *identity,
			 struct key_text *plain);

/* Write it to `path`, which must not be there, or must if `replace`. */
int identity_write(const char *path, struct identity *identity, bool replace,
		   struct err *err);

/* Derive all public and secret keys from the seeds in identity->secrets. */
void identity_derive(struct identity *identity);

/* X of generation `generation`, which there must be. */
void identity_seal_key(const struct identity *identity, size_t generation,
		       uint8_t public_key[32]);

/* The same and x, 32 bytes of memory for secrets. */
void identity_seal_pair(const struct identity *identity, size_t generation,
			uint8_t public_key[32], uint8_t *secret_key);

/* Read `path`, which `identity` was read from, once more, with the passphrase
 * that opened it. */
int identity_open_again(const char *path, const struct identity *identity,
			struct identity **identity_r, struct err *err);
/* Is the file still the one it was read from? */
bool identity_is_current(const char *path, const struct identity *identity);

/* Ask for the passphrase that its file at `path` will have; nothing if NULL. */
int identity_seal(struct identity *identity, const char *path,
		  const struct passphrase *passphrase, struct err *err);

/* An Ed25519 signature by this device. */
void identity_sign(const struct identity *identity, const void *data,
		   size_t size, uint8_t signature[64]);

/* Can these bytes stand in an addr line, as far as an address goes? */
bool card_is_address(const char *text, size_t size);

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
