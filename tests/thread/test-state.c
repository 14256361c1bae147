/* SPDX-License-Identifier: ISC */
#include "defms/name.h"
#include "defms/state-batch.h"
#include "defms/state-copies.h"
#include "defms/state-mount.h"
#include "defms/state-threads.h"
#include "defms/state.h"
#include "sql.h"
#include "state-bad.h"
#include "state-test.h"
#include "store-test.h"

TEST(a_state_db_is_not_made_over_another)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(str) char *path = g_build_filename(folder, "state.db", NULL);
	struct err err = { 0 };

	CHECK_INT(state_create(path, &err), -1);
	CHECK_INT(err.code, EEXIST);
}

TEST(numbers_are_zero_until_they_are_set)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	static const int64_t values[] = { 0, 1, -1, INT64_MAX, INT64_MIN };
	int64_t value = 7;
	struct err err;

	CHECK_INT(state_get(state, "seq", &value, &err), 0);
	CHECK_INT(value, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		CHECK_INT(state_set(state, "seq", values[i], &err), 0);
		CHECK_INT(state_get(state, "seq", &value, &err), 0);
		CHECK(value == values[i]);
	}
}

/* By their fields: there is padding between them. */
static void check_strand(const struct state_strand *got,
			 const struct state_strand *want)
{
	CHECK_INT(got->serial, want->serial);
	CHECK_MEM(&got->id, &want->id, sizeof(got->id));
	CHECK_INT(got->kind, want->kind);
	CHECK_INT(got->generation, want->generation);
	CHECK_MEM(&got->tip, &want->tip, sizeof(got->tip));
	CHECK_INT(got->chain, want->chain);
	CHECK_INT(got->first_date, want->first_date);
	CHECK_MEM(&got->first_id, &want->first_id, sizeof(got->first_id));
}

TEST(strands_come_back_as_they_were_put)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_strand put = { .kind = STRAND_PUBLIC,
				    .generation = UINT32_MAX,
				    .chain = INT64_MAX,
				    .first_date = INT64_MIN };
	struct state_strand other = { .kind = STRAND_MINE };
	struct state_strand got = { 0 };
	AUTO(array) GArray *moves = NULL;
	AUTO(array) GArray *all = NULL;
	struct err err;

	memset(&put.id, 0xfe, sizeof(put.id));
	memset(&put.tip, 0x80, sizeof(put.tip));
	memset(&put.first_id, 0x7f, sizeof(put.first_id));
	CHECK_INT(state_strand_find(state, &put.id, &got, &err), 0);
	CHECK_INT(state_strand_put(state, &put, &err), 0);
	CHECK_INT(state_strand_put(state, &other, &err), 0);
	CHECK(put.serial != 0 && other.serial != put.serial);
	CHECK_INT(state_strand_find(state, &put.id, &got, &err), 1);
	check_strand(&got, &put);
	put.kind = STRAND_SHARED;
	put.chain = 2;
	CHECK_INT(state_strand_put(state, &put, &err), 0);
	CHECK_INT(state_strand_get(state, put.serial, &got, &err), 1);
	check_strand(&got, &put);
	CHECK_INT(state_move_add(state, put.serial, &err), 0);
	CHECK_INT(state_move_add(state, put.serial, &err), 0);
	CHECK_INT(state_move_list(state, &moves, &err), 0);
	if (CHECK_INT(moves->len, 1))
		check_strand(&g_array_index(moves, struct state_strand, 0),
			     &put);
	CHECK_INT(state_move_clear(state, &err), 0);
	g_array_unref(take(moves));
	CHECK_INT(state_move_list(state, &moves, &err), 0);
	CHECK_INT(moves->len, 0);
	CHECK_INT(state_strand_list(state, &all, &err), 0);
	CHECK_INT(all->len, 2);
}

TEST(packs_are_known_once_they_are_added)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct err err;

	CHECK_INT(state_pack_has(state, "pack-1", &err), 0);
	CHECK_INT(state_pack_add(state, "pack-1", &err), 0);
	CHECK_INT(state_pack_add(state, "pack-1", &err), 0);
	CHECK_INT(state_pack_has(state, "pack-1", &err), 1);
	CHECK_INT(state_pack_has(state, "pack-", &err), 0);
	CHECK_INT(state_pack_drop(state, "pack-1", &err), 0);
	CHECK_INT(state_pack_has(state, "pack-1", &err), 0);
}

