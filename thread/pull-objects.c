/* SPDX-License-Identifier: ISC */
/* An object is read and hashed outside of the lock, by any worker, and kept for
 * the writer while there is room for it. Beyond that its id alone is noted, and
 * it is read and hashed again when it is written. */
#include "pull-objects.h"

#include <errno.h>
#include <string.h>

enum {
	OBJECT_MOST = 1 << 20,
	HELD_MOST = 96 << 20,
};

struct known {
	struct object_id id;
	enum object_type type;
	bool is_new;          /* not in the store */
	size_t held;          /* bytes that count as held */
	GByteArray *plain;    /* owned; NULL: not kept, or encoded */
	struct packed packed; /* owned; bytes NULL: not encoded */
};

struct pull_objects {
	struct pull_well *well; /* borrowed */
	struct object_source source;
	GHashTable *known;   /* owned: struct known */
	GPtrArray *in_order; /* borrowed from it: as they were met */
	bool deflate;        /* blobs */
	uint64_t bytes;      /* of the new ones */
};

bool pull_well_hold(struct pull_well *well, size_t size)
{
	bool room;

	g_mutex_lock(&well->lock);
	room = size <= HELD_MOST - well->held;
	if (room)
		well->held += size;
	g_mutex_unlock(&well->lock);
	return room;
}

void pull_well_drop(struct pull_well *well, size_t size)
{
	g_mutex_lock(&well->lock);
	well->held -= size;
	g_mutex_unlock(&well->lock);
}

static void free_known(gpointer data)
{
	struct known *known = data;

	if (known->plain)
		(void)g_byte_array_unref(known->plain);
	packed_release(&known->packed);
	g_free(known);
}

static int check_size(const GByteArray *bytes, struct err *err)
{
	return bytes->len > OBJECT_MOST
		       ? err_set(err, EBADMSG, "an object is over 1 MiB")
		       : 0;
}

/* Append what is offered as `id`; it is hashed. */
static int fetch(struct pull_objects *objects, const struct object_id *id,
		 enum object_type *type_r, GByteArray *out, struct err *err)
{
	const struct offer *offer = objects->well->offer;
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	char hex[OBJECT_ID_HEX + 1];
	struct object_id hash;
	int found;

	object_id_print(id, hex);
	*type_r = OBJECT_BLOB;
	g_mutex_lock(&objects->well->lock);
	found = offer->read(offer->context, id, type_r, bytes, err);
	g_mutex_unlock(&objects->well->lock);
	if (found < 0)
		return err_set(err, EILSEQ, "object %s cannot be read", hex);
	if (found == 0)
		return err_set(err, ENOENT, "object %s is missing", hex);
	if (*type_r < OBJECT_COMMIT || *type_r > OBJECT_TAG)
		return err_set(err, EILSEQ, "object %s is of no type", hex);
	/* What is handed out in its place says nothing about the head. */
	if (store_hash(*type_r, bytes->data, bytes->len, &hash, err) < 0)
		return err_set(err, EILSEQ, "object %s is made to collide",
			       hex);
	if (!object_id_equal(&hash, id))
		return err_set(err, EILSEQ, "object %s is not what its id says",
			       hex);
	if (check_size(bytes, err) < 0)
		return -1;
	if (bytes->len > 0)
		(void)g_byte_array_append(out, bytes->data, bytes->len);
	return 0;
}

static int count_bytes(struct pull_objects *objects, size_t size,
		       struct err *err)
{
	struct pull_well *well = objects->well;
	bool fits;

	g_mutex_lock(&well->lock);
	fits = size <= well->offer->limit &&
	       well->bytes <= well->offer->limit - size;
	if (fits)
		well->bytes += size;
	g_mutex_unlock(&well->lock);
	return fits ? 0
		    : err_set(err, EFBIG,
			      "more than is taken from %s at a time",
			      well->offer->remote);
}

static struct known *note(struct pull_objects *objects,
			  const struct object_id *id, enum object_type type,
			  bool is_new)
{
	struct known *known = g_new0(struct known, 1);

	known->id = *id;
	known->type = type;
	known->is_new = is_new;
	(void)g_hash_table_add(objects->known, known);
	g_ptr_array_add(objects->in_order, known);
	return known;
}

/* One that is met for the first time, and is not in the store. */
static int fetch_new(struct pull_objects *objects, const struct object_id *id,
		     struct known **known_r, GByteArray *out, struct err *err)
{
	enum object_type type;
	struct known *known;
	guint before = out->len;

	if (fetch(objects, id, &type, out, err) < 0 ||
	    count_bytes(objects, out->len - before, err) < 0)
		return -1;
	known = note(objects, id, type, true);
	objects->bytes += out->len - before;
	if (pull_well_hold(objects->well, out->len - before)) {
		known->held = out->len - before;
		known->plain = g_byte_array_sized_new(out->len - before);
		if (known->held > 0)
			(void)g_byte_array_append(known->plain,
						  out->data + before,
						  (guint)known->held);
	}
	*known_r = known;
	return 0;
}

static int read_known(struct pull_objects *objects, const struct known *known,
		      GByteArray *out, struct err *err)
{
	enum object_type type;

	if (!known->plain)
		return fetch(objects, &known->id, &type, out, err);
	if (known->plain->len > 0)
		(void)g_byte_array_append(out, known->plain->data,
					  known->plain->len);
	return 0;
}

