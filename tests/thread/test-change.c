/* SPDX-License-Identifier: ISC */
#include "defms/change.h"

#include "defms/index.h"
#include "defms/name.h"
#include "defms/state-threads.h"
#include "gc.h"
#include "store-test.h"
#include "world-test.h"

struct file {
	const char *text, *folder, *name;
	bool is_new, by_hand;
};

/* In a batch of its own; the serial of its copy. */
static int64_t add(struct world *world, const struct file *file,
		   enum batch_result want)
{
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	struct state_copy split = { .is_new = file->is_new };
	struct batch *batch = begin(world);
	enum batch_result result;
	struct err err = { 0 };
	int64_t copy;

	name_copy_split(file->name, &split);
	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)file->text,
				  (guint)strlen(file->text));
	arrival->folder = g_strdup(file->folder);
	arrival->base = g_strdup(split.base);
	arrival->suffix = split.has_suffix ? g_strdup(split.suffix) : NULL;
	arrival->flags = split.flags;
	arrival->is_new = file->is_new;
	arrival->by_hand = file->by_hand;
	arrival->received = 1000;
	if (arrival_prepare(arrival, world->reader, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0)
		die(&err);
	CHECK_INT(result, want);
	copy = batch_last_copy(batch);
	commit(batch);
	return copy;
}

static const char first[] = "From: a@x\nMessage-ID: <1@x>\n\none\n";
static const char second[] =
	"From: a@x\nMessage-ID: <2@x>\nIn-Reply-To: <1@x>\n\ntwo\n";
static const char third[] =
	"From: b@x\nMessage-ID: <3@x>\nIn-Reply-To: <2@x>\n\nthree\n";

static int64_t put_in(struct world *world, const char *text, const char *folder,
		      bool is_new, const char *name, enum batch_result want)
{
	return add(world, &(struct file){ text, folder, name, is_new, true },
		   want);
}

/* "folder/new/name flags-of-its-message", "removed", or "none". */
static char *where(struct world *world, int64_t serial)
{
	struct state *state = state_of(world);
	struct state_message message;
	struct state_folder folder;
	struct state_copy copy;
	AUTO(str) char *name = NULL;
	struct err err = { 0 };
	char flags[16];

	if (state_copy_get(state, serial, &copy, &err) != 1)
		return g_strdup("none");
	CHECK_INT(state_message_get(state, copy.message, &message, &err), 1);
	if (message.removed)
		return g_strdup("removed");
	CHECK_INT(state_folder_get(state, copy.folder, &folder, &err), 1);
	name = name_copy(&copy);
	name_flags(message.flags, flags);
	return g_strdup_printf("%s/%s/%s %s", folder.name,
			       copy.is_new ? "new" : "cur", name, flags);
}

static void check_where(struct world *world, int64_t serial, const char *want)
{
	AUTO(str) char *got = where(world, serial);

	CHECK_STR(got, want);
}

static int64_t message_of(struct world *world, int64_t copy)
{
	struct state_copy row = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_copy_get(state_of(world), copy, &row, &err), 1);
	return row.message;
}

static int64_t folder_of(struct world *world, const char *name)
{
	struct state_folder folder = { 0 };
	struct err err = { 0 };

	(void)state_folder_find(state_of(world), name, false, &folder, &err);
	return folder.serial;
}

/* Messages that the thread of a message shows, and its version. */
static int64_t live(struct world *world, int64_t message, int64_t *seq_r)
{
	AUTO(reader) struct reader *reader = NULL;
	struct index_thread thread = { 0 };
	struct index *index;
	struct err err = { 0 };
	int64_t serial = 0;

	if (reader_open(world->mailbox, &reader, &err) < 0 ||
	    !(index = reader_index(reader, &err)))
		die(&err);
	CHECK_INT(index_place_of(index, message, &serial, &err), 1);
	CHECK_INT(index_thread_get(index, serial, &thread, &err), 1);
	if (seq_r)
		*seq_r = thread.seq;
	return thread.live;
}

static int64_t version_of(struct world *world, int64_t message)
{
	int64_t seq = 0;

	(void)live(world, message, &seq);
	return seq;
}

