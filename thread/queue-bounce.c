/* SPDX-License-Identifier: ISC */
#include "queue-bounce.h"

#include <string.h>

#include "bounce.h"
#include "defms/sending.h"
#include "state-queue.h"

enum { HASH = 16 }; /* digits of the message's hash behind the entry's id */

/* One entry: by either address that the report has of somebody. */
static int note(struct batch *batch, int64_t id, const struct bounce *bounce,
		struct err *err)
{
	int result = 0;

	for (guint i = 0; i < bounce->failed->len && result >= 0; i++) {
		const struct bounce_recipient *who = bounce->failed->pdata[i];
		AUTO(str)
		char *reason = g_strconcat("came back: ", who->reason, NULL);

		result = who->original
				 ? sending_bounced(batch, id, who->original,
						   reason, err)
				 : 0;
		if (result == 0 && who->final)
			result = sending_bounced(batch, id, who->final, reason,
						 err);
	}
	return result < 0 ? -1 : 0;
}

/* "13.38cc3562e4802cab": an entry, and the beginning of its message's hash.
 * 1/0/-1. */
static int find_entry(struct batch *batch, const char *envid, int64_t *id_r,
		      struct err *err)
{
	struct state_message message = { 0 };
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	char hash[MESSAGE_ID_HEX + 1];
	gchar *end;
	guint64 id = g_ascii_strtoull(envid, &end, 10);
	int found;

	if (!g_ascii_isdigit(envid[0]) || *end != '.' || id > INT64_MAX ||
	    strlen(end + 1) != HASH)
		return 0;
	*id_r = (int64_t)id;
	found = queue_get(batch_state(batch), *id_r, &entry, err);
	if (found > 0)
		found = state_message_get(batch_state(batch), entry->message,
					  &message, err);
	if (found <= 0)
		return found;
	message_id_print(&message.hash, hash);
	return strncmp(hash, end + 1, HASH) == 0;
}

/* All entries of one message. */
static int note_message(struct batch *batch, int64_t message,
			const struct bounce *bounce, struct err *err)
{
	int64_t id = 0;
	int more;

	while ((more = state_queue_of_message(batch_state(batch), message, id,
					      &id, err)) > 0)
		if (note(batch, id, bounce, err) < 0)
			return -1;
	return more;
}

static int note_msgid(struct batch *batch, const struct bounce *bounce,
		      struct err *err)
{
	struct index *index = batch_index(batch, err);
	int64_t message = 0;
	int more;

	if (!index)
		return -1;
	while ((more = index_message_of_msgid(index, bounce->msgid, message,
					      &message, err)) > 0)
		if (note_message(batch, message, bounce, err) < 0)
			return -1;
	return more;
}

int queue_bounce(struct batch *batch, struct mime *mime, struct err *err)
{
	AUTO(bounce) struct bounce *bounce = NULL;
	int64_t id;
	int found;

	if (bounce_parse(mime, &bounce) == 0)
		return 0;
	found = bounce->envid ? find_entry(batch, bounce->envid, &id, err) : 0;
	if (found < 0)
		return -1;
	if (found > 0)
		return note(batch, id, bounce, err);
	return bounce->msgid ? note_msgid(batch, bounce, err) : 0;
}
