/* SPDX-License-Identifier: ISC */
#include "deflate.h"

#include <errno.h>
#include <stdint.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
	WINDOW = -15, /* raw: no header, no checksum */
	LEVEL = 6,
	MEMORY = 8,
	PIECE = 16384,
};

struct deflate {
	z_stream out, in;
	GByteArray *came; /* owned; not unfolded yet */
	size_t used;      /* of `came` */
};

struct deflate *deflate_new(void)
{
	struct deflate *deflate = g_new0(struct deflate, 1);

	if (deflateInit2(&deflate->out, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK ||
	    inflateInit2(&deflate->in, WINDOW) != Z_OK)
		g_error("zlib does not start");
	deflate->came = g_byte_array_new();
	return deflate;
}

void deflate_free(struct deflate *deflate)
{
	if (!deflate)
		return;
	(void)deflateEnd(&deflate->out);
	(void)inflateEnd(&deflate->in);
	g_byte_array_unref(deflate->came);
	g_free(deflate);
}

/* One call of zlib's for at most UINT_MAX bytes. */
static void pack_some(z_stream *stream, const uint8_t *data, unsigned size,
		      GByteArray *out)
{
	uint8_t piece[PIECE];

	stream->next_in = data;
	stream->avail_in = size;
	do {
		stream->next_out = piece;
		stream->avail_out = sizeof(piece);
		(void)deflate(stream, Z_SYNC_FLUSH);
		(void)g_byte_array_append(
			out, piece, (guint)sizeof(piece) - stream->avail_out);
	} while (stream->avail_out == 0);
}

void deflate_pack(struct deflate *deflate, const void *data, size_t size,
		  GByteArray *out)
{
	const uint8_t *at = data;

	while (size > 0) {
		unsigned some = (unsigned)MIN(size, (size_t)1 << 30);

		pack_some(&deflate->out, at, some, out);
		at += some;
		size -= some;
	}
}

void deflate_feed(struct deflate *deflate, const void *data, size_t size)
{
	(void)g_byte_array_remove_range(deflate->came, 0, (guint)deflate->used);
	deflate->used = 0;
	(void)g_byte_array_append(deflate->came, data, (guint)size);
}

int deflate_unpack(struct deflate *deflate, void *buf, size_t size,
		   size_t *size_r, struct err *err)
{
	z_stream *in = &deflate->in;
	uInt room = (uInt)MIN(size, (size_t)1 << 30);
	int result;

	in->next_in = deflate->came->data + deflate->used;
	in->avail_in = deflate->came->len - (guint)deflate->used;
	in->next_out = buf;
	in->avail_out = room;
	result = inflate(in, Z_SYNC_FLUSH);
	deflate->used = deflate->came->len - in->avail_in;
	*size_r = room - in->avail_out;
	if (*size_r > 0)
		return 1;
	if (result != Z_OK && result != Z_BUF_ERROR)
		return err_set(err, EPROTO, "what it compresses is damaged");
	return 0;
}
