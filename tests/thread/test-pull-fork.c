/* SPDX-License-Identifier: ISC */
/* A device that is put back to an older state again and again. */
#include "defms/state-chains.h"
#include "pull-test.h"

/* Bob's device goes another way: a chain with the messages of these numbers. */
static struct object_id fork_of(const struct pair *pair, const int *numbers)
{
	AUTO(forge) struct forge *forge = forge_shared(pair);

	for (; *numbers; numbers++) {
		AUTO(str) char *msgid = g_strdup_printf("s%d@x", *numbers);
		AUTO(str) char *text = mail("bob@example.net", "s1@x", msgid);

		forge_message(forge, text, TWIST_NONE);
	}
	forge_commit(forge, false, TWIST_NONE);
	return forge->tip;
}

/* Ada is offered that tip. */
static void offer_tip(const struct pair *pair, const struct object_id *tip,
		      struct pull_report *report_r)
{
	AUTO(goods) struct goods *goods = goods_new(pair->forged);
	struct ref_move head = {
		pair->circle->id,
		identity_device(mailbox_identity(pair->bob->mailbox)),
		*tip,
	};

	(void)g_array_append_val(goods->heads, head);
	pull_from(pair->ada, goods, report_r);
}

static void check_kept(const struct pair *pair, const int *numbers)
{
	struct object_id tip = fork_of(pair, numbers);
	struct pull_report report;

	offer_tip(pair, &tip, &report);
	CHECK_INT(report.forks, 1);
	CHECK_INT(report.messages, 1);
	CHECK_INT(report.quarantined, 0);
	pull_report_release(&report);
}

static void check_refused(const struct pair *pair, const int *numbers)
{
	struct object_id tip = fork_of(pair, numbers);
	struct pull_report report;
	char hex[DEVICE_ID_HEX + 1];
	struct device_id bob =
		identity_device(mailbox_identity(pair->bob->mailbox));

	offer_tip(pair, &tip, &report);
	CHECK_INT(report.messages, 0);
	CHECK_INT(report.quarantined, 1);
	device_id_print(&bob, hex);
	if (CHECK_INT(report.problems->len, 1)) {
		const char *line = report.problems->pdata[0];

		CHECK(strstr(line, hex));
		CHECK(strstr(line, "its owner has to run `defms restore`"));
	}
	pull_report_release(&report);
}

static void check_nothing(const struct pair *pair, const int *numbers)
{
	struct object_id tip = fork_of(pair, numbers);
	int64_t seq = box_number(pair->ada, "seq");
	struct pull_report report;

	offer_tip(pair, &tip, &report);
	CHECK_INT(report.chains + report.forks + report.quarantined, 0);
	CHECK_INT(report.problems->len, 0);
	pull_report_release(&report);
	CHECK_INT(box_number(pair->ada, "seq"), seq);
}

static void check_count(const struct pair *pair, guint count)
{
	AUTO(state) struct state *state = box_state(pair->ada);
	AUTO(array) GArray *forks = NULL;

	CHECK_INT(state_fork_list(state, 0, &forks, NULL), 0);
	CHECK_INT(forks->len, count);
}

TEST(a_fork_that_is_needed_no_more_gives_its_place_away)
{
	struct object_id first;
	struct pull_report report;
	struct pair pair;

	pair_begin(&pair);
	first = fork_of(&pair, (const int[]){ 1, 2, 0 });
	offer_tip(&pair, &first, &report);
	CHECK_INT(report.chains, 1);
	pull_report_release(&report);
	for (int i = 1; i <= 16; i++)
		check_kept(&pair, (const int[]){ 100 + i, 0 });
	check_count(&pair, 16);
	check_refused(&pair, (const int[]){ 200, 0 });
	check_nothing(&pair, (const int[]){ 1, 0 });
	check_nothing(&pair, (const int[]){ 105, 0 });

	/* What two of them had and more: there is room for one other. */
	check_kept(&pair, (const int[]){ 105, 106, 201, 0 });
	check_kept(&pair, (const int[]){ 202, 0 });
	check_refused(&pair, (const int[]){ 203, 0 });
	check_nothing(&pair, (const int[]){ 105, 0 });
	check_count(&pair, 16);
	CHECK_INT(box_count(pair.ada), 2 + 16 + 2);
	box_read_all(pair.ada);
	box_check(pair.ada);
	pair_end(&pair);
}
