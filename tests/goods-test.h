/* SPDX-License-Identifier: ISC */
/* What a mailbox has in its store, or what is forged in another, offered to a
 * pull without any remote: as it is, or spoiled on the way. */
#ifndef DEFMS_GOODS_TEST_H
#define DEFMS_GOODS_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "box-test.h"
#include "defms/auto.h"
#include "defms/pull.h"
#include "defms/ref.h"
#include "defms/store.h"

/* What becomes of one object on the way. */
enum spoil { SPOIL_NOTHING, SPOIL_FLIP, SPOIL_DROP, SPOIL_SWAP, SPOIL_CUT };

struct goods {
	struct store *store; /* borrowed */
	GArray *heads;       /* owned: struct ref_move */
	GPtrArray *cards;    /* owned: char * */
	enum spoil how;
	struct object_id spoiled, other; /* which one, and for SPOIL_SWAP */
	bool anybody;
	GArray *from; /* owned: struct root_key */
	size_t reads; /* that were asked for */
};

/* Nothing yet, out of `store`. */
struct goods *goods_new(struct store *store);
void goods_free(struct goods *goods);
AUTO_KIND(goods, struct goods, goods_free)

/* All that a mailbox has. */
struct goods *goods_of(struct box *box);

/* The read() of struct offer. */
int goods_read(void *context, const struct object_id *id,
	       enum object_type *type_r, GByteArray *out, struct err *err);

/* pull_offer(), which must not fail; the caller releases the report. */
void pull_from(struct box *box, struct goods *goods,
	       struct pull_report *report_r);

void print_problems(const struct pull_report *report);

#endif
