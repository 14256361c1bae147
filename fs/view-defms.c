/* SPDX-License-Identifier: ISC */
/* .defms/: what the mount says about itself. Its files change at any time, so
 * the kernel keeps nothing of them: a node's version is a hash of what it
 * holds. */
#include <inttypes.h>

#include <unistd.h>

#include "view.h"

static const struct fixed defms_entries[] = {
	{ "status", NODE_STATUS }, { "errors", NODE_ERRORS },
	{ "log", NODE_LOG },       { "pid", NODE_PID },
	{ NULL, NODE_KINDS },
};

static int defms_entry(struct work *work, struct node node, struct entry *entry,
		       struct err *err)
{
	(void)err;
	entry_dir(work, node, 2, work->fs->started, entry);
	return 1;
}

static int defms_lookup(struct work *work, struct node dir, const char *name,
			struct entry *entry, struct err *err)
{
	return fixed_lookup(work, defms_entries, dir, name, entry, err);
}

static int defms_list(struct work *work, struct node dir,
		      struct listing *listing, struct err *err)
{
	return fixed_list(work, defms_entries, dir, listing, err) < 0 ? -1 : 0;
}

const struct node_ops view_defms = {
	.entry = defms_entry,
	.lookup = defms_lookup,
	.list = defms_list,
};

static int status(struct work *work, GString *out, struct err *err)
{
	int64_t seq, threads, changed;

	if (index_seq(work->index, &seq, err) < 0 ||
	    index_thread_count(work->index, &threads, &changed, err) < 0)
		return -1;
	g_string_append_printf(out,
			       "home %s\n"
			       "threads %" PRId64 "\n"
			       "change %" PRId64 "\n",
			       mailbox_home(work->fs->mailbox), threads, seq);
	return 0;
}

static int text_of(struct work *work, enum node_kind kind, GString *out,
		   struct err *err)
{
	if (kind == NODE_STATUS)
		return status(work, out, err);
	if (kind == NODE_ERRORS)
		journal_text(work->fs->errors, out);
	else if (kind == NODE_LOG)
		journal_text(work->fs->log, out);
	else
		g_string_append_printf(out, "%d\n", (int)getpid());
	return 0;
}

static int file_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	if (text_of(work, node.kind, text, err) < 0)
		return -1;
	node = node_make(node.kind, 0, g_string_hash(text));
	entry_file(work, node, text->len, work->fs->started, entry);
	return 1;
}

static int file_read(struct work *work, struct node node, uint64_t offset,
		     size_t size, GByteArray *out, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	if (text_of(work, node.kind, text, err) < 0)
		return -1;
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_defms_file = {
	.entry = file_entry,
	.read = file_read,
};
