/* SPDX-License-Identifier: ISC */
/* Reading the selected folder. A server may send a FETCH that was not asked
 * for at any time: it counts only if it has a UID, and what was asked. */
#include "imap-fetch.h"

#include <errno.h>
#include <string.h>

#include "imap-parts.h"
#include "imap-utf7.h"

static void start(struct imap *imap)
{
	imap_job_release(&imap->job);
	imap->job =
		(struct imap_job){ .lines = g_string_new(""), .lenient = true };
}

/* -- flags ----------------------------------------------------------------- */

int imap_flags_start(struct imap *imap, uint32_t first, uint64_t since,
		     struct err *err)
{
	AUTO(gstring) GString *line = g_string_new("");

	if (first == 0 || since > INT64_MAX)
		return err_set(err, EINVAL, "no such messages");
	imap_step(imap, "flags");
	start(imap);
	imap->first = first;
	imap->news = false;
	imap->reading = true;
	g_string_append_printf(line, "UID FETCH %u:* (UID FLAGS%s)", first,
			       imap->can & IMAP_CAN_CONDSTORE ? " MODSEQ" : "");
	if (since > 0 && imap->can & IMAP_CAN_CONDSTORE)
		g_string_append_printf(
			line, " (CHANGEDSINCE %" G_GUINT64_FORMAT "%s)", since,
			imap->can & IMAP_CAN_QRESYNC ? " VANISHED" : "");
	if (imap->exists > 0 || since > 0)
		imap_job_add_line(&imap->job, line->str);
	return 0;
}

int imap_flags_next(struct imap *imap, struct imap_flag *flag_r,
		    struct err *err)
{
	struct imap_response response;
	int more;

	while ((more = imap_job_next(imap, &imap->job, &response, err)) > 0) {
		const struct imap_fetch *fetch = &response.fetch;

		/* "7:*" is the last message too, whatever its UID. */
		if (response.kind != IMAP_FETCH || fetch->uid < imap->first ||
		    !fetch->flags.given)
			continue;
		imap_progress(imap);
		*flag_r = (struct imap_flag){ fetch->uid, fetch->flags.bits,
					      fetch->flags.keywords,
					      fetch->modseq };
		return 1;
	}
	imap->reading = false;
	return more;
}

const struct imap_set *imap_vanished(const struct imap *imap)
{
	return imap->vanished;
}

/* -- searching ------------------------------------------------------------- */

int imap_search(struct imap *imap, const char *what, struct imap_set *uids,
		struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	AUTO(str)
	char *line = g_strdup_printf(
		"UID SEARCH %s%s",
		imap->can & IMAP_CAN_ESEARCH ? "RETURN (ALL) " : "", what);
	struct imap_response response;
	bool told = false;
	int more;

	imap_job_add_line(&job, line);
	while ((more = imap_job_next(imap, &job, &response, err)) > 0) {
		if (response.kind == IMAP_SEARCH) {
			imap_set_add_set(uids, response.uids);
			told = true;
		}
	}
	if (more < 0 || told)
		return more;
	/* Nothing found is said too; silence must not look like it. */
	(void)err_set(err, EBADMSG, "nothing is said about what is found");
	return imap_die(imap, err);
}

int imap_uids(struct imap *imap, struct imap_set *uids, struct err *err)
{
	imap_step(imap, "search");
	return imap_search(imap, "ALL", uids, err);
}

/* The longest part of `msgid` that every server takes in quotes: what is
 * searched for needs to be a part of the field only. */
static char *plain_part(const char *msgid)
{
	const char *best = msgid;
	size_t most = 0;

	for (const char *at = msgid; *at;) {
		size_t size = 0;

		while (at[size] > ' ' && at[size] < 0x7f && at[size] != '"' &&
		       at[size] != '\\')
			size++;
		if (size > most) {
			most = size;
			best = at;
		}
		at += size + (at[size] != '\0');
	}
	return g_strndup(best, MIN(most, 900));
}

int imap_find(struct imap *imap, const char *msgid, struct imap_set *uids,
	      struct err *err)
{
	AUTO(str) char *part = plain_part(msgid);
	AUTO(str) char *what = NULL;

