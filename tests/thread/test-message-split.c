/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>

#include "defms/message.h"

/* The content that is left of some bytes, and what was split off. */
struct parts {
	GByteArray *content;
	struct message_split split;
};

static struct parts split(const void *data, size_t size)
{
	struct parts parts = { .content = g_byte_array_new() };

	g_byte_array_append(parts.content, data, (guint)size);
	message_split(parts.content->data, size, &parts.split);
	CHECK(parts.split.content_size <= size);
	g_byte_array_set_size(parts.content, (guint)parts.split.content_size);
	return parts;
}

static void release(struct parts *parts)
{
	g_byte_array_unref(parts->content);
	message_split_release(&parts->split);
}

static GByteArray *join(const struct parts *parts)
{
	GByteArray *raw = g_byte_array_new();
	struct err err = { 0 };

	CHECK_INT(message_join(parts->content->data, parts->content->len,
			       parts->split.trace, parts->split.crlf, raw,
			       &err),
		  0);
	return raw;
}

static void check_bytes(const GByteArray *got, const void *want, size_t size)
{
	if (CHECK_INT(got->len, size))
		CHECK_MEM(got->data, want, size);
}

/* Written from the definition, not from message.c. */
static bool is_pure_crlf(const uint8_t *data, size_t size)
{
	size_t ends = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			return false;
		if (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n'))
			return false;
		ends += data[i] == '\n';
	}
	return ends > 0;
}

static size_t line_ends(const uint8_t *data, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n';
	return count;
}

/* Content of content is content; where the removal of trace left nothing but
 * CRLF (see message-split.c), after one more step. */
static void check_stable(const struct parts *parts)
{
	const GByteArray *content = parts->content;
	struct parts again = split(content->data, content->len);
	AUTO(bytes) GByteArray *raw = join(&again);
	bool crlf = is_pure_crlf(content->data, content->len);

	check_bytes(raw, content->data, content->len);
	CHECK(!again.split.trace);
	CHECK_INT(again.split.crlf, crlf);
	if (crlf) {
		CHECK(parts->split.trace && !parts->split.crlf);
		check_stable(&again);
	} else {
		check_bytes(again.content, content->data, content->len);
	}
	release(&again);
}

static void check_all(const void *data, size_t size)
{
	struct parts parts = split(data, size);
	AUTO(bytes) GByteArray *raw = join(&parts);
	size_t ends = line_ends(data, size);
	bool crlf = is_pure_crlf(data, size);

	check_bytes(raw, data, size);
	CHECK_INT(parts.split.crlf, crlf);
	CHECK_INT(parts.split.line_ends, ends);
	CHECK(parts.split.header_size <= size - (crlf ? ends : 0));
	check_stable(&parts);
	release(&parts);
}

