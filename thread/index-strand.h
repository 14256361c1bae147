/* SPDX-License-Identifier: ISC */
/* Which strands messages stand in, in the index. */
#ifndef DEFMS_INDEX_STRAND_H
#define DEFMS_INDEX_STRAND_H

#include "defms/index.h"
#include "index-write.h"

/* A message is read from another strand from now on: `serial`, `strand`, `id`,
 * `object` and `pieces` of `entry`. */
int index_restand(struct index *index, const struct index_entry *entry,
		  struct err *err);
/* Is there this message, whatever strand it is read from? 1/0/-1. */
int index_has(struct index *index, int64_t message, struct err *err);
/* The shared strands (int64_t) that messages shown in `thread` stand in, as
 * state.db was committed. */
int index_thread_strands(struct index *index, int64_t thread,
			 GArray **strands_r, struct err *err);
/* The ids (struct message_id *) of the messages that are read from `strand`. */
int index_strand_ids(struct index *index, int64_t strand, GHashTable **ids_r,
		     struct err *err);

#endif
