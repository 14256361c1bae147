/* SPDX-License-Identifier: ISC */
/* Heads are judged by workers, which hold no lock; the writer takes what is
 * sound, in the order it was offered, a batch at a time. Nothing is written
 * where nothing is new. */
#include "defms/pull.h"

#include <errno.h>
#include <string.h>

#include "batch-pull.h"
#include "defms/address.h"
#include "defms/crash.h"
#include "defms/mill.h"
#include "defms/owner.h"
#include "defms/state-chains.h"
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
	struct pull_context context;
	struct pull_worker writer; /* with the batch's reader */
	struct mill *mill;
	struct batch *batch; /* NULL: none is begun */
	struct store *store; /* opened under its lock */
	size_t heads;        /* in the batch */
	GArray *refused;     /* struct ref_move: for want of a right; NULL in
			      * the second round */
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

static bool is_full(const struct pull *pull)
{
	return pull->heads >= crash_batch(BATCH_HEADS) ||
	       batch_bytes(pull->batch) >= BATCH_BYTES ||
	       batch_should_end(pull->batch);
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

/* Judged again where something has changed since: another tip of the same chain
 * was taken, or another process wrote. What was taken is committed first, so
 * that its objects can be read. */
static int take_sound(struct pull *pull, struct pull_head *head,
		      struct err *err)
{
	struct pull_worker again = pull->writer;
	int taken = try_sound(pull, head, err);

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
	if (is_sound(head) && take_sound(pull, head, err) < 0)
		return -1;
	for (guint i = 0; head->problems && i < head->problems->len; i++)
		add_problem(pull,
			    g_strdup(g_ptr_array_index(head->problems, i)));
	switch (head->verdict) {
	case PULL_FAILED:
		return err_set(err, head->err.code, "%s", head->err.text);
	case PULL_BAD:
		if (head->err.code != EACCES || !pull->refused)
			return note_bad(pull, head, err);
		(void)g_array_append_val(pull->refused, head->at);
		break;
	case PULL_TWICE:
		return note_twice(pull, head, err);
	case PULL_FOREIGN:
		pull->report->foreign++;
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
	result = take_head(pull, head, err);
	pull_head_free(head, &pull->well);
	if (result == 0 && pull->batch && is_full(pull))
		result = end_batch(pull, err);
	return result < 0 ? -1 : 1;
}

/* -- all of them ----------------------------------------------------------- */

static gint by_place(gconstpointer a, gconstpointer b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

/* Is it what state.db has? 1/0/-1. */
static int is_known(struct pull *pull, const struct ref_move *at,
		    struct err *err)
{
	struct device_id own = identity_device(mailbox_identity(pull->mailbox));
	struct pull_head head = { .at = *at };
	int result = 0;

	head.forks = g_array_new(FALSE, FALSE, sizeof(struct state_fork));
	if (pull_find_known(reader_state(pull->reader), &own, &head, err) < 0)
		result = -1;
	else
		result = object_id_equal(&head.known.tip, &at->tip);
	g_array_unref(head.forks);
	return result;
}

/* The heads that are to be judged, by strand and device. */
static int list_new(struct pull *pull, GArray *heads, struct err *err)
{
	AUTO(array) GArray *sorted = g_array_copy(pull->offer->heads);
	const struct ref_move *last = NULL;
	size_t strands = 0;

	g_array_sort(sorted, by_place);
	for (guint i = 0; i < sorted->len; i++) {
		const struct ref_move *at =
			&g_array_index(sorted, struct ref_move, i);
		int known;

		if (!last ||
		    memcmp(&last->strand, &at->strand, sizeof(at->strand)) != 0)
			strands++;
		last = at;
		if (strands > PULL_STRANDS) {
			add_problem(pull,
				    g_strdup("more than 100,000 strands"));
			break;
		}
		known = is_known(pull, at, err);
		if (known < 0)
			return -1;
		if (known == 0)
			(void)g_array_append_val(heads, *at);
	}
	return 0;
}

static int judge_all(struct pull *pull, const GArray *heads, struct err *err)
{
	struct mill_work work = { start_worker, work_on, stop_worker,
				  &pull->context };
	int more = 1;

	if (heads->len == 0)
		return 0;
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

/* A chain of a device of mine says that others' are wanted, and one of a public
 * strand that it is one: what had no right is asked again once that is here. */
static int judge_refused(struct pull *pull, struct err *err)
{
	AUTO(array) GArray *refused = take(pull->refused);

	if (refused->len == 0)
		return 0;
	if (end_batch(pull, err) < 0)
		return -1;
	return judge_all(pull, refused, err);
}

/* Newer cards of contacts, also where nothing else is new. */
static int take_cards(struct pull *pull, struct err *err)
{
	const GPtrArray *all = people_all(pull->people);

	for (guint i = 0; i < all->len; i++) {
		const struct person *person = g_ptr_array_index(all, i);

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

	if (reader_open(mailbox, &pull->reader, err) < 0 ||
	    store_refresh(mailbox_store(mailbox), err) < 0 ||
	    list_new(pull, heads, err) < 0)
		return -1;
	if (heads->len == 0 &&
	    (!pull->offer->cards || pull->offer->cards->len == 0))
		return 0;
	if (people_new(mailbox, reader_state(pull->reader), pull->offer,
		       &pull->people, err) < 0)
		return -1;
	pull->own_mails = list_mails(mailbox);
	pull->context =
		(struct pull_context){ mailbox, pull->people, &pull->well };
	pull->writer.context = &pull->context;
	pull->writer.key = strand_key_new();
	pull->refused = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	if (judge_all(pull, heads, err) < 0 || judge_refused(pull, err) < 0 ||
	    take_cards(pull, err) < 0)
		return -1;
	return end_batch(pull, err);
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
	if (pull->refused)
		g_array_unref(pull->refused);
	people_free(pull->people);
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
