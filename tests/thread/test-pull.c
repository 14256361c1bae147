/* SPDX-License-Identifier: ISC */
#include "defms/state-chains.h"
#include "pull-test.h"
#include "state-bad.h"

static void import(struct box *box, const char *root, const char *msgid)
{
	AUTO(str) char *text = mail(box->mail, root, msgid);

	box_import(box, text, true);
}

static void pull_box(struct box *box, struct box *from,
		     struct pull_report *report)
{
	AUTO(goods) struct goods *goods = goods_of(from);

	pull_from(box, goods, report);
	print_problems(report);
}

TEST(a_public_thread_comes_whole_and_once)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(str) char *hers = NULL;
	AUTO(str) char *mine = NULL;
	struct pull_report report;
	int64_t seq;

	for (int i = 0; i < 5; i++) {
		AUTO(str) char *msgid = g_strdup_printf("m%d@x", i);

		import(ada, i < 3 ? "m0@x" : msgid, msgid);
	}
	box_pin(eve, ada);
	pull_box(eve, ada, &report);
	CHECK_INT(report.chains, 3);
	CHECK_INT(report.messages, 5);
	CHECK_INT(report.problems->len, 0);
	pull_report_release(&report);
	hers = box_hashes(ada);
	mine = box_hashes(eve);
	CHECK_STR(mine, hers);
	box_read_all(eve);
	seq = box_number(eve, "seq");
	pull_box(eve, ada, &report);
	CHECK_INT(report.chains, 0);
	CHECK_INT(report.messages, 0);
	pull_report_release(&report);
	CHECK_INT(box_number(eve, "seq"), seq);
	import(ada, "m0@x", "late@x");
	pull_box(eve, ada, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 6);
	box_check(eve);
	CHECK_INT(box_count(eve), 6);
}

TEST(what_strangers_put_into_public_threads_is_taken_from_those_named)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *goods = NULL;
	struct root_key root = root_of(mailbox_identity(ada->mailbox));
	struct pull_report report;

	import(ada, "m0@x", "m0@x");
	goods = goods_of(ada);
	pull_from(eve, goods, &report);
	CHECK_INT(report.foreign, 1);
	CHECK_INT(report.problems->len, 0);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 0);
	CHECK_INT(box_number(eve, "seq"), 0);
	(void)g_array_append_val(goods->from, root);
	pull_from(eve, goods, &report);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 1);
}

TEST(anybody_may_fill_public_threads_only_where_that_is_said)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;

	import(ada, "m0@x", "m0@x");
	goods = goods_of(ada);
	g_ptr_array_set_size(goods->cards, 0);
	goods->anybody = true;
	pull_from(eve, goods, &report);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	CHECK(box_number(eve, "anybody bytes") > 0);
	box_check(eve);
}

TEST(a_removed_message_does_not_come_back)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	struct pull_report report;
	struct err err = { 0 };

	import(ada, "m0@x", "m0@x");
	import(eve, "m0@x", "m1@x");
	box_pin(eve, ada);
	pull_box(eve, ada, &report);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 2);
	{
		AUTO(state) struct state *state = box_state(eve);

		CHECK_INT(state_begin(state, true, &err), 0);
		CHECK_INT(state_message_remove(state, 2, 1, &err), 0);
		CHECK_INT(state_commit(state, &err), 0);
	}
	import(ada, "m0@x", "m2@x");
	pull_box(eve, ada, &report);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 2);
}

TEST(a_message_that_is_here_is_not_doubled)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(str) char *text = mail("ada@example.org", "m0@x", "m0@x");
	struct pull_report report;

	box_import(ada, text, true);
	box_import(eve, text, false);
	box_pin(eve, ada);
	pull_box(eve, ada, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 0);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 1);
	box_check(eve);
}

