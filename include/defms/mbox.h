/* SPDX-License-Identifier: ISC */
/* mbox both ways. Reading follows the family (RFC 4155 describes mboxo): a
 * line "From " at the start or after an empty line begins a message; that line,
 * and the empty line before the next one or the end, are no part of it. */
#ifndef DEFMS_MBOX_H
#define DEFMS_MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

enum mbox_format {
	MBOX_RD,  /* ">*From " lines carry one ">" more; the default */
	MBOX_O,   /* only "From " was quoted; read back as it stands */
	MBOX_CL2, /* nothing is quoted; Content-Length says where it ends */
};

/* "mboxrd", "mboxo", "mboxcl2". -1 and EINVAL for another name. */
int mbox_format_parse(const char *name, enum mbox_format *format_r,
		      struct err *err);

/* One message of an mbox. */
struct mbox_entry {
	GByteArray *raw;     /* owned; unquoted */
	uint64_t offset;     /* of its separator line in the file */
	char separator[128]; /* that line, cut to fit, without line end */
	bool truncated;      /* the file ended within its header */
};
void mbox_entry_release(struct mbox_entry *entry);

/* Reads a file (or a pipe) once, forwards, holding one message and a window.
 * In every format a Content-Length counts only where a "From " line or the end
 * of the file follows exactly; in MBOX_RD and MBOX_O it is not looked at. */
struct mbox_reader;
struct mbox_reader *mbox_reader_new(int fd, enum mbox_format format);
void mbox_reader_free(struct mbox_reader *reader);
AUTO_KIND(mbox_reader, struct mbox_reader, mbox_reader_free)

/* 1 and the next message, 0 at the end, -1 if reading failed, the file does not
 * begin with a "From " line (EINVAL) or a message is larger than MESSAGE_MAX
 * (EFBIG: the next call goes on with the one behind it). A 100 MB message is
 * held once. */
int mbox_next(struct mbox_reader *reader, struct mbox_entry *entry_r,
	      struct err *err);

/* Bytes of the file taken so far, for progress. */
uint64_t mbox_position(const struct mbox_reader *reader);

/* The date of a separator line ("From a@b Mon Jan  2 03:04:05 2006", with or
 * without zone; UTC if without) in Unix seconds; -1 if it has none, or one
 * before 1970. */
int64_t mbox_separator_date(const char *separator);

/* Append `raw` as an mboxrd entry: separator with `sender` ("MAILER-DAEMON"
 * if empty) and `date` (UTC, asctime form), quoted lines, a line end if the
 * message lacks one, an empty line. What cannot stand in a separator is "_" in
 * it; a date outside the years 1970 to 9999 is the nearest in them. */
void mbox_write(GByteArray *out, const void *raw, size_t size,
		const char *sender, int64_t date);

/* The number of bytes that mbox_write() appends for the same arguments. */
uint64_t mbox_written_size(const void *raw, size_t size, const char *sender,
			   int64_t date);

#endif