static void check_copy(const struct state_copy *got,
		       const struct state_copy *want)
{
	CHECK_INT(got->serial, want->serial);
	CHECK_INT(got->message, want->message);
	CHECK_INT(got->folder, want->folder);
	CHECK_INT(got->is_new, want->is_new);
	CHECK_INT(got->crlf, want->crlf);
	CHECK_INT(got->flags, want->flags);
	CHECK_INT(got->received, want->received);
	CHECK_INT(got->raw_size, want->raw_size);
	CHECK_INT(got->header_size, want->header_size);
	CHECK_INT(got->mbox_size, want->mbox_size);
	CHECK_STR(got->base, want->base);
}

TEST(copies_come_back_as_they_were_added)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct message_id hash = { { 1, 2, 3 } };
	struct state_message message;
	struct state_copy copies[3], got;
	struct err err;
	int64_t serial;

	CHECK_INT(state_message_find(state, &hash, &message, &err), 0);
	CHECK_INT(state_message_add(state, &hash, 9, &serial, &err), 0);
	for (unsigned i = 0; i < 3; i++) {
		AUTO(bytes) GByteArray *trace = g_byte_array_new();
		struct state_copy copy = {
			.message = serial,
			.folder = 1 + i / 2,
			.is_new = i == 1,
			.crlf = i == 2,
			.flags = 1U << i,
			.received = i == 0 ? -5 : 1LL << 40,
			.raw_size = (1ULL << 30) + i,
			.header_size = i,
			.mbox_size = (1ULL << 31) + i,
		};

		if (i > 0)
			(void)g_strlcpy(copy.base, "1.a\xc3\xa4.host",
					sizeof(copy.base));
		CHECK_INT(state_copy_add(state, &copy, i == 1 ? "a\0b" : NULL,
					 i == 1 ? 3 : 0, &err),
			  0);
		CHECK_INT(state_copy_get(state, copy.serial, &got, &err), 1);
		check_copy(&got, &copy);
		CHECK_INT(state_trace(state, copy.serial, trace, &err), 0);
		CHECK_INT(trace->len, i == 1 ? 3 : 0);
		copies[i] = copy;
	}
	CHECK_INT(state_message_flags(state, serial, &err), 0);
	CHECK_INT(state_message_find(state, &hash, &message, &err), 1);
	CHECK_INT(message.serial, serial);
	CHECK_INT(message.strand, 9);
	CHECK_INT(message.flags, 7);
	CHECK_INT(state_copy_flags(state, copies[1].serial, 0, &err), 0);
	CHECK_INT(state_message_flags(state, serial, &err), 0);
	CHECK_INT(state_message_get(state, serial, &message, &err), 1);
	CHECK_INT(message.flags, 5);
	CHECK_INT(state_copy_first(state, serial, &got, &err), 1);
	CHECK_INT(got.serial, copies[0].serial);
	CHECK_INT(state_copy_named(state, 1, copies[1].base, &got, &err), 1);
	CHECK_INT(got.serial, copies[1].serial);
	CHECK_INT(state_copy_named(state, 3, copies[1].base, &got, &err), 0);
	/* The same name twice in a folder cannot be. */
	copies[2].folder = 1;
	CHECK_INT(state_copy_add(state, &copies[2], NULL, 0, &err), -1);
}

