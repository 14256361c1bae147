/* SPDX-License-Identifier: ISC */
#include "defms/state-imap.h"
#include "defms/state.h"
#include "sql.h"
#include "store-test.h"

/* A database with an account, a folder on both sides, and copies in it. */
struct bed {
	char *folder; /* owned */
	struct state *state;
	struct state_imap_folder there;
	int64_t account, other; /* another folder, here only */
};

static int64_t add_copy(struct state *state, int64_t folder, unsigned flags)
{
	static int number;
	struct message_id hash = { { 0 } };
	struct state_copy copy = { .folder = folder, .flags = flags };
	struct err err;

	number++;
	memcpy(hash.bytes, &number, sizeof(number));
	CHECK_INT(state_message_add(state, &hash, 1, &copy.message, &err), 0);
	CHECK_INT(state_copy_add(state, &copy, NULL, 0, &err), 0);
	return copy.serial;
}

static void bed_open(struct bed *bed, bool with_account)
{
	AUTO(str) char *path = NULL;
	struct state_folder folder;
	struct err err = { 0 };

	*bed = (struct bed){ .folder = folder_new() };
	path = g_build_filename(bed->folder, "state.db", NULL);
	if (state_create(path, &err) < 0 ||
	    state_open(path, &bed->state, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	(void)state_folder_find(bed->state, "else", true, &folder, &err);
	bed->other = folder.serial;
	(void)state_folder_find(bed->state, "INBOX", true, &folder, &err);
	bed->there.folder = folder.serial;
	if (!with_account)
		return;
	CHECK_INT(state_imap_account(bed->state, "home", true, &bed->account,
				     &err),
		  1);
	bed->there.account = bed->account;
	bed->there.uidnext = 1;
	(void)g_strlcpy(bed->there.raw, "INBOX", sizeof(bed->there.raw));
	CHECK_INT(state_imap_folder_put(bed->state, &bed->there, &err), 0);
}

static void bed_close(struct bed *bed)
{
	state_close(bed->state);
	folder_auto_(&bed->folder);
}

static int64_t bind_copy(struct bed *bed, uint32_t uid, unsigned flags)
{
	struct state_imap_uid row = {
		.folder = bed->there.serial,
		.uid = uid,
		.copy = add_copy(bed->state, bed->there.folder, flags),
		.flags = flags,
	};
	struct err err;

	CHECK_INT(state_imap_uid_put(bed->state, &row, &err), 0);
	return row.copy;
}

static guint count_changes(struct bed *bed, struct state_imap_change *first)
{
	AUTO(array) GArray *changes = NULL;
	struct err err;

	CHECK_INT(state_imap_changes(bed->state, 0, 100, &changes, &err), 0);
	if (changes->len > 0 && first)
		*first = g_array_index(changes, struct state_imap_change, 0);
	return changes->len;
}

TEST(nothing_is_noted_without_an_account)
{
	struct bed bed;

	bed_open(&bed, false);
	(void)add_copy(bed.state, bed.there.folder, 0);
	CHECK_INT(count_changes(&bed, NULL), 0);
	bed_close(&bed);
}

TEST(what_stands_in_a_folder_counts_as_changed_once_it_is_paired)
{
	struct state_imap_change change;
	struct bed bed;
	struct err err;
	int64_t copy;

	bed_open(&bed, false);
	copy = add_copy(bed.state, bed.there.folder, FLAG_SEEN);
	(void)add_copy(bed.state, bed.other, 0);
	CHECK_INT(
		state_imap_account(bed.state, "home", true, &bed.account, &err),
		1);
	bed.there.account = bed.account;
	CHECK_INT(state_imap_folder_put(bed.state, &bed.there, &err), 0);
	CHECK_INT(count_changes(&bed, &change), 1);
	CHECK_INT(change.copy, copy);
	CHECK(change.here && !change.gone);
	CHECK_INT(change.row.uid, 0);
	CHECK_INT(change.flags, FLAG_SEEN);
	bed_close(&bed);
}

TEST(a_bound_copy_is_no_change_until_it_is_changed)
{
	struct state_imap_change change;
	struct state_copy copy;
	struct bed bed;
	struct err err;
	int64_t serial;

	bed_open(&bed, true);
	serial = bind_copy(&bed, 7, FLAG_SEEN);
	CHECK_INT(count_changes(&bed, NULL), 0);
	CHECK_INT(state_copy_move(bed.state, serial, true, &err), 0);
	CHECK_INT(count_changes(&bed, NULL), 0);
	CHECK_INT(state_copy_flags(bed.state, serial, FLAG_FLAGGED, &err), 0);
	CHECK_INT(count_changes(&bed, &change), 1);
	CHECK_INT(change.row.uid, 7);
	CHECK_INT(change.row.flags, FLAG_SEEN);
	CHECK_INT(change.flags, FLAG_FLAGGED);
	CHECK_INT(change.account, bed.account);
	CHECK_INT(state_imap_settle(bed.state, serial, &err), 0);
	CHECK_INT(count_changes(&bed, NULL), 1);
	CHECK_INT(state_copy_flags(bed.state, serial, FLAG_SEEN, &err), 0);
	CHECK_INT(state_imap_settle(bed.state, serial, &err), 0);
	CHECK_INT(count_changes(&bed, NULL), 0);

	CHECK_INT(state_copy_get(bed.state, serial, &copy, &err), 1);
	copy.folder = bed.other;
	CHECK_INT(state_copy_put(bed.state, &copy, &err), 0);
	CHECK_INT(count_changes(&bed, &change), 1);
	CHECK_INT(change.folder, bed.other);
	bed_close(&bed);
}

TEST(a_removal_and_a_return_are_noted)
{
	struct state_imap_change change;
	struct state_copy copy;
	struct bed bed;
	struct err err;
	int64_t serial;

	bed_open(&bed, true);
	serial = bind_copy(&bed, 1, 0);
	CHECK_INT(state_copy_get(bed.state, serial, &copy, &err), 1);
	CHECK_INT(state_message_remove(bed.state, copy.message, 5, &err), 0);
	CHECK_INT(count_changes(&bed, &change), 1);
	CHECK(!change.here);
	CHECK_INT(change.row.uid, 1);
	CHECK_INT(state_message_remove(bed.state, copy.message, 0, &err), 0);
	CHECK_INT(state_imap_settle(bed.state, serial, &err), 0);
	CHECK_INT(count_changes(&bed, NULL), 0);
	CHECK_INT(state_copy_delete(bed.state, serial, &err), 0);
	CHECK_INT(count_changes(&bed, &change), 1);
	CHECK(!change.here);
	/* Told to the server: nothing is left of it. */
	CHECK_INT(state_imap_uid_drop(bed.state, bed.there.serial, 1, &err), 0);
	CHECK_INT(count_changes(&bed, NULL), 0);
	bed_close(&bed);
}

TEST(a_copy_stands_for_one_uid_and_the_other_is_to_be_deleted)
{
	struct state_imap_uid row, old;
	AUTO(array) GArray *doomed = NULL;
	struct bed bed;
	struct err err;
	int64_t serial;

	bed_open(&bed, true);
	serial = bind_copy(&bed, 3, 0);
	CHECK_INT(state_imap_pending_add(bed.state, serial, bed.there.serial,
					 &err),
		  0);
	row = (struct state_imap_uid){ bed.there.serial, 9, serial, 0 };
	CHECK_INT(state_imap_uid_put(bed.state, &row, &err), 0);
	CHECK_INT(state_imap_uid_of(bed.state, serial, &old, &err), 1);
	CHECK_INT(old.uid, 9);
	CHECK_INT(state_imap_uid_doomed(bed.state, bed.there.serial, &doomed,
					&err),
		  0);
	if (CHECK_INT(doomed->len, 1))
		CHECK_INT(g_array_index(doomed, struct state_imap_uid, 0).uid,
			  3);
	CHECK_INT(state_imap_pending_has(bed.state, serial, bed.there.serial,
					 &err),
		  0);
	bed_close(&bed);
}

TEST(rows_are_counted_by_folder_whatever_happens_to_them)
{
	struct state_imap_folder got;
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *gone = NULL;
	struct state_imap_uid row;
	struct bed bed;
	struct err err;

	bed_open(&bed, true);
	for (uint32_t uid = 1; uid <= 5; uid++)
		(void)bind_copy(&bed, uid, 0);
	CHECK_INT(
		state_imap_uid_get(bed.state, bed.there.serial, 2, &row, &err),
		1);
	CHECK_INT(state_imap_gone_add(bed.state, &row, &err), 0);
	CHECK_INT(
		state_imap_folder_get(bed.state, bed.there.serial, &got, &err),
		1);
	CHECK_INT(got.messages, 4);
	CHECK_INT(got.gone, 1);
	CHECK_INT(state_imap_gone_all(bed.state, bed.there.serial, &err), 0);
	CHECK_INT(
		state_imap_folder_get(bed.state, bed.there.serial, &got, &err),
		1);
	CHECK_INT(got.messages, 0);
	CHECK_INT(got.gone, 5);
	CHECK_INT(state_imap_gone_range(bed.state, bed.there.serial, 0, 3,
					&gone, &err),
		  0);
	CHECK_INT(gone->len, 3);
	/* It is met in another place. */
	row.uid = 40;
	CHECK_INT(state_imap_uid_put(bed.state, &row, &err), 0);
	CHECK_INT(
		state_imap_folder_get(bed.state, bed.there.serial, &got, &err),
		1);
	CHECK_INT(got.messages, 1);
	CHECK_INT(got.gone, 4);
	CHECK_INT(state_imap_check(bed.state, problems, &err), 0);
	CHECK_INT(problems->len, 0);
	CHECK_INT(state_imap_folder_drop(bed.state, bed.there.serial, &err), 0);
	CHECK_INT(
		state_imap_folder_get(bed.state, bed.there.serial, &got, &err),
		0);
	bed_close(&bed);
}

TEST(a_database_of_the_early_days_gets_the_tables)
{
	static const char drop[] =
		"DROP TRIGGER imap_copy_comes; DROP TRIGGER imap_copy_changes;"
		"DROP TRIGGER imap_copy_goes; DROP TRIGGER imap_message_goes;"
		"DROP TABLE imap_accounts; DROP TABLE imap_folders;"
		"DROP TABLE imap_uids; DROP TABLE imap_gone;"
		"DROP TABLE imap_pending; DROP TABLE imap_changed;";
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct bed bed;
	struct err err = { 0 };

	bed_open(&bed, false);
	CHECK_INT(sql_run(state_sql(bed.state), drop, &err), 0);
	(void)add_copy(bed.state, bed.other, 0);
	CHECK_INT(state_imap_check(bed.state, problems, &err), 0);
	CHECK_INT(state_imap_account(bed.state, "home", false, &bed.account,
				     &err),
		  0);
	CHECK_INT(
		state_imap_account(bed.state, "home", true, &bed.account, &err),
		1);
	(void)add_copy(bed.state, bed.other, 0);
	CHECK_INT(count_changes(&bed, NULL), 1);
	bed_close(&bed);
}

TEST(check_finds_a_change_that_was_not_noted)
{
	AUTO(ptrs) GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	struct bed bed;
	struct err err;

	bed_open(&bed, true);
	(void)bind_copy(&bed, 1, 0);
	CHECK_INT(sql_run(state_sql(bed.state), "UPDATE imap_uids SET flags=1",
			  &err),
		  0);
	CHECK_INT(state_imap_check(bed.state, problems, &err), 0);
	CHECK_INT(problems->len, 1);
	bed_close(&bed);
}
