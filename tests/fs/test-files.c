/* SPDX-License-Identifier: ISC */
#include "files-turn.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "defms/io.h"
#include "ledger.h"
#include "test.h"

static const struct node drafts = { NODE_DRAFTS, 0, 0 };
static const struct node outbox = { NODE_OUTBOX, 0, 0 };
static const struct node tmp = { NODE_FOLDER_TMP, 0, 0 };
static const struct node new = { NODE_FOLDER_NEW, 0, 0 };
static const struct node in_thread = { NODE_THREAD_DRAFTS, 12, 0 };

/* A home of its own. */
struct home {
	char path[64];
	struct files *files;
};

static void home_open(struct home *home)
{
	struct err err = { 0 };

	if (!CHECK_INT(files_open(home->path, &home->files, &err), 0))
		printf("# %s\n", err.text);
}

static void home_new(struct home *home)
{
	(void)g_strlcpy(home->path, "/tmp/defms-files-XXXXXX",
			sizeof(home->path));
	CHECK(mkdtemp(home->path));
	home_open(home);
}

static void home_again(struct home *home)
{
	files_free(home->files);
	home_open(home);
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
	files_free(home->files);
	(void)nftw(home->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct files_new place(struct node dir, const char *name)
{
	return (struct files_new){ .dir = dir,
				   .name = name,
				   .mode = S_IFREG | 0644,
				   .state = files_state_of(dir, name) };
}

/* Its number; 0 and the errno in *code if it cannot be made. */
static uint32_t make(struct home *home, struct node dir, const char *name,
		     const char *text)
{
	const struct files_new to = place(dir, name);
	struct file file = { 0 };
	struct err err = { 0 };

	if (!CHECK_INT(files_create(home->files, &to, &file, &err), 0))
		return 0;
	CHECK_INT(files_write(home->files, file.number, 0, text, strlen(text),
			      &err),
		  0);
	return file.number;
}

static bool reads(struct home *home, uint32_t number, const char *text)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct err err = { 0 };

	return files_read(home->files, number, 0, 4096, out, &err) == 0 &&
	       out->len == strlen(text) &&
	       (out->len == 0 || memcmp(out->data, text, out->len) == 0);
}

static uint32_t number_of(struct home *home, struct node dir, const char *name)
{
	struct file file;

	return files_find(home->files, dir, name, &file) ? file.number : 0;
}

TEST(what_was_written_is_there_again)
{
	struct home home;
	struct file file;
	uint32_t number;

	home_new(&home);
	number = make(&home, drafts, "letter", "Dear Bob\r\n");
	CHECK(reads(&home, number, "Dear Bob\r\n"));
	CHECK(make(&home, in_thread, "answer", "yes") > number);
	home_again(&home);
	CHECK(reads(&home, number_of(&home, drafts, "letter"), "Dear Bob\r\n"));
	CHECK(reads(&home, number_of(&home, in_thread, "answer"), "yes"));
	CHECK_INT(files_find(home.files, drafts, "answer", &file), 0);
	home_free(&home);
}

TEST(an_inode_stays_the_same_over_a_restart)
{
	struct home home;
	struct file before, after;
	struct stat st;
	AUTO(str) char *path = NULL;

	home_new(&home);
	(void)make(&home, drafts, "a", "");
	CHECK(files_find(home.files, drafts, "a", &before));
	path = g_build_filename(home.path, "files/drafts/a", NULL);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(before.st.st_ino,
		  (uint64_t)NODE_FILE << 56 | (uint64_t)st.st_ino);
	home_again(&home);
	CHECK(files_find(home.files, drafts, "a", &after));
	CHECK_INT(after.st.st_ino, before.st.st_ino);
	home_free(&home);
}

TEST(nobody_else_can_look_at_what_lies_on_the_disk)
{
	static const char *const dirs[] = { "files", "files/drafts" };
	struct home home;
	struct stat st;

	home_new(&home);
	(void)make(&home, drafts, "a", "");
	for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++) {
		AUTO(str)
		char *path = g_build_filename(home.path, dirs[i], NULL);

		CHECK_INT(stat(path, &st), 0);
		CHECK_INT(st.st_mode & 0777, 0700);
	}
	home_free(&home);
}

TEST(a_name_is_given_once)
{
	const struct files_new to = place(drafts, "a");
	struct home home;
	struct file file;
	struct err err;

	home_new(&home);
	(void)make(&home, drafts, "a", "first");
	CHECK_INT(files_create(home.files, &to, &file, &err), -1);
	CHECK_INT(err.code, EEXIST);
	CHECK(reads(&home, number_of(&home, drafts, "a"), "first"));
	home_free(&home);
}

static const struct {
	enum node_kind kind;
	const char *name;
	int code;
} refused[] = {
	{ NODE_DRAFTS, "", EINVAL },      { NODE_DRAFTS, ".", EINVAL },
	{ NODE_DRAFTS, "..", EINVAL },    { NODE_DRAFTS, "a/b", EINVAL },
	{ NODE_THREADS, "a", EPERM },     { NODE_ROOT, "a", EPERM },
	{ NODE_ATTACHMENTS, "a", EPERM }, { NODE_BEYOND, "a", EPERM },
};