TEST(copies_are_listed_a_part_at_a_time)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_copy after = { .folder = 2, .is_new = true };
	AUTO(array) GArray *serials = NULL;
	struct err err;
	guint count = 0;

	CHECK_INT(state_begin(state, true, &err), 0);
	for (int64_t i = 0; i < 100; i++) {
		struct state_copy copy = { .message = 1 + i % 7,
					   .folder = 1 + i % 3,
					   .is_new = i % 2 };

		CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
	}
	CHECK_INT(state_commit(state, &err), 0);
	for (;;) {
		AUTO(array) GArray *part = NULL;

		CHECK_INT(state_copy_range(state, &after, 4, &part, &err), 0);
		if (part->len == 0)
			break;
		for (guint i = 0; i < part->len; i++, count++) {
			struct state_copy copy =
				g_array_index(part, struct state_copy, i);

			CHECK(copy.serial > after.serial && copy.is_new);
			CHECK_INT(copy.folder, 2);
			after = copy;
		}
	}
	CHECK_INT(count, 17);
	CHECK_INT(state_copy_list(state, 3, 0, &serials, &err), 0);
	CHECK_INT(serials->len, 14);
}

TEST(copies_of_removed_messages_are_not_listed)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_copy after = { .folder = 1 };
	struct err err;

	CHECK_INT(state_begin(state, true, &err), 0);
	for (uint8_t i = 0; i < 6; i++) {
		struct message_id hash = { .bytes = { i } };
		struct state_copy copy = { .folder = 1 };

		CHECK_INT(
			state_message_add(state, &hash, 1, &copy.message, &err),
			0);
		CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
		CHECK_INT(
			state_message_remove(state, copy.message, i % 3, &err),
			0);
	}
	for (guint limit = 1; limit < 4; limit++) {
		AUTO(array) GArray *copies = NULL;

		CHECK_INT(state_copy_range(state, &after, limit, &copies, &err),
			  0);
		CHECK_INT(copies->len, MIN(limit, 2));
		for (guint i = 0; i < copies->len; i++)
			CHECK_INT(g_array_index(copies, struct state_copy, i)
					  .serial,
				  1 + 3 * i);
	}
}

static int64_t add_called(struct state *state, int64_t message, bool is_new,
			  const char *name)
{
	struct state_copy copy = { .message = message,
				   .folder = 1,
				   .is_new = is_new };
	struct err err;

	name_copy_split(name, &copy);
	CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
	return copy.serial;
}

/* Base names may be equal in a folder; whole names tell copies apart. */
TEST(a_copy_is_found_by_its_whole_name)
{
	static const struct {
		bool is_new;
		const char *name;
	} files[] = {
		{ true, "a" },         { true, "a:2," },
		{ true, "a:2,S" },     { false, "a" },
		{ false, "a:2," },     { false, "a:2,S" },
		{ false, "a:2,FS" },   { false, "a:2,SF" },
		{ false, "a:2,Sx" },   { false, "a:1,S" },
		{ false, "a:2,S:2," }, { false, ":2,S" },
		{ false, ":2," },      { true, "1.M3.defms" },
	};
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	int64_t serials[G_N_ELEMENTS(files)];
	struct state_copy got;
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		serials[i] =
			add_called(state, 1, files[i].is_new, files[i].name);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		AUTO(str) char *longer = g_strconcat(files[i].name, "S", NULL);
		bool is_new = files[i].is_new;

		if (CHECK_INT(state_copy_called(state, 1, is_new, files[i].name,
						&got, &err),
			      1)) {
			AUTO(str) char *name = name_copy(&got);

			CHECK_STR(name, files[i].name);
			CHECK_INT(got.serial, serials[i]);
		}
		CHECK_INT(state_copy_called(state, 2, is_new, files[i].name,
					    &got, &err),
			  0);
		if (strcmp(longer, "a:2,S") != 0 && strcmp(longer, ":2,S") != 0)
			CHECK_INT(state_copy_called(state, 1, is_new, longer,
						    &got, &err),
				  0);
	}
	CHECK_INT(state_copy_called(state, 1, false, "", &got, &err), 0);
}

