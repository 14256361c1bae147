/* SPDX-License-Identifier: ISC */
/* Large decoded bytes, each in a temporary file that has no name. A few are
 * kept, the least recently used go first. Any worker. */
#ifndef DEFMS_SPOOL_H
#define DEFMS_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

struct spools;

/* A file in use. */
struct spool {
	int fd;   /* owned */
	int refs; /* protected by the lock of the spools */
	uint64_t id;
	struct spools *spools; /* borrowed */
};

/* Files are made in `directory`. */
struct spools *spools_new(const char *directory);
void spools_free(struct spools *spools);
AUTO_KIND(spools, struct spools, spools_free)

/* 1: the file of `id`. 0: an empty one, for the caller to fill; until it calls
 * spool_keep(), or gives up with spool_unref(), who else asks for it waits. -1.
 * Who fills one may ask for another, if that one never asks for this. */
int spool_get(struct spools *spools, uint64_t id, struct spool **spool_r,
	      struct err *err);
/* It is filled: keep it for others. */
void spool_keep(struct spool *spool);
void spool_unref(struct spool *spool);
AUTO_KIND(spool, struct spool, spool_unref)

/* Append at most `size` bytes from `offset` on. */
int spool_read(const struct spool *spool, uint64_t offset, size_t size,
	       GByteArray *out, struct err *err);

#endif
