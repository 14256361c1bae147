/* SPDX-License-Identifier: ISC */
#include "source-labels.h"

#include "defms/state.h"
#include "test.h"

static void free_arrival(gpointer data)
{
	arrival_free(data);
}

static void show(const struct arrival *arrival, GString *out)
{
	g_string_append_printf(out, "%s%s:%s%s%s%s%s%s", out->len ? "|" : "",
			       arrival->folder, arrival->is_new ? "N" : "",
			       arrival->flags & FLAG_SEEN ? "S" : "",
			       arrival->flags & FLAG_ANSWERED ? "A" : "",
			       arrival->flags & FLAG_FLAGGED ? "F" : "",
			       arrival->flags & FLAG_DRAFT ? "D" : "",
			       arrival->flags & FLAG_DELETED ? "T" : "");
}

/* "folder:flags" of each arrival that comes of a message, which is new and in
 * INBOX at first. Caller frees. */
static char *filed(const void *raw, size_t size, bool fixed)
{
	AUTO(arrival) struct arrival *arrival = arrival_new();
	GQueue more = G_QUEUE_INIT;
	GString *out = g_string_new(NULL);

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, raw, (guint)size);
	arrival->folder = g_strdup("INBOX");
	arrival->origin = g_strdup("x.mbox:7");
	arrival->received = 99;
	arrival->is_new = true;
	arrival->is_public = true;
	source_labels(arrival, fixed, &more);
	show(arrival, out);
	for (GList *at = more.head; at; at = at->next) {
		const struct arrival *copy = at->data;

		show(copy, out);
		CHECK_INT(copy->raw->len, size);
		CHECK_MEM(copy->raw->data, raw, size);
		CHECK_STR(copy->origin, "x.mbox:7");
		CHECK_INT(copy->received, 99);
		CHECK(copy->is_public);
	}
	CHECK_INT(arrival->raw->len, size);
	g_queue_clear_full(&more, free_arrival);
	return g_string_free(out, FALSE);
}

struct known {
	const char *raw, *filed;
};

static void check_known(const struct known *known, size_t count, bool fixed)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(str)
		char *got = filed(known[i].raw, strlen(known[i].raw), fixed);

		if (!CHECK_STR(got, known[i].filed))
			printf("#   of %s\n", known[i].raw);
	}
}

/* Letters as mutt, mailx and dovecot write them. */
TEST(status_fields_are_flags)
{
	static const struct known known[] = {
		{ "", "INBOX:N" },
		{ "Subject: x\n\n", "INBOX:N" },
		{ "Status: RO\n\n", "INBOX:S" },
		{ "Status: R\n\n", "INBOX:S" },
		{ "Status: O\n\n", "INBOX:" },
		{ "Status: N\n\n", "INBOX:N" },
		{ "Status:\n\n", "INBOX:N" },
		{ "Status: RO", "INBOX:S" },
		{ "Status: RO\r\nX-Status: AF\r\n\r\n", "INBOX:SAF" },
		{ "status:RO\nX-STATUS:A\n\n", "INBOX:SA" },
		{ "X-Status: A\n\n", "INBOX:A" },
		{ "X-Status: F\n\n", "INBOX:F" },
		{ "X-Status: D\n\n", "INBOX:T" },
		{ "X-Status: T\n\n", "INBOX:D" },
		{ "X-Status: AFDT\nStatus: RO\n\n", "INBOX:SAFDT" },
		{ "X-Status: R\n\n", "INBOX:N" },
		{ "Status: AFDT\n\n", "INBOX:N" },
		/* The first counts, and none of the body. */
		{ "Status: N\nStatus: R\n\n", "INBOX:N" },
		{ "Subject: x\n\nStatus: RO\n", "INBOX:N" },
		{ "Subject: x\r\n\r\nStatus: RO\r\n", "INBOX:N" },
		{ "\nStatus: RO\n", "INBOX:N" },
		/* None of these is the field. */
		{ "X-My-Status: RO\n\n", "INBOX:N" },
		{ "Status-X: RO\n\n", "INBOX:N" },
		{ "Subject: x\n Status: RO\n\n", "INBOX:N" },
		{ "Subject: Status: RO\n\n", "INBOX:N" },
		{ "Statu", "INBOX:N" },
		{ "Status", "INBOX:N" },
	};

	check_known(known, G_N_ELEMENTS(known), false);
	check_known(known, G_N_ELEMENTS(known), true);
}

#define LABELS(list) "X-Gmail-Labels: " list "\nSubject: x\n\nbody\n"

