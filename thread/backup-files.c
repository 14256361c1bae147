/* SPDX-License-Identifier: ISC */
/* What lay in an outbox when a backup was made was perhaps sent since: in the
 * mailbox that is restored it is a draft, so that nothing goes out twice. */
#include "backup-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/auto.h"
#include "defms/io.h"

#define OUTBOX "outbox"

static int move_one(int from, int to, const char *name, struct err *err)
{
	AUTO(str) char *other = g_strdup_printf("%.240s.unsent", name);

	if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0 ||
	    (errno == EEXIST &&
	     renameat2(from, name, to, other, RENAME_NOREPLACE) == 0))
		return 0;
	return err_sys(err, "files: %s", name);
}

static int move_all(const char *outbox, const char *drafts, struct err *err)
{
	AUTO(dir) DIR *dir = opendir(outbox);
	AUTO(fd) int to = -1;
	const struct dirent *entry;

	if (!dir)
		return err_sys(err, "%s", outbox);
	if (mkdir(drafts, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", drafts);
	to = open(drafts, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys(err, "%s", drafts);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    move_one(dirfd(dir), to, entry->d_name, err) < 0)
			return -1;
	if (io_sync(drafts, err) < 0)
		return -1;
	return io_sync(outbox, err);
}

int backup_empty_outboxes(const char *home, struct err *err)
{
	AUTO(str) char *files = g_build_filename(home, "files", NULL);
	AUTO(dir) DIR *dir = opendir(files);
	const struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "%s", files);
	while ((entry = readdir(dir))) {
		AUTO(str) char *outbox = NULL, *drafts = NULL;

		if (!g_str_has_suffix(entry->d_name, OUTBOX))
			continue;
		outbox = g_build_filename(files, entry->d_name, NULL);
		drafts = g_strdup_printf("%.*sdrafts",
					 (int)(strlen(outbox) - strlen(OUTBOX)),
					 outbox);
		if (move_all(outbox, drafts, err) < 0)
			return -1;
	}
	return io_sync(files, err);
}
