/* SPDX-License-Identifier: ISC */
#include "git-ssh.h"

#include <errno.h>
#include <string.h>

#include "test.h"

TEST(a_path_is_one_word_for_the_hosts_shell)
{
	static const struct {
		const char *path, *want;
	} known[] = {
		{ "/srv/x.git", "git-upload-pack '/srv/x.git'" },
		{ "~ada/x", "git-upload-pack '~ada/x'" },
		{ "/a b;$(c)`d`", "git-upload-pack '/a b;$(c)`d`'" },
		{ "/it's", "git-upload-pack '/it'\\''s'" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *got = git_ssh_command(false, known[i].path);

		CHECK_STR(got, known[i].want);
	}
}

TEST(a_push_speaks_to_receive_pack)
{
	AUTO(str) char *got = git_ssh_command(true, "/x");

	CHECK_STR(got, "git-receive-pack '/x'");
}

/* What OpenSSH 9.2 and git 2.39 say. */
TEST(what_ssh_says_tells_whether_to_try_again)
{
	static const struct {
		int status;
		const char *words;
		int code;
		const char *text;
	} known[] = {
		{ 255, "ssh: connect to host h port 22: Connection refused\r\n",
		  EAGAIN,
		  "ssh: connect to host h port 22: Connection refused" },
		{ 255, "ssh: Could not resolve hostname h: x\r\n", EAGAIN,
		  "ssh: Could not resolve hostname h: x" },
		{ 255, "Host key verification failed.\r\n", EPERM,
		  "the host's key is not in known_hosts" },
		{ 255,
		  "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n"
		  "Host key verification failed.\r\n",
		  EPERM, "the host's key is not the one in known_hosts" },
		{ 255, "banner\nada@h: Permission denied (publickey).\r\n",
		  EACCES,
		  "no key opens it (one with a passphrase has to be in "
		  "ssh-agent): ada@h: Permission denied (publickey)." },
		{ 128, "fatal: '/x' does not appear to be a git repository\n\n",
		  ENOENT,
		  "fatal: '/x' does not appear to be a git repository" },
		{ 127, "sh: 1: git-upload-pack: not found\n", ENOENT,
		  "sh: 1: git-upload-pack: not found" },
		/* not ssh's own denial */
		{ 1, "Permission denied\n", ENOENT, "Permission denied" },
		{ 255, "", EAGAIN, "ssh fails and does not say why" },
		{ 255, " \r\n\n", EAGAIN, "ssh fails and does not say why" },
		{ 0, "", ECONNRESET, "the connection is lost" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct err err = { 0 };

		CHECK_INT(git_ssh_judge(known[i].status << 8, known[i].words,
					&err),
			  -1);
		CHECK_INT(err.code, known[i].code);
		CHECK_STR(err.text, known[i].text);
	}
}

TEST(an_ssh_that_was_killed_is_tried_again)
{
	struct err err = { 0 };

	CHECK_INT(git_ssh_judge(15, "", &err), -1);
	CHECK(err_is_temporary(&err));
}