TEST(labels_are_folders_and_flags)
{
	static const struct known known[] = {
		{ LABELS("Inbox"), "INBOX:S" },
		{ LABELS("inbox"), "INBOX:S" },
		{ LABELS("Inbox,Unread"), "INBOX:N" },
		{ LABELS("Unread,Inbox"), "INBOX:N" },
		{ LABELS("Sent"), "Sent:S" },
		{ LABELS("Drafts"), "Drafts:SD" },
		{ LABELS("Spam,Unread"), "Junk:N" },
		{ LABELS("Trash"), "Trash:S" },
		{ LABELS("Chat"), "Chat:S" },
		{ LABELS("Archived,Opened"), "Archive:S" },
		{ LABELS("Important,Unread"), "Archive:N" },
		{ LABELS("Starred"), "Archive:SF" },
		{ LABELS("Category Promotions,Opened"), "Archive:S" },
		{ LABELS("Work"), "Work:S" },
		{ LABELS("Work,Inbox,Starred"), "Work:SF|INBOX:SF" },
		{ LABELS("A , B,\tC"), "A:S|B:S|C:S" },
		{ LABELS("A,Unread,B"), "A:N|B:N" },
		{ LABELS("Work/Reports"), "Work/Reports:S" },
		{ "Status: R\n" LABELS("Unread,Inbox"), "INBOX:S" },
		{ "X-Status: A\n" LABELS("Inbox"), "INBOX:SA" },
		{ "X-Gmail-Labels: Inbox,\n Work\n\n", "INBOX:S|Work:S" },
		{ "X-Gmail-Labels: Inbox,\r\n Work\r\n\r\n", "INBOX:S|Work:S" },
		{ "Subject: x\n\nX-Gmail-Labels: Work\n", "INBOX:N" },
		/* RFC 2047: both encodings, and more words than one. */
		{ LABELS("=?UTF-8?Q?Caf=C3=A9?="), "Caf\xc3\xa9:S" },
		{ LABELS("=?utf-8?b?Q2Fmw6ksSW5ib3g=?="),
		  "Caf\xc3\xa9:S|INBOX:S" },
		{ LABELS("=?UTF-8?Q?A,B_b?=\n =?UTF-8?Q?,C?="),
		  "A:S|B b:S|C:S" },
	};

	check_known(known, G_N_ELEMENTS(known), false);
}

TEST(with_a_folder_given_labels_are_flags_only)
{
	static const struct known known[] = {
		{ LABELS("Work,Starred"), "INBOX:SF" },
		{ LABELS("A,B,Unread"), "INBOX:N" },
		{ LABELS("Drafts"), "INBOX:SD" },
	};

	check_known(known, G_N_ELEMENTS(known), true);
}

/* What is no name of a folder is none. */
TEST(a_label_leads_nowhere_else)
{
	static const struct known known[] = {
		{ LABELS(""), "Archive:S" },
		{ LABELS(",,,"), "Archive:S" },
		{ LABELS("../../etc/passwd"), "Archive:S" },
		{ LABELS("/etc/passwd"), "Archive:S" },
		{ LABELS("a/../b"), "Archive:S" },
		{ LABELS("a//b"), "Archive:S" },
		{ LABELS("a/"), "Archive:S" },
		{ LABELS("=?utf-8?q?a=00b?="), "a?b:S" },
		{ LABELS("=?utf-8?q?a=0Ab?=,Work"), "a b:S|Work:S" },
		{ LABELS("=?utf-8?q?=2E=2E=2Fx?=,Work"), "Work:S" },
	};

	check_known(known, G_N_ELEMENTS(known), false);
}

/* Two labels of one folder are one copy in it. */
TEST(a_folder_is_given_once)
{
	static const struct known known[] = {
		{ LABELS("Inbox,INBOX,inbox"), "INBOX:S" },
		{ LABELS("Spam,Junk"), "Junk:S" },
		{ LABELS("A,B,A,B"), "A:S|B:S" },
		{ LABELS("a/b,a.b"), "a/b:S" },
	};

	check_known(known, G_N_ELEMENTS(known), false);
}

TEST(many_labels_have_an_end)
{
	for (int count = 60; count < 70; count++) {
		AUTO(gstring) GString *raw = g_string_new("X-Gmail-Labels: x0");
		AUTO(str) char *got = NULL;
		AUTO(gstring) GString *want = g_string_new("x0:S");

		for (int i = 1; i < count; i++) {
			g_string_append_printf(raw, ",x%d", i);
			if (i < 64)
				g_string_append_printf(want, "|x%d:S", i);
		}
		(void)g_string_append(raw, "\n\n");
		got = filed(raw->str, raw->len, false);
		CHECK_STR(got, want->str);
	}
}

TEST(bytes_of_any_kind_are_filed_somewhere)
{
	static const char start[] = "Status: RO\nX-Gmail-Labels: ";
	GRand *rand = g_rand_new_with_seed(5);

	for (int i = 0; i < 2000; i++) {
		AUTO(bytes) GByteArray *raw = g_byte_array_new();
		AUTO(str) char *got = NULL;
		guint keep = (guint)g_rand_int_range(rand, 0, sizeof(start));
		int size = g_rand_int_range(rand, 0, 40);

		(void)g_byte_array_append(raw, (const guint8 *)start, keep);
		for (int j = 0; j < size; j++) {
			guint8 byte = (guint8)g_rand_int_range(rand, 0, 256);

			(void)g_byte_array_append(raw, &byte, 1);
		}
		got = filed(raw->data, raw->len, false);
		CHECK(g_utf8_validate(got, -1, NULL));
	}
	g_rand_free(rand);
}
