/* SPDX-License-Identifier: ISC */
/* A message's raw bytes are its content with the trace put back in, and then,
 * where its copy says so, CRLF for LF. With LF any range maps to the pieces
 * that hold it; with CRLF a range means counting line ends from the start, so
 * reader_raw_range() makes the whole, and who reads on keeps it. */
#include "defms/reader.h"

#include <errno.h>
#include <string.h>

#include "defms/io.h"
#include "defms/message.h"
#include "defms/signature.h"
#include "defms/strand.h"
#include "state-circles.h"

struct reader {
	struct mailbox *mailbox;    /* borrowed */
	struct state *state;        /* owned */
	struct index *index;        /* owned; NULL until it is wanted */
	int64_t generation;         /* of that index */
	struct sealer *sealer;      /* owned */
	struct strand_key *key;     /* owned; of ... */
	int64_t key_strand;         /* ... this strand; 0: none */
	struct state_strand strand; /* the last one looked at */
	struct object_id tree;      /* of the pieces that are kept */
	GArray *pieces;             /* owned; NULL: none */
	GByteArray *trace;          /* owned; of ... */
	int64_t trace_copy;         /* ... this copy; 0: none */
	GArray *survey;             /* owned; NULL: none; of ... */
	int64_t thread, seq;        /* ... this thread */
	struct signed_strand *signed_strand; /* owned; NULL: none */
};

int reader_open(struct mailbox *mailbox, struct reader **reader_r,
		struct err *err)
{
	AUTO(reader) struct reader *reader = g_new0(struct reader, 1);
	AUTO(str) char *path = mailbox_state_path(mailbox);

	reader->mailbox = mailbox;
	if (state_open(path, &reader->state, err) < 0 ||
	    state_be_small(reader->state, err) < 0)
		return -1;
	reader->sealer = sealer_new();
	reader->key = strand_key_new();
	reader->trace = g_byte_array_new();
	*reader_r = take(reader);
	return 0;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	state_close(reader->state);
	index_close(reader->index);
	sealer_free(reader->sealer);
	strand_key_free(reader->key);
	if (reader->pieces)
		g_array_unref(reader->pieces);
	if (reader->survey)
		g_array_unref(reader->survey);
	signed_strand_free(reader->signed_strand);
	if (reader->trace)
		g_byte_array_unref(reader->trace);
	g_free(reader);
}

struct signed_strand **reader_signed(struct reader *reader)
{
	return &reader->signed_strand;
}

struct state *reader_state(struct reader *reader)
{
	return reader->state;
}

struct sealer *reader_sealer(struct reader *reader)
{
	return reader->sealer;
}

struct mailbox *reader_mailbox(struct reader *reader)
{
	return reader->mailbox;
}

struct index *reader_index(struct reader *reader, struct err *err)
{
	AUTO(str) char *path = NULL, *state_path = NULL;
	int64_t generation;

	if (state_get(reader->state, "index", &generation, err) < 0)
		return NULL;
	if (reader->index && reader->generation == generation)
		return reader->index;
	index_close(take(reader->index));
	reader->thread = 0;
	path = mailbox_index_path(reader->mailbox, generation);
	state_path = mailbox_state_path(reader->mailbox);
	if (index_open(path, state_path, &reader->index, err) < 0 ||
	    index_be_small(reader->index, err) < 0)
		return NULL;
	reader->generation = generation;
	return reader->index;
}

void reader_keep_pieces(struct reader *reader, int64_t thread, int64_t seq,
			GArray *pieces)
{
	if (seq == INT64_MAX)
		return;
	if (reader->survey)
		g_array_unref(reader->survey);
	reader->survey = g_array_ref(pieces);
	reader->thread = thread;
	reader->seq = seq;
}

GArray *reader_kept_pieces(struct reader *reader, int64_t thread, int64_t seq)
{
	if (!reader->survey || reader->thread != thread || reader->seq != seq)
		return NULL;
	return g_array_ref(reader->survey);
}

/* The key of a shared strand is in state.db. */
static int derive_shared(struct reader *reader, int64_t strand, struct err *err)
{
	struct state_circle circle = { 0 };
	int found = state_circle_get(reader->state, strand, &circle, err);

	if (found > 0)
		strand_key_derive(reader->key, circle.secret);
	else if (found == 0)
		(void)err_set(err, ENOKEY, "no key of this strand");
	state_circle_release(&circle);
	return found > 0 ? 0 : -1;
}

int reader_key(struct reader *reader, const struct state_strand *strand,
	       struct strand_key **key_r, struct err *err)
{
	*key_r = NULL;
	if (strand->kind == STRAND_PUBLIC)
		return 0;
	if (reader->key_strand != strand->serial || strand->serial == 0) {
		reader->key_strand = 0;
		if (strand->kind == STRAND_SHARED
			    ? derive_shared(reader, strand->serial, err) < 0
			    : identity_strand_key(
				      mailbox_identity(reader->mailbox),
				      strand->generation, &strand->id,
				      reader->key, err) < 0)
			return -1;
		reader->key_strand = strand->serial;
	}
	*key_r = reader->key;
	return 0;
}

