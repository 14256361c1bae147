/* SPDX-License-Identifier: ISC */
/* One folder is selected at a time; what a server says meanwhile is about it.
 * Changes are fetched afterwards (imap_flags_start()), also where SELECT could
 * bring them (RFC 7162, 3.2.5): one way for every server, and nothing has to be
 * held till SELECT has ended. */
#include <errno.h>

#include "imap-folder.h"
#include "imap-parts.h"

void imap_selected_release(struct imap_selected *selected)
{
	g_free(selected->keywords);
	selected->keywords = NULL;
}

static void take_flags(struct imap_selected *selected,
		       const struct imap_flags *flags)
{
	selected->flags = flags->bits;
	selected->any_keyword = flags->any;
	g_free(selected->keywords);
	selected->keywords = g_strdup(flags->keywords);
}

static void take_condition(struct imap_selected *selected,
			   const struct imap_response *response)
{
	if (response->code == IMAP_CODE_UIDVALIDITY)
		selected->uidvalidity =
			(uint32_t)MIN(response->number, UINT32_MAX);
	else if (response->code == IMAP_CODE_UIDNEXT)
		selected->uidnext = (uint32_t)MIN(response->number, UINT32_MAX);
	else if (response->code == IMAP_CODE_HIGHESTMODSEQ)
		selected->modseq = response->number;
	else if (response->code == IMAP_CODE_NOMODSEQ)
		selected->modseq = 0;
	else if (response->code == IMAP_CODE_UIDNOTSTICKY)
		selected->uids_not_sticky = true;
	else if (response->code == IMAP_CODE_READ_ONLY)
		selected->read_only = true;
}

static void take_answer(struct imap_selected *selected, bool *permanent,
			const struct imap_response *response)
{
	/* Without PERMANENTFLAGS all are (RFC 9051, 7.1). */
	if (response->kind == IMAP_FLAGS && !*permanent)
		take_flags(selected, &response->flags);
	else if (response->kind == IMAP_EXISTS)
		selected->exists = (uint32_t)response->number;
	else if (response->code == IMAP_CODE_PERMANENTFLAGS) {
		take_flags(selected, &response->flags);
		*permanent = true;
	} else
		take_condition(selected, response);
}

int imap_select(struct imap *imap, const char *raw, bool read_only,
		struct imap_selected *selected_r, struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	struct imap_selected selected = { .read_only = read_only };
	AUTO(gstring) GString *line = NULL;
	struct imap_response response;
	bool permanent = false;
	int more;

	imap_step(imap, "select %s", raw);
	line = g_string_new(read_only ? "EXAMINE " : "SELECT ");
	imap_quote(line, raw);
	if (imap->can & IMAP_CAN_CONDSTORE && !(imap->can & IMAP_CAN_ENABLE))
		g_string_append(line, " (CONDSTORE)");
	imap_job_add_line(&job, line->str);
	imap->exists = 0;
	imap_set_clear(imap->vanished);
	while ((more = imap_job_next(imap, &job, &response, err)) > 0)
		take_answer(&selected, &permanent, &response);
	if (more == 0 && selected.uidvalidity == 0) {
		(void)err_set(err, EBADMSG, "no UIDVALIDITY");
		more = imap_die(imap, err);
	}
	imap->news = false;
	imap_set_clear(imap->vanished); /* of the folder before */
	if (more < 0) {
		imap_selected_release(&selected);
		return -1;
	}
	*selected_r = selected;
	return 0;
}
