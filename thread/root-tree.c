/* SPDX-License-Identifier: ISC */
#include "defms/root-tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	OID = sizeof(struct object_id),
	REST = STRAND_ID_HEX - 2, /* digits of a strand's id after its fan */
	NAME = REST + 1 + DEVICE_ID_HEX,
	DIGITS = 6, /* of the number of a fork */
	NAME_MOST = NAME + 1 + DIGITS,
};

static const char cards_name[] = "cards";

int head_compare(gconstpointer a, gconstpointer b)
{
	const struct head *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	if (order == 0)
		order = memcmp(&x->device, &y->device, sizeof(x->device));
	return order ? order
		     : (x->number > y->number) - (x->number < y->number);
}

const struct head *head_find(const GArray *heads, const struct head *head)
{
	return heads->len == 0 ? NULL
			       : bsearch(head, heads->data, heads->len,
					 sizeof(*head), head_compare);
}

bool head_is_among(const struct head *head, const GArray *heads)
{
	const struct head *found = head_find(heads, head);

	return found && object_id_equal(&found->tip, &head->tip);
}

struct root_card *root_card_new(const char *name, const void *data, size_t size)
{
	struct root_card *card = g_new0(struct root_card, 1);

	(void)g_strlcpy(card->name, name, sizeof(card->name));
	card->bytes = g_byte_array_new();
	(void)g_byte_array_append(card->bytes, data, (guint)size);
	return card;
}

void root_card_free(gpointer card)
{
	g_byte_array_unref(((struct root_card *)card)->bytes);
	g_free(card);
}

/* -- making ---------------------------------------------------------------- */

static void free_object(gpointer data)
{
	struct root_object *object = data;

	g_byte_array_unref(object->body);
	g_free(object);
}

/* Take over `body`. */
static const struct object_id *
add_object(struct root_tree *tree, enum object_type type, GByteArray *body)
{
	struct root_object *object = g_new(struct root_object, 1);

	object->id = object_id_of(type, body->data, body->len);
	object->type = type;
	object->body = body;
	g_ptr_array_add(tree->objects, object);
	return &object->id;
}

static void put_entry(GByteArray *body, const char *mode, const char *name,
		      const struct object_id *id)
{
	(void)g_byte_array_append(body, (const guint8 *)mode,
				  (guint)strlen(mode));
	(void)g_byte_array_append(body, (const guint8 *)" ", 1);
	(void)g_byte_array_append(body, (const guint8 *)name,
				  (guint)strlen(name) + 1);
	(void)g_byte_array_append(body, id->bytes, OID);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	const struct root_card *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* The tree of the cards. */
static GByteArray *put_cards(struct root_tree *tree, GPtrArray *cards)
{
	GByteArray *body = g_byte_array_new();
	const char *last = "";

	g_ptr_array_sort(cards, by_name);
	for (guint i = 0; i < cards->len; i++) {
		const struct root_card *card = cards->pdata[i];

		if (strcmp(card->name, last) == 0)
			continue;
		last = card->name;
		put_entry(body, "100644", card->name,
			  add_object(tree, OBJECT_BLOB,
				     g_byte_array_ref(card->bytes)));
	}
	return body;
}

static void print_head(const struct head *head, char *name, size_t size)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];
	size_t len;

	strand_id_print(&head->strand, strand);
	device_id_print(&head->device, device);
	len = (size_t)g_snprintf(name, size, "%s-%s", strand + 2, device);
	if (head->number > 0)
		(void)g_snprintf(name + len, size - len, "-%0*" G_GINT64_FORMAT,
				 DIGITS, head->number);
}

/* The tree of the heads from `*at` on whose strands begin with one byte. Names
 * are sorted as heads are. */
static GByteArray *put_fan(const GArray *heads, guint *at)
{
	const struct head *first = &g_array_index(heads, struct head, *at);
	GByteArray *body = g_byte_array_new();
	char name[NAME_MOST + 1];

	for (; *at < heads->len; (*at)++) {
		const struct head *head =
			&g_array_index(heads, struct head, *at);

		if (head->strand.bytes[0] != first->strand.bytes[0])
			break;
		print_head(head, name, sizeof(name));
		put_entry(body, "160000", name, &head->tip);
	}
	return body;
}

