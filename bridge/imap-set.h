/* SPDX-License-Identifier: ISC */
/* A set of UIDs (RFC 9051, 2.3.1.1) as sorted ranges: "1:4294967295" from a
 * hostile server is one range, never four thousand million numbers. */
#ifndef BRIDGE_IMAP_SET_H
#define BRIDGE_IMAP_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"

struct imap_range {
	uint32_t first, last; /* both in it; first <= last */
};

struct imap_set {
	GArray *ranges; /* owned; struct imap_range, sorted, never touching */
};

struct imap_set *imap_set_new(void);
void imap_set_free(struct imap_set *set);
AUTO_KIND(imap_set, struct imap_set, imap_set_free)

void imap_set_clear(struct imap_set *set);
/* Adding in ascending order is fast; in any other order it is right. */
void imap_set_add(struct imap_set *set, uint32_t uid);
void imap_set_add_range(struct imap_set *set, uint32_t first, uint32_t last);
/* Any ranges of struct imap_range, in any order, however many. */
void imap_set_add_ranges(struct imap_set *set, const GArray *ranges);
void imap_set_add_set(struct imap_set *set, const struct imap_set *more);
/* Take out what stands in `less`. */
void imap_set_subtract(struct imap_set *set, const struct imap_set *less);
bool imap_set_has(const struct imap_set *set, uint32_t uid);
bool imap_set_is_empty(const struct imap_set *set);
uint64_t imap_set_count(const struct imap_set *set);

/* The lowest UID of the set behind `after`: 1, or 0 if there is none. So for
 * (uid = 0; imap_set_next(set, uid, &uid) > 0;) walks over it. */
int imap_set_next(const struct imap_set *set, uint32_t after, uint32_t *uid_r);

/* Append the set as "1:3,7" from its range number *range on, as many ranges as
 * fit into `most` bytes (at least one), and let *range be the next. False if
 * there was none. */
bool imap_set_print(const struct imap_set *set, size_t *range, size_t most,
		    GString *out);

#endif
