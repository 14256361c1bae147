/* SPDX-License-Identifier: ISC */
#include "defms/strand.h"

#include <errno.h>
#include <string.h>

#include "store-entry.h"
#include "store-pack.h"

enum { FAN = 256 };

static const char *const blob_names[STRAND_BLOBS] = {
	[STRAND_KEYS] = "keys",       [STRAND_LINKS] = "links",
	[STRAND_MEMBERS] = "members", [STRAND_SENT] = "sent",
	[STRAND_THREAD] = "thread",
};

struct strand_tree {
	GArray *entries; /* owned: struct strand_entry */
	bool fanned;     /* as it was read: m/<2 hex>/<62 hex> */
	bool changed[FAN];
	struct object_id fan[FAN]; /* the subtrees as they were read */
	struct object_id blobs[STRAND_BLOBS];
	struct message_id hashes[STRAND_BLOBS];
	bool hashed[STRAND_BLOBS];
};

struct strand_tree *strand_tree_new(void)
{
	struct strand_tree *tree = g_new0(struct strand_tree, 1);

	tree->entries = g_array_new(FALSE, FALSE, sizeof(struct strand_entry));
	return tree;
}

void strand_tree_free(struct strand_tree *tree)
{
	if (!tree)
		return;
	g_array_unref(tree->entries);
	g_free(tree);
}

/* Entries of messages whose names go on from `start` digits of `hex`. */
static int read_messages(struct strand_tree *tree, const GByteArray *data,
			 char hex[MESSAGE_ID_HEX + 1], size_t start,
			 struct err *err)
{
	const uint8_t *at = data->data, *end = at + data->len;
	struct tree_entry entry;
	int more;

	while ((more = tree_next(&at, end, &entry, err)) > 0) {
		struct strand_entry message = { .object = entry.id,
						.pieces = entry.is_tree };

		if (strlen(entry.name) != MESSAGE_ID_HEX - start)
			return err_set(err, EBADMSG, "tree: bad name");
		memcpy(hex + start, entry.name, MESSAGE_ID_HEX - start + 1);
		if (message_id_parse(hex, &message.id, err) < 0)
			return err_set(err, EBADMSG, "tree: bad name");
		if (tree->entries->len > 0 &&
		    memcmp(&g_array_index(tree->entries, struct strand_entry,
					  tree->entries->len - 1)
				    .id,
			   &message.id, sizeof(message.id)) >= 0)
			return err_set(err, EBADMSG, "tree: not sorted");
		(void)g_array_append_val(tree->entries, message);
	}
	return more;
}

static int read_fan(const struct object_source *source,
		    struct strand_tree *tree, const GByteArray *data,
		    struct err *err)
{
	const uint8_t *at = data->data, *end = at + data->len;
	char hex[MESSAGE_ID_HEX + 1];
	struct tree_entry entry;
	int more;

	tree->fanned = true;
	while ((more = tree_next(&at, end, &entry, err)) > 0) {
		AUTO(bytes) GByteArray *part = g_byte_array_new();
		guint before = tree->entries->len;

		if (!entry.is_tree || strlen(entry.name) != 2)
			return err_set(err, EBADMSG, "tree: bad fan-out");
		memcpy(hex, entry.name, 2);
		if (tree_read(source, &entry.id, part, err) < 0 ||
		    read_messages(tree, part, hex, 2, err) < 0)
			return -1;
		if (tree->entries->len == before)
			return err_set(err, EBADMSG, "tree: empty fan-out");
		tree->fan[g_array_index(tree->entries, struct strand_entry,
					before)
				  .id.bytes[0]] = entry.id;
	}
	return more;
}

static int read_m(const struct object_source *source, struct strand_tree *tree,
		  const struct object_id *id, struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	char hex[MESSAGE_ID_HEX + 1];
	const uint8_t *at;
	struct tree_entry first;

	if (tree_read(source, id, data, err) < 0)
		return -1;
	at = data->data;
	if (tree_next(&at, data->data + data->len, &first, err) < 0)
		return -1;
	if (data->len == 0)
		return err_set(err, EBADMSG, "tree: empty");
	if (strlen(first.name) == 2) {
		if (read_fan(source, tree, data, err) < 0)
			return -1;
	} else if (read_messages(tree, data, hex, 0, err) < 0) {
		return -1;
	}
	/* One set of messages has one tree. */
	if (tree->fanned != (tree->entries->len > STRAND_FLAT_MAX))
		return err_set(err, EBADMSG, "tree: fan-out out of place");
	return 0;
}

