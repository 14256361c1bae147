/* SPDX-License-Identifier: ISC */
/* Threads that have a name, which stays with one of their messages. */
#ifndef DEFMS_STATE_THREADS_H
#define DEFMS_STATE_THREADS_H

#include "defms/state.h"

/* Flags of a thread. */
enum state_thread_flag {
	THREAD_MUTED = 1 << 0,
	THREAD_ARCHIVED = 1 << 1,
	THREAD_FLAGGED = 1 << 2,
};

struct state_thread {
	int64_t serial;
	int64_t anchor; /* message whose component it names */
	unsigned flags; /* enum state_thread_flag */
	char name[256];
};

int state_thread_add(struct state *state, const char *name, int64_t anchor,
		     int64_t *serial_r, struct err *err);
int state_thread_find(struct state *state, const char *name,
		      struct state_thread *thread_r, struct err *err);
int state_thread_get(struct state *state, int64_t serial,
		     struct state_thread *thread_r, struct err *err);
/* Threads anchored at a message: the lowest serial after `after`. 1/0/-1. */
int state_thread_anchored(struct state *state, int64_t message, int64_t after,
			  int64_t *serial_r, struct err *err);
/* A thread's name stays with this message from now on. */
int state_thread_anchor(struct state *state, int64_t serial, int64_t message,
			struct err *err);
int state_thread_flags(struct state *state, int64_t serial, unsigned flags,
		       struct err *err);

#endif
