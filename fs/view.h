/* SPDX-License-Identifier: ISC */
/* The rows of node.c's table, and what the views have in common. */
#ifndef DEFMS_VIEW_H
#define DEFMS_VIEW_H

#include "fs.h"
#include "node-ops.h"

extern const struct node_ops view_root, view_readme, view_sent;
extern const struct node_ops view_defms, view_defms_file;
extern const struct node_ops view_threads, view_thread_link;
extern const struct node_ops view_thread, view_thread_file, view_thread_flags;
extern const struct node_ops view_thread_box, view_members;
extern const struct node_ops view_message, view_message_flags, view_field,
	view_signature;
extern const struct node_ops view_attachments;
extern const struct node_ops view_content;
extern const struct node_ops view_maildir, view_folder, view_folder_box;
extern const struct node_ops view_by, view_by_date, view_by_year;
extern const struct node_ops view_by_addresses, view_address_link;
extern const struct node_ops view_by_flags, view_by_threads;
extern const struct node_ops view_search, view_query;
extern const struct node_ops view_file, view_files;
extern const struct node_ops view_link, view_sent_link;

/* The threads that a directory of links holds, by `fetch` if they are not
 * kept; a quick worker leaves that to a slow one. Caller unrefs. */
typedef int links_fetch(struct work *work, struct node node, GArray **threads_r,
			struct err *err);
int view_links_get(struct work *work, struct node node, links_fetch *fetch,
		   GBytes **links_r, struct err *err);
/* The link called `name` among those, `depth` levels down. 1/0/-1. */
int view_links_lookup(struct work *work, GBytes *links, unsigned depth,
		      const char *name, struct entry *entry, struct err *err);
int view_links_list(struct work *work, GBytes *links, unsigned depth,
		    struct listing *listing, struct err *err);

/* The entry of a file that is no message yet. */
void view_file_entry(const struct file *file, struct entry *entry);

/* Files among the other entries of a directory. To be asked before the database
 * is: a commit comes before a file becomes a message. 1/0. */
int view_files_lookup(struct work *work, struct node dir, const char *name,
		      struct entry *entry);
/* When names changed there, if that is later than `time`. */
int64_t view_files_time(struct work *work, struct node dir, int64_t time);
/* All of them, by offset: that of the copy that a file becomes, so that it is
 * listed once whenever that is; others behind all that have serials. */
struct view_files {
	GArray *all; /* of struct file, owned; NULL: none */
	bool by_copy;
	guint next;
};
void view_files_open(struct work *work, struct node dir, bool by_copy,
		     struct view_files *files);
static inline void view_files_auto_(struct view_files *files)
{
	if (files->all)
		g_array_unref(files->all);
}
/* Add those that stand before offset `before`. False if not all fit. */
bool view_files_add(struct work *work, struct view_files *files,
		    uint64_t before, struct listing *listing);
/* Is there one at `offset`? */
bool view_files_at(const struct view_files *files, uint64_t offset);

/* The entry of a thread as it stands in threads/. */
void view_thread_entry(struct work *work, const struct index_thread *thread,
		       struct entry *entry);
/* The entry of a copy, in its folder or in a thread. */
void view_copy_entry(struct work *work, const struct state_copy *copy,
		     bool in_thread, struct entry *entry);

/* When it was last written to, ns. */
int64_t view_thread_time(const struct index_thread *thread);

#endif
