/* SPDX-License-Identifier: ISC */
/* search/: looking a query up makes it a directory of links. What is no query
 * is not there; nor is, to who makes it, one that nobody keeps yet. */
#include <errno.h>
#include <time.h>

#include "defms/search.h"
#include "render.h"
#include "view.h"

enum { DEPTH = 2 };

static void query_entry(const struct work *work, uint32_t number,
			struct entry *entry)
{
	entry_dir(work, node_make(NODE_QUERY, number, 0), 1, work->fs->started,
		  entry);
}

static int search_entry(struct work *work, struct node node,
			struct entry *entry, struct err *err)
{
	(void)err;
	entry_dir(work, node, 1, work->fs->started, entry);
	return 1;
}

static int search_lookup(struct work *work, struct node dir, const char *name,
			 struct entry *entry, struct err *err)
{
	AUTO(search) struct search *search = NULL;
	uint32_t number = queries_find(work->fs->queries, name);

	(void)dir;
	if (work->makes && !queries_is_kept(work->fs->queries, name))
		return 0;
	if (number == 0) {
		if (render_is_scratch(name))
			return 0;
		if (search_parse(name, time(NULL), &search, err) < 0)
			return err->code == EINVAL ? 0 : -1;
		number = queries_add(work->fs->queries, name);
	}
	query_entry(work, number, entry);
	return 1;
}

static int search_list(struct work *work, struct node dir,
		       struct listing *listing, struct err *err)
{
	uint32_t number = (uint32_t)listing_after(listing);

	(void)dir;
	(void)err;
	while ((number = queries_next(work->fs->queries, number)) != 0) {
		AUTO(str) char *text = queries_text(work->fs->queries, number);
		struct entry entry;

		if (!text)
			continue;
		query_entry(work, number, &entry);
		if (!listing->add(listing, text, &entry,
				  OFFSET_SERIAL + (uint64_t)number))
			break;
	}
	return 0;
}

const struct node_ops view_search = {
	.entry = search_entry,
	.lookup = search_lookup,
	.list = search_list,
};

static int fetch(struct work *work, struct node node, GArray **threads_r,
		 struct err *err)
{
	static const struct search_options options = { 0 };
	AUTO(str) char *text = queries_text(work->fs->queries, node.serial);
	AUTO(search) struct search *search = NULL;

	if (!text)
		return err_set(err, ESTALE, "query is gone");
	if (search_parse(text, time(NULL), &search, err) < 0)
		return -1;
	return search_threads(work->index, search, &options, threads_r, err);
}

static int one_entry(struct work *work, struct node node, struct entry *entry,
		     struct err *err)
{
	(void)err;
	query_entry(work, node.serial, entry);
	return 1;
}

static int one_lookup(struct work *work, struct node dir, const char *name,
		      struct entry *entry, struct err *err)
{
	AUTO(gbytes) GBytes *links = NULL;

	if (view_links_get(work, dir, fetch, &links, err) < 0)
		return -1;
	return view_links_lookup(work, links, DEPTH, name, entry, err);
}

static int one_list(struct work *work, struct node dir, struct listing *listing,
		    struct err *err)
{
	AUTO(gbytes) GBytes *links = NULL;

	if (view_links_get(work, dir, fetch, &links, err) < 0)
		return -1;
	return view_links_list(work, links, DEPTH, listing, err);
}

const struct node_ops view_query = {
	.entry = one_entry,
	.lookup = one_lookup,
	.list = one_list,
};
