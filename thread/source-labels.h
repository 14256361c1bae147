/* SPDX-License-Identifier: ISC */
#ifndef DEFMS_SOURCE_LABELS_H
#define DEFMS_SOURCE_LABELS_H

#include <stdbool.h>

#include <glib.h>

#include "defms/batch.h"

/* Set flags and folder by what mailboxes write into the header: Status and
 * X-Status (mbox), X-Gmail-Labels (Gmail Takeout). A message with several
 * labels is one in several folders: the others go to `more` (struct arrival).
 * With `fixed` the folder stays what it is. */
void source_labels(struct arrival *arrival, bool fixed, GQueue *more);

#endif