static guint copies_of(struct world *world, int64_t message)
{
	AUTO(array) GArray *serials = NULL;
	struct err err = { 0 };

	CHECK_INT(state_copy_list(state_of(world), message, 0, &serials, &err),
		  0);
	return serials->len;
}

static int64_t thread_of(struct world *world, int64_t message)
{
	AUTO(reader) struct reader *reader = NULL;
	struct err err = { 0 };
	int64_t serial = 0;

	if (reader_open(world->mailbox, &reader, &err) < 0)
		die(&err);
	CHECK_INT(index_place_of(reader_index(reader, &err), message, &serial,
				 &err),
		  1);
	return serial;
}

/* What a change gave: its result, or the errno. */
static int done(int result, const struct err *err)
{
	return result < 0 ? err->code : result;
}

static int place(struct world *world, int64_t copy, int64_t folder, bool is_new,
		 const char *name)
{
	struct change_place to = { folder, is_new, name, false };
	struct state_copy placed = { 0 };
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result =
		done(change_copy_place(batch, copy, &to, &placed, &err), &err);

	CHECK(result != 1 ||
	      (placed.serial == copy && placed.is_new == is_new));

	commit(batch);
	return result;
}

static int remove_copy(struct world *world, int64_t copy)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = done(change_copy_remove(batch, copy, &err), &err);

	commit(batch);
	return result;
}

static int remove_message(struct world *world, int64_t message, bool remove)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result =
		done(change_message_remove(batch, message, remove, &err), &err);

	commit(batch);
	return result;
}

static int set_flags(struct world *world, int64_t message, unsigned set,
		     unsigned clear)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = done(
		change_message_flags(batch, message, set, clear, &err), &err);

	commit(batch);
	return result;
}

/* -- copies ---------------------------------------------------------------- */

TEST(a_rename_keeps_the_name_and_takes_its_flags)
{
	AUTO(world) struct world *world = world_new();
	AUTO(str) char *longest = g_strnfill(255, 'x');
	AUTO(str) char *longer = g_strnfill(256, 'x');
	int64_t copy = put_in(world, first, "INBOX", true, "a", BATCH_NEW);
	int64_t inbox = folder_of(world, "INBOX"), other;
	const struct {
		bool is_new;
		const char *name;
		int result;
		const char *where; /* NULL: as before */
	} steps[] = {
		{ false, "a:2,S", 1, "INBOX/cur/a:2,S S" },
		{ false, "a:2,SF", 1, "INBOX/cur/a:2,SF FS" },
		{ true, "a:2,SF", 1, "INBOX/new/a:2,SF FS" },
		{ true, "a", 1, "INBOX/new/a " },
		{ false, "a", 1, "INBOX/cur/a " },
		{ false, "b:2,Tz", 1, "INBOX/cur/b:2,Tz T" },
		{ false, "b:2,Tz", 1, "INBOX/cur/b:2,Tz T" },
		{ false, "t:2,", EEXIST, NULL },
		{ true, "t:2,", 1, "INBOX/new/t:2, " },
		{ false, "", EINVAL, NULL },
		{ false, ".x", EINVAL, NULL },
		{ false, "..", EINVAL, NULL },
		{ false, "x/y", EINVAL, NULL },
		{ false, "x\ny", EINVAL, NULL },
		{ false, "x\x7f", EINVAL, NULL },
		{ false, longer, ENAMETOOLONG, NULL },
		{ false, "1000.M1.defms:2,R", 1,
		  "INBOX/cur/1000.M1.defms:2,R R" },
		{ false, "c:2,", 1, "INBOX/cur/c:2, " },
	};

	other = put_in(world, second, "INBOX", false, "t:2,", BATCH_NEW);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		AUTO(str) char *before = where(world, copy);
		int64_t was, is;

		(void)live(world, message_of(world, copy), &was);
		CHECK_INT(place(world, copy, inbox, steps[i].is_new,
				steps[i].name),
			  steps[i].result);
		check_where(world, copy,
			    steps[i].where ? steps[i].where : before);
		(void)live(world, message_of(world, copy), &is);
		CHECK_INT(is > was, steps[i].result == 1);
	}
	CHECK_INT(place(world, copy, inbox, false, longest), 1);
	check_where(world, other, "INBOX/cur/t:2, ");
	CHECK_INT(place(world, 99, inbox, false, "x"), 0);
}

