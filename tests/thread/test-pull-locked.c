/* SPDX-License-Identifier: ISC */
/* Finding out that no box of a strand is for me is done once. */
#include "pull-locked.h"

#include "pull-test.h"

/* A thread that Ada and Bob share, as Bob's chain has it. */
static struct goods *offer_shared(const struct pair *pair,
				  struct object_id *keys_r)
{
	AUTO(forge) struct forge *forge = forge_shared(pair);
	AUTO(str) char *text = mail("bob@example.net", "s1@x", "s1@x");
	struct goods *goods = goods_new(pair->forged);

	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods_add(goods, forge);
	*keys_r = strand_tree_blob(forge->tree, STRAND_KEYS);
	return goods;
}

static int is_locked(const struct box *box, const struct object_id *keys,
		     int64_t generations)
{
	AUTO(state) struct state *state = box_state(box);

	return state_locked_get(state, keys, generations, NULL);
}

TEST(what_opens_with_no_key_of_mine_is_remembered)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;
	struct object_id keys;
	struct pair pair;

	pair_begin(&pair);
	box_pin(eve, pair.bob);
	goods = offer_shared(&pair, &keys);
	CHECK_INT(is_locked(eve, &keys, 1), 0);
	for (int i = 0; i < 2; i++) {
		pull_from(eve, goods, &report);
		CHECK_INT(report.foreign, 1);
		pull_report_release(&report);
		CHECK_INT(is_locked(eve, &keys, 1), 1);
		CHECK_INT(is_locked(eve, &keys, 2), 0);
		CHECK_INT(box_number(eve, "seq"), 0);
	}
	box_check(eve);
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains, 1);
	pull_report_release(&report);
	CHECK_INT(is_locked(pair.ada, &keys, 1), 0);
	pair_end(&pair);
}

/* Ada's state.db says that she tried, with so many generations. */
static void pull_locked(int64_t generations, size_t chains)
{
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;
	struct object_id keys;
	struct pair pair;

	pair_begin(&pair);
	goods = offer_shared(&pair, &keys);
	{
		AUTO(state) struct state *state = box_state(pair.ada);

		CHECK_INT(state_locked_put(state, &keys, generations, 1, NULL),
			  0);
	}
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains, chains);
	CHECK_INT(report.foreign, 1 - chains);
	pull_report_release(&report);
	pair_end(&pair);
}

TEST(it_is_not_tried_again_but_with_another_key)
{
	pull_locked(1, 0);
	pull_locked(0, 1);
}

TEST(within_a_pull_it_is_known_at_once)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(state) struct state *state = box_state(eve);
	struct pull_locked *locked = pull_locked_new(eve->mailbox);
	struct object_id keys = { { 1 } };

	CHECK_INT(pull_locked_has(locked, state, &keys, NULL), 0);
	pull_locked_add(locked, &keys);
	CHECK_INT(pull_locked_has(locked, state, &keys, NULL), 1);
	CHECK_INT(is_locked(eve, &keys, 1), 0);
	pull_locked_keep(locked, eve->mailbox, state);
	CHECK_INT(is_locked(eve, &keys, 1), 1);
	pull_locked_free(locked);
}
