/* SPDX-License-Identifier: ISC */
#include "send-parcel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct parcel {
	struct queue_entry *entry;   /* borrowed */
	GByteArray *content;         /* owned, as all else */
	GPtrArray *waiting;          /* of struct queue_recipient, borrowed */
	GPtrArray *addresses;        /* theirs, borrowed */
	struct smtp_answer *answers; /* to each of them */
	char envid[64];
};

void parcel_close(struct parcel *parcel)
{
	if (!parcel)
		return;
	for (guint i = 0; i < parcel->waiting->len; i++)
		smtp_answer_clear(&parcel->answers[i]);
	g_free(parcel->answers);
	(void)g_byte_array_unref(parcel->content);
	g_ptr_array_unref(parcel->addresses);
	g_ptr_array_unref(parcel->waiting);
	g_free(parcel);
}

static struct parcel *parcel_new(struct queue_entry *entry)
{
	struct parcel *parcel = g_new0(struct parcel, 1);

	parcel->entry = entry;
	parcel->content = g_byte_array_new();
	parcel->waiting = g_ptr_array_new();
	parcel->addresses = g_ptr_array_new();
	for (guint i = 0; i < entry->recipients->len; i++) {
		struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state != QUEUE_WAITING)
			continue;
		g_ptr_array_add(parcel->waiting, recipient);
		g_ptr_array_add(parcel->addresses, recipient->address);
	}
	parcel->answers = g_new0(struct smtp_answer, parcel->waiting->len + 1);
	return parcel;
}

/* Its number here, and enough of the hash to tell a report that is made up. */
static void name_envelope(struct parcel *parcel,
			  const struct message_id *message)
{
	char hash[MESSAGE_ID_HEX + 1];

	message_id_print(message, hash);
	(void)g_snprintf(parcel->envid, sizeof(parcel->envid),
			 "%" PRId64 ".%.16s", parcel->entry->id, hash);
}

int parcel_open(struct reader *reader, struct queue_entry *entry,
		struct parcel **parcel_r, struct err *err)
{
	AUTO(parcel) struct parcel *parcel = parcel_new(entry);
	struct index *index = reader_index(reader, err);
	struct index_message message = { 0 };
	int found;

	if (!index)
		return -1;
	found = index_message_get(index, entry->message, &message, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ENOENT, "its message is gone");
	name_envelope(parcel, &message.hash);
	found = reader_content(reader, &message, parcel->content, err);
	index_message_release(&message);
	if (found < 0)
		return -1;
	*parcel_r = take(parcel);
	return 0;
}

/* -- states ---------------------------------------------------------------- */

static void set_state(struct queue_recipient *recipient, enum queue_state state,
		      const char *reason)
{
	recipient->state = state;
	g_free(recipient->reason);
	recipient->reason = g_strdup(reason);
}

static void set_fate(struct queue_recipient *recipient,
		     const struct smtp_answer *answer)
{
	static const enum queue_state states[] = {
		[SMTP_TAKEN] = QUEUE_SENT,
		[SMTP_LATER] = QUEUE_WAITING,
		[SMTP_REFUSED] = QUEUE_FAILED,
	};

	set_state(recipient, states[answer->fate], answer->reason);
}

/* What everybody's answer to the envelope came to; who was taken is in
 * doubt. */
static void set_envelope(const struct parcel *parcel)
{
	for (guint i = 0; i < parcel->waiting->len; i++) {
		struct queue_recipient *recipient = parcel->waiting->pdata[i];

		if (parcel->answers[i].fate == SMTP_TAKEN)
			set_state(recipient, QUEUE_DOUBT, "");
		else
			set_fate(recipient, &parcel->answers[i]);
	}
}

/* What became of the message, for all who are in doubt. */
static void set_message(const struct parcel *parcel,
			const struct smtp_answer *answer)
{
	for (guint i = 0; i < parcel->waiting->len; i++) {
		struct queue_recipient *recipient = parcel->waiting->pdata[i];

		if (recipient->state == QUEUE_DOUBT)
			set_fate(recipient, answer);
	}
}

static void set_doubt(const struct parcel *parcel, const char *reason)
{
	for (guint i = 0; i < parcel->waiting->len; i++) {
		struct queue_recipient *recipient = parcel->waiting->pdata[i];

		if (recipient->state == QUEUE_DOUBT)
			set_state(recipient, QUEUE_DOUBT, reason);
	}
}

/* -- sending --------------------------------------------------------------- */

int parcel_offer(struct parcel *parcel, struct smtp *smtp, struct err *err)
{
	struct smtp_mail mail = {
		.sender = parcel->entry->sender,
		.recipients = parcel->addresses,
		.data = parcel->content->data,
		.size = parcel->content->len,
		.envid = parcel->envid,
	};
	struct smtp_answer answer = { 0 };
	int result;

	for (guint i = 0; i < parcel->waiting->len; i++)
		smtp_answer_clear(&parcel->answers[i]);
	memset(parcel->answers, 0,
	       parcel->waiting->len * sizeof(*parcel->answers));
	result = smtp_begin(smtp, &mail, parcel->answers, err);
	if (result <= 0) {
		if (result == 0)
			set_envelope(parcel);
		return result;
	}
	result = smtp_content(smtp, &mail, &answer, err);
	if (result < 0)
		return -1;
	set_envelope(parcel);
	if (result == 0)
		set_message(parcel, &answer);
	smtp_answer_clear(&answer);
	return result;
}

int parcel_end(struct parcel *parcel, struct smtp *smtp)
{
	struct smtp_answer answer = { 0 };
	struct err err;

	if (smtp_end(smtp, &answer, &err) < 0) {
		set_doubt(parcel, err.text);
		return -1;
	}
	set_message(parcel, &answer);
	smtp_answer_clear(&answer);
	return 0;
}