TEST(no_name_leads_out_of_its_directory)
{
	struct home home;

	home_new(&home);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		const struct files_new to =
			place((struct node){ refused[i].kind, 0, 0 },
			      refused[i].name);
		struct file file;
		struct err err = { 0 };

		CHECK_INT(files_create(home.files, &to, &file, &err), -1);
		CHECK_INT(err.code, refused[i].code);
	}
	home_free(&home);
}

TEST(any_byte_may_be_in_a_name_and_255_of_them)
{
	struct home home;

	home_new(&home);
	for (int byte = 1; byte < 256; byte++) {
		char name[256];

		if (byte == '/')
			continue;
		memset(name, byte, sizeof(name));
		name[byte == '.' ? 250 : 255] = '\0';
		(void)make(&home, drafts, name, "x");
	}
	home_again(&home);
	for (int byte = 1; byte < 256; byte++) {
		char name[256];

		memset(name, byte, sizeof(name));
		name[byte == '.' ? 250 : 255] = '\0';
		if (byte != '/')
			CHECK(reads(&home, number_of(&home, drafts, name),
				    "x"));
	}
	home_free(&home);
}

TEST(a_link_on_the_disk_leads_nowhere)
{
	AUTO(gstring) GString *target = g_string_new(NULL);
	AUTO(str) char *secret = NULL, *path = NULL;
	struct files_new to = place(drafts, "lock");
	struct home home;
	struct file file;
	struct err err;

	home_new(&home);
	to.mode = S_IFLNK | 0777;
	secret = g_build_filename(home.path, "secret", NULL);
	to.target = secret;
	CHECK(g_file_set_contents(secret, "secret", -1, NULL));
	CHECK_INT(files_create(home.files, &to, &file, &err), 0);
	for (int round = 0; round < 2; round++) {
		uint32_t number = number_of(&home, drafts, "lock");

		CHECK(!reads(&home, number, "secret"));
		CHECK_INT(files_write(home.files, number, 0, "x", 1, &err), -1);
		g_string_truncate(target, 0);
		CHECK_INT(files_readlink(home.files, number, target, &err), 0);
		CHECK_STR(target->str, secret);
		home_again(&home);
	}
	/* One that came in the place of a file behind our back. */
	(void)make(&home, drafts, "a", "mine");
	for (int i = 0; i < 100; i++) {
		AUTO(str) char *name = g_strdup_printf("other %d", i);

		(void)make(&home, drafts, name, "");
	}
	path = g_build_filename(home.path, "files/drafts/a", NULL);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(symlink(secret, path), 0);
	CHECK(!reads(&home, number_of(&home, drafts, "a"), "secret"));
	home_free(&home);
}

TEST(one_without_a_name_lives_until_it_is_forgotten)
{
	struct home home;
	struct file file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, drafts, "a", "old");
	files_hold(home.files, number);
	files_hold(home.files, number);
	CHECK_INT(files_unlink(home.files, drafts, "a", &err), 0);
	CHECK_INT(files_find(home.files, drafts, "a", &file), 0);
	for (int i = 0; i < 200; i++) {
		AUTO(str) char *name = g_strdup_printf("other %d", i);

		(void)make(&home, drafts, name, "");
	}
	CHECK(reads(&home, number, "old"));
	CHECK_INT(files_write(home.files, number, 3, "er", 2, &err), 0);
	CHECK(reads(&home, number, "older"));
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.st.st_nlink, 0);
	CHECK_INT(file.st.st_size, 5);
	files_forget(home.files, number, 1);
	CHECK(reads(&home, number, "older"));
	files_forget(home.files, number, 1);
	CHECK_INT(files_get(home.files, number, &file), 0);
	CHECK_INT(files_write(home.files, number, 0, "x", 1, &err), -1);
	CHECK_INT(err.code, ESTALE);
	home_free(&home);
}

TEST(one_that_is_replaced_lives_on_too)
{
	struct files_new to = place(drafts, "a");
	struct home home;
	struct err err;
	uint32_t old, next;

	home_new(&home);
	old = make(&home, drafts, "a", "old");
	next = make(&home, drafts, "b", "new");
	files_hold(home.files, old);
	CHECK_INT(files_rename(home.files, next, "b", drafts, &to, &err), 0);
	CHECK(reads(&home, old, "old"));
	CHECK(reads(&home, number_of(&home, drafts, "a"), "new"));
	CHECK_INT(number_of(&home, drafts, "a"), next);
	CHECK_INT(number_of(&home, drafts, "b"), 0);
	files_forget(home.files, old, 1);
	home_free(&home);
}

