/* SPDX-License-Identifier: ISC */
#include "source-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "defms/name.h"
#include "source-labels.h"

void task_free(struct task *task)
{
	if (!task)
		return;
	g_free(task->path);
	g_free(task->folder);
	seen_free(task->end);
	g_free(task);
}

struct task *task_new(const char *path, const char *folder)
{
	struct task *task = g_new0(struct task, 1);

	task->path = g_strdup(path);
	task->folder = g_strdup(folder);
	return task;
}

struct source *source_new(char **paths, const struct source_options *options,
			  struct state *state)
{
	struct source *source = g_new0(struct source, 1);

	source->options = *options;
	source->state = state;
	source->fd = -1;
	g_queue_init(&source->tasks);
	source->visited = visited_new();
	g_queue_init(&source->ready);
	source->finished = g_ptr_array_new_with_free_func(seen_free);
	source->failed = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	for (; *paths; paths++) {
		struct task *task = task_new(*paths, options->folder);
		struct stat st;

		if (stat(*paths, &st) == 0 && S_ISREG(st.st_mode))
			task->size = (uint64_t)st.st_size;
		source->total += task->size;
		g_queue_push_tail(&source->tasks, task);
	}
	return source;
}

static void close_mbox(struct source *source)
{
	mbox_reader_free(source->mbox);
	source->mbox = NULL;
	if (source->fd > STDIN_FILENO)
		(void)close(source->fd);
	source->fd = -1;
	seen_free(take(source->reading));
	task_free(take(source->current));
}

void source_free(struct source *source)
{
	gpointer item;

	if (!source)
		return;
	close_mbox(source);
	while ((item = g_queue_pop_head(&source->tasks)))
		task_free(item);
	while ((item = g_queue_pop_head(&source->ready)))
		arrival_free(item);
	g_hash_table_unref(source->visited);
	g_ptr_array_unref(source->finished);
	g_array_unref(source->failed);
	g_free(source);
}

uint64_t source_done(const struct source *source)
{
	return source->done;
}

uint64_t source_total(const struct source *source)
{
	return source->total;
}

size_t source_skipped(const struct source *source)
{
	return source->skipped;
}

void source_taken(struct source *source, bool failed)
{
	if (failed)
		(void)g_array_append_val(source->failed, source->taken);
	source->taken++;
}

/* Sources end in the order they were begun. */
size_t source_finished(const struct source *source)
{
	size_t count = 0;

	while (count < source->finished->len &&
	       ((struct seen *)g_ptr_array_index(source->finished, count))
			       ->to <= source->taken)
		count++;
	return count;
}

static struct arrival *arrival_of(const struct source *source,
				  const struct task *task)
{
	struct arrival *arrival = arrival_new();

	arrival->folder = g_strdup(task->folder ? task->folder : "INBOX");
	arrival->is_public = source->options.is_public;
	arrival->is_new = true;
	return arrival;
}

/* Is the first line text? A name and a colon stand at the start of some
 * binaries; ESC belongs to ISO-2022-JP. */
static bool begins_with_text(const GByteArray *raw)
{
	for (guint at = 0; at < raw->len && raw->data[at] != '\n'; at++)
		if (raw->data[at] == 0x7f ||
		    (raw->data[at] < ' ' &&
		     !memchr("\t\r\033", raw->data[at], 3)))
			return false;
	return true;
}

static int read_all(int fd, const char *path, GByteArray *raw, struct err *err)
{
	uint8_t buffer[65536];
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= MESSAGE_MAX) {
		/* One allocation: a large message is held once. */
		(void)g_byte_array_set_size(raw, (guint)st.st_size);
		(void)g_byte_array_set_size(raw, 0);
	}
	while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s", path);
		if (raw->len + (size_t)got > MESSAGE_MAX)
			return err_set(err, EFBIG,
				       "%s: message larger than 512 MiB", path);
		(void)g_byte_array_append(raw, buffer, (guint)got);
	}
	return 0;
}

/* "<base>:2,<flags>" (Maildir). */
static void read_name(const struct task *task, struct arrival *arrival)
{
	AUTO(str) char *name = g_path_get_basename(task->path);
	char *info = strstr(name, ":2,");

	arrival->flags = name_flags_parse(name);
	arrival->is_new = task->is_new;
	if (info)
		*info = '\0';
	arrival->base = g_strdup(name);
}

/* Is the file of a Maildir here under its name already? 1/0/-1. A name says
 * little, for another Maildir may have it too: the file must have been in this
 * one, as it is now, when that was imported. All others are read. */
static int is_filed(struct source *source, const struct task *task,
		    const struct arrival *arrival, const struct stat *st,
		    struct err *err)
{
	struct state_folder folder;
	struct state_copy copy;
	int found;

	if (seen_changed(st) > task->settled)
		return 0;
	found = state_folder_find(source->state, arrival->folder, false,
				  &folder, err);
	if (found > 0)
		found = state_copy_named(source->state, folder.serial,
					 arrival->base, &copy, err);
	if (found <= 0)
		return found;
	if (copy.raw_size != (uint64_t)st->st_size ||
	    copy.received != st->st_mtime)
		return 0;
	/* Another file with the same bytes is another copy. */
	if (source->options.seen)
		(void)g_hash_table_add(
			source->options.seen,
			g_memdup2(&copy.serial, sizeof(copy.serial)));
	return 1;
}

