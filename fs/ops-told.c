/* SPDX-License-Identifier: ISC */
/* What the teller does to tell of mail that came (teller.h): a file is made in
 * tmp/, and renamed into new/. It is the mail from the beginning, so nothing
 * changes, but the kernel knows its name then. */
#include "ops.h"

#include <errno.h>

#include "node-ops.h"

static bool is_told(fuse_req_t req, const char *name)
{
	return teller_delivers(mount_of(req)->teller, fuse_req_ctx(req)->pid,
			       name);
}

/* It must not be there before it comes. */
bool told_lookup(fuse_req_t req, struct node dir, const char *name)
{
	if (dir.kind != NODE_FOLDER_NEW || !is_told(req, name))
		return false;
	fuse_reply_err(req, ENOENT);
	return true;
}

/* Only what is no file. */
static int find(struct fs *fs, struct node dir, const char *name,
		struct entry *entry, struct err *err)
{
	struct node new = node_make(NODE_FOLDER_NEW, dir.serial, 0);
	struct work work;
	int found;

	if (work_begin(fs, true, &work, err) < 0)
		return -1;
	found = node_lookup(&work, new, name, entry, err);
	work_end(&work);
	return found > 0 ? entry->node.kind == NODE_COPY : found;
}

bool told_mknod(fuse_req_t req, struct node dir, const char *name)
{
	struct entry entry;
	struct err err;
	int found;

	if (dir.kind != NODE_FOLDER_TMP || !is_told(req, name))
		return false;
	found = find(mount_of(req)->fs, dir, name, &entry, &err);
	if (found > 0)
		request_entry(req, &entry, NODE_FOLDER_NEW, NULL);
	else
		fuse_reply_err(req, ENOENT);
	return true;
}

bool told_rename(fuse_req_t req, struct node dir, const char *name)
{
	if (dir.kind != NODE_FOLDER_TMP || !is_told(req, name))
		return false;
	fuse_reply_err(req, 0);
	return true;
}
