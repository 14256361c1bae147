/* SPDX-License-Identifier: ISC */
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "defms/state-contacts.h"
#include "state-test.h"
#include "store-test.h"

static struct root_key root_of(uint8_t byte)
{
	struct root_key root;

	memset(root.bytes, byte, sizeof(root.bytes));
	return root;
}

static void put_pin(struct state *state, const char *address, uint8_t root,
		    enum trust trust)
{
	struct state_pin pin = { .root = root_of(root), .trust = trust };
	struct err err;

	(void)g_strlcpy(pin.address, address, sizeof(pin.address));
	CHECK_INT(state_pin_put(state, &pin, &err), 0);
}

/* "address root trust" of each, a space between. */
static char *pins_text(const GArray *pins)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < pins->len; i++) {
		const struct state_pin *pin =
			&g_array_index(pins, struct state_pin, i);

		g_string_append_printf(text, "%s%s %d %d", i ? " " : "",
				       pin->address, pin->root.bytes[31],
				       (int)pin->trust);
	}
	return g_string_free(text, FALSE);
}

TEST(pins_come_back_by_address_and_by_root)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct root_key two = root_of(2);
	AUTO(array) GArray *all = NULL;
	AUTO(array) GArray *some = NULL;
	AUTO(str) char *all_text = NULL;
	AUTO(str) char *some_text = NULL;
	struct state_pin pin;
	struct err err;

	CHECK_INT(state_pin_get(state, "a@x", &pin, &err), 0);
	put_pin(state, "c@x", 2, TRUST_CONFIRMED);
	put_pin(state, "a@x", 1, TRUST_SEEN);
	put_pin(state, "b@x", 2, TRUST_SEEN);
	put_pin(state, "b@x", 2, TRUST_PROVED);
	CHECK_INT(state_pin_get(state, "b@x", &pin, &err), 1);
	CHECK_STR(pin.address, "b@x");
	CHECK_MEM(&pin.root, &two, sizeof(two));
	CHECK_INT(pin.trust, TRUST_PROVED);
	CHECK_INT(state_pin_list(state, &all, &err), 0);
	all_text = pins_text(all);
	CHECK_STR(all_text, "a@x 1 0 b@x 2 1 c@x 2 2");
	CHECK_INT(state_pin_of(state, &two, &some, &err), 0);
	some_text = pins_text(some);
	CHECK_STR(some_text, "b@x 2 1 c@x 2 2");
	CHECK_INT(state_pin_drop(state, "b@x", &err), 0);
	CHECK_INT(state_pin_drop(state, "b@x", &err), 0);
	CHECK_INT(state_pin_get(state, "b@x", &pin, &err), 0);
}

TEST(of_a_root_there_is_one_card)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct root_key one = root_of(1), two = root_of(2);
	AUTO(array) GArray *roots = NULL;
	AUTO(str) char *text = NULL;
	char *none = NULL;
	struct err err;

	CHECK_INT(state_card_get(state, &one, &none, &err), 0);
	CHECK_INT(state_card_put(state, &two, 5, "two", &err), 0);
	CHECK_INT(state_card_put(state, &one, 5, "old", &err), 0);
	CHECK_INT(state_card_put(state, &one, 6, "new", &err), 0);
	CHECK_INT(state_card_get(state, &one, &text, &err), 1);
	CHECK_STR(text, "new");
	CHECK_INT(state_card_list(state, &roots, &err), 0);
	CHECK_INT(roots->len, 2);
	CHECK_MEM(roots->data, &one, sizeof(one));
}

static void put_aside(struct state *state, const char *address, uint8_t root,
		      const char *card, int64_t when)
{
	AUTO(str) char *text = g_strdup(card);
	struct state_aside aside = { .root = root_of(root),
				     .card = text,
				     .when = when };
	struct err err;

	(void)g_strlcpy(aside.address, address, sizeof(aside.address));
	CHECK_INT(state_aside_put(state, &aside, &err), 0);
}

static char *asides_text(struct state *state, const char *address)
{
	AUTO(array) GArray *asides = NULL;
	GString *text = g_string_new(NULL);
	struct err err;

	CHECK_INT(state_aside_list(state, address, &asides, &err), 0);
	for (guint i = 0; i < asides->len; i++) {
		const struct state_aside *aside =
			&g_array_index(asides, struct state_aside, i);

		g_string_append_printf(text, "%s%s %d %s %d", i ? " " : "",
				       aside->address, aside->root.bytes[0],
				       aside->card, (int)aside->when);
	}
	return g_string_free(text, FALSE);
}

TEST(what_is_kept_aside_comes_back_oldest_first)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(str) char *one = NULL;
	AUTO(str) char *all = NULL;
	AUTO(str) char *left = NULL;
	struct err err;

	put_aside(state, "b@x", 1, "z", 9);
	put_aside(state, "b@x", 2, "y", 3);
	put_aside(state, "b@x", 2, "y", 4);
	put_aside(state, "a@x", 2, "y", 5);
	one = asides_text(state, "b@x");
	CHECK_STR(one, "b@x 2 y 4 b@x 1 z 9");
	all = asides_text(state, NULL);
	CHECK_STR(all, "a@x 2 y 5 b@x 2 y 4 b@x 1 z 9");
	CHECK_INT(state_aside_drop(state, "b@x", &err), 0);
	left = asides_text(state, NULL);
	CHECK_STR(left, "a@x 2 y 5");
}

TEST(what_a_device_left_is_the_chain_of_another)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_strand strand = { .kind = STRAND_MINE, .chain = 3 };
	struct state_strand empty = { .kind = STRAND_MINE };
	const struct device_id old = { { 7 } };
	const struct object_id none = { 0 };
	AUTO(array) GArray *chains = NULL;
	const struct state_chain *chain;
	struct object_id tip;
	int64_t moves = 1;
	struct err err;

	memset(&strand.tip, 9, sizeof(strand.tip));
	tip = strand.tip;
	empty.id.bytes[0] = 1;
	CHECK_INT(state_strand_put(state, &strand, &err), 0);
	CHECK_INT(state_strand_put(state, &empty, &err), 0);
	CHECK_INT(state_move_add(state, strand.serial, &err), 0);
	CHECK_INT(state_chain_leave(state, &old, &err), 0);
	CHECK_INT(state_chain_leave(state, &old, &err), 0);
	CHECK_INT(state_strand_get(state, strand.serial, &strand, &err), 1);
	CHECK_MEM(&strand.tip, &none, sizeof(none));
	CHECK_INT(strand.chain, 0);
	CHECK_INT(state_move_count(state, &moves, &err), 0);
	CHECK_INT(moves, 0);
	CHECK_INT(state_chain_list(state, 0, &chains, &err), 0);
	if (!CHECK_INT(chains->len, 1))
		return;
	chain = &g_array_index(chains, struct state_chain, 0);
	CHECK_INT(chain->strand, strand.serial);
	CHECK_MEM(&chain->device, &old, sizeof(old));
	CHECK_MEM(&chain->tip, &tip, sizeof(tip));
	CHECK_INT(chain->chain, 3);
}
