/* SPDX-License-Identifier: ISC */
/* Node ids are computed, so that memory does not grow with what the kernel has
 * looked up and a forget is nothing.
 *
 *	63..56 kind	55..24 serial		23..0 part
 *
 * kind, serial, part by kind (what is not named is 0):
 *	ROOT		id 1, as FUSE wants it
 *	README ... PID	part of STATUS ERRORS LOG PID: hash of the content
 *	THREAD...	serial of the thread. Part of INFO OBJECT TEXT MBOX
 *			REPLY: RENDER_VERSION and the low 23 bits of the change
 *			they are as of;
 *			of FLAGS: the flags, bit 3 is seen, and from bit 8
 *			on how many writes there were; of THREAD_LINK:
 *			the low bits of the elder thread's serial
 *	MESSAGE ... SIGNATURE, ATTACHMENTS
 *			serial of the message. Part of FLAGS: as above; of
 *			SIGNATURE: RENDER_VERSION and a hash of what it says
 *	PART		serial of the message, number in its list of parts
 *	FOLDER...	serial of the folder
 *	COPY		serial of the copy, in maildir/ and in a thread
 *	BY_YEAR		the year; BY_MONTH: year * 100 + month
 *	ADDRESS...	serial of the address, enum index_mention
 *	FLAG		place in the list of flags
 *	QUERY		number of the query in this mount
 *	LINK		serial of the thread, levels to go up
 *	FILE		number of the file (files.h)
 *	SENT_LINK	serial of the message, the low bits of its thread's
 *
 * A node id names one version of a file. Its inode number is the id without
 * the version, so that it stays the same for ever; within a directory it rises
 * with arrival, which mutt sorts by. A file has the inode number of the copy
 *that it becomes, or one made of that on the disk. */
#include "node.h"

#include <errno.h>
#include <string.h>

#include "fs.h"
#include "node-ops.h"
#include "view.h"

#define TIME_FOREVER 1e6

enum { SERIAL_SHIFT = 24, KIND_SHIFT = 56, PART_MASK = 0xffffff };

static const struct node_ops *const table[NODE_KINDS] = {
	[NODE_ROOT] = &view_root,
	[NODE_README] = &view_readme,
	[NODE_THREADS] = &view_threads,
	[NODE_MAILDIR] = &view_maildir,
	[NODE_BY] = &view_by,
	[NODE_SEARCH] = &view_search,
	[NODE_SENT] = &view_sent,
	[NODE_DEFMS] = &view_defms,
	[NODE_STATUS] = &view_defms_file,
	[NODE_ERRORS] = &view_defms_file,
	[NODE_LOG] = &view_defms_file,
	[NODE_PID] = &view_defms_file,
	[NODE_THREAD] = &view_thread,
	[NODE_THREAD_LINK] = &view_thread_link,
	[NODE_THREAD_INFO] = &view_thread_file,
	[NODE_THREAD_OBJECT] = &view_thread_file,
	[NODE_THREAD_TEXT] = &view_thread_file,
	[NODE_THREAD_MBOX] = &view_thread_file,
	[NODE_THREAD_REPLY] = &view_thread_file,
	[NODE_THREAD_FLAGS] = &view_thread_flags,
	[NODE_THREAD_CUR] = &view_thread_box,
	[NODE_THREAD_NEW] = &view_thread_box,
	[NODE_THREAD_TMP] = &view_thread_box,
	[NODE_MESSAGE] = &view_message,
	[NODE_RAW] = &view_content,
	[NODE_TEXT] = &view_content,
	[NODE_HTML] = &view_content,
	[NODE_HEADER] = &view_content,
	[NODE_FROM] = &view_field,
	[NODE_TO] = &view_field,
	[NODE_CC] = &view_field,
	[NODE_SUBJECT] = &view_field,
	[NODE_DATE] = &view_field,
	[NODE_MSGID] = &view_field,
	[NODE_ID] = &view_field,
	[NODE_FLAGS] = &view_message_flags,
	[NODE_SIGNATURE] = &view_signature,
	[NODE_ATTACHMENTS] = &view_attachments,
	[NODE_PART] = &view_content,
	[NODE_FOLDER] = &view_folder,
	[NODE_FOLDER_CUR] = &view_folder_box,
	[NODE_FOLDER_NEW] = &view_folder_box,
	[NODE_FOLDER_TMP] = &view_folder_box,
	[NODE_COPY] = &view_content,
	[NODE_BY_DATE] = &view_by_date,
	[NODE_BY_YEAR] = &view_by_year,
	[NODE_BY_MONTH] = &view_by_threads,
	[NODE_BY_FROM] = &view_by_addresses,
	[NODE_BY_TO] = &view_by_addresses,
	[NODE_BY_LIST] = &view_by_addresses,
	[NODE_BY_FLAG] = &view_by_flags,
	[NODE_ADDRESS] = &view_by_threads,
	[NODE_ADDRESS_LINK] = &view_address_link,
	[NODE_FLAG] = &view_by_threads,
	[NODE_QUERY] = &view_query,
	[NODE_LINK] = &view_link,
	[NODE_DRAFTS] = &view_files,
	[NODE_OUTBOX] = &view_files,
	[NODE_THREAD_DRAFTS] = &view_files,
	[NODE_THREAD_OUTBOX] = &view_files,
	[NODE_FILE] = &view_file,
	[NODE_SENT_LINK] = &view_sent_link,
	[NODE_THREAD_MEMBERS] = &view_members,
};