TEST(a_made_name_is_found_by_its_serial_alone)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct message_id hash = { { 1 } };
	struct state_copy copy = { .folder = 1, .received = 77 }, got;
	struct err err;

	CHECK_INT(state_message_add(state, &hash, 1, &copy.message, &err), 0);
	CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(state_copy_called(state, 1, false, "77.M1.defms:2,",
					    &got, &err),
			  !i);
		CHECK_INT(state_copy_called(state, 1, false, "78.M1.defms:2,",
					    &got, &err),
			  0);
		CHECK_INT(state_copy_called(state, 1, true, "77.M1.defms", &got,
					    &err),
			  0);
		CHECK_INT(state_copy_called(state, 1, false, "77.M1.defms:2,S",
					    &got, &err),
			  0);
		CHECK_INT(state_message_remove(state, copy.message, 9, &err),
			  0);
	}
	copy = (struct state_copy){ .serial = 2, .received = -5 };
	name_copy_split("-5.M2.defms:2,", &copy);
	CHECK_STR(copy.base, "");
}

static int count_steps(void *data)
{
	++*(int *)data;
	return 0;
}

/* What is asked for with each change must not grow with the mailbox. */
TEST(a_name_is_looked_up_without_a_walk_through_the_folder)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	sqlite3 *handle = sql_handle(state_sql(state));
	struct state_copy got;
	struct err err;
	int steps = 0;

	CHECK_INT(state_begin(state, true, &err), 0);
	for (int64_t i = 0; i < 3000; i++) {
		AUTO(str) char *name = g_strdup_printf("%d.host:2,S", (int)i);

		(void)add_called(state, 1 + i, false, name);
	}
	CHECK_INT(state_commit(state, &err), 0);
	sqlite3_progress_handler(handle, 10, count_steps, &steps);
	CHECK_INT(
		state_copy_called(state, 1, false, "2999.host:2,S", &got, &err),
		1);
	CHECK_INT(state_copy_called(state, 1, false, "none:2,S", &got, &err),
		  0);
	CHECK_INT(state_copy_named(state, 1, "2999.host", &got, &err), 1);
	CHECK_INT(state_copy_other(state, 5, 5, &err), 0);
	CHECK_INT(state_message_flags(state, 5, &err), 0);
	CHECK(steps < 100);
	sqlite3_progress_handler(handle, 0, NULL, NULL);
}

TEST(a_copy_is_written_anew_and_deleted_with_its_trace)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	struct message_id hash = { { 1 } };
	struct state_message message;
	struct state_copy copy = { .folder = 1, .flags = FLAG_SEEN }, got;
	struct err err;

	CHECK_INT(state_message_add(state, &hash, 1, &copy.message, &err), 0);
	CHECK_INT(state_copy_add(state, &copy, "abc", 3, &err), 0);
	copy.folder = 2;
	copy.is_new = true;
	copy.received = 12345;
	name_copy_split("x:2,SF", &copy);
	CHECK_INT(state_copy_put(state, &copy, &err), 0);
	CHECK_INT(state_copy_get(state, copy.serial, &got, &err), 1);
	check_copy(&got, &copy);
	CHECK_STR(got.suffix, ":2,SF");
	CHECK(got.has_suffix);
	CHECK_INT(state_copy_other(state, copy.message, copy.serial, &err), 0);
	CHECK_INT(state_copy_other(state, copy.message, 99, &err), 1);
	CHECK_INT(state_copy_delete(state, copy.serial, &err), 0);
	CHECK_INT(state_copy_get(state, copy.serial, &got, &err), 0);
	CHECK_INT(state_trace(state, copy.serial, trace, &err), 0);
	CHECK_INT(trace->len, 0);
	/* Without copies it has no flags, and takes those of the next. */
	CHECK_INT(state_message_flags(state, copy.message, &err), 0);
	CHECK_INT(state_message_get(state, copy.message, &message, &err), 1);
	CHECK_INT(message.flags, 0);
	copy.serial = 0;
	CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
	CHECK_INT(copy.serial, 2);
	CHECK_INT(state_message_get(state, copy.message, &message, &err), 1);
	CHECK_INT(message.flags, FLAG_SEEN | FLAG_FLAGGED);
}

