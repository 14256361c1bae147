/* SPDX-License-Identifier: ISC */
/* Uploading. With LITERAL+ (RFC 7888), and LITERAL- up to 4096 bytes, messages
 * follow one another without waiting; else each waits for its "+". */
#include "imap-append.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "imap-parts.h"

enum {
	APPENDS = 32, /* whose results are not taken */
	LITERAL_MINUS = 4096,
	TOGETHER = 65536, /* a message up to it is sent in one piece */
};

/* An append that is open or answered; `result` stands first, so that it is
 * freed as one. */
struct append {
	struct imap_uploaded result;
	uint64_t tag;
	bool answered;
};

/* "17-Jul-1996 02:44:25 +0000", appended; nothing for a year of more or fewer
 * than four digits. */
static void print_date(GString *out, int64_t date)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)date;
	struct tm when;

	if (!gmtime_r(&seconds, &when) || when.tm_year < -900 ||
	    when.tm_year > 8099)
		return;
	g_string_append_printf(out, " \"%2d-%s-%04d %02d:%02d:%02d +0000\"",
			       when.tm_mday, months[when.tm_mon],
			       when.tm_year + 1900, when.tm_hour, when.tm_min,
			       when.tm_sec);
}

static bool may_follow_at_once(const struct imap *imap, size_t size)
{
	return imap->can & IMAP_CAN_LITERAL_PLUS ||
	       (imap->can & IMAP_CAN_LITERAL_MINUS && size <= LITERAL_MINUS);
}

/* Where folders have names in UTF-8, a header of more than ASCII has to be
 * announced (RFC 6855, 4). */
static bool is_utf8(const struct imap *imap, const struct imap_upload *upload)
{
	const char *data = upload->data;
	const char *end = memmem(data, upload->size, "\r\n\r\n", 4);
	size_t size = end ? (size_t)(end - data) : upload->size;

	if (!imap->names.utf8)
		return false;
	for (size_t i = 0; i < size; i++)
		if (data[i] & 0x80)
			return true;
	return false;
}

static char *append_line(const struct imap *imap,
			 const struct imap_upload *upload)
{
	GString *line = g_string_new("APPEND ");

	imap_quote(line, upload->raw);
	if (upload->flags || (upload->keywords && *upload->keywords))
		imap_print_flags(line, upload->flags, upload->keywords);
	if (upload->received)
		print_date(line, upload->received);
	g_string_append_printf(
		line, " %s{%zu%s}", is_utf8(imap, upload) ? "UTF8 (~" : "",
		upload->size,
		may_follow_at_once(imap, upload->size) ? "+" : "");
	return g_string_free(line, FALSE);
}

/* Note the answer to an append, whichever it is. */
static void take_answer(struct imap *imap, const struct imap_response *response)
{
	uint64_t tag = imap_tag(imap, response);

	for (GList *link = imap->appends->head; link; link = link->next) {
		struct append *append = link->data;
		struct imap_uploaded *result = &append->result;
		struct err err = { 0 };

		if (append->tag != tag || append->answered)
			continue;
		append->answered = true;
		if (response->condition != IMAP_OK) {
			(void)imap_refused(imap, response, &err);
			result->failed = err.code;
			(void)g_strlcpy(result->text, err.text,
					sizeof(result->text));
		} else if (response->code == IMAP_CODE_APPENDUID &&
			   response->to->len == 1) {
			result->uidvalidity = response->uidvalidity;
			result->uid = g_array_index(response->to,
						    struct imap_range, 0)
					      .first;
		}
		return;
	}
}

/* Wait until the server wants the literal: 1, or 0 if it refuses it. */
static int wait_for_plus(struct imap *imap, const struct append *append,
			 struct err *err)
{
	struct imap_response response;

	while (!append->answered) {
		if (imap_receive(imap, &response, err) < 0)
			return -1;
		if (response.kind == IMAP_CONTINUE)
			return 1;
		if (response.kind == IMAP_TAGGED)
			take_answer(imap, &response);
	}
	return 0;
}

/* The message itself, and the end of its command. */
static int send_message(struct imap *imap, const struct imap_upload *upload,
			struct err *err)
{
	if (upload->size > TOGETHER) {
		if (imap_flush(imap, err) < 0 ||
		    imap_write(imap, upload->data, upload->size, err) < 0)
			return -1;
	} else {
		g_string_append_len(imap->out, upload->data,
				    (gssize)upload->size);
	}
	g_string_append(imap->out, is_utf8(imap, upload) ? ")\r\n" : "\r\n");
	return imap_flush(imap, err);
}

int imap_append(struct imap *imap, const struct imap_upload *upload,
		struct err *err)
{
	AUTO(str) char *line = append_line(imap, upload);
	struct append *append = g_new0(struct append, 1);
	int wanted = 1;

	imap_step(imap, "append to %s", upload->raw);
	append->result.serial = upload->serial;
	append->tag = imap_command(imap, line);
	g_queue_push_tail(imap->appends, append);
	if (!may_follow_at_once(imap, upload->size))
		wanted = wait_for_plus(imap, append, err);
	return wanted <= 0 ? wanted : send_message(imap, upload, err);
}

bool imap_append_has_room(const struct imap *imap)
{
	return imap->appends->length < APPENDS;
}

int imap_append_next(struct imap *imap, struct imap_uploaded *uploaded_r,
		     struct err *err)
{
	struct append *append = g_queue_peek_head(imap->appends);
	struct imap_response response;

	if (!append)
		return 0;
	while (!append->answered) {
		if (imap_receive(imap, &response, err) < 0)
			return -1;
		if (response.kind == IMAP_TAGGED)
			take_answer(imap, &response);
	}
	*uploaded_r = append->result;
	g_free(g_queue_pop_head(imap->appends));
	return 1;
}