TEST(what_does_not_fit_leaves_nothing_half_done)
{
	const struct rlimit small = { 1000, RLIM_INFINITY };
	struct rlimit before;
	struct home home;
	struct file file;
	struct err err;
	char data[600];
	uint32_t number;

	memset(data, 'x', sizeof(data));
	home_new(&home);
	number = make(&home, drafts, "a", "");
	CHECK_INT(files_write(home.files, number, 0, data, 600, &err), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_INT(files_write(home.files, number, 600, data, 600, &err), -1);
	CHECK_INT(err.code, EFBIG);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.st.st_size, 600);
	CHECK_INT(files_write(home.files, number, 600, data, 600, &err), 0);
	home_free(&home);
}

TEST(without_descriptors_it_fails_and_goes_on_later)
{
	const struct files_new to = place(drafts, "b");
	struct rlimit before, none;
	struct home home;
	struct file file;
	struct err err;

	home_new(&home);
	(void)make(&home, drafts, "a", "text");
	home_again(&home);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	CHECK_INT(files_create(home.files, &to, &file, &err), -1);
	CHECK_INT(err.code, EMFILE);
	CHECK(!reads(&home, number_of(&home, drafts, "a"), "text"));
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	CHECK_INT(number_of(&home, drafts, "b"), 0);
	CHECK(reads(&home, number_of(&home, drafts, "a"), "text"));
	CHECK_INT(files_create(home.files, &to, &file, &err), 0);
	home_free(&home);
}

static const struct {
	enum node_kind kind;
	const char *name;
	enum file_state state;
} states[] = {
	{ NODE_DRAFTS, "a", FILE_PLAIN },
	{ NODE_FOLDER_TMP, "1.a", FILE_PLAIN },
	{ NODE_FOLDER_NEW, "1.a", FILE_COMING },
	{ NODE_FOLDER_CUR, "1.a:2,S", FILE_COMING },
	{ NODE_FOLDER_CUR, ".1.a.XyZabc", FILE_PLAIN },
	{ NODE_FOLDER_NEW, "1.a.error", FILE_PLAIN },
	{ NODE_THREAD_NEW, "1.a", FILE_COMING },
	{ NODE_OUTBOX, "a", FILE_RESTING },
	{ NODE_THREAD_OUTBOX, "a", FILE_RESTING },
	{ NODE_OUTBOX, "a~", FILE_PLAIN },
	{ NODE_OUTBOX, "#a#", FILE_PLAIN },
	{ NODE_OUTBOX, "4913", FILE_PLAIN },
	{ NODE_OUTBOX, "a.error", FILE_PLAIN },
	{ NODE_THREAD, "sedAbCdEf", FILE_PLAIN },
	{ NODE_MAILDIR, ".uidvalidity", FILE_PLAIN },
};

TEST(after_a_restart_a_name_tells_what_a_file_is)
{
	struct home home;

	home_new(&home);
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		const struct node dir = { states[i].kind, 0, 0 };
		struct files_new to = place(dir, states[i].name);
		struct file file;
		struct err err;

		to.state = FILE_REFUSED;
		CHECK_INT(files_create(home.files, &to, &file, &err), 0);
	}
	home_again(&home);
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		const struct node dir = { states[i].kind, 0, 0 };
		struct file file;

		CHECK(files_find(home.files, dir, states[i].name, &file));
		CHECK_INT(file.state, states[i].state);
	}
	home_free(&home);
}

TEST(mail_is_delivered_by_link_and_unlink)
{
	struct files_new to = {
		.dir = new, .name = "1.a", .state = FILE_ARRIVED, .copy = 77
	};
	AUTO(array) GArray *arrived = NULL;
	struct home home;
	struct file file, from;
	struct err err;
	uint32_t number, noted;
	struct node dir;
	char name[256];

	home_new(&home);
	number = make(&home, tmp, "1.a", "mail");
	files_hold(home.files, number);
	CHECK_INT(files_link(home.files, number, &to, &from, &err), 0);
	CHECK_INT(from.number, number);
	CHECK_INT(from.st.st_nlink, 2);
	CHECK_INT(from.st.st_ino, node_inode(node_make(NODE_COPY, 77, 0)));
	CHECK(files_find(home.files, tmp, "1.a", &file));
	CHECK_INT(file.st.st_ino, from.st.st_ino);
	CHECK_INT(files_write(home.files, number, 0, "x", 1, &err), -1);
	CHECK_INT(err.code, EPERM);
	CHECK_INT(files_unlink(home.files, tmp, "1.a", &err), 0);
	arrived = files_in_state(home.files, FILE_ARRIVED);
	CHECK_INT(arrived ? arrived->len : 0, 1);
	CHECK(files_get(home.files, number, &from));
	CHECK_INT(from.st.st_nlink, 1);
	CHECK_INT(from.copy, 77);
	CHECK(files_turn(home.files, &from, FILE_MESSAGE));
	CHECK_INT(number_of(&home, new, "1.a"), 0);
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.state, FILE_MESSAGE);
	CHECK_INT(file.copy, 77);
	CHECK(files_take_note(home.files, &dir, name, &noted));
	CHECK_INT(node_id(dir), node_id(new));
	CHECK_STR(name, "1.a");
	CHECK_INT(noted, number);
	CHECK(!files_take_note(home.files, &dir, name, &noted));
	files_forget(home.files, number, 1);
	CHECK_INT(files_get(home.files, number, &file), 0);
	home_again(&home);
	CHECK_INT(number_of(&home, new, "1.a"), 0);
	home_free(&home);
}

