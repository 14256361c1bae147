/* SPDX-License-Identifier: ISC */
/* An index is fit for state.db if the last batch in it is one that state.db
 * remembers, by number and by the random one of its run: a home that was
 * restored from a snapshot finds the index of days that never were. */
#include <errno.h>
#include <unistd.h>

#include "defms/index.h"
#include "defms/state-batch.h"
#include "mailbox-parts.h"

struct point {
	int64_t seq, run;
};

/* In one transaction, for a writer may be at work. */
static int read_point(struct index *index, struct point *point_r,
		      struct err *err)
{
	int result = index_begin(index, err);

	if (result == 0)
		result = index_seq(index, &point_r->seq, err);
	if (result == 0)
		result = index_run(index, &point_r->run, err);
	index_end(index);
	return result;
}

/* Where the index is: 1, 0 if it is no index of ours, -1. */
static int look_at(const char *path, const char *state_path,
		   struct point *point_r, struct err *err)
{
	AUTO(index) struct index *index = NULL;
	struct err why;

	if (index_open(path, state_path, &index, &why) == 0 &&
	    read_point(index, point_r, &why) == 0)
		return 1;
	if (why.code == EBADMSG || why.code == EPROTO)
		return 0;
	return err_set(err, why.code, "%s", why.text);
}

int mailbox_index_standing(const struct mailbox *mailbox,
			   enum index_standing *standing_r,
			   int64_t *generation_r, struct err *err)
{
	AUTO(str) char *state_path = mailbox_state_path(mailbox);
	AUTO(str) char *path = NULL;
	AUTO(state) struct state *state = NULL;
	struct point indexed;
	int64_t committed, run;
	int found;

	if (state_open(state_path, &state, err) < 0 ||
	    state_get(state, "index", generation_r, err) < 0 ||
	    state_get(state, "seq", &committed, err) < 0)
		return -1;
	path = mailbox_index_path(mailbox, *generation_r);
	*standing_r = INDEX_MISSING;
	if (access(path, F_OK) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	*standing_r = INDEX_UNFIT;
	found = look_at(path, state_path, &indexed, err);
	if (found <= 0)
		return found;
	if (state_run_of(state, indexed.seq, &run, err) < 0)
		return -1;
	if (indexed.seq <= committed && indexed.run == run)
		*standing_r =
			indexed.seq == committed ? INDEX_CURRENT : INDEX_BEHIND;
	return 0;
}
