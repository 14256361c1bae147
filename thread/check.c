/* SPDX-License-Identifier: ISC */
/* The order of a look: modes, keys, state.db, refs, packs, then all strands on
 * all cores beside the two databases themselves, then what no strand had. What
 * cannot be opened is a finding, and the rest is looked at all the same. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "check-job.h"
#include "defms/state-batch.h"
#include "mailbox-parts.h"
#include "pack-file.h"
#include "state-bad.h"
#include "state-check.h"

enum { JOBS = 64, JOB_BYTES = 1 << 20 };

enum step { STEP_OPEN, STEP_PACKS, STEP_STRANDS, STEP_REST, STEP_END };

struct check {
	const struct config *config; /* borrowed */
	bool repair, again;          /* the second look */
	bool mended_idx;
	struct mailbox *mailbox; /* owned; so are the rest */
	struct reader *reader;   /* NULL if state.db cannot be read */
	GAsyncQueue *readers;    /* struct reader *, one for each worker */
	struct mill *mill;
	GPtrArray *packs; /* char * */
	GArray *strands;
	GByteArray *sound; /* by serial: was the message read? */
	guint next;        /* strand */
	enum step step;
	unsigned cures;
	GQueue lines; /* char *, not handed out yet */
	char *line;
	struct check_report report;
};

/* Hand the findings over to be printed. */
static void report(struct check *check, struct findings *findings)
{
	for (guint i = 0; i < findings->lines->len; i++)
		g_queue_push_tail(
			&check->lines,
			g_strconcat(check->again ? "left: " : "",
				    g_ptr_array_index(findings->lines, i),
				    NULL));
	check->report.findings += findings->lines->len;
	check->cures |= findings->cures;
	findings_release(findings);
}

/* -- workers --------------------------------------------------------------- */

/* A pack that gc joined and removed while we looked is no finding. */
static bool is_needed(struct check *check, const char *name)
{
	AUTO(str) char *path = mailbox_state_path(check->mailbox);
	AUTO(array) GArray *packs = NULL;
	AUTO(state) struct state *state = NULL;

	if (state_open(path, &state, NULL) < 0 ||
	    state_pack_list(state, &packs, NULL) < 0)
		return true;
	for (guint i = 0; i < packs->len; i++) {
		const struct state_pack *pack =
			&g_array_index(packs, struct state_pack, i);

		if (strcmp(pack->name, name) == 0)
			return pack->joined == 0;
	}
	return false;
}

/* Take the oldest job; false if there is none. */
static bool finish_job(struct check *check)
{
	struct check_job *job = mill_take(check->mill);

	if (!job)
		return false;
	for (guint i = 0; i < job->serials->len; i++) {
		int64_t serial = g_array_index(job->serials, int64_t, i);

		check->report.messages++;
		if (serial >= 0 && serial < (int64_t)check->sound->len)
			check->sound->data[serial] = 1;
	}
	if (job->kind == CHECK_PACK && job->findings.lines->len > 0 &&
	    !is_needed(check, job->pack))
		findings_release(&job->findings);
	else
		report(check, &job->findings);
	check_job_free(job);
	return true;
}

/* -- beginning ------------------------------------------------------------- */

static void release(struct check *check)
{
	struct reader *reader;

	while (check->mill && finish_job(check))
		;
	mill_free(take(check->mill));
	while (check->readers &&
	       (reader = g_async_queue_try_pop(check->readers)))
		reader_close(reader);
	if (check->readers)
		g_async_queue_unref(take(check->readers));
	reader_close(take(check->reader));
	if (check->packs)
		g_ptr_array_unref(take(check->packs));
	if (check->strands)
		g_array_unref(take(check->strands));
	if (check->sound)
		(void)g_byte_array_unref(take(check->sound));
	mailbox_close(take(check->mailbox));
}

/* A reader that sees both databases as they are now. */
static int open_reader(struct check *check, struct reader **reader_r,
		       struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	struct index *index;
	int64_t seq;

	if (reader_open(check->mailbox, &reader, err) < 0 ||
	    state_begin(reader_state(reader), false, err) < 0 ||
	    state_get(reader_state(reader), "seq", &seq, err) < 0)
		return -1;
	index = reader_index(reader, NULL);
	if (index && index_check_begin(index, NULL) < 0)
		index_end(index);
	*reader_r = take(reader);
	return 0;
}

static int open_readers(struct check *check, struct err *err)
{
	for (guint i = 0; i < g_get_num_processors(); i++) {
		struct reader *reader;

		if (open_reader(check, &reader, err) < 0)
			return -1;
		g_async_queue_push(check->readers, reader);
	}
	return open_reader(check, &check->reader, err);
}

