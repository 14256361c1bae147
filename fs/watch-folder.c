/* SPDX-License-Identifier: ISC */
/* Folders: what is new in them. */
#include <string.h>

#include "defms/name.h"
#include "render.h"
#include "watch-parts.h"
#include "writer.h"

enum { CHUNK = 1000 };

static struct node folder_node(const struct state_folder *folder,
			       enum node_kind kind)
{
	bool inbox = strcmp(folder->name, "INBOX") == 0;

	return node_make(kind, inbox ? 0 : folder->serial, 0);
}

/* Of what came through it the kernel knows. */
static void tell_mail(struct watch *watch, const struct state_folder *folder,
		      int64_t copy, const char *name)
{
	struct writer *writer = mount_fs(watch->mount)->writer;
	AUTO(str) char *box = name_folder_maildir(folder->name);
	AUTO(str)
	char *below = g_build_filename("maildir", box, "new", name, NULL);

	if (watch->mails == 0 || (writer && writer_gave(writer, copy)))
		return;
	watch->mails--;
	mount_tell_mail(watch->mount, folder_node(folder, NODE_FOLDER_TMP),
			below);
}

/* Names that came since the last round: somebody may have asked for them. */
static int drop_new_names(struct watch *watch, struct work *work,
			  const struct state_folder *folder, bool is_new,
			  int64_t *last, struct err *err)
{
	struct state_copy after = { .serial = watch->last_copy,
				    .folder = folder->serial,
				    .is_new = is_new };
	struct node dir =
		folder_node(folder, is_new ? NODE_FOLDER_NEW : NODE_FOLDER_CUR);
	guint count = CHUNK;

	while (count == CHUNK) {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_range(work->state, &after, CHUNK, &copies, err) <
		    0)
			return -1;
		count = copies->len;
		for (guint i = 0; i < count; i++) {
			AUTO(str) char *name = NULL;

			after = g_array_index(copies, struct state_copy, i);
			name = render_copy(&after, false);
			if (!name)
				continue;
			mount_drop_name(watch->mount, dir, name);
			if (is_new)
				tell_mail(watch, folder, after.serial, name);
		}
	}
	*last = MAX(*last, after.serial);
	mount_drop_node(watch->mount, dir);
	return 0;
}

static void drop_new_folder(struct watch *watch,
			    const struct state_folder *folder)
{
	struct node dir = node_make(NODE_MAILDIR, 0, 0);
	AUTO(str) char *name = name_folder_maildir(folder->name);

	if (name[0])
		mount_drop_dir(watch->mount, dir, name);
	mount_drop_node(watch->mount, dir);
}

static void remember(struct watch *watch, const struct state_folder *folder)
{
	struct state_folder *known =
		g_hash_table_lookup(watch->folders, &folder->serial);

	if (!known) {
		known = g_new(struct state_folder, 1);
		known->serial = folder->serial;
		(void)g_hash_table_insert(watch->folders, &known->serial,
					  known);
	}
	*known = *folder;
}

/* 1 if it changed. */
static int look_at_folder(struct watch *watch, struct work *work,
			  const struct state_folder *folder, int64_t *last,
			  struct err *err)
{
	const struct state_folder *known =
		g_hash_table_lookup(watch->folders, &folder->serial);
	AUTO(str) char *name = name_folder_maildir(folder->name);

	if (known && known->new_time == folder->new_time &&
	    known->cur_time == folder->cur_time)
		return 0;
	if (!known)
		drop_new_folder(watch, folder);
	if (drop_new_names(watch, work, folder, true, last, err) < 0 ||
	    drop_new_names(watch, work, folder, false, last, err) < 0)
		return -1;
	mount_drop_node(watch->mount, name[0] ? folder_node(folder, NODE_FOLDER)
					      : node_make(NODE_MAILDIR, 0, 0));
	return 1;
}

/* All that changed go to `changed`. */
static int look_at_folders(struct watch *watch, struct work *work,
			   int64_t indexed, GArray *changed, struct err *err)
{
	struct state_folder folder = { 0 };
	int64_t committed, last = watch->last_copy;
	int more;

	if (state_get(work->state, "seq", &committed, err) < 0)
		return -1;
	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0) {
		int result = look_at_folder(watch, work, &folder, &last, err);

		if (result < 0)
			return -1;
		if (result > 0)
			(void)g_array_append_val(changed, folder);
		if (result > 0 && committed <= indexed)
			remember(watch, &folder);
	}
	if (more == 0 && committed <= indexed)
		watch->last_copy = last;
	return more;
}

/* A batch commits state.db first, the index last: in between the folders tell
 * of copies that cannot be listed yet. */
int watch_folders(struct watch *watch, struct work *work, int64_t indexed,
		  struct err *err)
{
	AUTO(array)
	GArray *changed =
		g_array_new(FALSE, FALSE, sizeof(struct state_folder));
	int result = look_at_folders(watch, work, indexed, changed, err);

	for (guint i = 0; i < changed->len; i++) {
		AUTO(str)
		char *name = name_folder_maildir(
			g_array_index(changed, struct state_folder, i).name);
		AUTO(str) char *below = g_build_filename("maildir", name, NULL);

		watch_poke(watch, below);
	}
	return result;
}