static void times_of(struct world *world, int64_t serial, int64_t times[2])
{
	struct state_folder folder = { 0 };
	struct err err = { 0 };

	CHECK_INT(state_folder_get(state_of(world), serial, &folder, &err), 1);
	times[0] = folder.new_time;
	times[1] = folder.cur_time;
}

TEST(the_times_of_both_folders_grow_and_of_no_other)
{
	AUTO(world) struct world *world = world_new();
	int64_t copy = put_in(world, first, "INBOX", true, "a", BATCH_NEW);
	int64_t other = put_in(world, second, "other", true, "a", BATCH_NEW);
	int64_t folders[2] = { folder_of(world, "INBOX"),
			       folder_of(world, "other") };
	static const struct {
		int to;
		bool is_new;
		int grows[2][2];
	} steps[] = {
		{ 0, false, { { 1, 1 }, { 0, 0 } } },
		{ 0, false, { { 0, 1 }, { 0, 0 } } },
		{ 1, false, { { 0, 1 }, { 0, 1 } } },
		{ 0, true, { { 1, 0 }, { 0, 1 } } },
	};

	CHECK(other != copy);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		int64_t was[2][2], is[2][2];

		for (int f = 0; f < 2; f++)
			times_of(world, folders[f], was[f]);
		CHECK_INT(place(world, copy, folders[steps[i].to],
				steps[i].is_new, "b:2,"),
			  1);
		for (int f = 0; f < 2; f++) {
			times_of(world, folders[f], is[f]);
			for (int t = 0; t < 2; t++)
				CHECK_INT(is[f][t] > was[f][t],
					  steps[i].grows[f][t]);
		}
	}
}

TEST(the_last_copy_takes_the_message_along_and_brings_it_back)
{
	AUTO(world) struct world *world = world_new();
	int64_t root = put_in(world, second, "INBOX", false, "r:2,", BATCH_NEW);
	int64_t a = put_in(world, first, "INBOX", false, "a:2,S", BATCH_NEW);
	int64_t b = put_in(world, first, "other", false, "a:2,F", BATCH_COPY);
	int64_t message = message_of(world, a), c;

	CHECK_INT(live(world, message, NULL), 2);
	CHECK_INT(live(world, message_of(world, root), NULL), 2);
	check_where(world, a, "INBOX/cur/a:2,S FS");
	CHECK_INT(remove_copy(world, a), 1);
	check_where(world, a, "none");
	check_where(world, b, "other/cur/a:2,F F");
	CHECK_INT(live(world, message, NULL), 2);
	CHECK_INT(remove_copy(world, a), 0);
	CHECK_INT(remove_copy(world, b), 1);
	check_where(world, b, "removed");
	CHECK_INT(live(world, message, NULL), 1);
	CHECK_INT(remove_copy(world, b), 0);
	CHECK_INT(remove_copy(world, 99), 0);
	/* Its name is free for another, and it comes back beside that. */
	c = put_in(world, third, "other", false, "a:2,F", BATCH_NEW);
	check_where(world, c, "other/cur/a:2,F F");
	CHECK_INT(remove_message(world, message, false), 1);
	CHECK_INT(remove_message(world, message, false), 0);
	check_where(world, b, "other/cur/1000.M3.defms:2,F F");
	check_where(world, c, "other/cur/a:2,F F");
	CHECK_INT(live(world, message, NULL), 3);
	CHECK_INT(remove_message(world, message, true), 1);
	CHECK_INT(remove_message(world, message, true), 0);
	CHECK_INT(live(world, message, NULL), 2);
	CHECK_INT(remove_message(world, 99, true), 0);
}