static const struct {
	const char *raw, *content;
	size_t header_size, fields;
} known[] = {
	{ "", "", 0, 0 },
	{ "\n", "\n", 0, 0 },
	{ "a", "a", 1, 0 },
	{ "Subject: a\n\nBcc: b\n", "Subject: a\n\nBcc: b\n", 11, 0 },
	{ "\nReceived: a\n", "\nReceived: a\n", 0, 0 },
	{ "Received: a\n\nb", "\nb", 12, 1 },
	{ "Received: a\n b\n\tc\nTo: d\n\ne", "To: d\n\ne", 24, 1 },
	{ "To: d\nReceived: a\n\nReceived: b\n", "To: d\n\nReceived: b\n", 18,
	  1 },
	{ "Received: a\nStatus: RO\nTo: b\nBcc: c\nbcc: d", "To: b\n", 42, 4 },
	{ "Bcc: only", "", 9, 1 },
	{ "Bcc:", "", 4, 1 },
	{ "Bcc", "Bcc", 3, 0 },
	/* White space before the colon; none before the name. */
	{ "Bcc \t: a\nTo: b\n", "To: b\n", 15, 1 },
	{ "B cc: a\n", "B cc: a\n", 8, 0 },
	{ " Bcc: a\nTo: b\n", " Bcc: a\nTo: b\n", 14, 0 },
	{ ": a\nBcc: b\n", ": a\n", 11, 1 },
	/* A line that is no field does not end the header; what continues it
	 * stays with it. */
	{ "junk\nReceived: a\n\nb", "junk\n\nb", 17, 1 },
	{ "junk\n Bcc: a\nBcc: b\n\n", "junk\n Bcc: a\n\n", 20, 1 },
	{ "To: a\n Bcc: b\n\nc", "To: a\n Bcc: b\n\nc", 14, 0 },
	{ "Received: a\n \n\t\nTo: b\n\n", "To: b\n\n", 22, 1 },
	{ "\xff: a\nBcc\x80: b\nBcc: c\n", "\xff: a\nBcc\x80: b\n", 20, 1 },
	/* "From " lines with nothing but trace before them. */
	{ "From a@b Mon\nTo: c\n\nd", "To: c\n\nd", 19, 1 },
	{ "From a\n To: b\n\nc", " To: b\n\nc", 14, 1 },
	{ "From a", "", 6, 1 },
	{ "From ", "", 5, 1 },
	{ "From", "From", 4, 0 },
	{ "From: a\n", "From: a\n", 8, 0 },
	{ "from a\n", "from a\n", 7, 0 },
	{ ">From a\nTo: b\n", ">From a\nTo: b\n", 14, 0 },
	{ "From a\nReceived: b\nFrom c\nTo: d\n", "To: d\n", 32, 3 },
	{ "To: a\nFrom b\n\n", "To: a\nFrom b\n\n", 13, 0 },
	{ "\nFrom b\n", "\nFrom b\n", 0, 0 },
	/* CRLF throughout is held with LF. */
	{ "\r\n", "\n", 0, 0 },
	{ "To: a\r\nBcc: b\r\n c\r\n\r\nd\r\ne", "To: a\n\nd\ne", 16, 1 },
	/* Mixed is held as it came; the header ends with an empty line. */
	{ "To: a\r\nBcc: b\r\n\r\nBcc: d\n", "To: a\r\n\r\nBcc: d\n", 15, 1 },
	{ "To: a\nBcc: b\r\n\r\nc\r\n", "To: a\n\r\nc\r\n", 14, 1 },
	{ "To: a\r\nb\rc\r\n", "To: a\r\nb\rc\r\n", 12, 0 },
	{ "Bcc: b\r\r\n\r\n", "\r\n", 9, 1 },
	{ "To: a\r\n\r", "To: a\r\n\r", 8, 0 },
	{ "\r", "\r", 1, 0 },
	{ "\n\r", "\n\r", 0, 0 },
	/* The one case that a second split changes. */
	{ "Received: a\nTo: b\r\n\r\nc\r\n", "To: b\r\n\r\nc\r\n", 19, 1 },
};

static size_t count_entries(const GByteArray *trace)
{
	struct trace_iter it =
		trace_iter(trace ? trace->data : NULL, trace ? trace->len : 0);
	struct trace_entry entry;
	struct err err;
	size_t count = 0;

	while (trace_next(&it, &entry, &err) > 0)
		count++;
	return count;
}

TEST(trace_is_taken_out_and_the_rest_is_content)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		size_t size = strlen(known[i].raw);
		struct parts parts = split(known[i].raw, size);

		check_bytes(parts.content, known[i].content,
			    strlen(known[i].content));
		if (!CHECK_INT(parts.split.header_size, known[i].header_size))
			printf("# in row %zu\n", i);
		CHECK_INT(count_entries(parts.split.trace), known[i].fields);
		CHECK_INT(!parts.split.trace, known[i].fields == 0);
		check_all(known[i].raw, size);
		release(&parts);
	}
}

