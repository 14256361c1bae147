/* SPDX-License-Identifier: ISC */
/* A thread's derived files are sums of what its messages are, so their sizes
 * are known from the index, and a read makes only the pieces it wants. */
#include "defms/conversation.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "conversation-part.h"
#include "defms/mbox.h"
#include "defms/mime.h"

/* -- windows --------------------------------------------------------------- */

bool window_wants(struct window *window, uint64_t size)
{
	if (size > window->skip)
		return window->room > 0;
	window->skip -= size;
	return false;
}

void window_add(struct window *window, const void *data, size_t size)
{
	size_t part;

	if (!window_wants(window, size))
		return;
	part = MIN(size - (size_t)window->skip, window->room);
	(void)g_byte_array_append(
		window->out, (const guint8 *)data + window->skip, (guint)part);
	window->skip = 0;
	window->room -= part;
}

/* -- dates and lines ------------------------------------------------------- */

/* The calendar of `date` (UTC): false without one in four-digit years. */
static bool calendar(const struct index_message *message, int64_t shift,
		     struct tm *tm)
{
	time_t when = (time_t)message->date;

	if (message->date_zone == MIME_NO_DATE ||
	    __builtin_add_overflow(when, shift, &when) || !gmtime_r(&when, tm))
		return false;
	return tm->tm_year >= -1900 && tm->tm_year <= 9999 - 1900;
}

char *conversation_date(const struct index_message *message)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int zone = message->date_zone;
	struct tm tm;

	if (!calendar(message, (int64_t)zone * 60, &tm))
		return g_strdup("");
	return g_strdup_printf("%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d",
			       days + 3 * (ptrdiff_t)tm.tm_wday, tm.tm_mday,
			       months + 3 * (ptrdiff_t)tm.tm_mon,
			       tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			       tm.tm_sec, zone < 0 ? '-' : '+', ABS(zone) / 60,
			       ABS(zone) % 60);
}

/* "-F--S-": a letter of Maildir, or '-', in each place. */
static void print_flags(unsigned flags, char out[7])
{
	static const struct {
		char letter;
		enum state_flag flag;
	} places[] = {
		{ 'D', FLAG_DRAFT },     { 'F', FLAG_FLAGGED },
		{ 'P', FLAG_FORWARDED }, { 'R', FLAG_ANSWERED },
		{ 'S', FLAG_SEEN },      { 'T', FLAG_DELETED },
	};

	memset(out, '-', G_N_ELEMENTS(places));
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (flags & places[i].flag)
			out[i] = places[i].letter;
	out[G_N_ELEMENTS(places)] = '\0';
}

/* Tabs stand between the columns: nothing from a message holds one. */
void conversation_info_line(const struct index_message *message, bool local,
			    GString *out)
{
	struct tm tm;
	char flags[7];

	if (!calendar(message, 0, &tm))
		tm = (struct tm){ .tm_year = -1900, .tm_mon = -1 };
	print_flags(message->flags, flags);
	g_string_append_printf(
		out, "%04d-%02d-%02d %02d:%02d\t%s\t%s\t%s\t%s%s\n",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, message->short_name, flags, message->subject,
		message->name, local ? "\tlocal" : "");
}

/* -- mbox ------------------------------------------------------------------ */

/* A message that mboxrd changes nothing in: only what is wanted is opened. */
static int add_plain(struct reader *reader, const struct index_message *message,
		     const struct state_copy *copy, struct window *window,
		     struct err *err)
{
	AUTO(bytes) GByteArray *raw = NULL;

	if (window_wants(window, copy->raw_size)) {
		raw = g_byte_array_new();
		if (reader_raw_range(reader, message, copy, window->skip,
				     window->room, raw, err) < 0)
			return -1;
		window->skip = 0;
		window_add(window, raw->data, raw->len);
	}
	window_add(window, "\n", 1);
	return 0;
}

/* A separator, an empty message's line end, an empty line: what stands before
 * and after every message. */
static void mbox_head(const struct index_message *message, GByteArray *out)
{
	mbox_write(out, "\n", 1, message->mail, message->date);
}

bool conversation_mbox_is_quoted(const struct index_message *message,
				 const struct state_copy *copy)
{
	AUTO(bytes) GByteArray *head = g_byte_array_new();

	mbox_head(message, head);
	return head->len - 1 + copy->raw_size != copy->mbox_size;
}

static int add_quoted(struct reader *reader,
		      const struct index_message *message,
		      const struct state_copy *copy, struct window *window,
		      struct err *err)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	AUTO(bytes) GByteArray *entry = g_byte_array_new();

	if (reader_raw(reader, message, copy, raw, err) < 0)
		return -1;
	mbox_write(entry, raw->data, raw->len, message->mail, message->date);
	if (entry->len != copy->mbox_size)
		return err_set(err, EBADMSG, "message %s: mbox of %u bytes",
			       message->name, entry->len);
	window_add(window, entry->data, entry->len);
	return 0;
}

static int add_mbox(struct reader *reader, const struct index_message *message,
		    struct window *window, struct err *err)
{
	AUTO(bytes) GByteArray *head = g_byte_array_new();
	struct state_copy copy;
	int found = state_copy_first(reader_state(reader), message->serial,
				     &copy, err);

	if (found <= 0)
		return found;
	if (!window_wants(window, copy.mbox_size))
		return 0;
	if (conversation_mbox_is_quoted(message, &copy))
		return add_quoted(reader, message, &copy, window, err);
	mbox_head(message, head);
	window_add(window, head->data, head->len - 2);
	return add_plain(reader, message, &copy, window, err);
}

/* -- files ----------------------------------------------------------------- */

