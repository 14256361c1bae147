/* SPDX-License-Identifier: ISC */
/* A thread is a connected component: messages are nodes, msgids are nodes, and
 * a message is tied to its own msgid and to every one in its References and
 * In-Reply-To. So parents that were never seen (ghosts), cycles and messages
 * that share a msgid need no rule of their own, and the outcome does not depend
 * on the order of arrival: on linux-man it equals notmuch's threads. The tree
 * of RFC 5256 does depend on it; it only decides the parent that is drawn
 * inside a thread. Subjects tie nothing: "Re: hello" would. A report on a
 * message (RFC 3464) that has neither field has that message as its In-Reply-To
 * (bounce.c): that too is in its content.
 *
 * Components are kept as a union-find forest with path halving; a component
 * that touches threads which exist already brings their serials along.
 *
 * The owner's decisions change what ties. A join ties two msgids. A split of
 * msgid m cuts each list of references (a message's own msgid stands last in
 * its own): what stands before m ties nothing. So m's message is tied to
 * nothing older, what answers it follows it by m and what comes behind, and
 * who refers to older ones only stays. As nothing of this looks at threads,
 * or at what came first, the outcome is one of the sets of messages and
 * decisions alone. It is worked out when all is known: a cut loosens, and a
 * forest of unions cannot. So a thread that it may loosen is added again,
 * message by message (threading_part()). */
#include "threading.h"

#include <string.h>

struct node {
	guint parent; /* index of a node; its own: a root */
	guint size;   /* nodes below, of a root */
	int64_t key;  /* of a msgid; unused for a message alone */
	bool has_key;
	bool is_split;
	int64_t thread; /* 0: none; of a key: that it belonged to */
};

struct entry {
	struct threading_message message;
	guint node;
	guint first, count; /* of its keys, among all */
};

struct anchor {
	guint entry;
	int64_t thread;
};

struct threading {
	GArray *nodes;      /* struct node */
	GHashTable *by_key; /* int64_t * in a chunk -> node index + 1 */
	GArray *entries;    /* struct entry */
	GArray *listed;     /* guint: nodes of the entries' keys */
	GArray *anchors;    /* struct anchor: others than the entry's own */
	GArray *joins;      /* guint: pairs of nodes */
	GHashTable *parted; /* int64_t *: threads looked at anew */
	bool any_split;
	GArray *strays;        /* int64_t; made at last */
	GPtrArray *components; /* struct threading_component *; made at last */
};

static guint hash_key(gconstpointer key)
{
	int64_t value = *(const int64_t *)key;

	return (guint)(value ^ value >> 32);
}

static gboolean equal_key(gconstpointer a, gconstpointer b)
{
	return *(const int64_t *)a == *(const int64_t *)b;
}

struct threading *threading_new(void)
{
	struct threading *threading = g_new0(struct threading, 1);

	threading->nodes = g_array_new(FALSE, TRUE, sizeof(struct node));
	threading->by_key =
		g_hash_table_new_full(hash_key, equal_key, g_free, NULL);
	threading->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	threading->listed = g_array_new(FALSE, FALSE, sizeof(guint));
	threading->anchors = g_array_new(FALSE, FALSE, sizeof(struct anchor));
	threading->joins = g_array_new(FALSE, FALSE, sizeof(guint));
	threading->parted = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  g_free, NULL);
	threading->strays = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return threading;
}

static void free_component(gpointer data)
{
	struct threading_component *component = data;

	g_array_unref(component->threads);
	g_array_unref(component->messages);
	g_array_unref(component->keys);
	g_free(component);
}

void threading_free(struct threading *threading)
{
	if (!threading)
		return;
	g_array_unref(threading->nodes);
	g_array_unref(threading->entries);
	g_array_unref(threading->listed);
	g_array_unref(threading->anchors);
	g_array_unref(threading->joins);
	g_array_unref(threading->strays);
	g_hash_table_unref(threading->parted);
	g_hash_table_unref(threading->by_key);
	if (threading->components)
		g_ptr_array_unref(threading->components);
	g_free(threading);
}

static struct node *node_at(const struct threading *threading, guint at)
{
	return &g_array_index(threading->nodes, struct node, at);
}

static guint add_node(struct threading *threading)
{
	struct node node = { .parent = threading->nodes->len, .size = 1 };

	(void)g_array_append_val(threading->nodes, node);
	return node.parent;
}

static guint root_of(const struct threading *threading, guint at)
{
	while (node_at(threading, at)->parent != at) {
		struct node *node = node_at(threading, at);

		node->parent = node_at(threading, node->parent)->parent;
		at = node->parent;
	}
	return at;
}

