/* SPDX-License-Identifier: ISC */
/* Under which name a copy was last shown, and which threads were looked into:
 * a byte each, so that the watcher can take back what is no longer true. */
#ifndef DEFMS_SHOWN_H
#define DEFMS_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "defms/auto.h"

struct shown;

struct shown *shown_new(void);
void shown_free(struct shown *shown);
AUTO_KIND(shown, struct shown, shown_free)

/* A copy's name in new/ or cur/ is handed out: `face` holds what it is made of
 * (shown_face()). */
void shown_copy(struct shown *shown, uint32_t copy, uint8_t face);
/* The face last shown, or SHOWN_NEVER; it is forgotten. */
uint8_t shown_take_copy(struct shown *shown, uint32_t copy);

enum { SHOWN_NEVER = 0, SHOWN_NEW = 0x40, SHOWN_ONCE = 0x80 };

/* Flags (enum state_flag) and new or cur, as a byte. */
static inline uint8_t shown_face(unsigned flags, bool is_new)
{
	return (uint8_t)(SHOWN_ONCE | (is_new ? SHOWN_NEW : 0) |
			 (flags & 0x3f));
}

/* Something in a thread's directory is handed out. */
void shown_thread(struct shown *shown, uint32_t thread);
/* Was it, since the last time this was asked? */
bool shown_take_thread(struct shown *shown, uint32_t thread);

#endif
