/* SPDX-License-Identifier: ISC */
/* One entry after the other, one account after the other, one connection for
 * as many as it carries. For each: the envelope, the content; then the batch
 * that says it is in doubt; then its end, the answer, the batch that says what
 * came of it. Whatever happens before that first batch has sent nothing.
 *
 * This is a boundary: failures of servers end here, as reasons of entries and
 * lines of the report. Those of the mailbox do not. */
#include "send.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "account.h"
#include "defms/address.h"
#include "defms/crash.h"
#include "defms/reader.h"
#include "defms/sending.h"
#include "send-parcel.h"
#include "smtp.h"

struct sender {
	struct mailbox *mailbox;    /* borrowed */
	struct send_report *report; /* borrowed */
	struct reader *reader;      /* owned, as all else */
	GPtrArray *accounts;
	struct smtp *smtp; /* of the account at hand; NULL: none is open */
	unsigned carried;  /* mails, by this connection */
	int64_t due;       /* what is due then is sent */
	int lock;          /* -1: none */
};

void send_report_release(struct send_report *report)
{
	if (report->lines)
		g_ptr_array_unref(report->lines);
	report->lines = NULL;
}

static int64_t now(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* -- what is written down -------------------------------------------------- */

static void say(struct sender *sender, const struct queue_entry *entry,
		const char *what, const char *reason)
{
	g_ptr_array_add(sender->report->lines,
			g_strdup_printf("%" PRId64 ": %s: %s", entry->id, what,
					reason));
}

/* 1 the doubt is on the disk, 0 nothing may leave, -1. */
static int write_doubt(struct sender *sender, const struct queue_entry *entry,
		       struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	int waits;

	crash_point("send: before it is in doubt");
	if (batch_begin(sender->mailbox, &batch, err) < 0)
		return -1;
	waits = sending_begin(batch, entry, err);
	if (waits > 0 && batch_commit(batch, err) < 0)
		return -1;
	crash_point("send: in doubt, before its end leaves");
	return waits;
}

/* Count and tell what became of an entry, once that is on the disk. */
static void tell(struct sender *sender, const struct queue_entry *entry,
		 unsigned failed_before)
{
	struct send_report *report = sender->report;
	unsigned failed = 0;
	bool sent = false, doubt = false;

	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		sent |= recipient->state == QUEUE_SENT;
		doubt |= recipient->state == QUEUE_DOUBT;
		failed += recipient->state == QUEUE_FAILED;
		if (recipient->reason[0])
			say(sender, entry, recipient->address,
			    recipient->reason);
	}
	report->sent += sent;
	report->later += entry->state == QUEUE_WAITING;
	report->failed += doubt || failed > failed_before;
}

static unsigned count_failed(const struct queue_entry *entry)
{
	unsigned failed = 0;

	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		failed += recipient->state == QUEUE_FAILED;
	}
	return failed;
}

/* -- sending one ----------------------------------------------------------- */

static void hang_up(struct sender *sender)
{
	g_clear_pointer(&sender->smtp, smtp_close);
}

static int connect_to(struct sender *sender, const struct account *account,
		      struct err *err)
{
	if (sender->smtp)
		return 0;
	sender->carried = 0;
	return smtp_open(account, &sender->smtp, err);
}

/* As parcel_offer(); once more on a new connection if this one, which has
 * carried mail before, is lost: servers end them after a while. */
static int offer(struct sender *sender, const struct account *account,
		 struct parcel *parcel, struct err *err)
{
	int result = parcel_offer(parcel, sender->smtp, err);

	if (result >= 0 || sender->carried == 0)
		return result;
	hang_up(sender);
	if (connect_to(sender, account, err) < 0)
		return -1;
	return parcel_offer(parcel, sender->smtp, err);
}

/* The recipients that still wait do so because of this. */
static void blame(struct queue_entry *entry, enum queue_state state,
		  const char *reason)
{
	for (guint i = 0; i < entry->recipients->len; i++) {
		struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state != QUEUE_WAITING)
			continue;
		recipient->state = state;
		g_free(recipient->reason);
		recipient->reason = g_strdup(reason);
	}
}

/* Talk to the server. 1: its recipients have their states; 0: somebody took it
 * back meanwhile; -1: the mailbox. */
static int talk(struct sender *sender, const struct account *account,
		struct queue_entry *entry, struct parcel *parcel,
		struct err *err)
{
	struct err why;
	int result = offer(sender, account, parcel, &why);

	if (result < 0) {
		hang_up(sender);
		blame(entry, QUEUE_WAITING, why.text);
	}
	if (result <= 0)
		return 1;
	result = write_doubt(sender, entry, err);
	if (result <= 0) {
		hang_up(sender); /* without its end it was never sent */
		return result;
	}
	if (parcel_end(parcel, sender->smtp) < 0)
		hang_up(sender);
	sender->carried++;
	crash_point("send: answered, before it is written down");
	return 1;
}

static int write_end(struct sender *sender, struct queue_entry *entry,
		     struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;

	if (batch_begin(sender->mailbox, &batch, err) < 0 ||
	    sending_end(batch, sender->reader, entry, now(), err) < 0 ||
	    batch_commit(batch, err) < 0)
		return -1;
	crash_point("send: written down");
	return 0;
}

static int send_entry(struct sender *sender, const struct account *account,
		      struct queue_entry *entry, struct err *err)
{
	AUTO(parcel) struct parcel *parcel = NULL;
	unsigned failed = count_failed(entry);
	int result = 1;