static void tie(struct threading *threading, guint a, guint b)
{
	a = root_of(threading, a);
	b = root_of(threading, b);
	if (a == b)
		return;
	if (node_at(threading, a)->size < node_at(threading, b)->size) {
		guint swap = a;

		a = b;
		b = swap;
	}
	node_at(threading, b)->parent = a;
	node_at(threading, a)->size += node_at(threading, b)->size;
}

static guint node_of(const struct threading *threading, int64_t key)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(threading->by_key, &key)) -
	       1;
}

bool threading_has(const struct threading *threading, int64_t key)
{
	return g_hash_table_contains(threading->by_key, &key);
}

/* All msgids of one thread that exists hang on the first of them seen. */
static void tie_thread(struct threading *threading, guint at, int64_t thread)
{
	int64_t name = -thread;
	guint other;

	if (thread == 0)
		return;
	/* A thread's own node: msgid keys are random, so a small negative one
	 * could only meet by accident; it is tied, which is harmless. */
	if (!threading_has(threading, name)) {
		other = add_node(threading);
		node_at(threading, other)->thread = thread;
		(void)g_hash_table_insert(threading->by_key,
					  g_memdup2(&name, sizeof(name)),
					  GUINT_TO_POINTER(other + 1));
	}
	tie(threading, at, node_of(threading, name));
}

void threading_add_key(struct threading *threading, int64_t key, int64_t thread)
{
	guint at = add_node(threading);

	node_at(threading, at)->key = key;
	node_at(threading, at)->has_key = true;
	node_at(threading, at)->thread = thread;
	(void)g_hash_table_insert(threading->by_key,
				  g_memdup2(&key, sizeof(key)),
				  GUINT_TO_POINTER(at + 1));
}

void threading_add(struct threading *threading,
		   const struct threading_message *message, const int64_t *keys,
		   size_t count)
{
	struct entry entry = { .message = *message,
			       .first = threading->listed->len,
			       .count = (guint)count };

	for (size_t i = 0; i < count; i++) {
		guint node = node_of(threading, keys[i]);

		(void)g_array_append_val(threading->listed, node);
		entry.node = node;
	}
	if (count == 0)
		entry.node = add_node(threading);
	(void)g_array_append_val(threading->entries, entry);
}

void threading_add_anchor(struct threading *threading, int64_t thread)
{
	struct anchor anchor = { threading->entries->len - 1, thread };

	(void)g_array_append_val(threading->anchors, anchor);
}

GArray *threading_keys(const struct threading *threading, guint after)
{
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(int64_t));

	for (guint i = 0; i < threading->nodes->len; i++) {
		const struct node *node = node_at(threading, i);

		if (!node->has_key)
			continue;
		if (after > 0)
			after--;
		else
			(void)g_array_append_val(keys, node->key);
	}
	return keys;
}

void threading_split(struct threading *threading, int64_t key)
{
	node_at(threading, node_of(threading, key))->is_split = true;
	threading->any_split = true;
}

void threading_join(struct threading *threading, int64_t a, int64_t b)
{
	guint pair[] = { node_of(threading, a), node_of(threading, b) };

	(void)g_array_append_vals(threading->joins, pair, G_N_ELEMENTS(pair));
}

void threading_part(struct threading *threading, int64_t thread)
{
	(void)g_hash_table_add(threading->parted,
			       g_memdup2(&thread, sizeof(thread)));
}

/* -- tying ----------------------------------------------------------------- */

/* How many of the keys of `entry` do not count, for a msgid that is split
 * stands behind them; where it stands twice, its first place is meant. */
static guint cut_of(const struct threading *threading,
		    const struct entry *entry, GHashTable *met)
{
	const guint *nodes =
		(const guint *)(const void *)threading->listed->data +
		entry->first;
	guint cut = 0;

	for (guint i = 0; i < entry->count; i++)
		if (g_hash_table_add(met, GUINT_TO_POINTER(nodes[i] + 1)) &&
		    node_at(threading, nodes[i])->is_split)
			cut = i;
	return cut;
}

static void tie_cut(struct threading *threading, const struct entry *entry)
{
	const guint *nodes =
		(const guint *)(const void *)threading->listed->data +
		entry->first;
	AUTO(table) GHashTable *met = g_hash_table_new(NULL, NULL);
	guint cut = cut_of(threading, entry, met);

	g_hash_table_remove_all(met);
	for (guint i = 0; i < cut; i++)
		(void)g_hash_table_add(met, GUINT_TO_POINTER(nodes[i] + 1));
	for (guint i = cut; i < entry->count; i++)
		if (!g_hash_table_contains(met, GUINT_TO_POINTER(nodes[i] + 1)))
			tie(threading, entry->node, nodes[i]);
}

