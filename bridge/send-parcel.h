/* SPDX-License-Identifier: ISC */
/* One entry of the queue on its way to a server. What becomes of a recipient
 * stands in the entry afterwards. */
#ifndef BRIDGE_SEND_PARCEL_H
#define BRIDGE_SEND_PARCEL_H

#include "defms/queue.h"
#include "defms/reader.h"
#include "smtp.h"

struct parcel;

/* Read what leaves: the content of the message, without its trace, and so
 * without Bcc. For the recipients of `entry` (borrowed) that wait. ENOENT or
 * EBADMSG if it cannot be read. */
int parcel_open(struct reader *reader, struct queue_entry *entry,
		struct parcel **parcel_r, struct err *err);
void parcel_close(struct parcel *parcel);
AUTO_KIND(parcel, struct parcel, parcel_close)

/* The envelope and all of the message but its end. 1: whoever is taken is
 * QUEUE_DOUBT now, which has to be on the disk before parcel_end(); 0: nobody
 * is, and everybody's state says why; -1: the connection is lost, nothing was
 * taken and nothing has changed. */
int parcel_offer(struct parcel *parcel, struct smtp *smtp, struct err *err);

/* The end. Whoever was in doubt has got it or not, or stays in doubt: then the
 * connection is lost, and it is -1. */
int parcel_end(struct parcel *parcel, struct smtp *smtp);

#endif
