/* SPDX-License-Identifier: ISC */
/* Heads are judged by workers, which hold no lock; the writer takes what is
 * sound, by strand and device, a batch at a time. A thread that is new gets its
 * name in the batch, after the eldest message that is in by then, and for good:
 * so what comes of one strand comes in one batch, or readers of the same would
 * show it under other names. Nothing is written where nothing is new. */
#include "defms/pull.h"

#include <errno.h>
#include <string.h>

#include "batch-pull.h"
#include "defms/address.h"
#include "defms/crash.h"
#include "defms/mill.h"
#include "defms/owner.h"
#include "defms/state-chains.h"
#include "mailbox-parts.h"
#include "state-bad.h"

enum {
	JOBS = 256,
	BATCH_HEADS = 2000,
	BATCH_BYTES = 64 << 20,
	TRIES = 3,
	PROBLEMS_MOST = 1000,
};

struct pull {
	struct mailbox *mailbox; /* borrowed, as is the next */
	const struct offer *offer;
	struct pull_report *report;
	struct reader *reader; /* owned; so are the rest */
	struct people *people;
	GPtrArray *own_mails; /* char *, address_key() form */
	struct pull_well well;
	struct pull_locked *locked;
	struct pull_context context;
	struct pull_worker writer; /* with the batch's reader */
	struct mill *mill;
	struct batch *batch; /* NULL: none is begun */
	struct store *store; /* opened under its lock */
	size_t heads;        /* in the batch */
	const GArray *round; /* borrowed: struct ref_move, that are judged */
	guint taken;         /* of those */
	GArray *later;       /* struct ref_move: for the second round; NULL in
			      * that */
};

void pull_report_release(struct pull_report *report)
{
	if (report->problems)
		g_ptr_array_unref(report->problems);
	*report = (struct pull_report){ 0 };
}

/* -- workers --------------------------------------------------------------- */

struct worker {
	struct pull_worker pull;
	struct reader *reader; /* owned; NULL: `err` says why */
	struct err err;
};

static void *start_worker(void *data)
{
	struct worker *worker = g_new0(struct worker, 1);
	const struct pull_context *context = data;

	worker->pull.context = context;
	worker->pull.key = strand_key_new();
	if (reader_open(context->mailbox, &worker->reader, &worker->err) < 0)
		return worker;
	worker->pull.reader = worker->reader;
	worker->pull.sealer = reader_sealer(worker->reader);
	return worker;
}

static void stop_worker(void *data)
{
	struct worker *worker = data;

	strand_key_free(worker->pull.key);
	reader_close(worker->reader);
	g_free(worker);
}

/* A failure of this machine is left in `err` of the head, for the writer. */
static void work_on(void *job, void *data)
{
	struct worker *worker = data;
	struct pull_head *head = job;

	head->verdict = PULL_FAILED;
	if (!worker->reader)
		head->err = worker->err;
	else if (pull_judge(&worker->pull, head, &head->err) < 0)
		head->verdict = PULL_FAILED;
}

/* -- batches --------------------------------------------------------------- */

static int begin_batch(struct pull *pull, struct err *err)
{
	if (pull->batch)
		return 0;
	if (batch_begin(pull->mailbox, &pull->batch, err) < 0)
		return -1;
	pull->writer.reader = batch_reader(pull->batch);
	pull->writer.sealer = reader_sealer(pull->writer.reader);
	pull->heads = 0;
	/* What was swept since is not in it. */
	return store_open(store_path(mailbox_store(pull->mailbox)),
			  &pull->store, err);
}

static void add_problem(struct pull *pull, char *line)
{
	if (pull->report->problems->len < PROBLEMS_MOST)
		g_ptr_array_add(pull->report->problems, line);
	else
		g_free(line);
}

