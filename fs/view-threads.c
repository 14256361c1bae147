/* SPDX-License-Identifier: ISC */
/* threads/: a directory a thread; one that became part of another is a
 * symbolic link to it. */
#include <string.h>

#include "view.h"

static int threads_entry(struct work *work, struct node node,
			 struct entry *entry, struct err *err)
{
	int64_t count, changed;

	if (index_thread_count(work->index, &count, &changed, err) < 0)
		return -1;
	entry_dir(work, node, 1, changed, entry);
	return 1;
}

int64_t view_thread_time(const struct index_thread *thread)
{
	return CLAMP(thread->last_date, -INT32_MAX, INT64_C(0xffffffff)) *
	       INT64_C(1000000000);
}

/* A link's size is its target's, which wants another row. */
static int thread_or_link_entry(struct work *work,
				const struct index_thread *thread,
				struct entry *entry, struct err *err)
{
	struct index_thread elder;
	int found;

	if (thread->joined == 0) {
		view_thread_entry(work, thread, entry);
		return work_shows_thread(work, thread);
	}
	found = index_thread_get(work->index, thread->joined, &elder, err);
	if (found > 0)
		entry_link(work,
			   node_make(NODE_THREAD_LINK, thread->serial,
				     thread->joined),
			   strlen(elder.name), view_thread_time(thread), entry);
	return found;
}

/* Live messages and cur, new, tmp, drafts, outbox are its directories. */
void view_thread_entry(struct work *work, const struct index_thread *thread,
		       struct entry *entry)
{
	struct node node = node_make(NODE_THREAD, thread->serial, 0);

	entry_dir(work, node, 2 + 5 + (uint64_t)MAX(thread->live, 0),
		  view_files_time(work, node, view_thread_time(thread)), entry);
}

static int threads_lookup(struct work *work, struct node dir, const char *name,
			  struct entry *entry, struct err *err)
{
	struct index_thread thread;
	int found = index_thread_named(work->index, name, &thread, err);

	(void)dir;
	if (found <= 0)
		return found;
	return thread_or_link_entry(work, &thread, entry, err);
}

/* 1 shown or passed over, 0 no room, -1. */
static int threads_add(struct work *work, const struct index_thread *thread,
		       struct listing *listing, struct err *err)
{
	struct entry entry;
	int found = thread->joined != 0 || thread->live > 0
			    ? thread_or_link_entry(work, thread, &entry, err)
			    : 0;

	if (found <= 0)
		return found < 0 ? -1 : 1;
	return listing->add(listing, thread->name, &entry,
			    OFFSET_SERIAL + (uint64_t)thread->serial);
}

static int threads_list(struct work *work, struct node dir,
			struct listing *listing, struct err *err)
{
	int64_t after = listing_after(listing);
	int more = 1;

	(void)dir;
	while (more > 0) {
		AUTO(array) GArray *threads = NULL;

		if (index_thread_range(work->index, after,
				       (int64_t)listing->room, &threads,
				       err) < 0)
			return -1;
		more = threads->len > 0;
		for (guint i = 0; i < threads->len && more > 0; i++) {
			const struct index_thread *thread =
				&g_array_index(threads, struct index_thread, i);

			after = thread->serial;
			more = threads_add(work, thread, listing, err);
		}
	}
	return more;
}

const struct node_ops view_threads = {
	.entry = threads_entry,
	.lookup = threads_lookup,
	.list = threads_list,
};

static int thread_link_entry(struct work *work, struct node node,
			     struct entry *entry, struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found <= 0 || thread->joined == 0)
		return found < 0 ? -1 : 0;
	return thread_or_link_entry(work, thread, entry, err);
}

static int thread_link_link(struct work *work, struct node node,
			    GString *target, struct err *err)
{
	const struct index_thread *thread;
	struct index_thread elder;
	int found = work_thread(work, node.serial, &thread, err);

	if (found <= 0 || thread->joined == 0)
		return found < 0 ? -1 : 0;
	found = index_thread_get(work->index, thread->joined, &elder, err);
	if (found > 0)
		g_string_append(target, elder.name);
	return found;
}

const struct node_ops view_thread_link = {
	.entry = thread_link_entry,
	.link = thread_link_link,
};