static int read_message(struct source *source, const struct task *task, int fd,
			struct err *err)
{
	AUTO(arrival) struct arrival *arrival = arrival_of(source, task);
	struct stat st;
	int filed;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "%s", task->path);
	arrival->origin = g_strdup(task->path);
	arrival->raw = g_byte_array_new();
	if (task->maildir) {
		read_name(task, arrival);
		arrival->received = st.st_mtime;
		filed = is_filed(source, task, arrival, &st, err);
		if (filed != 0) {
			source->skipped += filed > 0;
			return filed < 0 ? -1 : 0;
		}
	}
	if (read_all(fd, task->path, arrival->raw, err) < 0)
		return -1;
	source->done += arrival->raw->len;
	if (!message_looks_like_mail(arrival->raw->data, arrival->raw->len) ||
	    (!task->maildir && !begins_with_text(arrival->raw))) {
		if (task->found)
			return 0;
		return err_set(err, EINVAL, "%s: not a mail message",
			       task->path);
	}
	if (!task->maildir)
		source_labels(arrival, source->options.folder != NULL,
			      &source->ready);
	g_queue_push_tail(&source->ready, take(arrival));
	return 0;
}

/* stdin may be a pipe, and what it holds shows at its start only: an unlinked
 * file takes it. */
static int spool_stdin(struct err *err)
{
	AUTO(str)
	char *path = g_build_filename(g_get_tmp_dir(), "defms-XXXXXX", NULL);
	AUTO(fd) int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	uint8_t buffer[65536];
	ssize_t got;
	int result;

	if (fd < 0)
		return err_sys(err, "%s", path);
	(void)unlink(path);
	while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "stdin");
		if (io_write(fd, buffer, (size_t)got, err) < 0)
			return -1;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "%s", path);
	result = fd;
	fd = -1;
	return result;
}

static int open_file(const struct task *task, struct err *err)
{
	int fd;

	if (strcmp(task->path, "-") == 0)
		return spool_stdin(err);
	/* Without waiting for somebody to write into a FIFO. */
	fd = open(task->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? err_sys(err, "%s", task->path) : fd;
}

/* Begins with "From ", perhaps after empty lines. */
static bool is_mbox(int fd)
{
	char start[64];
	ssize_t got = pread(fd, start, sizeof(start), 0);
	ssize_t at = 0;

	while (at < got && (start[at] == '\n' || start[at] == '\r'))
		at++;
	return got - at >= 5 && memcmp(start + at, "From ", 5) == 0;
}

static int read_file(struct source *source, struct task *task, struct err *err)
{
	AUTO(fd) int fd = open_file(task, err);
	struct stat st;
	int known;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "%s", task->path);
	if (!S_ISREG(st.st_mode)) {
		if (task->maildir || task->found)
			return 0;
		return err_set(err, EINVAL,
			       "%s: not a file or directory (\"-\" reads "
			       "standard input)",
			       task->path);
	}
	if (task->maildir || !is_mbox(fd))
		return read_message(source, task, fd, err);
	known = seen_is_known(source, task, &st, err);
	if (known < 0)
		return -1;
	if (known) {
		source->skipped++;
		source->done += (uint64_t)st.st_size;
		return 0;
	}
	source->mbox = mbox_reader_new(fd, source->options.format);
	source->fd = fd;
	fd = -1;
	source->reading = seen_new(source, task->path, task->folder, &st);
	seen_begin(source, source->reading);
	source->mbox_start = source->done;
	source->current = g_new0(struct task, 1);
	source->current->path = g_strdup(task->path);
	source->current->folder = g_strdup(task->folder);
	return 0;
}

/* The next message of the mbox that is open. */
static int read_entry(struct source *source, struct err *err)
{
	AUTO(arrival) struct arrival *arrival = NULL;
	struct mbox_entry entry = { 0 };
	int more = mbox_next(source->mbox, &entry, err);

	if (more < 0 && err->code == EFBIG)
		return err_prefix(err, "%s:%" G_GUINT64_FORMAT,
				  source->current->path,
				  (guint64)mbox_position(source->mbox));
	if (more < 0)
		(void)err_prefix(err, "%s", source->current->path);
	if (more <= 0) {
		if (more == 0)
			seen_end(source, take(source->reading));
		close_mbox(source);
		return more < 0 ? -1 : 0;
	}
	source->done = source->mbox_start + mbox_position(source->mbox);
	arrival = arrival_of(source, source->current);
	arrival->raw = g_byte_array_ref(entry.raw);
	arrival->received = MAX(mbox_separator_date(entry.separator), 0);
	arrival->origin =
		g_strdup_printf("%s:%" G_GUINT64_FORMAT, source->current->path,
				(guint64)entry.offset);
	mbox_entry_release(&entry);
	source_labels(arrival, source->options.folder != NULL, &source->ready);
	g_queue_push_tail(&source->ready, take(arrival));
	return 0;
}

static int read_task(struct source *source, struct task *task, struct err *err)
{
	struct stat st;

	if (task->end) {
		seen_end(source, take(task->end));
		return 0;
	}
	if (strcmp(task->path, "-") == 0)
		return read_file(source, task, err);
	if (stat(task->path, &st) < 0)
		return err_sys(err, "%s", task->path);
	if (!S_ISDIR(st.st_mode))
		return read_file(source, task, err);
	/* What lies in cur or new is a message, or none of our business. */
	return task->maildir ? 0 : source_list(source, task, err);
}

int source_next(struct source *source, struct arrival **arrival_r,
		struct err *err)
{
	while (g_queue_is_empty(&source->ready)) {
		struct task *task;
		int result;

		if (source->mbox) {
			if (read_entry(source, err) < 0) {
				source->unread++;
				return -1;
			}
			continue;
		}
		task = g_queue_pop_head(&source->tasks);
		if (!task)
			return 0;
		result = read_task(source, task, err);
		task_free(task);
		if (result < 0) {
			source->unread++;
			return -1;
		}
	}
	*arrival_r = g_queue_pop_head(&source->ready);
	source->given++;
	return 1;
}
