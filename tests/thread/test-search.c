/* SPDX-License-Identifier: ISC */
#include "defms/search.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "defms/state-copies.h"
#include "defms/state-threads.h"
#include "defms/state.h"
#include "index-write.h"
#include "test.h"

enum { DAY = 86400 };
static const int64_t now = 1793610000; /* 2026-11-02 09:00 UTC */

/* -- a small mailbox ------------------------------------------------------- */

struct mailbox_files {
	char *dir, *state_path, *index_path;
	struct state *state;
	struct index *index;
};

static const struct {
	int64_t thread;
	const char *thread_name;
	const char *folder;
	unsigned flags, thread_flags;
	bool is_new, removed;
	const char *text;
} mails[] = {
	{ 1, "2026-10-01.roof-repair.aaaaaa", "INBOX", FLAG_SEEN, 0, false,
	  false,
	  "From: Ada Lovelace <ada@example.org>\nTo: me@example.net\n"
	  "Subject: Roof repair\nMessage-ID: <root@example.org>\n"
	  "Date: Thu, 01 Oct 2026 10:00:00 +0000\n\nThe roof leaks badly.\n" },
	{ 1, NULL, "INBOX", FLAG_FLAGGED, 0, true, false,
	  "From: Bob <bob@example.com>\nTo: ada@example.org\n"
	  "Cc: Carol <carol@example.net>\nSubject: Re: Roof repair\n"
	  "Message-ID: <second@example.com>\n"
	  "Date: Sun, 01 Nov 2026 10:00:00 +0000\n\nA ladder is needed, "
	  "\xc3\x84rger.\n" },
	{ 3, "2026-11-02.patch.bbbbbb", "lists/linux",
	  FLAG_SEEN | FLAG_ANSWERED, THREAD_MUTED, false, false,
	  "From: carol@example.net\nTo: linux-man@vger.kernel.org\n"
	  "List-Id: <linux-man.vger.kernel.org>\n"
	  "Subject: [PATCH] open.2: ladder\nMessage-ID: <third@example.net>\n"
	  "Date: Mon, 02 Nov 2026 08:00:00 +0000\n"
	  "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
	  "--b\n\nroofless text\n--b\nContent-Type: image/png; name=x.png\n"
	  "Content-Disposition: attachment; filename=x.png\n\nabc\n--b--\n" },
	{ 4, "2025-05-05.old.cccccc", "Archive", 0, THREAD_ARCHIVED, false,
	  false,
	  "From: Dave <dave@example.org>\nTo: me@example.net\nSubject: Old\n"
	  "Message-ID: <fourth@example.org>\n"
	  "Date: Mon, 05 May 2025 10:00:00 +0000\n\nold 100%_sure words\n" },
	{ 5, "0000-00-00.no-subject.dddddd", "Drafts", FLAG_DRAFT, 0, false,
	  false, "From: me@example.net\n\nundated ladder\n" },
	{ 1, NULL, "INBOX", 0, 0, false, true,
	  "From: Eve <eve@example.org>\nSubject: Re: Roof repair\n"
	  "Message-ID: <sixth@example.org>\n"
	  "Date: Sun, 01 Nov 2026 11:00:00 +0000\n\nremoved roof\n" },
};

static void must(int result, const struct err *err)
{
	if (result >= 0)
		return;
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}

static void add_to_state(struct state *state, size_t i, int64_t *serial_r,
			 struct message_id *hash_r)
{
	const char *text = mails[i].text;
	struct state_folder folder;
	struct state_copy copy = { .flags = mails[i].flags,
				   .is_new = mails[i].is_new };
	struct err err;
	int64_t thread;

