/* SPDX-License-Identifier: ISC */
/* A change of names is one of three things. Between plain files it is done at
 * once. About a file that is on its way somewhere (delivered, in an outbox) it
 * is the writer's, so that it comes before or after what the writer does with
 * the file, never in between. All that changes mail is part of a batch. */
#include "naming.h"

#include <errno.h>
#include <string.h>

#include "doomed.h"
#include "files-turn.h"
#include "generations.h"
#include "node-ops.h"
#include "refuse.h"
#include "site.h"
#include "writer.h"

void naming_release(struct naming *naming)
{
	g_free(naming->name);
	g_free(naming->to_name);
	g_free(naming->renamed.own);
}

int naming_find(struct work *work, struct node dir, const char *name,
		struct named *named_r, struct err *err)
{
	memset(named_r, 0, sizeof(*named_r));
	named_r->is_file =
		files_find(work->fs->files, dir, name, &named_r->file) > 0;
	if (named_r->is_file)
		return 1;
	return node_lookup(work, dir, name, &named_r->entry, err);
}

int naming_folder(struct work *work, struct node dir, int64_t *serial_r,
		  struct err *err)
{
	struct state_folder folder;
	int found = work_folder(work, dir.serial, serial_r, err);

	if (found != 0)
		return MIN(found, 0);
	if (state_folder_find(work->state, "INBOX", true, &folder, err) < 0)
		return -1;
	*serial_r = folder.serial;
	return 0;
}

int naming_done(int result, struct err *err)
{
	return result == 0 ? err_set(err, ENOENT, "it is gone")
			   : MIN(result, 0);
}

/* Is it on its way to be a message, or sent? By another name that it has
 * nothing of that changes. */
static bool is_under_way(struct fs *fs, const struct file *file,
			 const struct naming *naming)
{
	struct file main;

	return file->state != FILE_PLAIN &&
	       files_get(fs->files, file->number, &main) > 0 &&
	       node_id(main.dir) == node_id(naming->dir) &&
	       strcmp(main.name, naming->name) == 0;
}

/* What stood there was perhaps refused, in this mount or one before. */
static void forget_error(struct fs *fs, struct node dir, const char *name)
{
	enum site site = site_of(dir, name);

	if (site == SITE_MAIL || site == SITE_OUTBOX)
		refuse_forget(fs, dir, name);
}

static int rename_file(struct fs *fs, const struct file *file,
		       const struct naming *naming, struct err *err)
{
	enum site site = site_of(naming->to_dir, naming->to_name);
	const struct files_new to = {
		.dir = naming->to_dir,
		.name = naming->to_name,
		.state = site_state(site),
		.copy = site == SITE_MAIL ? naming->serial : 0,
	};
	struct file old;

	if (site == SITE_NONE || site == SITE_FLAGS)
		return err_set(err, EPERM, "%s: no file can stand there",
			       naming->to_name);
	if (site == SITE_MAIL && site_check_mail(naming->to_name, err) < 0)
		return -1;
	if (naming->no_replace &&
	    files_find(fs->files, to.dir, to.name, &old) > 0)
		return err_set(err, EEXIST, "%s: it is there already", to.name);
	if (files_rename(fs->files, file->number, naming->name, naming->dir,
			 &to, err) < 0)
		return -1;
	forget_error(fs, naming->dir, naming->name);
	forget_error(fs, to.dir, to.name);
	if (site == SITE_MAIL)
		writer_arrived(fs->writer);
	return 0;
}

static int unlink_file(struct fs *fs, const struct naming *naming,
		       struct err *err)
{
	if (files_unlink(fs->files, naming->dir, naming->name, err) < 0)
		return -1;
	forget_error(fs, naming->dir, naming->name);
	return 0;
}

/* Does `to_name` mean mail already? 1/0/-1 */
static int meets_mail(struct fs *fs, const struct naming *naming,
		      struct err *err)
{
	struct named target;
	struct work work;
	int found;

	if (site_of(naming->to_dir, naming->to_name) == SITE_FLAGS)
		return 1;
	if (!site_is_box(naming->to_dir))
		return 0;
	if (work_begin(fs, true, &work, err) < 0)
		return -1;
	found = naming_find(&work, naming->to_dir, naming->to_name, &target,
			    err);
	work_end(&work);
	return found > 0 ? !target.is_file : found;
}

