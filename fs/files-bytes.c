/* SPDX-License-Identifier: ISC */
/* The bytes of files. At most FILES_OPEN stay open, the least recently used is
 * closed first; but one that has no name any more can only be had by the
 * descriptor it has. */
#include "files-parts.h"
#include "files-turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

void files_unref(struct handle *handle)
{
	if (--handle->refs > 0)
		return;
	(void)close(handle->fd);
	g_free(handle);
}

void files_let_go(struct files *files, struct item *item)
{
	if (item->is_used)
		g_queue_unlink(&files->used, &item->used);
	item->is_used = false;
	if (item->handle)
		files_unref(item->handle);
	item->handle = NULL;
}

/* Takes the caller's reference. */
void files_keep(struct files *files, struct item *item, struct handle *handle)
{
	item->handle = handle;
	item->is_used = true;
	g_queue_push_tail_link(&files->used, &item->used);
	if (files->used.length > FILES_OPEN)
		files_let_go(files, files->used.head->data);
}

char *files_path(const struct name *name)
{
	return g_strdup_printf("%s/%s", name->place->key, name->text);
}

int files_gone(struct err *err)
{
	return err_set(err, ESTALE, "file is gone");
}

/* The descriptor it has, if it has one: a reference. `lock` is held. */
static struct handle *had_handle(struct files *files, struct item *item)
{
	if (!item->handle)
		return NULL;
	if (item->is_used) {
		g_queue_unlink(&files->used, &item->used);
		g_queue_push_tail_link(&files->used, &item->used);
	}
	item->handle->refs++;
	return item->handle;
}

static struct handle *open_path(struct files *files, const char *path,
				struct err *err)
{
	int fd = openat(files->root, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct handle *handle;

	if (fd < 0) {
		(void)err_sys(err, "files/%s", path);
		return NULL;
	}
	handle = g_new0(struct handle, 1);
	handle->fd = fd;
	handle->refs = 1;
	return handle;
}

/* `change` is held, so that no name goes while it is opened. */
static int open_item(struct files *files, uint32_t number,
		     struct handle **handle_r, struct err *err)
{
	AUTO(str) char *path = NULL;
	struct handle *handle;
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	*handle_r = item ? had_handle(files, item) : NULL;
	if (item && !*handle_r && item->names->len > 0)
		path = files_path(g_ptr_array_index(item->names, 0));
	(void)pthread_mutex_unlock(&files->lock);
	if (*handle_r)
		return 0;
	if (!path)
		return files_gone(err);
	handle = open_path(files, path, err);
	if (!handle)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item && !item->handle) {
		handle->refs++;
		files_keep(files, item, handle);
	}
	(void)pthread_mutex_unlock(&files->lock);
	*handle_r = handle;
	return 0;
}

int files_take_handle(struct files *files, uint32_t number,
		      struct handle **handle_r, struct err *err)
{
	struct item *item;
	int result;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	*handle_r = item ? had_handle(files, item) : NULL;
	(void)pthread_mutex_unlock(&files->lock);
	if (*handle_r)
		return 0;
	(void)pthread_mutex_lock(&files->change);
	result = open_item(files, number, handle_r, err);
	(void)pthread_mutex_unlock(&files->change);
	return result;
}

void files_put_handle(struct files *files, struct handle *handle)
{
	(void)pthread_mutex_lock(&files->lock);
	files_unref(handle);
	(void)pthread_mutex_unlock(&files->lock);
}

int files_pin(struct files *files, struct item *item, struct err *err)
{
	struct handle *handle;

	/* `change` is held, but the kernel may forget it any time. */
	if (open_item(files, item->number, &handle, err) < 0)
		return -1;
	(void)pthread_mutex_lock(&files->lock);
	if (item->is_used)
		g_queue_unlink(&files->used, &item->used);
	item->is_used = false;
	if (!item->handle) {
		handle->refs++;
		item->handle = handle;
	}
	files_unref(handle);
	(void)pthread_mutex_unlock(&files->lock);
	return 0;
}

/* -- writing --------------------------------------------------------------- */

/* Nobody may write to what is to be, or is, a message. While somebody does, its
 * state does not change. */
static int begin_write(struct files *files, uint32_t number, struct err *err)
{
	struct item *item;
	int result = 0;

	(void)pthread_mutex_lock(&files->lock);
	while ((item = files_item(files, number)) && item->noted) {
		(void)pthread_mutex_unlock(&files->lock);
		if (files_settle(files, number, err) < 0)
			return -1;
		(void)pthread_mutex_lock(&files->lock);
	}
	if (!item) {
		result = files_gone(err);
	} else if (item->state == FILE_ARRIVED || item->state == FILE_MESSAGE) {
		result = err_set(err, EPERM, "a message cannot be changed");
	} else if (item->target) {
		result = err_set(err, EINVAL, "a symbolic link");
	} else {
		item->writing++;
		item->changed = files_now();
	}
	(void)pthread_mutex_unlock(&files->lock);
	return result;
}

static void end_write(struct files *files, uint32_t number,
		      const struct stat *host)
{
	struct item *item;
	struct name *name;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	item->writing--;
	item->changed = files_now();
	if (host)
		item->host = *host;
	if (item->state == FILE_REFUSED && item->names->len > 0) {
		name = g_ptr_array_index(item->names, item->names->len - 1);
		files_set_state(files, item,
				files_state_of(name->place->dir, name->text));
	}
	files_drop_if_idle(files, item);
	(void)pthread_mutex_unlock(&files->lock);
}

/* What made it longer and did not fit is taken back. */
static int write_all(int fd, const char *data, size_t size, uint64_t offset,
		     struct err *err)
{
	size_t done = 0;
	struct stat before;

