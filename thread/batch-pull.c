/* SPDX-License-Identifier: ISC */
/* The order: what it was judged from is still so; the objects, into the pack;
 * then state.db: strand, circle, cards, the tip (which puts its ref on the
 * to-do list), messages, lines of `links`. All of it can be done twice. */
#include "batch-pull.h"

#include <errno.h>
#include <string.h>

#include "batch-parts.h"
#include "defms/address.h"
#include "defms/state-chains.h"
#include "index-write.h"
#include "link-set.h"
#include "state-bad.h"
#include "state-circles.h"

static const int64_t day = 86400;
static const int64_t anybody_most = 64 << 20; /* bytes a day */

/* -- is it still so -------------------------------------------------------- */

static int refuse(struct pull_head *head, int code, const char *text)
{
	head->verdict = PULL_BAD;
	(void)err_set(&head->err, code, "%s", text);
	return 0;
}

/* Of two tips that go on from one fork the second does not any more. */
static bool same_forks(const GArray *forks, const GArray *others)
{
	if (forks->len != others->len)
		return false;
	for (guint i = 0; i < forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(forks, struct state_fork, i);
		const struct state_fork *other =
			&g_array_index(others, struct state_fork, i);

		if (fork->number != other->number ||
		    !object_id_equal(&fork->chain.tip, &other->chain.tip))
			return false;
	}
	return true;
}

/* 1/0/-1. A strand that came with another head since is the same strand. */
static int is_still_so(const struct batch_pull *pull, struct pull_head *head,
		       struct err *err)
{
	const struct pull_context *context = pull->worker->context;
	struct device_id own =
		identity_device(mailbox_identity(context->mailbox));
	struct pull_head now = { .at = head->at };
	int result = 0;

	now.forks = g_array_new(FALSE, FALSE, sizeof(struct state_fork));
	if (pull_find_known(batch_state(pull->batch), &own, &now, err) < 0)
		result = -1;
	else if (object_id_equal(&now.known.tip, &head->known.tip) &&
		 same_forks(now.forks, head->forks))
		result = now.strand.serial == head->strand.serial ||
			 (head->strand.serial == 0 &&
			  now.strand.kind == head->strand.kind);
	if (result > 0 && now.strand.serial != 0)
		head->strand = now.strand;
	g_array_unref(now.forks);
	return result;
}

/* 1, 0 too many, -1. */
static int has_room(const struct batch_pull *pull, const struct pull_head *head,
		    struct err *err)
{
	AUTO(array) GArray *chains = NULL;

	if (head->strand.serial == 0 || !object_id_is_null(&head->known.tip))
		return 1;
	if (state_chain_list(batch_state(pull->batch), head->strand.serial,
			     &chains, err) < 0)
		return -1;
	return chains->len < PULL_CHAINS;
}

/* Of keys that nobody named so much is taken a day. 1, 0 too much, -1. */
static int count_anybody(const struct batch_pull *pull,
			 const struct pull_head *head, struct err *err)
{
	struct state *state = batch_state(pull->batch);
	int64_t today = g_get_real_time() / G_USEC_PER_SEC / day;
	int64_t then, bytes;

	if (!head->unknown_key)
		return 1;
	if (state_get(state, "anybody day", &then, err) < 0 ||
	    state_get(state, "anybody bytes", &bytes, err) < 0)
		return -1;
	if (then != today)
		bytes = 0;
	bytes += (int64_t)pull_objects_bytes(head->objects);
	if (bytes > anybody_most)
		return 0;
	if (state_set(state, "anybody day", today, err) < 0 ||
	    state_set(state, "anybody bytes", bytes, err) < 0)
		return -1;
	return 1;
}

/* -- the strand and its tip ------------------------------------------------ */

int batch_pull_card(struct batch *batch, const char *text, struct err *err)
{
	struct state *state = batch_state(batch);
	AUTO(card) struct card *card = NULL;
	AUTO(card) struct card *known = NULL;
	AUTO(str) char *had = NULL;
	struct root_key root;
	int found;

	if (card_parse(text, strlen(text), &card, NULL) < 0)
		return 0;
	memcpy(root.bytes, card->root, sizeof(root.bytes));
	found = state_card_get(state, &root, &had, err);
	if (found < 0)
		return -1;
	if (found > 0 && card_parse(had, strlen(had), &known, NULL) == 0 &&
	    known->version >= card->version)
		return 0;
	return state_card_put(state, &root, card->version, text, err);
}

static int put_cards(const struct batch_pull *pull,
		     const struct pull_head *head, struct err *err)
{
	const GArray *roots = head->circle.roots;

	for (guint i = 0; i < head->cards->len; i++)
		if (batch_pull_card(pull->batch,
				    g_ptr_array_index(head->cards, i), err) < 0)
			return -1;
	for (guint i = 0; roots && i < roots->len; i++) {
		const struct person *person = people_of_root(
			pull->worker->context->people,
			&g_array_index(roots, struct root_key, i));

		if (person && person->is_new &&
		    batch_pull_card(pull->batch, person->text, err) < 0)
			return -1;
	}
	return 0;
}

