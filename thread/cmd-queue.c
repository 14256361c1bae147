/* SPDX-License-Identifier: ISC */
#include "cmd-queue.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd-query.h"
#include "defms/cmd.h"
#include "defms/queue.h"
#include "defms/reader.h"
#include "defms/sending.h"

extern const struct cmd cmd_queue;

/* -- showing --------------------------------------------------------------- */

static void print_text(const char *text)
{
	cmd_print(stdout, text, strlen(text), false);
}

static void print_recipients(const struct queue_entry *entry)
{
	const char *between = "";

	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state == QUEUE_SENT)
			continue;
		printf("%s", between);
		print_text(recipient->address);
		between = ", ";
	}
}

/* What a person has to look at comes first: an entry that waits for one may be
 * in doubt for another. */
static enum queue_state shown_state(const struct queue_entry *entry)
{
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->state == QUEUE_DOUBT)
			return QUEUE_DOUBT;
	}
	return entry->state;
}

/* Its own, or the first of a recipient. */
static const char *reason_of(const struct queue_entry *entry)
{
	if (entry->reason[0])
		return entry->reason;
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if (recipient->reason[0])
			return recipient->reason;
	}
	return "";
}

static int print_entry(struct index *index, const struct queue_entry *entry,
		       struct err *err)
{
	struct index_message message = { 0 };
	int found = index_message_get(index, entry->message, &message, err);

	if (found < 0)
		return -1;
	printf("%" PRId64 "\t%s\t", entry->id,
	       queue_state_name(shown_state(entry)));
	print_recipients(entry);
	(void)putchar('\t');
	print_text(found > 0 ? message.subject : "");
	(void)putchar('\t');
	print_text(reason_of(entry));
	(void)putchar('\n');
	if (found > 0)
		index_message_release(&message);
	return 0;
}

int cmd_queue_print(struct mailbox *mailbox, struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	struct index *index;
	int64_t after = 0;

	if (reader_open(mailbox, &reader, err) < 0)
		return -1;
	index = reader_index(reader, err);
	if (!index)
		return -1;
	while (true) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;
		int more = queue_next(reader_state(reader), after, &entry, err);

		if (more <= 0)
			return more;
		if (print_entry(index, entry, err) < 0)
			return -1;
		after = entry->id;
	}
}

/* -- changing -------------------------------------------------------------- */

static int hold(struct batch *batch, int64_t id, struct err *err)
{
	return queue_hold(batch_state(batch), id, err);
}

static int release(struct batch *batch, int64_t id, struct err *err)
{
	return queue_release(batch_state(batch), id, err);
}

struct action {
	const char *name;
	int (*change)(struct batch *batch, int64_t id, struct err *err);
};

static int parse_id(const char *text, int64_t *id_r, struct err *err)
{
	gchar *end;
	guint64 id = g_ascii_strtoull(text, &end, 10);

	if (!g_ascii_isdigit(text[0]) || *end || id == 0 || id > INT64_MAX)
		return err_set(err, EINVAL, "%s: not the number of an entry",
			       text);
	*id_r = (int64_t)id;
	return 0;
}

/* Why nothing could be done. */
static int complain(struct batch *batch, const struct action *action,
		    int64_t id, struct err *err)
{
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	int found = queue_get(batch_state(batch), id, &entry, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ENOENT, "%" PRId64 ": no such entry", id);
	return err_set(err, EINVAL, "%" PRId64 ": cannot %s what is %s", id,
		       action->name, queue_state_name(entry->state));
}

/* All of them or none. */
static int change(struct mailbox *mailbox, const struct action *action,
		  char **ids, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;

	if (batch_begin(mailbox, &batch, err) < 0)
		return -1;
	for (; *ids; ids++) {
		int64_t id = 0;
		int done;

		if (parse_id(*ids, &id, err) < 0)
			return -1;
		done = action->change(batch, id, err);
		if (done == 0)
			return complain(batch, action, id, err);
		if (done < 0)
			return -1;
	}
	if (batch_commit(batch, err) < 0)
		return -1;
	if (batch_unfinished(batch))
		cmd_warn(batch_unfinished(batch));
	return 0;
}

/* -- the command ----------------------------------------------------------- */

static const struct action *find_action(const char *name)
{
	static const struct action actions[] = {
		{ "hold", hold },
		{ "release", release },
		{ "drop", queue_drop },
		{ "retry", sending_retry },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int run_action(struct mailbox *mailbox, int argc, char **argv)
{
	const struct action *action = find_action(argv[1]);
	struct err err;

	if (!action)
		return cmd_usage(&cmd_queue, "no such action");
	if (argc < 3)
		return cmd_usage(&cmd_queue, "which entries?");
	if (change(mailbox, action, argv + 2, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;

	(void)config;
	if (argc > 1 && strcmp(argv[1], "list") != 0)
		return run_action(mailbox, argc, argv);
	if (argc > 2)
		return cmd_usage(&cmd_queue, "list takes no arguments");
	if (cmd_queue_print(mailbox, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_queue = {
	.name = "queue",
	.args = "[list] | hold ID... | release ID... | drop ID... | "
		"retry ID...",
	.summary = "show and change what waits to be sent",
	.options = "list          id, state, recipients, subject, reason\n"
		   "hold ID...    keep what waits from being sent\n"
		   "release ID... let it go\n"
		   "drop ID...    forget it; its message is removed\n"
		   "retry ID...   try again now what waits, failed or is in "
		   "doubt\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
