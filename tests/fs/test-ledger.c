/* SPDX-License-Identifier: ISC */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/io.h"
#include "ledger-record.h"
#include "test.h"

#define TMP "folder-0-tmp"

/* A directory files/ with a log. */
struct home {
	char path[64];
	int root;
	struct ledger *ledger;
};

static void home_new(struct home *home)
{
	(void)g_strlcpy(home->path, "/tmp/defms-ledger-XXXXXX",
			sizeof(home->path));
	CHECK(mkdtemp(home->path));
	home->root = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(home->root >= 0);
	CHECK_INT(mkdirat(home->root, TMP, 0700), 0);
	home->ledger = ledger_new(home->root);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void home_free(struct home *home)
{
	ledger_free(home->ledger);
	(void)close(home->root);
	(void)nftw(home->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const struct home *home, const char *name)
{
	return g_build_filename(home->path, TMP, name, NULL);
}

static void write_file(const struct home *home, const char *name,
		       const char *text)
{
	AUTO(str) char *path = path_of(home, name);
	AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(io_write(fd, text, strlen(text), NULL), 0);
}

/* Without making it anew, its inode stays. */
static bool is_there(const struct home *home, const char *name,
		     const char *text)
{
	AUTO(str) char *path = path_of(home, name);
	AUTO(bytes) GByteArray *out = g_byte_array_new();

	if (access(path, F_OK) < 0)
		return !text;
	return text && io_read_file(path, LEDGER_DATA, out, NULL) == 0 &&
	       out->len == strlen(text) &&
	       (out->len == 0 || memcmp(out->data, text, out->len) == 0);
}

static struct ledger_id id_of(const struct home *home, const char *name)
{
	AUTO(str) char *path = path_of(home, name);
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ledger_id id = { 0 };
	struct err err;

	CHECK_INT(ledger_id(fd, &id, &err), 1);
	return id;
}

static bool put(struct home *home, struct ledger_id id, const char *name,
		const char *text)
{
	const struct ledger_file file = {
		.id = id,
		.key = TMP,
		.name = name,
		.data = text,
		.size = strlen(text),
	};

	return ledger_put(home->ledger, &file);
}

/* A file of this name, and its record. */
static struct ledger_id make(struct home *home, const char *name,
			     const char *text)
{
	struct ledger_id id;

	write_file(home, name, text);
	id = id_of(home, name);
	CHECK(put(home, id, name, text));
	return id;
}

static void replay(struct home *home)
{
	struct err err = { 0 };

	if (!CHECK_INT(ledger_replay(home->root, &err), 0))
		printf("# %s\n", err.text);
	CHECK(faccessat(home->root, LEDGER_NAME, F_OK, 0) < 0);
}

static int open_log(const struct home *home)
{
	return openat(home->root, LEDGER_NAME, O_RDWR | O_CLOEXEC);
}

TEST(what_is_not_as_recorded_becomes_so)
{
	struct home home;
	AUTO(str) char *lost = NULL, *moved = NULL, *to = NULL;

	home_new(&home);
	(void)make(&home, "empty", "one\n");
	(void)make(&home, "torn", "two and more\n");
	(void)make(&home, "lost", "three\n");
	(void)make(&home, "moved", "four\n");
	(void)make(&home, "right", "five\n");
	write_file(&home, "empty", "");
	write_file(&home, "torn", "two and more\nand what was not synced\n");
	lost = path_of(&home, "lost");
	CHECK_INT(unlink(lost), 0);
	CHECK_INT(mkdirat(home.root, "folder-0-new", 0700), 0);
	moved = path_of(&home, "moved");
	to = path_of(&home, "../folder-0-new/mail");
	CHECK_INT(rename(moved, to), 0);
	CHECK_INT(truncate(to, 0), 0);
	replay(&home);
	CHECK(is_there(&home, "empty", "one\n"));
	CHECK(is_there(&home, "torn", "two and more\n"));
	CHECK(is_there(&home, "lost", "three\n"));
	CHECK(is_there(&home, "../folder-0-new/mail", "four\n"));
	CHECK(is_there(&home, "moved", NULL));
	CHECK(is_there(&home, "right", "five\n"));
	home_free(&home);
}

TEST(a_lost_directory_is_made_again)
{
	struct home home;
	AUTO(str) char *lost = NULL;

	home_new(&home);
	(void)make(&home, "a", "one\n");
	lost = path_of(&home, "a");
	CHECK_INT(unlink(lost), 0);
	CHECK_INT(unlinkat(home.root, TMP, AT_REMOVEDIR), 0);
	replay(&home);
	CHECK(is_there(&home, "a", "one\n"));
	home_free(&home);
}

TEST(the_last_record_counts_and_what_was_dropped_stays_as_it_is)
{
	struct home home;
	struct ledger_id id;
	AUTO(str) char *gone = NULL;

	home_new(&home);
	id = make(&home, "twice", "old\n");
	CHECK(put(&home, id, "twice", "new\n"));
	id = make(&home, "dropped", "old\n");
	CHECK(ledger_drop(home.ledger, &id));
	id = make(&home, "gone", "old\n");
	CHECK(ledger_drop(home.ledger, &id));
	gone = path_of(&home, "gone");
	CHECK_INT(unlink(gone), 0);
	write_file(&home, "twice", "");
	write_file(&home, "dropped", "changed since\n");
	replay(&home);
	CHECK(is_there(&home, "twice", "new\n"));
	CHECK(is_there(&home, "dropped", "changed since\n"));
	CHECK(is_there(&home, "gone", NULL));
	home_free(&home);
}

/* Whose name perhaps went, but not on the disk. */
TEST(what_is_mail_is_made_good_but_not_made_again)
{
	struct home home;
	struct ledger_id id;
	AUTO(str) char *gone = NULL;

	home_new(&home);
	id = make(&home, "here", "one\n");
	CHECK(ledger_drop_mail(home.ledger, &id));
	id = make(&home, "gone", "two\n");
	CHECK(ledger_drop_mail(home.ledger, &id));
	write_file(&home, "here", "");
	gone = path_of(&home, "gone");
	CHECK_INT(unlink(gone), 0);
	replay(&home);
	CHECK(is_there(&home, "here", "one\n"));
	CHECK(is_there(&home, "gone", NULL));
	home_free(&home);
}

TEST(a_file_that_has_its_inode_or_its_name_is_another_but_for_a_beginning)
{
	struct home home;
	struct ledger_id id;

	home_new(&home);
	write_file(&home, "a", "another\n");
	id = id_of(&home, "a");
	id.born--;
	CHECK(put(&home, id, "b", "was here before\n"));
	write_file(&home, "c", "another\n");
	id.inode += 1 << 20;
	CHECK(put(&home, id, "c", "was here before\n"));
	write_file(&home, "d", "was he");
	id.inode++;
	CHECK(put(&home, id, "d", "was here before\n"));
	replay(&home);
	CHECK(is_there(&home, "a", "another\n"));
	CHECK(is_there(&home, "b", "was here before\n"));
	CHECK(is_there(&home, "c", "another\n"));
	CHECK(is_there(&home, "d", "was here before\n"));
	home_free(&home);
}

TEST(replay_can_be_done_again)
{
	struct home home;
	AUTO(bytes) GByteArray *log = g_byte_array_new();
	AUTO(str) char *path = NULL, *lost = NULL;

	home_new(&home);
	(void)make(&home, "a", "one\n");
	(void)make(&home, "b", "two\n");
	path = g_build_filename(home.path, LEDGER_NAME, NULL);
	CHECK_INT(io_read_file(path, 2 * LEDGER_HALF, log, NULL), 0);
	write_file(&home, "a", "o");
	lost = path_of(&home, "b");
	CHECK_INT(unlink(lost), 0);
	for (int i = 0; i < 3; i++) {
		replay(&home);
		CHECK(is_there(&home, "a", "one\n"));
		CHECK(is_there(&home, "b", "two\n"));
		/* As if the power went before it was gone. */
		CHECK_INT(io_write_file(path, log->data, log->len, NULL), 0);
	}
	home_free(&home);
}

/* Each byte of the second record is wrong once: the first counts still. */
TEST(a_record_that_is_torn_ends_the_log)
{
	const struct ledger_record shape = {
		.file = { .key = TMP, .name = "a", .data = "x", .size = 1 }
	};
	AUTO(bytes) GByteArray *bytes = ledger_pack(&shape);

	for (size_t at = 0; at < bytes->len; at++) {
		struct ledger_record record;
		size_t size = 0;

		CHECK(ledger_unpack(bytes->data, bytes->len, &record, &size));
		CHECK_INT(size, bytes->len);
		bytes->data[at] ^= 1;
		CHECK(!ledger_unpack(bytes->data, bytes->len, &record, &size));
		bytes->data[at] ^= 1;
		CHECK(!ledger_unpack(bytes->data, at, &record, &size));
	}
}

TEST(what_comes_after_a_torn_record_does_not_count)
{
	struct home home;
	int fd;

	home_new(&home);
	(void)make(&home, "a", "one\n");
	(void)make(&home, "b", "two\n");
	(void)make(&home, "c", "three\n");
	fd = open_log(&home);
	/* In the second: each is 72 bytes, its names and its bytes. */
	CHECK_INT(pwrite(fd, "?", 1, 96 + 40), 1);
	(void)close(fd);
	write_file(&home, "a", "");
	write_file(&home, "b", "");
	write_file(&home, "c", "");
	replay(&home);
	CHECK(is_there(&home, "a", "one\n"));
	CHECK(is_there(&home, "b", ""));
	CHECK(is_there(&home, "c", ""));
	home_free(&home);
}

/* Records of `size` bytes until `count` are noted, or there is no room. */
static guint fill(struct home *home, struct ledger_id *id, size_t size,
		  guint count)
{
	AUTO(str) char *text = g_strnfill(size, 'x');
	guint done = 0;

	while (done < count && put(home, *id, "filler", text)) {
		id->inode++;
		done++;
	}
	return done;
}

TEST(a_half_is_written_anew_once_nothing_needs_it)
{
	const guint many = LEDGER_HALF / (60 << 10);
	struct home home;
	struct ledger_id filler = { UINT64_C(1) << 40, 1 }, a, next;
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct ledger_id));
	guint done;
	struct err err;

	home_new(&home);
	a = make(&home, "a", "one\n");
	CHECK(!ledger_is_old(home.ledger, &a));
	done = fill(&home, &filler, 60 << 10, 1000);
	CHECK(done > many && done < 3 * many);
	CHECK(ledger_is_full(home.ledger));
	CHECK(ledger_is_old(home.ledger, &a));
	/* All in the first half are on the disk: it is written again, and what
	 * it held says nothing any more. */
	next = (struct ledger_id){ UINT64_C(1) << 40, 1 };
	for (guint i = 0; i < done; i++, next.inode++)
		(void)g_array_append_val(ids, next);
	(void)g_array_append_val(ids, a);
	CHECK_INT(ledger_turn(home.ledger, ids, 0, &err), 1);
	CHECK(!ledger_is_full(home.ledger));
	write_file(&home, "a", "changed since\n");
	(void)make(&home, "b", "two\n");
	write_file(&home, "b", "");
	replay(&home);
	CHECK(is_there(&home, "a", "changed since\n"));
	CHECK(is_there(&home, "b", "two\n"));
	home_free(&home);
}

