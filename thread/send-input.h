/* SPDX-License-Identifier: ISC */
/* What `defms send` is given: a message on a descriptor, addresses. */
#ifndef DEFMS_SEND_INPUT_H
#define DEFMS_SEND_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/compose.h"
#include "defms/err.h"
#include "defms/queue.h"

/* Append the message that is read from `fd`, to its end or, unless `dots`, to a
 * line of one dot. A "From " line at its head, as mbox has one, is left out.
 * EFBIG over MESSAGE_MAX. */
int send_read(int fd, bool dots, GByteArray *out, struct err *err);

/* Append the addr-specs that an argument names (RFC 5322 3.4: a list, perhaps
 * with names) to `out`, of char *. A user's name gets `domain`
 * (address_qualify()), unless that is NULL. EINVAL. */
int send_parse_recipients(const char *argument, const char *domain,
			  GPtrArray *out, struct err *err);
/* The addr-spec of an argument; "" for "<>" and "". Caller frees. EINVAL. */
int send_parse_sender(const char *argument, const char *domain, char **mail_r,
		      struct err *err);

/* Append a From field, UTF-8; `name` may be NULL. */
void send_from_field(const char *name, const char *mail, GString *out);

/* What tells this message to these recipients, the `turn`th time, from all
 * others. */
void send_source(const GByteArray *input, const struct composed *composed,
		 uint32_t turn, struct queue_source *source_r);

#endif