TEST(serials_that_were_given_out_are_nobody_elses)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_copy copy = { .message = 1, .folder = 1 };
	int64_t first = 0, last = -1;
	struct err err;

	CHECK_INT(state_copy_last(state, &last, &err), 0);
	CHECK_INT(last, 0);
	for (int64_t i = 0; i < 3; i++) {
		CHECK_INT(state_copy_reserve(state, 10, &first, &err), 0);
		CHECK_INT(first, 1 + 11 * i);
		copy.serial = 0;
		CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
		CHECK_INT(copy.serial, first + 10);
		copy.serial = first + 4;
		CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
		CHECK_INT(copy.serial, first + 4);
		CHECK_INT(state_copy_last(state, &last, &err), 0);
		CHECK_INT(last, first + 10);
	}
	CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), -1);
}

/* A message that was removed at `when`, with a copy and a trace. */
static int64_t removed_at(struct state *state, uint8_t number, int64_t strand,
			  int64_t when)
{
	struct message_id hash = { .bytes = { number } };
	struct state_copy copy = { .folder = 1, .flags = FLAG_FLAGGED };
	struct err err;

	CHECK_INT(state_message_add(state, &hash, strand, &copy.message, &err),
		  0);
	CHECK_INT(state_copy_add(state, &copy, "x", 1, &err), 0);
	CHECK_INT(state_message_remove(state, copy.message, when, &err), 0);
	return copy.message;
}

static void check_list(struct state *state, int64_t before, int64_t after,
		       const char *want)
{
	AUTO(gstring) GString *got = g_string_new(NULL);
	AUTO(array) GArray *rows = NULL;
	struct err err;

	CHECK_INT(state_erase_list(state, before, after, &rows, &err), 0);
	for (guint i = 0; i < rows->len; i++)
		g_string_append_printf(
			got, "%d ",
			g_array_index(rows, struct state_message, i)
				.hash.bytes[0]);
	CHECK_STR(got->str, want);
}

TEST(what_was_removed_long_ago_is_to_be_erased)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_strand strand = { .kind = STRAND_MINE };
	int64_t strands[3];
	struct err err;

	for (uint8_t i = 0; i < 3; i++) {
		strand.serial = 0;
		strand.kind = (enum strand_kind)i;
		strand.id.bytes[0] = i;
		CHECK_INT(state_strand_put(state, &strand, &err), 0);
		strands[i] = strand.serial;
	}
	(void)removed_at(state, 1, strands[1], 100);
	(void)removed_at(state, 2, strands[0], 101);
	(void)removed_at(state, 3, strands[0], 100);
	(void)removed_at(state, 4, strands[0], 0);
	(void)removed_at(state, 5, strands[STRAND_SHARED], 100);
	CHECK_INT(sql_do(state_sql(state), &err,
			 "INSERT INTO queue(message,state) VALUES(?,4),(?,3)",
			 "ii", (int64_t)1, removed_at(state, 6, strands[0], 1)),
		  0);
	check_list(state, 99, 0, "");
	check_list(state, 100, 0, "3 1 ");
	check_list(state, 101, 0, "2 3 1 ");
	check_list(state, 101, strands[0], "1 ");
	check_list(state, INT64_MAX, strands[1], "");
}

TEST(of_what_is_erased_the_row_alone_is_left)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(array) GArray *copies = NULL;
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	struct message_id hash = { .bytes = { 1 } };
	struct state_message row;
	struct state_copy gone;
	int64_t serial = removed_at(state, 1, 7, 5), other, again = 0, seq = 0;
	struct err err;

	other = removed_at(state, 2, 7, 5);
	CHECK_INT(state_message_add(state, &hash, 7, &again, &err), -1);
	CHECK_INT(err.code, EEXIST);
	CHECK_INT(state_erase(state, serial, &err), 0);
	CHECK_INT(state_message_find(state, &hash, &row, &err), 1);
	CHECK_INT(row.serial, serial);
	CHECK_INT(row.strand, 0);
	CHECK_INT(row.flags, 0);
	CHECK_INT(row.removed, 5);
	CHECK_INT(state_copy_list(state, serial, 0, &copies, &err), 0);
	CHECK_INT(copies->len, 0);
	CHECK_INT(state_trace(state, 1, trace, &err), 0);
	CHECK_INT(trace->len, 0);
	CHECK_INT(state_message_get(state, other, &row, &err), 1);
	CHECK_INT(row.flags, FLAG_FLAGGED);
	CHECK_INT(state_trace(state, 2, trace, &err), 0);
	CHECK_INT(trace->len, 1);
	CHECK_INT(state_copy_delete(state, 2, &err), 0);
	CHECK_INT(state_erase_names(state, &err), 0);
	CHECK_INT(state_copy_gone(state, &seq, &gone, &err), 1);
	CHECK_INT(gone.message, other);
	CHECK_INT(state_copy_gone(state, &seq, &gone, &err), 0);
	/* It may come anew, as what it was. */
	CHECK_INT(state_message_add(state, &hash, 9, &again, &err), 0);
	CHECK_INT(again, serial);
	CHECK_INT(state_message_find(state, &hash, &row, &err), 1);
	CHECK_INT(row.strand, 9);
	CHECK_INT(row.removed, 0);
}

