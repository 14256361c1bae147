/* SPDX-License-Identifier: ISC */
/* defms backup, defms restore. */
#include <getopt.h>
#include <stdio.h>

#include "backup.h"
#include "defms/cmd.h"

extern const struct cmd cmd_backup, cmd_restore;

/* The one argument; NULL after a complaint. */
static const char *folder_of(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };

	if (getopt_long(argc, argv, "", options, NULL) != -1) {
		(void)cmd_usage(cmd, NULL);
		return NULL;
	}
	if (optind != argc - 1) {
		(void)cmd_usage(cmd, "one folder is needed");
		return NULL;
	}
	return argv[optind];
}

static int run_backup(int argc, char **argv, struct config *config,
		      struct mailbox *mailbox)
{
	const char *folder = folder_of(&cmd_backup, argc, argv);
	struct err err;

	(void)config;
	if (!folder)
		return CMD_USAGE;
	return mailbox_backup(mailbox, folder, &err) < 0 ? cmd_fail(&err)
							 : CMD_DONE;
}

/* A device must not live twice: the one that was backed up may have written
 * since, or do so again. */
static int renew_device(const struct config *config)
{
	bool listed = false;
	struct err err;

	if (mailbox_renew_device(config, &listed, &err) < 0)
		return cmd_fail(&err);
	(void)fprintf(stderr, listed ? "This device has a new key, which your "
				       "card lists.\n"
				     : "This device has a new key. Your card "
				       "lacks it until 'defms init --device' "
				       "here and\n'defms key device add' where "
				       "the root key is.\n");
	return CMD_DONE;
}

static int run_restore(int argc, char **argv, struct config *config,
		       struct mailbox *mailbox)
{
	const char *folder;
	struct err err;

	(void)mailbox;
	if (argc == 1)
		return renew_device(config);
	folder = folder_of(&cmd_restore, argc, argv);
	if (!folder)
		return CMD_USAGE;
	if (mailbox_restore(folder, &err) < 0)
		return cmd_fail(&err);
	return renew_device(config);
}

const struct cmd cmd_backup = {
	.name = "backup",
	.args = "DEST",
	.summary = "copy the mailbox, also while it is in use",
	.options = "DEST   a folder that is empty or not there",
	.flags = CMD_MAILBOX,
	.run = run_backup,
};

const struct cmd cmd_restore = {
	.name = "restore",
	.args = "[SRC]",
	.summary = "make a mailbox from a backup",
	.options =
		"SRC   what 'defms backup' made; nobody may use it meanwhile;\n"
		"      without it: a new device key for the mailbox that is "
		"here",
	.run = run_restore,
};