	if (offset > INT64_MAX - size)
		return err_set(err, EFBIG, "file is too long");
	if (fstat(fd, &before) < 0)
		return err_sys(err, "file");
	while (done < size) {
		ssize_t n = pwrite(fd, data + done, size - done,
				   (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n < 0 ? errno : EIO;

			if (offset + done > (uint64_t)before.st_size)
				(void)!ftruncate(fd, before.st_size);
			return err_set(err, code, "file: %s", g_strerror(code));
		}
		done += (size_t)n;
	}
	return 0;
}

int files_write(struct files *files, uint32_t number, uint64_t offset,
		const void *data, size_t size, struct err *err)
{
	struct handle *handle;
	struct stat host;
	int result = -1;
	bool known = false;

	if (begin_write(files, number, err) < 0)
		return -1;
	if (files_take_handle(files, number, &handle, err) == 0) {
		result = write_all(handle->fd, data, size, offset, err);
		known = fstat(handle->fd, &host) == 0;
		files_put_handle(files, handle);
	}
	end_write(files, number, known ? &host : NULL);
	return result;
}

int files_read(struct files *files, uint32_t number, uint64_t offset,
	       size_t size, GByteArray *out, struct err *err)
{
	guint before = out->len;
	struct handle *handle;
	size_t done = 0;
	ssize_t n = 1;
	int result = 0;

	if (files_take_handle(files, number, &handle, err) < 0)
		return -1;
	g_byte_array_set_size(out, before + (guint)size);
	while (done < size && n != 0 && offset + done < INT64_MAX) {
		n = pread(handle->fd, out->data + before + done, size - done,
			  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			result = err_sys(err, "file");
			break;
		}
		done += (size_t)n;
	}
	g_byte_array_set_size(out, before + (guint)done);
	files_put_handle(files, handle);
	return result;
}

int files_readlink(struct files *files, uint32_t number, GString *target,
		   struct err *err)
{
	struct item *item;
	int result = 0;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item && item->target)
		g_string_append(target, item->target);
	else
		result = item ? err_set(err, EINVAL, "not a symbolic link")
			      : files_gone(err);
	(void)pthread_mutex_unlock(&files->lock);
	return result;
}

/* -- attributes ------------------------------------------------------------ */

static int set_size(struct files *files, uint32_t number, const struct stat *st,
		    struct err *err)
{
	struct handle *handle;
	struct stat host;
	bool known = false;
	int result = -1;

	if (begin_write(files, number, err) < 0)
		return -1;
	if (files_take_handle(files, number, &handle, err) == 0) {
		result = ftruncate(handle->fd, st->st_size) == 0
				 ? 0
				 : err_sys(err, "file");
		known = fstat(handle->fd, &host) == 0;
		files_put_handle(files, handle);
	}
	end_write(files, number, known ? &host : NULL);
	return result;
}

static int set_on_disk(int fd, const struct stat *st, unsigned what,
		       struct err *err)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (!(what & FILES_ATIME))
		times[0].tv_nsec = UTIME_OMIT;
	if (!(what & FILES_MTIME))
		times[1].tv_nsec = UTIME_OMIT;
	if ((what & FILES_MODE) && fchmod(fd, (st->st_mode & 0777) | 0600) < 0)
		return err_sys(err, "file");
	if ((what & (FILES_ATIME | FILES_MTIME)) && futimens(fd, times) < 0)
		return err_sys(err, "file");
	return 0;
}

/* A link has no mode, and its times are nobody's concern. */
static int set_rest(struct files *files, uint32_t number, const struct stat *st,
		    unsigned what, struct err *err)
{
	struct handle *handle;
	struct item *item;
	struct stat host;
	bool known;
	int result;

	if (files_take_handle(files, number, &handle, err) < 0)
		return -1;
	result = set_on_disk(handle->fd, st, what, err);
	known = fstat(handle->fd, &host) == 0;
	files_put_handle(files, handle);
	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item && known)
		item->host = host;
	if (item && result == 0 && (what & FILES_MODE))
		item->mode = S_IFREG | (st->st_mode & 0777);
	(void)pthread_mutex_unlock(&files->lock);
	return result;
}

int files_set(struct files *files, uint32_t number, const struct stat *st,
	      unsigned what, struct file *file_r, struct err *err)
{
	struct file file;

	if (!files_get(files, number, &file))
		return files_gone(err);
	if ((what & FILES_SIZE) && set_size(files, number, st, err) < 0)
		return -1;
	what &= ~(unsigned)FILES_SIZE;
	if (what != 0 && S_ISREG(file.st.st_mode) &&
	    file.state != FILE_MESSAGE &&
	    set_rest(files, number, st, what, err) < 0)
		return -1;
	return files_get(files, number, file_r) ? 0 : files_gone(err);
}

/* -- descriptors ----------------------------------------------------------- */

int files_dir_fd(struct files *files, struct node dir)
{
	char key[FILES_KEY];

	if (!files_key(dir, key))
		return -1;
	return openat(files->root, key,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int files_fd(struct files *files, uint32_t number, int *fd_r, struct err *err)
{
	struct handle *handle;
	AUTO(str) char *again = NULL;

	if (files_take_handle(files, number, &handle, err) < 0)
		return -1;
	/* One with an offset of its own. */
	again = g_strdup_printf("/proc/self/fd/%d", handle->fd);
	*fd_r = open(again, O_RDONLY | O_CLOEXEC);
	files_put_handle(files, handle);
	return *fd_r < 0 ? err_sys(err, "file") : 0;
}
