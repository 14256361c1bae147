/* SPDX-License-Identifier: ISC */
/* What a remote has, on its way into the mailbox: judged by the rules of
 * design 3.5, "What counts", before a ref moves. It is the same whatever
 * brought it: a CAR, a folder of them, a git repository, a Kubo node. */
#ifndef DEFMS_PULL_H
#define DEFMS_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/batch.h"
#include "defms/err.h"
#include "defms/mailbox.h"
#include "defms/store.h"

/* What one remote offers. All borrowed. */
struct offer {
	const char *remote; /* its name, for reports and quarantine */
	GArray *heads;      /* of struct ref_move: the tips it says there are */
	GPtrArray *cards;   /* of char *: cards that came along, opened */
	/* Roots (struct root_key) that may fill public strands besides me and
	 * my contacts: --from FINGERPRINT. `anybody`: --from any. */
	GArray *from;
	bool anybody;
	uint64_t limit; /* bytes of new objects at most: [remote] limit */
	/* Append the body of an object: 1, its type in `type_r`; 0 if the
	 * remote has none such, -1. Whoever calls hashes it. It is asked only
	 * for what is not in the store, from any thread, but by one at a time;
	 * for the same object perhaps again. It must not wait for a network:
	 * the mailbox's lock may be held meanwhile. */
	int (*read)(void *context, const struct object_id *id,
		    enum object_type *type_r, GByteArray *out, struct err *err);
	void *context;
};

struct pull_report {
	size_t chains;       /* whose refs moved */
	size_t messages;     /* that were not here */
	size_t forks;        /* tips that do not go on from what was known */
	size_t quarantined;  /* heads that are not sound: see `problems` */
	size_t foreign;      /* heads of strands that are none of mine */
	size_t postponed;    /* heads of unknown keys, of which there was enough
			      * today */
	GPtrArray *problems; /* of char *: a line each; owned */
};
void pull_report_release(struct pull_report *report);

/* A head that is not taken is noted with the reason, but what it reaches is not
 * kept: it is judged again when it is offered again, unless its very objects
 * are wrong.
 *
 * Judge every head by itself, and take what is sound, a batch at a time. -1
 * only where nothing more can be done (disk, databases): a bad head is a line
 * in the report. */
int pull_offer(struct mailbox *mailbox, const struct offer *offer,
	       struct pull_report *report_r, struct err *err);

#endif