TEST(a_half_that_is_needed_is_kept)
{
	struct home home;
	struct ledger_id filler = { UINT64_C(1) << 40, 1 };
	AUTO(array)
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct ledger_id));
	struct err err;

	home_new(&home);
	(void)make(&home, "a", "one\n");
	(void)fill(&home, &filler, 60 << 10, 1000);
	CHECK_INT(ledger_turn(home.ledger, none, 0, &err), 0);
	CHECK_INT(fill(&home, &filler, 60 << 10, 1), 0);
	/* There is room for those that go. */
	for (int i = 0; i < 100; i++) {
		filler.inode--;
		CHECK(ledger_drop(home.ledger, &filler));
	}
	CHECK_INT(fill(&home, &filler, 60 << 10, 1), 0);
	write_file(&home, "a", "");
	replay(&home);
	CHECK(is_there(&home, "a", "one\n"));
	home_free(&home);
}

TEST(a_half_is_needed_until_what_became_mail_has_no_name)
{
	struct home home;
	struct ledger_id filler = { UINT64_C(1) << 40, 1 };
	AUTO(array)
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct ledger_id));
	guint half, other;
	struct err err;

	home_new(&home);
	half = fill(&home, &filler, 60 << 10, 10);
	for (guint i = 0; i < half; i++) {
		filler.inode--;
		CHECK(ledger_drop_mail(home.ledger, &filler));
	}
	CHECK_INT(ledger_old_mail(home.ledger), 0);
	filler.inode += 1000;
	other = fill(&home, &filler, 60 << 10, 1000);
	CHECK(other > half);
	CHECK(ledger_is_full(home.ledger));
	/* In the first half those that are no mail yet are needed, too. */
	CHECK_INT(ledger_old_mail(home.ledger), half);
	CHECK_INT(ledger_turn(home.ledger, none, half, &err), 0);
	CHECK_INT(ledger_old_mail(home.ledger), 0);
	home_free(&home);
}

