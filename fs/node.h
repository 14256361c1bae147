/* SPDX-License-Identifier: ISC */
/* What stands in the tree: computed node ids, attributes, and the table of
 * what each kind of node can do. Knows no FUSE. */
#ifndef DEFMS_NODE_H
#define DEFMS_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/stat.h>

#include <glib.h>

#include "defms/err.h"

struct work;

/* The numbers are part of inode numbers, which outlive a mount: add at the
 * end. What they mean is told in node.c. */
enum node_kind {
	NODE_ROOT,
	NODE_README,
	NODE_THREADS,
	NODE_MAILDIR,
	NODE_BY,
	NODE_SEARCH,
	NODE_SENT,
	NODE_DEFMS,
	NODE_STATUS,
	NODE_ERRORS,
	NODE_LOG,
	NODE_PID,
	NODE_THREAD,
	NODE_THREAD_LINK,
	NODE_THREAD_INFO,
	NODE_THREAD_OBJECT,
	NODE_THREAD_TEXT,
	NODE_THREAD_MBOX,
	NODE_THREAD_REPLY,
	NODE_THREAD_FLAGS,
	NODE_THREAD_CUR,
	NODE_THREAD_NEW,
	NODE_THREAD_TMP,
	NODE_MESSAGE,
	NODE_RAW,
	NODE_TEXT,
	NODE_HTML,
	NODE_HEADER,
	NODE_FROM,
	NODE_TO,
	NODE_CC,
	NODE_SUBJECT,
	NODE_DATE,
	NODE_MSGID,
	NODE_ID,
	NODE_FLAGS,
	NODE_SIGNATURE,
	NODE_ATTACHMENTS,
	NODE_PART,
	NODE_FOLDER,
	NODE_FOLDER_CUR,
	NODE_FOLDER_NEW,
	NODE_FOLDER_TMP,
	NODE_COPY,
	NODE_BY_DATE,
	NODE_BY_YEAR,
	NODE_BY_MONTH,
	NODE_BY_FROM,
	NODE_BY_TO,
	NODE_BY_LIST,
	NODE_BY_FLAG,
	NODE_ADDRESS,
	NODE_ADDRESS_LINK,
	NODE_FLAG,
	NODE_QUERY,
	NODE_LINK,
	NODE_DRAFTS,
	NODE_OUTBOX,
	NODE_THREAD_DRAFTS,
	NODE_THREAD_OUTBOX,
	NODE_FILE,
	NODE_SENT_LINK,
	NODE_THREAD_MEMBERS,
	NODE_KINDS,
	NODE_BEYOND, /* its serial has no room in an id */
};

struct node {
	enum node_kind kind;
	uint32_t serial;
	uint32_t part; /* 24 bits */
};

static inline struct node node_make(enum node_kind kind, int64_t serial,
				    int64_t part)
{
	return (struct node){ serial >= 0 && serial <= UINT32_MAX ? kind
								  : NODE_BEYOND,
			      (uint32_t)serial, (uint32_t)part & 0xffffff };
}

/* EOVERFLOW for one that has no id: it would be another's. `name` is for the
 * text. */
int node_check(struct node node, const char *name, struct err *err);

/* The id, as the kernel knows the node by. */
uint64_t node_id(struct node node);
/* And back. A kind nobody knows becomes NODE_KINDS. */
struct node node_of(uint64_t id);
/* The inode number: the id without a version. */
uint64_t node_inode(struct node node);

/* A node and its attributes. */
struct entry {
	struct node node;
	struct stat st;
};

/* Fill `entry`. Times are ns since 1970. */
void entry_dir(const struct work *work, struct node node, uint64_t links,
	       int64_t time, struct entry *entry);
void entry_file(const struct work *work, struct node node, uint64_t size,
		int64_t time, struct entry *entry);
void entry_link(const struct work *work, struct node node, uint64_t size,
		int64_t time, struct entry *entry);

enum {
	/* Offsets of a directory: 1 and 2 are "." and "..", then those that
	 * are always there, then those that have a serial. */
	OFFSET_FIXED = 3,
	OFFSET_SERIAL = 64,
};
/* And files, by number. */
#define OFFSET_FILES (INT64_C(1) << 40)

/* Where a directory is listed to. */
struct listing {
	uint64_t after; /* the offset that was reached before */
	size_t room;    /* how many entries may fit, about */
	/* False if it does not fit any more. */
	bool (*add)(struct listing *listing, const char *name,
		    const struct entry *entry, uint64_t offset);
};

/* The serial to go on after. */
static inline int64_t listing_after(const struct listing *listing)
{
	return listing->after > OFFSET_SERIAL
		       ? (int64_t)(listing->after - OFFSET_SERIAL)
		       : 0;
}

/* What a kind of node can do. All are 1 done, 0 there is none, -1 failed;
 * `list` and `read` are 0/-1. */
struct node_ops {
	int (*entry)(struct work *work, struct node node, struct entry *entry,
		     struct err *err);
	int (*lookup)(struct work *work, struct node dir, const char *name,
		      struct entry *entry, struct err *err);
	int (*list)(struct work *work, struct node dir, struct listing *listing,
		    struct err *err);
	int (*read)(struct work *work, struct node node, uint64_t offset,
		    size_t size, GByteArray *out, struct err *err);
	int (*link)(struct work *work, struct node node, GString *target,
		    struct err *err);
};

/* The same by a node's kind; ENOTDIR, EISDIR, EINVAL where it cannot. */
int node_entry(struct work *work, struct node node, struct entry *entry,
	       struct err *err);
int node_lookup(struct work *work, struct node dir, const char *name,
		struct entry *entry, struct err *err);
int node_list(struct work *work, struct node dir, struct listing *listing,
	      struct err *err);
int node_read(struct work *work, struct node node, uint64_t offset, size_t size,
	      GByteArray *out, struct err *err);
int node_link(struct work *work, struct node node, GString *target,
	      struct err *err);

/* How long (seconds) the kernel may believe a node's attributes and, of a
 * directory, the names in it. The watcher takes back what has no limit. */
double node_timeout(enum node_kind kind);

/* And that `node` has its name in a directory. Files of a thread, and `flags`,
 * are other nodes with each change: they are looked up for each open. So is a
 * file beside `flags`: renamed over it, it is a write to it. */
double node_name_timeout(enum node_kind dir, enum node_kind node);

/* A directory in which names can be made, changed or removed. */
bool node_is_writable(enum node_kind kind);
/* A file `flags`, which takes changes. */
static inline bool node_is_flags(enum node_kind kind)
{
	return kind == NODE_FLAGS || kind == NODE_THREAD_FLAGS;
}

/* A directory whose entries are always the same. */
struct fixed {
	const char *name;
	enum node_kind kind;
};
/* The entries that are there (node_entry() says) get the serial of `dir`. */
int fixed_lookup(struct work *work, const struct fixed *fixed, struct node dir,
		 const char *name, struct entry *entry, struct err *err);
/* 1 if all fit, 0 if not, -1. */
int fixed_list(struct work *work, const struct fixed *fixed, struct node dir,
	       struct listing *listing, struct err *err);

/* Append the part of `data` that was asked for. */
void slice(const void *data, size_t length, uint64_t offset, size_t size,
	   GByteArray *out);

#endif
