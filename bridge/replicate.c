/* SPDX-License-Identifier: ISC */
#include "replicate.h"

#include <string.h>

#include "defms/reader.h"
#include "remote-kind.h"
#include "remote-ledger.h"

const struct remote_kind *remote_kind_of(const struct remote *remote)
{
	switch (remote->scheme) {
	case REMOTE_DIR:
		return &remote_dir;
	case REMOTE_CAR:
		return &remote_car;
	case REMOTE_GIT:
		return &remote_git;
	case REMOTE_IPFS:
		return &remote_ipfs;
	case REMOTE_SCHEMES:
		break;
	}
	return NULL;
}

struct replicate_report *replicate_report_new(void)
{
	struct replicate_report *report = g_new0(struct replicate_report, 1);

	report->lines = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void replicate_report_free(struct replicate_report *report)
{
	if (!report)
		return;
	if (report->pulled.problems)
		pull_report_release(&report->pulled);
	g_ptr_array_unref(report->lines);
	g_free(report);
}

static int note(struct state *state, const char *name, const char *problem,
		struct err *err)
{
	struct state_remote row;
	int found = state_remote_get(state, name, &row, err);

	if (found <= 0 || strcmp(row.problem, problem) == 0)
		return found;
	(void)g_strlcpy(row.problem, problem, sizeof(row.problem));
	return state_remote_put(state, &row, err);
}

/* It is for the eye alone: that it cannot be noted is no news. */
void replicate_note(struct mailbox *mailbox, const struct remote *remote,
		    const char *problem)
{
	AUTO(reader) struct reader *reader = NULL;
	struct state *state;

	if (reader_open(mailbox, &reader, NULL) < 0)
		return;
	state = reader_state(reader);
	if (remote_ledger_open(mailbox, state, NULL) < 0)
		return;
	if (note(state, remote->name, problem ? problem : "", NULL) < 0)
		remote_ledger_drop(mailbox, state);
	else
		(void)remote_ledger_close(mailbox, state, NULL);
}

static void add(GString *text, size_t count, const char *one, const char *many)
{
	if (count > 0)
		g_string_append_printf(text, "%s%zu %s", text->len ? ", " : "",
				       count, count == 1 ? one : many);
}

char *replicate_pulled(const struct replicate_report *report)
{
	const struct pull_report *pulled = &report->pulled;
	GString *text = g_string_new(NULL);

	add(text, pulled->messages, "message new", "messages new");
	if (pulled->messages == 0)
		add(text, pulled->chains, "chain moved", "chains moved");
	add(text, pulled->forks, "fork", "forks");
	add(text, pulled->quarantined, "chain not sound", "chains not sound");
	add(text, pulled->postponed, "chain waits", "chains wait");
	if (text->len == 0)
		(void)g_string_append(text, "nothing new");
	return g_string_free(text, FALSE);
}