static int blob_of(const char *name)
{
	for (int i = 0; i < STRAND_BLOBS; i++)
		if (strcmp(name, blob_names[i]) == 0)
			return i;
	return -1;
}

/* Where an entry stands among those of a strand's tree; -1: nowhere. */
static int rank_of(const struct tree_entry *entry)
{
	int which = blob_of(entry->name);

	if (entry->is_tree) /* "m/" sorts before "members" */
		return strcmp(entry->name, "m") == 0 ? 2 * STRAND_MEMBERS : -1;
	return which < 0 ? -1 : 2 * which + 1;
}

/* The tree's own entries; `m_r` is that of the messages, null without any. */
static int read_top(const struct object_source *source,
		    const struct object_id *id,
		    struct object_id blobs[STRAND_BLOBS], struct object_id *m_r,
		    struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	const uint8_t *at, *end;
	struct tree_entry entry;
	int more, rank, last = -1;

	memset(m_r, 0, sizeof(*m_r));
	if (tree_read(source, id, data, err) < 0)
		return -1;
	at = data->data;
	end = at + data->len;
	while ((more = tree_next(&at, end, &entry, err)) > 0) {
		rank = rank_of(&entry);
		if (rank <= last)
			return err_set(err, EBADMSG,
				       "tree: entry that has no place");
		last = rank;
		if (entry.is_tree)
			*m_r = entry.id;
		else
			blobs[rank / 2] = entry.id;
	}
	return more;
}

int strand_blobs_read(const struct object_source *source,
		      const struct object_id *id,
		      struct object_id blobs_r[STRAND_BLOBS], struct err *err)
{
	struct object_id m;

	memset(blobs_r, 0, STRAND_BLOBS * sizeof(*blobs_r));
	return read_top(source, id, blobs_r, &m, err);
}

int strand_tree_read_from(const struct object_source *source,
			  const struct object_id *id,
			  struct strand_tree **tree_r, struct err *err)
{
	AUTO(strand_tree) struct strand_tree *tree = strand_tree_new();
	struct object_id m;

	if (read_top(source, id, tree->blobs, &m, err) < 0 ||
	    (!object_id_is_null(&m) && read_m(source, tree, &m, err) < 0))
		return -1;
	*tree_r = take(tree);
	return 0;
}

int strand_tree_read(struct store *store, const struct object_id *id,
		     struct strand_tree **tree_r, struct err *err)
{
	struct object_source source = store_source(store);

	return strand_tree_read_from(&source, id, tree_r, err);
}

static int by_id(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct message_id));
}