TEST(a_delivery_can_be_taken_back)
{
	struct files_new to = {
		.dir = new, .name = "1.a", .state = FILE_ARRIVED, .copy = 77
	};
	struct home home;
	struct file file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, tmp, "1.a", "mail");
	CHECK_INT(files_link(home.files, number, &to, &file, &err), 0);
	CHECK_INT(files_unlink(home.files, new, "1.a", &err), 0);
	CHECK(!files_in_state(home.files, FILE_ARRIVED));
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.state, FILE_PLAIN);
	CHECK_INT(file.copy, 0);
	CHECK_INT(files_write(home.files, number, 0, "x", 1, &err), 0);
	home_free(&home);
}

TEST(the_other_name_of_what_arrives_may_go_elsewhere)
{
	struct files_new to = {
		.dir = new, .name = "1.a", .state = FILE_ARRIVED, .copy = 77
	};
	const struct files_new aside = place(tmp, "2.a");
	struct home home;
	struct file file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, tmp, "1.a", "mail");
	CHECK_INT(files_link(home.files, number, &to, &file, &err), 0);
	CHECK_INT(files_rename(home.files, number, "1.a", tmp, &aside, &err),
		  0);
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.state, FILE_ARRIVED);
	CHECK_STR(file.name, "1.a");
	CHECK(files_turn(home.files, &file, FILE_MESSAGE));
	CHECK(reads(&home, number_of(&home, tmp, "2.a"), "mail"));
	home_free(&home);
}

TEST(what_arrives_is_the_same_when_another_name_comes_or_goes)
{
	struct files_new to = {
		.dir = new, .name = "1.a", .state = FILE_ARRIVED, .copy = 77
	};
	const struct files_new aside = place(tmp, "2.a");
	struct home home;
	struct file file, other;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, tmp, "1.a", "mail");
	CHECK_INT(files_link(home.files, number, &to, &file, &err), 0);
	CHECK_INT(files_link(home.files, number, &aside, &other, &err), 0);
	CHECK_INT(files_unlink(home.files, tmp, "1.a", &err), 0);
	CHECK(files_turn(home.files, &file, FILE_MESSAGE));
	home_free(&home);
}

TEST(a_state_changes_only_while_nobody_wrote)
{
	struct home home;
	struct file seen, file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, outbox, "a", "text");
	CHECK(files_get(home.files, number, &seen));
	CHECK_INT(files_write(home.files, number, 0, "T", 1, &err), 0);
	CHECK(!files_turn(home.files, &seen, FILE_REFUSED));
	CHECK(files_get(home.files, number, &seen));
	CHECK(files_turn(home.files, &seen, FILE_REFUSED));
	CHECK(!files_turn(home.files, &seen, FILE_REFUSED));
	CHECK_INT(files_write(home.files, number, 0, "t", 1, &err), 0);
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.state, FILE_RESTING);
	home_free(&home);
}

TEST(a_mode_and_a_time_are_kept)
{
	struct stat st = { .st_mode = 0440, .st_mtim = { 1700000000, 5 } };
	struct home home;
	struct file file;
	struct err err;

	home_new(&home);
	CHECK_INT(files_set(home.files, make(&home, drafts, "a", "x"), &st,
			    FILES_MODE | FILES_MTIME, &file, &err),
		  0);
	CHECK_INT(file.st.st_mode, S_IFREG | 0440);
	home_again(&home);
	CHECK(files_find(home.files, drafts, "a", &file));
	CHECK_INT(file.st.st_mode, S_IFREG | 0640);
	CHECK_INT(file.st.st_mtim.tv_sec, 1700000000);
	CHECK_INT(file.st.st_mtim.tv_nsec, 5);
	st.st_size = 3;
	CHECK_INT(files_set(home.files, file.number, &st, FILES_SIZE, &file,
			    &err),
		  0);
	CHECK_INT(file.st.st_size, 3);
	home_free(&home);
}

TEST(times_of_a_directory_grow_and_outlive_it)
{
	struct home home;
	struct err err;
	int64_t last = 0;

	home_new(&home);
	CHECK_INT(files_time(home.files, new), 0);
	for (int i = 0; i < 100; i++) {
		(void)make(&home, new, "1.a", "");
		CHECK(files_time(home.files, new) > last);
		last = files_time(home.files, new);
		CHECK_INT(files_unlink(home.files, new, "1.a", &err), 0);
		CHECK(files_time(home.files, new) > last);
		last = files_time(home.files, new);
	}
	home_again(&home);
	CHECK_INT(files_time(home.files, new), last);
	home_free(&home);
}