/* A file that is to become a message gets a serial. */
static int prepare_rename(struct fs *fs, const struct file *file,
			  struct naming *naming, struct err *err)
{
	if (site_of(naming->to_dir, naming->to_name) != SITE_MAIL ||
	    naming->serial != 0)
		return 0;
	naming->serial = file->copy;
	return naming->serial ? 0
			      : writer_serial(fs->writer, &naming->serial, err);
}

static void note_doom(struct fs *fs, struct node dir, const struct named *named)
{
	if (dir.kind == NODE_THREAD)
		doomed_note(fs->doomed_threads, dir.serial, true);
	else
		doomed_note(fs->doomed, dir.serial,
			    named->entry.node.kind == NODE_RAW);
}

/* Of a message or a thread: see remove.c. 1 noted, 0 it is something else, -1.
 */
static int try_part(struct fs *fs, const struct naming *naming, struct err *err)
{
	struct named named;
	struct work work;
	int found;

	if (naming->kind != NAMING_UNLINK ||
	    (naming->dir.kind != NODE_MESSAGE &&
	     naming->dir.kind != NODE_ATTACHMENTS &&
	     naming->dir.kind != NODE_THREAD))
		return 0;
	if (work_begin(fs, false, &work, err) < 0)
		return -1;
	found = naming_find(&work, naming->dir, naming->name, &named, err);
	work_end(&work);
	if (found <= 0)
		return naming_done(found, err);
	if (named.is_file)
		return 0;
	note_doom(fs, naming->dir, &named);
	return 1;
}

int naming_try(struct fs *fs, struct naming *naming, struct err *err)
{
	struct file file;
	int mail;

	if (naming->kind != NAMING_RENAME && naming->kind != NAMING_UNLINK)
		return 0;
	if (files_find(fs->files, naming->dir, naming->name, &file) <= 0)
		return try_part(fs, naming, err);
	if (naming->kind == NAMING_RENAME &&
	    prepare_rename(fs, &file, naming, err) < 0)
		return -1;
	if (is_under_way(fs, &file, naming))
		return 0;
	if (naming->kind == NAMING_UNLINK)
		return unlink_file(fs, naming, err) < 0 ? -1 : 1;
	mail = meets_mail(fs, naming, err);
	if (mail != 0)
		return mail < 0 ? -1 : 0;
	return rename_file(fs, &file, naming, err) < 0 ? -1 : 1;
}

bool naming_is_file(struct fs *fs, const struct naming *naming)
{
	struct file file;
	struct err err;

	if (naming->kind == NAMING_UNLINK)
		return files_find(fs->files, naming->dir, naming->name, &file) >
		       0;
	return naming->kind == NAMING_RENAME &&
	       files_find(fs->files, naming->dir, naming->name, &file) > 0 &&
	       meets_mail(fs, naming, &err) == 0;
}

int naming_files(struct fs *fs, struct naming *naming, struct err *err)
{
	struct file file;

	if (files_find(fs->files, naming->dir, naming->name, &file) <= 0)
		return 0;
	if (naming->kind == NAMING_UNLINK)
		return unlink_file(fs, naming, err) < 0 ? -1 : 1;
	return rename_file(fs, &file, naming, err) < 0 ? -1 : 1;
}

int naming_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err)
{
	switch (naming->kind) {
	case NAMING_RENAME:
		return rename_apply(naming, batch, work, err);
	case NAMING_LINK:
		return link_apply(naming, batch, work, err);
	case NAMING_UNLINK:
	case NAMING_RMDIR:
		return remove_apply(naming, batch, work, err);
	case NAMING_MKDIR:
		return make_apply(naming, batch, work, err);
	}
	return err_set(err, EINVAL, "no such change");
}

int naming_finish(struct fs *fs, struct naming *naming, struct err *err)
{
	struct file file;

	if (naming->kind == NAMING_RMDIR)
		generations_next(fs->generations, naming->removed);
	if (naming->renamed.as.copy != 0)
		shown_renamed(fs->shown, naming->renamed.as,
			      naming->renamed.face, naming->renamed.own);
	if (naming->shown_otherwise) {
		files_note(fs->files, naming->dir, naming->name);
		files_note(fs->files, naming->to_dir, naming->to_name);
	}
	if (naming->unlink_target &&
	    files_unlink(fs->files, naming->to_dir, naming->to_name, err) < 0)
		return -1;
	if (!naming->rename_file && !naming->unlink_file)
		return 0;
	if (files_find(fs->files, naming->dir, naming->name, &file) <= 0)
		return err_set(err, ENOENT, "%s: it is gone", naming->name);
	return naming->rename_file ? rename_file(fs, &file, naming, err)
				   : unlink_file(fs, naming, err);
}
