/* SPDX-License-Identifier: ISC */
/* Shared by links*.c. */
#ifndef DEFMS_LINKS_PARTS_H
#define DEFMS_LINKS_PARTS_H

#include "batch-parts.h"
#include "defms/links.h"
#include "index-links.h"

/* -- links-line.c ---------------------------------------------------------- */
/* The strand of mine of `root`, founded if there is none; borrowed. */
int links_strand(struct batch *batch, const char *root,
		 struct batch_strand **strand_r, struct err *err);
/* 1 added, 0 it is there, -1. */
int links_add(struct batch *batch, struct batch_strand *strand,
	      const char *line, struct err *err);
/* Drop what moves a message; what splits it off; take `root` out of all joins.
 * 1 if anything did, 0, -1. */
int links_drop_moves(struct batch *batch, const struct message_id *hash,
		     struct err *err);
int links_drop_split(struct batch *batch, const struct message_id *hash,
		     struct err *err);
int links_drop_joins(struct batch *batch, const char *root, struct err *err);

/* -- links.c --------------------------------------------------------------- */
/* Its own msgid; without one its hash. Caller frees. */
char *links_own_root(const struct index_home *home);
/* What joins the thread of a root that is not here goes by the first message
 * that names it: drop such joins. 1 if there were any, 0, -1. */
int links_drop_joins_of(struct batch *batch, const GArray *homes,
			const struct index_home *row, struct err *err);
/* The thread a message belongs to, all that do, and its row among them
 * (borrowed). ENOENT. */
int links_find(struct index *index, int64_t message, int64_t *home_r,
	       GArray **homes_r, const struct index_home **row_r,
	       struct err *err);

#endif
