/* SPDX-License-Identifier: ISC */
#include "writing.h"

#include "defms/batch.h"
#include "mailbox-parts.h"

static int open_seats(struct writing *writing, struct mailbox *mailbox,
		      struct err *err)
{
	AUTO(str)
	char *path = mailbox_index_path(mailbox, writing->generation);
	AUTO(str) char *state_path = mailbox_state_path(mailbox);

	if (index_open(path, state_path, &writing->seats.read, err) < 0)
		return -1;
	return index_open(path, state_path, &writing->seats.write, err);
}

static int open_new(struct mailbox *mailbox, struct writing **writing_r,
		    struct err *err)
{
	AUTO(writing) struct writing *writing = g_new0(struct writing, 1);

	if (reader_open(mailbox, &writing->reader, err) < 0 ||
	    state_get(reader_state(writing->reader), "index",
		      &writing->generation, err) < 0 ||
	    open_seats(writing, mailbox, err) < 0)
		return -1;
	*writing_r = take(writing);
	return 0;
}

static int set_relaxed(struct writing *writing, bool relaxed, struct err *err)
{
	struct state *state = reader_state(writing->reader);

	if (writing->relaxed == relaxed)
		return 0;
	if ((relaxed ? state_relax(state, err) : state_be_strict(state, err)) <
	    0)
		return -1;
	writing->relaxed = relaxed;
	return 0;
}

static int begin(struct writing *writing, bool relaxed, struct err *err)
{
	struct mailbox *mailbox = reader_mailbox(writing->reader);

	if (mailbox_refresh_identity(mailbox, err) < 0 ||
	    set_relaxed(writing, relaxed, err) < 0)
		return -1;
	return state_begin(reader_state(writing->reader), true, err);
}

/* Is nothing left of other writers' batches, and the index the one in use? In
 * the transaction. */
static bool is_settled(const struct mailbox *mailbox, struct writing *writing)
{
	struct state *state = reader_state(writing->reader);
	int64_t generation, seq;

	return state_get(state, "index", &generation, NULL) == 0 &&
	       generation == writing->generation &&
	       state_get(state, "seq", &seq, NULL) == 0 && seq != 0 &&
	       seq == mailbox_replayed(mailbox);
}

int writing_begin(struct mailbox *mailbox, bool relaxed,
		  struct writing **writing_r, struct err *err)
{
	struct writing **kept = mailbox_writing(mailbox);
	AUTO(writing) struct writing *writing = take(*kept);

	if (writing) {
		if (begin(writing, relaxed, err) < 0)
			return -1;
		if (is_settled(mailbox, writing)) {
			*writing_r = take(writing);
			return 0;
		}
		writing_free(take(writing));
	}
	if (mailbox_replay(mailbox, err) < 0 ||
	    open_new(mailbox, &writing, err) < 0 ||
	    begin(writing, relaxed, err) < 0)
		return -1;
	*writing_r = take(writing);
	return 0;
}

void writing_keep(struct mailbox *mailbox, struct writing *writing)
{
	struct writing **kept = mailbox_writing(mailbox);

	writing_free(*kept);
	*kept = writing;
}

struct reader *batch_idle_reader(struct mailbox *mailbox)
{
	const struct writing *writing = *mailbox_writing(mailbox);

	return writing ? writing->reader : NULL;
}

void writing_free(struct writing *writing)
{
	if (!writing)
		return;
	reader_close(writing->reader);
	index_close(writing->seats.read);
	index_close(writing->seats.write);
	g_free(writing);
}
