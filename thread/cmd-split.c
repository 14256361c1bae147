/* SPDX-License-Identifier: ISC */
/* defms split: a message begins a thread of its own. */
#include <getopt.h>
#include <stdio.h>

#include "cmd-links.h"
#include "defms/links.h"

extern const struct cmd cmd_split;

static int split_all(struct mailbox *mailbox, char **names, struct err *err)
{
	AUTO(deciding) struct deciding deciding = { 0 };
	AUTO(array) GArray *messages = g_array_new(FALSE, FALSE, 8);
	int64_t message, thread;
	int changed = 0;

	if (deciding_begin(&deciding, mailbox, err) < 0)
		return -1;
	for (char **name = names; *name; name++) {
		int split;

		if (deciding_message(&deciding, *name, &message, err) < 0)
			return -1;
		split = links_split(deciding.batch, message, &thread, err);
		if (split < 0)
			return err_prefix(err, "%s", *name);
		changed |= split;
		(void)g_array_append_val(messages, message);
	}
	if (changed && deciding_commit(&deciding, err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++) {
		struct index *index = reader_index(deciding.reader, err);

		message = g_array_index(messages, int64_t, i);
		if (!index ||
		    index_place_of(index, message, &thread, err) < 0 ||
		    deciding_print(&deciding, thread, err) < 0)
			return -1;
	}
	return 0;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;
	int status = deciding_options(&cmd_split, argc, argv);

	(void)config;
	if (status != 0)
		return status;
	if (optind == argc)
		return cmd_usage(&cmd_split, "which messages?");
	if (split_all(mailbox, argv + optind, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_split = {
	.name = "split",
	.args = "ID...",
	.summary = "let a message begin a thread of its own, for good",
	.options = "What answers it goes with it. Its directory is printed.\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