/* The strand a message is read from. */
static int find_strand(struct reader *reader, int64_t serial, struct err *err)
{
	int found;

	if (serial != 0 && reader->strand.serial == serial)
		return 0;
	found = state_strand_get(reader->state, serial, &reader->strand, err);
	if (found == 0)
		return err_set(err, ENOENT, "strand %d is not in state.db",
			       (int)serial);
	return found < 0 ? -1 : 0;
}

/* The object that holds piece `number`. */
static int find_object(struct reader *reader,
		       const struct index_message *message, uint32_t number,
		       struct object_id *object_r, struct err *err)
{
	if (!message->pieces) {
		*object_r = message->object;
		return 0;
	}
	if (!reader->pieces || memcmp(&reader->tree, &message->object,
				      sizeof(reader->tree)) != 0) {
		if (reader->pieces)
			g_array_unref(take(reader->pieces));
		if (strand_pieces_read(mailbox_store(reader->mailbox),
				       &message->object, &reader->pieces,
				       err) < 0)
			return -1;
		reader->tree = message->object;
	}
	if (number >= reader->pieces->len)
		return err_set(err, EBADMSG, "message %s: too few pieces",
			       message->name);
	*object_r = g_array_index(reader->pieces, struct object_id, number);
	return 0;
}

int reader_piece(struct reader *reader, const struct index_message *message,
		 uint32_t number, GByteArray *out, struct err *err)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct seal_place place;
	struct strand_key *key;
	struct object_id object;
	uint64_t whole;
	int found;

	if (find_strand(reader, message->strand, err) < 0 ||
	    reader_key(reader, &reader->strand, &key, err) < 0 ||
	    find_object(reader, message, number, &object, err) < 0)
		return -1;
	found = store_read(mailbox_store(reader->mailbox), &object, OBJECT_BLOB,
			   key ? payload : out, err);
	if (found == 0)
		return err_set(err, ENOENT, "message %s: its object is missing",
			       message->name);
	if (found < 0)
		return err_prefix(err, "message %s", message->name);
	if (!key)
		return 0;
	place = seal_place_message(&reader->strand.id, &message->id, number);
	if (seal_open(reader->sealer, key, &place, payload->data, payload->len,
		      &whole, out, err) < 0)
		return err_prefix(err, "message %s", message->name);
	return 0;
}

static uint32_t piece_count(const struct index_message *message)
{
	return message->pieces ? (uint32_t)((message->content_size +
					     MESSAGE_PIECE - 1) /
					    MESSAGE_PIECE)
			       : 1;
}

int reader_content(struct reader *reader, const struct index_message *message,
		   GByteArray *out, struct err *err)
{
	guint start = out->len;
	struct strand_key *key;
	struct message_id id;

	for (uint32_t i = 0; i < piece_count(message); i++)
		if (reader_piece(reader, message, i, out, err) < 0)
			return -1;
	if (reader_key(reader, &reader->strand, &key, err) < 0)
		return -1;
	id = key ? strand_key_id(key, out->data + start, out->len - start)
		 : message_id_of(NULL, out->data + start, out->len - start);
	if (memcmp(&id, &message->id, sizeof(id)) != 0)
		return err_set(err, EBADMSG, "message %s: not what its id says",
			       message->name);
	return 0;
}

int reader_entry(struct reader *reader, int64_t strand,
		 const struct strand_entry *entry, GByteArray *out,
		 struct err *err)
{
	char hex[MESSAGE_ID_HEX + 1];
	struct index_message message = {
		.strand = strand,
		.id = entry->id,
		.object = entry->object,
		.pieces = entry->pieces,
		.name = hex,
	};

	message_id_print(&entry->id, hex);
	if (message.pieces) {
		AUTO(array) GArray *pieces = NULL;

		if (strand_pieces_read(mailbox_store(reader->mailbox),
				       &message.object, &pieces, err) < 0)
			return -1;
		message.content_size = (uint64_t)pieces->len * MESSAGE_PIECE;
	}
	return reader_content(reader, &message, out, err);
}

int reader_trace(struct reader *reader, int64_t copy, GByteArray *out,
		 struct err *err)
{
	AUTO(bytes) GByteArray *packed = g_byte_array_new();

	if (state_trace(reader->state, copy, packed, err) < 0)
		return -1;
	if (packed->len == 0)
		return 0;
	return seal_unpack_trace(reader->sealer, packed->data, packed->len,
				 MESSAGE_TRACE, out, err);
}

/* The trace of a large message is kept: its bytes are asked for one range after
 * the other. */
static int keep_trace(struct reader *reader, int64_t copy, struct err *err)
{
	if (reader->trace_copy == copy)
		return 0;
	reader->trace_copy = 0;
	g_byte_array_unref(reader->trace);
	reader->trace = g_byte_array_new();
	if (reader_trace(reader, copy, reader->trace, err) < 0)
		return -1;
	reader->trace_copy = copy;
	return 0;
}