	if (parcel_open(sender->reader, entry, &parcel, err) == 0)
		result = talk(sender, account, entry, parcel, err);
	else if (err->code == EBADMSG || err->code == ENOENT)
		blame(entry, QUEUE_FAILED, err->text);
	else
		return -1;
	if (result <= 0)
		return result;
	if (write_end(sender, entry, err) < 0)
		return -1;
	tell(sender, entry, failed);
	return 0;
}

/* -- whose ----------------------------------------------------------------- */

/* By whose address it is from, else the first that can send. */
static const struct account *account_of(const GPtrArray *accounts,
					const struct queue_entry *entry)
{
	const struct account *first = NULL;

	for (guint i = 0; i < accounts->len; i++) {
		const struct account *account = accounts->pdata[i];

		if (!account->servers[SERVICE_SMTP].host)
			continue;
		if (account->email &&
		    address_equal(account->email, entry->sender))
			return account;
		if (!first)
			first = account;
	}
	return first;
}

/* The next entry of the account (NULL: of none) after `id`. 1/0/-1. */
static int next_of(struct sender *sender, const struct account *account,
		   int64_t id, struct queue_entry **entry_r, struct err *err)
{
	while (true) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;
		int found = sending_next(reader_state(sender->reader), id,
					 sender->due, &entry, err);

		if (found <= 0)
			return found;
		id = entry->id;
		if (account_of(sender->accounts, entry) != account)
			continue;
		*entry_r = take(entry);
		return 1;
	}
}

/* No server for any of the account's entries: they stay due. */
static int put_off(struct sender *sender, const struct account *account,
		   const struct err *why, struct err *err)
{
	int64_t id = 0;

	while (true) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;
		AUTO(batch) struct batch *batch = NULL;
		int found = next_of(sender, account, id, &entry, err);
		unsigned failed;

		if (found <= 0)
			return found;
		id = entry->id;
		failed = count_failed(entry);
		if (strcmp(entry->reason, why->text) == 0 &&
		    now() - entry->created < SENDING_FOR) {
			tell(sender, entry, failed); /* it says so already */
			continue;
		}
		if (batch_begin(sender->mailbox, &batch, err) < 0 ||
		    sending_put_off(batch, sender->reader, entry, why->text,
				    now(), err) < 0 ||
		    batch_commit(batch, err) < 0)
			return -1;
		tell(sender, entry, failed);
	}
}

/* The account's server is out of reach. */
static int give_way(struct sender *sender, const struct account *account,
		    const struct err *why, struct err *err)
{
	g_ptr_array_add(sender->report->lines, g_strdup(why->text));
	sender->report->broken |= !err_is_temporary(why);
	return put_off(sender, account, why, err);
}

static int send_account(struct sender *sender, const struct account *account,
			struct err *err)
{
	int64_t id = 0;

	while (true) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;
		int found = next_of(sender, account, id, &entry, err);
		struct err why;

		if (found <= 0)
			return found;
		if (connect_to(sender, account, &why) < 0)
			return give_way(sender, account, &why, err);
		id = entry->id;
		if (send_entry(sender, account, entry, err) < 0)
			return -1;
	}
}

/* -- all of it ------------------------------------------------------------- */

static int send_homeless(struct sender *sender, struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int found = next_of(sender, NULL, 0, &entry, err);
	struct err why;

	if (found <= 0)
		return found;
	(void)err_set(&why, EINVAL, "no account in the settings has smtp");
	return give_way(sender, NULL, &why, err);
}

/* What is not due yet waits too. */
static int count_later(struct sender *sender, struct err *err)
{
	int64_t id = 0;
	int found = 1;

	while (found > 0) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;

		found = sending_next(reader_state(sender->reader), id,
				     INT64_MAX, &entry, err);
		if (found <= 0)
			break;
		id = entry->id;
		sender->report->later += entry->due > sender->due;
	}
	return found;
}

static int send_all(struct sender *sender, struct err *err)
{
	if (count_later(sender, err) < 0)
		return -1;
	for (guint i = 0; i < sender->accounts->len; i++) {
		if (send_account(sender, sender->accounts->pdata[i], err) < 0)
			return -1;
		hang_up(sender);
	}
	return send_homeless(sender, err);
}

static int open_sender(struct sender *sender, const struct config *config,
		       struct err *err)
{
	int got = sending_lock(sender->mailbox, &sender->lock, err);

	if (got == 0)
		return err_set(err, EBUSY, "another process is sending");
	if (got < 0 || account_list(config, &sender->accounts, err) < 0)
		return -1;
	return reader_open(sender->mailbox, &sender->reader, err);
}

int send_queue(struct mailbox *mailbox, const struct config *config,
	       bool ignore_due, struct send_report *report_r, struct err *err)
{
	struct sender sender = {
		.mailbox = mailbox,
		.report = report_r,
		.due = ignore_due ? INT64_MAX : now(),
		.lock = -1,
	};
	int result;

	*report_r = (struct send_report){ 0 };
	report_r->lines = g_ptr_array_new_with_free_func(g_free);
	result = open_sender(&sender, config, err);
	if (result == 0)
		result = send_all(&sender, err);
	hang_up(&sender);
	reader_close(sender.reader);
	if (sender.accounts)
		g_ptr_array_unref(sender.accounts);
	if (sender.lock >= 0)
		sending_unlock(sender.lock);
	return result;
}
