/* SPDX-License-Identifier: ISC */
/* A thread is a connected component: messages are nodes, msgids are nodes, and
 * a message is tied to its own msgid and to every one in its References and
 * In-Reply-To. So parents that were never seen (ghosts), cycles and messages
 * that share a msgid need no rule of their own, and the outcome does not depend
 * on the order of arrival: on linux-man it equals notmuch's threads. The tree
 * of RFC 5256 does depend on it; it only decides the parent that is drawn
 * inside a thread. Subjects tie nothing: "Re: hello" would.
 *
 * Components are kept as a union-find forest with path halving; a component
 * that touches threads which exist already brings their serials along. */
#include "threading.h"

struct node {
	guint parent; /* index of a node; its own: a root */
	guint size;   /* nodes below, of a root */
	int64_t key;  /* of a msgid; unused for a message alone */
	bool has_key;
	int64_t thread; /* 0: none */
};

struct entry {
	struct threading_message message;
	guint node;
};

struct threading {
	GArray *nodes;         /* struct node */
	GHashTable *by_key;    /* int64_t * in a chunk -> node index + 1 */
	GArray *entries;       /* struct entry */
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
	(void)g_hash_table_insert(threading->by_key,
				  g_memdup2(&key, sizeof(key)),
				  GUINT_TO_POINTER(at + 1));
	tie_thread(threading, at, thread);
}

void threading_add(struct threading *threading,
		   const struct threading_message *message, const int64_t *keys,
		   size_t count)
{
	struct entry entry = { .message = *message };

	entry.node =
		count > 0 ? node_of(threading, keys[0]) : add_node(threading);
	for (size_t i = 1; i < count; i++)
		tie(threading, entry.node, node_of(threading, keys[i]));
	tie_thread(threading, entry.node, message->thread);
	(void)g_array_append_val(threading->entries, entry);
}

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

static void gather_messages(struct threading *threading, GHashTable *by_root)
{
	AUTO(table) GHashTable *dates = g_hash_table_new(NULL, NULL);

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
		first = g_hash_table_lookup(dates, component);
		if (!first || entry->message.date < first->message.date) {
			component->first = entry->message.serial;
			(void)g_hash_table_insert(dates, component,
						  (gpointer)(uintptr_t)entry);
		}
		(void)g_array_append_val(component->messages,
					 entry->message.serial);
	}
}

const GPtrArray *threading_components(struct threading *threading)
{
	AUTO(table) GHashTable *by_root = g_hash_table_new(NULL, NULL);

	if (threading->components)
		return threading->components;
	threading->components = g_ptr_array_new_with_free_func(free_component);
	gather_messages(threading, by_root);
	for (guint i = 0; i < threading->nodes->len; i++) {
		const struct node *node = node_at(threading, i);
		struct threading_component *component = g_hash_table_lookup(
			by_root, GUINT_TO_POINTER(root_of(threading, i)));

		if (!component)
			continue;
		if (node->has_key)
			(void)g_array_append_val(component->keys, node->key);
		if (node->thread != 0)
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
