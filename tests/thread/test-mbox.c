/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "defms/mbox.h"

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("mbox", 0);

	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (!CHECK(n > 0))
			break;
		done += (size_t)n;
	}
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The messages of an mbox, each followed by "|". */
static GString *read_all(const void *data, size_t size, enum mbox_format format)
{
	AUTO(fd) int fd = file_of(data, size);
	AUTO(mbox_reader)
	struct mbox_reader *reader = mbox_reader_new(fd, format);
	GString *all = g_string_new(NULL);
	struct mbox_entry entry;
	struct err err;
	int more;

	while ((more = mbox_next(reader, &entry, &err)) > 0) {
		g_string_append_len(all, (const char *)entry.raw->data,
				    (gssize)entry.raw->len);
		g_string_append(all, entry.truncated ? "~|" : "|");
		mbox_entry_release(&entry);
	}
	if (more < 0)
		g_string_append_printf(all, "error %d", err.code);
	else
		CHECK_INT(mbox_position(reader), size);
	return all;
}

static const struct {
	enum mbox_format format;
	const char *mbox, *messages; /* "~": truncated */
} known[] = {
	{ MBOX_RD, "", "" },
	{ MBOX_RD, "\n\r\n\n", "" },
	{ MBOX_RD, "x", "error 22" },
	{ MBOX_RD, "\nFrom\n", "error 22" },
	{ MBOX_RD, ">From x\n", "error 22" },
	{ MBOX_RD, "From x\nA: b\n\nc\n\n", "A: b\n\nc\n|" },
	{ MBOX_RD, "\n\r\n\nFrom x\nA: b\n\nc\n\n", "A: b\n\nc\n|" },
	{ MBOX_RD, "From x\nA: b\n\nc\n", "A: b\n\nc\n|" },
	{ MBOX_RD, "From x\nA: b\n\nc", "A: b\n\nc|" },
	{ MBOX_RD, "From x\nA: b\n\nc\n\n\n", "A: b\n\nc\n\n|" },
	{ MBOX_RD, "From x\nA: b\n\n\n", "A: b\n\n|" },
	{ MBOX_RD, "From x\nA: b\n\n", "A: b\n|" },
	{ MBOX_RD, "From x\nA: b\n", "A: b\n~|" },
	{ MBOX_RD, "From x\nA:", "A:~|" },
	{ MBOX_RD, "From x\n", "~|" },
	{ MBOX_RD, "From x", "~|" },
	{ MBOX_RD, "From x\n\n", "|" },
	{ MBOX_RD, "From x\n\nFrom y\n\n", "||" },
	{ MBOX_RD, "From x\nFrom y\n\nz\n", "From y\n\nz\n|" },
	{ MBOX_RD, "From x\nA: b\n\nc\n\nFrom y\nD: e\n\nf\n",
	  "A: b\n\nc\n|D: e\n\nf\n|" },
	{ MBOX_RD, "From x\nA: b\n\nFrom y\nD: e\n\n", "A: b\n|D: e\n|" },
	{ MBOX_RD, "From x\nA: b\n\nc\n\n\nFrom y\nD: e\n\n",
	  "A: b\n\nc\n\n|D: e\n|" },
	{ MBOX_RD, "From x\n\na\nFrom y\n\nFromage\n\nFrom: z\n",
	  "\na\nFrom y\n\nFromage\n\nFrom: z\n|" },
	{ MBOX_RD, "From x\n\na\n\nFrom", "\na\n\nFrom|" },
	{ MBOX_RD, "From x\n\na\n\nFrom ", "\na\n|~|" },
	/* CRLF throughout. */
	{ MBOX_RD, "From x\r\nA: b\r\n\r\nc\r\n\r\nFrom y\r\nD: e\r\n\r\n",
	  "A: b\r\n\r\nc\r\n|D: e\r\n|" },
	{ MBOX_RD, "From x\n\na\n\r", "\na\n\r|" },
	{ MBOX_RD, "From x\n\na\n\rFrom y\n\n", "\na\n\rFrom y\n|" },
	/* Quoting. */
	{ MBOX_RD,
	  "From x\n>From a\n\n>From b\n>>From c\n>>>>From \n>Fromage\n"
	  "> From d\n >From e\n>>>From: f\n\n",
	  "From a\n\nFrom b\n>From c\n>>>From \n>Fromage\n"
	  "> From d\n >From e\n>>>From: f\n|" },
	{ MBOX_RD, "From x\n\n>>From a", "\n>From a|" },
	{ MBOX_RD, "From x\n\n>>>\nFrom a\n>\n", "\n>>>\nFrom a\n>\n|" },
	{ MBOX_O, "From x\n\n>From b\n>>From c\n", "\n>From b\n>>From c\n|" },
	{ MBOX_CL2, "From x\n\n>From b\n>>From c\n", "\n>From b\n>>From c\n|" },
	/* Content-Length. */
	{ MBOX_CL2, "From x\nContent-Length: 10\n\na\n\nFrom b\n\nFrom y\n\n",
	  "Content-Length: 10\n\na\n\nFrom b\n||" },
	{ MBOX_RD, "From x\nContent-Length: 10\n\na\n\nFrom b\n\nFrom y\n\n",
	  "Content-Length: 10\n\na\n|||" },
	{ MBOX_O, "From x\nContent-Length: 10\n\na\n\nFrom b\n\nFrom y\n\n",
	  "Content-Length: 10\n\na\n|||" },
	{ MBOX_CL2, "From x\ncontent-length:10 \n\na\n\nFrom b\nFrom y\n\n",
	  "content-length:10 \n\na\n\nFrom b\n||" },
	{ MBOX_CL2, "From x\nContent-Length: 10\n\na\n\nFrom b\n\n",
	  "Content-Length: 10\n\na\n\nFrom b\n|" },
	{ MBOX_CL2, "From x\nContent-Length: 10\n\na\n\nFrom b\n",
	  "Content-Length: 10\n\na\n\nFrom b\n|" },
	{ MBOX_CL2, "From x\nContent-Length: 9\n\na\n\nFrom b",
	  "Content-Length: 9\n\na\n\nFrom b|" },
	{ MBOX_CL2, "From x\nContent-Length: 9\n\na\n\nFrom b\nFrom y\n\n",
	  "Content-Length: 9\n\na\n\nFrom b||" },
	{ MBOX_CL2, "From x\nContent-Length: 0\n\n\nFrom y\n\n",
	  "Content-Length: 0\n\n||" },
	{ MBOX_CL2, "From x\nContent-Length: 0\n\nFrom y\n\n",
	  "Content-Length: 0\n\n||" },
	{ MBOX_CL2,
	  "From x\r\nContent-Length: 13\r\n\r\na\r\n\r\nFrom b\r\n\r\n"
	  "From y\r\n\r\n",
	  "Content-Length: 13\r\n\r\na\r\n\r\nFrom b\r\n||" },
	/* One that fits nothing, or is no number, is not believed. */
	{ MBOX_CL2, "From x\nContent-Length: 8\n\na\n\nFrom b\n\n",
	  "Content-Length: 8\n\na\n||" },
	{ MBOX_CL2, "From x\nContent-Length: 11\n\na\n\nFrom b\n",
	  "Content-Length: 11\n\na\n|~|" },
	{ MBOX_CL2, "From x\nContent-Length: 10x\n\na\n\nFrom b\n\nFrom y\n\n",
	  "Content-Length: 10x\n\na\n|||" },
	{ MBOX_CL2, "From x\nContent-Length:\n\na\nb\n",
	  "Content-Length:\n\na\nb\n|" },
	{ MBOX_CL2, "From x\nContent-Length: -1\n\na\nb\n",
	  "Content-Length: -1\n\na\nb\n|" },
	{ MBOX_CL2, /* 2^64 + 10 */
	  "From x\nContent-Length: 18446744073709551626\n\na\n\nFrom b\n\n"
	  "From y\n\n",
	  "Content-Length: 18446744073709551626\n\na\n|||" },
	/* One in the body means nothing. */
	{ MBOX_CL2, "From x\nA: b\n\nContent-Length: 10\n\na\n\nFrom y\n\n",
	  "A: b\n\nContent-Length: 10\n\na\n||" },
};

