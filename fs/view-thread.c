/* SPDX-License-Identifier: ISC */
/* A thread: its derived files, its messages, and itself as a Maildir. */
#include <errno.h>
#include <string.h>

#include "defms/io.h"
#include "defms/state-threads.h"
#include "render.h"
#include "view.h"

enum { QUICK_MESSAGES = 500 /* a quick worker looks at no more */ };

static const struct fixed thread_entries[] = {
	{ "info", NODE_THREAD_INFO },       { "thread", NODE_THREAD_OBJECT },
	{ "thread.txt", NODE_THREAD_TEXT }, { "thread.mbox", NODE_THREAD_MBOX },
	{ "flags", NODE_THREAD_FLAGS },     { "reply.eml", NODE_THREAD_REPLY },
	{ "drafts", NODE_THREAD_DRAFTS },   { "outbox", NODE_THREAD_OUTBOX },
	{ "members", NODE_THREAD_MEMBERS }, { NULL, NODE_KINDS },
};

/* After the messages: rm -r takes these first, so that nothing is left here. */
static const struct fixed thread_boxes[] = {
	{ "cur", NODE_THREAD_CUR },
	{ "new", NODE_THREAD_NEW },
	{ "tmp", NODE_THREAD_TMP },
	{ NULL, NODE_KINDS },
};

/* What of a thread as of one change is wanted again and again. */
struct facts {
	struct conversation_sizes sizes;
	bool seen; /* all of its messages are */
};

static int all_seen(struct work *work, const struct index_thread *thread,
		    bool *seen_r, struct err *err)
{
	AUTO(array) GArray *serials = NULL;

	*seen_r = true;
	if (index_message_order(work->index, thread->serial, INT64_MAX,
				&serials, err) < 0)
		return -1;
	for (guint i = 0; i < serials->len && *seen_r; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		struct state_message message;
		int found =
			state_message_get(work->state, serial, &message, err);

		if (found < 0)
			return -1;
		*seen_r = found == 0 || message.flags & FLAG_SEEN;
	}
	return 0;
}

/* `seq` is the thread's, or an older one that somebody still reads. */
static int thread_facts(struct work *work, const struct index_thread *thread,
			int64_t seq, struct facts *facts, struct err *err)
{
	uint64_t key =
		node_id(node_make(NODE_THREAD_INFO, thread->serial, seq));
	AUTO(gbytes) GBytes *kept = cache_get(work->fs->sizes, key);

	memset(facts, 0, sizeof(*facts));
	if (kept) {
		memcpy(facts, g_bytes_get_data(kept, NULL), sizeof(*facts));
		return 0;
	}
	if (work->quick && thread->live > QUICK_MESSAGES)
		return work_later(err);
	if (conversation_sizes(work->reader, thread->serial, seq, &facts->sizes,
			       err) < 0 ||
	    all_seen(work, thread, &facts->seen, err) < 0)
		return -1;
	kept = g_bytes_new(facts, sizeof(*facts));
	cache_put(work->fs->sizes, key, kept);
	return 0;
}

static int thread_entry(struct work *work, struct node node,
			struct entry *entry, struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found > 0)
		view_thread_entry(work, thread, entry);
	return found;
}

static int message_entry(struct work *work, struct index_message *message,
			 struct entry *entry, struct err *err)
{
	struct node node = node_make(NODE_MESSAGE, message->serial, 0);

	work_keep_message(work, message);
	return node_entry(work, node, entry, err);
}

static int thread_lookup(struct work *work, struct node dir, const char *name,
			 struct entry *entry, struct err *err)
{
	struct index_message message = { 0 };
	int found;

	if (view_files_lookup(work, dir, name, entry))
		return 1;
	(void)shown_thread(work->fs->shown, dir.serial);
	found = fixed_lookup(work, thread_entries, dir, name, entry, err);
	if (found == 0)
		found = fixed_lookup(work, thread_boxes, dir, name, entry, err);
	if (found != 0)
		return found;
	found = index_message_named(work->index, dir.serial, name, &message,
				    err);
	return found > 0 ? message_entry(work, &message, entry, err) : found;
}

/* 1 if all found room, 0, -1. */
static int list_messages(struct work *work, struct node dir,
			 struct listing *listing, struct err *err)
{
	int64_t after = listing_after(listing);

