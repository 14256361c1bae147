/* SPDX-License-Identifier: ISC */
#include "send-input.h"

#include <errno.h>
#include <unistd.h>

#include "test.h"

/* What is read of `text`, which comes in pieces of `step` bytes. */
static GByteArray *read_of(const char *text, size_t size, bool dots,
			   size_t step)
{
	GByteArray *out = g_byte_array_new();
	struct err err = { 0 };
	int ends[2];
	pid_t child;

	CHECK_INT(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		for (size_t at = 0; at < size; at += step)
			if (write(ends[1], text + at, MIN(step, size - at)) < 0)
				_exit(1);
		_exit(0);
	}
	(void)close(ends[1]);
	CHECK_INT(send_read(ends[0], dots, out, &err), 0);
	(void)close(ends[0]);
	return out;
}

TEST(a_line_of_one_dot_ends_it_unless_told_otherwise)
{
	static const struct {
		const char *in, *out;
	} known[] = {
		{ "a\n.\nb\n", "a\n" },
		{ "a\r\n.\r\nb\r\n", "a\r\n" },
		{ ".\n", "" },
		{ "a\n.", "a\n" },
		{ "a\n.\r", "a\n" },
		{ "a\n..\nb\n", "a\n..\nb\n" },
		{ "a\n. \nb\n", "a\n. \nb\n" },
		{ "a.\n.b\n", "a.\n.b\n" },
		{ "a\n.\r\r\nb", "a\n.\r\r\nb" },
		{ "a\n\n.\n.\n", "a\n\n" },
		{ "", "" },
		{ "From ada Mon Mar  2 10:00:00 2026\nTo: b\n\nx\n",
		  "To: b\n\nx\n" },
		{ "From: ada\n\nFrom x\n", "From: ada\n\nFrom x\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		for (size_t step = 1; step < 5; step++) {
			const char *in = known[i].in, *out = known[i].out;
			AUTO(bytes)
			GByteArray *got = read_of(in, strlen(in), false, step);
			AUTO(bytes)
			GByteArray *all = read_of(in, strlen(in), true, step);
			size_t skip = strncmp(in, "From ", 5) == 0
					      ? strcspn(in, "\n") + 1
					      : 0;

			CHECK_INT(got->len, strlen(out));
			CHECK_MEM(got->data, out, MIN(got->len, strlen(out)));
			CHECK_INT(all->len, strlen(in) - skip);
		}
}

TEST(a_large_message_is_read_whole)
{
	AUTO(gstring) GString *text = g_string_new("To: b\n\n");
	GByteArray *got;

	while (text->len < 1000000)
		g_string_append_printf(text, "%zu.\n.x\n", text->len);
	got = read_of(text->str, text->len, false, text->len);
	CHECK_INT(got->len, text->len);
	CHECK_MEM(got->data, text->str, MIN(got->len, text->len));
	(void)g_byte_array_unref(got);
}

TEST(a_descriptor_that_cannot_be_read_fails)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err = { 0 };

	CHECK_INT(send_read(-1, true, out, &err), -1);
	CHECK_INT(err.code, EBADF);
}

TEST(an_argument_is_a_list_of_addresses)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} known[] = {
		{ "bob@example.org", "bob@example.org" },
		{ " bob@example.org ", "bob@example.org" },
		{ "<bob@example.org>", "bob@example.org" },
		{ "Bob <bob@example.org>", "bob@example.org" },
		{ "\"B, b\" <b@example.org>, c@example.org",
		  "b@example.org c@example.org" },
		{ "a@example.org,b@example.org",
		  "a@example.org b@example.org" },
		{ "bob@[192.0.2.1]", "bob@[192.0.2.1]" },
		{ "bob@[IPv6:2001:db8::1]", "bob@[IPv6:2001:db8::1]" },
		{ "o'hara+x=y@example.org", "o'hara+x=y@example.org" },
		{ "bob", NULL },
		{ "", NULL },
		{ "<>", NULL },
		{ "@example.org", NULL },
		{ "bob@", NULL },
		{ "a@example.org, bob", NULL },
		{ "a@b\nBcc: eve@example.org", NULL },
		{ "a@b\r\nRCPT TO:<eve@example.org>", NULL },
		{ "a@b\x7f", NULL },
		{ "|/bin/sh", NULL },
		{ "/etc/passwd", NULL },
		{ "undisclosed-recipients:;", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(ptrs)
		GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
		AUTO(gstring) GString *got = g_string_new(NULL);
		struct err err = { 0 };
		int result =
			send_parse_recipients(known[i].in, NULL, out, &err);

		for (guint j = 0; j < out->len; j++)
			g_string_append_printf(
				got, "%s%s", j > 0 ? " " : "",
				(char *)g_ptr_array_index(out, j));
		if (result != (known[i].out ? 0 : -1))
			printf("# %s: %s\n", known[i].in, got->str);
		CHECK_INT(result, known[i].out ? 0 : -1);
		if (result == 0)
			CHECK_STR(got->str, known[i].out);
		else
			CHECK_INT(err.code, EINVAL);
	}
}

