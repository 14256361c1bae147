/* SPDX-License-Identifier: ISC */
/* A Kubo node: it keeps what is pinned, hands it to whoever asks for it, and a
 * signed record says what the newest root is. A push goes on from the root that
 * is pinned: what that one reaches need not be sent again. */
#include <errno.h>
#include <string.h>

#include "car-stream.h"
#include "ipfs-names.h"
#include "ipfs-node.h"
#include "ipfs-pull.h"
#include "remote-kind.h"

/* In seconds. */
enum {
	RENEW = 4 * 3600, /* a record; other nodes forget it after a day or two
			   */
	VALID = 30 * 86400,
	TTL = 30, /* for which a node need not look again */
};

enum { CHUNK = 1 << 20 };

struct ipfs_push {
	struct kubo *kubo; /* owned */
	char *pin;         /* owned: its name */
};

static void close_push(struct push *push)
{
	struct ipfs_push *own = push->own;

	kubo_close(own->kubo);
	g_free(own->pin);
	g_free(own);
}

static int64_t now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* -- the record ------------------------------------------------------------ */

/* The sequence after that of the record that a node has for the name. */
static int next_sequence(const struct ipfs_push *own, const char *name,
			 const struct key_pair *pair, uint64_t *sequence_r,
			 struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct ipns_record record = { 0 };
	int found = kubo_name_get(own->kubo, name, IPFS_BLOCK, bytes, err);

	if (found < 0 ||
	    (found > 0 && ipns_parse(bytes->data, bytes->len,
				     key_pair_public(pair), &record, err) < 0))
		return -1;
	if (record.sequence >= INT64_MAX)
		return err_set(err, EREMOTEIO,
			       "somebody who can write records for this remote "
			       "has written the last one that is possible");
	*sequence_r = MAX(*sequence_r, record.sequence + 1);
	return 0;
}

static int put_record(const struct ipfs_push *own, const char *name,
		      const struct key_pair *pair,
		      const struct ipns_record *record, struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();

	ipns_write(record, pair, bytes);
	return kubo_name_put(own->kubo, name, bytes, err);
}

/* Where a higher sequence is known already, as state.db is an older one, or
 * the name is published through another node too, go on from that. */
static int publish_one(const struct ipfs_push *own, const struct key_pair *pair,
		       struct ipns_record *record, struct err *err)
{
	char name[IPNS_NAME + 1];

	ipns_name_print(key_pair_public(pair), name);
	if (put_record(own, name, pair, record, err) == 0)
		return 0;
	if (err->code != EEXIST ||
	    next_sequence(own, name, pair, &record->sequence, err) < 0)
		return -1;
	return put_record(own, name, pair, record, err);
}

/* Say under all names that the root of the row is the newest. */
static int publish(struct push *push, struct err *err)
{
	AUTO(ptrs) GPtrArray *pairs = NULL;
	struct ipns_record record = {
		.root = push->row.root,
		.sequence = (uint64_t)MAX(push->row.sequence + 1, now_s()),
		.valid_until = now_s() + VALID,
		.ttl_ns = (uint64_t)TTL * 1000000000,
	};

	if (ipfs_names_mine(&push->visible, &pairs, err) < 0)
		return -1;
	for (guint i = 0; i < pairs->len; i++)
		if (publish_one(push->own, pairs->pdata[i], &record, err) < 0)
			return -1;
	push->row.sequence = (int64_t)record.sequence;
	push->is_to_be_noted = true;
	return 0;
}

/* The sequence is about the time when it was published. */
static bool is_to_be_renewed(const struct state_remote *row)
{
	int64_t age = now_s() - row->sequence;

	return age >= RENEW || age < -RENEW;
}

/* -- the blocks ------------------------------------------------------------ */