	*hash_r = message_id_of(NULL, text, strlen(text));
	must(state_message_add(state, hash_r, 1, serial_r, &err), &err);
	if (mails[i].thread_name) {
		must(state_thread_add(state, mails[i].thread_name, *serial_r,
				      &thread, &err),
		     &err);
		must(state_thread_flags(state, thread, mails[i].thread_flags,
					&err),
		     &err);
	}
	must(state_folder_find(state, mails[i].folder, true, &folder, &err),
	     &err);
	copy.message = *serial_r;
	copy.folder = folder.serial;
	must(state_copy_add(state, &copy, NULL, 0, &err), &err);
	must(state_message_flags(state, *serial_r, &err), &err);
	if (mails[i].removed)
		must(state_message_remove(state, *serial_r, now, &err), &err);
}

/* Threads get serials in the order they come, so a pad keeps them as told. */
static void add_mail(struct mailbox_files *files, size_t i)
{
	const char *text = mails[i].text;
	AUTO(mime) struct mime *mime = mime_parse(text, strlen(text));
	AUTO(gstring) GString *body = g_string_new(NULL);
	struct index_entry entry = { .strand = 1,
				     .name_digits = 8,
				     .content_size = strlen(text),
				     .mime = mime };
	struct index *index = files->index;
	int64_t thread = mails[i].thread;
	struct err err;

	must(state_begin(files->state, true, &err), &err);
	add_to_state(files->state, i, &entry.serial, &entry.hash);
	must(state_commit(files->state, &err), &err);
	mime_text(mime, body);
	entry.text = body->str;
	entry.text_size = body->len;
	must(index_write_begin(index, &err), &err);
	must(index_add(index, &entry, &err), &err);
	must(index_touch_thread(index, thread, 1, 1, &err), &err);
	must(index_place(index, entry.serial, thread, 1, &err), &err);
	must(index_add_msgid(index, index_msgid_key(index, mime->msgid), thread,
			     &err),
	     &err);
	must(index_write_end(index, 1, 1, &err), &err);
}

static struct mailbox_files *open_files(void)
{
	struct mailbox_files *files = g_new0(struct mailbox_files, 1);
	struct err err;
	int64_t pad;

	files->dir = g_dir_make_tmp("defms-test-XXXXXX", NULL);
	files->state_path = g_build_filename(files->dir, "state.db", NULL);
	files->index_path = g_build_filename(files->dir, "index.db", NULL);
	must(state_create(files->state_path, &err), &err);
	must(state_open(files->state_path, &files->state, &err), &err);
	must(index_create(files->index_path, &err), &err);
	must(index_open(files->index_path, files->state_path, &files->index,
			&err),
	     &err);
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		if (i == 2)
			must(state_thread_add(files->state, "pad", 0, &pad,
					      &err),
			     &err);
		add_mail(files, i);
	}
	return files;
}

static void close_files(struct mailbox_files *files)
{
	AUTO(str) char *command = g_strconcat("rm -r ", files->dir, NULL);

	index_close(files->index);
	state_close(files->state);
	CHECK_INT(system(command), 0);
	g_free(files->dir);
	g_free(files->state_path);
	g_free(files->index_path);
	g_free(files);
}

/* -- queries --------------------------------------------------------------- */

/* "1 2 3", or the text of the error. */
static char *serials_of(struct index *index, const char *query, bool threads,
			const struct search_options *options)
{
	AUTO(search) struct search *search = NULL;
	AUTO(array) GArray *serials = NULL;
	GString *out = g_string_new(NULL);
	struct err err;
	int result = search_parse(query, now, &search, &err);

	if (result == 0 && threads)
		result = search_threads(index, search, options, &serials, &err);
	else if (result == 0)
		result =
			search_messages(index, search, options, &serials, &err);
	if (result < 0)
		return g_string_free(g_string_append(out, err.text), FALSE);
	for (guint i = 0; i < serials->len; i++)
		g_string_append_printf(out, "%s%d", i ? " " : "",
				       (int)g_array_index(serials, int64_t, i));
	return g_string_free(out, FALSE);
}

