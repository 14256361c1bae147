/* SPDX-License-Identifier: ISC */
/* Push to a remote and pull from it. */
#ifndef BRIDGE_REPLICATE_H
#define BRIDGE_REPLICATE_H

#include <stddef.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/mailbox.h"
#include "defms/pull.h"
#include "defms/remote.h"

struct replicate_report {
	size_t strands; /* pushed: that the remote had not as they are */
	size_t objects; /* pushed */
	struct pull_report pulled;
	GPtrArray *lines; /* owned: char *, what is wrong, a line each */
};
struct replicate_report *replicate_report_new(void);
void replicate_report_free(struct replicate_report *report);
AUTO_KIND(replicate_report, struct replicate_report, replicate_report_free)

/* Bring to the remote what it may see and has not got. One at a time per
 * remote: waits for another process that is at it. ENOKEY: nobody's key is
 * known for its address; ENOTSUP. */
int replicate_push(struct mailbox *mailbox, const struct remote *remote,
		   struct replicate_report *report, struct err *err);

/* Take from it what is new there and sound. */
int replicate_pull(struct mailbox *mailbox, const struct remote *remote,
		   struct replicate_report *report, struct err *err);

/* Note in state.db what came of it, for `bridge status`: NULL is success. */
void replicate_note(struct mailbox *mailbox, const struct remote *remote,
		    const char *problem);

/* What was pulled, in words: "nothing new", "3 messages new". Caller frees. */
char *replicate_pulled(const struct replicate_report *report);

#endif
