/* SPDX-License-Identifier: ISC */
/* Who has a thread; it is there only in a shared one. What is known of people
 * changes at any time, so a node's version is a hash of what it holds. */
#include "defms/conversation.h"
#include "view.h"

static int members_entry(struct work *work, struct node node,
			 struct entry *entry, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found > 0)
		found = conversation_members(work->reader, node.serial, text,
					     err);
	if (found <= 0)
		return found;
	node = node_make(node.kind, node.serial, g_string_hash(text));
	entry_file(work, node, text->len, thread->changed, entry);
	return 1;
}

static int members_read(struct work *work, struct node node, uint64_t offset,
			size_t size, GByteArray *out, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	if (conversation_members(work->reader, node.serial, text, err) < 0)
		return -1;
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_members = {
	.entry = members_entry,
	.read = members_read,
};
