/* SPDX-License-Identifier: ISC */
#include "cmd-remote-line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "defms/cmd.h"

enum { LINES = 20 }; /* of what is wrong, that are printed */

static void print_lines(const char *name, const GPtrArray *lines)
{
	for (guint i = 0; i < MIN(lines->len, LINES); i++)
		(void)fprintf(stderr, "defms: %s: %s\n", name,
			      (char *)lines->pdata[i]);
	if (lines->len > LINES)
		(void)fprintf(stderr, "defms: %s: and %u more\n", name,
			      lines->len - LINES);
}

static int do_one(struct mailbox *mailbox, const struct remote *remote,
		  const struct remote_step *step)
{
	AUTO(replicate_report)
	struct replicate_report *report = replicate_report_new();
	AUTO(str) char *text = NULL;
	struct err err;

	if (step->step(mailbox, remote, report, &err) < 0) {
		replicate_note(mailbox, remote, err.text);
		(void)err_prefix(&err, "%s", remote->name);
		return cmd_fail(&err);
	}
	text = step->say(report);
	printf("%s: %s\n", remote->name, text);
	(void)fflush(stdout);
	print_lines(remote->name, report->lines);
	if (report->lines->len == 0)
		return CMD_DONE;
	replicate_note(mailbox, remote, report->lines->pdata[0]);
	return CMD_FAILED;
}

int cmd_remote_each(struct mailbox *mailbox, const struct config *config,
		    const char *name, const struct remote_step *step)
{
	AUTO(ptrs) GPtrArray *remotes = NULL;
	int status = CMD_DONE;
	bool found = false;
	struct err err;

	if (remote_list(config, &remotes, &err) < 0)
		return cmd_fail(&err);
	for (guint i = 0; i < remotes->len; i++) {
		const struct remote *remote = remotes->pdata[i];
		int one;

		if (name && strcmp(remote->name, name) != 0)
			continue;
		found = true;
		one = do_one(mailbox, remote, step);
		if (one == CMD_FAILED || status == CMD_DONE)
			status = one;
	}
	if (found)
		return status;
	(void)err_set(&err, ENOENT,
		      name ? "no remote \"%s\" in the settings"
			   : "no remote in the settings",
		      name);
	return cmd_fail(&err);
}