TEST(a_query_finds_its_messages)
{
	static const struct {
		const char *query, *oldest_first;
	} known[] = {
		{ "", "5 4 1 2 3" },
		{ "*", "5 4 1 2 3" },
		{ "  ", "5 4 1 2 3" },
		{ "()", "5 4 1 2 3" },
		{ "roof", "1 2" },
		{ "ROOF", "1 2" },
		{ "roof*", "1 2 3" },
		{ "arger", "2" },
		{ "\"roof leaks\"", "1" },
		{ "\"leaks roof\"", "" },
		{ "leaks roof", "1" },
		{ "roof and ladder", "2" },
		{ "roof AND ladder", "2" },
		{ "roof or ladder", "5 1 2 3" },
		{ "roof OR old", "4 1 2" },
		{ "ladder -roof", "5 3" },
		{ "ladder not roof", "5 3" },
		{ "not ladder", "4 1" },
		{ "-ladder", "4 1" },
		{ "-ladder -old", "1" },
		{ "not not ladder", "5 2 3" },
		{ "not (ladder or old)", "1" },
		{ "old or leaks ladder", "4" },
		{ "(old or leaks) roof", "1" },
		{ "from:ada", "1" },
		{ "from:ada@example.org", "1" },
		{ "from:example.org", "4 1" },
		{ "from:\"Ada Lovelace\"", "1" },
		{ "From:ada", "1" },
		{ "from:(ada or bob)", "1 2" },
		{ "to:ada", "2" },
		{ "to:carol", "2" },
		{ "cc:carol", "2" },
		{ "cc:ada", "" },
		{ "subject:roof", "1 2" },
		{ "subject:(roof repair)", "1 2" },
		{ "subject:(roof or old) -from:bob", "4 1" },
		{ "body:roof", "1" },
		{ "body:roof*", "1 3" },
		{ "subject:leaks", "" },
		{ "list:linux-man", "3" },
		{ "list:linux-man.vger.kernel.org", "3" },
		{ "list:%", "" },
		{ "id:second@example.com", "2" },
		{ "id:<second@example.com>", "2" },
		{ "mid:nobody@example.com", "" },
		{ "thread:roof-repair", "1 2" },
		{ "thread:2026-10-01.roof-repair.aaaaaa", "1 2" },
		{ "thread:%", "" },
		{ "thread:pad", "" },
		{ "folder:INBOX", "1 2" },
		{ "in:inbox", "1 2" },
		{ "folder:lists/linux", "3" },
		{ "folder:.lists.linux", "3" },
		{ "folder:lists", "3" },
		{ "folder:.LISTS", "3" },
		{ "folder:list", "" },
		{ "folder:list%", "" },
		{ "folder:list_", "" },
		{ "label:archive", "4" },
		{ "tag:unread", "5 4 2" },
		{ "date:2026", "1 2 3" },
		{ "date:2026-11", "2 3" },
		{ "date:2026-11-01", "2" },
		{ "date:2026/11/01", "2" },
		{ "date:2025..2026-10", "4 1" },
		{ "date:2026-10-01..2026-11-01", "1 2" },
		{ "date:..2025", "4" },
		{ "date:2026-11-02..", "3" },
		{ "date:today", "3" },
		{ "date:yesterday", "2" },
		{ "date:yesterday..today", "2 3" },
		{ "date:1d", "2 3" },
		{ "date:1d..1d", "2" },
		{ "date:5w", "1 2 3" },
		{ "date:..2m", "4" },
		{ "date:1y..", "1 2 3" },
		{ "before:2026", "4" },
		{ "after:2026-11-01", "2 3" },
		{ "not date:2026", "5 4" },
		{ "is:unread", "5 4 2" },
		{ "is:read", "1 3" },
		{ "is:seen", "1 3" },
		{ "is:flagged", "2" },
		{ "is:starred", "2" },
		{ "is:answered", "3" },
		{ "is:draft", "5" },
		{ "is:muted", "3" },
		{ "is:archived", "4" },
		{ "is:new", "2" },
		{ "is:removed", "6" },
		{ "is:removed roof", "6" },
		{ "roof (is:removed or is:read)", "1 6" },
		{ "-is:flagged roof", "1" },
		{ "has:attachment", "3" },
		{ "size:>300", "3" },
		{ "size:<100", "5" },
		{ "size:>1M", "" },
		{ "size:..100", "5" },
		{ "size:100..1k is:draft", "" },
		{ "http://x", "" },
		{ "100%_sure", "4" },
		{ "roof --", "1 2" },
		{ "\"roof", "1 2" },
		{ "'; DROP TABLE messages; --", "" },
		{ "\"x\" OR 1=1", "" },
		{ "sender:ada", "" },
		{ "NEAR(roof)", "" },
		{ "id:' or thread:'", "" },
	};
	static const struct search_options oldest = { .oldest = true };
	struct mailbox_files *files = open_files();

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *got = serials_of(files->index, known[i].query, false,
				       &oldest);

		if (!CHECK_STR(got, known[i].oldest_first))
			printf("#   of the query %s\n", known[i].query);
	}
	close_files(files);
}

