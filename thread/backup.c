/* SPDX-License-Identifier: ISC */
/* A backup is one instant: under the lock an unfinished commit is finished, a
 * read transaction on state.db begun, and all small files copied, refs among
 * them. Packs and state.db follow without the lock: the packs that this
 * transaction names do not change, and gc keeps what it joined for an hour.
 *
 * The identity comes last, as in `init`: a folder without one is no mailbox. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup-parts.h"
#include "defms/io.h"
#include "defms/queue.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "mailbox-parts.h"

enum { BUFFER = 1 << 20, DEPTH_MAX = 16 };

/* -- files ----------------------------------------------------------------- */

static int copy_bytes(int from, int to, const char *path, struct err *err)
{
	AUTO(str) char *buffer = g_malloc(BUFFER);
	ssize_t got;

	while ((got = read(from, buffer, BUFFER)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s", path);
		if (io_write(to, buffer, (size_t)got, err) < 0)
			return err_prefix(err, "%s", path);
	}
	return 0;
}

int backup_copy_file(const char *from, const char *to, mode_t mode,
		     struct err *err)
{
	AUTO(fd) int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(fd) int out = -1;

	if (in < 0)
		return err_sys(err, "%s", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return err_sys(err, "%s", to);
	if (copy_bytes(in, out, to, err) < 0)
		return -1;
	if (fsync(out) < 0)
		return err_sys(err, "%s", to);
	return 0;
}

/* For its owner alone. A pack stays one that nobody writes; the rest may come
 * from a medium that cannot be written. */
static int copy_file(const char *from, const char *to, struct err *err)
{
	return backup_copy_file(
		from, to, g_str_has_suffix(to, ".pack") ? 0400 : 0600, err);
}

/* What is not copied with the tree it stands in. */
static bool is_apart(const char *name, int depth)
{
	static const char *const names[] = { "lock",         "identity",
					     "state.db",     "state.db-wal",
					     "state.db-shm", "files" };

	for (size_t i = 0; depth == 0 && i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	if (depth == 2 && strcmp(name, "pack") == 0)
		return true;
	return g_str_has_suffix(name, ".lock") ||
	       g_str_has_prefix(name, "tmp_");
}

/* Copy the folder `from`, all but what stands apart. */
static int copy_tree(const char *from, const char *to, int depth,
		     struct err *err)
{
	AUTO(dir) DIR *dir = opendir(from);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", from);
	if (depth > DEPTH_MAX)
		return err_set(err, ELOOP, "%s: too deep", from);
	if (mkdir(to, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", to);
	while ((more = io_next_entry(dir, from, &entry, err)) > 0) {
		AUTO(str)
		char *in = g_build_filename(from, entry->d_name, NULL);
		AUTO(str) char *out = g_build_filename(to, entry->d_name, NULL);
		struct stat st;

		if (is_apart(entry->d_name, depth))
			continue;
		if (lstat(in, &st) < 0)
			return err_sys(err, "%s", in);
		if (S_ISDIR(st.st_mode) &&
		    copy_tree(in, out, depth + 1, err) < 0)
			return -1;
		if (S_ISREG(st.st_mode) && copy_file(in, out, err) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	return io_sync(to, err);
}

/* Is there nothing at `path`, or an empty directory? */
static bool is_vacant(const char *path)
{
	AUTO(dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return errno == ENOENT;
	return io_next_entry(dir, path, &entry, NULL) == 0;
}

static int make_vacant(const char *path, struct err *err)
{
	if (!is_vacant(path))
		return err_set(err, EEXIST, "%s: there is something already",
			       path);
	if (g_mkdir_with_parents(path, 0700) < 0 || chmod(path, 0700) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

/* A copy inside of what is copied would have no end. */
static int is_outside(const char *folder, const char *home, struct err *err)
{
	AUTO(str) char *real = realpath(folder, NULL);
	AUTO(str) char *real_home = realpath(home, NULL);
	size_t len = real_home ? strlen(real_home) : 0;

	if (!real || !real_home)
		return err_sys(err, "%s", folder);
	if (strncmp(real, real_home, len) == 0 &&
	    (real[len] == '/' || real[len] == '\0')) {
		(void)rmdir(folder);
		return err_set(err, EINVAL, "%s: lies in the mailbox itself",
			       folder);
	}
	return 0;
}

static char *in(const char *folder, const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static char *packs_in(const char *folder)
{
	return g_build_filename(folder, "mailbox.git", "objects", "pack", NULL);
}

static int copy_named(const char *from, const char *to, const char *name,
		      struct err *err)
{
	AUTO(str) char *source = in(from, name);
	AUTO(str) char *target = in(to, name);

	return copy_file(source, target, err);
}

/* The identity, and the folder itself: from now on it is a mailbox. */
static int finish(const char *from, const char *to, struct err *err)
{
	AUTO(str) char *parent = g_path_get_dirname(to);

	if (io_sync(to, err) < 0 || copy_named(from, to, "identity", err) < 0 ||
	    io_sync(to, err) < 0)
		return -1;
	return io_sync(parent, err);
}

/* An index of its own, or two mailboxes would write the same. */
static int finish_state(const char *to, struct err *err)
{
	AUTO(str) char *path = in(to, "state.db");

	if (mailbox_number_index(path, err) < 0)
		return -1;
	return io_sync(path, err);
}

/* -- backup ---------------------------------------------------------------- */

/* Under the lock. */
static int copy_instant(struct mailbox *mailbox, struct state *state,
			const char *to, struct err *err)
{
	int64_t ignored;

	if (mailbox_replay(mailbox, err) < 0 ||
	    state_begin(state, false, err) < 0 ||
	    state_get(state, "seq", &ignored, err) < 0 ||
	    copy_tree(mailbox_home(mailbox), to, 0, err) < 0)
		return -1;
	return backup_files(mailbox_home(mailbox), to, false, err);
}

static int copy_pack(const char *from, const char *to, const char *name,
		     struct err *err)
{
	/* The idx last, as a pack is written. */
	static const char *const endings[] = { ".pack", ".idx" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		AUTO(str) char *file = g_strconcat(name, endings[i], NULL);
		struct err why;

		if (copy_named(from, to, file, &why) < 0)
			return err_set(err,
				       why.code == ENOENT ? EAGAIN : why.code,
				       "%s", why.text);
	}
	return 0;
}

static int copy_packs(struct mailbox *mailbox, struct state *state,
		      const char *to, struct err *err)
{
	AUTO(str) char *source = packs_in(mailbox_home(mailbox));
	AUTO(str) char *target = packs_in(to);
	AUTO(array) GArray *packs = NULL;

	if (mkdir(target, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", target);
	if (state_pack_list(state, &packs, err) < 0)
		return -1;
	for (guint i = 0; i < packs->len; i++) {
		const struct state_pack *pack =
			&g_array_index(packs, struct state_pack, i);

		if (pack->joined == 0 &&
		    copy_pack(source, target, pack->name, err) < 0)
			return -1;
	}
	return io_sync(target, err);
}

int mailbox_backup(struct mailbox *mailbox, const char *folder, struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(str) char *state_copy = in(folder, "state.db");
	AUTO(state) struct state *state = NULL;
	int result;

	if (make_vacant(folder, err) < 0 ||
	    is_outside(folder, mailbox_home(mailbox), err) < 0 ||
	    state_open(path, &state, err) < 0 || mailbox_lock(mailbox, err) < 0)
		return -1;
	result = copy_instant(mailbox, state, folder, err);
	mailbox_unlock(mailbox);
	if (result < 0 || copy_packs(mailbox, state, folder, err) < 0 ||
	    state_copy_to(state, state_copy, err) < 0 ||
	    finish_state(folder, err) < 0)
		return -1;
	return finish(mailbox_home(mailbox), folder, err);
}

/* -- restore --------------------------------------------------------------- */

static int copy_all_packs(const char *from, const char *to, struct err *err)
{
	AUTO(str) char *source = packs_in(from);
	AUTO(str) char *target = packs_in(to);
	AUTO(dir) DIR *dir = opendir(source);
	const struct dirent *entry;
	int more;

	if (!dir)
		return err_sys(err, "%s", source);
	if (mkdir(target, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", target);
	while ((more = io_next_entry(dir, source, &entry, err)) > 0)
		if (g_str_has_prefix(entry->d_name, "pack-") &&
		    copy_named(source, target, entry->d_name, err) < 0)
			return -1;
	if (more < 0)
		return -1;
	return io_sync(target, err);
}

/* What waited then may have been sent since: nothing goes twice. And the device
 * may have written since, so nothing is written until it has another key. */
static int hold(const char *to, struct err *err)
{
	AUTO(str) char *path = in(to, "state.db");
	AUTO(state) struct state *state = NULL;

	if (state_open(path, &state, err) < 0 ||
	    state_begin(state, true, err) < 0 ||
	    queue_hold_all(state, "from a backup: perhaps sent since", err) <
		    0 ||
	    state_set(state, STATE_TWICE, 1, err) < 0)
		return -1;
	return state_commit(state, err);
}

/* state.db as it lies there, with what a killed writer left beside it: the
 * medium may be one that cannot be written. */
static int copy_state(const char *from, const char *to, struct err *err)
{
	AUTO(str) char *log = in(from, "state.db-wal");

	if (copy_named(from, to, "state.db", err) < 0)
		return -1;
	if (access(log, F_OK) == 0 &&
	    copy_named(from, to, "state.db-wal", err) < 0)
		return -1;
	if (hold(to, err) < 0)
		return -1;
	return finish_state(to, err);
}

static int is_backup(const char *folder, struct err *err)
{
	static const char *const parts[] = { "identity", "state.db",
					     "mailbox.git/HEAD" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		AUTO(str) char *path = in(folder, parts[i]);

		if (access(path, R_OK) < 0)
			return err_sys(err, "%s: no whole backup: %s", folder,
				       parts[i]);
	}
	return 0;
}

int mailbox_restore(const char *folder, struct err *err)
{
	AUTO(str) char *home = config_home();

	if (is_backup(folder, err) < 0 || make_vacant(home, err) < 0 ||
	    is_outside(home, folder, err) < 0 ||
	    copy_tree(folder, home, 0, err) < 0 ||
	    copy_all_packs(folder, home, err) < 0 ||
	    backup_files(folder, home, true, err) < 0 ||
	    copy_state(folder, home, err) < 0)
		return -1;
	return finish(folder, home, err);
}