/* Index of the first entry not below `id`; entries must be sorted. */
static guint lower_bound(const GArray *entries, const struct message_id *id)
{
	guint low = 0, high = entries->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (by_id(&g_array_index(entries, struct strand_entry, middle),
			  id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct strand_entry *strand_tree_find(const struct strand_tree *tree,
					    const struct message_id *id)
{
	guint at = lower_bound(tree->entries, id);
	const struct strand_entry *entry;

	if (at == tree->entries->len)
		return NULL;
	entry = &g_array_index(tree->entries, struct strand_entry, at);
	return by_id(entry, id) == 0 ? entry : NULL;
}

bool strand_tree_add(struct strand_tree *tree, const struct strand_entry *entry)
{
	guint at = lower_bound(tree->entries, &entry->id);

	if (strand_tree_find(tree, &entry->id))
		return false;
	(void)g_array_insert_val(tree->entries, at, *entry);
	tree->changed[entry->id.bytes[0]] = true;
	return true;
}

bool strand_tree_remove(struct strand_tree *tree, const struct message_id *id)
{
	if (!strand_tree_find(tree, id))
		return false;
	(void)g_array_remove_index(tree->entries,
				   lower_bound(tree->entries, id));
	tree->changed[id->bytes[0]] = true;
	return true;
}

const GArray *strand_tree_entries(struct strand_tree *tree)
{
	return tree->entries;
}

struct object_id strand_tree_blob(const struct strand_tree *tree,
				  enum strand_blob which)
{
	return tree->blobs[which];
}

void strand_tree_set_blob(struct strand_tree *tree, enum strand_blob which,
			  const struct object_id *id, const void *data,
			  size_t size)
{
	tree->blobs[which] = *id;
	tree->hashed[which] = !object_id_is_null(id);
	if (tree->hashed[which])
		tree->hashes[which] = message_id_of(NULL, data, size);
	else
		memset(&tree->hashes[which], 0, sizeof(tree->hashes[which]));
}

/* The entries from `from` to before `to`, named without `skip` digits. */
static int write_messages(const GArray *entries, guint from, guint to,
			  size_t skip, struct pack *pack,
			  struct object_id *id_r, struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	char hex[MESSAGE_ID_HEX + 1];

	for (guint i = from; i < to; i++) {
		const struct strand_entry *entry =
			&g_array_index(entries, struct strand_entry, i);

		message_id_print(&entry->id, hex);
		tree_put(out, entry->pieces, hex + skip, &entry->object);
	}
	return pack_add_object(pack, OBJECT_TREE, out->data, out->len, id_r,
			       err);
}

static int write_fan(struct strand_tree *tree, struct pack *pack,
		     struct object_id *id_r, struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	const GArray *entries = tree->entries;
	guint from = 0;

	for (unsigned first = 0; first < FAN; first++) {
		guint to = from;
		char name[3];

		while (to < entries->len &&
		       g_array_index(entries, struct strand_entry, to)
				       .id.bytes[0] == first)
			to++;
		if (to == from)
			continue;
		if ((!tree->fanned || tree->changed[first]) &&
		    write_messages(entries, from, to, 2, pack,
				   &tree->fan[first], err) < 0)
			return -1;
		(void)g_snprintf(name, sizeof(name), "%02x", first);
		tree_put(out, true, name, &tree->fan[first]);
		tree->changed[first] = false;
		from = to;
	}
	tree->fanned = true;
	return pack_add_object(pack, OBJECT_TREE, out->data, out->len, id_r,
			       err);
}

int strand_tree_write(struct strand_tree *tree, struct pack *pack,
		      struct object_id *id_r, struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct object_id m;
	int result = 0;

	if (tree->entries->len > STRAND_FLAT_MAX)
		result = write_fan(tree, pack, &m, err);
	else if (tree->entries->len > 0)
		result = write_messages(tree->entries, 0, tree->entries->len, 0,
					pack, &m, err);
	if (result < 0)
		return -1;
	for (int i = 0; i < STRAND_BLOBS; i++) {
		if (i == STRAND_MEMBERS && tree->entries->len > 0)
			tree_put(out, true, "m", &m);
		if (!object_id_is_null(&tree->blobs[i]))
			tree_put(out, false, blob_names[i], &tree->blobs[i]);
	}
	return pack_add_object(pack, OBJECT_TREE, out->data, out->len, id_r,
			       err);
}

static int hash_blob(struct strand_tree *tree,
		     const struct object_source *source, int which,
		     struct err *err)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	int found;

	if (tree->hashed[which] || object_id_is_null(&tree->blobs[which]))
		return 0;
	found = source->read(source->context, &tree->blobs[which], OBJECT_BLOB,
			     data, err);
	if (found == 0)
		return err_set(err, ENOENT, "%s of a strand is missing",
			       blob_names[which]);
	if (found < 0)
		return -1;
	tree->hashes[which] = message_id_of(NULL, data->data, data->len);
	tree->hashed[which] = true;
	return 0;
}

int strand_tree_root_from(struct strand_tree *tree,
			  const struct object_source *source,
			  struct message_id *root_r, struct err *err)
{
	AUTO(hasher) struct message_hasher *hasher = message_hasher_new(NULL);

	for (guint i = 0; i < tree->entries->len; i++)
		message_hasher_add(
			hasher,
			g_array_index(tree->entries, struct strand_entry, i)
				.id.bytes,
			sizeof(struct message_id));
	for (int i = 0; i < STRAND_BLOBS; i++) {
		if (hash_blob(tree, source, i, err) < 0)
			return -1;
		message_hasher_add(hasher, tree->hashes[i].bytes,
				   sizeof(tree->hashes[i]));
	}
	*root_r = message_hasher_end(hasher);
	return 0;
}

int strand_tree_root(struct strand_tree *tree, struct store *store,
		     struct message_id *root_r, struct err *err)
{
	struct object_source source = store_source(store);

	return strand_tree_root_from(tree, &source, root_r, err);
}
