/* SPDX-License-Identifier: ISC */
/* by/: threads by month, flag and, in view-address.c, by address. */
#include <inttypes.h>
#include <string.h>

#include "defms/index-view.h"
#include "defms/index.h"
#include "defms/state-threads.h"
#include "render.h"
#include "view.h"

enum { MONTH_DEPTH = 4, DEPTH = 3 };

static const struct fixed by_entries[] = {
	{ "date", NODE_BY_DATE }, { "from", NODE_BY_FROM },
	{ "to", NODE_BY_TO },     { "list", NODE_BY_LIST },
	{ "flag", NODE_BY_FLAG }, { NULL, NODE_KINDS },
};

static int any_entry(struct work *work, struct node node, struct entry *entry,
		     struct err *err)
{
	(void)err;
	entry_dir(work, node, 1, work->fs->started, entry);
	return 1;
}

static int by_lookup(struct work *work, struct node dir, const char *name,
		     struct entry *entry, struct err *err)
{
	return fixed_lookup(work, by_entries, dir, name, entry, err);
}

static int by_list(struct work *work, struct node dir, struct listing *listing,
		   struct err *err)
{
	return fixed_list(work, by_entries, dir, listing, err) < 0 ? -1 : 0;
}

const struct node_ops view_by = {
	.entry = any_entry,
	.lookup = by_lookup,
	.list = by_list,
};

/* The months that have a name: of years with four digits, ascending. */
static int months(struct work *work, GArray **months_r, struct err *err)
{
	AUTO(array) GArray *all = NULL;
	GArray *good;

	if (index_months(work->index, &all, err) < 0)
		return -1;
	good = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (guint i = 0; i < all->len; i++) {
		int64_t month = g_array_index(all, int64_t, i);

		if (month >= 100001 && month <= 999912)
			g_array_append_val(good, month);
	}
	*months_r = good;
	return 0;
}

/* Exactly `digits` digits as a number, else -1. */
static int64_t number_of(const char *name, size_t digits)
{
	if (strlen(name) != digits || strspn(name, "0123456789") != digits)
		return -1;
	return (int64_t)g_ascii_strtoull(name, NULL, 10);
}

/* Look for `wanted` among the months, divided by `unit`. */
static int find_month(struct work *work, int64_t wanted, int64_t unit,
		      struct err *err)
{
	AUTO(array) GArray *all = NULL;

	if (months(work, &all, err) < 0)
		return -1;
	for (guint i = 0; i < all->len; i++)
		if (g_array_index(all, int64_t, i) / unit == wanted)
			return 1;
	return 0;
}

static int date_lookup(struct work *work, struct node dir, const char *name,
		       struct entry *entry, struct err *err)
{
	int64_t year = number_of(name, 4);
	int found = year < 0 ? 0 : find_month(work, year, 100, err);

	(void)dir;
	if (found > 0)
		entry_dir(work, node_make(NODE_BY_YEAR, year, 0), 1,
			  work->fs->started, entry);
	return found;
}

static int date_list(struct work *work, struct node dir,
		     struct listing *listing, struct err *err)
{
	int64_t last = listing_after(listing);
	AUTO(array) GArray *all = NULL;

	(void)dir;
	if (months(work, &all, err) < 0)
		return -1;
	for (guint i = 0; i < all->len; i++) {
		int64_t year = g_array_index(all, int64_t, i) / 100;
		struct entry entry;
		char name[32];

		if (year <= last)
			continue;
		last = year;
		(void)snprintf(name, sizeof(name), "%04" PRId64, year);
		entry_dir(work, node_make(NODE_BY_YEAR, year, 0), 1,
			  work->fs->started, &entry);
		if (!listing->add(listing, name, &entry,
				  OFFSET_SERIAL + (uint64_t)year))
			break;
	}
	return 0;
}

const struct node_ops view_by_date = {
	.entry = any_entry,
	.lookup = date_lookup,
	.list = date_list,
};

static int year_lookup(struct work *work, struct node dir, const char *name,
		       struct entry *entry, struct err *err)
{
	int64_t month = number_of(name, 2) + (int64_t)dir.serial * 100;
	int found =
		number_of(name, 2) < 1 ? 0 : find_month(work, month, 1, err);

	if (found > 0)
		entry_dir(work, node_make(NODE_BY_MONTH, month, 0), 1,
			  work->fs->started, entry);
	return found;
}

static int year_list(struct work *work, struct node dir,
		     struct listing *listing, struct err *err)
{
	AUTO(array) GArray *all = NULL;

