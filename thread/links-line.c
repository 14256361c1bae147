/* SPDX-License-Identifier: ISC */
/* Lines of `links`, in state.db; the strand that has them is written anew with
 * the batch. */
#include <errno.h>
#include <string.h>

#include "link-set.h"
#include "links-parts.h"
#include "mailbox-parts.h"

/* The strand of mine of `root`, whose lines change. */
int links_strand(struct batch *batch, const char *root,
		 struct batch_strand **strand_r, struct err *err)
{
	const struct identity *identity =
		mailbox_identity(reader_mailbox(batch_reader(batch)));
	struct state_strand wanted = {
		.kind = STRAND_MINE,
		.generation = identity_generation(identity),
		.id = identity_strand(identity, root),
	};

	return batch_strand_of(batch, &wanted, strand_r, err);
}

int links_add(struct batch *batch, struct batch_strand *strand,
	      const char *line, struct err *err)
{
	int added = state_link_add(batch_state(batch), strand->state.serial,
				   line, err);

	strand->linked |= added > 0;
	filing_relinked(batch_filing(batch), strand->state.serial);
	return added;
}

static int drop_line(struct batch *batch, int64_t serial, const char *line,
		     struct err *err)
{
	struct state *state = batch_state(batch);
	struct batch_strand *strand;
	struct state_strand wanted;
	int found = state_strand_get(state, serial, &wanted, err);

	if (found == 0)
		return state_link_drop(state, serial, line, err);
	if (found < 0 || batch_strand_of(batch, &wanted, &strand, err) < 0)
		return -1;
	strand->linked = true;
	filing_relinked(batch_filing(batch), serial);
	return state_link_drop(state, serial, line, err);
}

/* Drop all lines that begin with `start`: 1 if there were any. */
static int drop_lines(struct batch *batch, const char *start, struct err *err)
{
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;

	if (state_link_strands(batch_state(batch), start, &strands, &lines,
			       err) < 0)
		return -1;
	for (guint i = 0; i < lines->len; i++)
		if (drop_line(batch, g_array_index(strands, int64_t, i),
			      g_ptr_array_index(lines, i), err) < 0)
			return -1;
	return lines->len > 0;
}

int links_drop_moves(struct batch *batch, const struct message_id *hash,
		     struct err *err)
{
	AUTO(str) char *start = link_print_move(hash, "");

	return drop_lines(batch, start, err);
}

int links_drop_split(struct batch *batch, const struct message_id *hash,
		     struct err *err)
{
	AUTO(str) char *line = link_print_split(hash);

	return drop_lines(batch, line, err);
}

/* A join of one root alone says nothing. */
static int drop_lonely(struct batch *batch, int64_t strand, struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = NULL;
	const char *only = NULL;
	struct link link;
	guint joins = 0;

	if (state_link_of(batch_state(batch), strand, &lines, err) < 0)
		return -1;
	for (guint i = 0; i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);

		if (!link_parse(line, &link) || link.kind != LINK_JOIN)
			continue;
		joins++;
		only = line;
	}
	if (joins != 1)
		return 0;
	(void)link_parse(only, &link);
	if (filing_forget(batch_filing(batch), link.root, err) < 0)
		return -1;
	return drop_line(batch, strand, only, err);
}

/* Take `root` out of all joins: 1 if it was in any. */
int links_drop_joins(struct batch *batch, const char *root, struct err *err)
{
	AUTO(str) char *line = link_print_join(root);
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;
	int any = 0;

	if (state_link_strands(batch_state(batch), line, &strands, &lines,
			       err) < 0 ||
	    filing_forget(batch_filing(batch), root, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		int64_t strand = g_array_index(strands, int64_t, i);

		if (strcmp(g_ptr_array_index(lines, i), line) != 0)
			continue;
		any = 1;
		if (drop_line(batch, strand, line, err) < 0 ||
		    drop_lonely(batch, strand, err) < 0)
			return -1;
	}
	return any;
}