TEST(an_mbox_falls_into_its_messages)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(gstring)
		GString *all = read_all(known[i].mbox, strlen(known[i].mbox),
					known[i].format);

		if (!CHECK_STR(all->str, known[i].messages))
			printf("# in row %zu\n", i);
	}
}

TEST(the_names_of_formats_are_known)
{
	enum mbox_format format = MBOX_CL2;
	struct err err;

	CHECK_INT(mbox_format_parse("mboxrd", &format, &err), 0);
	CHECK_INT(format, MBOX_RD);
	CHECK_INT(mbox_format_parse("mboxo", &format, &err), 0);
	CHECK_INT(format, MBOX_O);
	CHECK_INT(mbox_format_parse("mboxcl2", &format, &err), 0);
	CHECK_INT(format, MBOX_CL2);
	CHECK_INT(mbox_format_parse("mbox", &format, &err), -1);
	CHECK_INT(err.code, EINVAL);
}

TEST(an_entry_says_where_it_stood_and_what_introduced_it)
{
	static const char mbox[] = "\nFrom a@b Mon\r\n\r\nx\r\n\r\nFrom "
				   "123456789a123456789b123456789c123456789d"
				   "123456789e123456789f123456789g123456789h"
				   "123456789i123456789j123456789k123456789l"
				   "123456789m\n\n";
	AUTO(fd) int fd = file_of(mbox, strlen(mbox));
	AUTO(mbox_reader)
	struct mbox_reader *reader = mbox_reader_new(fd, MBOX_RD);
	struct mbox_entry entry = { 0 };
	struct err err;

	CHECK_INT(mbox_next(reader, &entry, &err), 1);
	CHECK_STR(entry.separator, "From a@b Mon");
	CHECK_INT(entry.offset, 1);
	CHECK_INT(mbox_position(reader), 22);
	mbox_entry_release(&entry);
	CHECK_INT(mbox_next(reader, &entry, &err), 1);
	CHECK_INT(strlen(entry.separator), 127);
	CHECK_INT(entry.offset, 22);
	CHECK_INT(entry.raw->len, 0);
	mbox_entry_release(&entry);
	CHECK_INT(mbox_next(reader, &entry, &err), 0);
	CHECK_INT(mbox_next(reader, &entry, &err), 0);
}