static void tie_entry(struct threading *threading, const struct entry *entry)
{
	const guint *nodes =
		(const guint *)(const void *)threading->listed->data +
		entry->first;

	for (guint i = 0; threading->any_split && i < entry->count; i++)
		if (node_at(threading, nodes[i])->is_split) {
			tie_cut(threading, entry);
			return;
		}
	for (guint i = 0; i < entry->count; i++)
		tie(threading, entry->node, nodes[i]);
}

/* What belonged together stays so, unless it is looked at anew. */
static void tie_known(struct threading *threading)
{
	guint count = threading->nodes->len;

	for (guint i = 0; i < count; i++) {
		int64_t thread = node_at(threading, i)->thread;

		if (node_at(threading, i)->has_key && thread != 0 &&
		    !g_hash_table_contains(threading->parted, &thread))
			tie_thread(threading, i, thread);
	}
}

static void tie_all(struct threading *threading)
{
	tie_known(threading);
	for (guint i = 0; i < threading->entries->len; i++) {
		struct entry entry =
			g_array_index(threading->entries, struct entry, i);

		tie_entry(threading, &entry);
		tie_thread(threading, entry.node, entry.message.thread);
	}
	for (guint i = 0; i < threading->anchors->len; i++) {
		struct anchor anchor =
			g_array_index(threading->anchors, struct anchor, i);

		tie_thread(threading,
			   g_array_index(threading->entries, struct entry,
					 anchor.entry)
				   .node,
			   anchor.thread);
	}
	for (guint i = 0; i + 1 < threading->joins->len; i += 2)
		tie(threading, g_array_index(threading->joins, guint, i),
		    g_array_index(threading->joins, guint, i + 1));
}

/* -- components ------------------------------------------------------------ */

static struct threading_component *component_new(void)
{
	struct threading_component *component =
		g_new0(struct threading_component, 1);

	component->threads = g_array_new(FALSE, FALSE, sizeof(int64_t));
	component->messages = g_array_new(FALSE, FALSE, sizeof(int64_t));
	component->keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return component;
}

static int by_number(gconstpointer a, gconstpointer b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Of the messages of one second the one that answers nothing, or the least, is
 * older: not the one that was added first, which is another one elsewhere. */
static bool is_older(const struct entry *a, const struct entry *b)
{
	const struct threading_message *x = &a->message, *y = &b->message;

	if (x->date != y->date)
		return x->date < y->date;
	if (a->count != b->count)
		return a->count < b->count;
	return memcmp(x->hash, y->hash, sizeof(*x->hash)) < 0;
}

static void gather_messages(struct threading *threading, GHashTable *by_root)
{
	AUTO(table) GHashTable *eldest = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < threading->entries->len; i++) {
		const struct entry *entry =
			&g_array_index(threading->entries, struct entry, i);
		gpointer root =
			GUINT_TO_POINTER(root_of(threading, entry->node));
		struct threading_component *component =
			g_hash_table_lookup(by_root, root);
		const struct entry *first;

		if (!component) {
			component = component_new();
			(void)g_hash_table_insert(by_root, root, component);
			g_ptr_array_add(threading->components, component);
		}
		first = g_hash_table_lookup(eldest, component);
		if (!first || is_older(entry, first)) {
			component->first = entry->message.serial;
			(void)g_hash_table_insert(eldest, component,
						  (gpointer)(uintptr_t)entry);
		}
		(void)g_array_append_val(component->messages,
					 entry->message.serial);
	}
}

/* No message is tied to this node. */
static void note_stray(struct threading *threading, const struct node *node)
{
	if (node->has_key &&
	    (node->thread == 0 ||
	     g_hash_table_contains(threading->parted, &node->thread)))
		(void)g_array_append_val(threading->strays, node->key);
}

const GPtrArray *threading_components(struct threading *threading)
{
	AUTO(table) GHashTable *by_root = g_hash_table_new(NULL, NULL);

	if (threading->components)
		return threading->components;
	threading->components = g_ptr_array_new_with_free_func(free_component);
	tie_all(threading);
	gather_messages(threading, by_root);
	for (guint i = 0; i < threading->nodes->len; i++) {
		const struct node *node = node_at(threading, i);
		struct threading_component *component = g_hash_table_lookup(
			by_root, GUINT_TO_POINTER(root_of(threading, i)));

		if (!component) {
			note_stray(threading, node);
			continue;
		}
		if (node->has_key)
			(void)g_array_append_val(component->keys, node->key);
		else if (node->thread != 0)
			(void)g_array_append_val(component->threads,
						 node->thread);
	}
	for (guint i = 0; i < threading->components->len; i++) {
		struct threading_component *component =
			g_ptr_array_index(threading->components, i);

		g_array_sort(component->threads, by_number);
	}
	return threading->components;
}

const GArray *threading_strays(const struct threading *threading)
{
	return threading->strays;
}