TEST(what_was_removed_comes_back_by_hand_alone)
{
	AUTO(world) struct world *world = world_new();
	struct file file = { first, "INBOX", "x:2,S", false, false };
	int64_t a = put_in(world, first, "INBOX", false, "a:2,FT", BATCH_NEW);
	int64_t message = message_of(world, a), b;

	CHECK_INT(remove_copy(world, a), 1);
	CHECK_INT(live(world, message, NULL), 0);
	CHECK_INT(add(world, &file, BATCH_KNOWN), 0);
	check_where(world, a, "removed");
	file.by_hand = true;
	b = add(world, &file, BATCH_COPY);
	CHECK_INT(message_of(world, b), message);
	check_where(world, b, "INBOX/cur/x:2,S S");
	check_where(world, a, "none");
	CHECK_INT(live(world, message, NULL), 1);
}

/* One name, one file: of two in one folder the second has a made name. */
TEST(what_is_put_here_by_hand_keeps_its_name_unless_it_is_anothers)
{
	static const struct {
		bool is_new;
		const char *name, *where;
	} files[] = {
		{ false, "a:2,S", "INBOX/cur/a:2,S S" },
		{ false, "a:2,SF", "INBOX/cur/a:2,SF FS" },
		{ false, "a:2,S", "INBOX/cur/1000.M3.defms:2,S FS" },
		{ true, "a:2,S", "INBOX/new/a:2,S FS" },
		{ true, "a", "INBOX/new/a FS" },
		{ false, "a", "INBOX/cur/a FS" },
		{ false, "a", "INBOX/cur/1000.M7.defms:2, FS" },
		{ false, "1000.M7.defms:2,", "INBOX/cur/1000.M8.defms:2, FS" },
	};
	AUTO(world) struct world *world = world_new();

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		int64_t copy =
			put_in(world, first, "INBOX", files[i].is_new,
			       files[i].name, i ? BATCH_COPY : BATCH_NEW);

		check_where(world, copy, files[i].where);
	}
}

TEST(a_message_is_copied_with_its_bytes_and_time)
{
	AUTO(world) struct world *world = world_new();
	int64_t copy = put_in(world, first, "INBOX", false, "a:2,", BATCH_NEW);
	const struct {
		const char *name;
		int result;
	} known[] = {
		{ "a:2,S", 1 },   { "a:2,", EEXIST }, { "a:2,S", EEXIST },
		{ ".a", EINVAL }, { "b", 1 },         { "b,U=1:2,Fa", 1 },
	};
	struct state_copy old = { 0 }, again = { 0 };
	guint copies = 1;
	struct err err = { 0 };

	CHECK_INT(state_copy_get(state_of(world), copy, &old, &err), 1);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		const struct change_place to = { old.folder, false,
						 known[i].name, false };
		struct batch *batch = begin(world);
		int result =
			done(change_copy_again(batch, copy, &to, &again, &err),
			     &err);

		commit(batch);
		CHECK_INT(result, known[i].result);
		if (result != 1)
			continue;
		CHECK(again.serial != copy);
		CHECK_INT(state_copy_called(state_of(world), old.folder, false,
					    known[i].name, &again, &err),
			  1);
		CHECK_INT(again.message, old.message);
		CHECK_INT(again.received, old.received);
		CHECK_INT(again.raw_size, old.raw_size);
		CHECK_INT(again.crlf, old.crlf);
		CHECK_INT(copies_of(world, old.message), ++copies);
	}
	CHECK_INT(remove_message(world, old.message, true), 1);
	for (int i = 0; i < 2; i++) {
		const struct change_place to = { old.folder, false, "c",
						 false };
		struct batch *batch = begin(world);

		CHECK_INT(change_copy_again(batch, i ? 99 : copy, &to, &again,
					    &err),
			  0);
		commit(batch);
	}
}

