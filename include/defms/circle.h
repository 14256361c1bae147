/* SPDX-License-Identifier: ISC */
/* The members of a shared strand: its blobs `keys` and `members`, made once,
 * the same in every chain of it (design 3.5, "Members are for life"). The
 * strand's id commits to the members and to the key. */
#ifndef DEFMS_CIRCLE_H
#define DEFMS_CIRCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/key.h"
#include "defms/state-contacts.h"

enum {
	CIRCLE_MEMBERS = 64, /* people at most, me among them */
	CIRCLE_BOX = 80,     /* bytes of one in `keys` */
	CIRCLE_BOXES = 64,   /* as many as members, at most */
};

struct circle {
	struct strand_id id;
	uint8_t secret[32]; /* K */
	GArray *roots;      /* of struct root_key, sorted; owned */
	GPtrArray *cards;   /* of struct card, in the same order; owned */
	bool is_instead;    /* it takes the place of another: */
	struct strand_id instead;
};

/* A new one of these people, each by the text of the newest card, mine among
 * them; `instead` may be NULL. Appends the blob `keys` and the text of
 * `members`, which is to be sealed. EINVAL: too many, or one twice. */
int circle_found(const char *const *cards, size_t count,
		 const struct strand_id *instead, struct circle **circle_r,
		 GByteArray *keys, GByteArray *members, struct err *err);

/* The key of strand `id` out of the blob `keys`, if one of its boxes is for me,
 * whatever generation: 1, 0 none is, -1 EBADMSG. */
int circle_unlock(const struct identity *identity, const void *keys,
		  size_t size, uint8_t secret_r[32], struct err *err);

/* Read the text of `members` strictly, and that strand `id` is of them and of
 * `secret`. EBADMSG. */
int circle_parse(const struct strand_id *id, const uint8_t secret[32],
		 const void *text, size_t size, struct circle **circle_r,
		 struct err *err);
void circle_free(struct circle *circle);
AUTO_KIND(circle, struct circle, circle_free)

/* T of these roots, sorted, and K. */
struct strand_id circle_id(const uint8_t secret[32], const GArray *roots);

#endif
