/* SPDX-License-Identifier: ISC */
#include "defms/visible.h"

#include <errno.h>
#include <string.h>

#include "defms/address.h"
#include "defms/key-meet.h"
#include "defms/state-chains.h"
#include "state-circles.h"

void visible_release(struct visible *visible)
{
	g_free(visible->card);
	if (visible->heads)
		g_array_unref(visible->heads);
	if (visible->cards)
		g_ptr_array_unref(visible->cards);
	*visible = (struct visible){ 0 };
}

static int find_person(struct visible *visible, struct err *err)
{
	const char *address = visible->remote->address;
	AUTO(str) char *key = address_key(address);
	struct state_pin pin;
	int found = state_pin_get(visible->state, key, &pin, err);

	if (found == 0)
		return err_set(err, ENOKEY,
			       "no key of %s is known: see defms contact",
			       address);
	if (found < 0)
		return -1;
	visible->root = pin.root;
	return state_card_get(visible->state, &pin.root, &visible->card, err) <
			       0
		       ? -1
		       : 0;
}

int visible_open(struct state *state, const struct identity *identity,
		 const struct remote *remote, struct visible *visible_r,
		 struct err *err)
{
	struct visible visible = { .state = state,
				   .identity = identity,
				   .remote = remote };

	if (remote->audience == AUDIENCE_PERSON &&
	    find_person(&visible, err) < 0)
		return -1;
	*visible_r = visible;
	return 0;
}

/* -- is it worth looking? -------------------------------------------------- */

struct message_id visible_scope(const struct visible *visible)
{
	AUTO(bytes) GByteArray *all = g_byte_array_new();
	uint8_t audience = (uint8_t)visible->remote->audience;

	(void)g_byte_array_append(all, &audience, 1);
	(void)g_byte_array_append(all, visible->root.bytes,
				  sizeof(visible->root.bytes));
	(void)g_byte_array_append(all, (const guint8 *)visible->remote->url,
				  (guint)strlen(visible->remote->url));
	return message_id_of(NULL, all->data, all->len);
}

struct message_id visible_ends(const struct visible *visible)
{
	AUTO(str)
	char *both = g_strconcat(identity_card(visible->identity),
				 visible->card, NULL);

	return message_id_of(NULL, both, strlen(both));
}

uint32_t visible_mark(const struct visible *visible)
{
	uint8_t whom[1 + sizeof(visible->root.bytes)];
	uint8_t mark[MEET_MARK];
	uint32_t number = 0;

	whom[0] = (uint8_t)visible->remote->audience;
	memcpy(whom + 1, visible->root.bytes, sizeof(visible->root.bytes));
	meet_mark(visible->identity, whom, sizeof(whom), mark);
	for (int i = 0; i < MEET_MARK; i++)
		number = number << 8 | mark[i];
	return number;
}

/* -- heads ----------------------------------------------------------------- */

/* Strands it may see: serial (borrowed from `strands`) -> struct state_strand.
 */
struct choice {
	GArray *strands;   /* owned: struct state_strand */
	GHashTable *shown; /* owned */
};

static void choice_release(struct choice *choice)
{
	if (choice->strands)
		g_array_unref(choice->strands);
	if (choice->shown)
		g_hash_table_unref(choice->shown);
}

/* The serials of the strands that are shared with the person. */
static int list_shared(const struct visible *visible, GHashTable *serials,
		       struct err *err)
{
	AUTO(array) GArray *circles = NULL;

	if (state_circle_list(visible->state, &circles, err) < 0)
		return -1;
	for (guint i = 0; i < circles->len; i++) {
		int64_t serial = g_array_index(circles, int64_t, i);
		struct state_circle circle = { 0 };
		int found =
			state_circle_get(visible->state, serial, &circle, err);

		if (found < 0)
			return -1;
		if (found > 0 &&
		    root_key_is_among(&visible->root, circle.roots))
			(void)g_hash_table_add(
				serials, g_memdup2(&serial, sizeof(serial)));
		state_circle_release(&circle);
	}
	return 0;
}

static bool is_shown(const struct visible *visible,
		     const struct state_strand *strand, GHashTable *shared)
{
	switch (visible->remote->audience) {
	case AUDIENCE_PERSON:
		return strand->kind == STRAND_SHARED &&
		       g_hash_table_contains(shared, &strand->serial);
	case AUDIENCE_PUBLIC:
		return strand->kind == STRAND_PUBLIC;
	case AUDIENCE_ALL:
		return true;
	}
	return false;
}