TEST(what_was_pulled_is_in_a_new_index_too)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	struct mailbox_reindexed done = { 0 };
	struct pull_report report;
	struct err err = { 0 };

	for (int i = 0; i < 7; i++) {
		AUTO(str) char *msgid = g_strdup_printf("m%d@x", i);

		import(i % 2 ? ada : eve, "m0@x", msgid);
	}
	box_pin(eve, ada);
	pull_box(eve, ada, &report);
	pull_report_release(&report);
	if (mailbox_reindex(eve->mailbox, &done, &err) < 0)
		die(&err);
	CHECK_INT(done.done, 7);
	CHECK_INT(done.damaged, 0);
	box_read_all(eve);
	box_check(eve);
}

/* -- chains that are not sound --------------------------------------------- */

TEST(a_shared_thread_comes_to_a_member)
{
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;
	struct pair pair;
	AUTO(str) char *one = mail("bob@example.net", "s1@x", "s1@x");
	AUTO(str) char *two = mail("ada@example.org", "s1@x", "s2@x");

	pair_begin(&pair);
	box_import(pair.ada, two, false);
	forge = forge_shared(&pair);
	forge_message(forge, one, TWIST_NONE);
	forge_message(forge, two, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	pull_from(pair.ada, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	CHECK_INT(box_count(pair.ada), 2);
	box_read_all(pair.ada);
	box_check(pair.ada);
	/* Again nothing, and after a new index the same. */
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains, 0);
	pull_report_release(&report);
	{
		struct mailbox_reindexed done;

		CHECK_INT(mailbox_reindex(pair.ada->mailbox, &done, NULL), 0);
		CHECK_INT(done.done, 2);
		CHECK_INT(done.damaged, 0);
	}
	box_read_all(pair.ada);
	box_check(pair.ada);
	pair_end(&pair);
}

TEST(a_shared_thread_is_foreign_to_others)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = NULL;
	AUTO(str) char *one = mail("bob@example.net", "s1@x", "s1@x");
	struct pull_report report;
	struct pair pair;

	pair_begin(&pair);
	box_pin(eve, pair.bob);
	forge = forge_shared(&pair);
	forge_message(forge, one, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	pull_from(eve, goods, &report);
	CHECK_INT(report.foreign, 1);
	CHECK_INT(report.problems->len, 0);
	pull_report_release(&report);
	CHECK_INT(box_number(eve, "seq"), 0);
	/* Bob knows Ada by no address. */
	pull_from(pair.bob, goods, &report);
	CHECK_INT(report.chains, 0);
	pull_report_release(&report);
	pair_end(&pair);
}

/* A thread with a twist beside a sound one: the first is not taken. */
static void pull_twisted(struct pair *pair, enum twist twist)
{
	const struct identity *bob = mailbox_identity(pair->bob->mailbox);
	AUTO(forge) struct forge *forge = forge_shared(pair);
	AUTO(forge) struct forge *other = NULL;
	AUTO(goods) struct goods *goods = goods_new(pair->forged);
	AUTO(str) char *one = mail("bob@example.net", "s1@x", "s1@x");
	AUTO(str) char *two = mail("bob@example.net", "s1@x", "s2@x");
	AUTO(str) char *sound = mail("bob@example.net", "n1@x", "n1@x");
	struct pull_report report;
	struct object_id known;
	bool judged_singly = twist == TWIST_ID || twist == TWIST_NONE;

	forge_message(forge, one, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods_add(goods, forge);
	pull_from(pair->ada, goods, &report);
	CHECK_INT(report.chains, 1);
	pull_report_release(&report);
	known = forge->tip;

	forge_message(forge, two, twist);
	forge_commit(forge, false, twist);
	other = forge_public(pair->forged, bob, "n1@x");
	forge_message(other, sound, TWIST_NONE);
	forge_commit(other, false, TWIST_NONE);
	(void)g_array_set_size(goods->heads, 0);
	goods_add(goods, forge);
	goods_add(goods, other);
	pull_from(pair->ada, goods, &report);
	CHECK_INT(report.chains, judged_singly ? 2 : 1);
	CHECK_INT(report.messages, twist == TWIST_NONE ? 2 : 1);
	CHECK_INT(report.quarantined, judged_singly ? 0 : 1);
	CHECK_INT(report.problems->len, twist == TWIST_NONE ? 0 : 1);
	pull_report_release(&report);
	CHECK_INT(box_count(pair->ada), twist == TWIST_NONE ? 3 : 2);
	CHECK(!object_id_equal(&known, &forge->tip));
	{
		int64_t seq = box_number(pair->ada, "seq");

		pull_from(pair->ada, goods, &report);
		CHECK_INT(report.quarantined, judged_singly ? 0 : 1);
		pull_report_release(&report);
		CHECK_INT(box_number(pair->ada, "seq"), seq);
	}
	box_check(pair->ada);
}

TEST(whatever_is_wrong_with_a_commit_is_not_taken_and_holds_up_nothing)
{
	for (int twist = TWIST_NONE; twist < TWIST_END; twist++) {
		struct pair pair;

		printf("# twist %d\n", twist);
		pair_begin(&pair);
		pull_twisted(&pair, (enum twist)twist);
		pair_end(&pair);
	}
}

/* The same head, with each of its objects spoiled in turn; then sound. */
TEST(a_head_that_was_spoiled_on_its_way_is_taken_when_it_comes_whole)
{
	static const enum spoil ways[] = { SPOIL_FLIP, SPOIL_DROP, SPOIL_SWAP,
					   SPOIL_CUT };
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = NULL;
	AUTO(array) GArray *tips = NULL;
	AUTO(table) GHashTable *reached = NULL;
	struct pull_report report;
	GHashTableIter it;
	gpointer id;
	struct pair pair;

	pair_begin(&pair);
	forge = forge_shared(&pair);
	for (int i = 0; i < 3; i++) {
		AUTO(str) char *msgid = g_strdup_printf("s%d@x", i);
		AUTO(str) char *text = mail("bob@example.net", "s0@x", msgid);

		forge_message(forge, text, TWIST_NONE);
		forge_commit(forge, false, TWIST_NONE);
	}
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	tips = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	(void)g_array_append_val(tips, forge->tip);
	CHECK_INT(store_reach(pair.forged, tips, &reached, NULL), 0);
	CHECK(g_hash_table_size(reached) >= 15);
	for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
		goods->how = ways[way];
		goods->other = forge->tip;
		g_hash_table_iter_init(&it, reached);
		while (g_hash_table_iter_next(&it, &id, NULL)) {
			memcpy(&goods->spoiled, id, sizeof(goods->spoiled));
			if (object_id_equal(&goods->spoiled, &goods->other))
				goods->other = object_id_of(OBJECT_BLOB, "", 0);
			pull_from(pair.ada, goods, &report);
			CHECK_INT(report.chains, 0);
			CHECK_INT(report.quarantined, 1);
			pull_report_release(&report);
		}
	}
	CHECK_INT(box_count(pair.ada), 0);
	box_check(pair.ada);
	goods->how = SPOIL_NOTHING;
	pull_from(pair.ada, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 3);
	pull_report_release(&report);
	{
		AUTO(state) struct state *state = box_state(pair.ada);
		AUTO(array) GArray *bads = NULL;

		CHECK_INT(state_bad_list(state, &bads, NULL), 0);
		CHECK_INT(bads->len, 0);
	}
	box_check(pair.ada);
	pair_end(&pair);
}

TEST(an_older_tip_is_no_news_and_a_fork_is_kept_beside)
{
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = NULL;
	struct object_id tips[4], below = { { 0 } };
	struct pull_report report;
	struct pair pair;
	int64_t seq;

	pair_begin(&pair);
	forge = forge_shared(&pair);
	for (int i = 0; i < 3; i++) {
		AUTO(str) char *msgid = g_strdup_printf("s%d@x", i);
		AUTO(str) char *text = mail("bob@example.net", "s0@x", msgid);

		forge_message(forge, text, TWIST_NONE);
		forge_commit(forge, false, TWIST_NONE);
		tips[i] = forge->tip;
	}
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.messages, 3);
	pull_report_release(&report);
	seq = box_number(pair.ada, "seq");
	for (int i = 0; i < 2; i++) {
		g_array_index(goods->heads, struct ref_move, 0).tip = tips[i];
		pull_from(pair.ada, goods, &report);
		CHECK_INT(report.chains + report.forks + report.quarantined, 0);
		pull_report_release(&report);
	}
	CHECK_INT(box_number(pair.ada, "seq"), seq);

	/* The key lives twice: from the first commit another way. */
	forge->tip = tips[0];
	forge->chain = 1;
	{
		AUTO(str)
		char *text = mail("bob@example.net", "s0@x", "fork@x");

		forge_message(forge, text, TWIST_NONE);
	}
	for (int i = 0; i < 2; i++) {
		forge_commit(forge, false, TWIST_NONE);
		if (i == 0)
			below = forge->tip;
		(void)g_array_set_size(goods->heads, 0);
		goods_add(goods, forge);
		pull_from(pair.ada, goods, &report);
		print_problems(&report);
		CHECK_INT(report.forks, 1);
		CHECK_INT(report.messages, i == 0 ? 1 : 0);
		pull_report_release(&report);
	}
	seq = box_number(pair.ada, "seq");
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.forks, 0);
	pull_report_release(&report);
	CHECK_INT(box_number(pair.ada, "seq"), seq);
	/* Nor is what stands below the fork any news. */
	g_array_index(goods->heads, struct ref_move, 0).tip = below;
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains + report.forks + report.quarantined, 0);
	pull_report_release(&report);
	CHECK_INT(box_number(pair.ada, "seq"), seq);
	CHECK_INT(box_count(pair.ada), 4);
	box_read_all(pair.ada);
	box_check(pair.ada);
	{
		AUTO(state) struct state *state = box_state(pair.ada);
		AUTO(array) GArray *forks = NULL;

		/* The second went on from the first. */
		CHECK_INT(state_fork_list(state, 0, &forks, NULL), 0);
		CHECK_INT(forks->len, 1);
	}
	pair_end(&pair);
}

