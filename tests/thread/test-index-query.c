/* SPDX-License-Identifier: ISC */
#include "index-test.h"

static const char full[] =
	"From: =?utf-8?q?Ad=C3=A0?= Lovelace <Ada@EXAMPLE.org>, b@x\n"
	"To: Bob <bob@x>\nCc: carol@x\nReply-To: list@x\n"
	"Mail-Reply-To: Ada <ada@x>\nMail-Followup-To: list@x,\n bob@x\n"
	"Subject: Re: =?utf-8?b?Q2Fmw6k=?=\nMessage-ID: <m@x>\n"
	"References: <r1@x> <r2@x>\nIn-Reply-To: <r2@x> <r3@x>\n"
	"List-Id: A list <Dev.x>\nDate: Thu, 01 Oct 2026 12:00:00 +0200\n"
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
	"--b\n\nhello\n"
	"--b\nContent-Type: text/plain; name=x.txt\n"
	"Content-Disposition: attachment; filename=x.txt\n\nabc\n"
	"--b\nContent-Type: text/plain; name=x.txt\n"
	"Content-Disposition: attachment; filename=x.txt\n\nabcd\n--b--\n";

TEST(a_message_comes_back_as_it_was_added)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "one");
	int64_t serial = message_new(files, thread, full);
	struct message_id hash = message_id_of(NULL, full, strlen(full));
	struct index_message got;
	struct err err = { 0 };

	if (!CHECK_INT(index_message_get(files->index, serial, &got, &err), 1))
		return;
	CHECK_INT(got.serial, serial);
	CHECK_INT(got.thread, thread);
	CHECK_INT(got.seq, 2);
	CHECK_INT(got.strand, 1);
	CHECK_MEM(&got.hash, &hash, sizeof(hash));
	CHECK_MEM(&got.id, &hash, sizeof(hash));
	CHECK(!got.pieces);
	CHECK_INT(got.content_size, strlen(full));
	CHECK_INT(got.flags, 0);
	CHECK_INT(got.removed, 0);
	CHECK_INT(got.date, 1790848800);
	CHECK_INT(got.date_zone, 120);
	CHECK_STR(got.subject, "Re: Caf\xc3\xa9");
	CHECK_STR(got.mail, "Ada@EXAMPLE.org");
	CHECK(strstr(got.from, "Ad\xc3\xa0 Lovelace") != NULL);
	CHECK(strstr(got.to, "bob@x") != NULL);
	CHECK_STR(got.cc, "carol@x");
	CHECK_STR(got.reply_to, "list@x");
	CHECK_STR(got.mail_reply_to, "Ada <ada@x>");
	CHECK_STR(got.mail_followup_to, "list@x, bob@x");
	CHECK_STR(got.msgid, "m@x");
	CHECK_STR(got.references, "r1@x r2@x r3@x");
	CHECK_STR(got.list_id, "dev.x");
	CHECK_INT(got.html_part, -1);
	if (CHECK_INT(got.parts->len, 2)) {
		const struct index_part *one = g_ptr_array_index(got.parts, 0);
		const struct index_part *two = g_ptr_array_index(got.parts, 1);

		CHECK_STR(one->name, "x.txt");
		CHECK(strcmp(two->name, "x.txt") != 0);
		CHECK_INT(one->size, 3);
		CHECK_INT(two->size, 4);
		CHECK(one->number != two->number);
	}
	index_message_release(&got);
}

TEST(a_message_without_anything_has_empty_fields)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t serial = message_new(files, thread_new(files, "one"), "\n");
	struct index_message got;
	struct err err = { 0 };

	if (!CHECK_INT(index_message_get(files->index, serial, &got, &err), 1))
		return;
	CHECK_STR(got.subject, "");
	CHECK_STR(got.from, "");
	CHECK_STR(got.mail, "");
	CHECK_STR(got.short_name, "unknown");
	CHECK_STR(got.references, "");
	CHECK_INT(got.date, 0);
	CHECK_INT(got.date_zone, MIME_NO_DATE);
	CHECK_INT(got.parts->len, 0);
	index_message_release(&got);
}

TEST(a_message_is_found_by_its_name_in_its_thread)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t one = thread_new(files, "one"), two = thread_new(files, "two");
	int64_t serial = dated(files, one, 1, NULL);
	struct index_message message, got;
	AUTO(str) char *other = NULL;
	struct err err = { 0 };

	CHECK_INT(index_message_get(files->index, serial, &message, &err), 1);
	CHECK_INT(index_message_named(files->index, one, message.name, &got,
				      &err),
		  1);
	CHECK_INT(got.serial, serial);
	index_message_release(&got);
	CHECK_INT(index_message_named(files->index, two, message.name, &got,
				      &err),
		  0);
	/* The hash alone, a longer name, each start of it: none. */
	CHECK_INT(index_message_named(files->index, one,
				      strrchr(message.name, '.'), &got, &err),
		  0);
	other = g_strconcat(message.name, "0", NULL);
	CHECK_INT(index_message_named(files->index, one, other, &got, &err), 0);
	for (size_t cut = strlen(message.name); cut > 0; cut--) {
		other[cut - 1] = '\0';
		CHECK_INT(index_message_named(files->index, one, other, &got,
					      &err),
			  0);
	}
	must(state_message_remove(files->state, serial, 1, &err), &err);
	CHECK_INT(index_message_named(files->index, one, message.name, &got,
				      &err),
		  0);
	index_message_release(&message);
}

TEST(messages_of_a_thread_come_one_by_one_as_of_a_change)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t thread = thread_new(files, "one");
	int64_t other = thread_new(files, "two");
	struct err err = { 0 };

	for (int i = 0; i < 12; i++)
		(void)dated(files, i % 3 ? thread : other, i, NULL);
	must(state_message_remove(files->state, 5, 1, &err), &err);
	for (int64_t seq = 0; seq < 16; seq++) {
		AUTO(gstring) GString *got = g_string_new(NULL);
		AUTO(gstring) GString *want = g_string_new(NULL);
		struct index_message message;
		int64_t after = 0;

		/* Message n came with change n + 2. */
		for (int64_t n = 1; n <= 12; n++)
			if ((n - 1) % 3 && n != 5 && n + 2 <= seq)
				g_string_append_printf(want, "%" PRId64 " ", n);
		while (index_message_next(files->index, thread, seq, after,
					  &message, &err) > 0) {
			after = message.serial;
			g_string_append_printf(got, "%" PRId64 " ", after);
			index_message_release(&message);
		}
		CHECK_STR(got->str, want->str);
	}
}
