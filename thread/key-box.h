/* SPDX-License-Identifier: ISC */
/* An identity's text, sealed with a passphrase; the format is in key-box.c. */
#ifndef THREAD_KEY_BOX_H
#define THREAD_KEY_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

struct box;

/* Is this the file of a sealed identity? */
bool box_is(const char *file, size_t size);

/* Take the file apart. EBADMSG if it is damaged. */
int box_parse(const char *file, size_t size, struct box **box_r,
	      struct err *err);
void box_free(struct box *box);
AUTO_KIND(box, struct box, box_free)

/* The size of the text inside, and the text itself. EACCES if the passphrase
 * is wrong (or the box was changed), ENOMEM if Argon2id has too little. */
size_t box_text_size(const struct box *box);
int box_open(const struct box *box, const char *passphrase, char *text,
	     struct err *err);

/* Append the file that holds `text` to `file`. */
int box_write(const char *text, size_t size, const char *passphrase,
	      GString *file, struct err *err);

/* Decode the `len` characters at `text`, which must be just what encoding
 * gives; else NULL. Caller frees. */
uint8_t *base64_decode(const char *text, size_t len, size_t *size_r);

#endif