	for (;;) {
		struct index_message message = { 0 };
		AUTO(str) char *name = NULL;
		struct entry entry;
		int more = index_message_next(work->index, dir.serial,
					      INT64_MAX, after, &message, err);

		if (more <= 0)
			return more < 0 ? -1 : 1;
		after = message.serial;
		name = g_strdup(message.name);
		more = message_entry(work, &message, &entry, err);
		if (more < 0)
			return -1;
		if (more > 0 && !listing->add(listing, name, &entry,
					      OFFSET_SERIAL + (uint64_t)after))
			return 0;
	}
}

static int thread_list(struct work *work, struct node dir,
		       struct listing *listing, struct err *err)
{
	AUTO(view_files) struct view_files files;
	int more;

	view_files_open(work, dir, false, &files);
	(void)shown_thread(work->fs->shown, dir.serial);
	more = fixed_list(work, thread_entries, dir, listing, err);
	if (more > 0)
		more = list_messages(work, dir, listing, err);
	if (more > 0)
		more = fixed_list_at(work, thread_boxes, OFFSET_LAST, dir,
				     listing, err);
	if (more > 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_thread = {
	.entry = thread_entry,
	.lookup = thread_lookup,
	.list = thread_list,
};

static enum conversation_file file_of(enum node_kind kind)
{
	return (enum conversation_file)(kind - NODE_THREAD_INFO);
}

static int thread_file_entry(struct work *work, struct node node,
			     struct entry *entry, struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);
	struct facts facts;
	int64_t seq;

	if (found <= 0)
		return found;
	seq = render_change(thread->seq, node.part);
	if (thread_facts(work, thread, seq, &facts, err) < 0)
		return -1;
	node.part = render_version(seq);
	entry_file(work, node, facts.sizes.bytes[file_of(node.kind)],
		   thread->changed, entry);
	return 1;
}

/* Does reading it perhaps open more than a quick worker should? */
static bool is_long(const struct facts *facts, enum node_kind kind)
{
	return kind >= NODE_THREAD_TEXT &&
	       facts->sizes.bytes[CONVERSATION_MBOX] > QUICK_LIMIT;
}

static int write_pieces(struct work *work,
			const struct conversation *conversation, int fd,
			struct err *err)
{
	AUTO(bytes) GByteArray *piece = g_byte_array_new();
	int more;

	for (guint number = 0;
	     (more = conversation_piece(work->reader, conversation, number,
					piece, err)) > 0;
	     number++) {
		if (io_write(fd, piece->data, piece->len, err) < 0)
			return -1;
		g_byte_array_unref(piece);
		piece = g_byte_array_new();
	}
	return more;
}

/* One that holds a large message is made once: to take a range out of it would
 * take as long as all of it. */
static int open_spool(struct work *work,
		      const struct conversation *conversation,
		      struct spool **spool_r, struct err *err)
{
	struct node node = node_make(
		(enum node_kind)(NODE_THREAD_INFO + (int)conversation->file),
		conversation->thread, conversation->seq);
	AUTO(spool) struct spool *spool = NULL;
	int filled = spool_get(work->fs->spools, node_id(node), &spool, err);

	if (filled < 0)
		return -1;
	if (!filled) {
		if (write_pieces(work, conversation, spool->fd, err) < 0)
			return -1;
		spool_keep(spool);
	}
	*spool_r = take(spool);
	return 0;
}

static int thread_file_read(struct work *work, struct node node,
			    uint64_t offset, size_t size, GByteArray *out,
			    struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);
	AUTO(spool) struct spool *spool = NULL;
	struct conversation conversation;
	struct facts facts;

	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ESTALE, "thread is gone");
	conversation =
		(struct conversation){ thread->serial,
				       render_change(thread->seq, node.part),
				       file_of(node.kind) };
	if (thread_facts(work, thread, conversation.seq, &facts, err) < 0)
		return -1;
	if (work->quick && is_long(&facts, node.kind))
		return work_later(err);
	if (facts.sizes.whole[conversation.file] <= QUICK_LIMIT)
		return conversation_read(work->reader, &conversation, offset,
					 size, out, err);
	if (open_spool(work, &conversation, &spool, err) < 0)
		return -1;
	return spool_read(spool, offset, size, out, err);
}

const struct node_ops view_thread_file = {
	.entry = thread_file_entry,
	.read = thread_file_read,
};