TEST(what_cannot_be_read_is_an_error)
{
	AUTO(fd) int fd = open("/", O_RDONLY | O_DIRECTORY);
	AUTO(mbox_reader)
	struct mbox_reader *reader = mbox_reader_new(fd, MBOX_RD);
	struct mbox_entry entry;
	struct err err;

	CHECK_INT(mbox_next(reader, &entry, &err), -1);
	CHECK_INT(err.code, EISDIR);
}

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % limit;
}

static const char *const pieces[] = {
	"\n",      "\n\n",     "\r\n", "\r",   "From ",   "From a Mon\n",
	">From x", ">",        ">>",   "a: b", "\0xyz",   " ",
	"text",    "\xff\xfe", "Fro",  "m ",   "\nFrom ", "Content-Length: 3\n"
};

static GByteArray *random_message(uint32_t *seed)
{
	GByteArray *raw = g_byte_array_new();
	uint32_t count = random_below(seed, 20);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t which = random_below(seed, G_N_ELEMENTS(pieces));
		size_t len = *pieces[which] ? strlen(pieces[which]) : 4;

		g_byte_array_append(raw, (const uint8_t *)pieces[which],
				    (guint)len);
	}
	return raw;
}

static void add_line_end(GByteArray *raw)
{
	if (raw->len > 0 && raw->data[raw->len - 1] != '\n')
		g_byte_array_append(raw, (const uint8_t *)"\n", 1);
}

static void free_bytes(void *bytes)
{
	g_byte_array_unref(bytes);
}

/* What the writer made of `messages` gives them back, from a file or a pipe. */
static void check_round(int fd, const GPtrArray *messages)
{
	AUTO(mbox_reader)
	struct mbox_reader *reader = mbox_reader_new(fd, MBOX_RD);
	struct mbox_entry entry;
	uint64_t offset = 0;
	struct err err;

	for (guint i = 0; i < messages->len; i++) {
		const GByteArray *want = messages->pdata[i];

		if (!CHECK_INT(mbox_next(reader, &entry, &err), 1))
			return;
		if (CHECK_INT(entry.raw->len, want->len))
			CHECK_MEM(entry.raw->data, want->data, want->len);
		CHECK_INT(mbox_separator_date(entry.separator), 1000 + i);
		CHECK_INT(entry.offset, offset);
		offset += mbox_written_size(want->data, want->len, "a@b", 0);
		CHECK_INT(mbox_position(reader), offset);
		mbox_entry_release(&entry);
	}
	CHECK_INT(mbox_next(reader, &entry, &err), 0);
}