TEST(it_goes_round_and_round_while_what_it_holds_is_dropped)
{
	struct home home;
	struct ledger_id last = { 0 };

	home_new(&home);
	for (int i = 0; i < 300; i++) {
		struct ledger_id filler = { UINT64_C(1) << 40, i };

		CHECK_INT(fill(&home, &filler, 50 << 10, 1), 1);
		filler.inode--;
		CHECK(ledger_drop(home.ledger, &filler));
	}
	last = make(&home, "a", "one\n");
	write_file(&home, "a", "");
	CHECK_INT(ledger_sync(home.ledger, &(struct err){ 0 }), 0);
	replay(&home);
	CHECK(is_there(&home, "a", "one\n"));
	CHECK(is_there(&home, "filler", NULL));
	CHECK(last.inode != 0);
	home_free(&home);
}

TEST(without_a_log_nothing_is_replayed)
{
	struct home home;
	struct err err;
	int fd;

	home_new(&home);
	CHECK_INT(ledger_replay(home.root, &err), 0);
	/* One that was cut off while it was made. */
	fd = openat(home.root, LEDGER_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(ftruncate(fd, 12345), 0);
	(void)close(fd);
	replay(&home);
	home_free(&home);
}

TEST(names_from_elsewhere_are_not_obeyed)
{
	static const char *const bad[][2] = { { "..", "a" },
					      { TMP, "../a" },
					      { TMP, ".." },
					      { "mailbox", "a" } };
	struct home home;

	home_new(&home);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		const struct ledger_file file = {
			.id = { UINT64_C(1) << 40, (int64_t)i },
			.key = bad[i][0],
			.name = bad[i][1],
			.data = "x",
			.size = 1,
		};

		CHECK(ledger_put(home.ledger, &file));
	}
	replay(&home);
	CHECK(is_there(&home, "../a", NULL));
	CHECK(is_there(&home, "../../a", NULL));
	home_free(&home);
}

