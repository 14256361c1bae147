/* SPDX-License-Identifier: ISC */
#include "defms/index-view.h"
#include "index-row.h"
#include "index-test.h"
#include "index-write.h"

static int64_t live_of(struct index_files *files, int64_t thread)
{
	struct index_thread got = { .live = -1 };
	struct err err = { 0 };

	CHECK_INT(index_thread_get(files->index, thread, &got, &err), 1);
	return got.live;
}

static int64_t seq_of(struct index_files *files)
{
	struct err err = { 0 };
	int64_t seq = -1;

	CHECK_INT(index_seq(files->index, &seq, &err), 0);
	return seq;
}

TEST(a_batch_that_is_undone_leaves_nothing)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	static const char text[] = "From: new@x\nMessage-ID: <9@x>\n\nx\n";
	AUTO(mime) struct mime *mime = mime_parse(text, strlen(text));
	int64_t thread = thread_new(files, "one"), found;
	struct index_entry entry = { .serial = 77,
				     .name_digits = 8,
				     .mime = mime,
				     .text = "x",
				     .text_size = 1 };
	struct index_message message;
	struct err err = { 0 };

	must(index_write_begin(files->index, &err), &err);
	CHECK_INT(index_add(files->index, &entry, &err), 0);
	CHECK_INT(index_place(files->index, 77, thread, 2, &err), 0);
	CHECK_INT(index_add_msgid(files->index,
				  index_msgid_key(files->index, "9@x"), thread,
				  &err),
		  0);
	index_write_undo(files->index);
	CHECK_INT(g_hash_table_size(index_addresses(files->index)), 0);
	CHECK_INT(seq_of(files), 1);
	CHECK_INT(live_of(files, thread), 0);
	CHECK_INT(index_message_get(files->index, 77, &message, &err), 0);
	CHECK_INT(index_thread_of_msgid(files->index, "9@x", &found, &err), 0);
	CHECK_INT(index_address_find(files->index, "new@x", MENTION_FROM,
				     &found, &err),
		  0);
	/* The same address in the next batch is a new one. */
	(void)message_new(files, thread, text);
	CHECK_INT(index_address_find(files->index, "new@x", MENTION_FROM,
				     &found, &err),
		  1);
	CHECK_INT(live_of(files, thread), 1);
}

TEST(a_message_is_added_once)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(mime) struct mime *mime = mime_parse("\n", 1);
	int64_t thread = thread_new(files, "one");
	struct index_entry entry = { .serial = dated(files, thread, 1, NULL),
				     .name_digits = 8,
				     .mime = mime,
				     .text = "",
				     .text_size = 0 };
	struct err err = { 0 };

	must(index_write_begin(files->index, &err), &err);
	CHECK_INT(index_add(files->index, &entry, &err), -1);
	CHECK(err.code != 0);
	index_write_undo(files->index);
	CHECK_INT(live_of(files, thread), 1);
}

/* Of removed messages a recount takes note, and of threads it changes. */
TEST(a_recount_is_what_state_says)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct err err = { 0 };
	GArray *serials = NULL;
	int64_t before;

	for (int t = 1; t <= 3; t++) {
		AUTO(str) char *name = g_strdup_printf("t%d", t);

		CHECK_INT(thread_new(files, name), t);
		for (int i = 0; i < 4; i++)
			(void)dated(files, t, t * 10 + i, NULL);
	}
	must(state_message_remove(files->state, 1, 5, &err), &err);
	must(state_message_remove(files->state, 9, 5, &err), &err);
	must(state_message_remove(files->state, 10, 5, &err), &err);
	before = files->seq;
	must(index_write_begin(files->index, &err), &err);
	CHECK_INT(index_recount(files->index, before + 1, 0, &err), 0);
	must(index_write_end(files->index, before + 1, 0, &err), &err);
	CHECK_INT(live_of(files, 1), 3);
	CHECK_INT(live_of(files, 2), 4);
	CHECK_INT(live_of(files, 3), 2);
	CHECK_SERIALS(
		index_thread_changed(files->index, before, &serials, &err),
		serials, "1 3");
	CHECK_SERIALS(index_places(files->index, 1, -1, &serials, &err),
		      serials, "1 2 3 4");
	CHECK_INT(seq_of(files), before + 1);
	must(index_write_begin(files->index, &err), &err);
	CHECK_INT(index_set_live(files->index, 2, 0, &err), 0);
	must(index_write_end(files->index, before + 2, 0, &err), &err);
	CHECK_INT(live_of(files, 2), 0);
}

TEST(a_msgid_belongs_to_the_thread_it_was_given_last)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	int64_t one = thread_new(files, "one"), two = thread_new(files, "two");
	struct err err = { 0 };
	int64_t found = 0;

	(void)message_new(files, one, "Message-ID: <same@x>\n\na\n");
	(void)message_new(files, two, "Message-ID: <same@x>\n\nb\n");
	CHECK_INT(index_thread_of_msgid(files->index, "same@x", &found, &err),
		  1);
	CHECK_INT(found, two);
}
