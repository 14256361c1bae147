/* SPDX-License-Identifier: ISC */
/* Threads that changed. Mail that comes costs what is new in them; flags and
 * removals, which tell no message, all of it. */
#include "watch-parts.h"

/* Something that was removed comes back? Notes whether it is removed now. */
static bool comes_back(struct watch *watch, struct node node, bool removed)
{
	int64_t id = (int64_t)node_id(node);

	if (!removed)
		return g_hash_table_remove(watch->hidden, &id);
	(void)g_hash_table_add(watch->hidden, g_memdup2(&id, sizeof(id)));
	return false;
}

/* Where it cannot be told to just ask again, the name of a directory that may
 * be somebody's working directory is left alone. */
static bool may_drop(struct watch *watch, struct node node, bool is_new,
		     bool removed)
{
	bool back = comes_back(watch, node, removed);

	return mount_can_expire(watch->mount) || is_new || removed || back;
}

/* A message's directory, its flags and its signature. */
static int drop_message(struct watch *watch, struct work *work, struct node dir,
			int64_t serial, struct err *err)
{
	struct node node = node_make(NODE_MESSAGE, serial, 0);
	struct index_message message = { 0 };
	int found = index_message_get(work->index, serial, &message, err);

	if (found <= 0)
		return found;
	if (may_drop(watch, node, message.seq > watch->seq,
		     message.removed != 0))
		mount_drop_dir(watch->mount, dir, message.name);
	mount_drop_name(watch->mount, node, "flags");
	mount_drop_name(watch->mount, node, "signature");
	index_message_release(&message);
	return 0;
}

static void drop_derived(struct watch *watch, struct node dir)
{
	static const char *const derived[] = {
		"info",  "thread",    "thread.txt", "thread.mbox",
		"flags", "reply.eml", "members",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(derived); i++)
		mount_drop_name(watch->mount, dir, derived[i]);
	mount_drop_node(watch->mount, dir);
	mount_drop_node(watch->mount,
			node_make(NODE_THREAD_CUR, dir.serial, 0));
	mount_drop_node(watch->mount,
			node_make(NODE_THREAD_NEW, dir.serial, 0));
}

/* The messages of `members`, a thread, that may be known in another way in
 * `thread`, which is the same or was part of it. */
static int drop_messages(struct watch *watch, struct work *work, int64_t thread,
			 int64_t members, bool shown, struct err *err)
{
	bool all = watch->all && thread == members;
	struct node dir = node_make(NODE_THREAD, thread, 0);
	AUTO(table)
	GHashTable *fresh = g_hash_table_new(g_int64_hash, g_int64_equal);
	AUTO(array) GArray *new = NULL;
	AUTO(array) GArray *messages = NULL;

	if (index_places(work->index, members, watch->seq, &new, err) < 0 ||
	    index_places(work->index, members, all ? -1 : watch->seq, &messages,
			 err) < 0)
		return -1;
	for (guint i = 0; i < new->len; i++)
		(void)g_hash_table_add(fresh, &g_array_index(new, int64_t, i));
	for (guint i = 0; i < messages->len; i++) {
		int64_t message = g_array_index(messages, int64_t, i);

		if (g_atomic_int_get(&watch->stop))
			return 0;
		if (watch_copies(watch, work, message, shown ? thread : 0,
				 g_hash_table_contains(fresh, &message),
				 err) < 0 ||
		    (shown && drop_message(watch, work, dir, message, err) < 0))
			return -1;
	}
	return 0;
}

static void poke_thread(struct watch *watch, const struct index_thread *thread)
{
	AUTO(str) char *below = g_build_filename("threads", thread->name, NULL);

	if (watch->pokes <= 0 || thread->joined != 0 || thread->live <= 0)
		return;
	watch->pokes--;
	watch_poke(watch, below);
}

/* Was it looked into? Where only what is new is dropped, the rest still is to
 * be dropped another time. One that was joined hands on its messages. */
static bool take_shown(struct watch *watch, struct work *work,
		       const struct index_thread *thread)
{
	struct shown *shown = work->fs->shown;

	if (!shown_take_thread(shown, thread->serial))
		return false;
	if (thread->joined != 0)
		(void)shown_thread(shown, thread->joined);
	else if (!watch->all)
		(void)shown_thread(shown, thread->serial);
	return true;
}

static int look_at_thread(struct watch *watch, struct work *work,
			  int64_t serial, struct err *err)
{
	struct node dir = node_make(NODE_THREAD, serial, 0);
	struct index_thread thread;
	int found = index_thread_get(work->index, serial, &thread, err);
	bool shown, hidden;

	if (found <= 0)
		return found;
	hidden = thread.joined == 0 && thread.live <= 0;
	if (may_drop(watch, dir,
		     serial > watch->last_thread || thread.joined != 0, hidden))
		mount_drop_dir(watch->mount, node_make(NODE_THREADS, 0, 0),
			       thread.name);
	shown = take_shown(watch, work, &thread);
	if (shown)
		drop_derived(watch, dir);
	if (drop_messages(watch, work, serial,
			  thread.joined ? thread.joined : serial, shown,
			  err) < 0)
		return -1;
	if (shown)
		poke_thread(watch, &thread);
	/* Its time and its count of directories. */
	mount_drop_node(watch->mount, dir);
	return 0;
}

int watch_threads(struct watch *watch, struct work *work, struct err *err)
{
	AUTO(array) GArray *threads = NULL;
	int64_t last = watch->last_thread;

	if (index_thread_changed(work->index, watch->seq, &threads, err) < 0)
		return -1;
	for (guint i = 0; i < threads->len; i++) {
		int64_t serial = g_array_index(threads, int64_t, i);

		if (g_atomic_int_get(&watch->stop))
			return 0;
		if (look_at_thread(watch, work, serial, err) < 0)
			return -1;
		last = MAX(last, serial);
	}
	watch->last_thread = last;
	if (threads->len > 0)
		mount_drop_node(watch->mount, node_make(NODE_THREADS, 0, 0));
	return 0;
}