/* From the store. What is damaged there says nothing about what is offered. */
static int read_stored(struct pull_objects *objects, const struct object_id *id,
		       enum object_type type, GByteArray *out, struct err *err)
{
	struct err why;
	int found;

	/* Or each that is not here would make the store look for new packs. */
	if (!store_has(objects->well->store, id, NULL))
		return 0;
	found = store_read(objects->well->store, id, type, out, &why);
	if (found >= 0)
		return found;
	return err_set(err, err_is_damage(&why) ? EILSEQ : why.code, "%s",
		       why.text);
}

static int read_object(void *context, const struct object_id *id,
		       enum object_type type, GByteArray *out, struct err *err)
{
	struct pull_objects *objects = context;
	struct known *known = g_hash_table_lookup(objects->known, id);
	char hex[OBJECT_ID_HEX + 1];
	int found;

	if (!known || !known->is_new) {
		found = read_stored(objects, id, type, out, err);
		if (found > 0 && !known)
			(void)note(objects, id, type, false);
		if (found != 0)
			return found;
	}
	object_id_print(id, hex);
	if (known && !known->is_new)
		return err_set(err, ENOENT, "object %s is missing", hex);
	if (known ? read_known(objects, known, out, err) < 0
		  : fetch_new(objects, id, &known, out, err) < 0)
		return -1;
	if (known->type == type)
		return 1;
	return err_set(err, EBADMSG, "object %s has the wrong type", hex);
}

const struct object_source *
pull_objects_source(const struct pull_objects *objects)
{
	return &objects->source;
}

int pull_objects_need(struct pull_objects *objects, const struct object_id *id,
		      struct err *err)
{
	struct known *known = g_hash_table_lookup(objects->known, id);
	AUTO(bytes) GByteArray *bytes = NULL;
	char hex[OBJECT_ID_HEX + 1];
	enum object_type type;

	if (!known && store_has(objects->well->store, id, &type))
		known = note(objects, id, type, false);
	if (!known) {
		bytes = g_byte_array_new();
		if (fetch_new(objects, id, &known, bytes, err) < 0)
			return -1;
	}
	if (known->type == OBJECT_BLOB)
		return 0;
	object_id_print(id, hex);
	return err_set(err, EBADMSG, "object %s has the wrong type", hex);
}

struct pull_objects *pull_objects_new(struct pull_well *well)
{
	struct pull_objects *objects = g_new0(struct pull_objects, 1);

	objects->well = well;
	objects->source = (struct object_source){ read_object, objects };
	objects->known = g_hash_table_new_full(object_id_hash, object_id_equal,
					       free_known, NULL);
	objects->in_order = g_ptr_array_new();
	return objects;
}

void pull_objects_free(struct pull_objects *objects)
{
	if (!objects)
		return;
	for (guint i = 0; i < objects->in_order->len; i++) {
		const struct known *known =
			g_ptr_array_index(objects->in_order, i);

		pull_well_drop(objects->well, known->held);
	}
	g_ptr_array_unref(objects->in_order);
	g_hash_table_unref(objects->known);
	g_free(objects);
}

uint64_t pull_objects_bytes(const struct pull_objects *objects)
{
	return objects->bytes;
}

/* What is sealed does not shrink. */
static bool shrinks(const struct pull_objects *objects,
		    const struct known *known)
{
	return known->type != OBJECT_BLOB || objects->deflate;
}

void pull_objects_encode(struct pull_objects *objects, bool deflate)
{
	objects->deflate = deflate;
	for (guint i = 0; i < objects->in_order->len; i++) {
		struct known *known = g_ptr_array_index(objects->in_order, i);

		if (!known->plain)
			continue;
		packed_encode(known->type, known->plain->data,
			      known->plain->len, shrinks(objects, known),
			      &known->packed);
		(void)g_byte_array_unref(take(known->plain));
	}
}

static int write_again(struct pull_objects *objects, const struct known *known,
		       struct pack *pack, struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct packed packed = { 0 };
	enum object_type type;
	int result;

	if (fetch(objects, &known->id, &type, bytes, err) < 0)
		return -1;
	packed_encode(type, bytes->data, bytes->len, shrinks(objects, known),
		      &packed);
	result = pack_add(pack, &packed, err);
	packed_release(&packed);
	return result;
}

/* gc may have swept what nothing reached. */
static int check_stored(const struct pull_objects *objects, struct store *store,
			struct err *err)
{
	for (guint i = 0; i < objects->in_order->len; i++) {
		const struct known *known =
			g_ptr_array_index(objects->in_order, i);
		char hex[OBJECT_ID_HEX + 1];

		if (known->is_new || store_has(store, &known->id, NULL))
			continue;
		object_id_print(&known->id, hex);
		return err_set(err, ENOENT, "object %s is missing", hex);
	}
	return 0;
}

int pull_objects_write(struct pull_objects *objects, struct store *store,
		       struct pack *pack, struct err *err)
{
	if (check_stored(objects, store, err) < 0)
		return -1;
	for (guint i = 0; i < objects->in_order->len; i++) {
		const struct known *known =
			g_ptr_array_index(objects->in_order, i);

		if (!known->is_new || store_has(store, &known->id, NULL))
			continue;
		if ((known->packed.bytes
			     ? pack_add(pack, &known->packed, err)
			     : write_again(objects, known, pack, err)) < 0)
			return -1;
	}
	return 0;
}
