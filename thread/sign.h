/* SPDX-License-Identifier: ISC */
/* What writing and parsing a commit have in common. */
#ifndef THREAD_SIGN_H
#define THREAD_SIGN_H

#include <stdint.h>

enum {
	SIGN_DIGEST = 64, /* SHA-512 */
	SIGN_SIGNED = 95, /* bytes under the signature */
	SIGN_HEADER = 337,
};

/* The last second of the year 9999: no date is later. */
static const int64_t sign_date_most = INT64_C(253402300799);

/* The bytes that are signed for a commit whose digest, without its gpgsig
 * header, is `digest`. */
void sign_message(const uint8_t digest[SIGN_DIGEST],
		  uint8_t message[SIGN_SIGNED]);

/* The whole gpgsig header, its last LF included; no NUL. */
void sign_header(const uint8_t key[32], const uint8_t signature[64],
		 char header[SIGN_HEADER]);

/* The reverse, for exactly what sign_header() writes; else -1. */
int sign_header_parse(const char header[SIGN_HEADER], uint8_t key_r[32],
		      uint8_t signature_r[64]);

#endif
