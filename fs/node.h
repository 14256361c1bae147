/* SPDX-License-Identifier: ISC */
/* What stands in the tree: computed node ids and attributes. Knows no FUSE. */
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

/* A directory in which names can be made, changed or removed. */
bool node_is_writable(enum node_kind kind);
/* A file `flags`, which takes changes. */
static inline bool node_is_flags(enum node_kind kind)
{
	return kind == NODE_FLAGS || kind == NODE_THREAD_FLAGS;
}

#endif