TEST(any_messages_come_back_and_have_the_size_foretold)
{
	uint32_t seed = 42;

	for (int round = 0; round < 4000; round++) {
		AUTO(bytes) GByteArray *mbox = g_byte_array_new();
		AUTO(ptrs)
		GPtrArray *messages =
			g_ptr_array_new_with_free_func(free_bytes);
		uint32_t count = random_below(&seed, 6);
		int fds[2];

		for (uint32_t i = 0; i < count; i++) {
			GByteArray *raw = random_message(&seed);
			guint before = mbox->len;

			mbox_write(mbox, raw->data, raw->len, "a@b", 1000 + i);
			CHECK_INT(mbox_written_size(raw->data, raw->len, "a@b",
						    1000 + i),
				  mbox->len - before);
			add_line_end(raw);
			g_ptr_array_add(messages, raw);
		}
		if (!CHECK_INT(pipe(fds), 0))
			return;
		CHECK_INT(write(fds[1], mbox->data, mbox->len), mbox->len);
		(void)close(fds[1]);
		check_round(fds[0], messages);
		(void)close(fds[0]);
	}
}

TEST(every_truncation_gives_a_prefix)
{
	static const char mbox[] =
		"From a Mon\nA: b\n\nc\n>From d\n\nFrom e Tue\r\nF: g\r\n\r\n"
		"h\r\n\r\nFrom i\nContent-Length: 3\n\njk\n\nFrom l\nM: n\n\n";

	for (int format = MBOX_RD; format <= MBOX_CL2; format++) {
		AUTO(gstring)
		GString *whole =
			read_all(mbox, strlen(mbox), (enum mbox_format)format);

		for (size_t size = 5; size < strlen(mbox); size++) {
			AUTO(gstring)
			GString *part =
				read_all(mbox, size, (enum mbox_format)format);
			char *last;

			/* All but what the cut itself has changed at the end */
			g_string_truncate(part, part->len - 1);
			last = strrchr(part->str, '|');
			CHECK(strncmp(part->str, whole->str,
				      last ? (size_t)(last + 1 - part->str)
					   : 0) == 0);
		}
	}
}

/* Sizes about those at which the window slides, grows and is handed over. */
TEST(messages_of_all_sizes_come_back_exactly)
{
	static const size_t sizes[] = { 1,       65530,   196600,  262100,
					262144,  524000,  1048570, 1048577,
					3000000, 9000000, 100,     700000 };
	AUTO(bytes) GByteArray *mbox = g_byte_array_new();
	AUTO(ptrs)
	GPtrArray *messages = g_ptr_array_new_with_free_func(free_bytes);
	AUTO(fd) int fd = -1;

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		GByteArray *raw = g_byte_array_new();

		g_byte_array_set_size(raw, (guint)sizes[i]);
		for (guint at = 0; at < raw->len; at++)
			raw->data[at] = (uint8_t)(at * 31 + i);
		if (i % 3 == 0) /* a line of its whole length */
			memset(raw->data, '>', raw->len);
		mbox_write(mbox, raw->data, raw->len, "a@b", 1000 + i);
		add_line_end(raw);
		g_ptr_array_add(messages, raw);
	}
	fd = file_of(mbox->data, mbox->len);
	check_round(fd, messages);
}

/* A length that lies makes the reader look far ahead, once, not each time. */
TEST(lengths_that_lie_cost_no_more_than_reading_ahead)
{
	static const char one[] = "From a\nContent-Length: 90000000\n\nx\n\n";
	AUTO(bytes) GByteArray *mbox = g_byte_array_new();
	AUTO(mbox_reader) struct mbox_reader *reader = NULL;
	AUTO(fd) int fd = -1;
	struct mbox_entry entry;
	struct err err;
	int count = 0;

	for (int i = 0; i < 50000; i++)
		g_byte_array_append(mbox, (const uint8_t *)one,
				    sizeof(one) - 1);
	fd = file_of(mbox->data, mbox->len);
	reader = mbox_reader_new(fd, MBOX_CL2);
	while (mbox_next(reader, &entry, &err) > 0) {
		CHECK_INT(entry.offset, (size_t)count * (sizeof(one) - 1));
		count++;
		mbox_entry_release(&entry);
	}
	CHECK_INT(count, 50000);
}