int node_check(struct node node, const char *name, struct err *err)
{
	if (node.kind != NODE_BEYOND)
		return 0;
	return err_set(err, EOVERFLOW, "%s: its serial is over 2^32", name);
}

uint64_t node_id(struct node node)
{
	if (node.kind == NODE_ROOT)
		return 1;
	return (uint64_t)node.kind << KIND_SHIFT |
	       (uint64_t)node.serial << SERIAL_SHIFT | node.part;
}

struct node node_of(uint64_t id)
{
	uint64_t kind = id >> KIND_SHIFT;

	return (struct node){
		kind < NODE_KINDS ? (enum node_kind)kind : NODE_KINDS,
		(uint32_t)(id >> SERIAL_SHIFT),
		kind == NODE_ROOT ? 0 : (uint32_t)(id & PART_MASK),
	};
}

static bool has_version(enum node_kind kind)
{
	return (kind >= NODE_STATUS && kind <= NODE_PID) ||
	       (kind >= NODE_THREAD_LINK && kind <= NODE_THREAD_FLAGS) ||
	       kind == NODE_FLAGS || kind == NODE_SIGNATURE ||
	       kind == NODE_SENT_LINK || kind == NODE_THREAD_MEMBERS;
}

uint64_t node_inode(struct node node)
{
	if (has_version(node.kind))
		node.part = 0;
	return node_id(node);
}

double node_timeout(enum node_kind kind)
{
	if ((kind >= NODE_DEFMS && kind <= NODE_PID) || kind == NODE_SEARCH ||
	    kind == NODE_THREAD_MEMBERS)
		return 0;
	if (kind == NODE_BY || kind == NODE_SENT || kind == NODE_SENT_LINK ||
	    (kind >= NODE_BY_DATE && kind <= NODE_QUERY))
		return 1;
	return TIME_FOREVER;
}

double node_name_timeout(enum node_kind dir, enum node_kind node)
{
	if ((node >= NODE_THREAD_INFO && node <= NODE_THREAD_FLAGS) ||
	    node == NODE_FLAGS || node == NODE_THREAD_MEMBERS)
		return 0;
	/* Renamed to `flags`, a file is there under that name no longer than
	 * the kernel believes in the one it had. */
	if (node == NODE_FILE && (dir == NODE_THREAD || dir == NODE_MESSAGE))
		return 0;
	return node_timeout(dir);
}

/* Where names can be made, changed or removed. */
bool node_is_writable(enum node_kind kind)
{
	static const enum node_kind kinds[] = {
		NODE_MAILDIR,    NODE_FOLDER,        NODE_FOLDER_CUR,
		NODE_FOLDER_NEW, NODE_FOLDER_TMP,    NODE_THREADS,
		NODE_THREAD,     NODE_THREAD_CUR,    NODE_THREAD_NEW,
		NODE_THREAD_TMP, NODE_THREAD_DRAFTS, NODE_THREAD_OUTBOX,
		NODE_MESSAGE,    NODE_ATTACHMENTS,   NODE_DRAFTS,
		NODE_OUTBOX,     NODE_SEARCH,        NODE_QUERY,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kind == kinds[i])
			return true;
	return false;
}

