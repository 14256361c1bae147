/* SPDX-License-Identifier: ISC */
#include "send.h"

#include <errno.h>

#include "account.h"
#include "defms/sending.h"
#include "queue-test.h"

TEST(an_empty_queue_needs_no_account)
{
	AUTO(world) struct world *world = world_new();
	struct send_report report;

	CHECK_INT(
		send_queue(world->mailbox, world->config, false, &report, NULL),
		0);
	CHECK_INT(report.lines->len, 0);
	CHECK_INT(report.sent + report.later + report.failed, 0);
	send_report_release(&report);
}

TEST(what_no_account_can_send_waits_and_says_why)
{
	AUTO(world) struct world *world = world_new();
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int64_t id = put_named(world, "one");
	struct send_report report;

	for (int i = 0; i < 2; i++) {
		CHECK_INT(send_queue(world->mailbox, world->config, true,
				     &report, NULL),
			  0);
		CHECK(report.broken);
		CHECK_INT(report.later, 1);
		CHECK_INT(report.sent + report.failed, 0);
		CHECK(report.lines->len > 0);
		send_report_release(&report);
	}
	CHECK_INT(queue_get(state_of(world), id, &entry, NULL), 1);
	CHECK_INT(entry->state, QUEUE_WAITING);
	CHECK_STR(entry->reason, "no account in the settings has smtp");
}

TEST(one_process_sends_at_a_time)
{
	AUTO(world) struct world *world = world_new();
	struct send_report report;
	struct err err;
	int lock = -1;

	CHECK_INT(sending_lock(world->mailbox, &lock, NULL), 1);
	CHECK_INT(
		send_queue(world->mailbox, world->config, false, &report, &err),
		-1);
	CHECK_INT(err.code, EBUSY);
	send_report_release(&report);
	sending_unlock(lock);
}