	if (!*part)
		return imap_uids(imap, uids, err);
	imap_step(imap, "search");
	what = g_strdup_printf("HEADER MESSAGE-ID \"%s\"", part);
	return imap_search(imap, what, uids, err);
}

/* -- sizes ----------------------------------------------------------------- */

int imap_larger(struct imap *imap, const struct imap_set *uids, uint64_t most,
		struct imap_set *larger, struct err *err)
{
	AUTO(imap_job)
	struct imap_job job = { .lines = g_string_new(""), .lenient = true };
	struct imap_response response;
	int more;

	imap_step(imap, "sizes");
	imap->reading = true;
	imap_job_add(&job, "UID FETCH", uids, " (UID RFC822.SIZE)");
	while ((more = imap_job_next(imap, &job, &response, err)) > 0) {
		const struct imap_fetch *fetch = &response.fetch;

		if (response.kind != IMAP_FETCH || !fetch->has_size ||
		    !imap_set_has(uids, fetch->uid))
			continue;
		imap_progress(imap);
		if (fetch->size > most)
			imap_set_add(larger, fetch->uid);
	}
	imap->reading = false;
	return more;
}

/* -- bodies ---------------------------------------------------------------- */

int imap_bodies_start(struct imap *imap, const struct imap_set *uids,
		      struct err *err)
{
	AUTO(str)
	char *items =
		g_strdup_printf(" (UID FLAGS INTERNALDATE%s%s BODY.PEEK[])",
				imap->can & IMAP_CAN_CONDSTORE ? " MODSEQ" : "",
				imap->can & IMAP_CAN_GMAIL
					? " X-GM-MSGID X-GM-THRID X-GM-LABELS"
					: "");

	(void)err;
	imap_step(imap, "fetch");
	start(imap);
	imap->wanted = uids;
	imap_set_clear(imap->done);
	imap->reading = true;
	imap_job_add(&imap->job, "UID FETCH", uids, items);
	return 0;
}

/* Labels are folder names, and encoded as these are; one that is not comes as
 * it is if that is text, else not at all. */
static const GPtrArray *labels_of(struct imap *imap, const GPtrArray *raw)
{
	if (!raw || raw->len == 0)
		return NULL;
	(void)g_ptr_array_set_size(imap->labels, 0);
	for (size_t i = 0; i < raw->len; i++) {
		char *label = NULL;

		if (imap->names.utf8 ||
		    imap_utf7_decode(raw->pdata[i], &label, NULL) < 0)
			label = g_strdup(raw->pdata[i]);
		if (g_utf8_validate(label, -1, NULL))
			g_ptr_array_add(imap->labels, label);
		else
			g_free(label);
	}
	return imap->labels;
}

static void take_mail(struct imap *imap, const struct imap_fetch *fetch,
		      struct imap_mail *mail_r)
{
	GByteArray *raw = g_byte_array_sized_new((guint)fetch->body_size);

	(void)g_byte_array_append(raw, fetch->body, (guint)fetch->body_size);
	imap_set_add(imap->done, fetch->uid);
	*mail_r = (struct imap_mail){
		.uid = fetch->uid,
		.flags = fetch->flags.bits,
		.keywords = fetch->flags.given ? fetch->flags.keywords : "",
		.modseq = fetch->modseq,
		.received = fetch->has_date ? fetch->date : 0,
		.message = fetch->message,
		.thread = fetch->thread,
		.labels = labels_of(imap, fetch->labels),
		.raw = raw,
	};
}

int imap_bodies_next(struct imap *imap, struct imap_mail *mail_r,
		     struct err *err)
{
	struct imap_response response;
	int more;

	/* What was done with the last one is not the server's time. */
	imap_progress(imap);
	while ((more = imap_job_next(imap, &imap->job, &response, err)) > 0) {
		const struct imap_fetch *fetch = &response.fetch;

		if (response.kind != IMAP_FETCH || !fetch->has_body ||
		    !imap_set_has(imap->wanted, fetch->uid) ||
		    imap_set_has(imap->done, fetch->uid))
			continue;
		take_mail(imap, fetch, mail_r);
		return 1;
	}
	imap->reading = false;
	return more;
}
