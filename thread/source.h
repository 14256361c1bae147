/* SPDX-License-Identifier: ISC */
/* Where mail is imported from: a Maildir (with its Maildir++ folders), an mbox,
 * a single message, a directory of these, or stdin; one after another. */
#ifndef DEFMS_SOURCE_H
#define DEFMS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/batch.h"
#include "defms/err.h"
#include "defms/mbox.h"
#include "defms/state.h"

struct source_options {
	const char *folder; /* name_folder() form, or NULL: by the source */
	enum mbox_format format;
	bool is_public;
	GHashTable *seen; /* borrowed, or NULL; as in batch_add() */
};

struct source;

/* `paths` are walked in order; `state` says what was imported before. All are
 * borrowed. */
struct source *source_new(char **paths, const struct source_options *options,
			  struct state *state);
void source_free(struct source *source);
AUTO_KIND(source, struct source, source_free)

/* The next message: 1 and the caller's, 0 at the end. -1: something could not
 * be read (`err` names it); the next call goes on behind it. */
int source_next(struct source *source, struct arrival **arrival_r,
		struct err *err);

/* Bytes read so far and in all (as far as is known), for progress. */
uint64_t source_done(const struct source *source);
uint64_t source_total(const struct source *source);
/* Files and directories passed over because nothing in them changed. */
size_t source_skipped(const struct source *source);

/* The oldest message of source_next() that was not told of yet is in the batch
 * now, or could not be taken in (`failed`). */
void source_taken(struct source *source, bool failed);

/* How many have been read to their end, with every message of theirs taken,
 * and are not remembered yet. */
size_t source_finished(const struct source *source);
/* Remember those, in the transaction of `state`; but none of which anything
 * failed. */
int source_remember(struct source *source, struct state *state,
		    struct err *err);

#endif