static int put_strand(const struct batch_pull *pull, struct pull_head *head,
		      struct err *err)
{
	struct state *state = batch_state(pull->batch);

	if (head->strand.serial == 0) {
		head->strand.first_date = INT64_MAX;
		memset(&head->strand.first_id, 0xff,
		       sizeof(head->strand.first_id));
		if (state_strand_put(state, &head->strand, err) < 0)
			return -1;
		head->circle.strand = head->strand.serial;
		if (head->strand.kind == STRAND_SHARED &&
		    state_circle_put(state, &head->circle, err) < 0)
			return -1;
	}
	return put_cards(pull, head, err);
}

static int put_chain(const struct batch_pull *pull, struct pull_head *head,
		     struct err *err)
{
	struct state_chain chain = { head->strand.serial, head->at.device,
				     head->at.tip, head->chain };

	batch_move_ref(pull->batch, &head->at);
	pull->report->chains++;
	return state_chain_put(batch_state(pull->batch), &chain, err);
}

static int put_fork(const struct batch_pull *pull, struct pull_head *head,
		    struct err *err)
{
	struct state *state = batch_state(pull->batch);
	struct state_fork fork = {
		.chain = { head->strand.serial, head->at.device, head->at.tip,
			   head->chain },
		.number = head->fork,
	};
	struct ref_fork ref = { .at = head->at };

	if ((head->fork != 0 ? state_fork_advance(state, &fork, err)
			     : state_fork_add(state, &fork, err)) < 0)
		return -1;
	ref.number = (uint32_t)fork.number;
	batch_put_fork(pull->batch, &ref);
	pull->report->forks++;
	g_ptr_array_add(head->problems,
			pull_head_line(head,
				       "does not go on from what was known: "
				       "kept beside it"));
	return 0;
}

static int drop_bad(const struct batch_pull *pull, const struct pull_head *head,
		    struct err *err)
{
	struct state *state = batch_state(pull->batch);
	struct state_bad bad = { 0 };
	int found = state_bad_get(state, &head->at.tip, &bad, err);

	state_bad_release(&bad);
	return found > 0 ? state_bad_drop(state, &head->at.tip, err)
			 : MIN(found, 0);
}

/* -- messages -------------------------------------------------------------- */

static bool is_from_me(const struct batch_pull *pull, const struct mime *mime)
{
	for (guint i = 0; i < mime->senders->len; i++) {
		const struct address *sender =
			g_ptr_array_index(mime->senders, i);
		AUTO(str) char *key = address_key(sender->mail);

		for (guint j = 0; j < pull->own_mails->len; j++)
			if (strcmp(key,
				   g_ptr_array_index(pull->own_mails, j)) == 0)
				return true;
	}
	return false;
}

static int add_message(const struct batch_pull *pull,
		       const struct pull_head *head,
		       struct pull_message *message, struct err *err)
{
	const char *remote = pull->worker->context->well->offer->remote;
	AUTO(arrival) struct arrival *arrival = arrival_new();

	if (!message->made &&
	    pull_open_again(pull->worker, head, message, err) < 0)
		return -1;
	arrival->made = take(message->made);
	if (head->strand.kind == STRAND_PUBLIC) {
		arrival->folder = g_strconcat("lists/", remote, NULL);
		arrival->is_new = true;
	} else if (is_from_me(pull, arrival->made->mime)) {
		arrival->folder = g_strdup("Sent");
		arrival->flags = FLAG_SEEN;
	} else {
		arrival->folder = g_strdup("INBOX");
		arrival->is_new = true;
	}
	pull->report->messages++;
	return batch_file(pull->batch, arrival, &head->strand, &message->entry,
			  err);
}

/* A message of a strand of mine that is shared by now is read from there. */
static int restand(const struct batch_pull *pull, const struct pull_head *head,
		   const struct pull_message *message,
		   const struct state_message *row, struct err *err)
{
	struct state *state = batch_state(pull->batch);
	struct index_entry entry = {
		.serial = row->serial,
		.strand = head->strand.serial,
		.id = message->entry.id,
		.object = message->entry.object,
		.pieces = message->entry.pieces,
	};
	struct state_strand from;
	int found = state_strand_get(state, row->strand, &from, err);

	if (found <= 0 || from.kind != STRAND_MINE)
		return MIN(found, 0);
	filing_restand(batch_filing(pull->batch), &entry);
	if (state_standing_from(state, row->serial, entry.strand, err) < 0 ||
	    state_leaving_add(state, from.serial, err) < 0)
		return -1;
	return batch_touch_message(pull->batch, row->serial, err);
}

static int put_message(const struct batch_pull *pull,
		       const struct pull_head *head,
		       struct pull_message *message, struct err *err)
{
	struct state *state = batch_state(pull->batch);
	bool is_shared = head->strand.kind == STRAND_SHARED;
	struct state_message row = { 0 };
	int found = state_message_find(state, &message->hash, &row, err);

