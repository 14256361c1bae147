/* SPDX-License-Identifier: ISC */
/* Symbolic links to threads, as by/ and search/ hold them. A list of threads
 * is kept until the index changes, for it is asked for again with each piece
 * of a listing and each name in it. */
#include <string.h>

#include "view.h"

enum { STAMP = 2 }; /* numbers that tell what a list was made from */

static const char up[] = "../";
static const char down[] = "threads/";

static void make_entry(const struct work *work,
		       const struct index_thread *thread, unsigned depth,
		       struct entry *entry)
{
	entry_link(work, node_make(NODE_LINK, thread->serial, depth),
		   depth * strlen(up) + strlen(down) + strlen(thread->name),
		   view_thread_time(thread), entry);
}

static int link_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found > 0)
		make_entry(work, thread, node.part, entry);
	return found;
}

static int link_link(struct work *work, struct node node, GString *target,
		     struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found <= 0)
		return found;
	for (unsigned i = 0; i < node.part && i < 8; i++)
		g_string_append(target, up);
	g_string_append(target, down);
	g_string_append(target, thread->name);
	return 1;
}

const struct node_ops view_link = {
	.entry = link_entry,
	.link = link_link,
};

/* Bytes that are kept: which index and its seq, then the threads' serials,
 * sorted. */
static const int64_t *serials_of(GBytes *links, size_t *count_r)
{
	gsize size;
	const int64_t *numbers = g_bytes_get_data(links, &size);

	*count_r = size / sizeof(*numbers) - STAMP;
	return numbers + STAMP;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Sorted, each once. */
static void sort(GArray *serials)
{
	guint kept = 0;

	g_array_sort(serials, compare);
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);

		if (kept == 0 ||
		    serial != g_array_index(serials, int64_t, kept - 1))
			g_array_index(serials, int64_t, kept++) = serial;
	}
	g_array_set_size(serials, kept);
}

int view_links_get(struct work *work, struct node node, links_fetch *fetch,
		   GBytes **links_r, struct err *err)
{
	AUTO(gbytes)
	GBytes *links = cache_get(work->fs->results, node_id(node));
	AUTO(array) GArray *threads = NULL;
	int64_t stamp[STAMP];

	/* Another index gives addresses other serials. */
	stamp[0] = index_number(work->index);
	if (index_seq(work->index, &stamp[1], err) < 0)
		return -1;
	if (links &&
	    memcmp(g_bytes_get_data(links, NULL), stamp, sizeof(stamp)) == 0) {
		*links_r = take(links);
		return 0;
	}
	if (work->quick)
		return work_later(err);
	if (fetch(work, node, &threads, err) < 0)
		return -1;
	sort(threads);
	(void)g_array_prepend_vals(threads, stamp, STAMP);
	if (links)
		g_bytes_unref(links);
	links = g_bytes_new(threads->data, threads->len * sizeof(stamp[0]));
	cache_put(work->fs->results, node_id(node), links);
	*links_r = take(links);
	return 0;
}

/* The place of the first that is over `serial`. */
static size_t place_after(const int64_t *serials, size_t count, int64_t serial)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (serials[middle] > serial)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int view_links_lookup(struct work *work, GBytes *links, unsigned depth,
		      const char *name, struct entry *entry, struct err *err)
{
	struct index_thread thread;
	int found = index_thread_named(work->index, name, &thread, err);
	const int64_t *serials;
	size_t count, place;

	if (found <= 0)
		return found;
	serials = serials_of(links, &count);
	place = place_after(serials, count, thread.serial);
	if (place == 0 || serials[place - 1] != thread.serial)
		return 0;
	make_entry(work, &thread, depth, entry);
	return 1;
}

int view_links_list(struct work *work, GBytes *links, unsigned depth,
		    struct listing *listing, struct err *err)
{
	size_t count;
	const int64_t *serials = serials_of(links, &count);
	size_t at = place_after(serials, count, listing_after(listing));

	for (; at < count; at++) {
		struct index_thread thread;
		struct entry entry;
		int found = index_thread_get(work->index, serials[at], &thread,
					     err);

		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		make_entry(work, &thread, depth, &entry);
		if (!listing->add(listing, thread.name, &entry,
				  OFFSET_SERIAL + (uint64_t)serials[at]))
			break;
	}
	return 0;
}
