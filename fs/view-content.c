/* SPDX-License-Identifier: ISC */
/* Files whose bytes come out of the store: raw.eml, header, text, html,
 * attachments, and the copies in Maildirs.
 *
 * A message of at most QUICK_LIMIT is decoded whole; what the reader did not
 * take at once is kept a while. Of a larger one, raw bytes are read piece by
 * piece; what has to be decoded goes into a temporary file once. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "defms/io.h"
#include "defms/mime.h"
#include "render.h"
#include "view.h"

/* What a content node stands for. */
struct source {
	struct node node;
	const struct index_message *message;
	const struct state_copy *copy; /* the first, or the one meant */
	struct state_copy own;
	const struct index_part *part;
};

/* 1/0/-1. */
static int find_source(struct work *work, struct node node,
		       struct source *source, struct err *err)
{
	int64_t serial = node.serial;
	int found = 1;

	memset(source, 0, sizeof(*source));
	source->node = node;
	if (node.kind == NODE_COPY) {
		source->copy = &source->own;
		found = state_copy_get(work->state, serial, &source->own, err);
		serial = source->own.message;
	}
	if (found > 0)
		found = work_message(work, serial, &source->message, err);
	if (found > 0 && !source->copy)
		found = work_first_copy(work, serial, &source->copy, err);
	if (found <= 0)
		return found;
	if (node.kind == NODE_HTML)
		return source->message->html_part >= 0;
	if (node.kind != NODE_PART)
		return 1;
	if (node.part >= source->message->parts->len)
		return 0;
	source->part = g_ptr_array_index(source->message->parts, node.part);
	return 1;
}

static uint64_t size_of(const struct source *source)
{
	if (source->part)
		return source->part->size;
	if (source->node.kind == NODE_TEXT)
		return source->message->text_size;
	if (source->node.kind == NODE_HTML)
		return source->message->html_size;
	if (source->node.kind == NODE_HEADER)
		return source->copy->header_size;
	return source->copy->raw_size;
}

static bool is_large(const struct source *source)
{
	return MAX(source->message->content_size, source->copy->raw_size) >
	       QUICK_LIMIT;
}

void view_copy_entry(struct work *work, const struct state_copy *copy,
		     bool in_thread, struct entry *entry)
{
	AUTO(str) char *own = in_thread ? NULL : render_own(copy);

	shown_copy(work->fs->shown,
		   (struct shown_as){ copy->serial, in_thread, copy->folder },
		   shown_face(copy->flags, copy->is_new), own, work->round);
	entry_file(work, node_make(NODE_COPY, copy->serial, 0), copy->raw_size,
		   copy->received * INT64_C(1000000000), entry);
}

static int content_entry(struct work *work, struct node node,
			 struct entry *entry, struct err *err)
{
	struct source source;
	int found = find_source(work, node, &source, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (node.kind == NODE_COPY)
		time = source.copy->received * INT64_C(1000000000);
	else if (work_message_time(work, source.message, &time, err) < 0)
		return -1;
	entry_file(work, node, size_of(&source), time, entry);
	return 1;
}

/* The header is shown with LF, as it is held. */
static int decode_header(struct work *work, const struct source *source,
			 GByteArray *out, struct err *err)
{
	struct state_copy copy = *source->copy;

	copy.crlf = false;
	return reader_raw_range(work->reader, source->message, &copy, 0,
				(size_t)copy.header_size, out, err);
}

static int decode_mime(const void *data, size_t size,
		       const struct source *source, GByteArray *out,
		       struct err *err)
{
	AUTO(mime) struct mime *mime = mime_parse(data, size);
	AUTO(gstring) GString *text = NULL;

	if (source->node.kind == NODE_TEXT) {
		text = g_string_new(NULL);
		mime_text(mime, text);
		g_byte_array_append(out, (const uint8_t *)text->str,
				    (guint)text->len);
		return 0;
	}
	return mime_read_part(mime,
			      source->part ? source->part->number
					   : (unsigned)mime->html_part,
			      SIZE_MAX, out, err);
}

static int decode(struct work *work, const struct source *source,
		  GByteArray *out, struct err *err)
{
	AUTO(bytes) GByteArray *content = NULL;

	if (source->node.kind == NODE_RAW || source->node.kind == NODE_COPY)
		return reader_raw(work->reader, source->message, source->copy,
				  out, err);
	if (source->node.kind == NODE_HEADER)
		return decode_header(work, source, out, err);
	content = g_byte_array_new();
	if (reader_content(work->reader, source->message, content, err) < 0)
		return -1;
	return decode_mime(content->data, content->len, source, out, err);
}

static int read_small(struct work *work, const struct source *source,
		      uint64_t offset, size_t size, GByteArray *out,
		      struct err *err)
{
	AUTO(gbytes) GBytes *bytes = NULL;
	AUTO(bytes) GByteArray *whole = NULL;
	uint64_t key = node_id(source->node);
	gsize length;

