/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "identity.h"
#include "test.h"
#include "vectors.h"

static const struct passphrase asked = { .command = "echo correct horse" };

/* A directory, and the path of an identity in it. */
struct place {
	char *directory, *path;
};

static void place_init(struct place *place)
{
	place->directory = new_directory();
	place->path = g_build_filename(place->directory, "identity", NULL);
}

static void place_release(struct place *place)
{
	remove_directory(place->directory);
	g_free(place->directory);
	g_free(place->path);
}

/* 0, or the code of the error, whose text names the path. */
static int open_code(const char *path, const struct passphrase *passphrase)
{
	AUTO(identity) struct identity *identity = NULL;
	struct err err = { 0 };

	if (identity_open(path, passphrase, &identity, &err) == 0)
		return 0;
	CHECK(strstr(err.text, path) == err.text);
	CHECK(!identity);
	return err.code;
}

static int create(const char *path, const struct passphrase *passphrase,
		  struct err *err)
{
	static const char *const mails[] = { "b@example.org", "a@example.org" };
	AUTO(identity) struct identity *identity = NULL;

	return identity_create(path, "Ada", mails, 2, 1700000000, passphrase,
			       &identity, err);
}

TEST(a_created_identity_opens_again)
{
	static const char *const mails[] = { "b@example.org", "a@example.org" };
	AUTO(identity) struct identity *made = NULL;
	AUTO(identity) struct identity *again = NULL;
	AUTO(card) struct card *card = NULL;
	struct place place;
	struct err err = { 0 };
	struct stat st;

	place_init(&place);
	CHECK_INT(identity_create(place.path, "Ada", mails, 2, 1700000000, NULL,
				  &made, &err),
		  0);
	CHECK_INT(identity_open(place.path, NULL, &again, &err), 0);
	CHECK_STR(identity_card(made), identity_card(again));
	CHECK_MEM(made->secrets, again->secrets, sizeof(*made->secrets));
	CHECK_MEM(made->root, again->root, 32);
	CHECK_INT(stat(place.path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(card_parse(made->card, strlen(made->card), &card, &err), 0);
	CHECK_STR(card->mails->pdata[0], "a@example.org");
	CHECK_INT(card->mails->len, 2);
	CHECK_MEM(card->devices->data, identity_device_key(made), 32);
	place_release(&place);
}

TEST(two_identities_share_nothing)
{
	AUTO(identity) struct identity *one = NULL;
	AUTO(identity) struct identity *other = NULL;
	struct place place;
	AUTO(str) char *path = NULL;
	const char *mail = "a@b";

	place_init(&place);
	path = g_strconcat(place.path, "2", NULL);
	CHECK_INT(
		identity_create(place.path, "A", &mail, 1, 1, NULL, &one, NULL),
		0);
	CHECK_INT(identity_create(path, "A", &mail, 1, 1, NULL, &other, NULL),
		  0);
	CHECK(memcmp(one->root, other->root, 32) != 0);
	CHECK(memcmp(one->device, other->device, 32) != 0);
	CHECK(memcmp(one->secrets->persons[0], other->secrets->persons[0],
		     32) != 0);
	place_release(&place);
}

TEST(an_identity_is_never_overwritten)
{
	struct place place;
	struct err err = { 0 };
	AUTO(str) char *before = NULL;
	AUTO(str) char *after = NULL;

	place_init(&place);
	CHECK_INT(create(place.path, NULL, &err), 0);
	CHECK(g_file_get_contents(place.path, &before, NULL, NULL));
	CHECK_INT(create(place.path, NULL, &err), -1);
	CHECK_INT(err.code, EEXIST);
	CHECK(strstr(err.text, place.path));
	CHECK(g_file_get_contents(place.path, &after, NULL, NULL));
	CHECK_STR(after, before);
	place_release(&place);
}

TEST(what_cannot_stand_in_a_card_makes_no_identity)
{
	static const struct {
		const char *name, *mail;
		size_t count;
	} bad[] = { { "", "a@b", 1 },          { "A\nB", "a@b", 1 },
		    { "A", "a@b", 0 },         { "A", "ab", 1 },
		    { "A", "a@b\nname X", 1 }, { "\xff", "a@b", 1 } };
	struct place place;

	place_init(&place);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(identity) struct identity *identity = NULL;
		struct err err = { 0 };

		CHECK_INT(identity_create(place.path, bad[i].name, &bad[i].mail,
					  bad[i].count, 1, NULL, &identity,
					  &err),
			  -1);
		CHECK_INT(err.code, EINVAL);
		CHECK_INT(open_code(place.path, NULL), ENOENT);
	}
	place_release(&place);
}

TEST(a_crash_before_the_end_leaves_no_half_identity)
{
	AUTO(str) char *stale = NULL;
	struct place place;

	place_init(&place);
	stale = g_strconcat(place.path, ".new", NULL);
	write_file(stale, "half", 4, 0600);
	CHECK_INT(create(place.path, NULL, NULL), 0);
	CHECK_INT(open_code(place.path, NULL), 0);
	CHECK(!g_file_test(stale, G_FILE_TEST_EXISTS));
	place_release(&place);
}

/* Create at `path`, dying at crash point `number`; was there one left? */
static bool dies(const char *path, int number)
{
	char text[16];
	int status = -1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)snprintf(text, sizeof(text), "%d", number);
		(void)setenv("DEFMS_CRASH", text, 1);
		_exit(create(path, NULL, NULL) < 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 99;
}

TEST(killed_at_any_step_there_is_a_whole_identity_or_none)
{
	bool died = true;

	for (int number = 1; died; number++) {
		struct place place;
		int code;

		place_init(&place);
		died = dies(place.path, number);
		code = open_code(place.path, NULL);
		CHECK(code == 0 || (died && code == ENOENT));
		CHECK_INT(create(place.path, NULL, NULL), code == 0 ? -1 : 0);
		CHECK_INT(open_code(place.path, NULL), 0);
		place_release(&place);
	}
}

TEST(what_others_may_write_or_read_is_refused)
{
	static const struct {
		mode_t file, directory;
		int code;
	} known[] = {
		{ 0600, 0700, 0 },      { 0400, 0755, 0 },
		{ 0620, 0700, EPERM },  { 0602, 0700, EPERM },
		{ 0640, 0700, EPERM },  { 0604, 0700, EPERM },
		{ 0600, 0770, EPERM },  { 0600, 0702, EPERM },
		{ 0600, 01777, EPERM },
	};
	AUTO(bytes) GByteArray *file = vector("identity");
	struct place place;

	place_init(&place);
	write_file(place.path, file->data, file->len, 0600);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		CHECK_INT(chmod(place.path, known[i].file), 0);
		CHECK_INT(chmod(place.directory, known[i].directory), 0);
		CHECK_INT(open_code(place.path, NULL), known[i].code);
	}
	place_release(&place);
}

