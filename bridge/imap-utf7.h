/* SPDX-License-Identifier: ISC */
/* Modified UTF-7, in which IMAP names folders (RFC 3501, 5.1.3): "&" begins
 * UTF-16 in base64 with "," for "/", "-" ends it, "&-" is "&". */
#ifndef BRIDGE_IMAP_UTF7_H
#define BRIDGE_IMAP_UTF7_H

#include "defms/err.h"

/* To UTF-8. Strict, so that a name has one spelling: EINVAL for bytes beyond
 * ASCII, ASCII that is encoded, half characters, bits that are left over, one
 * piece right behind another. Caller frees. */
int imap_utf7_decode(const char *text, char **utf8_r, struct err *err);

/* From valid UTF-8. Caller frees. */
char *imap_utf7_encode(const char *utf8);

#endif
