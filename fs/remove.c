/* SPDX-License-Identifier: ISC */
/* unlink and rmdir of what is no plain file.
 *
 * A directory of a message goes as a whole. What removes it (rm -r, find
 * -delete, shutil.rmtree) unlinks what is in it first, so that is answered with
 * success, and remembered (naming.c), but changes nothing: it is the rmdir that
 * removes the message, if raw.eml was unlinked before it (doomed.h).
 *
 * So does a thread, whose directory is gone with its last message: what is
 * always in it is unlinked with success, too, and from then on it is answered
 * for until its rmdir (work_shows_thread()). */
#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/state-mount.h"
#include "doomed.h"
#include "naming.h"
#include "site.h"

static int unlink_copy(const struct naming *naming, int64_t serial,
		       struct batch *batch, struct work *work, struct err *err)
{
	struct state_copy copy;

	if (site_is_folder_box(naming->dir))
		return naming_done(change_copy_remove(batch, serial, err), err);
	if (naming_done(state_copy_get(work->state, serial, &copy, err), err) <
	    0)
		return -1;
	return naming_done(
		change_message_remove(batch, copy.message, true, err), err);
}

static int rmdir_message(int64_t message, struct batch *batch,
			 struct work *work, struct err *err)
{
	if (!doomed_take(work->fs->doomed, message))
		return err_set(err, ENOTEMPTY,
			       "a message is removed by rm -r, as a whole");
	return naming_done(change_message_remove(batch, message, true, err),
			   err);
}

static bool has_files(struct work *work, struct node dir)
{
	AUTO(array) GArray *files = files_list(work->fs->files, dir);

	return files && files->len > 0;
}

/* Of a thread that rm -r is at: is nothing left of it? */
static int rmdir_in_thread(struct node dir, struct work *work, struct err *err)
{
	const struct index_thread *thread;
	bool holds_mail =
		dir.kind == NODE_THREAD_CUR || dir.kind == NODE_THREAD_NEW;

	if (!doomed_has(work->fs->doomed_threads, dir.serial))
		return err_set(err, EPERM,
			       "it is removed with its thread, by rm -r");
	if (naming_done(work_thread(work, dir.serial, &thread, err), err) < 0)
		return -1;
	if ((holds_mail && thread->live > 0) || has_files(work, dir))
		return err_set(err, ENOTEMPTY, "not empty");
	return 0;
}

static int rmdir_thread(struct node dir, struct work *work, struct err *err)
{
	static const enum node_kind kinds[] = {
		NODE_THREAD,     NODE_THREAD_CUR,    NODE_THREAD_NEW,
		NODE_THREAD_TMP, NODE_THREAD_DRAFTS, NODE_THREAD_OUTBOX,
	};
	const struct index_thread *thread;
	bool used;

	if (naming_done(work_thread(work, dir.serial, &thread, err), err) < 0)
		return -1;
	used = thread->live > 0;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds) && !used; i++)
		used = has_files(work, node_make(kinds[i], dir.serial, 0));
	if (used || !doomed_take(work->fs->doomed_threads, dir.serial))
		return err_set(err, ENOTEMPTY,
			       "a thread is removed by rm -r, as a whole");
	return 0;
}

/* Is anything in a folder's new, cur or tmp? 1/0/-1 */
static int box_is_used(struct work *work, struct node box, struct err *err)
{
	AUTO(array) GArray *copies = NULL;
	struct state_copy after = { .is_new = box.kind == NODE_FOLDER_NEW,
				    .folder = box.serial };

	if (has_files(work, box))
		return 1;
	if (!site_is_folder_box(box))
		return 0;
	if (state_copy_range(work->state, &after, 1, &copies, err) < 0)
		return -1;
	return copies->len > 0;
}

/* They are there as long as their folder is: rm -r takes them first. */
static int rmdir_box(struct node box, struct work *work, struct err *err)
{
	int used;

	if (box.serial == 0)
		return err_set(err, EBUSY, "INBOX is always there");
	used = box_is_used(work, box, err);
	if (used > 0)
		return err_set(err, ENOTEMPTY, "not empty");
	return used;
}

static int rmdir_folder(int64_t folder, struct batch *batch, struct work *work,
			struct err *err)
{
	static const enum node_kind kinds[] = {
		NODE_FOLDER,
		NODE_FOLDER_CUR,
		NODE_FOLDER_NEW,
		NODE_FOLDER_TMP,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		int used =
			box_is_used(work, node_make(kinds[i], folder, 0), err);

		if (used > 0)
			return err_set(err, ENOTEMPTY, "not empty");
		if (used < 0)
			return -1;
	}
	return naming_done(change_folder_remove(batch, folder, err), err);
}

static int rmdir_query(const struct naming *naming, struct work *work,
		       struct err *err)
{
	if (state_search_drop(work->state, naming->name, err) < 0)
		return -1;
	queries_drop(work->fs->queries, naming->name);
	return 0;
}

static int remove_dir(const struct naming *naming, struct node node,
		      struct batch *batch, struct work *work, struct err *err)
{
	if (node.kind == NODE_MESSAGE)
		return rmdir_message(node.serial, batch, work, err);
	if (node.kind == NODE_ATTACHMENTS) {
		if (doomed_has(work->fs->doomed, node.serial))
			return 0;
		return err_set(err, ENOTEMPTY, "not empty");
	}
	if (node.kind == NODE_FOLDER)
		return rmdir_folder(node.serial, batch, work, err);
	if (node.kind == NODE_FOLDER_CUR || node.kind == NODE_FOLDER_NEW ||
	    node.kind == NODE_FOLDER_TMP)
		return rmdir_box(node, work, err);
	if (node.kind == NODE_QUERY)
		return rmdir_query(naming, work, err);
	if (node.kind == NODE_THREAD)
		return rmdir_thread(node, work, err);
	if (naming->dir.kind == NODE_THREAD)
		return rmdir_in_thread(node, work, err);
	return err_set(err, EPERM, "%s: it cannot be removed", naming->name);
}

int remove_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err)
{
	struct named named;
	struct node node;

	if (naming_done(
		    naming_find(work, naming->dir, naming->name, &named, err),
		    err) < 0)
		return -1;
	node = naming->removed = named.entry.node;
	if (naming->kind == NAMING_RMDIR)
		return named.is_file
			       ? err_set(err, ENOTDIR, "not a directory")
			       : remove_dir(naming, node, batch, work, err);
	naming->unlink_file = named.is_file;
	if (named.is_file)
		return 0;
	if (node.kind == NODE_COPY)
		return unlink_copy(naming, node.serial, batch, work, err);
	return err_set(err, EPERM, "%s: it cannot be removed", naming->name);
}
