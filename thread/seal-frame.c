/* SPDX-License-Identifier: ISC */
/* The zstd frames of payloads and traces (RFC 8878): size declared, no
 * checksum, no dictionary id. What a frame says of itself is judged by its
 * bytes, for zstd's one-shot call knows no window limit and would take a
 * checksum, a dictionary id or a frame behind the frame. A payload's window is
 * at most 1 MiB, so that other programs can open it piecemeal; a trace stays
 * here, is opened in one call that needs no window, and may be longer. */
#include "seal-frame.h"

#include <errno.h>

#define ZSTD_STATIC_LINKING_ONLY /* dictionaries by reference */
#include <zstd.h>

#include "defms/secret.h"
#include "dictionary.h"

enum {
	LEVEL = 2,
	TRACE_LEVEL = 3,
	WINDOW_MOST = 1024 * 1024,
};

struct sealer {
	ZSTD_DCtx *expand;
	ZSTD_CCtx *compress; /* NULL until something is written, like ... */
	ZSTD_CDict *content_in, *trace_in; /* ... these: readers need none */
	ZSTD_DDict *content_out, *trace_out;
	uint8_t *plain; /* owned; SEALER_PLAIN bytes */
};

static ZSTD_CDict *compressing(const uint8_t *dictionary, size_t size,
			       int level)
{
	ZSTD_CDict *made =
		ZSTD_createCDict_byReference(dictionary, size, level);

	if (!made)
		g_error("no memory for a dictionary");
	return made;
}

static ZSTD_DDict *expanding(const uint8_t *dictionary, size_t size)
{
	ZSTD_DDict *made = ZSTD_createDDict_byReference(dictionary, size);

	if (!made)
		g_error("no memory for a dictionary");
	return made;
}

/* What writing takes is large, and slow to make: most sealers only read. */
static void start_writing(struct sealer *sealer)
{
	const uint8_t *dictionary;
	size_t size;

	if (sealer->compress)
		return;
	sealer->compress = ZSTD_createCCtx();
	if (!sealer->compress)
		g_error("no memory for a compressor");
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_checksumFlag, 0);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_dictIDFlag, 0);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_contentSizeFlag,
				     1);
	(void)ZSTD_CCtx_setParameter(sealer->compress, ZSTD_c_compressionLevel,
				     LEVEL);
	dictionary = dictionary_content(&size);
	sealer->content_in = compressing(dictionary, size, LEVEL);
	dictionary = dictionary_trace(&size);
	sealer->trace_in = compressing(dictionary, size, TRACE_LEVEL);
}

struct sealer *sealer_new(void)
{
	struct sealer *sealer = g_new0(struct sealer, 1);
	const uint8_t *dictionary;
	size_t size;

	secret_start();
	sealer->expand = ZSTD_createDCtx();
	if (!sealer->expand)
		g_error("no memory for a decompressor");
	dictionary = dictionary_content(&size);
	sealer->content_out = expanding(dictionary, size);
	dictionary = dictionary_trace(&size);
	sealer->trace_out = expanding(dictionary, size);
	sealer->plain = g_malloc(SEALER_PLAIN);
	return sealer;
}

void sealer_free(struct sealer *sealer)
{
	if (!sealer)
		return;
	(void)ZSTD_freeCCtx(sealer->compress);
	(void)ZSTD_freeDCtx(sealer->expand);
	(void)ZSTD_freeCDict(sealer->content_in);
	(void)ZSTD_freeCDict(sealer->trace_in);
	(void)ZSTD_freeDDict(sealer->content_out);
	(void)ZSTD_freeDDict(sealer->trace_out);
	g_free(sealer->plain);
	g_free(sealer);
}

/* Compress into a buffer with room for ZSTD_compressBound(size): cannot fail
 * but for want of memory. */
