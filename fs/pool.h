/* SPDX-License-Identifier: ISC */
/* Readers that no worker uses just now. */
#ifndef DEFMS_POOL_H
#define DEFMS_POOL_H

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/mailbox.h"
#include "defms/reader.h"

struct pool;

struct pool *pool_new(struct mailbox *mailbox);
void pool_free(struct pool *pool);
AUTO_KIND(pool, struct pool, pool_free)

/* The reader that was given back last, so that the fewest stay warm; else a
 * new one. */
int pool_take(struct pool *pool, struct reader **reader_r, struct err *err);
void pool_give(struct pool *pool, struct reader *reader);

#endif
