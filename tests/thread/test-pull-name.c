/* SPDX-License-Identifier: ISC */
/* Whoever has the same messages from one pull shows them under the same name:
 * that of the eldest, whichever chain it came by. */
#include "defms/name.h"
#include "pull-test.h"

enum { THREADS = 8 };

/* A mail of thread `root` with a subject of its own. */
static char *letter(const char *root, const char *msgid, const char *subject,
		    int second)
{
	AUTO(str)
	char *refs = strcmp(root, msgid) == 0
			     ? g_strdup("")
			     : g_strdup_printf("References: <%s>\n", root);

	return g_strdup_printf("From: ada@example.org\nTo: list@example.org\n"
			       "Subject: %s\nMessage-ID: <%s>\n"
			       "Date: Mon, 2 Nov 2026 10:00:%02d +0000\n%s\n"
			       "This is %s.\n",
			       subject, msgid, second, refs, msgid);
}

/* The names of all threads, sorted. */
static char *names_of(struct box *box)
{
	AUTO(reader) struct reader *reader = NULL;
	AUTO(array) GArray *threads = NULL;
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	struct err err = { 0 };

	if (reader_open(box->mailbox, &reader, &err) < 0 ||
	    index_thread_range(reader_index(reader, &err), 0, 1000, &threads,
			       &err) < 0)
		die(&err);
	for (guint i = 0; i < threads->len; i++)
		g_ptr_array_add(
			names,
			g_strdup(g_array_index(threads, struct index_thread, i)
					 .name));
	g_ptr_array_sort(names, compare_text);
	g_ptr_array_add(names, NULL);
	return g_strjoinv("\n", (char **)(void *)names->pdata);
}

/* They are called so, and in a new index, too. */
static void check_names(struct box *box, const char *wanted)
{
	struct mailbox_reindexed done = { 0 };
	AUTO(str) char *names = names_of(box);
	AUTO(str) char *again = NULL;

	CHECK_STR(names, wanted);
	CHECK_INT(mailbox_reindex(box->mailbox, &done, NULL), 0);
	again = names_of(box);
	CHECK_STR(again, wanted);
}

/* Threads of roots 0 to THREADS - 1 as they are called after their roots. */
static char *wanted_names(void)
{
	AUTO(ptrs) GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; i < THREADS; i++) {
		AUTO(str) char *root = g_strdup_printf("r%d@x", i);

		g_ptr_array_add(names,
				name_thread(1793613600, "the root", root, 6));
	}
	g_ptr_array_sort(names, compare_text);
	g_ptr_array_add(names, NULL);
	return g_strjoinv("\n", (char **)(void *)names->pdata);
}

/* One writes the root of a thread, another answers it `second` later. */
static void write_thread(struct box *first, struct box *second, int number,
			 int later)
{
	AUTO(str) char *root = g_strdup_printf("r%d@x", number);
	AUTO(str) char *msgid = g_strdup_printf("a%d@x", number);
	AUTO(str) char *one = letter(root, root, "the root", 0);
	AUTO(str) char *two = letter(root, msgid, "the answer", later);

	box_import(first, one, true);
	box_import(second, two, true);
}

/* Eve takes in one pull what Ada and Bob wrote. */
static void pull_both(int later)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *bob = box_new("Bob", "bob@example.net");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	AUTO(goods) struct goods *hers = NULL;
	AUTO(goods) struct goods *all = NULL;
	AUTO(str) char *wanted = wanted_names();
	struct pull_report report;

	for (int i = 0; i < THREADS; i++)
		write_thread(i % 2 ? ada : bob, i % 2 ? bob : ada, i, later);
	box_pin(bob, ada);
	box_pin(eve, ada);
	box_pin(eve, bob);
	hers = goods_of(ada);
	pull_from(bob, hers, &report);
	pull_report_release(&report);
	all = goods_of(bob);
	pull_from(eve, all, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 2 * THREADS);
	pull_report_release(&report);
	check_names(eve, wanted);
}

TEST(of_messages_of_one_second_the_root_names_the_thread)
{
	pull_both(0);
}

TEST(a_batch_ends_between_strands)
{
	(void)g_setenv("DEFMS_BATCH", "1", TRUE);
	pull_both(5);
	g_unsetenv("DEFMS_BATCH");
}

/* A chain of `who` in the public strand `root`, with an answer or two: heads of
 * both tips. */
static void offer_answers(struct goods *goods, const struct identity *who,
			  const char *root, int count)
{
	AUTO(forge) struct forge *forge = forge_public(goods->store, who, root);

	for (int i = 0; i < count; i++) {
		AUTO(str) char *msgid = g_strdup_printf("%d-%s", i, root);
		AUTO(str)
		char *text = letter(root, msgid, "the answer", i + 1);

		forge_message(forge, text, TWIST_NONE);
		forge_commit(forge, false, TWIST_NONE);
		goods_add(goods, forge);
	}
}

static void offer_root(struct goods *goods, const struct identity *who,
		       const char *root)
{
	AUTO(forge) struct forge *forge = forge_public(goods->store, who, root);
	AUTO(str) char *text = letter(root, root, "the root", 0);

	forge_message(forge, text, TWIST_NONE);
	forge_commit(forge, false, TWIST_NONE);
	goods_add(goods, forge);
}

TEST(several_tips_of_a_chain_do_not_hold_up_the_root)
{
	AUTO(box) struct box *ada = box_new("Ada", "ada@example.org");
	AUTO(box) struct box *bob = box_new("Bob", "bob@example.net");
	AUTO(box) struct box *eve = box_new("Eve", "eve@example.com");
	const struct identity *hers = mailbox_identity(ada->mailbox);
	const struct identity *his = mailbox_identity(bob->mailbox);
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(goods) struct goods *goods = goods_new(store);
	AUTO(str) char *wanted = wanted_names();
	struct pull_report report;

	box_pin(eve, ada);
	box_pin(eve, bob);
	for (int i = 0; i < THREADS; i++) {
		AUTO(str) char *root = g_strdup_printf("r%d@x", i);

		offer_root(goods, i % 2 ? hers : his, root);
		offer_answers(goods, i % 2 ? his : hers, root, 3);
	}
	pull_from(eve, goods, &report);
	print_problems(&report);
	CHECK_INT(report.messages, 4 * THREADS);
	CHECK_INT(report.forks, 0);
	pull_report_release(&report);
	check_names(eve, wanted);
}

TEST(the_root_of_somebody_known_by_my_other_device_alone_names_the_thread)
{
	AUTO(forge) struct forge *hers = NULL;
	AUTO(forge) struct forge *mine = NULL;
	AUTO(goods) struct goods *goods = NULL;
	AUTO(str) char *one = letter("r0@x", "r0@x", "the root", 0);
	AUTO(str) char *two = letter("r0@x", "a0@x", "the answer", 5);
	AUTO(str)
	char *wanted = name_thread(1793613600, "the root", "r0@x", 6);
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
	goods_add(goods, mine);
	pull_from(pair.bob, goods, &report);
	print_problems(&report);
	CHECK_INT(report.chains, 2);
	pull_report_release(&report);
	check_names(pair.bob, wanted);
	box_check(pair.bob);
	pair_end(&pair);
	g_free(other->secrets);
	g_free(other);
}
