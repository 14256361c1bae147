/* SPDX-License-Identifier: ISC */
/* A message as a directory: what of it comes from the index. Its bytes are in
 * view-content.c. */
#include <errno.h>
#include <string.h>

#include "defms/signature.h"
#include "render.h"
#include "view.h"

static const struct fixed message_entries[] = {
	{ "raw.eml", NODE_RAW },
	{ "text", NODE_TEXT },
	{ "html", NODE_HTML },
	{ "header", NODE_HEADER },
	{ "from", NODE_FROM },
	{ "to", NODE_TO },
	{ "cc", NODE_CC },
	{ "subject", NODE_SUBJECT },
	{ "date", NODE_DATE },
	{ "msgid", NODE_MSGID },
	{ "id", NODE_ID },
	{ "flags", NODE_FLAGS },
	{ "signature", NODE_SIGNATURE },
	{ "attachments", NODE_ATTACHMENTS },
	{ NULL, NODE_KINDS },
};

static int message_entry(struct work *work, struct node node,
			 struct entry *entry, struct err *err)
{
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (work_message_time(work, message, &time, err) < 0)
		return -1;
	entry_dir(work, node, message->parts->len > 0 ? 3 : 2,
		  view_files_time(work, node, time), entry);
	return 1;
}

/* The thread's: who asks by way of a directory he is in does not pass it. What
 * was read before that was told is read again. */
static int show_thread(struct work *work, struct node dir, struct err *err)
{
	const struct index_message *message;
	int found = work_message(work, dir.serial, &message, err);

	if (found > 0 && !shown_thread(work->fs->shown, message->thread))
		work_forget_message(work);
	return found;
}

static int message_lookup(struct work *work, struct node dir, const char *name,
			  struct entry *entry, struct err *err)
{
	int found = show_thread(work, dir, err);

	if (found <= 0)
		return found;
	if (view_files_lookup(work, dir, name, entry))
		return 1;
	return fixed_lookup(work, message_entries, dir, name, entry, err);
}

static int message_list(struct work *work, struct node dir,
			struct listing *listing, struct err *err)
{
	AUTO(view_files) struct view_files files;
	int more;

	view_files_open(work, dir, false, &files);
	more = show_thread(work, dir, err);
	if (more > 0)
		more = fixed_list(work, message_entries, dir, listing, err);
	if (more > 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_message = {
	.entry = message_entry,
	.lookup = message_lookup,
	.list = message_list,
};

static void id(const struct index_message *message, GString *out)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(&message->hash, hex);
	render_field(hex, out);
}

static void date(const struct index_message *message, GString *out)
{
	AUTO(str) char *text = conversation_date(message);

	render_field(text, out);
}

static void field(const struct index_message *message, enum node_kind kind,
		  GString *out)
{
	if (kind == NODE_FROM)
		render_field(message->from, out);
	else if (kind == NODE_TO)
		render_field(message->to, out);
	else if (kind == NODE_CC)
		render_field(message->cc, out);
	else if (kind == NODE_SUBJECT)
		render_field(message->subject, out);
	else if (kind == NODE_MSGID)
		render_field(message->msgid, out);
	else if (kind == NODE_DATE)
		date(message, out);
	else
		id(message, out);
}

static int field_entry(struct work *work, struct node node, struct entry *entry,
		       struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (work_message_time(work, message, &time, err) < 0)
		return -1;
	field(message, node.kind, text);
	entry_file(work, node, text->len, time, entry);
	return 1;
}

static int field_read(struct work *work, struct node node, uint64_t offset,
		      size_t size, GByteArray *out, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ESTALE, "message is gone");
	field(message, node.kind, text);
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_field = {
	.entry = field_entry,
	.read = field_read,
};

/* It is another once another chain has the message too: what it says is the
 * version. */
static uint32_t signature_version(const GString *text)
{
	return RENDER_VERSION | (g_str_hash(text->str) & (RENDER_VERSION - 1));
}

static int signature_entry(struct work *work, struct node node,
			   struct entry *entry, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (work_message_time(work, message, &time, err) < 0 ||
	    signature_print(work->reader, message, text, err) < 0)
		return -1;
	if (node.part & RENDER_VERSION && node.part != signature_version(text))
		return 0;
	node.part = signature_version(text);
	entry_file(work, node, text->len, time, entry);
	return 1;
}

static int signature_read(struct work *work, struct node node, uint64_t offset,
			  size_t size, GByteArray *out, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ESTALE, "message is gone");
	if (signature_print(work->reader, message, text, err) < 0)
		return -1;
	if (node.part & RENDER_VERSION && node.part != signature_version(text))
		return err_set(err, ESTALE, "the signature is another by now");
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_signature = {
	.entry = signature_entry,
	.read = signature_read,
};

/* The flags are the version: what a node holds needs no row. */
static int flags_entry(struct work *work, struct node node, struct entry *entry,
		       struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (work_message_time(work, message, &time, err) < 0)
		return -1;
	if (!(node.part & RENDER_VERSION))
		node.part = RENDER_VERSION | fs_flags_version(work->fs) |
			    (message->flags & 0xff);
	render_message_flags(node.part, text);
	entry_file(work, node, text->len, time, entry);
	return 1;
}

static int flags_read(struct work *work, struct node node, uint64_t offset,
		      size_t size, GByteArray *out, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	(void)work;
	(void)err;
	render_message_flags(node.part, text);
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_message_flags = {
	.entry = flags_entry,
	.read = flags_read,
};

static int attachments_entry(struct work *work, struct node node,
			     struct entry *entry, struct err *err)
{
	const struct index_message *message;
	int found = work_message(work, node.serial, &message, err);
	int64_t time;

	if (found <= 0 || message->parts->len == 0)
		return found < 0 ? -1 : 0;
	if (work_message_time(work, message, &time, err) < 0)
		return -1;
	entry_dir(work, node, 2, time, entry);
	return 1;
}

static int attachments_lookup(struct work *work, struct node dir,
			      const char *name, struct entry *entry,
			      struct err *err)
{
	const struct index_message *message;
	int found = work_message(work, dir.serial, &message, err);

	if (found <= 0)
		return found;
	for (guint i = 0; i < message->parts->len; i++) {
		const struct index_part *part =
			g_ptr_array_index(message->parts, i);

		if (strcmp(part->name, name) == 0)
			return node_entry(work,
					  node_make(NODE_PART, dir.serial, i),
					  entry, err);
	}
	return 0;
}

static int attachments_list(struct work *work, struct node dir,
			    struct listing *listing, struct err *err)
{
	const struct index_message *message;
	int found = work_message(work, dir.serial, &message, err);
	uint64_t at = MAX(listing->after, OFFSET_SERIAL) - OFFSET_SERIAL;

	if (found <= 0)
		return found;
	for (; at < message->parts->len; at++) {
		const struct index_part *part =
			g_ptr_array_index(message->parts, (guint)at);
		struct entry entry;
		int more = node_entry(
			work, node_make(NODE_PART, dir.serial, (int64_t)at),
			&entry, err);

		if (more < 0)
			return -1;
		if (!listing->add(listing, part->name, &entry,
				  OFFSET_SERIAL + at + 1))
			break;
	}
	return 0;
}

const struct node_ops view_attachments = {
	.entry = attachments_entry,
	.lookup = attachments_lookup,
	.list = attachments_list,
};