	if (months(work, &all, err) < 0)
		return -1;
	for (guint i = 0; i < all->len; i++) {
		int64_t month = g_array_index(all, int64_t, i);
		struct entry entry;
		char name[32];

		if (month / 100 != dir.serial ||
		    month <= listing_after(listing))
			continue;
		(void)snprintf(name, sizeof(name), "%02" PRId64, month % 100);
		entry_dir(work, node_make(NODE_BY_MONTH, month, 0), 1,
			  work->fs->started, &entry);
		if (!listing->add(listing, name, &entry,
				  OFFSET_SERIAL + (uint64_t)month))
			break;
	}
	return 0;
}

const struct node_ops view_by_year = {
	.entry = any_entry,
	.lookup = year_lookup,
	.list = year_list,
};

/* by/flag: threads with a message of (flags & mask) == value, if there is a
 * mask, and those that have `thread` themselves. */
static const struct flag {
	const char *name;
	unsigned mask, value, thread;
} flags[] = {
	{ "unread", FLAG_SEEN, 0, 0 },
	{ "flagged", FLAG_FLAGGED, FLAG_FLAGGED, THREAD_FLAGGED },
	{ "answered", FLAG_ANSWERED, FLAG_ANSWERED, 0 },
	{ "draft", FLAG_DRAFT, FLAG_DRAFT, 0 },
	{ "deleted", FLAG_DELETED, FLAG_DELETED, 0 },
	{ "muted", 0, 0, THREAD_MUTED },
	{ "archived", 0, 0, THREAD_ARCHIVED },
};

static int flags_lookup(struct work *work, struct node dir, const char *name,
			struct entry *entry, struct err *err)
{
	(void)dir;
	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (strcmp(flags[i].name, name) != 0)
			continue;
		entry_dir(work, node_make(NODE_FLAG, (int64_t)i, 0), 1,
			  work->fs->started, entry);
		return 1;
	}
	return 0;
}

static int flags_list(struct work *work, struct node dir,
		      struct listing *listing, struct err *err)
{
	(void)dir;
	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		struct entry entry;

		if (OFFSET_FIXED + i <= listing->after)
			continue;
		entry_dir(work, node_make(NODE_FLAG, (int64_t)i, 0), 1,
			  work->fs->started, &entry);
		if (!listing->add(listing, flags[i].name, &entry,
				  OFFSET_FIXED + i))
			break;
	}
	return 0;
}

const struct node_ops view_by_flags = {
	.entry = any_entry,
	.lookup = flags_lookup,
	.list = flags_list,
};

static int fetch_flag(struct work *work, const struct flag *flag,
		      GArray **threads_r, struct err *err)
{
	AUTO(array) GArray *messages = NULL;
	GArray *threads = NULL;

	if (flag->mask && index_flag_threads(work->index, flag->mask,
					     flag->value, &messages, err) < 0)
		return -1;
	if (flag->thread && index_thread_flag_threads(work->index, flag->thread,
						      &threads, err) < 0)
		return -1;
	if (threads && messages)
		(void)g_array_append_vals(threads, messages->data,
					  messages->len);
	*threads_r = threads ? threads : take(messages);
	return 0;
}

static int fetch(struct work *work, struct node node, GArray **threads_r,
		 struct err *err)
{
	if (node.kind == NODE_BY_MONTH)
		return index_month_threads(work->index, node.serial, threads_r,
					   err);
	if (node.kind == NODE_ADDRESS)
		return index_address_threads(work->index, node.serial,
					     (enum index_mention)node.part,
					     threads_r, err);
	return fetch_flag(work, &flags[node.serial % G_N_ELEMENTS(flags)],
			  threads_r, err);
}

static unsigned depth_of(enum node_kind kind)
{
	return kind == NODE_BY_MONTH ? MONTH_DEPTH : DEPTH;
}

static int threads_lookup(struct work *work, struct node dir, const char *name,
			  struct entry *entry, struct err *err)
{
	AUTO(gbytes) GBytes *links = NULL;

	if (view_links_get(work, dir, fetch, &links, err) < 0)
		return -1;
	return view_links_lookup(work, links, depth_of(dir.kind), name, entry,
				 err);
}

static int threads_list(struct work *work, struct node dir,
			struct listing *listing, struct err *err)
{
	AUTO(gbytes) GBytes *links = NULL;

	if (view_links_get(work, dir, fetch, &links, err) < 0)
		return -1;
	return view_links_list(work, links, depth_of(dir.kind), listing, err);
}

const struct node_ops view_by_threads = {
	.entry = any_entry,
	.lookup = threads_lookup,
	.list = threads_list,
};