static int choose(const struct visible *visible, struct choice *choice,
		  struct err *err)
{
	AUTO(table)
	GHashTable *shared = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						   g_free, NULL);

	choice->shown = g_hash_table_new(g_int64_hash, g_int64_equal);
	if (visible->remote->audience == AUDIENCE_PERSON &&
	    list_shared(visible, shared, err) < 0)
		return -1;
	if (state_strand_list(visible->state, &choice->strands, err) < 0)
		return -1;
	for (guint i = 0; i < choice->strands->len; i++) {
		struct state_strand *strand =
			&g_array_index(choice->strands, struct state_strand, i);

		if (is_shown(visible, strand, shared))
			(void)g_hash_table_insert(choice->shown,
						  &strand->serial, strand);
	}
	return 0;
}

/* Unless its strand is not shown. */
static void add_head(GArray *heads, const struct choice *choice,
		     const struct state_chain *chain, int64_t number)
{
	const struct state_strand *strand =
		g_hash_table_lookup(choice->shown, &chain->strand);
	struct head head = { .device = chain->device,
			     .number = number,
			     .tip = chain->tip };

	if (!strand || object_id_is_null(&head.tip))
		return;
	head.strand = strand->id;
	(void)g_array_append_val(heads, head);
}

static int add_heads(const struct visible *visible, const struct choice *choice,
		     GArray *heads, struct err *err)
{
	AUTO(array) GArray *chains = NULL;
	AUTO(array) GArray *forks = NULL;

	if (state_chain_list(visible->state, 0, &chains, err) < 0 ||
	    state_fork_list(visible->state, 0, &forks, err) < 0)
		return -1;
	for (guint i = 0; i < choice->strands->len; i++) {
		const struct state_strand *strand =
			&g_array_index(choice->strands, struct state_strand, i);
		struct state_chain mine = {
			.strand = strand->serial,
			.device = identity_device(visible->identity),
			.tip = strand->tip,
		};

		add_head(heads, choice, &mine, 0);
	}
	for (guint i = 0; i < chains->len; i++)
		add_head(heads, choice,
			 &g_array_index(chains, struct state_chain, i), 0);
	for (guint i = 0; i < forks->len; i++) {
		const struct state_fork *fork =
			&g_array_index(forks, struct state_fork, i);

		add_head(heads, choice, &fork->chain, fork->number);
	}
	g_array_sort(heads, head_compare);
	return 0;
}

int visible_find_heads(struct visible *visible, struct err *err)
{
	AUTO(array)
	GArray *heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	struct choice choice = { 0 };
	int result = choose(visible, &choice, err);

	if (result == 0)
		result = add_heads(visible, &choice, heads, err);
	choice_release(&choice);
	if (result == 0)
		visible->heads = take(heads);
	return result;
}

/* -- what it has not got --------------------------------------------------- */

static bool same_strand(const struct head *a, const struct head *b)
{
	return memcmp(&a->strand, &b->strand, sizeof(a->strand)) == 0;
}

int visible_waiting(struct visible *visible, size_t *strands_r, struct err *err)
{
	const char *name = visible->remote->name;
	struct message_id scope = visible_scope(visible);
	struct state_remote row = { 0 };
	AUTO(array) GArray *mine = NULL;
	AUTO(array) GArray *others = NULL;
	const struct head *last = NULL;
	int64_t seq;

	*strands_r = 0;
	if (state_get(visible->state, "seq", &seq, err) < 0 ||
	    state_remote_get(visible->state, name, &row, err) < 0)
		return -1;
	if (memcmp(row.scope, &scope, sizeof(scope)) == 0 && row.seq == seq)
		return 0;
	if (visible_find_heads(visible, err) < 0 ||
	    state_given_list(visible->state, name, true, &mine, err) < 0 ||
	    state_given_list(visible->state, name, false, &others, err) < 0)
		return -1;
	for (guint i = 0; i < visible->heads->len; i++) {
		const struct head *head =
			&g_array_index(visible->heads, struct head, i);

		if (head_is_among(head, mine) || head_is_among(head, others) ||
		    (last && same_strand(last, head)))
			continue;
		++*strands_r;
		last = head;
	}
	return 0;
}