/* In git's order "cards/" comes behind "ca/". */
static void put_top(struct root_tree *tree, const GArray *heads,
		    GPtrArray *cards, GByteArray *body)
{
	bool carded = cards->len == 0;
	guint at = 0;

	while (at < heads->len || !carded) {
		uint8_t byte = 0xff;
		char name[3];

		if (at < heads->len)
			byte = g_array_index(heads, struct head, at)
				       .strand.bytes[0];
		if (!carded && (at == heads->len || byte > 0xca)) {
			carded = true;
			put_entry(body, "40000", cards_name,
				  add_object(tree, OBJECT_TREE,
					     put_cards(tree, cards)));
			continue;
		}
		(void)g_snprintf(name, sizeof(name), "%02x", byte);
		put_entry(body, "40000", name,
			  add_object(tree, OBJECT_TREE, put_fan(heads, &at)));
	}
}

struct root_tree *root_tree_new(const GArray *heads, GPtrArray *cards)
{
	struct root_tree *tree = g_new0(struct root_tree, 1);
	GByteArray *body = g_byte_array_new();

	tree->objects = g_ptr_array_new_with_free_func(free_object);
	put_top(tree, heads, cards, body);
	tree->id = *add_object(tree, OBJECT_TREE, body);
	return tree;
}

void root_tree_free(struct root_tree *tree)
{
	if (!tree)
		return;
	g_ptr_array_unref(tree->objects);
	g_free(tree);
}

bool root_tree_has(const struct root_tree *tree, const struct object_id *id)
{
	for (guint i = 0; i < tree->objects->len; i++) {
		const struct root_object *object = tree->objects->pdata[i];

		if (object_id_equal(&object->id, id))
			return true;
	}
	return false;
}

/* -- reading --------------------------------------------------------------- */

struct entry {
	const char *mode; /* one of `modes` */
	const char *name; /* borrowed from the tree */
	struct object_id id;
};

static const char *const modes[] = { "40000", "160000", "100644" };

struct reading {
	const struct root_source *source; /* borrowed */
	struct root_reading *what;        /* borrowed */
};

static int bad(const struct object_id *id, const char *what, struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_print(id, hex);
	return err_set(err, EBADMSG, "root tree: object %s %s", hex, what);
}

/* 1/0/-1. */
static int read_object(const struct reading *reading,
		       const struct object_id *id, enum object_type type,
		       GByteArray *body, struct err *err)
{
	const struct root_source *source = reading->source;
	enum object_type found_type = type;
	struct object_id found_id;
	int found = source->read(source->context, id, &found_type, body, err);

	if (found <= 0)
		return found;
	if (found_type != type)
		return bad(id, "has the wrong type", err);
	if (store_hash(type, body->data, body->len, &found_id, err) < 0)
		return -1;
	if (!object_id_equal(&found_id, id))
		return bad(id, "is not what its id says", err);
	return 1;
}

/* The entry at `*at`: 1, 0 at the end, -1 if it is malformed. */
static int next_entry(const uint8_t **at, const uint8_t *end,
		      struct entry *entry_r)
{
	size_t left = (size_t)(end - *at), size;
	const uint8_t *nul;

	if (left == 0)
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		size = strlen(modes[i]);
		if (left <= size || memcmp(*at, modes[i], size) != 0 ||
		    (*at)[size] != ' ')
			continue;
		entry_r->mode = modes[i];
		*at += size + 1;
		nul = memchr(*at, '\0', (size_t)(end - *at));
		if (!nul || nul == *at || end - nul < 1 + OID)
			return -1;
		entry_r->name = (const char *)*at;
		memcpy(entry_r->id.bytes, nul + 1, OID);
		*at = nul + 1 + OID;
		return 1;
	}
	return -1;
}

/* Count what is not there. */
static void miss(struct reading *reading, const struct object_id *id)
{
	GHashTable *known = reading->what->known;

	reading->what->missing += !known || !g_hash_table_contains(known, id);
}

static bool is_mode(const struct entry *entry, const char *mode)
{
	return strcmp(entry->mode, mode) == 0;
}

/* "<30 hex>-<32 hex>" or the same with "-<6 digits>"; `head` has the strand's
 * first byte. */
static bool parse_head(const char *name, struct head *head)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];
	size_t size = strlen(name);

	if ((size != NAME && size != NAME_MOST) || name[REST] != '-')
		return false;
	(void)g_snprintf(strand, sizeof(strand), "%02x%.*s",
			 head->strand.bytes[0], REST, name);
	(void)g_strlcpy(device, name + REST + 1, sizeof(device));
	head->number = 0;
	if (strand_id_parse(strand, &head->strand, NULL) < 0 ||
	    device_id_parse(device, &head->device, NULL) < 0)
		return false;
	if (size == NAME)
		return true;
	for (const char *at = name + NAME + 1; *at; at++) {
		if (!g_ascii_isdigit(*at))
			return false;
		head->number = 10 * head->number + (*at - '0');
	}
	return name[NAME] == '-' && head->number > 0;
}

