/* SPDX-License-Identifier: ISC */
/* Drain the queue: each entry that is due goes to the server of its account,
 * and what becomes of each recipient is written down (defms/sending.h). */
#ifndef BRIDGE_SEND_H
#define BRIDGE_SEND_H

#include <stdbool.h>

#include <glib.h>

#include "defms/config.h"
#include "defms/mailbox.h"

/* What came of it. */
struct send_report {
	unsigned sent;    /* entries that reached somebody now */
	unsigned later;   /* that wait, for whatever reason */
	unsigned failed;  /* that failed for somebody now, or are in doubt */
	bool broken;      /* no server could be reached that will be later */
	GPtrArray *lines; /* owned; of char *: what a person should read */
};
void send_report_release(struct send_report *report);

/* `now`: also what is to be tried again later. 0 and the report, whatever came
 * of it; -1: the mailbox or the settings are at fault; EBUSY: another process
 * sends. */
int send_queue(struct mailbox *mailbox, const struct config *config, bool now,
	       struct send_report *report_r, struct err *err);

#endif