TEST(a_user_gets_a_domain)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} known[] = {
		{ "root", "root@x.org" },
		{ "<_apt.x+y=z-1>", "_apt.x+y=z-1@x.org" },
		{ "Bob <bob>", "bob@x.org" },
		{ "bob@example.org", "bob@example.org" },
		{ "bob@", NULL },
		{ "@example.org", NULL },
		{ "|/bin/sh", NULL },
		{ "/etc/passwd", NULL },
		{ "-rf", NULL },
		{ "bob!eve", NULL },
		{ "\"bob\"", NULL },
		{ "bob smith", NULL },
		{ "bob\nBcc: eve@example.org", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *got = NULL;

		(void)send_parse_sender(known[i].in, "x.org", &got, NULL);
		if (!CHECK_STR(got, known[i].out))
			printf("# %s\n", known[i].in);
	}
}

TEST(a_long_address_is_refused)
{
	for (size_t size = 60; size < 70; size++) {
		AUTO(ptrs)
		GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
		AUTO(str) char *local = g_strnfill(size, 'x');
		AUTO(str) char *mail = g_strconcat(local, "@b.org", NULL);
		struct err err = { 0 };

		CHECK_INT(send_parse_recipients(mail, NULL, out, &err),
			  size <= 64 ? 0 : -1);
	}
}

TEST(a_sender_is_one_address_or_none)
{
	static const struct {
		const char *in, *out;
	} known[] = {
		{ "<>", "" },
		{ "", "" },
		{ "Ada <ada@example.org>", "ada@example.org" },
		{ "ada@example.org", "ada@example.org" },
		{ "a@example.org, b@example.org", NULL },
		{ "ada", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *mail = NULL;
		struct err err = { 0 };

		CHECK_INT(send_parse_sender(known[i].in, NULL, &mail, &err),
			  known[i].out ? 0 : -1);
		if (known[i].out)
			CHECK_STR(mail ? mail : "NULL", known[i].out);
	}
}

TEST(the_name_in_from_is_quoted)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	send_from_field("A \"b\" \\ c\nBcc: x", "a@b", out);
	CHECK_STR(out->str, "From: \"A \\\"b\\\" \\\\ c Bcc: x\" <a@b>\n");
	(void)g_string_truncate(out, 0);
	send_from_field(NULL, "a@b", out);
	CHECK_STR(out->str, "From: <a@b>\n");
}

/* Any change of who, what or which time makes it another. */
TEST(sources_differ_where_messages_do)
{
	static const struct {
		const char *input, *sender, *to, *cc;
		uint32_t turn;
	} known[] = {
		{ "x", "a", "b", "c", 0 },   { "x", "a", "b", "c", 1 },
		{ "y", "a", "b", "c", 0 },   { "x", "b", "b", "c", 0 },
		{ "x", "a", "bc", "", 0 },   { "x", "a", "b", NULL, 0 },
		{ "cx", "a", "b", NULL, 0 },
	};
	struct queue_source sources[G_N_ELEMENTS(known)];

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(bytes) GByteArray *input = g_byte_array_new();
		struct composed composed = { 0 };
		struct queue_source again;

		(void)g_byte_array_append(input, (const guint8 *)known[i].input,
					  (guint)strlen(known[i].input));
		composed.sender = g_strdup(known[i].sender);
		composed.recipients = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(composed.recipients, g_strdup(known[i].to));
		if (known[i].cc)
			g_ptr_array_add(composed.recipients,
					g_strdup(known[i].cc));
		send_source(input, &composed, known[i].turn, &sources[i]);
		send_source(input, &composed, known[i].turn, &again);
		CHECK_MEM(again.bytes, sources[i].bytes, sizeof(again.bytes));
		for (size_t j = 0; j < i; j++)
			CHECK(memcmp(&sources[j], &sources[i],
				     sizeof(sources[i])) != 0);
		g_free(composed.sender);
		g_ptr_array_unref(composed.recipients);
	}
}