static int end_batch(struct pull *pull, struct err *err)
{
	AUTO(batch) struct batch *batch = take(pull->batch);
	AUTO(store) struct store *store = take(pull->store);
	const struct err *why;

	if (!batch)
		return 0;
	/* Once, as it looks at all of them: a million heads may be bad. */
	if (state_bad_trim(batch_state(batch), err) < 0)
		return -1;
	crash_point("pull: before a batch is committed");
	if (batch_commit(batch, err) < 0)
		return -1;
	why = batch_unfinished(batch);
	if (why)
		add_problem(pull, g_strdup(why->text));
	return store_refresh(mailbox_store(pull->mailbox), err);
}

static bool is_full(const struct pull *pull, unsigned times)
{
	return pull->heads >= times * crash_batch(BATCH_HEADS) ||
	       batch_bytes(pull->batch) >= times * (uint64_t)BATCH_BYTES;
}

/* Is the next head one of another strand? */
static bool is_between(const struct pull *pull)
{
	const struct ref_move *last, *next;

	if (pull->taken == pull->round->len)
		return true;
	last = &g_array_index(pull->round, struct ref_move, pull->taken - 1);
	next = last + 1;
	return memcmp(&last->strand, &next->strand, sizeof(next->strand)) != 0;
}

/* A strand that takes all too much is cut nevertheless. */
static bool should_end(const struct pull *pull)
{
	return (is_between(pull) &&
		(is_full(pull, 1) || batch_should_end(pull->batch))) ||
	       is_full(pull, 2);
}

/* -- one head -------------------------------------------------------------- */

static int note_bad(struct pull *pull, const struct pull_head *head,
		    struct err *err)
{
	struct state *state = reader_state(pull->reader);
	struct state_bad bad = { 0 };
	int found = state_bad_get(state, &head->at.tip, &bad, err);
	bool final = head->err.code == EBADMSG;
	bool same = found > 0 && bad.final == final &&
		    strcmp(bad.reason, head->err.text) == 0;

	state_bad_release(&bad);
	pull->report->quarantined++;
	add_problem(pull, pull_head_line(head, head->err.text));
	if (found < 0 || same)
		return MIN(found, 0);
	if (begin_batch(pull, err) < 0)
		return -1;
	bad = (struct state_bad){
		.tip = head->at.tip,
		.remote = (char *)(uintptr_t)pull->offer->remote,
		.reason = (char *)(uintptr_t)head->err.text,
		.when = g_get_real_time() / G_USEC_PER_SEC,
		.final = final,
	};
	return state_bad_put(batch_state(pull->batch), &bad, err);
}

static int note_twice(struct pull *pull, const struct pull_head *head,
		      struct err *err)
{
	int64_t twice;

	add_problem(pull,
		    pull_head_line(head,
				   "signed with the key of this device, but "
				   "not here: run `defms restore`"));
	if (state_get(reader_state(pull->reader), STATE_TWICE, &twice, err) < 0)
		return -1;
	if (twice != 0)
		return 0;
	if (begin_batch(pull, err) < 0)
		return -1;
	return state_set(batch_state(pull->batch), STATE_TWICE, 1, err);
}

static int try_sound(struct pull *pull, struct pull_head *head, struct err *err)
{
	struct batch_pull how;

	if (begin_batch(pull, err) < 0)
		return -1;
	how = (struct batch_pull){ pull->batch, &pull->writer, pull->store,
				   pull->own_mails, pull->report };
	pull->heads++;
	return batch_pull(&how, head, err);
}

static bool is_sound(const struct pull_head *head)
{
	return head->verdict == PULL_CHAIN || head->verdict == PULL_FORK;
}

/* Judged again where something has changed since. What was taken is committed
 * first, so that its objects can be read. */
static int take_again(struct pull *pull, struct pull_head *head,
		      struct err *err)
{
	struct pull_worker again = pull->writer;
	int taken = 0;

	again.reader = pull->reader;
	again.sealer = reader_sealer(pull->reader);
	for (int i = 1; i < TRIES && taken == 0; i++) {
		pull_head_reset(head, &pull->well);
		if (end_batch(pull, err) < 0 ||
		    pull_judge(&again, head, err) < 0)
			return -1;
		if (!is_sound(head))
			return 0;
		taken = try_sound(pull, head, err);
	}
	return MIN(taken, 0);
}