static const struct {
	const char *name;
	bool is_trace;
} names[] = {
	{ "Return-Path", true },
	{ "Received", true },
	{ "X-Received", true },
	{ "Delivered-To", true },
	{ "X-Original-To", true },
	{ "Envelope-To", true },
	{ "X-Envelope-From", true },
	{ "X-Envelope-To", true },
	{ "Authentication-Results", true },
	{ "ARC-Seal", true },
	{ "ARC-Message-Signature", true },
	{ "ARC-Authentication-Results", true },
	{ "Received-SPF", true },
	{ "DKIM-Signature", true },
	{ "DomainKey-Signature", true },
	{ "X-Google-Smtp-Source", true },
	{ "X-Google-DKIM-Signature", true },
	{ "X-Gm-Message-State", true },
	{ "X-Gm-", true },
	{ "X-Spam-Status", true },
	{ "X-Spam-", true },
	{ "X-Spamd-Result", true },
	{ "X-Rspamd-Server", true },
	{ "X-Virus-Scanned", true },
	{ "X-Greylist", true },
	{ "X-MC-Unique", true },
	{ "X-Mozilla-Status", true },
	{ "X-Evolution", true },
	{ "X-Evolution-Source", true },
	{ "X-UID", true },
	{ "X-UIDL", true },
	{ "X-Keywords", true },
	{ "X-Forwarded-Encrypted", true },
	{ "X-MS-Exchange-Organization-SCL", true },
	{ "Status", true },
	{ "X-Status", true },
	{ "Content-Length", true },
	{ "Lines", true },
	{ "Bcc", true },
	{ "Return-Paths", false },
	{ "Return", false },
	{ "Receive", false },
	{ "Received-By", false },
	{ "X-Received-By", false },
	{ "Delivered", false },
	{ "X-Delivered-To", false },
	{ "Original-To", false },
	{ "X-Envelope", false },
	{ "X-EnvelopeTo", false },
	{ "Authentication-Results-Original", false },
	{ "X-Authentication-Results", false },
	{ "ARC", false },
	{ "ARCA", false },
	{ "X-ARC-Seal", false },
	{ "Received-SPF-X", false },
	{ "DKIM", false },
	{ "X-DKIM-Signature", false },
	{ "X-Google", false },
	{ "X-Gmail-Labels", false },
	{ "X-GMX-Antispam", false },
	{ "X-Spam", false },
	{ "X-Spammer", false },
	{ "X-Spamd", false },
	{ "X-Virus", false },
	{ "X-Greylist-Delay", false },
	{ "X-MCUnique", false },
	{ "X-Mozilla", false },
	{ "X-UI", false },
	{ "X-Keyword", false },
	{ "X-MS-Exchange", false },
	{ "X-MS-Has-Attach", false },
	{ "Status-Code", false },
	{ "X-Statuses", false },
	{ "X-Content-Length", false },
	{ "Content-Type", false },
	{ "Line", false },
	{ "Bc", false },
	{ "Bccc", false },
	{ "Cc", false },
	{ "Resent-Bcc", false },
	{ "X-Spam-\x7f", false },
	{ "X-Spam-\x80", false },
	{ "X-Spam-\x1f", false },
	{ "X-Spam-~", true },
	{ "X-Spam-!", true },
	{ "X\rGm-Message-State", false },
	{ "Message-ID", false },
	{ "From", false },
	{ "List-Id", false },
};

static void check_name(const char *name, bool is_trace)
{
	AUTO(str) char *raw = g_strconcat("To: a\n", name, ": b\n\nc", NULL);
	struct parts parts = split(raw, strlen(raw));

	if (!CHECK_INT(parts.split.trace != NULL, is_trace))
		printf("# for %s\n", name);
	check_all(raw, strlen(raw));
	release(&parts);
}

TEST(the_names_of_trace_are_compared_without_case)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		AUTO(str) char *upper = g_ascii_strup(names[i].name, -1);
		AUTO(str) char *lower = g_ascii_strdown(names[i].name, -1);

		check_name(names[i].name, names[i].is_trace);
		check_name(upper, names[i].is_trace);
		check_name(lower, names[i].is_trace);
	}
}

/* Any single byte of a name but its case makes it another name. */
TEST(no_other_byte_stands_for_a_letter)
{
	for (unsigned at = 0; at < 3; at++)
		for (unsigned byte = 1; byte < 256; byte++) {
			char name[] = "bcc";
			bool same = (byte | 0x20) == (uint8_t)name[at] &&
				    byte >= 'A';

			if (byte == ':' || byte == '\n' || byte == ' ' ||
			    byte == '\t')
				continue;
			name[at] = (char)byte;
			check_name(name, same);
		}
}

