/* SPDX-License-Identifier: ISC */
/* What somebody who may be heard says to do harm to what is here, or to what
 * comes from others. */
#include <errno.h>

#include "defms/state-chains.h"
#include "gc.h"
#include "identity.h"
#include "key-change.h"
#include "mailbox-parts.h"
#include "pull-test.h"

/* What is no more needed is gone from the packs, and the index is new. */
static void collect(struct box *box)
{
	AUTO(state) struct state *state = box_state(box);
	struct mailbox_reindexed done;
	struct gc_report report;
	struct err err = { 0 };

	if (state_begin(state, true, &err) < 0 ||
	    state_set(state, STATE_ERASED, 1, &err) < 0 ||
	    state_commit(state, &err) < 0 ||
	    mailbox_gc(box->mailbox, true, 0, &report, &err) < 0 ||
	    mailbox_reindex(box->mailbox, &done, &err) < 0)
		die(&err);
	CHECK(!report.unswept);
}

static void pull_one(struct box *box, struct goods *goods,
		     const struct forge *forge, struct pull_report *report)
{
	(void)g_array_set_size(goods->heads, 0);
	goods_add(goods, forge);
	pull_from(box, goods, report);
	print_problems(report);
	g_ptr_array_unref(take(report->problems));
}

static enum strand_kind kind_of(const struct box *box,
				const struct strand_id *id)
{
	AUTO(state) struct state *state = box_state(box);
	struct state_strand strand = { 0 };

	CHECK_INT(state_strand_find(state, id, &strand, NULL), 1);
	return strand.kind;
}

/* -- what a strand is ------------------------------------------------------ */

/* Eve, whom Ada knows, says of an id that it is that of a public strand. */
static void claim(struct pair *pair, const struct strand_id *id,
		  const char *text)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *goods = goods_new(pair->forged);
	AUTO(forge)
	struct forge *forge = forge_new(
		pair->forged, mailbox_identity(eve->mailbox), id, NULL);
	struct pull_report report;

	box_pin(pair->ada, eve);
	forge_thread(forge);
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	pull_one(pair->ada, goods, forge, &report);
	CHECK_INT(report.chains, 0);
	CHECK_INT(report.quarantined, 1);
}

