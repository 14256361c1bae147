/* SPDX-License-Identifier: ISC */
/* Where a passphrase comes from: the first line a command prints, or a person
 * at the terminal. It goes through locked memory only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "identity.h"

enum { INTERRUPT = 3 }; /* control-C */

/* Read one line of less than PASSPHRASE bytes, by the byte: what follows it
 * must not lie in a buffer. */
static int read_line(int fd, char *text, struct err *err)
{
	size_t size = 0;
	ssize_t got;
	char next;

	while ((got = read(fd, &next, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "reading the passphrase");
		if (next == '\n' || next == '\0' || next == INTERRUPT)
			break;
		if (size == PASSPHRASE - 1)
			return err_set(err, EACCES, "passphrase is too long");
		text[size++] = next;
	}
	text[size] = '\0';
	if (got > 0 && next == INTERRUPT)
		return err_set(err, EACCES, "no passphrase was given");
	sodium_memzero(&next, sizeof(next));
	return 0;
}

/* Prompt and read with echo off. Control-C ends the line instead of the
 * process, so that echo is always switched on again. */
static int ask_terminal_once(int fd, const char *prompt, char *text,
			     struct err *err)
{
	struct termios before, silent;
	int result;

	if (tcgetattr(fd, &before) < 0)
		return err_sys(err, "terminal");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_cc[VEOL] = INTERRUPT;
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
		return err_sys(err, "terminal");
	(void)dprintf(fd, "%s: ", prompt);
	result = read_line(fd, text, err);
	(void)dprintf(fd, "\n");
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	return result;
}

static int ask_terminal(bool again, const char *path, char *text,
			struct err *err)
{
	AUTO(fd) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	AUTO(secret) char *second = secret_new(PASSPHRASE);
	AUTO(str)
	char *prompt = g_strdup_printf("%s passphrase for %s",
				       again ? "New" : "The", path);

	if (fd < 0)
		return err_set(err, EACCES,
			       "no terminal to ask for the passphrase");
	if (ask_terminal_once(fd, prompt, text, err) < 0)
		return -1;
	if (!again)
		return 0;
	if (ask_terminal_once(fd, "The same again", second, err) < 0)
		return -1;
	if (strcmp(text, second) != 0)
		return err_set(err, EACCES, "the passphrases differ");
	return 0;
}

int passphrase_ask(const struct passphrase *passphrase, const char *path,
		   char *text, struct err *err)
{
	if (passphrase->command) {
		if (secret_command(passphrase->command, 0, text, PASSPHRASE,
				   err) < 0)
			return err_prefix(err, "passphraseCommand");
		return 0;
	}
	if (ask_terminal(passphrase->again, path, text, err) < 0)
		return -1;
	if (!*text)
		return err_set(err, EACCES, "passphrase is empty");
	return 0;
}
