/* SPDX-License-Identifier: ISC */
/* What all commands share: help, complaints, the exit status, dispatch. The
 * shell completions read the output of --help (cmd-completion.c): a command is
 * a line of two spaces and its name, an option one that begins with a dash. */
#include "defms/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/mailbox.h"

#ifndef DEFMS_VERSION
#define DEFMS_VERSION "unknown"
#endif

enum { WIDTH = 80, INDENT = 8 };

void cmd_warn(const struct err *err)
{
	(void)fprintf(stderr, "defms: kept, but to be finished: %s\n",
		      err->text);
}

int cmd_fail(const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "defms: %s\n", err->text);
	return err_is_temporary(err) ? CMD_LATER : CMD_FAILED;
}

/* The size of the argument at `args`: to a space outside brackets. */
static size_t argument_size(const char *args)
{
	size_t size = 0;
	int depth = 0;

	for (; args[size] && (depth > 0 || args[size] != ' '); size++)
		depth += (args[size] == '[') - (args[size] == ']');
	return size;
}

/* "usage: defms NAME ARGS", in lines that fit a terminal. */
static void print_usage(const struct cmd *cmd, FILE *out)
{
	const char *args = cmd->args ? cmd->args : "";
	int column = fprintf(out, "usage: defms %s", cmd->name);

	while (*args) {
		size_t size = argument_size(args);

		if (column + 1 + (int)size >= WIDTH)
			column = fprintf(out, "\n%*s", INDENT - 1, "") - 1;
		column += fprintf(out, " %.*s", (int)size, args);
		args += size;
		args += strspn(args, " ");
	}
	(void)fprintf(out, "\n");
}

int cmd_usage(const struct cmd *cmd, const char *problem)
{
	(void)fflush(stdout);
	if (problem)
		(void)fprintf(stderr, "defms %s: %s\n", cmd->name, problem);
	print_usage(cmd, stderr);
	return CMD_USAGE;
}

/* `options`, each line indented. */
static void print_options(const char *options)
{
	while (*options) {
		size_t len = strcspn(options, "\n");

		printf("  %.*s\n", (int)len, options);
		options += len;
		options += *options == '\n';
	}
}

/* The last word of its name. */
static const char *short_name(const struct cmd *cmd)
{
	const char *space = strrchr(cmd->name, ' ');

	return space ? space + 1 : cmd->name;
}

static void print_commands(const struct cmd *const *commands)
{
	for (; *commands; commands++)
		printf("  %-12s %s\n", short_name(*commands),
		       (*commands)->summary);
}

int cmd_help(const struct cmd *cmd)
{
	print_usage(cmd, stdout);
	printf("defms %s: %s\n", cmd->name, cmd->summary);
	if (cmd->options) {
		printf("\n");
		print_options(cmd->options);
	}
	if (cmd->commands) {
		printf("\n");
		print_commands(cmd->commands);
		printf("\ndefms %s COMMAND --help says more about one of "
		       "them.\n",
		       cmd->name);
	}
	return CMD_DONE;
}

static int help_all(const struct cmd *const *commands)
{
	printf("usage: defms COMMAND [ARGUMENT...]\n"
	       "Shows mail conversations as directories; see defms(1).\n\n");
	print_commands(commands);
	printf("\ndefms COMMAND --help says more about one of them.\n");
	return CMD_DONE;
}

/* Is there a --help among the arguments, before any "--"? */
static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

/* Open what its flags ask for and run it. */
static int run(const struct cmd *cmd, int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	AUTO(str) char *name = g_strconcat("defms ", cmd->name, NULL);
	struct err err;
	int status;

	if (config_open(&config, &err) < 0) {
		status = cmd_fail(&err);
		return cmd->flags & CMD_SYSEXITS ? EX_CONFIG : status;
	}
	if ((cmd->flags & CMD_MAILBOX) &&
	    mailbox_open(config, &mailbox, &err) < 0)
		return cmd_fail(&err);
	argv[0] = name;
	status = cmd->run(argc, argv, config, mailbox);
	if (fflush(stdout) != 0 && status == CMD_DONE) {
		(void)err_sys(&err, "standard output");
		return cmd_fail(&err);
	}
	return status;
}

/* A standard descriptor that is closed would become one of our files, and a
 * complaint be written into it. It is opened so that using it fails as before.
 */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null",
				   fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static const struct cmd *find(const struct cmd *const *commands,
			      const char *name)
{
	while (*commands && strcmp(short_name(*commands), name) != 0)
		commands++;
	return *commands;
}

/* With argv[0] for its name. */
static int run_or_help(const struct cmd *cmd, int argc, char **argv)
{
	const struct cmd *below =
		cmd->commands && argc > 1 ? find(cmd->commands, argv[1]) : NULL;

	if (below)
		return run_or_help(below, argc - 1, argv + 1);
	if (wants_help(argc, argv))
		return cmd_help(cmd);
	if (!cmd->commands)
		return run(cmd, argc, argv);
	return cmd_usage(cmd, argc > 1 ? "no such command; --help lists them"
				       : NULL);
}

static bool is_sendmail(const char *path)
{
	AUTO(str) char *name = g_path_get_basename(path);

	return strcmp(name, "sendmail") == 0;
}

int cmd_main(const struct cmd *const *commands, int argc, char **argv)
{
	const struct cmd *cmd;

	occupy_standard_descriptors();
	if (argc > 0 && is_sendmail(argv[0]) && (cmd = find(commands, "send")))
		return run_or_help(cmd, argc, argv);
	if (argc < 2) {
		(void)fprintf(stderr, "usage: defms COMMAND [ARGUMENT...]; "
				      "defms --help lists the commands\n");
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help_all(commands);
	if (strcmp(argv[1], "--version") == 0) {
		printf("defms %s\n", DEFMS_VERSION);
		return CMD_DONE;
	}
	cmd = find(commands, argv[1]);
	if (cmd)
		return run_or_help(cmd, argc - 1, argv + 1);
	(void)fprintf(stderr,
		      "defms: no such command; defms --help lists them\n");
	return CMD_USAGE;
}
