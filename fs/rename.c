/* SPDX-License-Identifier: ISC */
/* What a rename means for mail, by what is renamed. */
#include <errno.h>
#include <string.h>

#include "defms/change.h"
#include "defms/links.h"
#include "defms/name.h"
#include "flags.h"
#include "naming.h"
#include "render.h"
#include "site.h"

enum { FLAGS_MAX = 4096 };

static bool same_node(struct node a, struct node b)
{
	return node_id(a) == node_id(b);
}

/* What is called so already makes room, as rename(2) says. */
static int make_room(struct naming *naming, struct batch *batch,
		     struct work *work, int64_t copy, struct err *err)
{
	struct named target;
	int found = naming_find(work, naming->to_dir, naming->to_name, &target,
				err);

	if (found <= 0)
		return found;
	if (naming->no_replace)
		return err_set(err, EEXIST, "%s: it is there already",
			       naming->to_name);
	naming->unlink_target = target.is_file;
	if (target.is_file || target.entry.node.serial == copy)
		return 0;
	if (target.entry.node.kind != NODE_COPY)
		return err_set(err, EPERM, "%s: it cannot be replaced",
			       naming->to_name);
	return MIN(change_copy_remove(batch, target.entry.node.serial, err), 0);
}

/* So that the watcher need not take back what the kernel knows. */
static void note_renamed(struct naming *naming, const struct state_copy *copy)
{
	naming->renamed.as =
		(struct shown_as){ copy->serial, false, copy->folder };
	naming->renamed.face = shown_face(copy->flags, copy->is_new);
	g_free(naming->renamed.own);
	naming->renamed.own = render_own(copy);
}

static int rename_copy(struct naming *naming, int64_t copy, struct batch *batch,
		       struct work *work, struct err *err)
{
	struct change_place place = {
		.is_new = naming->to_dir.kind == NODE_FOLDER_NEW,
		.name = naming->to_name,
		.is_free = true, /* make_room() sees to it */
	};
	struct state_copy renamed;

	if (!site_is_folder_box(naming->to_dir))
		return err_set(err, EXDEV, "%s: not a folder", naming->to_name);
	if (site_check_mail(naming->to_name, err) < 0 ||
	    make_room(naming, batch, work, copy, err) < 0 ||
	    naming_folder(work, naming->to_dir, &place.folder, err) < 0 ||
	    naming_done(change_copy_place(batch, copy, &place, &renamed, err),
			err) < 0)
		return -1;
	note_renamed(naming, &renamed);
	return 0;
}

/* In a thread the name is made: flags can change, for all copies, whose names
 * in their folders give way where they must. */
static int rename_in_thread(const struct naming *naming, int64_t serial,
			    struct batch *batch, struct work *work,
			    struct err *err)
{
	AUTO(str) char *right = NULL;
	struct state_copy copy;

	if (naming->to_dir.serial != naming->dir.serial ||
	    !site_is_box(naming->to_dir) || site_is_folder_box(naming->to_dir))
		return err_set(err, EXDEV, "%s: not in its thread",
			       naming->to_name);
	if (naming_done(state_copy_get(work->state, serial, &copy, err), err) <
	    0)
		return -1;
	copy.is_new = naming->to_dir.kind == NODE_THREAD_NEW;
	copy.flags = name_flags_parse(naming->to_name);
	right = render_copy(&copy, true);
	if (!right || strcmp(right, naming->to_name) != 0)
		return err_set(err, EPERM,
			       "%s: in a thread only flags can change",
			       naming->to_name);
	return MIN(change_message_place(batch, copy.message, copy.flags,
					copy.is_new, err),
		   0);
}

/* A directory moved into another keeps its name. */
static int check_into_thread(const struct naming *naming, struct err *err)
{
	if (naming->to_dir.kind == NODE_THREAD && naming->to_dir.serial != 0 &&
	    !same_node(naming->dir, naming->to_dir) &&
	    strcmp(naming->name, naming->to_name) == 0)
		return 0;
	return err_set(err, EPERM,
		       "%s: it can only be moved into another thread",
		       naming->name);
}

static int rename_message(struct naming *naming, int64_t message,
			  struct batch *batch, struct err *err)
{
	if (check_into_thread(naming, err) < 0)
		return -1;
	naming->shown_otherwise = true;
	return naming_done(
		links_move(batch, message, naming->to_dir.serial, err), err);
}

static int rename_thread(struct naming *naming, int64_t thread,
			 struct batch *batch, struct err *err)
{
	if (check_into_thread(naming, err) < 0)
		return -1;
	if (thread == naming->to_dir.serial)
		return err_set(err, EINVAL, "%s: into itself", naming->name);
	naming->shown_otherwise = true;
	return naming_done(
		links_join(batch, naming->to_dir.serial, thread, err), err);
}

