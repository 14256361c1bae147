/* SPDX-License-Identifier: ISC */
/* Messages into the index: words and rows in a worker of its own, threads once
 * all of a batch are known. */
#ifndef DEFMS_FILING_H
#define DEFMS_FILING_H

#include "arrival.h"
#include "defms/index.h"
#include "index-write.h"

struct filing;

/* Two connections to the index that is written. */
struct filing_seats {
	struct index *read, *write;
};
/* Begin to write the index (its transaction); `state` is the writer's
 * transaction on state.db. Both borrowed. */
int filing_begin(const struct filing_seats *seats, struct state *state,
		 struct filing **filing_r, struct err *err);
/* Undoes what was not ended. */
void filing_free(struct filing *filing);
AUTO_KIND(filing, struct filing, filing_free)

/* Take over a message that has content, mime, text and root; its serial and its
 * strand's serial are in `entry` (the rest of it is filled in here). */
int filing_add(struct filing *filing, struct arrival_made *made,
	       const struct index_entry *entry, struct err *err);

/* A message that the index has is erased: its thread is looked at anew, without
 * it. */
int filing_erase(struct filing *filing, int64_t message, struct err *err);

/* A message that the index has is read from another strand: `entry` as for
 * index_restand(). */
void filing_restand(struct filing *filing, const struct index_entry *entry);

/* A thread changed otherwise: messages of it were removed or brought back, */
void filing_touch(struct filing *filing, int64_t thread);
/* or just their flags are others. */
void filing_touch_flags(struct filing *filing, int64_t thread);

/* What the owner decided (links.h), in this batch:
 * - all that belongs to this thread is to be threaded anew; */
void filing_part(struct filing *filing, int64_t thread);
/* - this message may be shown elsewhere than before; */
void filing_replace(struct filing *filing, int64_t message);
/* - the lines of this strand are others; */
void filing_relinked(struct filing *filing, int64_t strand);
/* - those of all strands may be; */
void filing_relink_all(struct filing *filing);
/* - this root holds nothing together any more. */
int filing_forget(struct filing *filing, const char *root, struct err *err);

/* A thread named after a message, its anchor. */
struct filing_birth {
	int64_t anchor, date;
	const char *subject, *root; /* borrowed */
};
int filing_found_thread(struct state *state, const struct filing_birth *birth,
			int64_t *thread_r, struct err *err);

/* Note this batch, `seq`, in state.db, and the threads that changed otherwise,
 * for whoever has to bring the index up to it. */
int filing_note_touched(struct filing *filing, int64_t seq, struct err *err);
/* Those that the last batch noted changed; to be threaded anew if `part`. */
int filing_touch_noted(struct filing *filing, bool part, struct err *err);

/* All is added: settle threads (new ones get their row in state.db) and place
 * the messages. Of which run the batch `seq` is stands in state.db already. */
int filing_settle(struct filing *filing, int64_t seq, struct err *err);

/* The same for a batch whose writer died: what it touched is not known. */
int filing_recount(struct filing *filing, int64_t seq, struct err *err);

/* The thread that a message stands in, once settled. 1/0/-1. */
int filing_place_of(struct filing *filing, int64_t message, int64_t *thread_r,
		    struct err *err);
/* The same before, of one that was there before the batch. */
int filing_place_before(struct filing *filing, int64_t message,
			int64_t *thread_r, struct err *err);
/* Commit the index, after state.db; it is at `seq` then. */
int filing_end(struct filing *filing, int64_t seq, struct err *err);

/* Messages (int64_t) that are in, but erased as state.db was committed. */
int filing_erased(struct filing *filing, GArray **messages_r, struct err *err);

/* The ids of all messages that were in before this began, of struct
 * message_id. */
int filing_ids(struct filing *filing, GArray **ids_r, struct err *err);

/* The number of messages that were added. */
size_t filing_count(const struct filing *filing);

#endif
