/* SPDX-License-Identifier: ISC */
/* A push with nothing new must cost next to nothing, however large the mailbox
 * is: state.db's number of the last batch, and hashes of whom the remote is for
 * and of the cards at both ends, say that there is nothing to look for. */
#include "replicate.h"

#include <string.h>

#include "defms/reader.h"
#include "remote-kind.h"
#include "remote-ledger.h"

static void push_release(struct push *push, const struct remote_kind *kind)
{
	if (push->own)
		kind->close_push(push);
	visible_release(&push->visible);
	if (push->given)
		g_array_unref(push->given);
	if (push->others)
		g_array_unref(push->others);
}

/* The chains that it has no more: it is to get all again. */
static int load_given(struct push *push, bool is_there, struct err *err)
{
	const char *name = push->remote->name;

	if (state_given_list(push->state, name, true, &push->given, err) < 0 ||
	    state_given_list(push->state, name, false, &push->others, err) < 0)
		return -1;
	if (!is_there) {
		memset(&push->row.root, 0, sizeof(push->row.root));
		(void)g_array_set_size(push->given, 0);
	}
	return 0;
}

/* Note the heads that it has now and had not, and forget the others. */
static int note_heads(struct push *push, bool is_there, struct err *err)
{
	const char *name = push->remote->name;
	const GArray *now = push->visible.heads;
	guint at = 0;

	if (!is_there && state_given_clear(push->state, name, true, err) < 0)
		return -1;
	for (guint i = 0; i < now->len; i++) {
		const struct head *head = &g_array_index(now, struct head, i);
		const struct head *old = NULL;
		int order = 1;

		while (at < push->given->len) {
			old = &g_array_index(push->given, struct head, at);
			order = head_compare(old, head);
			if (order >= 0)
				break;
			if (state_given_drop(push->state, name, true, old,
					     err) < 0)
				return -1;
			at++;
		}
		if (at < push->given->len && order == 0) {
			at++;
			if (object_id_equal(&old->tip, &head->tip))
				continue;
		}
		if (state_given_put(push->state, name, true, head, err) < 0)
			return -1;
	}
	for (; at < push->given->len; at++)
		if (state_given_drop(
			    push->state, name, true,
			    &g_array_index(push->given, struct head, at),
			    err) < 0)
			return -1;
	return 0;
}

static size_t count_strands(const struct push *push)
{
	const GArray *now = push->visible.heads;
	const struct head *last = NULL;
	size_t count = 0;

	for (guint i = 0; i < now->len; i++) {
		const struct head *head = &g_array_index(now, struct head, i);

		if (head_is_among(head, push->given))
			continue;
		count += !last || memcmp(&last->strand, &head->strand,
					 sizeof(head->strand)) != 0;
		last = head;
	}
	return count;
}

static int note_push(struct push *push, const struct remote_kind *kind,
		     bool is_there, struct err *err)
{
	if (remote_ledger_open(push->mailbox, push->state, err) < 0)
		return -1;
	push->row.problem[0] = '\0';
	if (note_heads(push, is_there, err) < 0 ||
	    state_remote_put(push->state, &push->row, err) < 0 ||
	    (push->own && kind->note(push, err) < 0)) {
		remote_ledger_drop(push->mailbox, push->state);
		return -1;
	}
	return remote_ledger_close(push->mailbox, push->state, err);
}

/* What the kind has to note although nothing was pushed. */
static int note_rest(struct push *push, const struct remote_kind *kind,
		     struct err *err)
{
	if (!push->is_to_be_noted && !push->row.problem[0])
		return 0;
	if (remote_ledger_open(push->mailbox, push->state, err) < 0)
		return -1;
	push->row.problem[0] = '\0';
	if (state_remote_put(push->state, &push->row, err) < 0 ||
	    (push->own && kind->note(push, err) < 0)) {
		remote_ledger_drop(push->mailbox, push->state);
		return -1;
	}
	return remote_ledger_close(push->mailbox, push->state, err);
}

/* Push what there is as of batch `seq`. */
static int push_news(struct push *push, const struct remote_kind *kind,
		     bool is_there, struct replicate_report *report,
		     struct err *err)
{
	struct message_id ends = visible_ends(&push->visible);

	if (visible_find_heads(&push->visible, err) < 0 ||
	    load_given(push, is_there, err) < 0 ||
	    visible_find_cards(&push->visible, err) < 0)
		return -1;
	/* Where it never got anything, nothing is no news. */
	if ((push->visible.heads->len > 0 ||
	     !object_id_is_null(&push->row.root)) &&
	    kind->push(push, err) < 0)
		return -1;
	report->strands = count_strands(push);
	report->objects = push->objects;
	memcpy(push->row.cards, &ends, sizeof(ends));
	if (push->objects > 0)
		push->row.pushed_at = g_get_real_time() / G_USEC_PER_SEC;
	return note_push(push, kind, is_there, err);
}

static int push_all(struct push *push, const struct remote_kind *kind,
		    struct replicate_report *report, struct err *err)
{
	struct message_id ends;
	int64_t seq;
	int is_there;

	if (visible_open(push->state, mailbox_identity(push->mailbox),
			 push->remote, &push->visible, err) < 0 ||
	    remote_ledger_row(push->mailbox, push->state, &push->visible,
			      &push->row, err) < 0 ||
	    state_get(push->state, "seq", &seq, err) < 0)
		return -1;
	is_there = kind->look(push, err);
	if (is_there < 0)
		return -1;
	ends = visible_ends(&push->visible);
	if (is_there > 0 && push->row.seq == seq &&
	    memcmp(push->row.cards, &ends, sizeof(ends)) == 0)
		return note_rest(push, kind, err);
	push->row.seq = seq;
	return push_news(push, kind, is_there > 0, report, err);
}

int replicate_push(struct mailbox *mailbox, const struct remote *remote,
		   struct replicate_report *report, struct err *err)
{
	struct push push = { .mailbox = mailbox,
			     .remote = remote,
			     .lines = report->lines };
	struct remote_turn turn;
	int result;

	if (remote_turn_begin(mailbox, remote, &turn, err) < 0)
		return -1;
	push.state = reader_state(turn.reader);
	result = push_all(&push, turn.kind, report, err);
	push_release(&push, turn.kind);
	remote_turn_end(&turn);
	return result;
}
