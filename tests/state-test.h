/* SPDX-License-Identifier: ISC */
/* A state.db of its own, for tests. */
#ifndef DEFMS_STATE_TEST_H
#define DEFMS_STATE_TEST_H

#include "defms/state.h"

/* A new one in `folder`; the test ends where that fails. */
struct state *state_at(const char *folder);

#endif