TEST(two_do_not_share_a_home)
{
	struct files *second;
	struct home home;
	struct err err;

	home_new(&home);
	CHECK_INT(files_open(home.path, &second, &err), -1);
	CHECK_INT(err.code, EBUSY);
	home_free(&home);
}

/* -- random operations against a model --------------------------------------
 */

enum { NAMES = 12, PLACES = 3, OPERATIONS = 20000 };

/* A file as it should be; shared by its names. */
struct model {
	int names;
	int held;
	uint32_t number;
	GString *text;
};

struct world {
	struct home home;
	struct model *at[PLACES][NAMES];
	GPtrArray *held; /* of models without a name */
};

static const struct node places[PLACES] = {
	{ NODE_DRAFTS, 0, 0 },
	{ NODE_FOLDER_TMP, 4, 0 },
	{ NODE_THREAD_DRAFTS, 7, 0 },
};

static const char *name_at(int name)
{
	static const char *const names[NAMES] = { "a",  "b",     "c~", "#d#",
						  ".e", "f.swp", "g",  "h",
						  "i",  "j\n",   "k",  "-l" };

	return names[name];
}

static void drop_model(struct world *world, struct model **model)
{
	if (--(*model)->names == 0) {
		if ((*model)->held > 0) {
			g_ptr_array_add(world->held, *model);
		} else {
			(void)g_string_free((*model)->text, TRUE);
			g_free(*model);
		}
	}
	*model = NULL;
}

static void check_world(struct world *world)
{
	for (int p = 0; p < PLACES; p++) {
		AUTO(array)
		GArray *list = files_list(world->home.files, places[p]);
		guint want = 0;

		for (int n = 0; n < NAMES; n++) {
			struct model *model = world->at[p][n];
			struct file file;
			int found = files_find(world->home.files, places[p],
					       name_at(n), &file);

			CHECK_INT(found, model != NULL);
			if (!model || !found)
				continue;
			want++;
			CHECK_INT(file.number, model->number);
			CHECK_INT(file.st.st_nlink, model->names);
			CHECK_INT(file.st.st_size, model->text->len);
			CHECK(reads(&world->home, file.number,
				    model->text->str));
		}
		CHECK_INT(list ? list->len : 0, want);
	}
	for (guint i = 0; i < world->held->len; i++) {
		struct model *model = g_ptr_array_index(world->held, i);

		CHECK(reads(&world->home, model->number, model->text->str));
	}
}

static void forget_held(struct world *world)
{
	while (world->held->len > 0) {
		struct model *model = g_ptr_array_index(world->held, 0);
		struct file file;

		files_forget(world->home.files, model->number,
			     (uint64_t)model->held);
		CHECK_INT(files_get(world->home.files, model->number, &file),
			  0);
		(void)g_string_free(model->text, TRUE);
		g_free(model);
		g_ptr_array_remove_index(world->held, 0);
	}
}

/* Numbers are others after it, and nothing is held. */
static void reopen(struct world *world)
{
	forget_held(world);
	home_again(&world->home);
	for (int p = 0; p < PLACES; p++)
		for (int n = 0; n < NAMES; n++) {
			struct model *model = world->at[p][n];

			if (!model)
				continue;
			model->held = 0;
			model->number =
				number_of(&world->home, places[p], name_at(n));
		}
}

static void do_create(struct world *world, int p, int n)
{
	struct model **model = &world->at[p][n];
	const struct files_new to = place(places[p], name_at(n));
	struct file file;
	struct err err;
	int result = files_create(world->home.files, &to, &file, &err);

	CHECK_INT(result, *model ? -1 : 0);
	if (result < 0)
		return;
	*model = g_new0(struct model, 1);
	(*model)->names = 1;
	(*model)->number = file.number;
	(*model)->text = g_string_new(NULL);
}

static void do_write(struct world *world, struct model *model)
{
	char text[40];
	guint size = (guint)(random() % (long)sizeof(text));
	guint at = (guint)(random() % (long)(model->text->len + 1));
	struct err err;

	memset(text, (int)('a' + random() % 26), size);
	CHECK_INT(files_write(world->home.files, model->number, at, text, size,
			      &err),
		  0);
	if (model->text->len < at + size)
		g_string_set_size(model->text, at + size);
	memcpy(model->text->str + at, text, size);
}

static void do_truncate(struct world *world, struct model *model)
{
	struct stat st = { .st_size = (off_t)(random() %
					      (long)(model->text->len + 1)) };
	struct file file;
	struct err err;

	CHECK_INT(files_set(world->home.files, model->number, &st, FILES_SIZE,
			    &file, &err),
		  0);
	g_string_truncate(model->text, (gsize)st.st_size);
}

