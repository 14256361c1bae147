/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "defms/io.h"
#include "remote-dir.h"

enum {
	FILES = 10000,
	DIGITS = 18,
	WHOM = 8, /* hex digits */
};

static const char suffix[] = ".car";

int dir_open(const char *path, int *fd_r, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(err, EAGAIN, "%s: there is no such folder",
			       path);
	if (fd < 0)
		return err_sys(err, "%s", path);
	*fd_r = fd;
	return 0;
}

bool dir_same_hand(const struct dir_hand *a, const struct dir_hand *b)
{
	return a->whom == b->whom &&
	       memcmp(&a->device, &b->device, sizeof(a->device)) == 0;
}

static bool parse_whom(const char *hex, uint32_t *whom_r)
{
	static const char digits[] = "0123456789abcdef";

	*whom_r = 0;
	for (int i = 0; i < WHOM; i++) {
		const char *digit = memchr(digits, hex[i], sizeof(digits) - 1);

		if (!digit)
			return false;
		*whom_r = *whom_r << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

bool dir_parse_name(const char *name, struct dir_hand *hand_r,
		    uint64_t *number_r)
{
	static const size_t head = DEVICE_ID_HEX + 1 + WHOM + 1;
	char hex[DEVICE_ID_HEX + 1];
	const char *at = name + head;
	uint64_t number = 0;

	if (strlen(name) <= head || name[DEVICE_ID_HEX] != '-' ||
	    name[head - 1] != '-')
		return false;
	(void)g_strlcpy(hex, name, sizeof(hex));
	if (device_id_parse(hex, &hand_r->device, NULL) < 0 ||
	    !parse_whom(name + DEVICE_ID_HEX + 1, &hand_r->whom) || *at == '0')
		return false;
	for (; g_ascii_isdigit(*at); at++) {
		if (at - name >= (ptrdiff_t)head + DIGITS)
			return false;
		number = 10 * number + (uint64_t)(*at - '0');
	}
	*number_r = number;
	return number > 0 && strcmp(at, suffix) == 0;
}

char *dir_print_name(const struct dir_hand *hand, uint64_t number)
{
	char hex[DEVICE_ID_HEX + 1];

	device_id_print(&hand->device, hex);
	return g_strdup_printf("%s-%08x-%" G_GUINT64_FORMAT "%s", hex,
			       hand->whom, number, suffix);
}

static int64_t ns_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

int dir_stat(int folder, const char *name, struct state_file *file_r,
	     struct err *err)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (!S_ISREG(st.st_mode))
		return 0;
	*file_r = (struct state_file){ .size = st.st_size,
				       .mtime = ns_of(&st.st_mtim),
				       .ctime = ns_of(&st.st_ctim) };
	(void)g_strlcpy(file_r->name, name, sizeof(file_r->name));
	return 1;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct dir_file *x = a, *y = b;

	return strcmp(x->seen.name, y->seen.name);
}

int dir_list(int folder, GArray **files_r, struct err *err)
{
	AUTO(array)
	GArray *files = g_array_new(FALSE, TRUE, sizeof(struct dir_file));
	AUTO(dir) DIR *dir = NULL;
	const struct dirent *entry;
	int more;
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return err_sys(err, "folder of a remote");
	while ((more = io_next_entry(dir, "folder of a remote", &entry, err)) >
	       0) {
		struct dir_file file = { 0 };
		int found;

		if (entry->d_name[0] == '.' ||
		    !g_str_has_suffix(entry->d_name, suffix))
			continue;
		found = dir_stat(folder, entry->d_name, &file.seen, err);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		file.is_numbered =
			dir_parse_name(entry->d_name, &file.hand, &file.number);
		(void)g_array_append_val(files, file);
		if (files->len > FILES)
			return err_set(err, EFBIG,
				       "folder of a remote: more than %d files",
				       FILES);
	}
	if (more < 0)
		return -1;
	g_array_sort(files, by_name);
	*files_r = take(files);
	return 0;
}

static int compare_row(const void *name, const void *row)
{
	return strcmp(name, ((const struct state_file *)row)->name);
}

const struct state_file *dir_find_row(const GArray *rows, const char *name)
{
	return rows->len == 0 ? NULL
			      : bsearch(name, rows->data, rows->len,
					sizeof(struct state_file), compare_row);
}

/* Not by inode: the numbers of a stick's are others each time it is mounted. */
bool dir_same_file(const struct state_file *a, const struct state_file *b)
{
	return a->size == b->size && a->mtime == b->mtime &&
	       a->ctime == b->ctime;
}
