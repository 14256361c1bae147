/* SPDX-License-Identifier: ISC */
/* Reads any bytes as an mbox of each format, writes the messages as mboxrd and
 * reads them again: the same messages, and the size that was foretold. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "defms/mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
	if (!so)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("mbox", 0);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Write what is read as mboxrd; the number of messages. */
static int rewrite(const uint8_t *data, size_t size, enum mbox_format format,
		   GByteArray *out)
{
	AUTO(fd) int fd = file_of(data, size);
	AUTO(mbox_reader)
	struct mbox_reader *reader = mbox_reader_new(fd, format);
	struct mbox_entry entry;
	struct err err;
	int count = 0, more;

	while ((more = mbox_next(reader, &entry, &err)) > 0) {
		int64_t date = mbox_separator_date(entry.separator);
		guint before = out->len;

		must(entry.offset < size && entry.raw->len <= size);
		mbox_write(out, entry.raw->data, entry.raw->len, "", date);
		must(out->len - before == mbox_written_size(entry.raw->data,
							    entry.raw->len, "",
							    date));
		mbox_entry_release(&entry);
		count++;
	}
	must(more < 0 || mbox_position(reader) == size);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int format = MBOX_RD; format <= MBOX_CL2; format++) {
		AUTO(bytes) GByteArray *first = g_byte_array_new();
		AUTO(bytes) GByteArray *second = g_byte_array_new();
		int count =
			rewrite(data, size, (enum mbox_format)format, first);

		must(rewrite(first->data, first->len, MBOX_RD, second) ==
		     count);
		must(first->len == second->len &&
		     (!count ||
		      memcmp(first->data, second->data, first->len) == 0));
	}
	return 0;
}
