/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "account.h"
#include "defms/cmd.h"
#include "imap-sync.h"

extern const struct cmd cmd_bridge_imap;

static int sync_one(struct mailbox *mailbox, const struct account *account,
		    const struct sync_options *options)
{
	AUTO(sync_report) struct sync_report *report = sync_report_new();
	struct err err;
	int result = imap_sync(mailbox, account, options, report, &err);
	AUTO(str) char *summary = sync_report_summary(report);

	for (guint i = 0; i < report->notes->len; i++)
		printf("%s: %s\n", account->name,
		       (char *)report->notes->pdata[i]);
	if (result == 0)
		printf("%s%s: %s\n", account->name,
		       options->dry_run ? " (dry run)" : "", summary);
	(void)fflush(stdout);
	for (guint i = 0; i < report->problems->len; i++)
		(void)fprintf(stderr, "defms: %s: %s\n", account->name,
			      (char *)report->problems->pdata[i]);
	if (result < 0)
		return cmd_fail(&err);
	return report->problems->len > 0 ? CMD_FAILED : CMD_DONE;
}

/* A refused account does not stop the others; "failed" outweighs "later". */
static int sync_all(struct mailbox *mailbox, const GPtrArray *accounts,
		    const char *name, const struct sync_options *options)
{
	int status = CMD_DONE;
	bool found = false;

	for (guint i = 0; i < accounts->len; i++) {
		const struct account *account = accounts->pdata[i];
		int one;

		if (!account->servers[SERVICE_IMAP].host ||
		    (name && strcmp(account->name, name) != 0))
			continue;
		found = true;
		one = sync_one(mailbox, account, options);
		if (one == CMD_FAILED || status == CMD_DONE)
			status = one;
	}
	if (!found) {
		struct err err;

		(void)err_set(&err, ENOENT,
			      name ? "no account \"%s\" with imap in the "
				     "settings"
				   : "no account with imap in the settings",
			      name);
		return cmd_fail(&err);
	}
	return status;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	struct sync_options how = { 0 };
	AUTO(ptrs) GPtrArray *accounts = NULL;
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "n", options, NULL)) != -1) {
		if (option == 'n')
			how.dry_run = true;
		else if (option == 'f')
			how.force = true;
		else
			return cmd_usage(&cmd_bridge_imap, NULL);
	}
	if (argc - optind > 1)
		return cmd_usage(&cmd_bridge_imap, "one account at a time");
	if (account_list(config, &accounts, &err) < 0)
		return cmd_fail(&err);
	return sync_all(mailbox, accounts, argv[optind], &how);
}

const struct cmd cmd_bridge_imap = {
	.name = "bridge imap",
	.args = "[-n] [--force] [ACCOUNT]",
	.summary = "make the mailbox and its IMAP accounts the same, both ways",
	.options =
		"-n, --dry-run  say what would be done, and do nothing\n"
		"--force        remove here also if most of a folder is gone "
		"there\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