	bytes = cache_get(work->fs->contents, key);
	if (!bytes) {
		whole = g_byte_array_new();
		if (decode(work, source, whole, err) < 0)
			return -1;
		bytes = g_byte_array_free_to_bytes(take(whole));
		if (offset + size < g_bytes_get_size(bytes))
			cache_put(work->fs->contents, key, bytes);
	}
	slice(g_bytes_get_data(bytes, &length), g_bytes_get_size(bytes), offset,
	      size, out);
	return 0;
}

/* The content, one piece at a time. */
static int write_content(struct work *work, const struct source *source, int fd,
			 struct err *err)
{
	uint64_t done = 0;

	for (uint32_t number = 0; done < source->message->content_size;
	     number++) {
		AUTO(bytes) GByteArray *piece = g_byte_array_new();

		if (reader_piece(work->reader, source->message, number, piece,
				 err) < 0 ||
		    io_write(fd, piece->data, piece->len, err) < 0)
			return -1;
		if (piece->len == 0)
			return err_set(err, EBADMSG, "message is cut off");
		done += piece->len;
	}
	return 0;
}

/* The content of a large message in a file, which serves all its parts. */
static int spool_content(struct work *work, const struct source *source,
			 struct spool **spool_r, struct err *err)
{
	uint64_t id =
		node_id(node_make(NODE_MESSAGE, source->message->serial, 0));
	AUTO(spool) struct spool *spool = NULL;
	int filled = spool_get(work->fs->spools, id, &spool, err);

	if (filled < 0)
		return -1;
	if (!filled) {
		if (write_content(work, source, spool->fd, err) < 0)
			return -1;
		spool_keep(spool);
	}
	*spool_r = take(spool);
	return 0;
}

static int write_mime(const void *data, const struct source *source, int fd,
		      struct err *err)
{
	AUTO(mime)
	struct mime *mime =
		mime_parse(data, (size_t)source->message->content_size);
	AUTO(gstring) GString *text = NULL;

	if (source->node.kind == NODE_TEXT) {
		text = g_string_new(NULL);
		mime_text(mime, text);
		return io_write(fd, text->str, text->len, err);
	}
	return mime_write_part(mime,
			       source->part ? source->part->number
					    : (unsigned)mime->html_part,
			       fd, err);
}

static int write_decoded(struct work *work, const struct source *source, int fd,
			 struct err *err)
{
	size_t size = (size_t)source->message->content_size;
	AUTO(spool) struct spool *content = NULL;
	void *data;
	int result;

	if (source->node.kind == NODE_RAW || source->node.kind == NODE_COPY)
		return reader_raw_write(work->reader, source->message,
					source->copy, fd, err);
	if (size == 0)
		return 0;
	if (spool_content(work, source, &content, err) < 0)
		return -1;
	data = mmap(NULL, size, PROT_READ, MAP_SHARED, content->fd, 0);
	if (data == MAP_FAILED)
		return err_sys(err, "temporary file");
	result = write_mime(data, source, fd, err);
	(void)munmap(data, size);
	return result;
}

static int read_spool(struct work *work, const struct source *source,
		      uint64_t offset, size_t size, GByteArray *out,
		      struct err *err)
{
	uint64_t id = node_id(source->node);
	AUTO(spool) struct spool *spool = NULL;
	int filled = spool_get(work->fs->spools, id, &spool, err);

	if (filled < 0)
		return -1;
	if (!filled) {
		if (write_decoded(work, source, spool->fd, err) < 0)
			return -1;
		spool_keep(spool);
	}
	return spool_read(spool, offset, size, out, err);
}

static int read_source(struct work *work, const struct source *source,
		       uint64_t offset, size_t size, GByteArray *out,
		       struct err *err)
{
	bool is_raw =
		source->node.kind == NODE_RAW || source->node.kind == NODE_COPY;

	if (!is_large(source) || source->node.kind == NODE_HEADER)
		return read_small(work, source, offset, size, out, err);
	if (is_raw && !source->copy->crlf)
		return reader_raw_range(work->reader, source->message,
					source->copy, offset, size, out, err);
	return read_spool(work, source, offset, size, out, err);
}

static int content_read(struct work *work, struct node node, uint64_t offset,
			size_t size, GByteArray *out, struct err *err)
{
	struct source source;
	char hex[MESSAGE_ID_HEX + 1];
	int found = find_source(work, node, &source, err);

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ESTALE, "message is gone");
	if (work->quick && is_large(&source))
		return work_later(err);
	if (read_source(work, &source, offset, size, out, err) == 0)
		return 0;
	/* An object that is missing is damage: the file itself is there. */
	if (err->code == ENOENT)
		err->code = EBADMSG;
	message_id_print(&source.message->hash, hex);
	return err_prefix(err, "message %s", hex);
}

const struct node_ops view_content = {
	.entry = content_entry,
	.read = content_read,
};
