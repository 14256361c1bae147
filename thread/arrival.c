/* SPDX-License-Identifier: ISC */
#include "arrival.h"

#include <errno.h>
#include <string.h>

#include "bounce.h"
#include "defms/mbox.h"
#include "defms/name.h"
#include "learn.h"
#include "mailbox-parts.h"
#include "store-pack.h"

struct arrival *arrival_new(void)
{
	return g_new0(struct arrival, 1);
}

static void release_packed(gpointer data)
{
	packed_release(data);
}

void arrival_made_free(struct arrival_made *made)
{
	if (!made)
		return;
	learned_free(made->learned);
	mime_free(made->mime); /* before the content it points into */
	if (made->content)
		(void)g_byte_array_unref(made->content);
	if (made->trace)
		(void)g_byte_array_unref(made->trace);
	if (made->packed_trace)
		(void)g_byte_array_unref(made->packed_trace);
	if (made->text)
		(void)g_string_free(made->text, TRUE);
	if (made->packed)
		g_array_unref(made->packed);
	g_free(made->root);
	g_free(made);
}

void arrival_free(struct arrival *arrival)
{
	if (!arrival)
		return;
	arrival_made_free(arrival->made);
	if (arrival->raw)
		(void)g_byte_array_unref(arrival->raw);
	g_free(arrival->folder);
	g_free(arrival->base);
	g_free(arrival->suffix);
	g_free(arrival->origin);
	g_free(arrival);
}

int64_t arrival_date(const struct mime *mime)
{
	return mime->date_zone == MIME_NO_DATE ? INT64_MAX : mime->date;
}

/* The first msgid in References, else in In-Reply-To, else its own, else the
 * hash (design 3.2). What bounce_follow() adds is none: the strand of a message
 * is what its own header says. */
static char *root_of(const struct mime *mime, const struct message_id *hash)
{
	char hex[MESSAGE_ID_HEX + 1];

	if (mime->references->len > 0)
		return g_strdup(g_ptr_array_index(mime->references, 0));
	if (mime->in_reply_to->len > 0)
		return g_strdup(g_ptr_array_index(mime->in_reply_to, 0));
	if (mime->msgid[0])
		return g_strdup(mime->msgid);
	message_id_print(hash, hex);
	return g_strdup(hex);
}

void arrival_read(struct arrival_made *made)
{
	made->mime = mime_parse(made->content->data, made->content->len);
	made->text = g_string_new(NULL);
	mime_text(made->mime, made->text);
	made->root = root_of(made->mime, &made->hash);
	bounce_follow(made->mime);
}

static void choose_strand(struct arrival *arrival, struct mailbox *mailbox)
{
	struct arrival_made *made = arrival->made;
	const struct identity *identity = mailbox_identity(mailbox);

	if (arrival->is_public ||
	    mailbox_is_public(mailbox, made->mime->list_id)) {
		made->strand.kind = STRAND_PUBLIC;
		made->strand.id = strand_id_public(made->root);
		return;
	}
	made->strand.kind = STRAND_MINE;
	made->strand.generation = identity_generation(identity);
	made->strand.id = identity_strand(identity, made->root);
}

/* The blob, or the blobs of the pieces, as they will stand in the pack. */
static int pack_content(struct arrival_made *made, struct reader *reader,
			struct err *err)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	const GByteArray *content = made->content;
	struct strand_key *key;
	uint32_t number = 0;
	size_t at = 0;

	if (reader_key(reader, &made->strand, &key, err) < 0)
		return -1;
	made->id = key ? strand_key_id(key, content->data, content->len)
		       : made->hash;
	made->packed = g_array_new(FALSE, TRUE, sizeof(struct packed));
	g_array_set_clear_func(made->packed, release_packed);
	do {
		size_t size = MIN(content->len - at, MESSAGE_PIECE);
		struct seal_place place = seal_place_message(
			&made->strand.id, &made->id, number++);
		struct packed packed = { 0 };

		(void)g_byte_array_set_size(payload, 0);
		if (key)
			seal_close(reader_sealer(reader), key, &place,
				   content->data + at, size, content->len,
				   payload);
		packed_encode(OBJECT_BLOB,
			      key ? payload->data : content->data + at,
			      key ? payload->len : size, !key, &packed);
		(void)g_array_append_val(made->packed, packed);
		at += size;
	} while (at < content->len);
	return 0;
}

int arrival_seal(struct arrival_made *made, struct reader *reader,
		 const struct state_strand *strand, struct err *err)
{
	if (made->packed)
		g_array_unref(take(made->packed));
	made->strand = *strand;
	return pack_content(made, reader, err);
}