TEST(a_hash_finds_its_message_by_its_start)
{
	struct mailbox_files *files = open_files();
	static const struct search_options none = { 0 };

	for (size_t i = 0; i < 5; i++) {
		struct message_id hash = message_id_of(NULL, mails[i].text,
						       strlen(mails[i].text));
		char hex[MESSAGE_ID_HEX + 1];

		message_id_print(&hash, hex);
		for (int size = 8; size <= MESSAGE_ID_HEX; size += 8) {
			AUTO(str)
			char *query = g_strdup_printf("id:%.*s", size, hex);
			AUTO(str)
			char *got =
				serials_of(files->index, query, false, &none);
			AUTO(str)
			char *want = g_strdup_printf("%d", (int)i + 1);

			CHECK_STR(got, want);
		}
	}
	close_files(files);
}

TEST(threads_come_once_and_in_order)
{
	static const struct {
		const char *query;
		struct search_options options;
		const char *want;
	} known[] = {
		{ "*", { 0 }, "3 1 4 5" },
		{ "*", { .oldest = true }, "5 4 1 3" },
		{ "*", { .limit = 2 }, "3 1" },
		{ "*", { .oldest = true, .limit = 2 }, "5 4" },
		{ "roof", { 0 }, "1" },
		{ "is:removed", { 0 }, "1" },
	};
	struct mailbox_files *files = open_files();

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *got = serials_of(files->index, known[i].query, true,
				       &known[i].options);

		CHECK_STR(got, known[i].want);
	}
	close_files(files);
}

TEST(a_list_shows_who_and_about_what)
{
	struct mailbox_files *files = open_files();
	static const struct search_options none = { 0 };
	AUTO(search) struct search *search = NULL;
	AUTO(search_list) struct search_list *list = NULL;
	struct search_row thread;
	struct err err;
	int64_t count;

	must(search_parse("ladder", now, &search, &err), &err);
	must(search_list_threads(files->index, search, &none, &list, &err),
	     &err);
	CHECK_INT(search_list_next(list, &thread, &err), 1);
	CHECK_STR(thread.name, "2026-11-02.patch.bbbbbb");
	CHECK_STR(thread.subject, "[PATCH] open.2: ladder");
	CHECK_STR(thread.from, "carol");
	CHECK_INT(search_list_next(list, &thread, &err), 1);
	CHECK_STR(thread.name, "2026-10-01.roof-repair.aaaaaa");
	CHECK_STR(thread.from, "Ada, Bob");
	CHECK_STR(thread.subject, "Roof repair");
	CHECK_INT(thread.date, 1793527200);
	CHECK_INT(search_list_next(list, &thread, &err), 1);
	CHECK_INT(search_list_next(list, &thread, &err), 0);
	must(search_count(files->index, search, false, &count, &err), &err);
	CHECK_INT(count, 3);
	must(search_count(files->index, search, true, &count, &err), &err);
	CHECK_INT(count, 3);
	search_list_free(take(list));
	must(search_list_messages(files->index, search, &none, &list, &err),
	     &err);
	CHECK_INT(search_list_next(list, &thread, &err), 1);
	CHECK_INT(thread.serial, 3);
	CHECK(g_str_has_prefix(
		thread.name, "2026-11-02.patch.bbbbbb/20261102T080000.carol."));
	CHECK_STR(thread.from, "carol");
	CHECK_STR(thread.subject, "[PATCH] open.2: ladder");
	search_list_free(take(list));
	close_files(files);
}

