/* SPDX-License-Identifier: ISC */
#include "defms/mailbox.h"

#include <signal.h>

#include "defms/index.h"
#include "home-test.h"
#include "store-test.h"

struct home {
	char *folder;
	struct config *config;
};

static struct home *home_new(void)
{
	struct home *home = g_new0(struct home, 1);
	AUTO(str) char *path = NULL;
	struct err err = { 0 };

	home->folder = folder_new();
	use_home(home->folder);
	path = g_build_filename(home->folder, "a/home", NULL);
	(void)g_setenv("DEFMS_HOME", path, TRUE);
	if (config_open(&home->config, &err) < 0)
		die(&err);
	return home;
}

static void home_free(struct home *home)
{
	config_close(home->config);
	folder_free(home->folder);
	g_free(home);
}
AUTO_KIND(home, struct home, home_free)

static int create(struct home *home, struct err *err)
{
	static const char *const mails[] = { "ada@example.org" };

	return mailbox_create(home->config, "Ada", mails, 1, false, err);
}

static struct mailbox *open_new(struct home *home)
{
	struct mailbox *mailbox = NULL;
	struct err err = { 0 };

	if (create(home, &err) < 0 ||
	    mailbox_open(home->config, &mailbox, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return mailbox;
}

TEST(where_there_is_no_mailbox_init_is_named)
{
	AUTO(home) struct home *home = home_new();
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	AUTO(str)
	char *want = g_strdup_printf("%s/a/home: no mailbox here; make one "
				     "with 'defms init'",
				     home->folder);
	struct err err = { 0 };

	CHECK_INT(mailbox_open(home->config, &mailbox, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_STR(err.text, want);
	CHECK(mailbox == NULL);
	CHECK_INT(shell("test -z \"$(ls -A %s)\"", home->folder), 0);
}

TEST(a_mailbox_is_made_once)
{
	AUTO(home) struct home *home = home_new();
	AUTO(str)
	char *want = g_strdup_printf("%s/a/home: there is a mailbox already",
				     home->folder);
	AUTO(str) char *before = NULL, *after = NULL;
	struct err err = { 0 };

	CHECK_INT(create(home, &err), 0);
	before = output("cksum <%s/a/home/identity", home->folder);
	CHECK_INT(create(home, &err), -1);
	CHECK_INT(err.code, EEXIST);
	CHECK_STR(err.text, want);
	after = output("cksum <%s/a/home/identity", home->folder);
	CHECK_STR(after, before);
}

/* A file may be missing or damaged: that is said, and nothing is made anew. */
TEST(a_part_that_is_missing_is_told)
{
	static const char *const parts[] = { "state.db", "mailbox.git",
					     "identity" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		AUTO(home) struct home *home = home_new();
		AUTO(mailbox) struct mailbox *mailbox = NULL;
		struct err err = { 0 };

		CHECK_INT(create(home, &err), 0);
		CHECK_INT(shell("rm -r %s/a/home/%s", home->folder, parts[i]),
			  0);
		CHECK_INT(mailbox_open(home->config, &mailbox, &err), -1);
		CHECK_INT(err.code, ENOENT);
		CHECK(strstr(err.text, home->folder) != NULL);
		CHECK_INT(
			shell("test ! -e %s/a/home/%s", home->folder, parts[i]),
			0);
	}
}

TEST(an_index_that_is_missing_or_damaged_is_made_anew)
{
	AUTO(home) struct home *home = home_new();
	struct err err = { 0 };

	mailbox_close(open_new(home));
	for (int i = 0; i < 3; i++) {
		AUTO(mailbox) struct mailbox *mailbox = NULL;

		CHECK_INT(i == 0   ? shell("rm -r %s/cache", home->folder)
			  : i == 1 ? shell("for f in $(find %s/cache -type f);"
					   " do echo no >$f; done",
					   home->folder)
				   : 0,
			  0);
		CHECK_INT(mailbox_open(home->config, &mailbox, &err), 0);
		CHECK_INT(shell("test -n \"$(find %s/cache -name 'index-*.db' "
				"-size +8)\"",
				home->folder),
			  0);
	}
}

/* Who is asked for the passphrase leaves a line. */
TEST(a_second_one_beside_it_asks_nobody_for_the_passphrase)
{
	static const char *const mails[] = { "ada@example.org" };
	AUTO(home) struct home *home = home_new();
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	AUTO(mailbox) struct mailbox *beside = NULL;
	AUTO(str)
	char *command =
		g_strdup_printf("user.passphraseCommand=echo >>%s/asked;"
				" echo correct horse",
				home->folder);
	AUTO(str) char *asked = NULL;
	struct err err = { 0 };

	CHECK_INT(config_override(home->config, command, &err), 0);
	CHECK_INT(mailbox_create(home->config, "Ada", mails, 1, true, &err), 0);
	CHECK_INT(mailbox_open(home->config, &mailbox, &err), 0);
	CHECK_INT(mailbox_open_beside(mailbox, &beside, &err), 0);
	asked = output("wc -l <%s/asked", home->folder);
	CHECK_STR(asked, "2");
	CHECK_INT(mailbox_lock(mailbox, &err), 0);
	CHECK_INT(mailbox_try_lock(beside, &err), 0);
	mailbox_unlock(mailbox);
	CHECK_INT(mailbox_try_lock(beside, &err), 1);
	mailbox_unlock(beside);
}

/* Another process does `job` and exits with what it gives. */
static pid_t start(int (*job)(struct home *), struct home *home)
{
	pid_t pid = fork();

	/* A lock is let go when the last one with its descriptor does. */
	if (pid == 0) {
		for (int fd = 3; fd < 256; fd++)
			(void)close(fd);
		_exit(job(home));
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status = -1;

	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_lock(struct home *home)
{
	struct mailbox *mailbox = NULL;

	if (mailbox_open(home->config, &mailbox, NULL) < 0)
		return 99;
	return mailbox_try_lock(mailbox, NULL);
}

static int wait_for_lock(struct home *home)
{
	struct mailbox *mailbox = NULL;

	if (mailbox_open(home->config, &mailbox, NULL) < 0)
		return 99;
	return mailbox_lock(mailbox, NULL) == 0 ? 7 : 1;
}

static int lock_and_be_killed(struct home *home)
{
	struct mailbox *mailbox = NULL;

	if (mailbox_open(home->config, &mailbox, NULL) < 0 ||
	    mailbox_try_lock(mailbox, NULL) != 1)
		return 99;
	(void)raise(SIGKILL);
	return 98;
}

TEST(one_process_writes_at_a_time)
{
	AUTO(home) struct home *home = home_new();
	AUTO(mailbox) struct mailbox *mailbox = open_new(home);
	struct err err = { 0 };

	CHECK_INT(finish(start(try_lock, home)), 1);
	CHECK_INT(mailbox_try_lock(mailbox, &err), 1);
	CHECK_INT(finish(start(try_lock, home)), 0);
	CHECK(!mailbox_wanted(mailbox));
	mailbox_unlock(mailbox);
	CHECK_INT(finish(start(try_lock, home)), 1);
	/* A killed one leaves no lock. */
	CHECK_INT(finish(start(lock_and_be_killed, home)), -1);
	CHECK_INT(mailbox_try_lock(mailbox, &err), 1);
	mailbox_unlock(mailbox);
	mailbox_unlock(mailbox);
}

TEST(who_holds_the_lock_knows_that_it_is_wanted)
{
	AUTO(home) struct home *home = home_new();
	AUTO(mailbox) struct mailbox *mailbox = open_new(home);
	struct err err = { 0 };
	int status;
	pid_t pid;

	CHECK(!mailbox_wanted(mailbox));
	CHECK_INT(mailbox_lock(mailbox, &err), 0);
	pid = start(wait_for_lock, home);
	for (int i = 0; i < 5000 && !mailbox_wanted(mailbox); i++)
		g_usleep(1000);
	CHECK(mailbox_wanted(mailbox));
	CHECK_INT(waitpid(pid, &status, WNOHANG), 0);
	mailbox_unlock(mailbox);
	CHECK_INT(finish(pid), 7);
	CHECK_INT(mailbox_lock(mailbox, &err), 0);
	CHECK(!mailbox_wanted(mailbox));
}