static void do_rename(struct world *world, int p, int n, bool link)
{
	int q = (int)(random() % PLACES), m = (int)(random() % NAMES);
	const struct files_new to = place(places[q], name_at(m));
	struct model *model = world->at[p][n], **there = &world->at[q][m];
	struct file file;
	struct err err;

	if (link) {
		CHECK_INT(files_link(world->home.files, model->number, &to,
				     &file, &err),
			  *there ? -1 : 0);
		if (*there)
			return;
		model->names++;
		*there = model;
		return;
	}
	CHECK_INT(files_rename(world->home.files, model->number, name_at(n),
			       places[p], &to, &err),
		  0);
	if (*there == model)
		return;
	if (*there)
		drop_model(world, there);
	*there = model;
	world->at[p][n] = NULL;
}

static void one_operation(struct world *world)
{
	int p = (int)(random() % PLACES), n = (int)(random() % NAMES);
	struct model *model = world->at[p][n];
	long what = random() % 100;
	struct err err;

	if (!model || what < 10) {
		do_create(world, p, n);
	} else if (what < 40) {
		do_write(world, model);
	} else if (what < 50) {
		do_truncate(world, model);
	} else if (what < 70) {
		do_rename(world, p, n, false);
	} else if (what < 80) {
		do_rename(world, p, n, true);
	} else if (what < 85) {
		files_hold(world->home.files, model->number);
		model->held++;
	} else {
		CHECK_INT(files_unlink(world->home.files, places[p], name_at(n),
				       &err),
			  0);
		drop_model(world, &world->at[p][n]);
	}
}

TEST(random_operations_do_what_a_model_says)
{
	struct world world = { .held = g_ptr_array_new() };
	struct err err;

	srandom(62088029);
	home_new(&world.home);
	for (int i = 0; i < OPERATIONS && test_failures() == 0; i++) {
		one_operation(&world);
		if (i % 50 == 0)
			check_world(&world);
		if (i % 500 == 0)
			forget_held(&world);
		if (i % 2000 == 0)
			reopen(&world);
	}
	check_world(&world);
	reopen(&world);
	check_world(&world);
	for (int p = 0; p < PLACES; p++)
		for (int n = 0; n < NAMES; n++)
			if (world.at[p][n]) {
				CHECK_INT(files_unlink(world.home.files,
						       places[p], name_at(n),
						       &err),
					  0);
				drop_model(&world, &world.at[p][n]);
			}
	check_world(&world);
	g_ptr_array_unref(world.held);
	home_free(&world.home);
}

/* -- many at once -----------------------------------------------------------
 */

struct racer {
	struct home *home;
	int number;
	int failures;
};

static void *race(void *data)
{
	struct racer *racer = data;
	struct files *files = racer->home->files;

	for (int i = 0; i < 300; i++) {
		AUTO(str)
		char *name = g_strdup_printf("%d.%d", racer->number, i);
		const struct files_new from = place(tmp, name);
		const struct files_new to = place(drafts, "goal");
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct file file;
		struct err err;

		if (files_create(files, &from, &file, &err) < 0 ||
		    files_write(files, file.number, 0, name, strlen(name),
				&err) < 0 ||
		    files_rename(files, file.number, name, tmp, &to, &err) < 0)
			racer->failures++;
		/* Somebody's is there at any time, and it is whole. */
		if (!files_find(files, drafts, "goal", &file))
			racer->failures++;
		if (files_read(files, file.number, 0, 100, out, &err) == 0 &&
		    !memchr(out->data, '.', out->len))
			racer->failures++;
	}
	return NULL;
}

TEST(many_workers_lose_nothing)
{
	struct racer racers[4];
	pthread_t threads[4];
	struct home home;

	home_new(&home);
	for (int i = 0; i < 4; i++) {
		racers[i] = (struct racer){ &home, i, 0 };
		CHECK_INT(pthread_create(&threads[i], NULL, race, &racers[i]),
			  0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		CHECK_INT(racers[i].failures, 0);
	}
	CHECK(!files_list(home.files, tmp));
	home_free(&home);
}

TEST(only_what_is_still_the_same_is_unlinked)
{
	struct files_new over = { .dir = outbox,
				  .name = "a",
				  .state = FILE_RESTING };
	struct file was;
	struct home home;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, outbox, "a", "one");
	CHECK(files_get(home.files, number, &was));
	CHECK_INT(files_write(home.files, number, 0, "two", 3, &err), 0);
	CHECK_INT(files_unlink_as(home.files, &was, &err), 0);
	CHECK(reads(&home, number, "two"));
	CHECK(files_get(home.files, number, &was));
	number = make(&home, drafts, "b", "another");
	CHECK_INT(files_rename(home.files, number, "b", drafts, &over, &err),
		  0);
	CHECK_INT(files_unlink_as(home.files, &was, &err), 0);
	CHECK(reads(&home, number_of(&home, outbox, "a"), "another"));
	CHECK(files_find(home.files, outbox, "a", &was));
	CHECK_INT(files_unlink_as(home.files, &was, &err), 1);
	CHECK_INT(files_find(home.files, outbox, "a", &was), 0);
	CHECK_INT(files_unlink_as(home.files, &was, &err), 0);
	home_free(&home);
}