/* -- what others do while it is synced ------------------------------------- */

static struct {
	unsigned count;
	int fail;              /* errno of the next one; 0: none */
	struct ledger *during; /* somebody else asks for it meanwhile */
} syncs;

/* In place of the system's, for the ledger's syncs. */
int fdatasync(int fd)
{
	struct ledger *during = take(syncs.during);

	(void)fd;
	syncs.count++;
	if (during)
		CHECK_INT(ledger_sync_dropped(during, NULL), 0);
	errno = syncs.fail;
	syncs.fail = 0;
	return errno ? -1 : 0;
}

/* One whose last record, that a file is gone, was not synced. */
static void home_dropped(struct home *home)
{
	struct ledger_id id;

	home_new(home);
	id = make(home, "a", "A");
	CHECK_INT(ledger_sync(home->ledger, NULL), 0);
	CHECK(ledger_drop(home->ledger, &id));
	syncs.count = 0;
}

/* It was told that all is on the disk while that was still on its way. */
TEST(who_asks_during_a_sync_is_not_told_before_its_end)
{
	struct home home;

	home_dropped(&home);
	syncs.during = home.ledger;
	CHECK_INT(ledger_sync(home.ledger, NULL), 0);
	CHECK_INT(syncs.count, 2);
	CHECK_INT(ledger_sync_dropped(home.ledger, NULL), 0);
	CHECK_INT(syncs.count, 2);
	home_free(&home);
}

TEST(a_sync_that_failed_has_synced_nothing)
{
	struct home home;
	struct err err = { 0 };

	home_dropped(&home);
	syncs.fail = EIO;
	CHECK_INT(ledger_sync(home.ledger, &err), -1);
	CHECK_INT(err.code, EIO);
	syncs.fail = EIO;
	CHECK_INT(ledger_sync_dropped(home.ledger, &err), -1);
	CHECK_INT(syncs.count, 2);
	syncs.fail = 0;
	home_free(&home);
}
