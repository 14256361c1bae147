/* SPDX-License-Identifier: ISC */
/* Compression for seal.c; what a frame may be stands in seal-frame.c. */
#ifndef THREAD_SEAL_FRAME_H
#define THREAD_SEAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/seal.h"

enum {
	/* The longest P that can be: zstd adds less than 1/128 to a piece of
	 * noise, Padme at most 12 %. */
	SEALER_PLAIN = MESSAGE_PIECE + MESSAGE_PIECE / 4,
};

/* SEALER_PLAIN bytes for whoever has the sealer. */
uint8_t *sealer_plain(struct sealer *sealer);

/* Write the frame of up to MESSAGE_PIECE bytes to `out`, which lies in
 * sealer_plain(), and give its size. */
size_t frame_write(struct sealer *sealer, bool dictionary, uint8_t *out,
		   const void *data, size_t size);

/* The frame that begins `size` bytes: its size, and that of its content. 0 if
 * it is none, or not as we make them. */
size_t frame_find(const uint8_t *data, size_t size, uint64_t *content_r);

/* Append the `content` bytes that a frame found holds. -1 if it does not. */
int frame_read(struct sealer *sealer, bool dictionary, const uint8_t *frame,
	       size_t size, size_t content, GByteArray *out);

#endif
