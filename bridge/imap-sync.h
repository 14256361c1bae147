/* SPDX-License-Identifier: ISC */
/* The mailbox and an IMAP account become the same, both ways. */
#ifndef BRIDGE_IMAP_SYNC_H
#define BRIDGE_IMAP_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "account.h"
#include "defms/auto.h"
#include "defms/mailbox.h"

struct sync_options {
	bool dry_run;    /* change nothing on either side */
	bool force;      /* also what is a mass deletion, or a flood */
	const int *stop; /* set by another worker: end soon; NULL: never */
};

enum sync_count {
	SYNC_FETCHED,
	SYNC_UPLOADED,
	SYNC_FLAGGED_HERE,
	SYNC_FLAGGED_THERE,
	SYNC_MOVED_HERE,
	SYNC_MOVED_THERE,
	SYNC_REMOVED_HERE,
	SYNC_REMOVED_THERE,
	SYNC_FOLDERS, /* made, renamed or removed, on either side */
	SYNC_COUNTS,
};

/* What was done, or with dry_run would be. */
struct sync_report {
	uint64_t counts[SYNC_COUNTS];
	GPtrArray *notes;    /* owned: char *, what a person may want to know */
	GPtrArray *problems; /* owned: char *, what could not be done */
};
struct sync_report *sync_report_new(void);
void sync_report_free(struct sync_report *report);
AUTO_KIND(sync_report, struct sync_report, sync_report_free)

/* "3 fetched, 1 flagged here"; "nothing new". Caller frees. */
char *sync_report_summary(const struct sync_report *report);

/* One pass. EBUSY if another is at work on this account, ECANCELED if it was
 * stopped. What went wrong with one message or folder stands in the report, and
 * the rest is done. */
int imap_sync(struct mailbox *mailbox, const struct account *account,
	      const struct sync_options *options, struct sync_report *report,
	      struct err *err);

#endif
