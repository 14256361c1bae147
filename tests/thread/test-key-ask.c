/* SPDX-License-Identifier: ISC */
/* At a pseudo-terminal; what commands do is in test-key-file.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "identity.h"
#include "test.h"

/* In a new session, whose terminal is `terminal` (NULL: none): 0 if the
 * passphrase was `want`, 1 if it was another, 2 if none was given, 3 if echo
 * is off afterwards. */
static int ask(const char *terminal, bool again, const char *want)
{
	struct passphrase passphrase = { .again = again };
	char *text = secret_new(PASSPHRASE);
	struct termios settings;
	struct err err = { 0 };
	int fd = -1, result;

	if (setsid() < 0 || (terminal && (fd = open(terminal, O_RDWR)) < 0))
		return 9;
	result = passphrase_ask(&passphrase, "/x/identity", text, &err);
	if (terminal &&
	    (tcgetattr(fd, &settings) < 0 || !(settings.c_lflag & ECHO)))
		return 3;
	if (result < 0)
		return err.code == EACCES && *err.text ? 2 : 8;
	return strcmp(text, want) == 0 ? 0 : 1;
}

/* Type each of `lines` when a prompt (": ") has come. All that was shown. */
static GString *type(int master, const char *const *lines)
{
	GString *shown = g_string_new(NULL);
	char buf[512];
	ssize_t got;

	while ((got = read(master, buf, sizeof(buf))) > 0) {
		g_string_append_len(shown, buf, got);
		if (!g_str_has_suffix(shown->str, ": ") || !*lines)
			continue;
		if (write(master, *lines, strlen(*lines)) < 0)
			break;
		lines++;
	}
	return shown;
}

static int run(bool again, const char *const *lines, const char *want,
	       GString **shown_r)
{
	AUTO(fd) int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *name;
	int status = -1;
	pid_t pid;

	*shown_r = NULL;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	name = ptsname(master);
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(ask(name, again, want));
	*shown_r = type(master, lines);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(a_person_types_a_passphrase_and_nobody_sees_it)
{
	static const struct {
		bool again;
		const char *lines[3];
		int result;
	} known[] = {
		{ false, { "secret horse\n" }, 0 },
		{ false, { "secret horsf\n" }, 1 },
		{ false, { "\n" }, 2 },
		{ false, { "\x03" }, 2 },
		{ false, { "secret\x03" }, 2 },
		{ false, { "\x04" }, 2 },
		{ true, { "secret horse\n", "secret horse\n" }, 0 },
		{ true, { "secret horse\n", "secret horsf\n" }, 2 },
		{ true, { "secret horse\n", "\n" }, 2 },
		{ true, { "secret horse\n", "\x03" }, 2 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(gstring) GString *shown = NULL;

		if (!CHECK_INT(run(known[i].again, known[i].lines,
				   "secret horse", &shown),
			       known[i].result))
			printf("# typing %zu\n", i);
		CHECK(shown && strstr(shown->str, "/x/identity"));
		CHECK(shown && !strstr(shown->str, "secret"));
	}
}

TEST(without_a_terminal_there_is_no_passphrase)
{
	int status = -1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(ask(NULL, false, ""));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}