TEST(several_tips_of_one_chain_in_one_offer_come_to_the_newest)
{
	for (int order = 0; order < 2; order++) {
		AUTO(forge) struct forge *forge = NULL;
		AUTO(goods) struct goods *goods = NULL;
		struct pull_report report;
		struct pair pair;

		pair_begin(&pair);
		forge = forge_shared(&pair);
		goods = goods_new(pair.forged);
		for (int i = 0; i < 3; i++) {
			AUTO(str) char *msgid = g_strdup_printf("s%d@x", i);
			AUTO(str)
			char *text = mail("bob@example.net", "s0@x", msgid);

			forge_message(forge, text, TWIST_NONE);
			forge_commit(forge, false, TWIST_NONE);
			goods_add(goods, forge);
		}
		if (order > 0) {
			struct ref_move *heads = &g_array_index(
				goods->heads, struct ref_move, 0);
			struct ref_move first = heads[0];

			heads[0] = heads[2];
			heads[2] = first;
		}
		pull_from(pair.ada, goods, &report);
		print_problems(&report);
		CHECK_INT(report.messages, 3);
		CHECK_INT(report.forks + report.quarantined, 0);
		pull_report_release(&report);
		CHECK_INT(box_count(pair.ada), 3);
		box_check(pair.ada);
		pair_end(&pair);
	}
}