int reader_raw(struct reader *reader, const struct index_message *message,
	       const struct state_copy *copy, GByteArray *out, struct err *err)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	AUTO(bytes) GByteArray *trace = g_byte_array_new();

	if (reader_content(reader, message, content, err) < 0 ||
	    reader_trace(reader, copy->serial, trace, err) < 0)
		return -1;
	if (message_join(content->data, content->len, trace, copy->crlf, out,
			 err) < 0)
		return err_prefix(err, "message %s", message->name);
	return 0;
}

/* A range being filled: what comes is cut to [from, to). */
struct window {
	GByteArray *out; /* borrowed */
	uint64_t from, to;
	uint64_t at; /* where in the raw bytes we are */
};

static void pass(struct window *window, const uint8_t *data, uint64_t size)
{
	uint64_t start = window->at, end = start + size;
	uint64_t from = MAX(start, window->from), to = MIN(end, window->to);

	if (from < to)
		(void)g_byte_array_append(window->out, data + (from - start),
					  (guint)(to - from));
	window->at = end;
}

/* Content from `from` to before `to` passes; only pieces in sight are opened.
 */
static int pass_content(struct reader *reader,
			const struct index_message *message,
			struct window *window, uint64_t from, uint64_t to,
			struct err *err)
{
	while (from < to) {
		uint64_t number = from / MESSAGE_PIECE;
		uint64_t end = MIN(to, (number + 1) * MESSAGE_PIECE);

		if (window->at + (end - from) > window->from &&
		    window->at < window->to) {
			AUTO(bytes) GByteArray *piece = g_byte_array_new();

			if (reader_piece(reader, message, (uint32_t)number,
					 piece, err) < 0)
				return -1;
			if (piece->len < end - number * MESSAGE_PIECE)
				return err_set(err, EBADMSG,
					       "message %s: piece too short",
					       message->name);
			pass(window,
			     piece->data + (from - number * MESSAGE_PIECE),
			     end - from);
		} else {
			window->at += end - from;
		}
		from = end;
	}
	return 0;
}

/* Any range of a message with LF line ends. */
static int range_of_pieces(struct reader *reader,
			   const struct index_message *message,
			   const struct state_copy *copy, struct window *window,
			   struct err *err)
{
	struct trace_entry entry;
	struct trace_iter it;
	uint64_t done = 0;
	int more;

	if (keep_trace(reader, copy->serial, err) < 0)
		return -1;
	it = trace_iter(reader->trace->data, reader->trace->len);
	while ((more = trace_next(&it, &entry, err)) > 0) {
		if (pass_content(reader, message, window, done,
				 entry.content_offset, err) < 0)
			return -1;
		pass(window, entry.data, entry.size);
		done = entry.content_offset;
	}
	if (more < 0)
		return -1;
	return pass_content(reader, message, window, done,
			    message->content_size, err);
}

int reader_raw_range(struct reader *reader, const struct index_message *message,
		     const struct state_copy *copy, uint64_t offset,
		     size_t size, GByteArray *out, struct err *err)
{
	struct window window = { .out = out,
				 .from = offset,
				 .to = offset + size };
	AUTO(bytes) GByteArray *raw = NULL;

	if (message->pieces && !copy->crlf)
		return range_of_pieces(reader, message, copy, &window, err);
	raw = g_byte_array_new();
	if (reader_raw(reader, message, copy, raw, err) < 0)
		return -1;
	pass(&window, raw->data, raw->len);
	return 0;
}

static void expand_line_ends(const GByteArray *in, GByteArray *out)
{
	const uint8_t *at = in->data, *end = at + in->len;

	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *stop = lf ? lf : end;

		(void)g_byte_array_append(out, at, (guint)(stop - at));
		if (lf)
			(void)g_byte_array_append(out, (const guint8 *)"\r\n",
						  2);
		at = lf ? lf + 1 : end;
	}
}

int reader_raw_write(struct reader *reader, const struct index_message *message,
		     const struct state_copy *copy, int fd, struct err *err)
{
	AUTO(bytes) GByteArray *part = g_byte_array_new();
	AUTO(bytes) GByteArray *expanded = g_byte_array_new();

	for (uint64_t at = 0;; at += MESSAGE_PIECE) {
		struct window window = { .out = part,
					 .from = at,
					 .to = at + MESSAGE_PIECE };
		const GByteArray *out = part;

		(void)g_byte_array_set_size(part, 0);
		(void)g_byte_array_set_size(expanded, 0);
		if (range_of_pieces(reader, message, copy, &window, err) < 0)
			return -1;
		if (part->len == 0)
			return 0;
		if (copy->crlf) {
			expand_line_ends(part, expanded);
			out = expanded;
		}
		if (io_write(fd, out->data, out->len, err) < 0)
			return -1;
	}
}
