/* SPDX-License-Identifier: ISC */
/* A request finds its node, does one thing and is answered once. One that
 * would take long is handed to the slow workers, which do the same again
 * without a limit. */
#include "files-turn.h"
#include "node-ops.h"
#include "ops.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "caller.h"
#include "doomed.h"
#include "fresh.h"
#include "generations.h"

/* What the caller did wrong: he is told which. */
static bool is_the_callers(int code)
{
	static const int codes[] = {
		ENOENT,       ENOTDIR, EISDIR,    EINVAL, ESTALE,
		ENAMETOOLONG, EPERM,   EEXIST,    EXDEV,  EBUSY,
		ENOTEMPTY,    EROFS,   EOVERFLOW, ENOSPC, EDQUOT,
		EFBIG,        EACCES,  EMFILE,    ENFILE, EMLINK,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

/* Nothing to write down? */
static bool is_ordinary(int code)
{
	return is_the_callers(code) && code != EOVERFLOW && code != ENOSPC &&
	       code != EDQUOT && code != EFBIG;
}

void request_fail(fuse_req_t req, const struct err *err)
{
	if (!is_ordinary(err->code))
		journal_add(mount_of(req)->fs->errors, err->text);
	fuse_reply_err(req, is_the_callers(err->code) ? err->code : EIO);
}

/* -- what quick and slow workers do: 0 answered, -1 to be answered with err -
 */

static int do_getattr(struct work *work, const struct request *request,
		      struct err *err)
{
	struct entry entry;
	int found = node_entry(work, request->node, &entry, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ESTALE, "node is gone");
	fuse_reply_attr(request->req, &entry.st,
			node_timeout(request->node.kind));
	return 0;
}

/* access(2). Who is asked about is who mounted it: no other is let in without
 * default_permissions, and with that the kernel sees to it. */
static int do_access(struct work *work, const struct request *request,
		     struct err *err)
{
	struct entry entry;
	int found = node_entry(work, request->node, &entry, err);
	unsigned may, wanted = (unsigned)request->mask & (R_OK | W_OK | X_OK);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ESTALE, "node is gone");
	may = entry.st.st_mode >> 6 & (R_OK | W_OK | X_OK);
	if (wanted & ~may)
		return err_set(err, EACCES, "no such right");
	fuse_reply_err(request->req, 0);
	return 0;
}

void request_fill(fuse_req_t req, const struct entry *entry,
		  struct fuse_entry_param *param)
{
	struct fs *fs = mount_of(req)->fs;

	memset(param, 0, sizeof(*param));
	param->ino = node_id(entry->node);
	param->attr = entry->st;
	if (S_ISDIR(entry->st.st_mode))
		param->generation =
			generations_of(fs->generations, entry->node);
}

static void fill_lasting(fuse_req_t req, const struct entry *entry,
			 enum node_kind dir, struct fuse_entry_param *param)
{
	struct fs *fs = mount_of(req)->fs;

	request_fill(req, entry, param);
	param->attr_timeout = node_timeout(entry->node.kind);
	param->entry_timeout = node_name_timeout(dir, entry->node.kind);
	/* What rm -r is at may be shown for a while, and nobody tells when that
	 * is over. */
	if (entry->node.kind == NODE_THREAD &&
	    doomed_has(fs->doomed_threads, entry->node.serial))
		param->entry_timeout = 0;
}

void request_hold(fuse_req_t req, struct node node)
{
	if (node.kind == NODE_FILE)
		files_hold(mount_of(req)->fs->files, node.serial);
}

/* Before it is told: it may forget it at once. */
void request_entry(fuse_req_t req, const struct entry *entry,
		   enum node_kind dir, const struct fuse_file_info *fi)
{
	struct files *files = mount_of(req)->fs->files;
	struct fuse_entry_param param;
	struct node node = entry->node;
	int result;

	fill_lasting(req, entry, dir, &param);
	request_hold(req, node);
	if (fi)
		result = fuse_reply_create(req, &param, fi);
	else
		result = fuse_reply_entry(req, &param);
	if (result < 0 && node.kind == NODE_FILE)
		files_forget(files, node.serial, 1);
}

/* Can directories be made there that can be looked up before? */
static bool is_made_in(struct fs *fs, struct node dir)
{
	return dir.kind == NODE_SEARCH ||
	       (dir.kind == NODE_FOLDER && fresh_any(fs->fresh, dir.serial));
}

static int do_lookup(struct work *work, const struct request *request,
		     struct err *err)
{
	struct fuse_entry_param param = { 0 };
	struct entry entry;
	int found;

	work->makes = is_made_in(work->fs, request->node) &&
		      caller_makes_directory(fuse_req_ctx(request->req)->pid);
	found = node_lookup(work, request->node, request->name, &entry, err);
	/* Whoever asks may change it as soon as he is told: then the writer has
	 * its reader back. */
	work_end(work);
	if (found < 0 ||
	    (found > 0 && node_check(entry.node, request->name, err) < 0))
		return -1;
	if (found > 0) {
		request_entry(request->req, &entry, request->node.kind, NULL);
		return 0;
	}
	/* node id 0: the kernel keeps that there is none */
	if (!work->makes)
		param.entry_timeout = node_timeout(request->node.kind);
	fuse_reply_entry(request->req, &param);
	return 0;
}

struct page {
	struct listing listing; /* first */
	const struct request *request;
	char *data;
	size_t used;
	GArray *held; /* owned: numbers (guint32) of files */
};

/* It was not told after all. */
static void page_let_go(const struct page *page)
{
	struct files *files = mount_of(page->request->req)->fs->files;

	for (guint i = 0; i < page->held->len; i++)
		files_forget(files, g_array_index(page->held, guint32, i), 1);
}

static bool page_put(struct page *page, const char *name,
		     const struct fuse_entry_param *param, off_t offset)
{
	const struct request *request = page->request;
	char *at = page->data + page->used;
	size_t room = request->size - page->used, size;

	if (request->operation == READDIRPLUS)
		size = fuse_add_direntry_plus(request->req, at, room, name,
					      param, offset);
	else
		size = fuse_add_direntry(request->req, at, room, name,
					 &param->attr, offset);
	if (size > room)
		return false;
	page->used += size;
	return true;
}

static bool page_add(struct listing *listing, const char *name,
		     const struct entry *entry, uint64_t offset)
{
	struct page *page = (struct page *)listing;
	struct fuse_entry_param param;
	struct err err;

	/* The rest of the directory can be listed. */
	if (node_check(entry->node, name, &err) < 0) {
		journal_add(mount_of(page->request->req)->fs->errors, err.text);
		return true;
	}
	fill_lasting(page->request->req, entry, page->request->node.kind,
		     &param);
	if (!page_put(page, name, &param, (off_t)offset))
		return false;
	if (page->request->operation == READDIRPLUS &&
	    entry->node.kind == NODE_FILE) {
		request_hold(page->request->req, entry->node);
		(void)g_array_append_val(page->held, entry->node.serial);
	}
	return true;
}

/* "." and "..": no node goes with them. */
static void page_dots(struct page *page)
{
	struct fuse_entry_param param = { 0 };

	param.attr.st_mode = S_IFDIR;
	param.attr.st_ino = node_inode(page->request->node);
	if (page->listing.after < 1)
		(void)page_put(page, ".", &param, 1);
	param.attr.st_ino = 1;
	if (page->listing.after < 2)
		(void)page_put(page, "..", &param, 2);
}

static int do_readdir(struct work *work, const struct request *request,
		      struct err *err)
{
	size_t each = request->operation == READDIRPLUS ? 192 : 64;
	AUTO(str) char *data = g_malloc(request->size);
	AUTO(array) GArray *held = g_array_new(FALSE, FALSE, sizeof(guint32));
	struct page page = { { request->offset, request->size / each + 1,
			       page_add },
			     request,
			     data,
			     0,
			     held };

	page_dots(&page);
	if (node_list(work, request->node, &page.listing, err) < 0) {
		page_let_go(&page);
		return -1;
	}
	if (fuse_reply_buf(request->req, data, page.used) < 0)
		page_let_go(&page);
	return 0;
}

static int do_read(struct work *work, const struct request *request,
		   struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();

	if (node_read(work, request->node, request->offset, request->size, out,
		      err) < 0)
		return -1;
	fuse_reply_buf(request->req, (const char *)out->data,
		       MIN(out->len, request->size));
	return 0;
}

static int do_readlink(struct work *work, const struct request *request,
		       struct err *err)
{
	AUTO(gstring) GString *target = g_string_new(NULL);
	int found = node_link(work, request->node, target, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ESTALE, "thread is gone");
	fuse_reply_readlink(request->req, target->str);
	return 0;
}

static int sync_files(struct fs *fs, struct node node, struct err *err)
{
	return node.kind == NODE_FILE ? files_sync(fs->files, node.serial, err)
				      : files_sync_dir(fs->files, node, err);
}

/* A few quick workers may wait for the disk, others are left for who reads. To
 * wake a slow one takes as long as a fast disk does. */
static int do_fsync(struct mount *mount, const struct request *request,
		    bool quick, struct err *err)
{
	bool may = g_atomic_int_add(&mount->syncing, 1) < SYNCING || !quick;
	int result = may ? sync_files(mount->fs, request->node, err)
			 : work_later(err);

	(void)g_atomic_int_add(&mount->syncing, -1);
	if (result == 0)
		fuse_reply_err(request->req, 0);
	return result;
}

/* Who renames and delivers has each name looked up before, between two writes
 * of his. */
static int begin(struct fs *fs, const struct request *request, bool quick,
		 struct work *work, struct err *err)
{
	if (quick && request->operation == LOOKUP &&
	    (request->node.kind == NODE_FOLDER_NEW ||
	     request->node.kind == NODE_FOLDER_CUR))
		return work_begin_lent(fs, work, err);
	return work_begin(fs, quick, work, err);
}

static int perform(const struct request *request, bool quick, struct err *err)
{
	struct mount *mount = mount_of(request->req);
	struct work work;
	int result = -1;

	if (request->operation == FSYNC)
		return do_fsync(mount, request, quick, err);
	if (begin(mount->fs, request, quick, &work, err) < 0)
		return -1;
	switch (request->operation) {
	case GETATTR:
		result = do_getattr(&work, request, err);
		break;
	case ACCESS:
		result = do_access(&work, request, err);
		break;
	case LOOKUP:
		result = do_lookup(&work, request, err);
		break;
	case READDIR:
	case READDIRPLUS:
		result = do_readdir(&work, request, err);
		break;
	case READ:
		result = do_read(&work, request, err);
		break;
	case READLINK:
		result = do_readlink(&work, request, err);
		break;
	case FSYNC: /* see above */
		break;
	}
	work_end(&work);
	return result;
}

void request_begin(const struct request *request)
{
	struct request *late;
	struct err err;

	if (perform(request, true, &err) == 0)
		return;
	if (!work_is_late(&err)) {
		request_fail(request->req, &err);
		return;
	}
	late = g_memdup2(request, sizeof(*request));
	late->name = g_strdup(request->name);
	workers_push(mount_of(request->req)->slow, late);
}

void request_slow(void *data)
{
	struct request *request = data;
	struct err err;

	if (perform(request, false, &err) < 0)
		request_fail(request->req, &err);
	g_free(request->name);
	g_free(request);
}
