/* SPDX-License-Identifier: ISC */
/* A bare repository somewhere that has the refs of the chains themselves. Many
 * push to it: of a chain of another device what goes on from what is there is
 * pushed, and beside it what is a fork of that; one's own may begin anew
 * (`defms gc`). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/git-url.h"
#include "defms/store-remote.h"
#include "git-https.h"
#include "git-ssh.h"
#include "remote-kind.h"
#include "remote-ledger.h"

static char *scratch_of(const struct mailbox *mailbox,
			const struct remote *remote)
{
	AUTO(str) char *name = g_strdup_printf("remote-%s.git", remote->name);

	return g_build_filename(mailbox_home(mailbox), name, NULL);
}

/* Perhaps on a disk that is elsewhere. */
static int check_path(const char *path, struct err *err)
{
	if (path[0] == '/' && access(path, F_OK) < 0)
		return err_set(err, EAGAIN, "%s: there is no such repository",
			       path);
	return 0;
}

static int connect_to(struct mailbox *mailbox, const struct remote *remote,
		      bool push, struct store_remote **there_r, struct err *err)
{
	AUTO(str) char *scratch = scratch_of(mailbox, remote);
	AUTO(git_url) struct git_url *url = NULL;
	struct store_remote_place place = { .scratch = scratch };

	if (git_url_parse(remote->location, &url, err) < 0)
		return -1;
	place.url = url->shown;
	if (url->way == GIT_WAY_PATH && check_path(url->path, err) < 0)
		return -1;
	if (url->way == GIT_WAY_SSH)
		git_ssh_wire(url, remote->timeout, &place.wire);
	if (url->way == GIT_WAY_HTTPS &&
	    git_https_wire(remote, url, scratch, &place.wire, err) < 0)
		return -1;
	return store_remote_open(mailbox_store(mailbox), &place, push, there_r,
				 err);
}

/* -- push ------------------------------------------------------------------ */

/* Asking costs a connection: it is asked when there is news, or a pull saw that
 * not all is there. */
static int look(struct push *push, struct err *err)
{
	AUTO(git_url) struct git_url *url = NULL;

	if (git_url_parse(push->remote->location, &url, err) < 0 ||
	    (url->way == GIT_WAY_PATH && check_path(url->path, err) < 0))
		return -1;
	return !object_id_is_null(&push->row.root);
}

static bool is_mine(const struct push *push, const struct head *head)
{
	struct device_id me = identity_device(mailbox_identity(push->mailbox));

	return memcmp(&me, &head->device, sizeof(me)) == 0;
}

/* Does what is there, of my own chain, stem from here? */
static bool wrote(const struct push *push, struct store_remote *there,
		  const struct head *old)
{
	return store_remote_has(there, &old->tip) ||
	       head_is_among(old, push->given);
}

static bool is_beside(const struct head *a, const struct head *b)
{
	return memcmp(&a->strand, &b->strand, sizeof(a->strand)) == 0 &&
	       memcmp(&a->device, &b->device, sizeof(a->device)) == 0;
}

/* Is it the tip of one of these, whatever number that has? */
static bool is_tip_among(const struct head *head, const GArray *heads)
{
	for (guint i = 0; i < heads->len; i++) {
		const struct head *other =
			&g_array_index(heads, struct head, i);

		if (is_beside(head, other) &&
		    object_id_equal(&head->tip, &other->tip))
			return true;
	}
	return false;
}

/* Is something moved to its place already? `moves` are in the order of heads,
 * of which it is the next. */
static bool is_planned(const GArray *moves, const struct head *head)
{
	for (guint i = moves->len; i > 0; i--) {
		const struct head *other =
			&g_array_index(moves, struct store_remote_move, i - 1)
				 .head;

		if (!is_beside(head, other))
			break;
		if (other->number == head->number)
			return true;
	}
	return false;
}

/* Forks of one chain, which others may have in another order, and with other
 * numbers. It goes on from one that is there, or gets a number that none has:
 * 1, 0 it is there already, -1. */
static int plan_fork(struct store_remote *there, const GArray *moves,
		     struct head *head, struct err *err)
{
	const GArray *heads = store_remote_heads(there);
	int64_t most = -1;

	if (is_tip_among(head, heads))
		return 0;
	for (guint i = 0; i < heads->len; i++) {
		const struct head *other =
			&g_array_index(heads, struct head, i);
		int found;

		if (!is_beside(head, other))
			continue;
		most = MAX(most, other->number);
		found = is_planned(moves, other)
				? 0
				: store_remote_descends(there, &head->tip,
							&other->tip, err);
		if (found > 0)
			head->number = other->number;
		if (found != 0)
			return found;
	}
	/* Each gets another, as each has another here. */
	head->number += most + 1;
	return 1;
}

/* How a head is to be moved from what is there: 1, 0 not at all, -1. */
static int plan(struct push *push, struct store_remote *there,
		const GArray *moves, struct store_remote_move *move,
		struct err *err)
{
	const struct head *old =
		head_find(store_remote_heads(there), &move->head);
	int found;

	if (!old)
		return move->head.number == 0
			       ? 1
			       : plan_fork(there, moves, &move->head, err);
	if (object_id_equal(&old->tip, &move->head.tip))
		return 0;
	found = is_planned(moves, old)
			? 0
			: store_remote_descends(there, &move->head.tip,
						&old->tip, err);
	if (found != 0)
		return found;
	if (!is_mine(push, &move->head))
		return store_remote_has(there, &old->tip) &&
				       is_tip_among(old, push->visible.heads)
			       ? plan_fork(there, moves, &move->head, err)
			       : 0;
	if (!wrote(push, there, old)) {
		g_ptr_array_add(push->lines,
				g_strdup("a chain there has a tip of this "
					 "device that was not written here: "
					 "see what a pull says of it"));
		return 0;
	}
	found = store_remote_descends(there, &old->tip, &move->head.tip, err);
	move->force = true;
	return found < 0 ? -1 : found == 0;
}

