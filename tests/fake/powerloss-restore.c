/* SPDX-License-Identifier: ISC */
/* powerloss-restore --begin ROOT	all that is in ROOT now is synced
 * powerloss-restore ROOT DEST		make DEST the tree as it would be after
 *					a power loss
 * powerloss-restore --torn N ROOT DEST	the same, but the disk had written some
 *					of what was not synced too; N seeds it
 *
 * $POWERLOSS_SHADOW is the shadow (powerloss.h). */
#include "powerloss.h"

#include <stdbool.h>

static unsigned seed;

/* Has the disk been quick here? */
static bool flip(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16 & 1;
}

static void restore(unsigned long long ino, const char *real, const char *to);

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (out < 0)
		_exit(98);
	if (in >= 0)
		copy_bytes(in, out);
	if (in >= 0)
		(void)close(in);
	(void)close(out);
}

/* The file at `real` is perhaps still the one with this inode. */
static void restore_file(unsigned long long ino, const char *real,
			 const char *to, mode_t mode)
{
	char synced[PATH_MAX];
	struct stat st;
	bool there = lstat(real, &st) == 0 && st.st_ino == ino;

	shadow_path(synced, "file", ino);
	copy_file(seed && there && flip() ? real : synced, to);
	(void)chmod(to, mode & 07777);
}

static void restore_entry(unsigned long long ino, unsigned mode,
			  const char *real, const char *to)
{
	if (S_ISDIR(mode))
		restore(ino, real, to);
	else if (S_ISREG(mode))
		restore_file(ino, real, to, mode);
}

static void restore(unsigned long long ino, const char *real, const char *to)
{
	char list[PATH_MAX], line[PATH_MAX], name[256];
	char below[PATH_MAX], there[PATH_MAX];
	unsigned long long inode;
	unsigned mode;
	struct stat st;
	FILE *file;

	(void)mkdir(to, 0700);
	shadow_path(list, "dir", ino);
	/* Directory blocks are written as a whole. */
	if (seed && stat(real, &st) == 0 && st.st_ino == ino && flip()) {
		int fd = open(list, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		int dir = open(real, O_RDONLY | O_DIRECTORY);

		list_entries(dir, fd);
		(void)close(dir);
		(void)close(fd);
	}
	file = fopen(list, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llu %o %255[^\n]", &inode, &mode, name) != 3)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%.255s", to, name);
		(void)snprintf(there, sizeof(there), "%s/%.255s", real, name);
		restore_entry(inode, mode, there, below);
	}
	if (file)
		(void)fclose(file);
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc == 3 && strcmp(argv[1], "--begin") == 0) {
		shadow_keep_tree(argv[2], rename);
		return 0;
	}
	if (argc == 5 && strcmp(argv[1], "--torn") == 0) {
		seed = (unsigned)strtoul(argv[2], NULL, 10) * 2654435761U + 1;
		argv += 2;
		argc -= 2;
	}
	if (argc != 3 || stat(argv[1], &st) < 0)
		return 2;
	restore(st.st_ino, argv[1], argv[2]);
	return 0;
}
