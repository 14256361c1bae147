/* SPDX-License-Identifier: ISC */
/* The names of files. What the disk did is done to the table right after, under
 * `change`, so the two never differ for who changes something; if the disk
 * refuses, nothing has happened. */
#include "files-parts.h"
#include "files-turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is to have a name, and what has it now; all borrowed. */
struct change {
	struct place *place;
	struct item *victim; /* the file that loses it, or NULL */
	char *path;          /* owned */
};

static void change_auto_(const struct change *change)
{
	g_free(change->path);
}

/* A name that goes: what it is a name of, and where it is. */
struct going {
	struct item *item;
	bool last;  /* no other name, and the kernel has it still */
	bool mail;  /* it is */
	bool noted; /* in the ledger, as this one: */
	struct ledger_id id;
	char *path; /* owned */
};

static void going_auto_(const struct going *going)
{
	g_free(going->path);
}

static int check_name(const char *name, struct err *err)
{
	if (strlen(name) > 255)
		return err_set(err, ENAMETOOLONG, "name is too long");
	if (!name[0] || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return err_set(err, EINVAL, "not a file name");
	return 0;
}

/* `change` is held, from here on everywhere. */
static int make_dir(struct files *files, const struct place *place,
		    struct err *err)
{
	if (mkdirat(files->root, place->key, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "files/%s", place->key);
	(void)pthread_mutex_lock(&files->lock);
	files->made++;
	(void)pthread_mutex_unlock(&files->lock);
	return 0;
}

static int begin_change(struct files *files, const struct files_new *to,
			struct change *change, struct err *err)
{
	struct name *name;

	if (check_name(to->name, err) < 0)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	change->place = files_place(files, to->dir);
	name = files_name(files, to->dir, to->name);
	change->victim = name ? name->item : NULL;
	(void)pthread_mutex_unlock(&files->lock);
	if (!change->place)
		return err_set(err, EPERM, "holds no files");
	change->path = g_strdup_printf("%s/%s", change->place->key, to->name);
	return 0;
}

/* Do `make` with the path of the new name; its directory is made on the way. */
static int with_dir(struct files *files, const struct change *change,
		    int (*make)(struct files *files, const char *path,
				const void *data),
		    const void *data, struct err *err)
{
	int result = make(files, change->path, data);

	if (result < 0 && errno == ENOENT) {
		if (make_dir(files, change->place, err) < 0)
			return -1;
		result = make(files, change->path, data);
	}
	return result < 0 ? err_sys(err, "files/%s", change->path) : result;
}

/* -- making ---------------------------------------------------------------- */

static int make_file(struct files *files, const char *path, const void *data)
{
	const struct files_new *new = data;

	if (S_ISLNK(new->mode))
		return symlinkat(new->target, files->root, path);
	return openat(files->root, path,
		      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int stat_made(struct files *files, const struct files_new *new,
		     const char *path, int fd, struct stat *host)
{
	if (S_ISLNK(new->mode))
		return fstatat(files->root, path, host, AT_SYMLINK_NOFOLLOW);
	if ((new->mode & 0777 & ~0600u) != 0 &&
	    fchmod(fd, (new->mode & 0777) | 0600) < 0)
		return -1;
	return fstat(fd, host);
}

static void add_made(struct files *files, const struct files_new *new,
		     struct place *place, const struct stat *host,
		     struct handle *handle, struct file *file_r)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_add(files, host,
			 S_ISLNK(new->mode) ? S_IFLNK | 0777
					    : S_IFREG | (new->mode & 0777));
	item->copy = new->copy;
	item->fresh = true;
	if (S_ISLNK(new->mode))
		item->target = g_strdup(new->target);
	else
		files_keep(files, item, handle);
	files_add_name(files, item, place, new->name, 0);
	files_set_state(files, item, new->state);
	files_grow_time(place);
	files_tell(item, file_r);
	(void)pthread_mutex_unlock(&files->lock);
}

static int create(struct files *files, const struct files_new *new,
		  struct file *file_r, struct err *err)
{
	__attribute__((cleanup(change_auto_))) struct change change = { 0 };
	AUTO(fd) int fd = -1;
	struct handle *handle = NULL;
	struct stat host;
	int result;

	if (begin_change(files, new, &change, err) < 0)
		return -1;
	if (change.victim)
		return err_set(err, EEXIST, "%s: exists", new->name);
	if (files->last == UINT32_MAX)
		return err_set(err, ENOSPC, "no file number is left");
	result = with_dir(files, &change, make_file, new, err);
	if (result < 0)
		return -1;
	fd = S_ISLNK(new->mode) ? -1 : result;
	if (stat_made(files, new, change.path, fd, &host) < 0) {
		(void)err_sys(err, "files/%s", change.path);
		(void)unlinkat(files->root, change.path, 0);
		return -1;
	}
	if (fd >= 0) {
		handle = g_new0(struct handle, 1);
		handle->fd = fd;
		handle->refs = 1;
		fd = -1;
	}
	add_made(files, new, change.place, &host, handle, file_r);
	return 0;
}

int files_create(struct files *files, const struct files_new *new,
		 struct file *file_r, struct err *err)
{
	int result;

	(void)pthread_mutex_lock(&files->change);
	result = create(files, new, file_r, err);
	(void)pthread_mutex_unlock(&files->change);
	return result;
}

/* -- one that goes --------------------------------------------------------- */

/* A descriptor for what the kernel may ask of it afterwards. It may be told to
 * hold it at any time, so one that has no other name always gets one. */
static int begin_going(struct files *files, struct node dir, const char *text,
		       struct going *going, struct err *err)
{
	struct name *name;
	bool pin = false;

	(void)pthread_mutex_lock(&files->lock);
	name = files_name(files, dir, text);
	if (name) {
		going->item = name->item;
		going->path = files_path(name);
		going->last = name->item->names->len == 1;
		pin = going->last && !name->item->target &&
		      (name->item->held > 0 || name->item->writing > 0) &&
		      name->item->state != FILE_MESSAGE;
	}
	(void)pthread_mutex_unlock(&files->lock);
	if (!name)
		return err_set(err, ENOENT, "%s: no such file", text);
	return pin ? files_pin(files, going->item, err) : 0;
}

/* It was where it stood: it stands at another name, if there is one, and is
 * what that makes of it. `lock` is held. */
static void end_going(struct files *files, struct name *name,
		      struct going *going)
{
	struct item *item = name->item;
	const struct name *last =
		g_ptr_array_index(item->names, item->names->len - 1);
	bool stood = last == name;

	files_grow_time(name->place);
	if (stood && item->names->len > 1 && item->state != FILE_MESSAGE) {
		last = g_ptr_array_index(item->names, item->names->len - 2);
		item->copy = 0;
		files_set_state(files, item,
				files_state_of(last->place->dir, last->text));
	} else if (stood && item->state != FILE_MESSAGE) {
		files_set_state(files, item, FILE_PLAIN);
	}
	if (stood)
		item->changed = files_now();
	going->mail = item->state == FILE_MESSAGE;
	going->noted = files_unnote(item, &going->id);
	files_drop_name(files, name);
}

static void after_going(struct files *files, const struct going *going)
{
	if (going->noted && going->mail)
		(void)ledger_drop_mail(files->ledger, &going->id);
	else if (going->noted)
		(void)ledger_drop(files->ledger, &going->id);
}

/* What the disk says of it is not the same. */
static void refresh(struct files *files, uint32_t number, const char *path)
{
	struct stat host;
	struct item *item;

	if (fstatat(files->root, path, &host, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item)
		item->host = host;
	(void)pthread_mutex_unlock(&files->lock);
}

static int unlink_name(struct files *files, struct node dir, const char *text,
		       struct err *err)
{
	__attribute__((cleanup(going_auto_))) struct going going = { 0 };

	if (begin_going(files, dir, text, &going, err) < 0)
		return -1;
	if (unlinkat(files->root, going.path, 0) < 0 && errno != ENOENT)
		return err_sys(err, "files/%s", going.path);
	(void)pthread_mutex_lock(&files->lock);
	end_going(files, files_name(files, dir, text), &going);
	(void)pthread_mutex_unlock(&files->lock);
	after_going(files, &going);
	return 0;
}

int files_unlink(struct files *files, struct node dir, const char *name,
		 struct err *err)
{
	int result;

	(void)pthread_mutex_lock(&files->change);
	result = unlink_name(files, dir, name, err);
	(void)pthread_mutex_unlock(&files->change);
	return result;
}

int files_unlink_as(struct files *files, const struct file *from,
		    struct err *err)
{
	const struct item *item;
	struct name *name;
	bool same;
	int result = 0;

	(void)pthread_mutex_lock(&files->change);
	(void)pthread_mutex_lock(&files->lock);
	name = files_name(files, from->dir, from->name);
	item = name ? name->item : NULL;
	same = item && item->number == from->number && item->writing == 0 &&
	       item->changed <= from->changed;
	(void)pthread_mutex_unlock(&files->lock);
	if (same)
		result = unlink_name(files, from->dir, from->name, err);
	(void)pthread_mutex_unlock(&files->change);
	return result < 0 ? -1 : same;
}

/* -- one that comes -------------------------------------------------------- */

/* On its way to be a message, or to be sent, where it stands: another name at a
 * plain place does not end that. */
static bool is_busy(const struct item *item, const struct files_new *to)
{
	return item->state != FILE_PLAIN && item->state != FILE_REFUSED &&
	       to->state == FILE_PLAIN;
}

/* It has one more name, and stands there unless it is `busy`. `lock` is held.
 */
static void stand(struct files *files, struct item *item, struct place *place,
		  const struct files_new *to, uint32_t at, bool busy)
{
	files_add_name(files, item, place, to->name, at);
	if (busy) { /* the first one counts least */
		void *name = g_ptr_array_steal_index(item->names,
						     item->names->len - 1);

		g_ptr_array_insert(item->names, 0, name);
	} else if (item->state != FILE_MESSAGE || to->state == FILE_ARRIVED) {
		/* What is delivered once more is another message. */
		item->copy = to->copy;
		files_set_state(files, item, to->state);
	}
	if (!busy)
		item->changed = files_now();
	files_grow_time(place);
}

struct paths {
	const char *from;
	bool link;
};

static int move_file(struct files *files, const char *path, const void *data)
{
	const struct paths *paths = data;

	if (paths->link)
		return linkat(files->root, paths->from, files->root, path, 0);
	return renameat(files->root, paths->from, files->root, path);
}

static void end_rename(struct files *files, struct name *old,
		       struct place *place, const struct files_new *to,
		       struct going *going)
{
	struct item *item = old->item;
	struct name *victim = files_name(files, to->dir, to->name);
	bool stood =
		g_ptr_array_index(item->names, item->names->len - 1) == old;
	uint32_t at = old->at;

	if (victim)
		end_going(files, victim, going);
	files_grow_time(old->place);
	(void)g_ptr_array_remove(item->names, old);
	stand(files, item, place, to, at, !stood && is_busy(item, to));
}

/* rename(2): two names of one file both stay. But the same name may come with
 * another state. */
static void same_file(struct files *files, const struct name *old,
		      const struct files_new *to)
{
	struct item *item = old->item;

	if (node_id(old->place->dir) != node_id(to->dir) ||
	    strcmp(old->text, to->name) != 0 || item->state == FILE_MESSAGE)
		return;
	(void)pthread_mutex_lock(&files->lock);
	item->copy = to->copy;
	files_set_state(files, item, to->state);
	(void)pthread_mutex_unlock(&files->lock);
}

static int rename_to(struct files *files, uint32_t number, const char *text,
		     struct node dir, const struct files_new *to,
		     struct err *err)
{
	__attribute__((cleanup(change_auto_))) struct change change = { 0 };
	__attribute__((cleanup(going_auto_))) struct going victim = { 0 };
	AUTO(str) char *from = NULL;
	struct name *old;

	if (begin_change(files, to, &change, err) < 0)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	old = files_name(files, dir, text);
	if (old && old->item->number != number)
		old = NULL;
	if (old)
		from = files_path(old);
	(void)pthread_mutex_unlock(&files->lock);
	if (!old)
		return err_set(err, ENOENT, "%s: no such file", text);
	if (change.victim == old->item) {
		same_file(files, old, to);
		return 0;
	}
	if (change.victim &&
	    begin_going(files, to->dir, to->name, &victim, err) < 0)
		return -1;
	if (with_dir(files, &change, move_file, &(struct paths){ from, false },
		     err) < 0)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	end_rename(files, old, change.place, to, &victim);
	(void)pthread_mutex_unlock(&files->lock);
	after_going(files, &victim);
	refresh(files, number, change.path);
	return 0;
}

int files_rename(struct files *files, uint32_t number, const char *name,
		 struct node dir, const struct files_new *to, struct err *err)
{
	int result;

	(void)pthread_mutex_lock(&files->change);
	result = rename_to(files, number, name, dir, to, err);
	(void)pthread_mutex_unlock(&files->change);
	return result;
}

static int link_to(struct files *files, uint32_t number,
		   const struct files_new *to, struct file *file_r,
		   struct err *err)
{
	__attribute__((cleanup(change_auto_))) struct change change = { 0 };
	AUTO(str) char *from = NULL;
	struct item *item;

	if (begin_change(files, to, &change, err) < 0)
		return -1;
	if (change.victim)
		return err_set(err, EEXIST, "%s: exists", to->name);
	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item && item->names->len > 0)
		from = files_path(g_ptr_array_index(item->names, 0));
	(void)pthread_mutex_unlock(&files->lock);
	if (!from)
		return err_set(err, ENOENT, "file has no name any more");
	if (with_dir(files, &change, move_file, &(struct paths){ from, true },
		     err) < 0)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	stand(files, item, change.place, to, 0, is_busy(item, to));
	(void)pthread_mutex_unlock(&files->lock);
	refresh(files, number, change.path);
	return files_get(files, number, file_r)
		       ? 0
		       : err_set(err, ESTALE, "file is gone");
}

int files_link(struct files *files, uint32_t number, const struct files_new *to,
	       struct file *file_r, struct err *err)
{
	int result;

	(void)pthread_mutex_lock(&files->change);
	result = link_to(files, number, to, file_r, err);
	(void)pthread_mutex_unlock(&files->change);
	return result;
}