TEST(a_chain_that_begins_anew_with_all_it_had_replaces_the_old_one)
{
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = NULL;
	struct pull_report report;
	struct object_id old;
	struct pair pair;

	pair_begin(&pair);
	forge = forge_shared(&pair);
	for (int i = 0; i < 3; i++) {
		AUTO(str) char *msgid = g_strdup_printf("s%d@x", i);
		AUTO(str) char *text = mail("bob@example.net", "s0@x", msgid);

		forge_message(forge, text, TWIST_NONE);
		forge_commit(forge, i == 2, TWIST_NONE);
		if (i == 1)
			old = forge->tip;
	}
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	g_array_index(goods->heads, struct ref_move, 0).tip = old;
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.messages, 2);
	pull_report_release(&report);
	g_array_index(goods->heads, struct ref_move, 0).tip = forge->tip;
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 1);
	pull_report_release(&report);
	/* What was replaced does not come back. */
	g_array_index(goods->heads, struct ref_move, 0).tip = old;
	pull_from(pair.ada, goods, &report);
	CHECK_INT(report.chains + report.forks + report.quarantined, 0);
	pull_report_release(&report);
	box_check(pair.ada);
	pair_end(&pair);
}

TEST(a_tip_of_this_device_that_it_did_not_write_stops_its_writing)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(forge) struct forge *forge = NULL;
	AUTO(goods) struct goods *goods = goods_new(store);
	AUTO(str) char *text = mail("ada@example.org", "t1@x", "t1@x");
	struct pull_report report;

	import(ada, "m0@x", "m0@x");
	forge = forge_public(store, mailbox_identity(ada->mailbox), "t1@x");
	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods_add(goods, forge);
	pull_from(ada, goods, &report);
	CHECK_INT(report.chains, 0);
	CHECK_INT(report.problems->len, 1);
	pull_report_release(&report);
	CHECK_INT(box_number(ada, STATE_TWICE), 1);
	CHECK_INT(box_count(ada), 1);
	{
		AUTO(batch) struct batch *batch = NULL;
		AUTO(reader) struct reader *reader = NULL;
		AUTO(table)
		GHashTable *seen = g_hash_table_new_full(
			g_int64_hash, g_int64_equal, g_free, NULL);
		AUTO(arrival) struct arrival *arrival = arrival_new();
		enum batch_result result;
		struct err err;

		arrival->raw = g_byte_array_new();
		(void)g_byte_array_append(arrival->raw, (guint8 *)text,
					  (guint)strlen(text));
		arrival->folder = g_strdup("INBOX");
		CHECK_INT(reader_open(ada->mailbox, &reader, &err), 0);
		CHECK_INT(arrival_prepare(arrival, reader, &err), 0);
		CHECK_INT(batch_begin(ada->mailbox, &batch, &err), 0);
		CHECK_INT(batch_add(batch, arrival, seen, &result, &err), -1);
		CHECK_INT(err.code, EPERM);
	}
	box_check(ada);
}

