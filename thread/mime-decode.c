/* SPDX-License-Identifier: ISC */
/* A leaf's content, decoded (RFC 2045 6). One loop counts, writes and keeps,
 * so that a size is what is written. */
#include "mime-parts.h"

#include <string.h>
#include <unistd.h>

#include <errno.h>
#include <gmime/gmime.h>

#include "defms/err.h"
#include "defms/mime.h"

/* Uuencoded data starts behind the line "begin 644 name". */
static const char *after_begin(const char *at, const char *end)
{
	static const char begin[] = "begin ";

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		bool found = (size_t)(end - at) >= strlen(begin) &&
			     memcmp(at, begin, strlen(begin)) == 0;

		at = lf ? lf + 1 : end;
		if (found)
			break;
	}
	return at;
}

void part_reader_init(struct part_reader *reader, const struct mime_part *part)
{
	*reader = (struct part_reader){
		.encoding = part->encoding,
		.at = part->data,
		.end = part->data + part->size,
	};
	if (part->encoding == PART_UUENCODED) {
		reader->at = after_begin(reader->at, reader->end);
		reader->state = GMIME_UUDECODE_STATE_BEGIN;
	}
}

static size_t decode(struct part_reader *reader, size_t size, char *buf)
{
	const unsigned char *in = (const unsigned char *)reader->at;
	unsigned char *out = (unsigned char *)buf;
	int *state = &reader->state;
	uint32_t *save = &reader->save;

	switch (reader->encoding) {
	case PART_BASE64:
		return g_mime_encoding_base64_decode_step(in, size, out, state,
							  save);
	case PART_QUOTED_PRINTABLE:
		return g_mime_encoding_quoted_decode_step(in, size, out, state,
							  save);
	case PART_UUENCODED:
		return g_mime_encoding_uudecode_step(in, size, out, state,
						     save);
	case PART_PLAIN:
		break;
	}
	return size;
}

size_t part_reader_next(struct part_reader *reader, char buf[PART_BUF],
			const char **data_r)
{
	size_t size = 0;

	*data_r = reader->encoding == PART_PLAIN ? reader->at : buf;
	while (size == 0 && reader->at < reader->end) {
		size_t piece = (size_t)(reader->end - reader->at);

		piece = MIN(piece, PART_PIECE);
		size = decode(reader, piece, buf);
		reader->at += piece;
	}
	return size;
}

uint64_t mime_part_size(const struct mime_part *part)
{
	struct part_reader reader;
	char buf[PART_BUF];
	uint64_t total = 0;
	const char *data;
	size_t size;

	if (part->encoding == PART_PLAIN)
		return part->size;
	part_reader_init(&reader, part);
	while ((size = part_reader_next(&reader, buf, &data)) > 0)
		total += size;
	return total;
}

void mime_part_append(const struct mime_part *part, GString *out)
{
	struct part_reader reader;
	char buf[PART_BUF];
	const char *data;
	size_t size;

	part_reader_init(&reader, part);
	while ((size = part_reader_next(&reader, buf, &data)) > 0)
		g_string_append_len(out, data, (gssize)size);
}

static int write_all(int fd, const char *data, size_t size, struct err *err)
{
	while (size > 0) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(err, "cannot write a part");
		data += done;
		size -= (size_t)done;
	}
	return 0;
}

static const struct mime_part *leaf_of(const struct mime *mime, unsigned number,
				       struct err *err)
{
	const struct mime_part *part = mime_tree_leaf(mime->tree, number);

	if (!part)
		(void)err_set(err, ENOENT, "the message has no part %u",
			      number);
	return part;
}

int mime_write_part(struct mime *mime, unsigned number, int fd, struct err *err)
{
	const struct mime_part *part = leaf_of(mime, number, err);
	struct part_reader reader;
	char buf[PART_BUF];
	const char *data;
	size_t size;

	if (!part)
		return -1;
	part_reader_init(&reader, part);
	while ((size = part_reader_next(&reader, buf, &data)) > 0)
		if (write_all(fd, data, size, err) < 0)
			return -1;
	return 0;
}

int mime_read_part(struct mime *mime, unsigned number, size_t limit,
		   GByteArray *out, struct err *err)
{
	const struct mime_part *part = leaf_of(mime, number, err);
	struct part_reader reader;
	char buf[PART_BUF];
	const char *data;
	size_t size, total = 0;

	if (!part)
		return -1;
	part_reader_init(&reader, part);
	while ((size = part_reader_next(&reader, buf, &data)) > 0) {
		total += size;
		if (total > limit)
			return err_set(err, EFBIG,
				       "the part has more than %zu bytes",
				       limit);
		g_byte_array_append(out, (const guint8 *)data, (guint)size);
	}
	return 0;
}