TEST(a_private_strand_is_not_public_because_somebody_says_so)
{
	AUTO(str) char *one = mail("bob@example.net", "s1@x", "s1@x");
	AUTO(str) char *here = mail("bob@example.net", "h1@x", "h1@x");
	AUTO(str) char *mine = mail("ada@example.org", "a1@x", "a1@x");
	AUTO(goods) struct goods *goods = NULL;
	AUTO(forge) struct forge *forge = NULL;
	struct pull_report report;
	struct strand_id id;
	struct pair pair;

	pair_begin(&pair);
	box_import(pair.ada, here, false);
	claim(&pair, &pair.circle->id, one);
	claim(&pair, &pair.circle->id, here);
	forge = forge_shared(&pair);
	forge_message(forge, one, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	pull_one(pair.ada, goods, forge, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(kind_of(pair.ada, &pair.circle->id), STRAND_SHARED);

	id = identity_strand(mailbox_identity(pair.ada->mailbox), "a1@x");
	claim(&pair, &id, mine);
	box_import(pair.ada, mine, false);
	CHECK_INT(kind_of(pair.ada, &id), STRAND_MINE);
	box_read_all(pair.ada);
	box_check(pair.ada);
	pair_end(&pair);
}

TEST(a_public_strand_whose_messages_are_here_is_one)
{
	AUTO(str) char *text = mail("bob@example.net", "n1@x", "n1@x");
	AUTO(goods) struct goods *goods = NULL;
	AUTO(forge) struct forge *forge = NULL;
	struct pull_report report;
	struct pair pair;

	pair_begin(&pair);
	box_import(pair.ada, text, false);
	forge = forge_public(pair.forged, mailbox_identity(pair.bob->mailbox),
			     "n1@x");
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	pull_one(pair.ada, goods, forge, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 0);
	pair_end(&pair);
}

TEST(nothing_private_goes_into_a_strand_that_state_db_takes_for_public)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(str) char *text = mail("ada@example.org", "a1@x", "a1@x");
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(reader) struct reader *reader = NULL;
	AUTO(batch) struct batch *batch = NULL;
	struct state_strand strand = { .kind = STRAND_PUBLIC };
	enum batch_result result;
	struct err err = { 0 };

	strand.id = identity_strand(mailbox_identity(ada->mailbox), "a1@x");
	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup("INBOX");
	CHECK_INT(reader_open(ada->mailbox, &reader, &err), 0);
	CHECK_INT(arrival_prepare(arrival, reader, &err), 0);
	CHECK_INT(batch_begin(ada->mailbox, &batch, &err), 0);
	CHECK_INT(state_strand_put(batch_state(batch), &strand, &err), 0);
	CHECK_INT(batch_add(batch, arrival, seen, &result, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}

/* -- what becomes of others' chains ---------------------------------------- */

TEST(a_sound_tip_that_was_offered_in_a_wrong_place_is_taken_in_its_own)
{
	AUTO(str) char *one = mail("bob@example.net", "s1@x", "s1@x");
	AUTO(goods) struct goods *goods = NULL;
	AUTO(forge) struct forge *forge = NULL;
	struct pull_report report;
	struct ref_move *head;
	struct pair pair;

	pair_begin(&pair);
	forge = forge_shared(&pair);
	forge_message(forge, one, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	goods_add(goods, forge);
	head = &g_array_index(goods->heads, struct ref_move, 0);
	head[0].strand.bytes[0] ^= 1;
	head[1].device.bytes[0] ^= 1;
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains, 0);
	CHECK_INT(report.quarantined, 2);
	pull_report_release(&report);
	pull_one(pair.ada, goods, forge, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 1);
	pair_end(&pair);
}

/* Bob puts a message that Ada has into the strand of the two, where she reads
 * it from then on; it leaves hers. */
static struct forge *take_over(struct pair *pair, struct goods *goods,
			       const char *text)
{
	struct forge *forge = forge_shared(pair);
	struct pull_report report;

	box_import(pair->ada, text, false);
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	pull_one(pair->ada, goods, forge, &report);
	CHECK_INT(report.chains, 1);
	collect(pair->ada);
	box_read_all(pair->ada);
	return forge;
}

/* The entry of `text` goes, or is one of rot. */
static void spoil(struct forge *forge, const char *text, bool keep_id)
{
	struct strand_entry entry = {
		.id = strand_key_id(forge->key, text, strlen(text)),
	};

	CHECK(strand_tree_remove(forge->tree, &entry.id));
	entry.object = put_object(forge->store, OBJECT_BLOB, "rot", 3);
	if (keep_id)
		CHECK(strand_tree_add(forge->tree, &entry));
}

TEST(what_is_read_from_a_chain_does_not_vanish_with_its_next_tip)
{
	AUTO(str) char *text = mail("ada@example.org", "s1@x", "s1@x");
	AUTO(str) char *next = mail("bob@example.net", "s1@x", "s2@x");

	for (int way = 0; way < 4; way++) {
		AUTO(goods) struct goods *goods = NULL;
		AUTO(forge) struct forge *forge = NULL;
		struct pull_report report;
		struct pair pair;

		pair_begin(&pair);
		goods = goods_new(pair.forged);
		forge = take_over(&pair, goods, text);
		spoil(forge, text, way & 1);
		forge_commit(forge, way & 2, TWIST_NONE);
		pull_one(pair.ada, goods, forge, &report);
		CHECK_INT(report.chains, 0);
		CHECK_INT(report.forks, 1);
		/* What goes on from there is heard, in the same fork. */
		forge_message(forge, next, TWIST_NONE);
		forge_commit(forge, false, TWIST_NONE);
		pull_one(pair.ada, goods, forge, &report);
		CHECK_INT(report.messages, 1);
		collect(pair.ada);
		CHECK_INT(box_count(pair.ada), 2);
		box_read_all(pair.ada);
		/* And what stands only in the fork does not vanish either. */
		spoil(forge, next, way & 1);
		forge_commit(forge, false, TWIST_NONE);
		pull_one(pair.ada, goods, forge, &report);
		CHECK_INT(report.forks, 1);
		collect(pair.ada);
		box_read_all(pair.ada);
		box_check(pair.ada);
		{
			AUTO(state) struct state *state = box_state(pair.ada);
			AUTO(array) GArray *forks = NULL;

			CHECK_INT(state_fork_list(state, 0, &forks, NULL), 0);
			CHECK_INT(forks->len, 2);
		}
		pair_end(&pair);
	}
}

static char *numbered(int number)
{
	AUTO(str) char *msgid = g_strdup_printf("s%d@x", number);

	return mail("bob@example.net", "s0@x", msgid);
}

/* The next message, in a commit that goes on from this one. */
static struct object_id go_on(struct forge *forge, int number,
			      struct object_id from, uint64_t chain)
{
	AUTO(str) char *text = numbered(number);

	forge->tip = from;
	forge->chain = chain;
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	return forge->tip;
}

TEST(two_tips_that_go_on_from_one_fork_are_both_kept)
{
	static const struct object_id none = { { 0 } };
	AUTO(str) char *third = numbered(3);
	AUTO(goods) struct goods *goods = NULL;
	AUTO(forge) struct forge *forge = NULL;
	struct pull_report report;
	struct object_id first, fork;
	struct pair pair;

	pair_begin(&pair);
	goods = goods_new(pair.forged);
	forge = forge_shared(&pair);
	first = go_on(forge, 0, none, 0);
	(void)go_on(forge, 1, first, 1);
	pull_one(pair.ada, goods, forge, &report);
	fork = go_on(forge, 2, first, 1);
	pull_one(pair.ada, goods, forge, &report);
	CHECK_INT(report.forks, 1);
	(void)g_array_set_size(goods->heads, 0);
	(void)go_on(forge, 3, fork, 2);
	goods_add(goods, forge);
	spoil(forge, third, false);
	(void)go_on(forge, 4, fork, 2);
	goods_add(goods, forge);
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.forks, 2);
	CHECK_INT(report.messages, 2);
	pull_report_release(&report);
	collect(pair.ada);
	CHECK_INT(box_count(pair.ada), 5);
	box_read_all(pair.ada);
	box_check(pair.ada);
	pair_end(&pair);
}

/* My other device, whose id stands before or behind Bob's. */
static struct identity *other_ordered(const struct pair *pair, bool first,
				      struct goods *goods)
{
	struct device_id bob =
		identity_device(mailbox_identity(pair->bob->mailbox));
	struct identity *ada =
		g_memdup2(mailbox_identity(pair->ada->mailbox), sizeof(*ada));
	struct identity *other = NULL;
	struct device_id id;
	char *card = NULL;

	ada->secrets = g_memdup2(ada->secrets, sizeof(*ada->secrets));
	do {
		if (other)
			g_free(other->secrets);
		g_free(other);
		g_free(card);
		ada->secrets->device[1]++;
		other = other_device(ada, &card);
		id = identity_device(other);
	} while ((memcmp(&id, &bob, sizeof(id)) < 0) != first);
	g_ptr_array_add(goods->cards, card);
	g_free(ada->secrets);
	g_free(ada);
	return other;
}

/* My other device erased it. Where Bob has anything of the strand, he has but
 * its id. */
static void erase_elsewhere(struct pair *pair, bool first, bool bob)
{
	AUTO(str) char *text = mail("ada@example.org", "s1@x", "s1@x");
	AUTO(str) char *next = mail("bob@example.net", "s1@x", "s2@x");
	AUTO(goods) struct goods *goods = goods_new(pair->forged);
	AUTO(forge) struct forge *his = forge_shared(pair);
	AUTO(forge) struct forge *mine = forge_shared(pair);
	struct identity *other = other_ordered(pair, first, goods);
	struct pull_report report;

	mine->who = other;
	forge_message(mine, text, TWIST_NONE);
	forge_message(mine, next, TWIST_NONE);
	forge_commit(mine, false, TWIST_NONE);
	pull_one(pair->ada, goods, mine, &report);
	CHECK_INT(report.messages, 2);
	forge_message(his, text, TWIST_NONE);
	spoil(his, text, true);
	forge_commit(his, false, TWIST_NONE);
	if (bob)
		pull_one(pair->ada, goods, his, &report);
	CHECK_INT(report.chains, 1);
	spoil(mine, text, false);
	mine->chain += 3;
	forge_commit(mine, true, TWIST_NONE);
	pull_one(pair->ada, goods, mine, &report);
	CHECK_INT(report.chains, 1);
	collect(pair->ada);
	CHECK_INT(box_count(pair->ada), 2);
	box_read_all(pair->ada);
	box_check(pair->ada);
	g_free(other->secrets);
	g_free(other);
}

/* The card of `card` as an old backup would sign it later on. Caller frees. */
static char *sign_late(const struct identity *identity, const char *card)
{
	AUTO(card) struct card *late = NULL;
	struct err err = { 0 };
	char *text = NULL;

	if (card_parse(card, strlen(card), &late, &err) < 0)
		die(&err);
	late->version = INT64_C(1) << 40;
	if (card_write(late, identity, &text, &err) < 0)
		die(&err);
	return text;
}

/* It was lost, and has kept what a device with the root signed that did not
 * know of it. */
static void come_back(bool has_root)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(goods) struct goods *goods = goods_new(store);
	AUTO(str) char *text = mail("bob@example.net", "t1@x", "t1@x");
	AUTO(str) char *card = NULL;
	AUTO(forge) struct forge *forge = NULL;
	struct identity *mine = mailbox_own_identity(ada->mailbox);
	struct identity *lost = other_device(mine, &card);
	struct device_id id = identity_device(lost);
	struct pull_report report;
	struct err err = { 0 };

	g_ptr_array_add(goods->cards, sign_late(mine, card));
	CHECK_INT(identity_add_device(mine, lost->device, 5, &err), 1);
	CHECK_INT(identity_drop_device(mine, &id, 5, &err), 0);
	mine->has_root = has_root;
	CHECK_INT(mailbox_save_identity(ada->mailbox, &err), 0);
	forge = forge_mine(store, lost, "t1@x");
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	for (int i = 0; i < 2; i++) {
		pull_one(ada, goods, forge, &report);
		CHECK_INT(report.chains, 0);
		CHECK(!identity_lists(mine, lost->device));
		CHECK_INT(mailbox_may_write(ada->mailbox, &err), 0);
	}
	CHECK_INT(box_count(ada), 0);
	g_free(lost->secrets);
	g_free(lost);
}

TEST(a_lost_device_of_mine_does_not_come_back_by_a_card_of_older_keys)
{
	come_back(true);
	come_back(false);
}

TEST(what_others_have_by_name_only_is_kept_by_this_device)
{
	for (int way = 0; way < 4; way++) {
		struct pair pair;

		pair_begin(&pair);
		erase_elsewhere(&pair, way & 1, way & 2);
		pair_end(&pair);
	}
}

/* -- room ------------------------------------------------------------------ */

TEST(nothing_is_written_of_strangers_once_their_day_is_full)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(str) char *text = mail("ada@example.org", "n1@x", "n1@x");
	AUTO(str) char *other = mail("ada@example.org", "n2@x", "n2@x");
	int64_t today = g_get_real_time() / G_USEC_PER_SEC / 86400;
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;
	struct object_id tip;

	box_import(ada, text, true);
	box_import(ada, other, true);
	goods = goods_of(ada);
	g_ptr_array_set_size(goods->cards, 0);
	goods->anybody = true;
	{
		AUTO(state) struct state *state = box_state(eve);

		CHECK_INT(state_begin(state, true, NULL), 0);
		CHECK_INT(state_set(state, "anybody day", today, NULL), 0);
		CHECK_INT(state_set(state, "anybody bytes", 64 << 20, NULL), 0);
		CHECK_INT(state_commit(state, NULL), 0);
	}
	pull_from(eve, goods, &report);
	CHECK_INT(report.quarantined, 0);
	CHECK_INT(report.postponed, 2);
	CHECK_INT(report.chains, 0);
	/* One line, however many there are. */
	CHECK_INT(report.problems->len, 1);
	CHECK(strstr(report.problems->pdata[0], "2 chains of keys"));
	pull_report_release(&report);
	tip = g_array_index(goods->heads, struct ref_move, 0).tip;
	CHECK_INT(store_refresh(mailbox_store(eve->mailbox), NULL), 0);
	CHECK(!store_has(mailbox_store(eve->mailbox), &tip, NULL));
}
