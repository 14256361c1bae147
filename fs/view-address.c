/* SPDX-License-Identifier: ISC */
/* by/from, by/to, by/list: the addresses mentioned most recently; any other is
 * found by its name. A name in another spelling is a link to the right one. */
#include <string.h>

#include "defms/address.h"
#include "defms/index-view.h"
#include "render.h"
#include "view.h"

enum { RECENT = 1000 };

static enum index_mention mention_of(enum node_kind kind)
{
	if (kind == NODE_BY_FROM)
		return MENTION_FROM;
	return kind == NODE_BY_TO ? MENTION_TO : MENTION_LIST;
}

static int addresses_entry(struct work *work, struct node node,
			   struct entry *entry, struct err *err)
{
	(void)err;
	entry_dir(work, node, 1, work->fs->started, entry);
	return 1;
}

static void address_entry(const struct work *work, int64_t serial,
			  enum index_mention mention, struct entry *entry)
{
	entry_dir(work, node_make(NODE_ADDRESS, serial, (int64_t)mention), 1,
		  work->fs->started, entry);
}

static int addresses_lookup(struct work *work, struct node dir,
			    const char *name, struct entry *entry,
			    struct err *err)
{
	AUTO(str) char *mail = render_unescape(name);
	AUTO(str) char *key = mail ? address_key(mail) : NULL;
	AUTO(str) char *right = key ? render_escape(key) : NULL;
	enum index_mention mention = mention_of(dir.kind);
	int64_t serial;
	int found;

	if (!right)
		return 0;
	found = index_address_find(work->index, key, mention, &serial, err);
	if (found <= 0)
		return found;
	if (strcmp(name, right) == 0)
		address_entry(work, serial, mention, entry);
	else
		entry_link(
			work,
			node_make(NODE_ADDRESS_LINK, serial, (int64_t)mention),
			strlen(right), work->fs->started, entry);
	return 1;
}

static int addresses_list(struct work *work, struct node dir,
			  struct listing *listing, struct err *err)
{
	enum index_mention mention = mention_of(dir.kind);
	AUTO(array) GArray *serials = NULL;

	if (index_address_recent(work->index, mention, RECENT, &serials, err) <
	    0)
		return -1;
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		AUTO(str) char *mail = NULL, *name = NULL;
		struct entry entry;
		int found;

		if (serial <= listing_after(listing))
			continue;
		found = index_address_get(work->index, serial, &mail, err);
		if (found < 0)
			return -1;
		name = found > 0 ? render_escape(mail) : NULL;
		if (!name)
			continue;
		address_entry(work, serial, mention, &entry);
		if (!listing->add(listing, name, &entry,
				  OFFSET_SERIAL + (uint64_t)serial))
			break;
	}
	return 0;
}

const struct node_ops view_by_addresses = {
	.entry = addresses_entry,
	.lookup = addresses_lookup,
	.list = addresses_list,
};

static int link_link(struct work *work, struct node node, GString *target,
		     struct err *err)
{
	AUTO(str) char *mail = NULL, *name = NULL;
	int found = index_address_get(work->index, node.serial, &mail, err);

	if (found <= 0)
		return found;
	name = render_escape(mail);
	if (!name)
		return 0;
	g_string_append(target, name);
	return 1;
}

static int link_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	AUTO(gstring) GString *target = g_string_new(NULL);
	int found = link_link(work, node, target, err);

	if (found > 0)
		entry_link(work, node, target->len, work->fs->started, entry);
	return found;
}

const struct node_ops view_address_link = {
	.entry = link_entry,
	.link = link_link,
};
