/* SPDX-License-Identifier: ISC */
/* Under which name a copy was last shown, and which threads were looked into:
 * a byte each, so that the watcher can take back what is no longer true. A name
 * that the byte does not make, as somebody gave it, is kept as it is. */
#ifndef DEFMS_SHOWN_H
#define DEFMS_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"

struct shown;

struct shown *shown_new(void);
void shown_free(struct shown *shown);
AUTO_KIND(shown, struct shown, shown_free)

/* A copy, and whether its name is that in its folder or in a thread. */
struct shown_as {
	int64_t copy;
	bool in_thread;
	int64_t folder; /* of the copy, when it was called so */
};
/* Its name in new/ or cur/ is handed out: `face` holds what it is made of
 * (shown_face()), `own` the name if it is made of more, else NULL. Another that
 * was handed out before becomes an old one; so does this one, if a round began
 * since `round`: it may be old already. */
void shown_copy(struct shown *shown, struct shown_as as, uint8_t face,
		const char *own, int round);
/* The kernel itself gives it another name. To be told when that is committed,
 * or the watcher could take it for what was before. */
void shown_renamed(struct shown *shown, struct shown_as as, uint8_t face,
		   const char *own);
/* It may be called so to the kernel, and will not be for long. */
void shown_old(struct shown *shown, struct shown_as as, uint8_t face,
	       const char *own);
/* The face last shown, or SHOWN_NEVER, and its `own` (caller frees); both are
 * forgotten. */
uint8_t shown_take_copy(struct shown *shown, struct shown_as as, char **own_r);
/* One of the old ones, which is forgotten; false if there is none. Caller frees
 * `own`. */
bool shown_take_old(struct shown *shown, struct shown_as *as_r, uint8_t *face_r,
		    char **own_r);

/* The watcher's round: a request takes the number before it reads, so that
 * what it read can be told from what the round has seen. */
int shown_round(struct shown *shown);
void shown_next_round(struct shown *shown);

enum { SHOWN_NEVER = 0, SHOWN_NEW = 0x40, SHOWN_ONCE = 0x80 };

/* Flags (enum state_flag) and new or cur, as a byte. */
static inline uint8_t shown_face(unsigned flags, bool is_new)
{
	return (uint8_t)(SHOWN_ONCE | (is_new ? SHOWN_NEW : 0) |
			 (flags & 0x3f));
}

/* Something in a thread's directory is going to be handed out: to be told
 * before it is read, or what the watcher knows and what is read can pass each
 * other. True if it was told before. */
bool shown_thread(struct shown *shown, int64_t thread);
/* Was it? It is forgotten. */
bool shown_take_thread(struct shown *shown, int64_t thread);

#endif
