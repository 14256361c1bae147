/* SPDX-License-Identifier: ISC */
#include "sync-deposit.h"

#include <errno.h>

#include "queue-test.h"

enum { MESSAGES = 1500 };

/* A folder of an account's. */
static struct sync_folder *folder_of(struct world *world)
{
	struct sync_folder *folder = g_new0(struct sync_folder, 1);
	struct batch *batch = begin(world);
	struct state *state = batch_state(batch);
	struct state_folder here;

	CHECK_INT(state_imap_account(state, "home", true, &folder->row.account,
				     NULL),
		  1);
	CHECK_INT(state_folder_find(state, "INBOX", true, &here, NULL), 1);
	folder->row.folder = here.serial;
	(void)g_strlcpy(folder->row.name, "INBOX", sizeof(folder->row.name));
	(void)g_strlcpy(folder->row.raw, "INBOX", sizeof(folder->row.raw));
	CHECK_INT(state_imap_folder_put(state, &folder->row, NULL), 0);
	commit(batch);
	return folder;
}

static struct deposit_job *job_of(struct world *world,
				  const struct sync_folder *folder,
				  uint32_t uid, const char *text)
{
	struct deposit_job *job = g_new0(struct deposit_job, 1);

	job->arrival = arrival_new();
	job->arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(job->arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	job->arrival->imap_folder = folder->row.serial;
	job->size = strlen(text);
	job->uid = uid;
	job->flags = job->arrival->flags = uid % 2 ? FLAG_SEEN : 0;
	job->failed =
		arrival_prepare(job->arrival, world->reader, &job->err) < 0;
	return job;
}

static int put_all(struct world *world, struct sync *sync,
		   struct sync_folder *folder)
{
	struct deposit *deposit = deposit_new(sync, folder);
	struct err err;

	for (uint32_t uid = 1; uid <= MESSAGES; uid++) {
		AUTO(str)
		char *text = g_strdup_printf("Message-ID: <%u@example.org>\n\n"
					     "Number %u.\n",
					     uid, uid);

		/* An empty message is none. */
		CHECK_INT(deposit_put(deposit, job_of(world, folder, uid,
						      uid % 500 ? text : "")),
			  0);
	}
	return deposit_end(deposit, &err);
}

TEST(all_that_is_put_is_bound_to_its_uid)
{
	AUTO(world) struct world *world = world_new();
	struct sync_folder *folder = folder_of(world);
	struct sync_report *report = sync_report_new();
	struct sync sync = { .mailbox = world->mailbox, .report = report };
	struct state_imap_uid row;
	struct batch *batch;

	CHECK_INT(put_all(world, &sync, folder), 0);
	CHECK_INT(report->counts[SYNC_FETCHED], MESSAGES - 3);
	CHECK_INT(report->problems->len, 3);
	CHECK_STR(report->problems->pdata[0],
		  "INBOX: UID 500: an empty file is no message");
	for (uint32_t uid = 1; uid <= MESSAGES; uid++) {
		int found = state_imap_uid_get(
			state_of(world), folder->row.serial, uid, &row, NULL);

		CHECK_INT(found, uid % 500 != 0);
		if (found > 0)
			CHECK_INT(row.flags, uid % 2 ? FLAG_SEEN : 0);
	}

	/* New UIDs for the same: its copies are there. */
	batch = begin(world);
	CHECK_INT(state_imap_gone_all(batch_state(batch), folder->row.serial,
				      NULL),
		  0);
	commit(batch);
	CHECK_INT(put_all(world, &sync, folder), 0);
	CHECK_INT(report->counts[SYNC_FETCHED], MESSAGES - 3);
	CHECK_INT(report->counts[SYNC_MOVED_HERE], MESSAGES - 3);
	sync_report_free(report);
	g_free(folder);
}

TEST(nothing_put_is_nothing_done)
{
	AUTO(world) struct world *world = world_new();
	struct sync_folder *folder = folder_of(world);
	struct sync sync = { .mailbox = world->mailbox,
			     .report = sync_report_new() };
	int64_t before, after;

	CHECK_INT(state_get(state_of(world), "seq", &before, NULL), 0);
	CHECK_INT(deposit_end(deposit_new(&sync, folder), NULL), 0);
	CHECK_INT(state_get(state_of(world), "seq", &after, NULL), 0);
	CHECK_INT(after, before);
	sync_report_free(sync.report);
	g_free(folder);
}