/* Copies of one message that look different are different. */
int64_t arrival_look(const struct arrival_made *made, bool with_crlf)
{
	AUTO(hasher) struct message_hasher *hasher = message_hasher_new(NULL);
	uint8_t crlf = with_crlf;
	struct message_id id;
	int64_t look;

	message_hasher_add(hasher, &crlf, 1);
	if (made->trace)
		message_hasher_add(hasher, made->trace->data, made->trace->len);
	id = message_hasher_end(hasher);
	memcpy(&look, id.bytes, sizeof(look));
	return GINT64_FROM_LE(look);
}

/* Split the raw bytes, in place. */
static struct arrival_made *split(GByteArray *raw)
{
	struct arrival_made *made = g_new0(struct arrival_made, 1);
	struct message_split parts;

	made->raw_size = raw->len;
	made->mbox_base = mbox_written_size(raw->data, raw->len, "x", 0) - 1;
	message_split(raw->data, raw->len, &parts);
	(void)g_byte_array_set_size(raw, (guint)parts.content_size);
	made->content = raw;
	made->crlf = parts.crlf;
	made->header_size = parts.header_size;
	made->trace = take(parts.trace);
	message_split_release(&parts);
	made->look = arrival_look(made, made->crlf);
	return made;
}

/* All before the first empty line, as message_split() has it. */
static uint64_t header_size(const GByteArray *content)
{
	const uint8_t *at = content->data, *end = at + content->len;

	while (at < end && *at != '\n' &&
	       !(end - at > 1 && at[0] == '\r' && at[1] == '\n')) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));

		at = lf ? lf + 1 : end;
	}
	return (uint64_t)(at - content->data);
}

struct arrival_made *arrival_made_of(GByteArray *content,
				     const struct message_id *hash)
{
	struct arrival_made *made = g_new0(struct arrival_made, 1);

	made->content = content;
	made->hash = *hash;
	made->raw_size = content->len;
	made->header_size = header_size(content);
	made->mbox_base =
		mbox_written_size(content->data, content->len, "x", 0) - 1;
	made->look = arrival_look(made, false);
	arrival_read(made);
	return made;
}

void arrival_pack_trace(struct arrival_made *made, struct sealer *sealer)
{
	if (!made->trace || made->packed_trace)
		return;
	made->packed_trace = g_byte_array_new();
	seal_pack_trace(sealer, made->trace->data, made->trace->len,
			made->packed_trace);
}

/* The signature of a card is work for many workers, not for the writer. */
static void read_key(struct arrival *arrival)
{
	struct arrival_made *made = arrival->made;

	if (made->mime->keys > 0 && made->strand.kind != STRAND_PUBLIC &&
	    !name_is_junk(arrival->folder))
		(void)learn_header(made->mime, &made->learned, NULL);
}

int arrival_complete(struct arrival *arrival, struct reader *reader,
		     struct err *err)
{
	arrival_pack_trace(arrival->made, reader_sealer(reader));
	arrival_read(arrival->made);
	choose_strand(arrival, reader_mailbox(reader));
	read_key(arrival);
	return pack_content(arrival->made, reader, err);
}

int arrival_renew(struct arrival *arrival, struct reader *reader,
		  struct err *err)
{
	struct arrival_made *made = arrival->made;
	struct mailbox *mailbox = reader_mailbox(reader);

	if (made->strand.kind != STRAND_MINE ||
	    made->strand.generation ==
		    identity_generation(mailbox_identity(mailbox)))
		return 0;
	g_array_unref(take(made->packed));
	choose_strand(arrival, mailbox);
	return pack_content(made, reader, err);
}

int arrival_prepare(struct arrival *arrival, struct reader *reader,
		    struct err *err)
{
	struct state_message message;
	int found;

	if (arrival->raw->len == 0)
		return err_set(err, EINVAL, "an empty file is no message");
	if (arrival->raw->len > MESSAGE_MAX)
		return err_set(err, EFBIG, "message larger than 512 MiB");
	arrival->made = split(take(arrival->raw));
	arrival->made->hash = message_id_of(NULL, arrival->made->content->data,
					    arrival->made->content->len);
	found = state_message_find(reader_state(reader), &arrival->made->hash,
				   &message, err);
	if (found < 0)
		return -1;
	arrival->made->known = found > 0;
	return found > 0 ? 0 : arrival_complete(arrival, reader, err);
}