static int thread_flags_entry(struct work *work, struct node node,
			      struct entry *entry, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);
	struct state_thread state;
	struct facts facts;

	if (found > 0 && node.part & RENDER_VERSION) {
		render_thread_flags(node.part, text);
		entry_file(work, node, text->len, thread->changed, entry);
		return 1;
	}
	if (found > 0)
		found = state_thread_get(work->state, node.serial, &state, err);
	if (found <= 0)
		return found;
	if (thread_facts(work, thread, thread->seq, &facts, err) < 0)
		return -1;
	node.part = RENDER_VERSION | fs_flags_version(work->fs) |
		    (state.flags & (RENDER_SEEN - 1)) |
		    (facts.seen ? RENDER_SEEN : 0);
	render_thread_flags(node.part, text);
	entry_file(work, node, text->len, thread->changed, entry);
	return 1;
}

static int thread_flags_read(struct work *work, struct node node,
			     uint64_t offset, size_t size, GByteArray *out,
			     struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	(void)work;
	(void)err;
	render_thread_flags(node.part, text);
	slice(text->str, text->len, offset, size, out);
	return 0;
}

const struct node_ops view_thread_flags = {
	.entry = thread_flags_entry,
	.read = thread_flags_read,
};

static int box_entry(struct work *work, struct node node, struct entry *entry,
		     struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, node.serial, &thread, err);

	if (found > 0)
		entry_dir(work, node, 2,
			  view_files_time(work, node, thread->changed), entry);
	return found;
}

/* In a thread each message is one file, its first copy, under a name that no
 * other message can have. 1 if `message` stands in `dir`, 0, -1. */
static int box_copy(struct work *work, struct node dir, int64_t message,
		    const struct state_copy **copy_r, struct err *err)
{
	int found = work_first_copy(work, message, copy_r, err);

	if (found <= 0)
		return found;
	return (*copy_r)->is_new == (dir.kind == NODE_THREAD_NEW);
}

static int box_lookup(struct work *work, struct node dir, const char *name,
		      struct entry *entry, struct err *err)
{
	AUTO(str) char *base = render_base(name);
	AUTO(str) char *right = NULL;
	const struct index_message *message;
	const struct state_copy *copy;
	struct state_copy asked;
	int64_t serial = render_serial(base);
	int found;

	if (view_files_lookup(work, dir, name, entry))
		return 1;
	if (serial == 0 || dir.kind == NODE_THREAD_TMP)
		return 0;
	(void)shown_thread(work->fs->shown, dir.serial);
	found = state_copy_get(work->state, serial, &asked, err);
	if (found > 0)
		found = work_message(work, asked.message, &message, err);
	if (found > 0)
		found = message->thread == dir.serial
				? box_copy(work, dir, asked.message, &copy, err)
				: 0;
	if (found <= 0)
		return found;
	right = render_copy(copy, true);
	if (!right || strcmp(right, name) != 0)
		return 0;
	view_copy_entry(work, copy, true, entry);
	return 1;
}

/* 1 shown or passed over, 0 no room, -1. */
static int box_add(struct work *work, struct node dir, int64_t message,
		   struct listing *listing, struct err *err)
{
	AUTO(str) char *name = NULL;
	const struct state_copy *copy;
	struct entry entry;
	int found = box_copy(work, dir, message, &copy, err);

	if (found <= 0)
		return found < 0 ? -1 : 1;
	name = render_copy(copy, true);
	view_copy_entry(work, copy, true, &entry);
	return listing->add(listing, name, &entry,
			    OFFSET_SERIAL + (uint64_t)message);
}

static gint by_serial(gconstpointer a, gconstpointer b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* 1 if all messages found room, 0, -1. */
static int box_list_messages(struct work *work, struct node dir,
			     struct listing *listing, struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	int64_t after = listing_after(listing);
	int more = 1;

	(void)shown_thread(work->fs->shown, dir.serial);
	if (index_message_order(work->index, dir.serial, INT64_MAX, &serials,
				err) < 0)
		return -1;
	g_array_sort(serials, by_serial);
	for (guint i = 0; i < serials->len && more > 0; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);

		if (serial > after)
			more = box_add(work, dir, serial, listing, err);
	}
	return more;
}

/* Offsets are those of messages here, so a file that becomes one moves: to
 * after all that were there before, like any mail that comes. */
static int box_list(struct work *work, struct node dir, struct listing *listing,
		    struct err *err)
{
	AUTO(view_files) struct view_files files;
	int more = 1;

	view_files_open(work, dir, false, &files);
	if (dir.kind != NODE_THREAD_TMP)
		more = box_list_messages(work, dir, listing, err);
	if (more > 0)
		(void)view_files_add(work, &files, UINT64_MAX, listing);
	return more < 0 ? -1 : 0;
}

const struct node_ops view_thread_box = {
	.entry = box_entry,
	.lookup = box_lookup,
	.list = box_list,
};
