/* SPDX-License-Identifier: ISC */
/* sent/: a symbolic link to each message that was queued and not dropped,
 * named as its directory. */
#include <string.h>

#include "defms/queue.h"
#include "view.h"

static const char up[] = "../threads/";

static int sent_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	int64_t time;

	if (queue_sent_time(work->state, &time, err) < 0)
		return -1;
	entry_dir(work, node, 1, time ? time : work->fs->started, entry);
	return 1;
}

/* The thread is the version: what the kernel keeps of a link to a message that
 * was shown in another is not believed any more. 1/0/-1. */
static int make_link(struct work *work, const struct index_message *message,
		     struct entry *entry, struct err *err)
{
	const struct index_thread *thread;
	int found = work_thread(work, message->thread, &thread, err);
	int64_t time;

	if (found <= 0)
		return found;
	if (work_message_time(work, message, &time, err) < 0)
		return -1;
	entry_link(work,
		   node_make(NODE_SENT_LINK, message->serial, message->thread),
		   strlen(up) + strlen(thread->name) + 1 +
			   strlen(message->name),
		   time, entry);
	return 1;
}

/* 1 and a link, 0 if the message is not shown, -1. */
static int link_to(struct work *work, int64_t serial,
		   const struct index_message **message_r, struct entry *entry,
		   struct err *err)
{
	int found = work_message(work, serial, message_r, err);

	return found > 0 ? make_link(work, *message_r, entry, err) : found;
}

/* The digits of its hash that a name ends in. */
static int find_prefix(struct work *work, const char *name, GArray **serials_r,
		       struct err *err)
{
	const char *dot = strrchr(name, '.');
	size_t size = dot ? strlen(dot + 1) : 0;

	*serials_r = NULL;
	if (size < 8 || size > MESSAGE_ID_HEX ||
	    strspn(dot + 1, "0123456789abcdef") != size)
		return 0;
	return state_message_prefix(work->state, dot + 1, serials_r, err) < 0
		       ? -1
		       : 1;
}

static int sent_lookup(struct work *work, struct node dir, const char *name,
		       struct entry *entry, struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	int found = find_prefix(work, name, &serials, err);

	(void)dir;
	if (found <= 0)
		return found;
	for (guint i = 0; i < serials->len; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);
		const struct index_message *message;

		found = queue_sent(work->state, serial, err);
		if (found > 0)
			found = link_to(work, serial, &message, entry, err);
		if (found < 0)
			return -1;
		if (found > 0 && strcmp(message->name, name) == 0)
			return 1;
	}
	return 0;
}

static int sent_list(struct work *work, struct node dir,
		     struct listing *listing, struct err *err)
{
	int64_t serial = listing_after(listing);
	int more;

	(void)dir;
	while ((more = queue_sent_next(work->state, serial, &serial, err)) >
	       0) {
		const struct index_message *message;
		struct entry entry;
		int found = link_to(work, serial, &message, &entry, err);

		if (found < 0)
			return -1;
		if (found > 0 &&
		    !listing->add(listing, message->name, &entry,
				  OFFSET_SERIAL + (uint64_t)serial))
			break;
	}
	return more < 0 ? -1 : 0;
}

const struct node_ops view_sent = {
	.entry = sent_entry,
	.lookup = sent_lookup,
	.list = sent_list,
};

static int link_entry(struct work *work, struct node node, struct entry *entry,
		      struct err *err)
{
	const struct index_message *message;

	return link_to(work, node.serial, &message, entry, err);
}

static int link_link(struct work *work, struct node node, GString *target,
		     struct err *err)
{
	const struct index_message *message;
	const struct index_thread *thread;
	int found = work_message(work, node.serial, &message, err);

	if (found > 0)
		found = work_thread(work, message->thread, &thread, err);
	if (found > 0)
		g_string_append_printf(target, "%s%s/%s", up, thread->name,
				       message->name);
	return found;
}

const struct node_ops view_sent_link = {
	.entry = link_entry,
	.link = link_link,
};