TEST(a_good_copy_of_another_chain_serves_where_one_is_bad)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(forge) struct forge *bad = NULL;
	AUTO(forge) struct forge *good = NULL;
	AUTO(goods) struct goods *goods = NULL;
	AUTO(str) char *text = mail("bob@example.net", "n1@x", "n1@x");
	struct message_id id = message_id_of(NULL, text, strlen(text));
	struct strand_entry entry = { .id = id };
	struct pull_report report;
	struct pair pair;

	pair_begin(&pair);
	box_pin(eve, pair.ada);
	box_pin(eve, pair.bob);
	bad = forge_public(pair.forged, mailbox_identity(pair.ada->mailbox),
			   "n1@x");
	entry.object = put_object(pair.forged, OBJECT_BLOB, "rot", 3);
	CHECK(strand_tree_add(bad->tree, &entry));
	forge_commit(bad, false, TWIST_NONE);
	good = forge_public(pair.forged, mailbox_identity(pair.bob->mailbox),
			    "n1@x");
	forge_message(good, text, TWIST_NONE);
	forge_commit(good, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	goods_add(goods, bad);
	goods_add(goods, good);
	pull_from(eve, goods, &report);
	CHECK_INT(report.chains, 2);
	CHECK_INT(report.messages, 1);
	CHECK_INT(report.problems->len, 1);
	pull_report_release(&report);
	CHECK_INT(box_count(eve), 1);
	box_read_all(eve);
	box_check(eve);
	{
		struct mailbox_reindexed done;

		CHECK_INT(mailbox_reindex(eve->mailbox, &done, NULL), 0);
		CHECK_INT(done.done, 1);
		CHECK_INT(done.damaged, 0);
	}
	box_check(eve);
	pair_end(&pair);
}

