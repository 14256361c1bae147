/* SPDX-License-Identifier: ISC */
/* Files that a draft attaches.
 *
 * The path is absolute, or begins with "~/", or is the name of a file beside
 * the draft; quotes around it are left out. It is refused where sending it
 * would hardly be meant, for a draft may come from elsewhere (a template, a
 * mailto: link) and the daemon may run as root:
 *	- a symlink (ELOOP), or anything but a regular file (EINVAL);
 *	- a file that others cannot read (EACCES), unless it is mine and lies
 *	  below $HOME, in the directory for temporary files, or beside the
 *	  draft;
 *	- anything in defms's own folder, where the keys are (EACCES), but
 *	  for what lies beside the draft, which is kept there too. */
#include "compose-attach.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "compose-parts.h"
#include "mime-charset.h"

static const struct {
	const char *ending, *type;
} types[] = {
	{ "avif", "image/avif" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", "text/x-csrc" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "diff", "text/x-diff" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument."
		  "wordprocessingml.document" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "h", "text/x-chdr" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ics", "text/calendar" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "json", "application/json" },
	{ "log", "text/plain" },
	{ "m4a", "audio/mp4" },
	{ "md", "text/markdown" },
	{ "mkv", "video/x-matroska" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "ogg", "audio/ogg" },
	{ "patch", "text/x-diff" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ps", "application/postscript" },
	{ "py", "text/x-python" },
	{ "rtf", "application/rtf" },
	{ "sh", "text/x-shellscript" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "txt", "text/plain" },
	{ "vcf", "text/vcard" },
	{ "wav", "audio/x-wav" },
	{ "webm", "video/webm" },
	{ "webp", "image/webp" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument."
		  "spreadsheetml.sheet" },
	{ "xml", "application/xml" },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

/* Text that is not UTF-8 has a charset nobody knows. */
static const char *type_of(const char *name, const GByteArray *bytes)
{
	static const char unknown[] = "application/octet-stream";
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < G_N_ELEMENTS(types); i++) {
		if (g_ascii_strcasecmp(dot + 1, types[i].ending) != 0)
			continue;
		if (g_str_has_prefix(types[i].type, "text/") &&
		    !charset_is_utf8((const char *)bytes->data, bytes->len))
			return unknown;
		return types[i].type;
	}
	return unknown;
}

static void attachment_free(gpointer data)
{
	struct attachment *attachment = data;

	g_free(attachment->name);
	if (attachment->bytes)
		g_byte_array_unref(attachment->bytes);
	g_free(attachment);
}

GPtrArray *attachments_new(void)
{
	return g_ptr_array_new_with_free_func(attachment_free);
}

/* -- where it is ----------------------------------------------------------- */

struct place {
	char *path;  /* owned */
	int folder;  /* what it is relative to, or AT_FDCWD */
	bool beside; /* the draft */
};

static char *without_quotes(const char *path)
{
	size_t size = strlen(path);

	if (size > 2 && (*path == '"' || *path == '\'') &&
	    path[size - 1] == *path)
		return g_strndup(path + 1, size - 2);
	return g_strdup(path);
}

static int find_place(const char *path, int folder, struct place *place_r,
		      struct err *err)
{
	AUTO(str) char *name = without_quotes(path);
	const char *home = g_getenv("HOME");

	place_r->folder = AT_FDCWD;
	place_r->beside = false;
	if (*name == '/') {
		place_r->path = take(name);
		return 0;
	}
	if (strncmp(name, "~/", 2) == 0 && home && *home == '/') {
		place_r->path = g_strconcat(home, name + 1, NULL);
		return 0;
	}
	if (!*name)
		return err_set(err, EINVAL, "Attach: no file is named");
	if (strchr(name, '/') || *name == '~')
		return err_set(err, EINVAL,
			       "Attach: %s: not a whole path, one from ~/ on, "
			       "or the name of a file beside the draft",
			       name);
	if (folder < 0)
		return err_set(err, ENOENT,
			       "Attach: %s: there is no folder to look in; "
			       "give the whole path",
			       name);
	place_r->path = take(name);
	place_r->folder = folder;
	place_r->beside = true;
	return 0;
}

/* -- may it leave? --------------------------------------------------------- */

/* Is the real path `path` below the directory `top`? */
static bool is_below(const char *path, const char *top)
{
	char real[PATH_MAX];
	size_t size;

	if (!top || *top != '/' || !realpath(top, real))
		return false;
	size = strlen(real);
	return size > 1 && strncmp(path, real, size) == 0 && path[size] == '/';
}

/* The path of an open file, however it was come by. */
static bool real_path(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t size;

	(void)g_snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, PATH_MAX - 1);
	if (size <= 0)
		return false;
	path[size] = '\0';
	return true;
}

static int check_leave(int fd, const struct stat *st, const struct place *place,
		       struct err *err)
{
	char path[PATH_MAX];
	AUTO(str) char *own = config_home();
	bool known = real_path(fd, path);
	bool mine = st->st_uid == geteuid();

	if (known && !place->beside && is_below(path, own))
		return err_set(err, EACCES,
			       "Attach: %s: is a file of defms itself",
			       place->path);
	if ((st->st_mode & S_IROTH) != 0 || (mine && place->beside))
		return 0;
	if (known && mine &&
	    (is_below(path, g_getenv("HOME")) || is_below(path, "/tmp") ||
	     is_below(path, g_get_tmp_dir())))
		return 0;
	return err_set(err, EACCES,
		       "Attach: %s: others cannot read it, and it is not mine "
		       "below the home or temporary directory",
		       place->path);
}

static int wrong_kind(const struct place *place, mode_t mode, struct err *err)
{
	if (S_ISLNK(mode))
		return err_set(err, ELOOP,
			       "Attach: %s: is a symlink; name the file itself",
			       place->path);
	return err_set(err, EINVAL, "Attach: %s: is no regular file",
		       place->path);
}

static int open_place(const struct place *place, int *fd_r, struct err *err)
{
	AUTO(fd) int fd = -1;
	struct stat st;

	/* First without opening it: to open a device may do something. */
	if (fstatat(place->folder, place->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "Attach: %s", place->path);
	if (!S_ISREG(st.st_mode))
		return wrong_kind(place, st.st_mode, err);
	fd = openat(place->folder, place->path,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "Attach: %s", place->path);
	if (!S_ISREG(st.st_mode))
		return wrong_kind(place, st.st_mode, err);
	if (check_leave(fd, &st, place, err) < 0)
		return -1;
	*fd_r = fd;
	fd = -1;
	return 0;
}

/* -- reading --------------------------------------------------------------- */

static int read_all(int fd, const char *path, size_t limit, GByteArray *bytes,
		    struct err *err)
{
	guint8 buf[64 * 1024];
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		if (bytes->len + (size_t)got > limit)
			return err_set(err, EFBIG,
				       "Attach: %s: the message would be over "
				       "%d MiB",
				       path, COMPOSE_MAX >> 20);
		g_byte_array_append(bytes, buf, (guint)got);
	}
	return got < 0 ? err_sys(err, "Attach: %s", path) : 0;
}

static size_t room_left(const GPtrArray *attachments)
{
	size_t used = 0;

	for (guint i = 0; i < attachments->len; i++) {
		const struct attachment *attachment =
			g_ptr_array_index(attachments, i);

		used += attachment->bytes->len;
	}
	return COMPOSE_ATTACHED - used;
}

static int read_place(GPtrArray *attachments, const struct place *place,
		      struct err *err)
{
	AUTO(fd) int fd = -1;
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct attachment *attachment;

	if (open_place(place, &fd, err) < 0 ||
	    read_all(fd, place->path, room_left(attachments), bytes, err) < 0)
		return -1;
	attachment = g_new0(struct attachment, 1);
	attachment->name = g_path_get_basename(place->path);
	attachment->type = type_of(attachment->name, bytes);
	attachment->bytes = take(bytes);
	g_ptr_array_add(attachments, attachment);
	return 0;
}

int attachment_add(GPtrArray *attachments, const char *path, int folder,
		   struct err *err)
{
	struct place place = { 0 };
	int result;

	if (find_place(path, folder, &place, err) < 0)
		return -1;
	result = read_place(attachments, &place, err);
	g_free(place.path);
	return result;
}
