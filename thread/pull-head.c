/* SPDX-License-Identifier: ISC */
/* What is asked of a head, cheapest first: is it known, or older than what is;
 * whose strand is it; may its device write there; only then is all of it read.
 */
#include "pull-head.h"

#include <errno.h>
#include <string.h>

#include "state-bad.h"

struct pull_head *pull_head_new(const struct ref_move *at)
{
	struct pull_head *head = g_new0(struct pull_head, 1);

	head->at = *at;
	return head;
}

static void free_lists(struct pull_head *head)
{
	for (guint i = 0; head->messages && i < head->messages->len; i++)
		arrival_made_free(
			g_array_index(head->messages, struct pull_message, i)
				.made);
	if (head->messages)
		g_array_unref(head->messages);
	if (head->forks)
		g_array_unref(head->forks);
	if (head->cards)
		g_ptr_array_unref(head->cards);
	if (head->problems)
		g_ptr_array_unref(head->problems);
	if (head->links)
		g_ptr_array_unref(head->links);
	if (head->unlinked)
		g_ptr_array_unref(head->unlinked);
}

/* `well` counts what is held; it may be NULL if nothing is. */
void pull_head_reset(struct pull_head *head, struct pull_well *well)
{
	struct ref_move at = head->at;

	for (guint i = 0; head->messages && i < head->messages->len; i++)
		pull_well_drop(well, g_array_index(head->messages,
						   struct pull_message, i)
					     .held);
	free_lists(head);
	state_circle_release(&head->circle);
	explicit_bzero(head->circle.secret, sizeof(head->circle.secret));
	strand_tree_free(head->tree);
	strand_tree_free(head->before);
	pull_objects_free(head->objects);
	*head = (struct pull_head){ .at = at };
}

void pull_head_free(struct pull_head *head, struct pull_well *well)
{
	if (!head)
		return;
	pull_head_reset(head, well);
	g_free(head);
}

char *pull_head_line(const struct pull_head *head, const char *text)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&head->at.strand, strand);
	device_id_print(&head->at.device, device);
	return g_strdup_printf("strand %s, device %s: %s", strand, device,
			       text);
}

/* -- judging --------------------------------------------------------------- */

static struct device_id own_device(const struct pull_worker *worker)
{
	return identity_device(mailbox_identity(worker->context->mailbox));
}

static bool is_own(const struct pull_worker *worker,
		   const struct pull_head *head)
{
	struct device_id own = own_device(worker);

	return memcmp(&own, &head->at.device, sizeof(own)) == 0;
}

static void begin(struct pull_worker *worker, struct pull_head *head)
{
	head->forks = g_array_new(FALSE, FALSE, sizeof(struct state_fork));
	head->cards = g_ptr_array_new_with_free_func(g_free);
	head->messages = g_array_new(FALSE, FALSE, sizeof(struct pull_message));
	head->problems = g_ptr_array_new_with_free_func(g_free);
	head->objects = pull_objects_new(worker->context->well);
}

static int find_forks(struct state *state, struct pull_head *head,
		      struct err *err)
{
	AUTO(array) GArray *forks = NULL;

	if (state_fork_list(state, head->strand.serial, &forks, err) < 0)
		return -1;
	for (guint i = 0; i < forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(forks, struct state_fork, i);

		if (memcmp(&fork->chain.device, &head->at.device,
			   sizeof(head->at.device)) == 0)
			(void)g_array_append_vals(head->forks, fork, 1);
	}
	return 0;
}

int pull_find_known(struct state *state, const struct device_id *own,
		    struct pull_head *head, struct err *err)
{
	int found =
		state_strand_find(state, &head->at.strand, &head->strand, err);

	head->strand.id = head->at.strand;
	if (found <= 0)
		return found;
	if (memcmp(own, &head->at.device, sizeof(*own)) == 0) {
		head->known.tip = head->strand.tip;
		head->known.chain = head->strand.chain;
		return 0;
	}
	if (state_chain_get(state, head->strand.serial, &head->at.device,
			    &head->known, err) < 0)
		return -1;
	return find_forks(state, head, err);
}

/* Is this tip known, one way or the other? */
static bool is_known(const struct pull_head *head)
{
	if (object_id_equal(&head->known.tip, &head->at.tip))
		return true;
	for (guint i = 0; i < head->forks->len; i++)
		if (object_id_equal(
			    &g_array_index(head->forks, struct state_fork, i)
				     .chain.tip,
			    &head->at.tip))
			return true;
	return false;
}

/* A tip that was wrong itself is so for ever. */
static int look_up_bad(struct state *state, const struct pull_head *head,
		       struct err *err)
{
	struct state_bad bad = { 0 };
	int found = state_bad_get(state, &head->at.tip, &bad, err);
	int result = MIN(found, 0);

	if (found > 0 && bad.final)
		result = err_set(err, EBADMSG, "%s", bad.reason);
	state_bad_release(&bad);
	return result;
}

static int judge_whole(struct pull_worker *worker, struct pull_head *head,
		       const struct commit *tip, struct err *err)
{
	const struct pull_context *context = worker->context;
	int found = pull_find_kind(worker, head, tip, err);

	if (found > 0)
		found = pull_find_right(worker, head, err);
	if (found <= 0) {
		head->verdict = PULL_FOREIGN;
		return found;
	}
	if (head->unknown_key && g_atomic_int_get(&context->well->enough)) {
		head->verdict = PULL_ENOUGH;
		return 0;
	}
	if (pull_walk(head, context->well->store, tip,
		      people_is_mine(context->people, &head->at.device),
		      err) < 0)
		return -1;
	if (head->verdict == PULL_FORK && head->fork == 0)
		found = pull_find_place(head, context->well->store, err);
	if (found <= 0) {
		head->verdict = PULL_NOTHING;
		return found;
	}
	head->chain = tip->chain;
	if (pull_open_new(worker, head, err) < 0 ||
	    pull_prove_public(worker, head, err) < 0 ||
	    pull_read_links(worker, head, err) < 0)
		return -1;
	pull_objects_encode(head->objects, head->strand.kind == STRAND_PUBLIC);
	return 0;
}

static int judge(struct pull_worker *worker, struct pull_head *head,
		 struct err *err)
{
	struct state *state = reader_state(worker->reader);
	struct device_id own = own_device(worker);
	struct commit tip;
	int old;

	if (pull_find_known(state, &own, head, err) < 0)
		return -1;
	head->verdict = PULL_NOTHING;
	if (is_known(head))
		return 0;
	if (look_up_bad(state, head, err) < 0 ||
	    pull_commit_read(head, &head->at.tip, &tip, err) < 0)
		return -1;
	old = pull_is_old(head, worker->context->well->store, tip.chain, err);
	if (old != 0)
		return MIN(old, 0);
	if (is_own(worker, head)) {
		head->verdict = PULL_TWICE;
		return 0;
	}
	return judge_whole(worker, head, &tip, err);
}

/* Is it about what is offered, and not about this machine? */
static bool is_about_head(const struct err *err)
{
	return err->code == EBADMSG || err->code == EILSEQ ||
	       err->code == ENOENT || err->code == EFBIG ||
	       err->code == EACCES || err->code == EPROTO;
}

int pull_judge(struct pull_worker *worker, struct pull_head *head,
	       struct err *err)
{
	begin(worker, head);
	if (judge(worker, head, &head->err) == 0)
		return 0;
	head->verdict = PULL_BAD;
	if (is_about_head(&head->err))
		return 0;
	return err_set(err, head->err.code, "%s", head->err.text);
}