TEST(another_name_of_a_message_is_delivered_anew)
{
	struct files_new to = {
		.dir = new, .name = "a", .state = FILE_ARRIVED, .copy = 7
	};
	struct home home;
	struct file file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, tmp, "a", "mail");
	CHECK_INT(files_link(home.files, number, &to, &file, &err), 0);
	CHECK(files_turn(home.files, &file, FILE_MESSAGE));
	to.copy = 8;
	CHECK_INT(files_rename(home.files, number, "a", tmp, &to, &err), 0);
	CHECK(files_get(home.files, number, &file));
	CHECK_INT(file.state, FILE_ARRIVED);
	CHECK_INT(file.copy, 8);
	CHECK(reads(&home, number, "mail"));
	home_free(&home);
}

/* -- a loss of power ------------------------------------------------------- */

static char *path_below(const struct home *home, const char *name)
{
	return g_build_filename(home->path, "files", name, NULL);
}

/* The same mount again, but that it never ended: its log is there, and of the
 * file at `path` nothing was written but its name. NULL: all of it was. */
static void home_loses_power(struct home *home, const char *path)
{
	AUTO(bytes) GByteArray *log = g_byte_array_new();
	AUTO(str) char *file = path ? path_below(home, path) : NULL;
	AUTO(str) char *name = path_below(home, "ledger");

	CHECK_INT(io_read_file(name, 4 * LEDGER_HALF, log, NULL), 0);
	files_free(home->files);
	CHECK(access(name, F_OK) < 0);
	CHECK_INT(io_write_file(name, log->data, log->len, NULL), 0);
	CHECK(!file || truncate(file, 0) == 0);
	home_open(home);
}

static void sync_file(struct home *home, uint32_t number)
{
	struct err err = { 0 };

	CHECK_INT(files_sync(home->files, number, &err), 0);
}

TEST(what_was_synced_in_tmp_survives_a_loss_of_power)
{
	const struct files_new to = { .dir = new,
				      .name = "b",
				      .state = FILE_ARRIVED };
	struct home home;
	struct err err;

	home_new(&home);
	sync_file(&home, make(&home, tmp, "a", "mail\n"));
	home_loses_power(&home, "folder-0-tmp/a");
	CHECK(reads(&home, number_of(&home, tmp, "a"), "mail\n"));
	sync_file(&home, make(&home, tmp, "b", "more\n"));
	CHECK_INT(files_rename(home.files, number_of(&home, tmp, "b"), "b", tmp,
			       &to, &err),
		  0);
	home_loses_power(&home, "folder-0-new/b");
	CHECK(reads(&home, number_of(&home, new, "b"), "more\n"));
	CHECK_INT(number_of(&home, tmp, "b"), 0);
	home_free(&home);
}

TEST(what_is_written_after_a_sync_is_not_undone)
{
	struct stat st = { .st_size = 2 };
	struct home home;
	struct file file;
	struct err err;
	uint32_t number;

	home_new(&home);
	number = make(&home, tmp, "a", "mail\n");
	sync_file(&home, number);
	CHECK_INT(files_write(home.files, number, 5, "more\n", 5, &err), 0);
	number = make(&home, tmp, "b", "mail\n");
	sync_file(&home, number);
	CHECK_INT(files_set(home.files, number, &st, FILES_SIZE, &file, &err),
		  0);
	number = make(&home, tmp, "c", "old\n");
	sync_file(&home, number);
	CHECK_INT(files_write(home.files, number, 0, "new\n", 4, &err), 0);
	sync_file(&home, number);
	home_loses_power(&home, NULL);
	CHECK(reads(&home, number_of(&home, tmp, "a"), "mail\nmore\n"));
	CHECK(reads(&home, number_of(&home, tmp, "b"), "ma"));
	CHECK(reads(&home, number_of(&home, tmp, "c"), "new\n"));
	home_free(&home);
}

TEST(what_is_gone_after_a_sync_does_not_come_back)
{
	const struct files_new to = place(tmp, "d");
	struct home home;
	struct file file;
	struct err err;

	home_new(&home);
	sync_file(&home, make(&home, tmp, "a", "mail\n"));
	CHECK_INT(files_unlink(home.files, tmp, "a", &err), 0);
	sync_file(&home, make(&home, tmp, "b", "mail\n"));
	CHECK(files_find(home.files, tmp, "b", &file));
	CHECK(files_turn(home.files, &file, FILE_MESSAGE));
	sync_file(&home, make(&home, tmp, "d", "victim\n"));
	sync_file(&home, make(&home, tmp, "c", "mail\n"));
	CHECK_INT(files_rename(home.files, number_of(&home, tmp, "c"), "c", tmp,
			       &to, &err),
		  0);
	CHECK_INT(files_sync_dir(home.files, tmp, &err), 0);
	home_loses_power(&home, NULL);
	CHECK_INT(number_of(&home, tmp, "a"), 0);
	CHECK_INT(number_of(&home, tmp, "b"), 0);
	CHECK_INT(number_of(&home, tmp, "c"), 0);
	CHECK(reads(&home, number_of(&home, tmp, "d"), "mail\n"));
	home_free(&home);
}