TEST(a_time_changes_and_the_name_stays_even_if_made_of_it)
{
	AUTO(world) struct world *world = world_new();
	int64_t copies[2] = {
		put_in(world, first, "INBOX", false, "a:2,", BATCH_NEW),
		put_in(world, first, "INBOX", false, "a:2,", BATCH_COPY),
	};

	for (int i = 0; i < 2; i++) {
		struct batch *batch = begin(world);
		AUTO(str) char *before = where(world, copies[i]);
		struct state_copy copy;
		struct err err = { 0 };

		CHECK_INT(change_copy_received(batch, copies[i], -77, &err), 1);
		CHECK_INT(change_copy_received(batch, copies[i], -77, &err), 1);
		CHECK_INT(change_copy_received(batch, 99, -77, &err), 0);
		commit(batch);
		CHECK_INT(
			state_copy_get(state_of(world), copies[i], &copy, &err),
			1);
		CHECK_INT(copy.received, -77);
		check_where(world, copies[i], before);
	}
}

/* -- messages -------------------------------------------------------------- */

TEST(flags_are_those_of_all_copies_and_leave_new)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", true, "a", BATCH_NEW);
	int64_t b = put_in(world, first, "other", false, "b:2,FS", BATCH_COPY);
	int64_t c = put_in(world, second, "INBOX", false, "a:2,S", BATCH_NEW);
	int64_t message = message_of(world, a);

	CHECK_INT(set_flags(world, message, FLAG_SEEN, 0), 1);
	/* "a:2,S" is the other's. */
	check_where(world, a, "INBOX/cur/1000.M1.defms:2,S FS");
	check_where(world, b, "other/cur/b:2,FS FS");
	check_where(world, c, "INBOX/cur/a:2,S S");
	CHECK_INT(set_flags(world, message, FLAG_SEEN, 0), 0);
	CHECK_INT(set_flags(world, message, FLAG_DRAFT, FLAG_FLAGGED), 1);
	check_where(world, b, "other/cur/b:2,DS DS");
	CHECK_INT(set_flags(world, message, 0, ~0U), 1);
	check_where(world, a, "INBOX/cur/1000.M1.defms:2, ");
	check_where(world, b, "other/cur/b:2, ");
	CHECK_INT(set_flags(world, 99, FLAG_SEEN, 0), 0);
}

TEST(a_message_moves_between_new_and_cur)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", false, "a:2,Sz", BATCH_NEW);
	int64_t message = message_of(world, a);
	static const char *const want[] = { "INBOX/new/a ", "INBOX/cur/a:2, " };

	for (int i = 0; i < 4; i++) {
		struct batch *batch = begin(world);
		struct err err = { 0 };

		CHECK_INT(change_message_new(batch, message, i % 2 == 0, &err),
			  1);
		CHECK_INT(change_message_new(batch, message, i % 2 == 0, &err),
			  0);
		commit(batch);
		check_where(world, a, want[i % 2]);
	}
}

/* All or nothing, and there is nothing that can be refused: a name that would
 * be another's is made. */
TEST(all_copies_of_a_message_are_placed_alike)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", true, "a", BATCH_NEW);
	int64_t b = put_in(world, first, "other", false, "b:2,S", BATCH_COPY);
	int64_t c = put_in(world, second, "other", false, "b:2,F", BATCH_NEW);
	int64_t message = message_of(world, a);
	AUTO(str)
	char *made = g_strdup_printf("other/cur/1000.M%d.defms:2,F F", (int)b);
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(message_of(world, b), message);
	CHECK_INT(
		change_message_place(batch, message, FLAG_FLAGGED, false, &err),
		1);
	CHECK_INT(
		change_message_place(batch, message, FLAG_FLAGGED, false, &err),
		0);
	CHECK_INT(change_message_place(batch, 99, FLAG_FLAGGED, false, &err),
		  0);
	commit(batch);
	check_where(world, a, "INBOX/cur/a:2,F F");
	check_where(world, b, made);
	check_where(world, c, "other/cur/b:2,F F");
	batch = begin(world);
	CHECK_INT(change_message_place(batch, message, 0, true, &err), 1);
	commit(batch);
	check_where(world, a, "INBOX/new/a ");
}

/* -- threads --------------------------------------------------------------- */