TEST(a_file_or_directory_of_somebody_else_is_refused)
{
	AUTO(bytes) GByteArray *file = vector("identity");
	struct place place;

	if (geteuid() != 0) {
		printf("# needs root: not run\n");
		return;
	}
	place_init(&place);
	write_file(place.path, file->data, file->len, 0600);
	CHECK_INT(chown(place.path, 12345, 0), 0);
	CHECK_INT(open_code(place.path, NULL), EPERM);
	CHECK_INT(chown(place.path, 0, 0), 0);
	CHECK_INT(open_code(place.path, NULL), 0);
	CHECK_INT(chown(place.directory, 12345, 0), 0);
	CHECK_INT(open_code(place.path, NULL), EPERM);
	place_release(&place);
}

TEST(only_a_regular_file_is_read)
{
	AUTO(bytes) GByteArray *file = vector("identity");
	AUTO(str) char *other = NULL;
	struct place place;

	place_init(&place);
	CHECK_INT(open_code(place.path, NULL), ENOENT);
	CHECK_INT(mkfifo(place.path, 0600), 0);
	CHECK_INT(open_code(place.path, NULL), EPERM);
	CHECK_INT(unlink(place.path), 0);
	other = g_strconcat(place.path, "2", NULL);
	write_file(other, file->data, file->len, 0600);
	CHECK_INT(symlink(other, place.path), 0);
	CHECK_INT(open_code(place.path, NULL), ELOOP);
	CHECK_INT(unlink(place.path), 0);
	CHECK_INT(mkdir(place.path, 0700), 0);
	CHECK_INT(open_code(place.path, NULL), EPERM);
	place_release(&place);
}

/* Every truncation, and every byte changed, of the vector `name`. */
static void check_damage(const char *name, const struct passphrase *passphrase)
{
	AUTO(bytes) GByteArray *file = vector(name);
	struct place place;

	place_init(&place);
	for (size_t size = 0; size < file->len; size++) {
		write_file(place.path, file->data, size, 0600);
		CHECK_INT(open_code(place.path, passphrase), EBADMSG);
	}
	for (size_t i = 0; i < file->len; i++) {
		int code;

		file->data[i] ^= 1;
		write_file(place.path, file->data, file->len, 0600);
		code = open_code(place.path, passphrase);
		CHECK(code == EBADMSG || (passphrase && code == EACCES));
		file->data[i] ^= 1;
	}
	g_byte_array_append(file, (const guint8 *)"\n", 1);
	write_file(place.path, file->data, file->len, 0600);
	CHECK_INT(open_code(place.path, passphrase), EBADMSG);
	place_release(&place);
}

