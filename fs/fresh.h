/* SPDX-License-Identifier: ISC */
/* Folders that were made just now, and which of their cur, new and tmp nobody
 * has made yet. They are there from the start; but who makes a Maildir (mutt,
 * notmuch insert, cp -a) makes them after it, and takes "there already" for a
 * failure, so each may be made once. Any worker. */
#ifndef DEFMS_FRESH_H
#define DEFMS_FRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"
#include "node.h"

struct fresh;

struct fresh *fresh_new(void);
void fresh_free(struct fresh *fresh);
AUTO_KIND(fresh, struct fresh, fresh_free)

/* A folder was made. */
void fresh_note(struct fresh *fresh, int64_t folder);
/* Are there any in `folder` that may be made? */
bool fresh_any(struct fresh *fresh, int64_t folder);
/* May this one? */
bool fresh_has(struct fresh *fresh, struct node part);
/* It was made: no more. Could it be? */
bool fresh_take(struct fresh *fresh, struct node part);

#endif
