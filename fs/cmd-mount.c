/* SPDX-License-Identifier: ISC */
/* defms mount: show the mailbox as a tree.
 *
 * The daemon is forked before anything is opened, for neither SQLite's
 * connections nor locked memory survive a fork; so is its guard. It tells its
 * parent by a pipe how it went: "+" once the mount answers, else the error's
 * code and text. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "defms/cmd.h"
#include "guard.h"
#include "serve.h"

extern const struct cmd cmd_mount;

struct options {
	bool foreground;
	GString *fuse; /* owned; options for libfuse, commas between */
	char *path;    /* owned; absolute */
};

/* "send.delay=1" is a setting of ours, "fsname=a.b" one of libfuse's. */
static bool is_setting(const char *option)
{
	return strcspn(option, ".") < strcspn(option, "=");
}

static int add_options(struct options *options, const char *list,
		       struct config *config, struct err *err)
{
	g_auto(GStrv) each = g_strsplit(list, ",", -1);

	for (char **at = each; *at; at++) {
		if (is_setting(*at) && strchr(*at, '=')) {
			if (config_override(config, *at, err) < 0)
				return -1;
		} else if (**at) {
			g_string_append_printf(options->fuse, "%s%s",
					       options->fuse->len ? "," : "",
					       *at);
		}
	}
	return 0;
}

static int find_directory(const char *given, char **path_r, struct err *err)
{
	char *path = realpath(given, NULL);
	struct stat st;

	if (!path)
		return err_sys(err, "%s", given);
	*path_r = g_strdup(path);
	free(path);
	if (stat(*path_r, &st) < 0)
		return err_sys(err, "%s", given);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "%s: not a directory", given);
	return 0;
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		(void)close(null);
}

static void tell_parent(void *data)
{
	int *pipe = data;

	detach();
	(void)!write(*pipe, "+", 1);
	(void)close(*pipe);
	*pipe = -1;
}

static void tell_nobody(void *data)
{
	(void)data;
}

static int run_daemon(struct config *config, const struct options *options,
		      void (*ready)(void *data), void *data, struct err *err)
{
	AUTO(guard) struct guard *guard = NULL;
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	struct serving serving = {
		.path = options->path,
		.options = options->fuse->str,
		.ready = ready,
		.data = data,
	};

	if (guard_new(&guard, err) < 0 ||
	    mailbox_open(config, &mailbox, err) < 0)
		return -1;
	/* The tree is in nobody's way, unless $DEFMS_HOME is relative. */
	if (g_path_is_absolute(mailbox_home(mailbox)) &&
	    g_path_is_absolute(mailbox_cache(mailbox)) && chdir("/") < 0)
		return err_sys(err, "/");
	serving.mailbox = mailbox;
	serving.guard = guard;
	return serve(&serving, err);
}

/* What the daemon says before it is on its own. */
static int hear(int pipe, struct err *err)
{
	char text[512];
	size_t size = 0;
	ssize_t got;
	char *rest;
	long code;

	while (size < sizeof(text) - 1 &&
	       (got = read(pipe, text + size, sizeof(text) - 1 - size)) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		size += (size_t)MAX(got, 0);
	}
	text[size] = '\0';
	if (text[0] == '+')
		return 0;
	code = strtol(text, &rest, 10);
	if (size == 0 || code <= 0 || *rest != ' ')
		return err_set(err, EIO, "the daemon ended at once");
	return err_set(err, (int)code, "%s", rest + 1);
}

static int be_daemon(struct config *config, const struct options *options,
		     int pipe)
{
	struct err err;
	int result = run_daemon(config, options, tell_parent, &pipe, &err);

	if (result < 0 && pipe >= 0)
		(void)dprintf(pipe, "%d %s", err.code, err.text);
	return result < 0 ? CMD_FAILED : CMD_DONE;
}

static int start_daemon(struct config *config, const struct options *options)
{
	int ends[2], result;
	struct err err;
	pid_t pid;

	(void)fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		(void)err_sys(&err, "mount");
		return cmd_fail(&err);
	}
	if (pid == 0) {
		(void)close(ends[0]);
		return be_daemon(config, options, ends[1]);
	}
	(void)close(ends[1]);
	result = hear(ends[0], &err);
	(void)close(ends[0]);
	return result < 0 ? cmd_fail(&err) : CMD_DONE;
}

static int start(struct config *config, const struct options *options)
{
	struct err err;

	if (!options->foreground)
		return start_daemon(config, options);
	if (run_daemon(config, options, tell_nobody, NULL, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

/* CMD_DONE, or the exit status after a complaint. */
static int parse(int argc, char **argv, struct config *config,
		 struct options *options)
{
	static const struct option known[] = { { 0 } };
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "fo:", known, NULL)) != -1) {
		if (option == 'f')
			options->foreground = true;
		else if (option != 'o')
			return cmd_usage(&cmd_mount, NULL);
		else if (add_options(options, optarg, config, &err) < 0)
			return cmd_fail(&err);
	}
	if (optind != argc - 1)
		return cmd_usage(&cmd_mount, "one directory is needed");
	if (find_directory(argv[optind], &options->path, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	AUTO(gstring) GString *fuse = g_string_new(NULL);
	struct options options = { .fuse = fuse };
	int status = parse(argc, argv, config, &options);

	(void)mailbox;
	if (status == CMD_DONE)
		status = start(config, &options);
	g_free(options.path);
	return status;
}

const struct cmd cmd_mount = {
	.name = "mount",
	.args = "DIR [-f] [-o OPT]",
	.summary = "show the mailbox as a tree of files",
	.options = "-f      stay in the foreground\n"
		   "-o OPT  section.key=value overrides a setting; others "
		   "are mount(8)'s and\n"
		   "        fuse(8)'s: allow_other, ro, ...\n",
	.run = run,
};