static int add_info(struct reader *reader, const struct index_message *message,
		    struct window *window, struct err *err)
{
	AUTO(gstring) GString *line = g_string_new(NULL);

	(void)reader;
	(void)err;
	conversation_info_line(message, window->local, line);
	window_add(window, line->str, line->len);
	return 0;
}

typedef int add_function(struct reader *, const struct index_message *,
			 struct window *, struct err *);

/* Of the files that are a piece a message, oldest first. */
static add_function *add_of(enum conversation_file file)
{
	static add_function *const adds[CONVERSATION_FILES] = {
		[CONVERSATION_INFO] = add_info,
		[CONVERSATION_TEXT] = conversation_text,
		[CONVERSATION_MBOX] = add_mbox,
	};

	return adds[file];
}

static int add_message(struct reader *reader, int64_t serial, add_function *add,
		       struct window *window, struct err *err)
{
	struct index *index = reader_index(reader, err);
	struct index_message message = { 0 };
	int result;

	if (!index)
		return -1;
	result = index_message_get(index, serial, &message, err);
	if (result > 0)
		result = add(reader, &message, window, err);
	index_message_release(&message);
	return result < 0 ? -1 : 0;
}

/* The first of the pieces that ends after `offset`. */
static guint piece_at(const GArray *pieces, enum conversation_file file,
		      uint64_t offset)
{
	guint low = 0, high = pieces->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(pieces, struct piece, middle).ends[file] >
		    offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int read_pieces(struct reader *reader, const GArray *pieces,
		       enum conversation_file file, struct window *window,
		       struct err *err)
{
	guint at = piece_at(pieces, file, window->skip);

	if (at > 0)
		window->skip -=
			g_array_index(pieces, struct piece, at - 1).ends[file];
	for (; at < pieces->len && window->room > 0; at++) {
		const struct piece *piece =
			&g_array_index(pieces, struct piece, at);

		window->local = piece->local;
		if (add_message(reader, piece->serial, add_of(file), window,
				err) < 0)
			return -1;
	}
	return 0;
}

static int read_object(struct reader *reader, struct survey *survey,
		       struct window *window, struct err *err)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	if (conversation_object(reader, survey, text, err) < 0)
		return -1;
	window_add(window, text->str, text->len);
	return 0;
}

/* The last message of a survey; 0 if there is none. */
static int last_message(struct reader *reader, const struct survey *survey,
			struct index_message *message_r, struct err *err)
{
	struct index *index = reader_index(reader, err);

	return index ? index_message_get(index, survey->last, message_r, err)
		     : -1;
}

static int read_reply(struct reader *reader, struct survey *survey,
		      struct window *window, struct err *err)
{
	struct index_message message = { 0 };
	int result = last_message(reader, survey, &message, err);

	if (result > 0)
		result = conversation_reply(reader, &message, window, err);
	index_message_release(&message);
	return result < 0 ? -1 : 0;
}

int conversation_sizes(struct reader *reader, int64_t thread, int64_t seq,
		       struct conversation_sizes *sizes_r, struct err *err)
{
	AUTO(gstring) GString *object = g_string_new(NULL);
	AUTO(gstring) GString *reply = g_string_new(NULL);
	AUTO(survey) struct survey survey = { 0 };
	struct index_message message = { 0 };
	int result;

	if (survey_take(reader, thread, seq, &survey, err) < 0 ||
	    conversation_object(reader, &survey, object, err) < 0)
		return -1;
	result = last_message(reader, &survey, &message, err);
	if (result > 0)
		conversation_reply_head(reader, &message, reply);
	*sizes_r = survey.sizes;
	sizes_r->bytes[CONVERSATION_REPLY] = reply->len + message.quote_size;
	sizes_r->bytes[CONVERSATION_OBJECT] = object->len;
	sizes_r->whole[CONVERSATION_REPLY] = message.content_size;
	index_message_release(&message);
	return result < 0 ? -1 : 0;
}

/* A file that is not a piece a message. */
static int read_rest(struct reader *reader,
		     const struct conversation *conversation,
		     struct window *window, struct err *err)
{
	AUTO(survey) struct survey survey = { 0 };

	if (survey_take(reader, conversation->thread, conversation->seq,
			&survey, err) < 0)
		return -1;
	return conversation->file == CONVERSATION_OBJECT
		       ? read_object(reader, &survey, window, err)
		       : read_reply(reader, &survey, window, err);
}

int conversation_read(struct reader *reader,
		      const struct conversation *conversation, uint64_t offset,
		      size_t size, GByteArray *out, struct err *err)
{
	struct window window = { .skip = offset, .room = size, .out = out };
	AUTO(array) GArray *pieces = NULL;

	if (!add_of(conversation->file))
		return read_rest(reader, conversation, &window, err);
	if (survey_pieces(reader, conversation->thread, conversation->seq,
			  &pieces, err) < 0)
		return -1;
	return read_pieces(reader, pieces, conversation->file, &window, err);
}

int conversation_piece(struct reader *reader,
		       const struct conversation *conversation, guint number,
		       GByteArray *out, struct err *err)
{
	struct window window = { .room = SIZE_MAX, .out = out };
	AUTO(array) GArray *pieces = NULL;
	const struct piece *piece;

	if (!add_of(conversation->file)) {
		if (number > 0)
			return 0;
		return read_rest(reader, conversation, &window, err) < 0 ? -1
									 : 1;
	}
	if (survey_pieces(reader, conversation->thread, conversation->seq,
			  &pieces, err) < 0)
		return -1;
	if (number >= pieces->len)
		return 0;
	piece = &g_array_index(pieces, struct piece, number);
	window.local = piece->local;
	return add_message(reader, piece->serial, add_of(conversation->file),
			   &window, err) < 0
		       ? -1
		       : 1;
}