static void fill(const struct work *work, struct node node, int64_t time,
		 struct entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->node = node;
	entry->st.st_ino = node_inode(node);
	entry->st.st_nlink = 1;
	entry->st.st_uid = work->fs->uid;
	entry->st.st_gid = work->fs->gid;
	entry->st.st_mtim.tv_sec = time / 1000000000;
	entry->st.st_mtim.tv_nsec = time % 1000000000;
	if (entry->st.st_mtim.tv_nsec < 0) {
		entry->st.st_mtim.tv_sec--;
		entry->st.st_mtim.tv_nsec += 1000000000;
	}
	entry->st.st_atim = entry->st.st_mtim;
	entry->st.st_ctim = entry->st.st_mtim;
	entry->st.st_blksize = 4096;
}

void entry_dir(const struct work *work, struct node node, uint64_t links,
	       int64_t time, struct entry *entry)
{
	fill(work, node, time, entry);
	entry->st.st_mode =
		S_IFDIR | (node_is_writable(node.kind) ? 0755 : 0555);
	entry->st.st_nlink = (nlink_t)links;
}

void entry_file(const struct work *work, struct node node, uint64_t size,
		int64_t time, struct entry *entry)
{
	fill(work, node, time, entry);
	entry->st.st_mode = S_IFREG | (node_is_flags(node.kind) ? 0644 : 0444);
	entry->st.st_size = (off_t)size;
	entry->st.st_blocks = (blkcnt_t)((size + 511) / 512);
}

void entry_link(const struct work *work, struct node node, uint64_t size,
		int64_t time, struct entry *entry)
{
	fill(work, node, time, entry);
	entry->st.st_mode = S_IFLNK | 0777;
	entry->st.st_size = (off_t)size;
}

static const struct node_ops *ops_of(struct node node)
{
	static const struct node_ops nothing = { 0 };

	return node.kind < NODE_KINDS ? table[node.kind] : &nothing;
}

int node_entry(struct work *work, struct node node, struct entry *entry,
	       struct err *err)
{
	const struct node_ops *ops = ops_of(node);

	return ops->entry ? ops->entry(work, node, entry, err) : 0;
}

int node_lookup(struct work *work, struct node dir, const char *name,
		struct entry *entry, struct err *err)
{
	const struct node_ops *ops = ops_of(dir);

	if (!ops->lookup)
		return err_set(err, ENOTDIR, "not a directory");
	return ops->lookup(work, dir, name, entry, err);
}

int node_list(struct work *work, struct node dir, struct listing *listing,
	      struct err *err)
{
	const struct node_ops *ops = ops_of(dir);

	if (!ops->list)
		return err_set(err, ENOTDIR, "not a directory");
	return ops->list(work, dir, listing, err);
}

int node_read(struct work *work, struct node node, uint64_t offset, size_t size,
	      GByteArray *out, struct err *err)
{
	const struct node_ops *ops = ops_of(node);

	if (!ops->read)
		return err_set(err, ops->list ? EISDIR : EINVAL, "not a file");
	return ops->read(work, node, offset, size, out, err);
}

int node_link(struct work *work, struct node node, GString *target,
	      struct err *err)
{
	const struct node_ops *ops = ops_of(node);

	if (!ops->link)
		return err_set(err, EINVAL, "not a symbolic link");
	return ops->link(work, node, target, err);
}

int fixed_lookup(struct work *work, const struct fixed *fixed, struct node dir,
		 const char *name, struct entry *entry, struct err *err)
{
	for (; fixed->name; fixed++)
		if (strcmp(fixed->name, name) == 0)
			return node_entry(work,
					  node_make(fixed->kind, dir.serial, 0),
					  entry, err);
	return 0;
}

int fixed_list_at(struct work *work, const struct fixed *fixed, uint64_t at,
		  struct node dir, struct listing *listing, struct err *err)
{
	for (; fixed->name; fixed++, at++) {
		struct entry entry;
		int found;

		if (at <= listing->after)
			continue;
		found = node_entry(work, node_make(fixed->kind, dir.serial, 0),
				   &entry, err);
		if (found < 0)
			return -1;
		if (found > 0 &&
		    !listing->add(listing, fixed->name, &entry, at))
			return 0;
	}
	return 1;
}

int fixed_list(struct work *work, const struct fixed *fixed, struct node dir,
	       struct listing *listing, struct err *err)
{
	return fixed_list_at(work, fixed, OFFSET_FIXED, dir, listing, err);
}

void slice(const void *data, size_t length, uint64_t offset, size_t size,
	   GByteArray *out)
{
	if (offset < length)
		g_byte_array_append(out, (const uint8_t *)data + offset,
				    (guint)MIN(size, length - offset));
}
