/* SPDX-License-Identifier: ISC */
#include "state-test.h"

#include "defms/auto.h"
#include "home-test.h"

struct state *state_at(const char *folder)
{
	AUTO(str) char *path = g_build_filename(folder, "state.db", NULL);
	struct state *state = NULL;
	struct err err = { 0 };

	if (state_create(path, &err) < 0 || state_open(path, &state, &err) < 0)
		die(&err);
	return state;
}