/* -- my other device ------------------------------------------------------- */

/* The lines of `links` of all strands. */
static char *lines_of(const struct box *box)
{
	AUTO(state) struct state *state = box_state(box);
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;

	CHECK_INT(state_link_list(state, &strands, &lines, NULL), 0);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv(";", (char **)(void *)lines->pdata);
}

TEST(another_device_of_mine_is_obeyed_and_what_it_drops_is_kept_here)
{
	static const char first[] = "join a@x\njoin b@x\n";
	static const struct object_id none = { { 0 } };
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(goods) struct goods *goods = goods_new(store);
	AUTO(str) char *one = mail("bob@example.net", "t1@x", "t1@x");
	AUTO(str) char *two = mail("ada@example.org", "t1@x", "t2@x");
	AUTO(str) char *lines = NULL;
	AUTO(str) char *undone = NULL;
	struct identity *other;
	struct pull_report report;
	struct message_id id;
	struct forge *forge;
	char *card = NULL;

	other = other_device(mailbox_identity(ada->mailbox), &card);
	g_ptr_array_add(goods->cards, card);
	forge = forge_mine(store, other, "t1@x");
	forge_message(forge, one, TWIST_NONE);
	forge_message(forge, two, TWIST_NONE);
	forge_blob(forge, STRAND_LINKS, SEAL_LINKS, first, strlen(first));
	forge_commit(forge, false, TWIST_NONE);
	goods_add(goods, forge);
	pull_from(ada, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.messages, 2);
	pull_report_release(&report);
	lines = lines_of(ada);
	CHECK_STR(lines, "join a@x;join b@x");
	box_check(ada);

	/* It removed one for good, and undid what it had decided. */
	id = strand_key_id(forge->key, one, strlen(one));
	CHECK(strand_tree_remove(forge->tree, &id));
	strand_tree_set_blob(forge->tree, STRAND_LINKS, &none, NULL, 0);
	forge->chain += 3;
	forge_commit(forge, true, TWIST_NONE);
	(void)g_array_set_size(goods->heads, 0);
	goods_add(goods, forge);
	pull_from(ada, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 1);
	CHECK_INT(report.forks, 0);
	pull_report_release(&report);
	CHECK_INT(box_count(ada), 2);
	undone = lines_of(ada);
	CHECK_STR(undone, "");
	box_read_all(ada);
	box_check(ada);
	{
		AUTO(state) struct state *state = box_state(ada);
		struct state_strand strand;

		CHECK_INT(
			state_strand_find(state, &forge->strand, &strand, NULL),
			1);
		CHECK(!object_id_is_null(&strand.tip));
		CHECK_INT(strand.kind, STRAND_MINE);
	}
	forge_free(forge);
	g_free(other->secrets);
	g_free(other);
}