TEST(times_of_folders_grow_and_never_go_back)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	static const int64_t times[] = { 1000, 1000, 5, 2000, 1500, 2001 };
	struct state_folder was = { 0 }, is;
	struct err err;

	CHECK_INT(state_folder_find(state, "INBOX", false, &is, &err), 0);
	CHECK_INT(state_folder_find(state, "INBOX", true, &was, &err), 1);
	for (size_t i = 0; i < 3 * G_N_ELEMENTS(times); i++) {
		bool new_too = i % 3 != 0, cur_too = i % 3 != 1;

		CHECK_INT(state_folder_touch(state, was.serial, new_too,
					     cur_too, times[i / 3], &err),
			  0);
		CHECK_INT(state_folder_get(state, was.serial, &is, &err), 1);
		CHECK(new_too ? is.new_time > was.new_time &&
					is.new_time >= times[i / 3]
			      : is.new_time == was.new_time);
		CHECK(cur_too ? is.cur_time > was.cur_time &&
					is.cur_time >= times[i / 3]
			      : is.cur_time == was.cur_time);
		was = is;
	}
	CHECK_INT(state_folder_find(state, "lists/x", true, &is, &err), 1);
	CHECK_INT(state_folder_next(state, 0, &is, &err), 1);
	CHECK_STR(is.name, "INBOX");
	CHECK_INT(state_folder_next(state, is.serial, &is, &err), 1);
	CHECK_STR(is.name, "lists/x");
	CHECK_INT(state_folder_next(state, is.serial, &is, &err), 0);
}

TEST(threads_and_sources_come_back)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_source source = { "/a/b", "INBOX|0|0", 1, 2, 3, 4, 5 };
	struct state_thread thread;
	int64_t one, two, found = 0;
	struct err err;

	CHECK_INT(state_thread_add(state, "2026-03-02 x", 5, &one, &err), 0);
	CHECK_INT(state_thread_add(state, "2026-03-02 y", 5, &two, &err), 0);
	CHECK_INT(state_thread_add(state, "2026-03-02 y", 6, &two, &err), -1);
	CHECK_INT(state_thread_anchored(state, 5, 0, &found, &err), 1);
	CHECK_INT(found, one);
	CHECK_INT(state_thread_anchored(state, 6, 0, &found, &err), 0);
	CHECK_INT(state_thread_flags(state, one, THREAD_MUTED, &err), 0);
	CHECK_INT(state_thread_find(state, "2026-03-02 x", &thread, &err), 1);
	CHECK_INT(thread.serial, one);
	CHECK_INT(thread.anchor, 5);
	CHECK_INT(thread.flags, THREAD_MUTED);
	CHECK_INT(state_source_known(state, &source, &err), 0);
	CHECK_INT(state_source_put(state, &source, &err), 0);
	CHECK_INT(state_source_known(state, &source, &err), 1);
	source.mtime++;
	CHECK_INT(state_source_known(state, &source, &err), 0);
	CHECK_INT(state_source_put(state, &source, &err), 0);
	CHECK_INT(state_source_known(state, &source, &err), 1);
	source.how = "other|0|0";
	CHECK_INT(state_source_known(state, &source, &err), 0);
}

