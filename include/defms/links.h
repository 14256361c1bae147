/* SPDX-License-Identifier: ISC */
/* What the owner decided about threads by hand (design 3.2, `links`): lasting,
 * part of the history of strands of mine, and obeyed whatever comes later and
 * in whatever order. Nothing of it moves a message between strands.
 *
 *	join <root>	this strand's thread and that of <root> are one
 *	split <hash>	the message begins a thread of its own: its references
 *			count no more, nor do those that stand before its msgid
 *			in messages that refer to it
 *	move <hash> <root>	the message alone is shown in the thread of
 *				<root>
 *	closed <strand>		nothing more goes into this shared strand
 *
 * <root> is a msgid (or a hash) as a strand's root is. */
#ifndef DEFMS_LINKS_H
#define DEFMS_LINKS_H

#include <stdint.h>

#include "defms/batch.h"
#include "defms/err.h"

/* `thread` and `other` are one from now on; the one born first stays. 1 done, 0
 * they are already, -1; ENOENT for what is no thread. */
int links_join(struct batch *batch, int64_t thread, int64_t other,
	       struct err *err);
/* `message` begins a thread of its own (its serial; 0 if it does already and
 * nothing is to do). */
int links_split(struct batch *batch, int64_t message, int64_t *thread_r,
		struct err *err);
/* `message` is shown in `thread`. Moved back to where its header says it
 * belongs, the line is dropped. 1/0/-1. */
int links_move(struct batch *batch, int64_t message, int64_t thread,
	       struct err *err);
/* Nothing more goes into `strand`, a shared one of `thread` (its serial), on
 * any of my devices. 1 done, 0 it is closed already, -1. */
int links_close(struct batch *batch, int64_t thread, int64_t strand,
		struct err *err);

#endif