TEST(a_chain_of_my_other_device_says_that_those_of_its_members_are_wanted)
{
	AUTO(forge) struct forge *hers = NULL;
	AUTO(forge) struct forge *mine = NULL;
	AUTO(goods) struct goods *goods = NULL;
	AUTO(str) char *one = mail("ada@example.org", "s1@x", "s1@x");
	AUTO(str) char *two = mail("bob@example.net", "s1@x", "s2@x");
	struct identity *other;
	struct pull_report report;
	char *card = NULL;
	struct pair pair;

	/* Bob has pinned nobody. */
	pair_begin(&pair);
	other = other_device(mailbox_identity(pair.bob->mailbox), &card);
	hers = forge_shared(&pair);
	hers->who = mailbox_identity(pair.ada->mailbox);
	forge_message(hers, one, TWIST_NONE);
	forge_commit(hers, false, TWIST_NONE);
	mine = forge_shared(&pair);
	mine->who = other;
	forge_message(mine, two, TWIST_NONE);
	forge_commit(mine, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	g_ptr_array_add(goods->cards, card);
	goods_add(goods, hers);
	pull_from(pair.bob, goods, &report);
	CHECK_INT(report.chains, 0);
	CHECK_INT(report.quarantined, 1);
	pull_report_release(&report);
	goods_add(goods, mine);
	pull_from(pair.bob, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 2);
	CHECK_INT(report.messages, 2);
	CHECK_INT(report.quarantined, 0);
	pull_report_release(&report);
	box_check(pair.bob);
	pair_end(&pair);
	g_free(other->secrets);
	g_free(other);
}

/* -- who signed ------------------------------------------------------------ */

static char *signature_of(struct box *box, int64_t serial)
{
	AUTO(reader) struct reader *reader = NULL;
	struct index_message row = { 0 };
	GString *out = g_string_new(NULL);
	struct err err = { 0 };

	if (reader_open(box->mailbox, &reader, &err) < 0 ||
	    index_message_get(reader_index(reader, &err), serial, &row, &err) <=
		    0 ||
	    signature_print(reader, &row, out, &err) < 0)
		die(&err);
	index_message_release(&row);
	return g_string_free(out, FALSE);
}

TEST(a_signature_says_who_wrote_or_who_filed)
{
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *goods = NULL;
	AUTO(str) char *his = mail("bob@example.net", "n1@x", "n1@x");
	AUTO(str) char *hers = mail("ada@example.org", "n1@x", "n2@x");
	AUTO(str) char *mine = mail("eve@example.com", "e1@x", "e1@x");
	struct message_id id = message_id_of(NULL, his, strlen(his));
	AUTO(forge) struct forge *forge = NULL;
	char sent[MESSAGE_ID_HEX + 2];
	struct pull_report report;
	struct pair pair;

	pair_begin(&pair);
	box_import(eve, mine, false);
	box_pin(eve, pair.bob);
	forge = forge_public(pair.forged, mailbox_identity(pair.bob->mailbox),
			     "n1@x");
	forge_message(forge, his, TWIST_NONE);
	forge_message(forge, hers, TWIST_NONE);
	message_id_print(&id, sent);
	(void)g_strlcat(sent, "\n", sizeof(sent));
	forge_blob(forge, STRAND_SENT, 0, sent, strlen(sent));
	forge_commit(forge, false, TWIST_NONE);
	goods = goods_new(pair.forged);
	goods_add(goods, forge);
	pull_from(eve, goods, &report);
	CHECK_INT(report.messages, 2);
	pull_report_release(&report);
	for (int64_t serial = 1; serial <= 3; serial++) {
		AUTO(str) char *text = signature_of(eve, serial);
		AUTO(state) struct state *state = box_state(eve);
		struct state_message row;

		CHECK_INT(state_message_get(state, serial, &row, NULL), 1);
		if (serial == 1)
			CHECK(g_str_has_prefix(text, "filed by Eve "));
		else if (memcmp(&row.hash, &id, sizeof(id)) == 0)
			CHECK(g_str_has_prefix(text, "author Bob "));
		else
			CHECK(g_str_has_prefix(text, "filed by Bob "));
	}
	{
		AUTO(state) struct state *state = box_state(eve);
		struct root_key root =
			root_of(mailbox_identity(pair.bob->mailbox));

		/* Without his card nobody knows the device. */
		CHECK_INT(state_begin(state, true, NULL), 0);
		CHECK_INT(state_card_put(state, &root, 2, "", NULL), 0);
		CHECK_INT(state_commit(state, NULL), 0);
	}
	for (int64_t serial = 2; serial <= 3; serial++) {
		AUTO(str) char *text = signature_of(eve, serial);

		CHECK_STR(text, "unknown key\n");
	}
	pair_end(&pair);
}
