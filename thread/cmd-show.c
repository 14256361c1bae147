/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd-query.h"
#include "cmd-target.h"
#include "conversation-part.h"
#include "defms/cmd.h"
#include "defms/conversation.h"
#include "defms/mbox.h"

extern const struct cmd cmd_show;

enum form { FORM_TEXT, FORM_MBOX, FORM_RAW };

struct show {
	struct reader *reader; /* owned */
	enum form form;
	FILE *out;    /* standard output, or the pager */
	bool careful; /* a terminal reads it */
};

/* -- output ---------------------------------------------------------------- */

static int put(struct show *show, const GByteArray *bytes, struct err *err)
{
	if (show->careful)
		cmd_print(show->out, (const char *)bytes->data, bytes->len,
			  true);
	else
		(void)fwrite(bytes->data, 1, bytes->len, show->out);
	if (!ferror(show->out))
		return 0;
	return err_sys(err, "writing");
}

static int put_thread(struct show *show, int64_t thread, struct err *err)
{
	AUTO(bytes) GByteArray *chunk = g_byte_array_new();
	enum conversation_file file =
		show->form == FORM_MBOX ? CONVERSATION_MBOX : CONVERSATION_TEXT;
	struct index *index = reader_index(show->reader, err);
	struct index_thread row = { 0 };
	struct conversation conversation;
	int more;

	if (!index || index_thread_get(index, thread, &row, err) < 0)
		return -1;
	conversation = (struct conversation){ thread, row.seq, file };
	for (guint number = 0;
	     (more = conversation_piece(show->reader, &conversation, number,
					chunk, err)) > 0;
	     number++) {
		if (put(show, chunk, err) < 0)
			return -1;
		(void)g_byte_array_set_size(chunk, 0);
	}
	return more;
}

/* The bytes of a message's first copy. */
static int read_raw(struct show *show, const struct index_message *message,
		    GByteArray *out, struct err *err)
{
	struct state_copy copy;
	int found = state_copy_first(reader_state(show->reader),
				     message->serial, &copy, err);

	if (found == 0)
		return reader_content(show->reader, message, out, err);
	return found < 0 ? -1
			 : reader_raw(show->reader, message, &copy, out, err);
}

static int make_message(struct show *show, const struct index_message *message,
			GByteArray *out, struct err *err)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct window window = { .room = SIZE_MAX, .out = out };

	if (show->form == FORM_TEXT)
		return conversation_text(show->reader, message, &window, err);
	if (show->form == FORM_RAW)
		return read_raw(show, message, out, err);
	if (read_raw(show, message, raw, err) < 0)
		return -1;
	mbox_write(out, raw->data, raw->len, message->mail, message->date);
	return 0;
}

static int put_message(struct show *show, int64_t serial, struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	struct index *index = reader_index(show->reader, err);
	struct index_message message = { 0 };
	int found =
		index ? index_message_get(index, serial, &message, err) : -1;

	if (found == 0)
		found = err_set(err, ENOENT,
				"a message is not in the index; "
				"run defms reindex");
	if (found > 0)
		found = make_message(show, &message, bytes, err);
	index_message_release(&message);
	return found < 0 ? -1 : put(show, bytes, err);
}

/* The only message of the threads named; 0 if there are more. */
static int only_message(struct show *show, const GArray *threads,
			int64_t *serial_r, struct err *err)
{
	struct index *index = reader_index(show->reader, err);
	AUTO(array) GArray *order = NULL;

	*serial_r = 0;
	if (!index)
		return -1;
	if (threads->len != 1)
		return 0;
	if (index_message_order(index, g_array_index(threads, int64_t, 0),
				INT64_MAX, &order, err) < 0)
		return -1;
	if (order->len == 1)
		*serial_r = g_array_index(order, int64_t, 0);
	return 0;
}

static int put_target(struct show *show, char **words, struct err *err)
{
	AUTO(target) struct target target = { 0 };

	if (target_find(show->reader, words, &target, err) < 0)
		return -1;
	if (show->form == FORM_RAW && !target.message)
		target.message = target.only;
	if (show->form == FORM_RAW && !target.message) {
		if (only_message(show, target.threads, &target.message, err) <
		    0)
			return -1;
		if (!target.message)
			return err_set(err, EINVAL,
				       "--raw shows one message; "
				       "--mbox shows many");
	}
	if (target.message)
		return put_message(show, target.message, err);
	for (guint i = 0; i < target.threads->len; i++)
		if (put_thread(show, g_array_index(target.threads, int64_t, i),
			       err) < 0)
			return -1;
	return 0;
}

/* -- the command ----------------------------------------------------------- */

static int show_it(struct show *show, struct mailbox *mailbox, char **words,
		   struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;

	if (reader_open(mailbox, &reader, err) < 0)
		return -1;
	show->reader = reader;
	return put_target(show, words, err);
}

/* Start the pager and write to it; 0 if it cannot be started. */
static GPid start_pager(struct show *show, const char *pager)
{
	g_auto(GStrv) argv = g_new0(char *, 4);
	GPid pid = 0;
	int fd;

	argv[0] = g_strdup("/bin/sh");
	argv[1] = g_strdup("-c");
	argv[2] = g_strdup(pager);
	if (!g_spawn_async_with_pipes(NULL, argv, NULL,
				      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
				      &pid, &fd, NULL, NULL, NULL))
		return 0;
	show->out = fdopen(fd, "w");
	return pid;
}

/* Through $PAGER on a terminal. Who leaves the pager early has seen enough. */
static int run_show(struct show *show, struct mailbox *mailbox, char **words)
{
	const char *pager = g_getenv("PAGER");
	struct err err;
	GPid pid = 0;
	bool left;
	int result;

	show->careful = isatty(STDOUT_FILENO);
	show->out = stdout;
	if (show->careful && (!pager || *pager)) {
		(void)signal(SIGPIPE, SIG_IGN);
		pid = start_pager(show, pager ? pager : "less -R");
	}
	result = show_it(show, mailbox, words, &err);
	left = ferror(show->out);
	if (pid) {
		left = fclose(show->out) != 0 || left;
		(void)waitpid(pid, NULL, 0);
	}
	return result < 0 && !(pid && left) ? cmd_fail(&err) : CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "mbox", no_argument, NULL, 'm' },
		{ "raw", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct show show = { .form = FORM_TEXT };
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option != 'm' && option != 'r')
			return cmd_usage(&cmd_show, NULL);
		show.form = option == 'm' ? FORM_MBOX : FORM_RAW;
	}
	if (optind == argc)
		return cmd_usage(&cmd_show, "what is to be shown?");
	return run_show(&show, mailbox, argv + optind);
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "[--mbox|--raw] THREAD|HASH|QUERY...",
	.summary = "print threads as text",
	.options = "--mbox   as an mbox (mboxrd) instead\n"
		   "--raw    the exact bytes of one message\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
