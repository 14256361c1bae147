/* SPDX-License-Identifier: ISC */
/* Files: whole writes, whole reads, durability. */
#ifndef DEFMS_IO_H
#define DEFMS_IO_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"

/* Write all of `data` to `fd`. */
int io_write(int fd, const void *data, size_t size, struct err *err);

/* Create `path` (0600, replacing what is there) with `data`; not durable. */
int io_write_file(const char *path, const void *data, size_t size,
		  struct err *err);

/* The same, durable and in one step: a temporary file, fsync, rename, fsync of
 * the directory. */
int io_replace_file(const char *path, const void *data, size_t size,
		    struct err *err);

/* Append all that can be read from `path` to `out`; EFBIG over `limit`. */
int io_read_file(const char *path, size_t limit, GByteArray *out,
		 struct err *err);

/* The same from a file that is open, called `name` in complaints. */
int io_read_fd(int fd, const char *name, size_t limit, GByteArray *out,
	       struct err *err);

/* The next entry of `dir`, which is called `name` in complaints, but "." and
 * "..": 1 and it, borrowed until the next; 0 at the end; -1. */
int io_next_entry(DIR *dir, const char *name, const struct dirent **entry_r,
		  struct err *err);

/* fsync the file or directory at `path`. */
int io_sync(const char *path, struct err *err);

/* fsync every file and directory below `path`, and its parent's entry. */
int io_sync_tree(const char *path, struct err *err);

#endif
