/* SPDX-License-Identifier: ISC */
/* Where defms finds its files, in tests; and the end of one that cannot go on.
 */
#ifndef DEFMS_HOME_TEST_H
#define DEFMS_HOME_TEST_H

#include "defms/err.h"

/* All lies below `folder` from now on: mailbox in home/, cache/, config/. */
void use_home(const char *folder);

/* What a test stands on is not there: "Bail out!", with the text. */
_Noreturn void die(const struct err *err);

#endif
