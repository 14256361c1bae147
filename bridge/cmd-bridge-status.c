/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "cmd-run-loop.h"
#include "defms/cmd.h"
#include "defms/reader.h"
#include "defms/remote.h"
#include "defms/state-imap.h"
#include "defms/state-remotes.h"

extern const struct cmd cmd_bridge_status;

enum { CHANGES = 4096 }; /* looked at in one go */

/* How many copies are not what the server was told. */
static int count_changes(struct state *state, int64_t *count_r, struct err *err)
{
	int64_t after = 0;
	guint len = CHANGES;

	*count_r = 0;
	while (len == CHANGES) {
		AUTO(array) GArray *changes = NULL;

		if (state_imap_changes(state, after, CHANGES, &changes, err) <
		    0)
			return -1;
		len = changes->len;
		*count_r += len;
		if (len > 0)
			after = g_array_index(changes, struct state_imap_change,
					      len - 1)
					.copy;
	}
	return 0;
}

static void print_time(int64_t when)
{
	time_t seconds = (time_t)when;
	char text[32] = "never";
	struct tm tm;

	if (when != 0 && localtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s", text);
}

static int print_folders(struct state *state, int64_t account, struct err *err)
{
	struct state_imap_folder row = { 0 };
	int more;

	while ((more = state_imap_folder_next(state, account, row.serial, &row,
					      err)) > 0) {
		printf("folder     %" PRId64 "\t%s", row.messages, row.name);
		if (row.gone > 0)
			printf("\t%" PRId64 " gone there, waiting for --force",
			       row.gone);
		printf("\n");
	}
	return more;
}

static int print_account(struct state *state, const struct account *account,
			 struct err *err)
{
	const struct account_server *server = &account->servers[SERVICE_IMAP];
	struct state_imap_account row = { 0 };
	int found = state_imap_account_get(state, account->name, &row, err);

	if (!server->host || found < 0)
		return found < 0 ? -1 : 0;
	printf("account    %s\t%s:%d, last synchronised ", account->name,
	       server->host, server->port);
	print_time(row.synced);
	printf("\n");
	if (row.problem[0])
		printf("problem    %s\t%s\n", account->name, row.problem);
	return found > 0 ? print_folders(state, row.serial, err) : 0;
}

static int print_remote(struct state *state, const struct remote *remote,
			struct err *err)
{
	struct state_remote row = { 0 };

	if (state_remote_get(state, remote->name, &row, err) < 0)
		return -1;
	printf("remote     %s\t%s, last pushed ", remote->name, remote->shown);
	print_time(row.pushed_at);
	printf(", last pulled ");
	print_time(row.pulled_at);
	printf("\n");
	if (row.problem[0])
		printf("problem    %s\t%s\n", remote->name, row.problem);
	return 0;
}

static int print_all(struct mailbox *mailbox, const GPtrArray *accounts,
		     const GPtrArray *remotes, struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	int64_t changes = 0;
	int on = run_loop_is_on(mailbox, err);

	if (on < 0 || reader_open(mailbox, &reader, err) < 0)
		return -1;
	printf("bridge     %s\n", on ? "runs" : "does not run");
	for (guint i = 0; i < accounts->len; i++)
		if (print_account(reader_state(reader), accounts->pdata[i],
				  err) < 0)
			return -1;
	for (guint i = 0; i < remotes->len; i++)
		if (print_remote(reader_state(reader), remotes->pdata[i], err) <
		    0)
			return -1;
	if (accounts->len > 0 &&
	    count_changes(reader_state(reader), &changes, err) < 0)
		return -1;
	printf("waiting    %" PRId64 " changes for the servers\n", changes);
	return 0;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	AUTO(ptrs) GPtrArray *accounts = NULL;
	AUTO(ptrs) GPtrArray *remotes = NULL;
	struct err err;

	(void)argv;
	if (argc > 1)
		return cmd_usage(&cmd_bridge_status, "it takes no arguments");
	if (account_list(config, &accounts, &err) < 0 ||
	    remote_list(config, &remotes, &err) < 0 ||
	    print_all(mailbox, accounts, remotes, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_bridge_status = {
	.name = "bridge status",
	.args = "",
	.summary = "say how things stand with servers and remotes",
	.flags = CMD_MAILBOX,
	.run = run,
};
