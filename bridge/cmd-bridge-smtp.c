/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "defms/cmd.h"
#include "send.h"

extern const struct cmd cmd_bridge_smtp;

static int status_of(const struct send_report *report)
{
	if (report->failed > 0 || report->broken)
		return CMD_FAILED;
	return report->later > 0 ? CMD_LATER : CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	bool now = argc == 2 && strcmp(argv[1], "--now") == 0;
	struct send_report report;
	struct err err;
	int status;

	if (argc > 1 && !now)
		return cmd_usage(&cmd_bridge_smtp,
				 "it takes no arguments but --now");
	status = send_queue(mailbox, config, now, &report, &err);
	for (guint i = 0; i < report.lines->len; i++)
		(void)fprintf(stderr, "defms: %s\n",
			      (char *)report.lines->pdata[i]);
	status = status < 0 ? cmd_fail(&err) : status_of(&report);
	send_report_release(&report);
	return status;
}

const struct cmd cmd_bridge_smtp = {
	.name = "bridge smtp",
	.args = "[--now]",
	.summary = "send what waits to be sent",
	.options = "--now         also what is to be tried again later\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