static int rename_folder(const struct naming *naming, int64_t folder,
			 struct batch *batch, struct work *work,
			 struct err *err)
{
	AUTO(str) char *name = NULL;
	struct state_folder old;
	int found;

	if (naming->to_dir.kind != NODE_MAILDIR)
		return err_set(err, EPERM, "%s: folders stand in maildir/",
			       naming->to_name);
	/* Dovecot moves what it deletes to "..DOVECOT-TRASHED". If told that
	 * this is another file system, it empties the folder instead. */
	if (g_str_has_prefix(naming->to_name, ".."))
		return err_set(err, EXDEV, "%s: not a folder", naming->to_name);
	if (naming_folder_name(naming->to_name, &name, err) < 0)
		return -1;
	found = state_folder_find(work->state, name, false, &old, err);
	if (found > 0 && naming->no_replace)
		return err_set(err, EEXIST, "%s: it is there already",
			       naming->to_name);
	if (found > 0 && old.serial != folder)
		found = naming_done(
			change_folder_remove(batch, old.serial, err), err);
	if (found < 0)
		return -1;
	return naming_done(change_folder_rename(batch, folder, name, err), err);
}

/* A file that an editor wrote aside: its bytes are a write to `flags`. */
static int write_flags(struct naming *naming, const struct file *file,
		       struct batch *batch, struct work *work, struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	const struct node node = {
		naming->to_dir.kind == NODE_THREAD ? NODE_THREAD_FLAGS
						   : NODE_FLAGS,
		naming->to_dir.serial,
		0,
	};

	if (file->st.st_size > FLAGS_MAX)
		return err_set(err, EINVAL, "flags: too long");
	if (files_read(work->fs->files, file->number, 0, FLAGS_MAX, text, err) <
	    0)
		return -1;
	naming->unlink_file = true;
	naming->shown_otherwise = true;
	return flags_apply(batch, work, node, text->data, text->len, err);
}

static int rename_file(struct naming *naming, const struct file *file,
		       struct batch *batch, struct work *work, struct err *err)
{
	enum site site = site_of(naming->to_dir, naming->to_name);

	if (site == SITE_FLAGS)
		return write_flags(naming, file, batch, work, err);
	if (site == SITE_NONE)
		return err_set(err, EPERM, "%s: no file can stand there",
			       naming->to_name);
	naming->rename_file = true;
	return make_room(naming, batch, work, 0, err);
}

/* A message never changes: another name for it is one more copy, as good as a
 * hard link but for its inode number. */
int link_apply(struct naming *naming, struct batch *batch, struct work *work,
	       struct err *err)
{
	struct change_place place = {
		.is_new = naming->dir.kind == NODE_FOLDER_NEW,
		.name = naming->name,
		.is_free = true,
	};
	struct state_copy copy;
	struct named named;
	int found;

	if (!site_is_folder_box(naming->dir) ||
	    site_of(naming->dir, naming->name) != SITE_MAIL)
		return err_set(err, EPERM, "%s: no message can stand there",
			       naming->name);
	if (site_check_mail(naming->name, err) < 0)
		return -1;
	found = naming_find(work, naming->dir, naming->name, &named, err);
	if (found > 0)
		return err_set(err, EEXIST, "%s: it is there already",
			       naming->name);
	if (found < 0 ||
	    naming_folder(work, naming->dir, &place.folder, err) < 0 ||
	    naming_done(change_copy_again(batch, naming->serial, &place, &copy,
					  err),
			err) < 0)
		return -1;
	naming->made = node_make(NODE_COPY, copy.serial, 0);
	return 0;
}

int rename_apply(struct naming *naming, struct batch *batch, struct work *work,
		 struct err *err)
{
	struct named named;
	struct node node;

	if (naming_done(
		    naming_find(work, naming->dir, naming->name, &named, err),
		    err) < 0)
		return -1;
	node = named.entry.node;
	if (named.is_file)
		return rename_file(naming, &named.file, batch, work, err);
	if (node.kind == NODE_COPY && site_is_folder_box(naming->dir))
		return rename_copy(naming, node.serial, batch, work, err);
	if (node.kind == NODE_COPY)
		return rename_in_thread(naming, node.serial, batch, work, err);
	if (node.kind == NODE_MESSAGE)
		return rename_message(naming, node.serial, batch, err);
	if (node.kind == NODE_THREAD)
		return rename_thread(naming, node.serial, batch, err);
	if (node.kind == NODE_FOLDER)
		return rename_folder(naming, node.serial, batch, work, err);
	return err_set(err, EPERM, "%s: it cannot be renamed", naming->name);
}