static int list_packs(struct check *check, struct err *err)
{
	AUTO(array) GArray *packs = NULL;

	if (state_pack_list(reader_state(check->reader), &packs, err) < 0)
		return -1;
	for (guint i = 0; i < packs->len; i++) {
		const struct state_pack *pack =
			&g_array_index(packs, struct state_pack, i);

		if (pack->joined == 0)
			g_ptr_array_add(check->packs, g_strdup(pack->name));
	}
	return 0;
}

static int list_rows(struct check *check, struct err *err)
{
	struct state *state = reader_state(check->reader);
	AUTO(array) GArray *serials = NULL;

	if (state_strand_list(state, &check->strands, err) < 0 ||
	    state_check_messages(state, &serials, err) < 0)
		return -1;
	if (serials->len > 0) {
		int64_t last =
			g_array_index(serials, int64_t, serials->len - 1);

		(void)g_byte_array_set_size(
			check->sound, (guint)CLAMP(last + 1, 0, G_MAXINT));
		memset(check->sound->data, 0, check->sound->len);
	}
	return list_packs(check, err);
}

static void no_state(struct findings *findings, const struct err *err)
{
	bool named = strstr(err->text, "state.db") != NULL;

	finding(findings, err->code == EPROTO ? CURE_BY_HAND : CURE_NONE,
		"%s%s", named ? "" : "state.db: ", err->text);
}

/* Under the lock: finish what a dead writer left, then fix the instant. */
static void look_at_instant(struct check *check, struct findings *findings)
{
	struct err why, err;
	int replayed = mailbox_replay(check->mailbox, &why);

	if (open_readers(check, &err) < 0 || list_rows(check, &err) < 0) {
		no_state(findings, &err);
		reader_close(take(check->reader));
		return;
	}
	if (replayed < 0)
		finding(findings, CURE_NONE,
			"an unfinished commit cannot be finished: %s",
			why.text);
	check_refs(check->mailbox, reader_state(check->reader), findings);
}

static void mend(struct check *check, unsigned cures)
{
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new();

	check_repair(check->mailbox, cures, lines);
	for (guint i = 0; i < lines->len; i++)
		g_queue_push_tail(&check->lines, g_ptr_array_index(lines, i));
}

/* Modes, keys, store. 0 if the rest can be looked at. */
static int open_parts(struct check *check, struct findings *findings)
{
	struct mailbox *mailbox = check->mailbox;
	struct err err;

	check_modes(mailbox, findings);
	if (check->repair && !check->again && (findings->cures & CURE_MODES))
		mend(check, CURE_MODES);
	if (mailbox_open_identity(mailbox, &err) < 0) {
		/* Wrong modes are a finding already. */
		if (err.code != EPERM || findings->cures == 0)
			finding(findings, CURE_NONE, "identity: %s", err.text);
		return -1;
	}
	store_hash_reads(true);
	if (mailbox_open_store(mailbox, &err) < 0) {
		finding(findings, CURE_NONE, "mailbox.git: %s", err.text);
		return -1;
	}
	return 0;
}

/* Without state.db nobody knows which packs are needed: look at all. */
static void look_at_all_packs(struct check *check, struct findings *findings)
{
	AUTO(ptrs) GPtrArray *names = NULL;

	if (!mailbox_store(check->mailbox) ||
	    pack_list(mailbox_store(check->mailbox), &names, NULL) < 0)
		return;
	for (guint i = 0; i < names->len; i++)
		check_pack(mailbox_store(check->mailbox),
			   g_ptr_array_index(names, i), findings);
	check->report.packs = names->len;
}

static int open_look(struct check *check, struct err *err)
{
	struct mill_work work;
	struct findings findings;

	release(check);
	memset(&check->report, 0, sizeof(check->report));
	check->cures = 0;
	check->next = 0;
	check->readers = g_async_queue_new();
	check->packs = g_ptr_array_new_with_free_func(g_free);
	check->sound = g_byte_array_new();
	if (mailbox_open_unread(check->config, &check->mailbox, err) < 0)
		return -1;
	findings_init(&findings);
	if (open_parts(check, &findings) == 0) {
		struct err why;

		if (mailbox_lock(check->mailbox, &why) < 0)
			finding(&findings, CURE_NONE, "%s", why.text);
		else
			look_at_instant(check, &findings);
		mailbox_unlock(check->mailbox);
	}
	if (!check->reader)
		look_at_all_packs(check, &findings);
	report(check, &findings);
	work = check_work(check->readers);
	if (check->reader)
		check->mill = mill_new(&work, 0, JOBS, JOB_BYTES);
	check->step = check->reader ? STEP_PACKS : STEP_END;
	return 0;
}

/* -- steps ----------------------------------------------------------------- */

/* Wait for a place, as long as nothing is to be printed. */
static bool has_room(struct check *check)
{
	while (!mill_has_room(check->mill))
		(void)finish_job(check);
	return g_queue_is_empty(&check->lines);
}