TEST(each_field_is_an_entry_with_its_place)
{
	static const char raw[] = "From x\r\nTo: a\r\nBcc: b\r\n c\r\n"
				  "Status: O\r\nCc: d\r\n\r\n";
	static const struct {
		uint64_t offset;
		const char *text;
	} want[] = { { 0, "From x\n" },
		     { 6, "Bcc: b\n c\n" },
		     { 6, "Status: O\n" } };
	struct parts parts = split(raw, strlen(raw));
	struct trace_iter it =
		trace_iter(parts.split.trace->data, parts.split.trace->len);
	struct trace_entry entry;
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		if (!CHECK_INT(trace_next(&it, &entry, &err), 1))
			break;
		CHECK_INT(entry.content_offset, want[i].offset);
		if (CHECK_INT(entry.size, strlen(want[i].text)))
			CHECK_MEM(entry.data, want[i].text, entry.size);
	}
	CHECK_INT(trace_next(&it, &entry, &err), 0);
	release(&parts);
}

/* What hides at the borders of lines, fields and headers. */
static const char *const pieces[] = {
	"\n",        "\r\n",       "\r",     "\n\n",       "\r\n\r\n",
	" ",         "\t",         "From ",  "From a@b x", "Received",
	"Status:",   "bcc: x",     "X-UID",  "X-Spam-a:",  "Subject:",
	"To: a",     ":",          ">From ", "junk",       " folded",
	"\xc3\xbc",  "arc-",       " :",     "Bcc: \r\n",  "To: b\n",
	"To: c\r\n", "Status: R\n"
};

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % limit;
}

TEST(any_mixture_of_pieces_comes_back)
{
	uint32_t seed = 20261123;

	for (int round = 0; round < 60000; round++) {
		AUTO(bytes) GByteArray *raw = g_byte_array_new();
		uint32_t count = random_below(&seed, 24);

		for (uint32_t i = 0; i < count; i++) {
			uint32_t which =
				random_below(&seed, G_N_ELEMENTS(pieces));
			const char *piece = pieces[which];

			g_byte_array_append(raw, (const uint8_t *)piece,
					    (guint)strlen(piece));
		}
		check_all(raw->data, raw->len);
	}
}

TEST(any_bytes_come_back)
{
	static const uint8_t alphabet[] = "\0\r\n :bBcC\xff";
	uint32_t seed = 7;
	uint8_t raw[64];

	for (int round = 0; round < 60000; round++) {
		size_t size = random_below(&seed, sizeof(raw));

		for (size_t i = 0; i < size; i++)
			raw[i] = alphabet[random_below(&seed,
						       sizeof(alphabet) - 1)];
		check_all(raw, size);
	}
}

TEST(every_truncation_comes_back)
{
	static const char raw[] =
		"From a@b Mon Nov  2 10:00:00 2026\r\nReturn-Path: <a@b>\r\n"
		"Received: from c\r\n\tby d\r\nSubject: e\r\n f\r\nBcc: g\r\n"
		"\r\nFrom here on\r\nReceived: no\r\n";

	for (size_t size = 0; size < sizeof(raw); size++) {
		AUTO(str) char *lf = g_strndup(raw, size);
		char *to = lf;

		check_all(raw, size);
		for (const char *at = lf; *at; at++)
			if (*at != '\r')
				*to++ = *at;
		check_all(lf, (size_t)(to - lf));
	}
}

TEST(a_line_of_a_megabyte_comes_back)
{
	static const char *const heads[] = { "Received: ", "To: ", "bcc", "",
					     "From " };

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		AUTO(bytes) GByteArray *raw = g_byte_array_new();
		size_t len = strlen(heads[i]);

		g_byte_array_set_size(raw, 1 << 20);
		memset(raw->data, 0, raw->len);
		memcpy(raw->data, heads[i], len);
		g_byte_array_append(raw, (const uint8_t *)"\nBcc: x\n\ny", 10);
		check_all(raw->data, raw->len);
	}
}

