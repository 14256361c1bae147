/* SPDX-License-Identifier: ISC */
/* First the header, then the trees of heads that are others than last time, the
 * cards and the root, so that a reader knows early what is to come; then, chain
 * by chain, what is new. */
#include "car-stream.h"

#include "defms/car.h"
#include "defms/delta.h"

struct car_stream {
	const GArray *heads, *given; /* borrowed */
	struct root_tree *root;      /* owned */
	struct root_tree *before;    /* owned: of what was given, no cards */
	struct delta *delta;         /* owned */
	GByteArray *body;            /* owned: of one object */
	bool begun;
	guint object, head; /* the next of the root, and of heads */
	size_t count;
};

struct car_stream *car_stream_new(struct store *store, const GArray *heads,
				  GPtrArray *cards, const GArray *given)
{
	AUTO(ptrs) GPtrArray *none = g_ptr_array_new();
	struct car_stream *stream = g_new0(struct car_stream, 1);

	stream->heads = heads;
	stream->given = given;
	stream->root = root_tree_new(heads, cards);
	stream->before = root_tree_new(given, none);
	stream->delta = delta_new(store);
	stream->body = g_byte_array_new();
	return stream;
}

void car_stream_free(struct car_stream *stream)
{
	if (!stream)
		return;
	root_tree_free(stream->root);
	root_tree_free(stream->before);
	delta_free(stream->delta);
	g_byte_array_unref(stream->body);
	g_free(stream);
}

const struct root_tree *car_stream_root(const struct car_stream *stream)
{
	return stream->root;
}

size_t car_stream_count(const struct car_stream *stream)
{
	return stream->count;
}

/* What is there of a chain, or of the one that a fork belongs to. */
static const struct object_id *find_base(const GArray *given,
					 const struct head *head)
{
	const struct head *base = head_find(given, head);
	struct head chain = *head;

	chain.number = 0;
	if (!base)
		base = head_find(given, &chain);
	return base ? &base->tip : NULL;
}

static int put(struct car_stream *stream, const struct object_id *id,
	       enum object_type type, const GByteArray *body, GByteArray *out,
	       struct err *err)
{
	if (car_write_object(id, type, body->data, body->len, out, err) < 0)
		return -1;
	stream->count++;
	return 1;
}

/* The next object of the root tree that is not there already. 1/0/-1. */
static int put_root(struct car_stream *stream, GByteArray *out, struct err *err)
{
	const GPtrArray *objects = stream->root->objects;

	while (stream->object < objects->len) {
		const struct root_object *object =
			objects->pdata[stream->object++];

		if (!root_tree_has(stream->before, &object->id))
			return put(stream, &object->id, object->type,
				   object->body, out, err);
	}
	return 0;
}

int car_stream_next(struct car_stream *stream, GByteArray *out, struct err *err)
{
	enum object_type type;
	struct object_id id;
	int found;

	if (!stream->begun) {
		stream->begun = true;
		car_write_header(&stream->root->id, out);
		return 1;
	}
	found = put_root(stream, out, err);
	if (found != 0)
		return found;
	while ((found = delta_next(stream->delta, &id, &type, stream->body,
				   err)) == 0) {
		const struct head *head;
		const struct object_id *base;

		if (stream->head == stream->heads->len)
			return 0;
		head = &g_array_index(stream->heads, struct head,
				      stream->head++);
		base = find_base(stream->given, head);
		if (!base || !object_id_equal(base, &head->tip))
			delta_start(stream->delta, &head->tip, base);
	}
	return found < 0 ? -1 : put(stream, &id, type, stream->body, out, err);
}