TEST(a_thread_has_flags_and_is_seen_whole)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", true, "a", BATCH_NEW);
	int64_t b = put_in(world, second, "other", false, "b:2,F", BATCH_NEW);
	int64_t thread = thread_of(world, message_of(world, a));
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(change_thread_flags(batch, thread, THREAD_MUTED, 0, &err), 1);
	CHECK_INT(change_thread_flags(batch, thread, THREAD_MUTED, 0, &err), 0);
	CHECK_INT(change_thread_flags(batch, 99, THREAD_MUTED, 0, &err), 0);
	CHECK_INT(change_thread_seen(batch, thread, true, &err), 1);
	CHECK_INT(change_thread_seen(batch, thread, true, &err), 0);
	commit(batch);
	check_where(world, a, "INBOX/cur/a:2,S S");
	check_where(world, b, "other/cur/b:2,FS FS");
	batch = begin(world);
	CHECK_INT(change_thread_seen(batch, thread, false, &err), 1);
	CHECK_INT(change_thread_flags(batch, thread, 0, THREAD_MUTED, &err), 1);
	commit(batch);
	check_where(world, a, "INBOX/cur/a:2, ");
}

TEST(what_comes_to_a_muted_thread_is_seen_and_out_of_the_inbox)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", true, "a", BATCH_NEW), b, c;
	int64_t thread = thread_of(world, message_of(world, a));
	struct batch *batch = begin(world);
	struct file file = { second, "INBOX", "b", true, false };
	struct err err = { 0 };

	CHECK_INT(change_thread_flags(batch, thread, THREAD_MUTED, 0, &err), 1);
	commit(batch);
	/* What was there stays; names of what comes are nobody else's. */
	(void)put_in(world, "Subject: other\n\nx\n", "Archive", false, "b:2,S",
		     BATCH_NEW);
	b = add(world, &file, BATCH_NEW);
	check_where(world, b, "Archive/cur/1000.M3.defms:2,S S");
	file = (struct file){ third, "lists", "b", true, false };
	c = add(world, &file, BATCH_NEW);
	check_where(world, c, "lists/cur/b:2,S S");
	check_where(world, a, "INBOX/new/a ");
	CHECK_INT(live(world, message_of(world, a), NULL), 3);
}

TEST(a_copy_that_comes_to_a_muted_thread_is_muted_as_new_mail_is)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "lists", false, "a:2,F", BATCH_NEW);
	int64_t thread = thread_of(world, message_of(world, a)), b, version;
	struct file file = { first, "INBOX", "b", true, false };
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(change_thread_flags(batch, thread, THREAD_MUTED, 0, &err), 1);
	commit(batch);
	version = version_of(world, message_of(world, a));
	b = add(world, &file, BATCH_COPY);
	check_where(world, b, "Archive/cur/b:2,S FS");
	check_where(world, a, "lists/cur/a:2,F FS");
	CHECK(version_of(world, message_of(world, a)) > version);
	/* Coming again, it is met where it was put. */
	b = add(world, &file, BATCH_KNOWN);
	CHECK_INT(copies_of(world, message_of(world, a)), 2);
	/* A delivery through the mount comes, a file in cur/ is put there. */
	b = put_in(world, first, "INBOX", true, "c", BATCH_COPY);
	check_where(world, b, "Archive/cur/c:2,S FS");
	b = put_in(world, first, "INBOX", false, "d:2,", BATCH_COPY);
	check_where(world, b, "INBOX/cur/d:2, FS");
}

TEST(what_gc_erased_comes_back_only_by_hand)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", false, "a:2,F", BATCH_NEW);
	int64_t b = put_in(world, second, "INBOX", false, "b:2,S", BATCH_NEW);
	int64_t message = message_of(world, a), thread;
	struct file again = { first, "INBOX", "c", true, false };
	struct gc_report report;
	struct err err = { 0 };

	thread = thread_of(world, message);
	CHECK_INT(remove_message(world, message, true), 1);
	CHECK_INT(mailbox_gc(world->mailbox, true, INT64_MAX, &report, &err),
		  0);
	CHECK_INT(report.erased, 1);
	check_where(world, a, "none");
	CHECK_INT(live(world, message_of(world, b), NULL), 1);
	CHECK_INT(thread_of(world, message_of(world, b)), thread);
	CHECK_INT(remove_message(world, message, false), 0);
	(void)add(world, &again, BATCH_KNOWN);
	again.by_hand = true;
	a = add(world, &again, BATCH_NEW);
	check_where(world, a, "INBOX/new/c ");
	CHECK_INT(message_of(world, a), message);
	CHECK_INT(live(world, message, NULL), 2);
	CHECK_INT(thread_of(world, message), thread);
	CHECK_INT(mailbox_gc(world->mailbox, true, INT64_MAX, &report, &err),
		  0);
	CHECK_INT(report.erased, 0);
	check_where(world, a, "INBOX/new/c ");
}

