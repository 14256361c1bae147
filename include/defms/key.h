/* SPDX-License-Identifier: ISC */
/* Who I am: the root pair, the person secrets, the sealing pair and the device
 * pair of design 3.5, kept in the file `identity`. Secrets live in locked
 * memory and never leave this module. */
#ifndef DEFMS_KEY_H
#define DEFMS_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/seal.h"

struct device_id {
	uint8_t bytes[16]; /* H_16 of the device's public key */
};

enum {
	DEVICE_ID_HEX = 32,
	KEY_FINGERPRINT = 32, /* base32 digits of a root's fingerprint */
};

struct identity;

/* How to ask for a passphrase: the first line that a command (/bin/sh -c)
 * prints, or at the terminal, without echo. */
struct passphrase {
	const char *command; /* borrowed: passphraseCommand; NULL: terminal */
	bool again;          /* ask twice at the terminal, for a new one */
};

/* Make a new person with a first device and write it to `path` (0600, created
 * exclusively, fsynced with its directory). EEXIST if the file is there.
 * `passphrase` is NULL for none. `name` and `mails` (1 to 16) go into the card,
 * `now` is its version; EINVAL if they cannot stand in one. EACCES if no
 * passphrase is given. The formats are at the top of key-file.c (the file),
 * key-box.c (under a passphrase) and key-card.c. */
int identity_create(const char *path, const char *name,
		    const char *const *mails, size_t mail_count, int64_t now,
		    const struct passphrase *passphrase,
		    struct identity **identity_r, struct err *err);

/* Read `path`. EPERM if others could write it or its directory or read it, or
 * if it is no regular file (ELOOP: a symlink); EACCES for a wrong passphrase,
 * or none (`passphrase` NULL) where one is needed; EBADMSG if it is damaged;
 * ENOENT. */
int identity_open(const char *path, const struct passphrase *passphrase,
		  struct identity **identity_r, struct err *err);
void identity_close(struct identity *identity);
AUTO_KIND(identity, struct identity, identity_close)

/* My card (text, ends in its "sign" line). Borrowed. */
const char *identity_card(const struct identity *identity);

/* The 32 base32 digits (a-z2-7) of H_20(root public key). */
void identity_fingerprint(const struct identity *identity,
			  char text[KEY_FINGERPRINT + 1]);

/* Is this my root's public key (32 bytes)? */
bool identity_is_root(const struct identity *identity, const uint8_t *root);

/* This device: its id, and its public key (32 bytes, borrowed). */
struct device_id identity_device(const struct identity *identity);
const uint8_t *identity_device_key(const struct identity *identity);

/* The id of the device with this key; as lower-case hex, and back: EINVAL if it
 * is not exactly that. */
struct device_id device_id_of(const uint8_t public_key[32]);
void device_id_print(const struct device_id *id, char hex[DEVICE_ID_HEX + 1]);
int device_id_parse(const char *hex, struct device_id *id_r, struct err *err);

/* The strand of mine of root `root` (a msgid without <>, or a hash's hex) under
 * the newest person secret. */
struct strand_id identity_strand(const struct identity *identity,
				 const char *root);

/* The public strand of `root`: no key in it. */
struct strand_id strand_id_public(const char *root);

/* Fill `key` for the strand `id` of mine of generation `generation`. ENOENT if
 * there is no such generation. */
int identity_strand_key(const struct identity *identity, uint32_t generation,
			const struct strand_id *id, struct strand_key *key,
			struct err *err);
/* The newest generation there is. */
uint32_t identity_generation(const struct identity *identity);

/* An OpenSSH allowed-signers line ("defms@invalid namespaces=... ssh-ed25519
 * ...", ends in LF) for a device's key. Caller frees. */
char *key_signers_line(const uint8_t public_key[32], const char *principal);

/* What a card says, checked: form, bounds, signature. */
struct card {
	uint8_t root[32];
	int64_t version;
	uint32_t generation;
	uint8_t seal[32]; /* X of that generation */
	GArray *devices;  /* of uint8_t[32] */
	GPtrArray *mails; /* of char * */
	char *name;
};
/* EBADMSG, and the line that is wrong, if `text` is not a valid card. */
int card_parse(const char *text, size_t size, struct card **card_r,
	       struct err *err);
void card_free(struct card *card);
AUTO_KIND(card, struct card, card_free)
/* The public key of device `number`; borrowed. */
const uint8_t *card_device(const struct card *card, guint number);
/* Does it list this device? */
bool card_has_device(const struct card *card, const struct device_id *id);
/* As identity_fingerprint() of whose card it is. */
void card_fingerprint(const struct card *card, char text[KEY_FINGERPRINT + 1]);

#endif
