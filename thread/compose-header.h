/* SPDX-License-Identifier: ISC */
/* Fields as they stand in a message: folded, encoded, quoted. */
#ifndef DEFMS_COMPOSE_HEADER_H
#define DEFMS_COMPOSE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/key.h"

/* Append "name: value\n", folded at white space. */
void header_fold(GString *out, const char *name, const char *value);
/* `text` as encoded words (RFC 2047), whatever it is. Caller frees. */
char *header_words(const char *text);
bool header_is_ascii(const char *text);
/* Has `text` white space often enough, and not too much, to be folded without
 * loss? */
bool header_folds(const char *text);
/* Can it stand in a header as it is: the same, in ASCII, and nothing that looks
 * encoded? */
bool header_is_plain(const char *text);
/* "Mon, 02 Nov 2026 10:00:00 +0100", local time. Caller frees. */
char *header_date(int64_t now);
/* "hex@domain" with the domain of `mail`. Caller frees. */
char *header_msgid(const char *mail);
/* Msgids in <> with a space between, those of sane length. Caller frees. */
char *header_msgids(const char *value);
/* Append Defms-Key if `mail` is an address of the identity's card. */
void header_key(GString *out, const struct identity *identity,
		const char *mail);
/* 32 random hex digits. */
void header_random(char hex[33]);

#endif
