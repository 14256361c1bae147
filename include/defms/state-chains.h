/* SPDX-License-Identifier: ISC */
/* The chains of other devices in strands, in state.db. (state-chains.c) */
#ifndef DEFMS_STATE_CHAINS_H
#define DEFMS_STATE_CHAINS_H

#include <stdint.h>

#include <glib.h>

#include "defms/key.h"
#include "defms/state.h"
#include "defms/store.h"

/* What another device put into a strand; this device's own chain is in struct
 * state_strand. */
struct state_chain {
	int64_t strand;
	struct device_id device;
	struct object_id tip;
	uint64_t chain; /* the tip's Chain number */
};
/* 1/0/-1. */
int state_chain_get(struct state *state, int64_t strand,
		    const struct device_id *device, struct state_chain *chain_r,
		    struct err *err);
/* Insert or replace, and put it on the to-do list of refs. */
int state_chain_put(struct state *state, const struct state_chain *chain,
		    struct err *err);
/* Those of a strand, or all with 0: struct state_chain, by strand, device. */
int state_chain_list(struct state *state, int64_t strand, GArray **chains_r,
		     struct err *err);
/* Those whose refs are still to be moved. */
int state_chain_moves(struct state *state, GArray **chains_r, struct err *err);

/* A tip that does not descend from the one known of its device: it counts in
 * the union, under refs/forks/<strand>/<device>/<number>. */
struct state_fork {
	struct state_chain chain;
	int64_t number; /* from 1 */
};
/* `number` is filled in; 0 if this tip is noted already, 1 added, -1. */
int state_fork_add(struct state *state, struct state_fork *fork,
		   struct err *err);
/* The one of this number has this tip, which goes on from the one it had. */
int state_fork_advance(struct state *state, const struct state_fork *fork,
		       struct err *err);
int state_fork_list(struct state *state, int64_t strand, GArray **forks_r,
		    struct err *err);
/* Those whose refs are still to be written. */
int state_fork_moves(struct state *state, GArray **forks_r, struct err *err);

/* The tips of all chains of a strand, struct state_chain: this device's first
 * (without a device) if it has one, those of others, forks. The strand is the
 * union of their trees. */
int state_tip_list(struct state *state, const struct state_strand *strand,
		   GArray **tips_r, struct err *err);

/* This device has another key from now on: what it put into strands is the
 * chain of `device`, as which it did. */
int state_chain_leave(struct state *state, const struct device_id *device,
		      struct err *err);

/* A number, not 0: another machine writes with this device's key, so that this
 * one must not. */
#define STATE_TWICE "device lives twice"

#endif
