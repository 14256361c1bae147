/* SPDX-License-Identifier: ISC */
/* The table of what each kind of node can do: to be looked up, listed, read.
 * Knows no FUSE. */
#ifndef DEFMS_NODE_OPS_H
#define DEFMS_NODE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "node.h"

enum {
	/* Offsets of a directory: 1 and 2 are "." and "..", then those that
	 * are always there, then those that have a serial. */
	OFFSET_FIXED = 3,
	OFFSET_SERIAL = 64,
};
/* And files, by number; before them what is to come last of what is always
 * there. */
#define OFFSET_FILES (INT64_C(1) << 40)
#define OFFSET_LAST (OFFSET_FILES - OFFSET_SERIAL)

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
/* The same from another offset on than OFFSET_FIXED. */
int fixed_list_at(struct work *work, const struct fixed *fixed, uint64_t at,
		  struct node dir, struct listing *listing, struct err *err);

/* Append the part of `data` that was asked for. */
void slice(const void *data, size_t length, uint64_t offset, size_t size,
	   GByteArray *out);

#endif