TEST(serials_are_never_given_out_twice_but_a_rollback_takes_them_back)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct message_id hash = { { 1 } };
	int64_t one, two, three;
	struct err err;

	CHECK_INT(state_message_add(state, &hash, 1, &one, &err), 0);
	CHECK_INT(state_begin(state, true, &err), 0);
	hash.bytes[0] = 2;
	CHECK_INT(state_message_add(state, &hash, 1, &two, &err), 0);
	state_rollback(state);
	state_rollback(state);
	CHECK_INT(state_message_add(state, &hash, 1, &three, &err), 0);
	CHECK_INT(three, two);
	CHECK_INT(state_message_add(state, &hash, 1, &three, &err), -1);
}

TEST(what_is_no_state_is_refused)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(state) struct state *other = NULL;
	AUTO(str) char *path = g_build_filename(folder, "x", NULL);
	AUTO(str) char *none = g_build_filename(folder, "none", NULL);
	struct err err;

	CHECK_INT(state_open(none, &other, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(g_file_set_contents(path, "not a database at all", -1, NULL));
	CHECK_INT(state_open(path, &other, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK(g_file_set_contents(path, "", -1, NULL));
	CHECK_INT(state_open(path, &other, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}

TEST(where_copies_are_no_more_is_told_in_order)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_copy first = { .message = 1,
				    .folder = 5,
				    .is_new = true,
				    .received = 99,
				    .base = "a" };
	struct state_copy second = { .message = 2, .folder = 5 };
	struct state_copy got;
	int64_t seq, last;
	struct err err;

	CHECK_INT(state_copy_gone_last(state, &seq, &err), 0);
	CHECK_INT(seq, 0);
	CHECK_INT(state_copy_gone(state, &seq, &got, &err), 0);
	CHECK_INT(state_copy_add(state, &first, NULL, 0, &err), 0);
	CHECK_INT(state_copy_add(state, &second, NULL, 0, &err), 0);
	first.flags = 1;
	CHECK_INT(state_copy_put(state, &first, &err), 0);
	CHECK_INT(state_copy_gone(state, &seq, &got, &err), 0);
	first.folder = 6;
	CHECK_INT(state_copy_put(state, &first, &err), 0);
	CHECK_INT(state_copy_delete(state, second.serial, &err), 0);
	CHECK_INT(state_copy_gone(state, &seq, &got, &err), 1);
	CHECK_INT(got.serial, first.serial);
	CHECK_INT(got.folder, 5);
	CHECK(got.is_new);
	CHECK_INT(got.flags, 1);
	CHECK_INT(got.received, 99);
	CHECK_STR(got.base, "a");
	CHECK_INT(state_copy_gone(state, &seq, &got, &err), 1);
	CHECK_INT(got.serial, second.serial);
	CHECK_INT(got.message, 2);
	CHECK_INT(state_copy_gone(state, &seq, &got, &err), 0);
	CHECK_INT(state_copy_gone_last(state, &last, &err), 0);
	CHECK_INT(last, seq);
}

TEST(the_format_before_becomes_this_one)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(str) char *path = g_build_filename(folder, "state.db", NULL);
	AUTO(state) struct state *state = state_at(folder);
	struct object_id keys = { { 1 } };
	int64_t version = 0;

	CHECK_INT(state_set(state, "seq", 5, NULL), 0);
	CHECK_INT(sql_run(state_sql(state),
			  "DROP TABLE locked; DROP TABLE gone;"
			  "DROP TRIGGER copies_moved;"
			  "DROP TRIGGER copies_deleted;"
			  "PRAGMA user_version=3;",
			  NULL),
		  0);
	for (int i = 0; i < 2; i++) {
		AUTO(state) struct state *again = NULL;

		CHECK_INT(state_open(path, &again, NULL), 0);
		CHECK_INT(state_locked_put(again, &keys, i, 1, NULL), 0);
		CHECK_INT(state_locked_get(again, &keys, i, NULL), 1);
		CHECK_INT(state_get(again, "seq", &version, NULL), 0);
		CHECK_INT(version, 5);
		(void)sql_int(state_sql(again), NULL, &version,
			      "PRAGMA user_version", "");
		CHECK_INT(version, 4);
	}
}