static int look(struct push *push, struct err *err)
{
	struct ipfs_push *own = g_new0(struct ipfs_push, 1);
	char name[KUBO_PIN_NAME + 1];
	int found;

	push->own = own;
	own->pin = ipfs_node_pin(push->mailbox, push->remote, NULL);
	if (ipfs_node_open(push->remote, &own->kubo, err) < 0)
		return -1;
	if (object_id_is_null(&push->row.root))
		return 0;
	found = kubo_pin_find(own->kubo, &push->row.root, name, err);
	if (found > 0 && is_to_be_renewed(&push->row) && publish(push, err) < 0)
		return -1;
	return found;
}

struct sending {
	struct car_stream *stream; /* borrowed */
	GByteArray *chunk;         /* owned: what came of it */
	size_t sent;               /* of the chunk */
};

static int send_some(void *user, void *buf, size_t size, size_t *size_r,
		     struct err *err)
{
	struct sending *sending = user;
	int more = 1;

	if (sending->sent == sending->chunk->len) {
		(void)g_byte_array_set_size(sending->chunk, 0);
		sending->sent = 0;
		while (sending->chunk->len < CHUNK &&
		       (more = car_stream_next(sending->stream, sending->chunk,
					       err)) > 0)
			;
		if (more < 0 || sending->chunk->len == 0)
			return more;
	}
	*size_r = MIN(size, sending->chunk->len - sending->sent);
	memcpy(buf, sending->chunk->data + sending->sent, *size_r);
	sending->sent += *size_r;
	return 1;
}

/* What an earlier push, that was cut off, left behind. */
static void remove_leftovers(const struct ipfs_push *own,
			     const struct object_id *root)
{
	AUTO(array) GArray *pins = NULL;

	if (kubo_pin_list(own->kubo, own->pin, &pins, NULL) < 0)
		return;
	for (guint i = 0; i < pins->len; i++) {
		const struct object_id *pin =
			&g_array_index(pins, struct object_id, i);

		if (!object_id_equal(pin, root))
			(void)kubo_pin_remove(own->kubo, pin, NULL);
	}
}

/* Nothing keeps the node from collecting what is not pinned yet: then it does
 * not get all of the pin, and the next push brings it again. */
static int bring(const struct push *push, struct car_stream *stream,
		 struct err *err)
{
	const struct ipfs_push *own = push->own;
	const struct object_id *root = &car_stream_root(stream)->id;
	AUTO(bytes) GByteArray *chunk = g_byte_array_new();
	struct sending sending = { stream, chunk, 0 };

	if (kubo_import(own->kubo, send_some, &sending, NULL, err) < 0)
		return -1;
	if (object_id_is_null(&push->row.root))
		return kubo_pin_add(own->kubo, root, own->pin, IPFS_BLOCK, err);
	return kubo_pin_move(own->kubo, &push->row.root, root, own->pin,
			     IPFS_ANSWER, err);
}

static int push_news(struct push *push, struct err *err)
{
	AUTO(car_stream)
	struct car_stream *stream = car_stream_new(
		mailbox_store(push->mailbox), push->visible.heads,
		push->visible.cards, push->given);
	const struct object_id *root = &car_stream_root(stream)->id;

	if (object_id_equal(root, &push->row.root))
		return 0;
	if (bring(push, stream, err) < 0)
		return -1;
	push->objects = car_stream_count(stream);
	push->row.root = *root;
	remove_leftovers(push->own, root);
	if (publish(push, err) == 0)
		return 0;
	if (!err_is_temporary(err))
		return -1;
	/* It is there, only nobody is told: the next push does that. */
	push->row.sequence = 0;
	g_ptr_array_add(push->lines, g_strdup(err->text));
	return 0;
}

static int note(struct push *push, struct err *err)
{
	(void)push;
	(void)err;
	return 0;
}

const struct remote_kind remote_ipfs = {
	.look = look,
	.push = push_news,
	.note = note,
	.close_push = close_push,
	.open = ipfs_pull_open,
	.read = ipfs_pull_read,
	.note_pull = ipfs_pull_note,
	.close_pull = ipfs_pull_close,
};