static int push_news(struct push *push, struct err *err)
{
	AUTO(array)
	GArray *moves =
		g_array_new(FALSE, FALSE, sizeof(struct store_remote_move));
	AUTO(ptrs) GPtrArray *none = g_ptr_array_new();
	AUTO(store_remote) struct store_remote *there = NULL;
	AUTO(root_tree) struct root_tree *tree = NULL;
	const GArray *heads = push->visible.heads;

	tree = root_tree_new(heads, push->visible.cards);
	if (object_id_equal(&tree->id, &push->row.root))
		return 0;
	if (connect_to(push->mailbox, push->remote, true, &there, err) < 0)
		return -1;
	for (guint i = 0; i < heads->len; i++) {
		struct store_remote_move move = {
			.head = g_array_index(heads, struct head, i)
		};
		int wanted = plan(push, there, moves, &move, err);

		if (wanted < 0)
			return -1;
		if (wanted > 0)
			(void)g_array_append_val(moves, move);
	}
	if (store_remote_push(there, moves, push->visible.cards, push->lines,
			      &push->objects, err) < 0)
		return -1;
	push->row.root = tree->id;
	/* What was refused is tried again by the next push. */
	if (push->lines->len > 0)
		memset(&push->row.root, 0, sizeof(push->row.root));
	return 0;
}

static int note(struct push *push, struct err *err)
{
	(void)push;
	(void)err;
	return 0;
}

static void close_push(struct push *push)
{
	(void)push;
}

/* -- pull ------------------------------------------------------------------ */

/* Cards come alone, too: a device was lost, and there is nothing to be said
 * yet. Which ones were there stands in state.db under this name. */
static const char cards_name[] = "cards";

struct git_pull {
	struct store_remote *there; /* owned */
	struct state_name cards;
	bool has_new_cards;
};

static int look_at_cards(struct pull *pull, struct err *err)
{
	struct git_pull *own = pull->own;
	struct object_id now = store_remote_cards(own->there);

	if (state_name_get(pull->state, pull->remote->name, cards_name,
			   &own->cards, err) < 0)
		return -1;
	own->has_new_cards = !object_id_equal(&own->cards.root, &now);
	(void)g_strlcpy(own->cards.name, cards_name, sizeof(own->cards.name));
	own->cards.root = now;
	return 0;
}

/* The chains whose tips were taken, or are to be looked at again. */
static int keep_news(struct pull *pull, const GArray *heads, struct err *err)
{
	AUTO(array) GArray *others = NULL;

	if (state_given_list(pull->state, pull->remote->name, false, &others,
			     err) < 0)
		return -1;
	for (guint i = 0; i < heads->len; i++) {
		const struct head *head = &g_array_index(heads, struct head, i);

		if (!head_is_among(head, others))
			(void)g_array_append_vals(pull->heads, head, 1);
	}
	return 0;
}

/* Somebody may have made the repository anew: the next push is to look. */
static int look_for_lost(struct pull *pull, const GArray *there,
			 struct err *err)
{
	AUTO(array) GArray *given = NULL;
	bool lost = false;

	if (state_given_list(pull->state, pull->remote->name, true, &given,
			     err) < 0)
		return -1;
	for (guint i = 0; i < given->len && !lost; i++) {
		struct head head = g_array_index(given, struct head, i);

		head.number = 0; /* forks have others there */
		lost = !head_find(there, &head);
	}
	if (!lost || object_id_is_null(&pull->row.root))
		return 0;
	memset(&pull->row.root, 0, sizeof(pull->row.root));
	if (remote_ledger_open(pull->mailbox, pull->state, err) < 0)
		return -1;
	if (state_remote_put(pull->state, &pull->row, err) < 0) {
		remote_ledger_drop(pull->mailbox, pull->state);
		return -1;
	}
	return remote_ledger_close(pull->mailbox, pull->state, err);
}

static int open_pull(struct pull *pull, struct err *err)
{
	struct git_pull *own = g_new0(struct git_pull, 1);
	const GArray *heads;

	pull->own = own;
	if (connect_to(pull->mailbox, pull->remote, false, &own->there, err) <
	    0)
		return -1;
	heads = store_remote_heads(own->there);
	if (look_for_lost(pull, heads, err) < 0 ||
	    keep_news(pull, heads, err) < 0 || look_at_cards(pull, err) < 0)
		return -1;
	pull->others = pull->heads->len;
	if (pull->heads->len == 0 && !own->has_new_cards)
		return 0;
	if (store_remote_fetch(own->there, pull->remote->limit, pull->cards,
			       err) < 0)
		return -1;
	return 1;
}

static int read_object(void *context, const struct object_id *id,
		       enum object_type *type_r, GByteArray *out,
		       struct err *err)
{
	const struct pull *pull = context;
	const struct git_pull *own = pull->own;

	return store_remote_read(own->there, id, type_r, out, err);
}

static int note_pull(struct pull *pull, struct err *err)
{
	const struct git_pull *own = pull->own;

	return state_name_put(pull->state, pull->remote->name, &own->cards,
			      err);
}

static void close_pull(struct pull *pull)
{
	struct git_pull *own = pull->own;

	store_remote_close(own->there);
	g_free(own);
}

const struct remote_kind remote_git = {
	.look = look,
	.push = push_news,
	.note = note,
	.close_push = close_push,
	.open = open_pull,
	.read = read_object,
	.note_pull = note_pull,
	.close_pull = close_pull,
};