static int take_head(struct pull *pull, struct pull_head *head, struct err *err)
{
	int taken = is_sound(head) ? try_sound(pull, head, err) : 1;

	if (taken < 0)
		return -1;
	if (taken == 0 && pull->later) {
		(void)g_array_append_val(pull->later, head->at);
		return 0;
	}
	if (taken == 0 && take_again(pull, head, err) < 0)
		return -1;
	for (guint i = 0; head->problems && i < head->problems->len; i++)
		add_problem(pull,
			    g_strdup(g_ptr_array_index(head->problems, i)));
	switch (head->verdict) {
	case PULL_FAILED:
		return err_set(err, head->err.code, "%s", head->err.text);
	case PULL_BAD:
		if (head->err.code != EACCES || !pull->later)
			return note_bad(pull, head, err);
		(void)g_array_append_val(pull->later, head->at);
		break;
	case PULL_TWICE:
		return note_twice(pull, head, err);
	case PULL_FOREIGN:
		pull->report->foreign++;
		break;
	case PULL_ENOUGH:
		pull->report->postponed++;
		break;
	case PULL_NOTHING:
	case PULL_CHAIN:
	case PULL_FORK:
		break;
	}
	return 0;
}

/* Take what the workers have done: 1, 0 if there is nothing, -1. */
static int finish_job(struct pull *pull, struct err *err)
{
	struct pull_head *head = mill_take(pull->mill);
	int result;

	if (!head)
		return 0;
	pull->taken++;
	result = take_head(pull, head, err);
	pull_head_free(head, &pull->well);
	if (result == 0 && pull->batch && should_end(pull))
		result = end_batch(pull, err);
	return result < 0 ? -1 : 1;
}

/* -- all of them ----------------------------------------------------------- */

static int judge_all(struct pull *pull, const GArray *heads, struct err *err)
{
	struct mill_work work = { start_worker, work_on, stop_worker,
				  &pull->context };
	int more = 1;

	if (heads->len == 0)
		return 0;
	pull->round = heads;
	pull->taken = 0;
	pull->mill = mill_new(&work, heads->len > 1 ? 0 : 1, JOBS, JOBS);
	for (guint i = 0; i < heads->len; i++) {
		while (!mill_has_room(pull->mill))
			if (finish_job(pull, err) < 0)
				return -1;
		mill_put(pull->mill,
			 pull_head_new(
				 &g_array_index(heads, struct ref_move, i)),
			 1);
	}
	while (more > 0)
		more = finish_job(pull, err);
	mill_free(take(pull->mill));
	return more;
}

/* Another chain may have said since that a public strand is one, and what is
 * known of a chain is another once a tip of it was taken: once that is here,
 * what was refused, or judged from what is no more so, is judged again. */
static int judge_later(struct pull *pull, struct err *err)
{
	AUTO(array) GArray *later = take(pull->later);

	if (later->len == 0)
		return 0;
	if (end_batch(pull, err) < 0)
		return -1;
	return judge_all(pull, later, err);
}

static void tell_postponed(struct pull *pull)
{
	size_t count = pull->report->postponed;

	if (count > 0)
		add_problem(pull,
			    g_strdup_printf(
				    "%zu %s of keys that nobody named %s until "
				    "tomorrow: 64 MiB of such are taken a day; "
				    "--from FINGERPRINT names one",
				    count, count == 1 ? "chain" : "chains",
				    count == 1 ? "waits" : "wait"));
}

/* What another device of mine says of us: the next thing that is written here
 * follows it, or is refused. */
