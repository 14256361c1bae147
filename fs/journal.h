/* SPDX-License-Identifier: ISC */
/* The last lines of what happened, in memory: .defms/log and .defms/errors. */
#ifndef DEFMS_JOURNAL_H
#define DEFMS_JOURNAL_H

#include <glib.h>

#include "defms/auto.h"

struct journal;

/* Keeps at most `limit` bytes. */
struct journal *journal_new(size_t limit);
void journal_free(struct journal *journal);
AUTO_KIND(journal, struct journal, journal_free)

/* Add a line, with the time before it; not if the last one said the same. */
void journal_add(struct journal *journal, const char *text);

/* Append all lines, the oldest first. */
void journal_text(struct journal *journal, GString *out);

#endif
