/* SPDX-License-Identifier: ISC */
/* A delivery status notification (RFC 3464) that never was on the way: a
 * multipart/report of a text for the person who sent it and a part for
 * programs. */
#include "queue-notice.h"

#include <string.h>

#include "compose-header.h"

enum { LINE = 900 }; /* bytes of a reason or address in one line */

static const char sender[] = "Mail Delivery <mailer-daemon@localhost>";

/* -- its text -------------------------------------------------------------- */

static void add_text(const struct index_message *message,
		     const GPtrArray *failed, GString *out)
{
	g_string_append_printf(out,
			       "This mail of yours could not be delivered:\n\n"
			       "\t%s\n\nIt did not reach\n",
			       message->subject[0] ? message->subject
						   : "(no subject)");
	for (guint i = 0; i < failed->len; i++) {
		const struct queue_recipient *recipient = failed->pdata[i];

		g_string_append_printf(out, "\n\t%.*s\n\t%.*s\n", LINE,
				       recipient->address, LINE,
				       recipient->reason);
	}
	g_string_append(out, "\nNothing more is tried for them, unless you ask "
			     "for it (defms queue retry).\n");
}

/* "5.1.1" of "550 5.1.1 no such user", else the class alone. */
static char *status_of(const char *reason)
{
	const char *at = strchr(reason, ' ');
	size_t size = at ? strspn(at + 1, "0123456789.") : 0;

	if (size >= 5 && size <= 11 && (at[1] == '4' || at[1] == '5') &&
	    at[2] == '.' && (at[1 + size] == ' ' || !at[1 + size]))
		return g_strndup(at + 1, size);
	return g_strdup("5.0.0");
}

static void add_status(const GPtrArray *failed, GString *out)
{
	g_string_append(out, "Reporting-MTA: dns; localhost\n");
	for (guint i = 0; i < failed->len; i++) {
		const struct queue_recipient *recipient = failed->pdata[i];
		AUTO(str) char *status = status_of(recipient->reason);
		bool ascii = header_is_ascii(recipient->address);

		g_string_append_printf(out,
				       "\nFinal-Recipient: %s; %.*s\n"
				       "Action: failed\nStatus: %s\n"
				       "Diagnostic-Code: %s; %.*s\n",
				       ascii ? "rfc822" : "utf-8", LINE,
				       recipient->address, status,
				       g_ascii_isdigit(recipient->reason[0])
					       ? "smtp"
					       : "x-defms",
				       LINE, recipient->reason);
	}
}

static void add_header(const struct index_message *message, const char *to,
		       const char *boundary, int64_t now, GString *out)
{
	AUTO(str) char *date = header_date(now);
	AUTO(str)
	char *subject = g_strconcat("Not delivered: ", message->subject, NULL);
	AUTO(str)
	char *words = header_is_plain(subject) ? NULL : header_words(subject);

	g_string_append_printf(out, "From: %s\n", sender);
	if (*to)
		g_string_append_printf(out, "To: <%s>\n", to);
	header_fold(out, "Subject", words ? words : subject);
	g_string_append_printf(out,
			       "Date: %s\nMessage-ID: <%s@localhost>\n"
			       "Auto-Submitted: auto-replied\n",
			       date, boundary);
	if (message->msgid[0])
		g_string_append_printf(out,
				       "In-Reply-To: <%s>\nReferences: <%s>\n",
				       message->msgid, message->msgid);
	g_string_append_printf(out,
			       "MIME-Version: 1.0\n"
			       "Content-Type: multipart/report;\n"
			       "\treport-type=delivery-status;\n"
			       "\tboundary=\"%s\"\n\n",
			       boundary);
}

static GByteArray *write_notice(const struct index_message *message,
				const struct queue_entry *entry,
				const GPtrArray *failed, int64_t now)
{
	AUTO(gstring) GString *out = g_string_new(NULL);
	GByteArray *bytes = g_byte_array_new();
	char boundary[33];

	header_random(boundary);
	add_header(message, entry->sender, boundary, now, out);
	g_string_append_printf(out,
			       "--%s\nContent-Type: text/plain; charset=utf-8\n"
			       "Content-Transfer-Encoding: 8bit\n\n",
			       boundary);
	add_text(message, failed, out);
	g_string_append_printf(
		out, "--%s\nContent-Type: message/delivery-status\n\n",
		boundary);
	add_status(failed, out);
	g_string_append_printf(out, "--%s--\n", boundary);
	(void)g_byte_array_append(bytes, (const guint8 *)out->str,
				  (guint)out->len);
	return bytes;
}

/* -- filing it ------------------------------------------------------------- */

static int file(struct batch *batch, struct reader *reader, GByteArray *bytes,
		int64_t now, struct err *err)
{
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	enum batch_result result;

	arrival->raw = bytes;
	arrival->folder = g_strdup("INBOX");
	arrival->received = now;
	arrival->is_new = true;
	arrival->by_hand = true;
	if (arrival_prepare(arrival, reader, err) < 0)
		return -1;
	return batch_add(batch, arrival, seen, &result, err);
}

int queue_notice(struct batch *batch, struct reader *reader,
		 const struct queue_entry *entry, const GPtrArray *failed,
		 int64_t now, struct err *err)
{
	struct index *index = reader_index(reader, err);
	struct index_message message = { 0 };
	GByteArray *bytes;
	int found;

	if (!index)
		return -1;
	found = index_message_get(index, entry->message, &message, err);
	if (found <= 0)
		return found < 0 ? -1 : 0;
	bytes = write_notice(&message, entry, failed, now);
	index_message_release(&message);
	return file(batch, reader, bytes, now, err);
}
