/* SPDX-License-Identifier: ISC */
/* Looking at all of a mailbox for damage. What is looked at is one instant: the
 * lock is held until an unfinished commit is finished and every worker has
 * begun its read transactions; then writers go on, for what they add is in none
 * of these and what was there does not change. */
#ifndef DEFMS_CHECK_H
#define DEFMS_CHECK_H

#include <stdarg.h>

#include "defms/mailbox.h"

struct check;

struct check_report {
	size_t strands, messages, packs; /* looked at */
	size_t findings;                 /* of the last look */
};

/* Begin to look at the mailbox of `config` (borrowed); with `repair` what can
 * be is mended then. -1 if there is none that can be opened. */
int check_begin(const struct config *config, bool repair,
		struct check **check_r, struct err *err);
void check_free(struct check *check);
AUTO_KIND(check, struct check, check_free)

/* 1 and the next line to print (borrowed until the next call), 0 at the end.
 * With `repair` a second look follows, at what is left. */
int check_next(struct check *check, const char **line_r);

/* Borrowed; complete after the 0 of check_next(). */
const struct check_report *check_report(const struct check *check);

#endif
