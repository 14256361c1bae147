/* SPDX-License-Identifier: ISC */
/* sent/: the names of what was queued, by whoever. What goes from there is
 * known a second later: node_timeout(). */
#include "defms/queue.h"
#include "watch-parts.h"

/* 1 if its name is there to be asked for. */
static int drop_link(struct watch *watch, struct work *work, int64_t serial,
		     struct err *err)
{
	struct index_message message = { 0 };
	int found = index_message_get(work->index, serial, &message, err);

	if (found <= 0)
		return found;
	mount_drop_name(watch->mount, node_make(NODE_SENT, 0, 0), message.name);
	index_message_release(&message);
	return 1;
}

/* The index gets a message after the queue has it. */
int watch_sent(struct watch *watch, struct work *work, int64_t indexed,
	       struct err *err)
{
	int64_t id = watch->last_queued, committed, message;
	int more;

	if (state_get(work->state, "seq", &committed, err) < 0)
		return -1;
	while ((more = queue_added(work->state, id, &id, &message, err)) > 0)
		if (drop_link(watch, work, message, err) < 0)
			return -1;
	if (more == 0 && committed <= indexed)
		watch->last_queued = id;
	mount_drop_node(watch->mount, node_make(NODE_SENT, 0, 0));
	return more;
}
