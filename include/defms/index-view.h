/* SPDX-License-Identifier: ISC */
/* Which threads an address, a list, a month, a flag has: by/ in the mount. */
#ifndef DEFMS_INDEX_VIEW_H
#define DEFMS_INDEX_VIEW_H

#include "defms/index.h"

/* An address or a List-Id, and what it is mentioned as. */
enum index_mention { MENTION_FROM, MENTION_TO, MENTION_LIST, MENTION_KINDS };

/* The serial of an address (address_key() form) or List-Id that is mentioned
 * as `kind`. 1/0/-1. */
int index_address_find(struct index *index, const char *mail,
		       enum index_mention kind, int64_t *serial_r,
		       struct err *err);
/* Its text. Caller frees; NULL and 0 if there is none. 1/0/-1. */
int index_address_get(struct index *index, int64_t serial, char **mail_r,
		      struct err *err);
/* The `limit` most recently mentioned ones, of int64_t serials ascending. */
int index_address_recent(struct index *index, enum index_mention kind,
			 int64_t limit, GArray **serials_r, struct err *err);
/* Threads of an address, of int64_t thread serials ascending. */
int index_address_threads(struct index *index, int64_t address,
			  enum index_mention kind, GArray **threads_r,
			  struct err *err);
/* Months that have messages, of int64_t year * 100 + month (UTC). */
int index_months(struct index *index, GArray **months_r, struct err *err);
int index_month_threads(struct index *index, int64_t month, GArray **threads_r,
			struct err *err);
/* Threads with a live message whose flags & mask == value. */
int index_flag_threads(struct index *index, unsigned mask, unsigned value,
		       GArray **threads_r, struct err *err);
/* Threads whose own flags (enum state_thread_flag) have `flag`. */
int index_thread_flag_threads(struct index *index, unsigned flag,
			      GArray **threads_r, struct err *err);

#endif
