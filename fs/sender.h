/* SPDX-License-Identifier: ISC */
/* Who makes messages of what has rested in outboxes, for the writer to queue
 * (send.h). */
#ifndef DEFMS_SENDER_H
#define DEFMS_SENDER_H

#include <stdint.h>

#include "defms/auto.h"
#include "fs.h"

struct sender;

/* What is composed goes to fs->writer. */
struct sender *sender_new(struct fs *fs);
/* From any worker. */
void sender_send(struct sender *sender, const struct file *file);
/* What is being composed is waited for; the rest stays in its outbox. */
void sender_end(struct sender *sender);
void sender_free(struct sender *sender);
AUTO_KIND(sender, struct sender, sender_free)

/* For the writer's worker only: when something is to be tried again (monotonic,
 * microseconds; INT64_MAX: nothing is), and do so. */
int64_t sender_due(const struct sender *sender);
void sender_retry(struct sender *sender);

#endif
