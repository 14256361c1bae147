/* SPDX-License-Identifier: ISC */
#include "teller.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <glib.h>

#include "test.h"

struct heard {
	int fd, other;
	int count, wrong; /* atomic */
};

static void hear(void *data, const struct told *told)
{
	struct heard *heard = data;
	int number = g_atomic_int_add(&heard->count, 1);
	bool right = told->id == (uint64_t)number &&
		     (told->text != NULL) == (told->what == TOLD_NAME) &&
		     fcntl(heard->fd, F_GETFD) >= 0 &&
		     fcntl(heard->other, F_GETFD) < 0;

	if (!right)
		g_atomic_int_inc(&heard->wrong);
}

/* Until `count` were heard; at most 5 s. */
static void wait_for(struct heard *heard, int count)
{
	for (int i = 0; i < 5000 && g_atomic_int_get(&heard->count) < count;
	     i++)
		g_usleep(1000);
}

TEST(all_is_told_in_order_with_one_descriptor_open)
{
	struct heard heard = { .fd = eventfd(0, 0), .other = eventfd(0, 0) };
	AUTO(teller) struct teller *teller = NULL;
	struct err err;

	CHECK_INT(teller_new(heard.fd, "/", hear, &heard, &teller, &err), 0);
	for (int i = 0; i < 1000; i++)
		teller_tell(teller, i % 2 ? TOLD_NAME : TOLD_NODE, (uint64_t)i,
			    i % 2 ? "name" : NULL);
	wait_for(&heard, 1000);
	teller_end(teller);
	CHECK_INT(heard.count, 1000);
	CHECK_INT(heard.wrong, 0);
	CHECK(fcntl(heard.other, F_GETFD) >= 0);
	CHECK(fcntl(heard.fd, F_GETFD) >= 0);
	(void)close(heard.fd);
	(void)close(heard.other);
}

TEST(a_path_is_touched)
{
	AUTO(str) char *path = g_strdup("/tmp/defms-teller-XXXXXX");
	AUTO(fd) int fd = g_mkstemp(path);
	const struct timespec past[2] = { { 1, 0 }, { 1, 0 } };
	struct heard heard = { 0 };
	AUTO(teller) struct teller *teller = NULL;
	struct stat st = { 0 };
	struct err err;

	CHECK(fd >= 0);
	CHECK_INT(futimens(fd, past), 0);
	CHECK_INT(teller_new(fd, "/", hear, &heard, &teller, &err), 0);
	teller_tell(teller, TOLD_TOUCH, 0, path);
	for (int i = 0; i < 5000 && st.st_mtime <= 1; i++) {
		g_usleep(1000);
		CHECK_INT(fstat(fd, &st), 0);
	}
	CHECK(st.st_mtime > 1);
	(void)unlink(path);
}

/* The caller frees it. */
static char *make_maildir(void)
{
	char *folder = g_strdup("/tmp/defms-teller-XXXXXX");
	AUTO(str) char *tmp = NULL;
	AUTO(str) char *new = NULL;

	CHECK(g_mkdtemp(folder) != NULL);
	tmp = g_build_filename(folder, "tmp", NULL);
	new = g_build_filename(folder, "new", NULL);
	CHECK_INT(mkdir(tmp, 0700), 0);
	CHECK_INT(mkdir(new, 0700), 0);
	return folder;
}

/* It is empty. */
static void remove_maildir(const char *folder)
{
	AUTO(str) char *tmp = g_build_filename(folder, "tmp", NULL);
	AUTO(str) char *new = g_build_filename(folder, "new", NULL);

	CHECK_INT(rmdir(tmp), 0);
	CHECK_INT(rmdir(new), 0);
	CHECK_INT(rmdir(folder), 0);
}

TEST(mail_is_made_and_renamed)
{
	AUTO(str) char *folder = make_maildir();
	AUTO(str) char *mail = g_build_filename(folder, "new/it", NULL);
	struct heard heard = { 0 };
	AUTO(teller) struct teller *teller = NULL;
	struct err err;

	CHECK_INT(teller_new(heard.fd, folder, hear, &heard, &teller, &err), 0);
	CHECK(!teller_delivers(teller, gettid(), "it"));
	teller_tell(teller, TOLD_MAIL, 0, mail);
	/* The name in tmp/ is told to be forgotten. */
	wait_for(&heard, 1);
	CHECK_INT(heard.count, 1);
	CHECK_INT(access(mail, F_OK), 0);
	CHECK(!teller_delivers(teller, gettid(), "it"));
	CHECK_INT(unlink(mail), 0);
	remove_maildir(folder);
}

TEST(mail_is_made_in_no_other_file_system)
{
	AUTO(str) char *folder = make_maildir();
	AUTO(str) char *mail = g_build_filename(folder, "new/it", NULL);
	const struct timespec past[2] = { { 1, 0 }, { 1, 0 } };
	struct heard heard = { 0 };
	AUTO(teller) struct teller *teller = NULL;
	struct stat st = { 0 };
	struct err err;

	CHECK_INT(utimensat(AT_FDCWD, folder, past, 0), 0);
	CHECK_INT(teller_new(heard.fd, "/proc", hear, &heard, &teller, &err),
		  0);
	teller_tell(teller, TOLD_MAIL, 0, mail);
	/* This comes after it. */
	teller_tell(teller, TOLD_TOUCH, 0, folder);
	for (int i = 0; i < 5000 && st.st_mtime <= 1; i++) {
		g_usleep(1000);
		CHECK_INT(stat(folder, &st), 0);
	}
	CHECK(st.st_mtime > 1);
	CHECK_INT(access(mail, F_OK), -1);
	CHECK_INT(heard.count, 0);
	remove_maildir(folder);
}

TEST(what_is_hung_up_closes_its_descriptor)
{
	struct heard heard = { 0 };
	AUTO(teller) struct teller *teller = NULL;
	struct err err;
	int ends[2];
	char byte;

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	heard.fd = ends[1];
	CHECK_INT(teller_new(ends[1], "/", hear, &heard, &teller, &err), 0);
	(void)close(ends[1]);
	teller_hang_up(teller);
	/* The end of the file comes once nobody can write any more. */
	CHECK_INT(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
}
