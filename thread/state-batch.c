/* SPDX-License-Identifier: ISC */
/* What state.db remembers of its last batches, for an index that is behind. */
#include <string.h>

#include "defms/state.h"
#include "sql.h"

/* An index that lost more of them in a power failure is made anew. */
enum { REMEMBERED = 1000, NAME = 32 };

static void print_name(int64_t seq, char name[NAME])
{
	(void)g_snprintf(name, NAME, "batch-%" G_GINT64_FORMAT, seq);
}

int state_batch_id(struct state *state, int64_t seq, int64_t *id_r,
		   struct err *err)
{
	char name[NAME];

	print_name(seq, name);
	return state_get(state, name, id_r, err);
}

int state_batch_add(struct state *state, int64_t seq, struct err *err)
{
	int64_t id = (int64_t)g_random_int() << 31 | g_random_int() >> 1 | 1;
	char name[NAME];

	print_name(seq - REMEMBERED, name);
	if (sql_do(state_sql(state), err, "DELETE FROM meta WHERE name=?", "t",
		   name) < 0)
		return -1;
	print_name(seq, name);
	return state_set(state, name, id, err);
}