	if (found < 0)
		return -1;
	if (row.removed != 0 || (found > 0 && row.strand == 0))
		return 0;
	if (found == 0 && add_message(pull, head, message, err) < 0)
		return -1;
	if (found > 0 && is_shared &&
	    restand(pull, head, message, &row, err) < 0)
		return -1;
	if (found == 0)
		row.serial = batch_last_message(pull->batch);
	return is_shared ? state_standing_add(state, row.serial,
					      head->strand.serial, err)
			 : 0;
}

static int put_messages(const struct batch_pull *pull, struct pull_head *head,
			struct err *err)
{
	for (guint i = 0; i < head->messages->len; i++)
		if (put_message(pull, head,
				&g_array_index(head->messages,
					       struct pull_message, i),
				err) < 0)
			return -1;
	return 0;
}

/* What was here is signed by one more: its thread is shown anew. */
static int touch_met(const struct batch_pull *pull,
		     const struct pull_head *head, struct err *err)
{
	static const struct message_id none = { { 0 } };
	struct state_message row;
	int found;

	if (memcmp(&head->met, &none, sizeof(none)) == 0)
		return 0;
	found = state_message_find(batch_state(pull->batch), &head->met, &row,
				   err);
	if (found <= 0)
		return found;
	return batch_touch_message(pull->batch, row.serial, err);
}

/* -- links ----------------------------------------------------------------- */

static bool has_line(const GPtrArray *lines, const char *line)
{
	for (guint i = 0; i < lines->len; i++)
		if (strcmp(g_ptr_array_index(lines, i), line) == 0)
			return true;
	return false;
}

/* The same is then undone in this device's own chain. */
static int drop_line(const struct batch_pull *pull,
		     const struct pull_head *head, const char *line,
		     struct err *err)
{
	struct batch_strand *strand;

	if (!object_id_is_null(&head->strand.tip)) {
		if (batch_strand_of(pull->batch, &head->strand, &strand, err) <
		    0)
			return -1;
		strand->linked = true;
	}
	return state_link_drop(batch_state(pull->batch), head->strand.serial,
			       line, err);
}

static int put_links(const struct batch_pull *pull,
		     const struct pull_head *head, struct err *err)
{
	struct state *state = batch_state(pull->batch);
	int64_t strand = head->strand.serial;
	AUTO(ptrs) GPtrArray *rows = NULL;
	bool changed = false;

	if (!head->links)
		return 0;
	if (state_link_of(state, strand, &rows, err) < 0)
		return -1;
	for (guint i = 0; i < head->links->len; i++) {
		const char *line = g_ptr_array_index(head->links, i);

		if (has_line(head->unlinked, line) || has_line(rows, line))
			continue;
		changed = true;
		if (state_link_add(state, strand, line, err) < 0)
			return -1;
	}
	for (guint i = 0; i < head->unlinked->len; i++) {
		const char *line = g_ptr_array_index(head->unlinked, i);

		if (has_line(head->links, line) || !has_line(rows, line))
			continue;
		changed = true;
		if (drop_line(pull, head, line, err) < 0)
			return -1;
	}
	if (changed)
		batch_relink(pull->batch, strand);
	return 0;
}

/* -- all of it ------------------------------------------------------------- */

static bool is_about_head(const struct err *err)
{
	return err->code == EBADMSG || err->code == EILSEQ ||
	       err->code == ENOENT || err->code == EFBIG;
}

static int put_objects(const struct batch_pull *pull, struct pull_head *head,
		       struct err *err)
{
	struct pack *pack;
	struct err why;

	if (batch_need_pack(pull->batch, &pack, err) < 0)
		return -1;
	if (pull_objects_write(head->objects, pull->store, pack, &why) == 0)
		return 1;
	return is_about_head(&why) ? refuse(head, why.code, why.text)
				   : err_set(err, why.code, "%s", why.text);
}

/* 1, 0 refused, -1. */
static int may_come(const struct batch_pull *pull, struct pull_head *head,
		    struct err *err)
{
	int room = has_room(pull, head, err);

	if (room == 0)
		return refuse(head, EFBIG, "too many chains of a strand");
	/* Before anything of it is written. */
	if (room > 0)
		room = count_anybody(pull, head, err);
	if (room == 0) {
		head->verdict = PULL_ENOUGH;
		g_atomic_int_set(&pull->worker->context->well->enough, 1);
	}
	return room <= 0 ? room : put_objects(pull, head, err);
}

int batch_pull(const struct batch_pull *pull, struct pull_head *head,
	       struct err *err)
{
	int so = is_still_so(pull, head, err);

	if (so <= 0)
		return so;
	so = may_come(pull, head, err);
	if (so <= 0)
		return so < 0 ? -1 : 1;
	if (drop_bad(pull, head, err) < 0 || put_strand(pull, head, err) < 0 ||
	    (head->verdict == PULL_FORK ? put_fork(pull, head, err)
					: put_chain(pull, head, err)) < 0 ||
	    put_messages(pull, head, err) < 0 ||
	    touch_met(pull, head, err) < 0 || put_links(pull, head, err) < 0 ||
	    batch_refile(pull, head, err) < 0)
		return -1;
	return 1;
}