TEST(a_trace_that_is_cut_or_does_not_fit_is_refused)
{
	static const char raw[] = "To: a\nBcc: b\nCc: c\nStatus: d\nX: e\n\n";
	struct parts parts = split(raw, strlen(raw));
	const GByteArray *trace = parts.split.trace;
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err;

	for (guint size = 1; size < trace->len; size++) {
		AUTO(bytes) GByteArray *part = g_byte_array_new();

		g_byte_array_append(part, trace->data, size);
		if (size == 2 + strlen("Bcc: b\n"))
			continue; /* just the first entry */
		CHECK_INT(message_join("To: a\nCc: c\n", 12, part, false, out,
				       &err),
			  -1);
		CHECK_INT(err.code, EBADMSG);
		CHECK_INT(out->len, 0);
	}
	for (size_t size = 0; size < 12; size++) {
		CHECK_INT(message_join("To: a\nCc: c\n", size, trace, false,
				       out, &err),
			  -1);
		CHECK_INT(err.code, EBADMSG);
	}
	CHECK_INT(out->len, 0);
	release(&parts);
}

TEST(numbers_of_more_than_64_bits_are_refused)
{
	static const struct {
		const char *bytes;
		size_t size;
		int result;
	} rows[] = {
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11, 1 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00", 11, -1 },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x00", 12, -1 },
		{ "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, -1 },
		{ "\x80", 1, -1 },
		{ "\x00", 1, -1 },
		{ "\x00\x01", 2, -1 },
		{ "\x00\x00", 2, 1 },
	};
	/* Two distances that add up to more. */
	static const char sum[] =
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x01\x00";
	struct trace_iter it = trace_iter(sum, 13);
	struct trace_entry entry;
	struct err err;

	CHECK_INT(trace_next(&it, &entry, &err), 1);
	CHECK_INT(trace_next(&it, &entry, &err), -1);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		it = trace_iter(rows[i].bytes, rows[i].size);
		CHECK_INT(trace_next(&it, &entry, &err), rows[i].result);
	}
}

TEST(join_appends_behind_what_is_there)
{
	struct parts parts = split("Bcc: a\r\nTo: b\r\n", 15);
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct err err;

	g_byte_array_append(raw, (const uint8_t *)"\n1\n", 3);
	CHECK_INT(message_join(parts.content->data, parts.content->len,
			       parts.split.trace, true, raw, &err),
		  0);
	check_bytes(raw, "\n1\nBcc: a\r\nTo: b\r\n", 18);
	release(&parts);
}

TEST(more_than_a_gigabyte_is_refused)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct err err;

	CHECK_INT(
		message_join("", ((size_t)1 << 30) + 1, NULL, false, raw, &err),
		-1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(raw->len, 0);
}

/* Whole fields, until the trace would be too long to be read back. */
TEST(a_trace_has_an_end)
{
	static const size_t sizes[] = { 100, 70000, MESSAGE_TRACE - 40,
					MESSAGE_TRACE, 2 * MESSAGE_TRACE };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		AUTO(gstring) GString *raw = g_string_new(NULL);
		AUTO(str) char *value = g_strnfill(sizes[i], 'x');
		AUTO(bytes) GByteArray *back = NULL;
		struct parts parts;
		size_t taken;

		while (raw->len <= 2 * MESSAGE_TRACE)
			g_string_append_printf(raw, "Received: %s\n", value);
		g_string_append(raw, "Subject: x\n\nbody\n");
		parts = split(raw->str, raw->len);
		taken = parts.split.trace ? parts.split.trace->len : 0;
		CHECK(taken <= MESSAGE_TRACE);
		CHECK(sizes[i] >= MESSAGE_TRACE || taken > sizes[i]);
		CHECK(sizes[i] < MESSAGE_TRACE || taken == 0);
		back = join(&parts);
		check_bytes(back, raw->str, raw->len);
		release(&parts);
	}
}