static int read_fan(struct reading *reading, const struct entry *fan,
		    struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	int byte = g_ascii_xdigit_value(fan->name[0]) << 4 |
		   g_ascii_xdigit_value(fan->name[1]);
	struct head last = { 0 }, head = { 0 };
	const uint8_t *at;
	struct entry entry;
	int more, found;

	found = read_object(reading, &fan->id, OBJECT_TREE, body, err);
	if (found == 0)
		miss(reading, &fan->id);
	if (found <= 0)
		return found;
	at = body->data;
	while ((more = next_entry(&at, body->data + body->len, &entry)) > 0) {
		head.strand.bytes[0] = (uint8_t)byte;
		if (!is_mode(&entry, "160000") ||
		    !parse_head(entry.name, &head) ||
		    head_compare(&last, &head) >= 0)
			return bad(&fan->id, "has a bad entry", err);
		if (reading->what->heads->len >= reading->what->most)
			return err_set(err, EFBIG,
				       "root tree: more than %zu chains",
				       reading->what->most);
		head.tip = entry.id;
		(void)g_array_append_val(reading->what->heads, head);
		last = head;
	}
	return more < 0 ? bad(&fan->id, "is malformed", err) : 0;
}

static int read_card(struct reading *reading, const struct entry *entry,
		     struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	int found;

	/* One object may stand under all their names. */
	if (reading->what->cards->len >= ROOT_CARDS_ALL)
		return err_set(err, EFBIG, "root tree: more than %d cards",
			       ROOT_CARDS_ALL);
	found = read_object(reading, &entry->id, OBJECT_BLOB, body, err);
	if (found == 0)
		miss(reading, &entry->id);
	if (found <= 0)
		return found;
	if (body->len > ROOT_CARD_MOST || strlen(entry->name) != ROOT_CARD_NAME)
		return bad(&entry->id, "is no card", err);
	g_ptr_array_add(reading->what->cards,
			root_card_new(entry->name, body->data, body->len));
	return 0;
}

static int read_cards(struct reading *reading, const struct object_id *id,
		      struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	const uint8_t *at;
	struct entry entry;
	size_t count = 0;
	int more, found;

	found = read_object(reading, id, OBJECT_TREE, body, err);
	if (found == 0)
		miss(reading, id);
	if (found <= 0)
		return found;
	at = body->data;
	while ((more = next_entry(&at, body->data + body->len, &entry)) > 0) {
		if (!is_mode(&entry, "100644") || ++count > ROOT_CARDS)
			return bad(id, "has a bad entry", err);
		if (read_card(reading, &entry, err) < 0)
			return -1;
	}
	return more < 0 ? bad(id, "is malformed", err) : 0;
}

static bool is_fan(const struct entry *entry)
{
	const char *name = entry->name;

	return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2;
}

static int read_top(struct reading *reading, const struct object_id *id,
		    const GByteArray *body, struct err *err)
{
	const uint8_t *at = body->data;
	struct entry entry;
	char last[3] = "";
	bool carded = false;
	int more, result;

	while ((more = next_entry(&at, body->data + body->len, &entry)) > 0) {
		if (!is_mode(&entry, "40000"))
			return bad(id, "has a bad entry", err);
		if (strcmp(entry.name, cards_name) == 0) {
			if (carded)
				return bad(id, "has its cards twice", err);
			carded = true;
			result = read_cards(reading, &entry.id, err);
		} else {
			if (!is_fan(&entry) || strcmp(last, entry.name) >= 0)
				return bad(id, "has a bad entry", err);
			(void)g_strlcpy(last, entry.name, sizeof(last));
			result = read_fan(reading, &entry, err);
		}
		if (result < 0)
			return -1;
	}
	return more < 0 ? bad(id, "is malformed", err) : 0;
}

int root_tree_read(const struct root_source *source, const struct object_id *id,
		   struct root_reading *what, struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	struct reading reading = { source, what };
	char hex[OBJECT_ID_HEX + 1];
	int found = read_object(&reading, id, OBJECT_TREE, body, err);

	object_id_print(id, hex);
	if (found == 0)
		return err_set(err, ENOENT, "root tree %s is missing", hex);
	return found < 0 ? -1 : read_top(&reading, id, body, err);
}

/* A mode and a name, NUL, an id. */
void root_tree_list(const void *body, size_t size, GArray *ids)
{
	const uint8_t *at = body, *end = at + size;

	while (at < end && ids->len < ROOT_TREES) {
		const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));

		if (!nul || end - nul < 1 + OID)
			return;
		(void)g_array_append_vals(ids, nul + 1, 1);
		at = nul + 1 + OID;
	}
}
