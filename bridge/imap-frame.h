/* SPDX-License-Identifier: ISC */
/* Where one response ends and the next begins: at the first line end that
 * announces no literal. */
#ifndef BRIDGE_IMAP_FRAME_H
#define BRIDGE_IMAP_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "imap-parse.h"

struct imap_frame {
	const struct imap_limits *limits; /* borrowed */
	const uint8_t *at, *end;          /* what was fed and is left */
	GByteArray *held;                 /* owned; the response so far */
	size_t line;       /* bytes held that belong to no literal */
	size_t line_start; /* in `held`, of the line that has begun */
	uint64_t literal;  /* bytes of a literal that are still to come */
	bool whole;        /* `held` was handed out */
};

void imap_frame_init(struct imap_frame *frame,
		     const struct imap_limits *limits);
void imap_frame_release(struct imap_frame *frame);

/* 1 if `held` is a response, without its last line end and with all literals
 * as they came, until the next call; 0 if it takes more bytes; -1 and EMSGSIZE
 * if it goes beyond a limit. */
int imap_frame_next(struct imap_frame *frame, struct err *err);

#endif