static size_t compress(struct sealer *sealer, const ZSTD_CDict *dictionary,
		       uint8_t *out, const void *data, size_t size)
{
	size_t made;

	(void)ZSTD_CCtx_refCDict(sealer->compress, dictionary);
	made = ZSTD_compress2(sealer->compress, out, ZSTD_compressBound(size),
			      data, size);
	if (ZSTD_isError(made))
		g_error("zstd: %s", ZSTD_getErrorName(made));
	return made;
}

uint8_t *sealer_plain(struct sealer *sealer)
{
	return sealer->plain;
}

size_t frame_write(struct sealer *sealer, bool dictionary, uint8_t *out,
		   const void *data, size_t size)
{
	start_writing(sealer);
	return compress(sealer, dictionary ? sealer->content_in : NULL, out,
			data, size);
}

/* The frame header of RFC 8878, 3.1.1.1: size declared, no checksum, no
 * dictionary id, window of at most `most`. `size` is that of the frame. */
static bool is_plain_header(const uint8_t *frame, size_t size, uint64_t most)
{
	unsigned exponent, mantissa;
	uint64_t base;

	if (size < 6 || (frame[4] & 0x0f) != 0)
		return false;
	if (frame[4] & 0x20)
		return true; /* one segment: the window is the content */
	if (frame[4] < 0x40)
		return false;
	exponent = frame[5] >> 3;
	mantissa = frame[5] & 7;
	base = UINT64_C(1) << (10 + exponent);
	return base + base / 8 * mantissa <= most;
}

static size_t find(const uint8_t *data, size_t size, uint64_t window,
		   uint64_t *content_r)
{
	size_t frame = ZSTD_findFrameCompressedSize(data, size);
	unsigned long long content;

	/* A skippable frame has another magic number. */
	if (ZSTD_isError(frame) || data[0] != 0x28 ||
	    !is_plain_header(data, frame, window))
		return 0;
	content = ZSTD_getFrameContentSize(data, frame);
	if (content == ZSTD_CONTENTSIZE_UNKNOWN ||
	    content == ZSTD_CONTENTSIZE_ERROR)
		return 0;
	*content_r = content;
	return frame;
}

size_t frame_find(const uint8_t *data, size_t size, uint64_t *content_r)
{
	return find(data, size, WINDOW_MOST, content_r);
}

/* Append the `content` bytes that `frame` holds. */
static int expand(struct sealer *sealer, const ZSTD_DDict *dictionary,
		  const uint8_t *frame, size_t size, size_t content,
		  GByteArray *out)
{
	guint before = out->len;
	uint8_t none, *at = &none; /* an empty array has no address */
	size_t made;

	g_byte_array_set_size(out, (guint)(before + content));
	if (content > 0)
		at = out->data + before;
	made = ZSTD_decompress_usingDDict(sealer->expand, at, content, frame,
					  size, dictionary);
	if (!ZSTD_isError(made) && made == content)
		return 0;
	g_byte_array_set_size(out, before);
	return -1;
}

int frame_read(struct sealer *sealer, bool dictionary, const uint8_t *frame,
	       size_t size, size_t content, GByteArray *out)
{
	return expand(sealer, dictionary ? sealer->content_out : NULL, frame,
		      size, content, out);
}

void seal_pack_trace(struct sealer *sealer, const void *data, size_t size,
		     GByteArray *out)
{
	guint before = out->len;
	size_t made;

	g_byte_array_set_size(out, (guint)(before + ZSTD_compressBound(size)));
	start_writing(sealer);
	made = compress(sealer, sealer->trace_in, out->data + before, data,
			size);
	g_byte_array_set_size(out, (guint)(before + made));
}

int seal_unpack_trace(struct sealer *sealer, const void *data, size_t size,
		      size_t limit, GByteArray *out, struct err *err)
{
	uint64_t content;

	if (find(data, size, UINT64_MAX, &content) != size || size == 0)
		return err_set(err, EBADMSG, "not a packed trace");
	if (content > limit)
		return err_set(err, EBADMSG, "trace is too long");
	if (expand(sealer, sealer->trace_out, data, size, (size_t)content,
		   out) < 0)
		return err_set(err, EBADMSG, "trace does not decompress");
	return 0;
}
