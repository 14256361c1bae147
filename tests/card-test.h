/* SPDX-License-Identifier: ISC */
/* Cards of people that there are not, for tests. */
#ifndef DEFMS_CARD_TEST_H
#define DEFMS_CARD_TEST_H

#include <stdint.h>

/* The card of a person whose secrets are all made of `seed`: addresses after
 * `mails`, NULL ends them. Caller frees. */
char *card_test(uint8_t seed, int64_t version, const char *name,
		const char *const *mails);

#endif