TEST(more_can_be_synced_than_the_ledger_holds)
{
	const size_t size = 48 << 10, count = 3 * LEDGER_HALF / size;
	AUTO(str) char *text = g_strnfill(size, 'x');
	struct home home;
	struct stat st = { .st_size = 1 };
	struct file file;
	struct err err;

	home_new(&home);
	for (size_t i = 0; i < count; i++) {
		AUTO(str) char *name = g_strdup_printf("%zu", i);

		sync_file(&home, make(&home, tmp, name, text));
		if (i != count / 4)
			continue;
		/* The ledger needs it no more, but may hold it still. */
		CHECK_INT(files_set(home.files, number_of(&home, tmp, "0"), &st,
				    FILES_SIZE, &file, &err),
			  0);
	}
	CHECK_INT(files_set(home.files, number_of(&home, tmp, "1"), &st,
			    FILES_SIZE, &file, &err),
		  0);
	home_loses_power(&home, NULL);
	for (size_t i = 0; i < count; i++) {
		AUTO(str) char *name = g_strdup_printf("%zu", i);

		CHECK(files_find(home.files, tmp, name, &file));
		CHECK(file.st.st_size == (off_t)(i < 2 ? 1 : size));
	}
	home_free(&home);
}

enum { DELIVERERS = 4, DELIVERED = 300 };

struct deliverer {
	struct home *home;
	int number;
};

/* Each file is synced; every third one goes, every third is changed. */
static void *deliver(void *data)
{
	const struct deliverer *self = data;

	for (int i = 0; i < DELIVERED; i++) {
		AUTO(str)
		char *name = g_strdup_printf("%d-%d", self->number, i);
		AUTO(str) char *more = g_strnfill(8 << 10, 'x');
		uint32_t number = make(self->home, tmp, name, name);
		struct file file;
		struct err err;

		CHECK_INT(files_write(self->home->files, number, strlen(name),
				      more, 8 << 10, &err),
			  0);
		sync_file(self->home, number);
		if (i % 3 == 1) {
			CHECK(files_get(self->home->files, number, &file));
			CHECK(files_turn(self->home->files, &file,
					 FILE_MESSAGE));
		} else if (i % 3 == 2) {
			CHECK_INT(files_write(self->home->files, number, 0, "#",
					      1, &err),
				  0);
		}
	}
	return NULL;
}

static void check_delivered(struct home *home, int who, int i)
{
	AUTO(str) char *name = g_strdup_printf("%d-%d", who, i);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct file file;
	struct err err;

	CHECK_INT(files_find(home->files, tmp, name, &file), i % 3 != 1);
	if (i % 3 == 1)
		return;
	if (i % 3 == 2)
		name[0] = '#';
	CHECK_INT(files_read(home->files, file.number, 0, strlen(name), out,
			     &err),
		  0);
	CHECK(out->len == strlen(name) &&
	      memcmp(out->data, name, out->len) == 0);
	CHECK(file.st.st_size == (off_t)strlen(name) + (8 << 10));
}

TEST(several_workers_share_the_ledger)
{
	struct deliverer all[DELIVERERS];
	pthread_t workers[DELIVERERS];
	struct home home;

	home_new(&home);
	for (int i = 0; i < DELIVERERS; i++) {
		all[i] = (struct deliverer){ &home, i };
		CHECK_INT(pthread_create(&workers[i], NULL, deliver, &all[i]),
			  0);
	}
	for (int i = 0; i < DELIVERERS; i++)
		(void)pthread_join(workers[i], NULL);
	home_loses_power(&home, NULL);
	for (int who = 0; who < DELIVERERS; who++)
		for (int i = 0; i < DELIVERED; i++)
			check_delivered(&home, who, i);
	home_free(&home);
}

/* -- what others do while a directory is synced ---------------------------- */

static struct {
	int count;            /* atomic: other tests have several workers */
	struct files *during; /* somebody else syncs one, at the second */
} syncs;

/* In place of the system's. */
int fsync(int fd)
{
	if (g_atomic_int_add(&syncs.count, 1) == 1 && syncs.during)
		CHECK_INT(files_sync_dir(take(syncs.during), drafts, NULL), 0);
	return fdatasync(fd);
}

/* The first syncs the directory, then the one it is in: so does the other, who
 * was told that this is done while it was still on its way. */
TEST(who_syncs_a_directory_meanwhile_waits_for_the_one_above)
{
	struct home home;

	home_new(&home);
	(void)make(&home, drafts, "a", "A");
	g_atomic_int_set(&syncs.count, 0);
	syncs.during = home.files;
	CHECK_INT(files_sync_dir(home.files, drafts, NULL), 0);
	CHECK_INT(g_atomic_int_get(&syncs.count), 4);
	CHECK_INT(files_sync_dir(home.files, drafts, NULL), 0);
	CHECK_INT(g_atomic_int_get(&syncs.count), 5);
	home_free(&home);
}
