/* SPDX-License-Identifier: ISC */
/* What is known of a thread without opening a message: the sizes of its derived
 * files, and where in them each message stands. That is kept in the reader: a
 * file is read in ranges, and to look at all messages for each would take the
 * square of their number. */
#include <string.h>

#include "conversation-part.h"
#include "index-strand.h"
#include "state-circles.h"

void survey_release(struct survey *survey)
{
	if (survey->hashes)
		g_array_unref(survey->hashes);
	if (survey->strands)
		g_array_unref(survey->strands);
	if (survey->pieces)
		g_array_unref(survey->pieces);
	memset(survey, 0, sizeof(*survey));
}

static void add_strand(GArray *strands, int64_t strand)
{
	for (guint i = 0; i < strands->len; i++)
		if (g_array_index(strands, int64_t, i) == strand)
			return;
	(void)g_array_append_val(strands, strand);
}

/* Only a message that is larger than those before is looked at: what comes out
 * is the largest. */
static void survey_mbox(struct survey *survey,
			const struct index_message *message,
			const struct state_copy *copy)
{
	uint64_t *whole = &survey->sizes.whole[CONVERSATION_MBOX];

	survey->sizes.bytes[CONVERSATION_MBOX] += copy->mbox_size;
	if (copy->raw_size > *whole &&
	    conversation_mbox_is_quoted(message, copy))
		*whole = copy->raw_size;
}

/* Does it stand in none of the thread's shared strands? What is public anybody
 * may have. 1/0/-1. */
static int is_local(struct reader *reader, const struct survey *survey,
		    const struct index_message *message, struct err *err)
{
	struct state *state = reader_state(reader);
	AUTO(array) GArray *strands = NULL;
	struct state_strand strand;
	int found;

	if (!survey->shared)
		return 0;
	if (state_standing_of(state, message->serial, &strands, err) < 0)
		return -1;
	if (strands->len > 0)
		return 0;
	found = state_strand_get(state, message->strand, &strand, err);
	return found > 0 ? strand.kind == STRAND_MINE : found;
}

static int survey_sizes(struct reader *reader, struct survey *survey,
			const struct index_message *message, bool local,
			GString *line, struct err *err)
{
	struct conversation_sizes *sizes = &survey->sizes;
	struct state_copy copy;
	int found = state_copy_first(reader_state(reader), message->serial,
				     &copy, err);

	if (found < 0)
		return -1;
	if (found > 0)
		survey_mbox(survey, message, &copy);
	(void)g_string_truncate(line, 0);
	conversation_info_line(message, local, line);
	sizes->bytes[CONVERSATION_INFO] += line->len;
	sizes->bytes[CONVERSATION_TEXT] += conversation_text_size(message);
	sizes->whole[CONVERSATION_TEXT] =
		MAX(sizes->whole[CONVERSATION_TEXT], message->content_size);
	return 0;
}

/* The sizes of one message, until the pieces are in their order. */
static void add_piece(struct survey *survey,
		      const struct index_message *message, bool local,
		      const struct conversation_sizes *before)
{
	struct piece piece = { .serial = message->serial,
			       .date = message->date,
			       .local = local };

	for (int file = 0; file < PIECE_FILES; file++)
		piece.ends[file] =
			survey->sizes.bytes[file] - before->bytes[file];
	(void)g_array_append_val(survey->pieces, piece);
}

static int survey_message(struct reader *reader, struct survey *survey,
			  const struct index_message *message, GString *line,
			  struct err *err)
{
	struct conversation_sizes before = survey->sizes;
	int local = is_local(reader, survey, message, err);

	if (local < 0 ||
	    survey_sizes(reader, survey, message, local, line, err) < 0)
		return -1;
	add_piece(survey, message, local, &before);
	(void)g_array_append_val(survey->hashes, message->hash);
	add_strand(survey->strands, message->strand);
	if (survey->first == 0 || message->date < survey->first_date) {
		survey->first = message->serial;
		survey->first_date = message->date;
	}
	if (survey->last == 0 || message->date >= survey->last_date) {
		survey->last = message->serial;
		survey->last_date = message->date;
	}
	return 0;
}

static gint compare_pieces(gconstpointer a, gconstpointer b)
{
	const struct piece *one = a, *other = b;

	if (one->date != other->date)
		return one->date < other->date ? -1 : 1;
	return (one->serial > other->serial) - (one->serial < other->serial);
}

/* Oldest first; their sizes become where they end. */
static void order_pieces(GArray *pieces)
{
	uint64_t ends[PIECE_FILES] = { 0 };

	g_array_sort(pieces, compare_pieces);
	for (guint i = 0; i < pieces->len; i++) {
		struct piece *piece = &g_array_index(pieces, struct piece, i);

		for (int file = 0; file < PIECE_FILES; file++) {
			ends[file] += piece->ends[file];
			piece->ends[file] = ends[file];
		}
	}
}

/* Does anybody else have any of the thread? 1/0/-1. */
static int is_shared(struct reader *reader, struct index *index, int64_t thread,
		     struct err *err)
{
	AUTO(array) GArray *strands = NULL;
	int any = state_circle_any(reader_state(reader), err);

	if (any <= 0)
		return any;
	if (index_thread_strands(index, thread, &strands, err) < 0)
		return -1;
	return strands->len > 0;
}

int survey_take(struct reader *reader, int64_t thread, int64_t seq,
		struct survey *survey_r, struct err *err)
{
	AUTO(gstring) GString *line = g_string_new(NULL);
	AUTO(survey) struct survey survey = { 0 };
	struct index *index = reader_index(reader, err);
	struct index_message message = { 0 };
	int64_t after = 0;
	int more, result = 0;

	int shared = index ? is_shared(reader, index, thread, err) : -1;

	if (shared < 0)
		return -1;
	survey.shared = shared;
	survey.hashes = g_array_new(FALSE, FALSE, sizeof(struct message_id));
	survey.strands = g_array_new(FALSE, FALSE, sizeof(int64_t));
	survey.pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	while ((more = index_message_next(index, thread, seq, after, &message,
					  err)) > 0) {
		after = message.serial;
		result = survey_message(reader, &survey, &message, line, err);
		index_message_release(&message);
		if (result < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	order_pieces(survey.pieces);
	reader_keep_pieces(reader, thread, seq, survey.pieces);
	*survey_r = survey;
	survey = (struct survey){ 0 };
	return 0;
}

int survey_pieces(struct reader *reader, int64_t thread, int64_t seq,
		  GArray **pieces_r, struct err *err)
{
	AUTO(survey) struct survey survey = { 0 };

	*pieces_r = reader_kept_pieces(reader, thread, seq);
	if (*pieces_r)
		return 0;
	if (survey_take(reader, thread, seq, &survey, err) < 0)
		return -1;
	*pieces_r = take(survey.pieces);
	return 0;
}
