/* SPDX-License-Identifier: ISC */
/* The blob `keys` of a shared strand; the format is at the top of key-circle.c.
 */
#ifndef THREAD_KEY_CIRCLE_H
#define THREAD_KEY_CIRCLE_H

#include "defms/circle.h"

/* A fresh K. */
void circle_draw(uint8_t secret[32]);

/* Append K wrapped for each of `cards` (struct card). */
void circle_wrap(const uint8_t secret[32], const GPtrArray *cards,
		 GByteArray *keys);

/* Forget a K. */
void circle_wipe(uint8_t secret[32]);

#endif