/* -- folders --------------------------------------------------------------- */

TEST(folders_are_made_renamed_and_removed)
{
	AUTO(world) struct world *world = world_new();
	int64_t copy = put_in(world, first, "full", false, "a:2,", BATCH_NEW);
	int64_t inbox, full = folder_of(world, "full"), made = 0, again;
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(done(change_folder_make(batch, "INBOX", &again, &err), &err),
		  EEXIST);
	CHECK_INT(done(change_folder_make(batch, "full", &again, &err), &err),
		  EEXIST);
	CHECK_INT(change_folder_make(batch, "made", &made, &err), 1);
	CHECK_INT(done(change_folder_rename(batch, made, "full", &err), &err),
		  EEXIST);
	CHECK_INT(done(change_folder_rename(batch, made, "INBOX", &err), &err),
		  EEXIST);
	CHECK_INT(change_folder_rename(batch, made, "made", &err), 0);
	CHECK_INT(change_folder_rename(batch, made, "new/name", &err), 1);
	CHECK_INT(change_folder_rename(batch, 99, "x", &err), 0);
	CHECK_INT(done(change_folder_remove(batch, full, &err), &err),
		  ENOTEMPTY);
	CHECK_INT(change_folder_remove(batch, 99, &err), 0);
	commit(batch);
	CHECK_INT(folder_of(world, "new/name"), made);
	CHECK_INT(folder_of(world, "made"), 0);
	/* What was removed from it comes back to INBOX. */
	CHECK_INT(remove_copy(world, copy), 1);
	batch = begin(world);
	CHECK_INT(change_folder_remove(batch, full, &err), 1);
	CHECK_INT(change_folder_remove(batch, made, &err), 1);
	commit(batch);
	CHECK_INT(folder_of(world, "full"), 0);
	CHECK_INT(folder_of(world, "new/name"), 0);
	CHECK_INT(remove_message(world, message_of(world, copy), false), 1);
	check_where(world, copy, "INBOX/cur/a:2, ");
	inbox = folder_of(world, "INBOX");
	batch = begin(world);
	CHECK_INT(done(change_folder_remove(batch, inbox, &err), &err), EBUSY);
	CHECK_INT(done(change_folder_rename(batch, inbox, "x", &err), &err),
		  EBUSY);
	CHECK_INT(done(change_folder_remove(batch, 0, &err), &err), EBUSY);
	commit(batch);
}

/* -- batches --------------------------------------------------------------- */

TEST(a_batch_that_is_freed_changed_nothing_and_a_relaxed_one_is_whole)
{
	AUTO(world) struct world *world = world_new();
	int64_t a = put_in(world, first, "INBOX", false, "a:2,", BATCH_NEW);
	int64_t message = message_of(world, a);

	for (int pass = 0; pass < 2; pass++) {
		struct batch *batch = NULL;
		struct err err = { 0 };

		CHECK_INT(batch_begin_relaxed(world->mailbox, &batch, &err), 0);
		CHECK_INT(change_message_flags(batch, message, FLAG_SEEN, 0,
					       &err),
			  1);
		if (pass)
			commit(batch);
		else
			batch_free(batch);
		check_where(world, a,
			    pass ? "INBOX/cur/a:2,S S" : "INBOX/cur/a:2, ");
		CHECK_INT(mailbox_sync(world->mailbox, &err), 0);
	}
}