/* After the first look: mend, and look again at what is left. */
static void end_look(struct check *check)
{
	if (!check->repair || check->again || check->cures == 0)
		return;
	mend(check, check->cures & ~(unsigned)CURE_MODES);
	check->again = true;
	check->step = STEP_OPEN;
}

static void step_packs(struct check *check)
{
	for (guint i = 0; i < check->packs->len; i++) {
		struct check_job *job = check_job_new(CHECK_PACK);

		job->pack = g_ptr_array_index(check->packs, i);
		(void)has_room(check);
		mill_put(check->mill, job, 1);
	}
	while (finish_job(check))
		;
	check->report.packs = check->packs->len;
	/* A strand whose idx is missing would be a finding a message. */
	if (check->repair && !check->mended_idx &&
	    (check->cures & (unsigned)CURE_IDX)) {
		check->mended_idx = true;
		mend(check, CURE_IDX);
		check->step = STEP_OPEN;
		return;
	}
	mill_put(check->mill, check_job_new(CHECK_STATE), 1);
	mill_put(check->mill, check_job_new(CHECK_INDEX), 1);
	check->step = STEP_STRANDS;
}

/* Once an idx is unusable, what is missing is likely in its pack. */
static enum check_cure cure_of_missing(const struct check *check)
{
	return check->cures & (unsigned)CURE_IDX ? CURE_IDX : CURE_NONE;
}

static void step_strands(struct check *check)
{
	while (check->next < check->strands->len && has_room(check)) {
		struct check_job *job = check_job_new(CHECK_STRAND);

		job->findings.missing = cure_of_missing(check);
		job->strand = &g_array_index(
			check->strands, struct state_strand, check->next++);
		mill_put(check->mill, job, 1);
	}
	if (check->next < check->strands->len || finish_job(check))
		return;
	check->report.strands = check->strands->len;
	check->step = STEP_REST;
}

/* What was offered and not taken harms nobody: to be known, no finding. */
static void list_quarantine(struct check *check)
{
	AUTO(array) GArray *bads = NULL;

	if (state_bad_list(reader_state(check->reader), &bads, NULL) < 0)
		return;
	for (guint i = 0; i < bads->len; i++) {
		const struct state_bad *bad =
			&g_array_index(bads, struct state_bad, i);
		char hex[OBJECT_ID_HEX + 1];

		object_id_print(&bad->tip, hex);
		g_queue_push_tail(&check->lines,
				  g_strdup_printf("not taken from %s: commit "
						  "%s: %s",
						  bad->remote, hex,
						  bad->reason));
	}
}

/* Messages that no strand had, or not sound. */
static void step_rest(struct check *check)
{
	struct state *state = reader_state(check->reader);
	AUTO(array) GArray *serials = NULL;
	struct findings findings;
	struct err err;

	findings_init(&findings);
	if (state_check_messages(state, &serials, &err) < 0) {
		finding(&findings, CURE_NONE, "state.db: %s", err.text);
		serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
	}
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		struct state_message message;
		char hex[MESSAGE_ID_HEX + 1];

		if (serial < 0 || serial >= (int64_t)check->sound->len ||
		    check->sound->data[serial])
			continue;
		if (state_message_get(state, serial, &message, &err) <= 0)
			continue;
		message_id_print(&message.hash, hex);
		finding(&findings, cure_of_missing(check),
			"message %s: not to be had from its strand", hex);
	}
	report(check, &findings);
	if (!check->again)
		list_quarantine(check);
	check->step = STEP_END;
}

static void take_step(struct check *check)
{
	struct err err;

	switch (check->step) {
	case STEP_OPEN:
		if (open_look(check, &err) < 0) {
			g_queue_push_tail(&check->lines, g_strdup(err.text));
			check->report.findings++;
			check->step = STEP_END;
		}
		break;
	case STEP_PACKS:
		step_packs(check);
		break;
	case STEP_STRANDS:
		step_strands(check);
		break;
	case STEP_REST:
		step_rest(check);
		end_look(check);
		break;
	case STEP_END:
		break;
	}
}

int check_begin(const struct config *config, bool repair,
		struct check **check_r, struct err *err)
{
	AUTO(check) struct check *check = g_new0(struct check, 1);

	check->config = config;
	check->repair = repair;
	g_queue_init(&check->lines);
	if (open_look(check, err) < 0)
		return -1;
	*check_r = take(check);
	return 0;
}

void check_free(struct check *check)
{
	if (!check)
		return;
	release(check);
	store_hash_reads(false);
	g_queue_clear_full(&check->lines, g_free);
	g_free(check->line);
	g_free(check);
}

int check_next(struct check *check, const char **line_r)
{
	g_free(take(check->line));
	while (g_queue_is_empty(&check->lines) && check->step != STEP_END)
		take_step(check);
	check->line = g_queue_pop_head(&check->lines);
	*line_r = check->line;
	return check->line ? 1 : 0;
}

const struct check_report *check_report(const struct check *check)
{
	return &check->report;
}