TEST(a_bad_query_is_told_in_one_line)
{
	static const struct {
		const char *query, *text;
	} known[] = {
		{ "(a", "a ( without its )" },
		{ "a)", "a ) without its (" },
		{ "and a", "and: nothing before it" },
		{ "a and", "and: nothing after it" },
		{ "a and and b", "and: nothing before it" },
		{ "or a", "or: nothing before it" },
		{ "a or", "or: nothing after it" },
		{ "(a or) b", "or: nothing after it" },
		{ "not", "not: nothing after it" },
		{ "from:", "from: nothing after it" },
		{ "date:not", "date: not a date: not" },
		{ "date:..", "date: not a date: .." },
		{ "date:2026-13", "date: not a date: 2026-13" },
		{ "date:2026-02-30", "date: not a date: 2026-02-30" },
		{ "date:2026-1-1-1", "date: not a date: 2026-1-1-1" },
		{ "date:99", "date: not a date: 99" },
		{ "date:7x", "date: not a date: 7x" },
		{ "before:7x", "before: not a date: 7x" },
		{ "is:blue", "is: not a state of a message: blue" },
		{ "has:x", "has: only attachment is known, not: x" },
		{ "size:x", "size: not a size: x" },
		{ "size:>", "size: not a size: >" },
		{ "size:1q", "size: not a size: 1q" },
		{ "\xff", "query is not UTF-8" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(search) struct search *search = NULL;
		struct err err = { 0 };

		CHECK_INT(search_parse(known[i].query, now, &search, &err), -1);
		CHECK_INT(err.code, EINVAL);
		CHECK_STR(err.text, known[i].text);
	}
}

/* Deeper and longer queries are refused; those at the limit still run. */
TEST(depth_and_length_are_bounded)
{
	static const struct search_options none = { 0 };
	struct mailbox_files *files = open_files();

	for (unsigned depth = 1; depth < 60; depth++) {
		AUTO(gstring) GString *query = g_string_new(NULL);
		AUTO(str) char *got = NULL;

		for (unsigned i = 0; i < depth; i++)
			(void)g_string_append(
				query, "(roof -is:read or is:draft is:new ");
		for (unsigned i = 0; i < depth; i++)
			(void)g_string_append_c(query, ')');
		got = serials_of(files->index, query->str, false, &none);
		CHECK_STR(got, depth < SEARCH_DEPTH
				       ? "2"
				       : "query nested more than 12 deep");
	}
	for (unsigned i = 0; i < 8; i++) {
		static const char *const words[] = {
			"a ",      "-a ",      "a or ",       "a* ",
			"is:new ", "-is:new ", "is:read or ", "\"a b\" or -b "
		};
		AUTO(gstring) GString *query = g_string_new(NULL);
		AUTO(search) struct search *search = NULL;
		AUTO(array) GArray *serials = NULL;
		struct err err;

		while (query->len + strlen(words[i]) <= SEARCH_QUERY - 1)
			(void)g_string_append(query, words[i]);
		(void)g_string_append_c(query, 'x');
		must(search_parse(query->str, now, &search, &err), &err);
		must(search_messages(files->index, search, &none, &serials,
				     &err),
		     &err);
		while (query->len <= SEARCH_QUERY)
			(void)g_string_append_c(query, 'x');
		search_free(take(search));
		CHECK_INT(search_parse(query->str, now, &search, &err), -1);
		CHECK_INT(err.code, EINVAL);
	}
	close_files(files);
}