TEST(every_truncation_and_every_changed_byte_is_refused)
{
	check_damage("identity", NULL);
	check_damage("identity-second-device", NULL);
}

TEST(a_file_that_never_ends_is_refused)
{
	AUTO(str) char *text = g_strnfill(200000, 'x');
	struct place place;

	place_init(&place);
	write_file(place.path, text, 200000, 0600);
	CHECK_INT(open_code(place.path, NULL), EBADMSG);
	place_release(&place);
}

/* `text` with its "check" line made new. */
static void write_checked(const char *path, const char *text)
{
	AUTO(gstring) GString *file = g_string_new(text);
	struct message_id check = message_id_of(NULL, text, strlen(text));

	g_string_append(file, "check ");
	for (size_t i = 0; i < sizeof(check.bytes); i++)
		g_string_append_printf(file, "%02x", check.bytes[i]);
	g_string_append_c(file, '\n');
	write_file(path, file->str, file->len, 0600);
}

TEST(keys_that_do_not_belong_together_are_refused)
{
	static const struct {
		const char *from, *to;
		int code;
	} known[] = {
		{ "person 0 20", "person 0 20", 0 },
		{ "root 00", "root 01", EBADMSG },
		{ "person 0 20", "person 0 21", EBADMSG },
		{ "person 0 ", "person 1 ", EBADMSG },
		{ "person 0 ", "person 00 ", EBADMSG },
		{ "device 60", "device 61", 0 }, /* taken off the card */
		{ "identity 1", "identity 2", EBADMSG },
		{ "card ", "card A", EBADMSG },
		{ "card ", "card =", EBADMSG },
		{ "card ", "\ncard ", EBADMSG },
	};
	AUTO(str) char *file = vector_text("identity");
	struct place place;

	*strstr(file, "check ") = '\0';
	place_init(&place);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		char **parts = g_strsplit(file, known[i].from, 2);
		AUTO(str) char *text = g_strjoinv(known[i].to, parts);

		CHECK_INT(g_strv_length(parts), 2);
		write_checked(place.path, text);
		if (!CHECK_INT(open_code(place.path, NULL), known[i].code))
			printf("# %s\n", known[i].to);
		g_strfreev(parts);
	}
	place_release(&place);
}

TEST(a_sealed_identity_opens_with_its_passphrase_alone)
{
	static const struct {
		const char *command;
		int code;
	} known[] = {
		{ "echo correct horse", 0 },
		{ "printf 'correct horse'", 0 },
		{ "echo correct horse; yes | head -c 300000", 0 },
		{ "echo wrong horse", EACCES },
		{ "echo 'correct horse '", EACCES },
		{ "echo", EACCES },
		{ "true", EACCES },
		{ "echo correct horse; exit 1", EACCES },
		{ "kill -9 $$", EACCES },
		{ "no-such-command 2>/dev/null", EACCES },
		{ "head -c 5000 /dev/zero | tr '\\0' x", EACCES },
	};
	AUTO(bytes) GByteArray *file = vector("identity-sealed");
	struct place place;

	place_init(&place);
	write_file(place.path, file->data, file->len, 0600);
	CHECK_INT(open_code(place.path, NULL), EACCES);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct passphrase passphrase = { .command = known[i].command };

		if (!CHECK_INT(open_code(place.path, &passphrase),
			       known[i].code))
			printf("# %s\n", known[i].command);
	}
	place_release(&place);
}

TEST(a_damaged_sealed_identity_is_refused)
{
	check_damage("identity-sealed", &asked);
}

TEST(a_sealed_identity_shows_nothing_and_opens_again)
{
	AUTO(identity) struct identity *identity = NULL;
	AUTO(str) char *text = NULL;
	struct place place;
	struct err err = { 0 };

	place_init(&place);
	CHECK_INT(create(place.path, &asked, &err), 0);
	CHECK(g_file_get_contents(place.path, &text, NULL, NULL));
	CHECK(g_str_has_prefix(text, "defms-identity 1\nsealed argon2id 3 "
				     "268435456 "));
	CHECK(!strstr(text, "root"));
	CHECK_INT(identity_open(place.path, &asked, &identity, &err), 0);
	CHECK(strstr(identity_card(identity), "addr a@example.org\n"));
	place_release(&place);
}

TEST(no_passphrase_makes_no_identity)
{
	static const struct passphrase none = { .command = "true" };
	struct place place;
	struct err err = { 0 };

	place_init(&place);
	CHECK_INT(create(place.path, &none, &err), -1);
	CHECK_INT(err.code, EACCES);
	CHECK_INT(open_code(place.path, NULL), ENOENT);
	place_release(&place);
}
