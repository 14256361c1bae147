/* SPDX-License-Identifier: ISC */
/* The top of the tree and README.txt. */
#include <string.h>

#include "render.h"
#include "view.h"

static const struct fixed root_entries[] = {
	{ "README.txt", NODE_README }, { "threads", NODE_THREADS },
	{ "maildir", NODE_MAILDIR },   { "by", NODE_BY },
	{ "search", NODE_SEARCH },     { "sent", NODE_SENT },
	{ "drafts", NODE_DRAFTS },     { "outbox", NODE_OUTBOX },
	{ ".defms", NODE_DEFMS },      { NULL, NODE_KINDS },
};

static int root_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	(void)err;
	entry_dir(work, node, 2 + 8, work->fs->started, entry);
	return 1;
}

static int root_lookup(struct work *work, struct node dir, const char *name,
		       struct entry *entry, struct err *err)
{
	return fixed_lookup(work, root_entries, dir, name, entry, err);
}

static int root_list(struct work *work, struct node dir,
		     struct listing *listing, struct err *err)
{
	return fixed_list(work, root_entries, dir, listing, err) < 0 ? -1 : 0;
}

const struct node_ops view_root = {
	.entry = root_entry,
	.lookup = root_lookup,
	.list = root_list,
};

static int readme_entry(struct work *work, struct node node,
			struct entry *entry, struct err *err)
{
	(void)err;
	entry_file(work, node, strlen(render_readme()), 0, entry);
	return 1;
}

static int readme_read(struct work *work, struct node node, uint64_t offset,
		       size_t size, GByteArray *out, struct err *err)
{
	(void)work;
	(void)node;
	(void)err;
	slice(render_readme(), strlen(render_readme()), offset, size, out);
	return 0;
}

const struct node_ops view_readme = {
	.entry = readme_entry,
	.read = readme_read,
};