static int take_own_card(struct pull *pull, const char *text, struct err *err)
{
	struct mailbox *mailbox = pull->mailbox;
	struct err why;
	int taken;

	if (!text ||
	    strcmp(text, identity_card(mailbox_identity(mailbox))) == 0)
		return 0;
	if (begin_batch(pull, err) < 0)
		return -1;
	taken = mailbox_take_card(mailbox, text, strlen(text), &why);
	if (taken < 0 || (taken > 0 && mailbox_may_write(mailbox, &why) < 0))
		add_problem(pull, g_strdup(why.text));
	return 0;
}

/* Newer cards of contacts, also where nothing else is new. */
static int take_cards(struct pull *pull, struct err *err)
{
	const GPtrArray *all = people_all(pull->people);

	for (guint i = 0; i < all->len; i++) {
		const struct person *person = g_ptr_array_index(all, i);

		if (person->is_me &&
		    (take_own_card(pull, person->text, err) < 0 ||
		     take_own_card(pull, person->outdated, err) < 0))
			return -1;
		if (!person->is_new || !(person->is_pinned || person->is_named))
			continue;
		if (begin_batch(pull, err) < 0 ||
		    batch_pull_card(pull->batch, person->text, err) < 0)
			return -1;
	}
	return 0;
}

static GPtrArray *list_mails(const struct mailbox *mailbox)
{
	AUTO(ptrs)
	GPtrArray *mails =
		owner_mails(mailbox_config(mailbox), mailbox_identity(mailbox));
	GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < mails->len; i++)
		g_ptr_array_add(keys, address_key(g_ptr_array_index(mails, i)));
	return keys;
}

static int run(struct pull *pull, struct err *err)
{
	struct mailbox *mailbox = pull->mailbox;
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	int whole;

	if (reader_open(mailbox, &pull->reader, err) < 0 ||
	    store_refresh(mailbox_store(mailbox), err) < 0)
		return -1;
	whole = pull_list_new(mailbox, reader_state(pull->reader), pull->offer,
			      heads, err);
	if (whole < 0)
		return -1;
	if (!whole)
		add_problem(pull, g_strdup("more than 100,000 strands"));
	if (heads->len == 0 &&
	    (!pull->offer->cards || pull->offer->cards->len == 0))
		return 0;
	if (people_new(mailbox, reader_state(pull->reader), pull->offer,
		       &pull->people, err) < 0)
		return -1;
	pull->own_mails = list_mails(mailbox);
	pull->locked = pull_locked_new(mailbox);
	pull->context =
		(struct pull_context){ mailbox, pull->people, &pull->well,
				       pull->locked, heads };
	pull->writer.context = &pull->context;
	pull->writer.key = strand_key_new();
	pull->later = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	if (judge_all(pull, heads, err) < 0 || judge_later(pull, err) < 0 ||
	    take_cards(pull, err) < 0 || end_batch(pull, err) < 0)
		return -1;
	tell_postponed(pull);
	pull_locked_keep(pull->locked, mailbox, reader_state(pull->reader));
	return 0;
}

static void release(struct pull *pull)
{
	struct pull_head *head;

	while (pull->mill && (head = mill_take(pull->mill)))
		pull_head_free(head, &pull->well);
	mill_free(pull->mill);
	batch_free(pull->batch);
	store_close(pull->store);
	strand_key_free(pull->writer.key);
	if (pull->own_mails)
		g_ptr_array_unref(pull->own_mails);
	if (pull->later)
		g_array_unref(pull->later);
	people_free(pull->people);
	pull_locked_free(pull->locked);
	reader_close(pull->reader);
	g_mutex_clear(&pull->well.lock);
}

int pull_offer(struct mailbox *mailbox, const struct offer *offer,
	       struct pull_report *report_r, struct err *err)
{
	struct pull pull = {
		.mailbox = mailbox,
		.offer = offer,
		.report = report_r,
		.well = { .store = mailbox_store(mailbox), .offer = offer },
	};
	int result;

	*report_r = (struct pull_report){
		.problems = g_ptr_array_new_with_free_func(g_free),
	};
	g_mutex_init(&pull.well.lock);
	result = run(&pull, err);
	release(&pull);
	if (result < 0)
		pull_report_release(report_r);
	return result;
}
