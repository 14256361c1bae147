/* SPDX-License-Identifier: ISC */
/* Flags of what a query finds, in one batch. */
#include <errno.h>
#include <string.h>

#include "cmd-query.h"
#include "defms/change.h"
#include "defms/cmd.h"
#include "defms/reader.h"
#include "defms/state-threads.h"
#include "search-node.h"

extern const struct cmd cmd_flag;

/* What is asked for. */
struct change {
	unsigned set, clear;               /* enum state_flag */
	unsigned thread_set, thread_clear; /* enum state_thread_flag */
	bool remove, restore;
};

struct flagging {
	struct batch *batch; /* borrowed, as is the rest */
	struct index *index;
	const struct change *change;
};

/* -- words ----------------------------------------------------------------- */

static bool is_word(const char *word, const char *name)
{
	return strcmp(word + 1, name) == 0;
}

/* "+flagged", "-muted"; false if it is none of these. */
static bool parse_change(const char *word, struct change *change)
{
	static const struct {
		const char *name;
		unsigned flag, thread_flag;
	} known[] = {
		{ "seen", FLAG_SEEN, 0 },
		{ "read", FLAG_SEEN, 0 },
		{ "flagged", FLAG_FLAGGED, 0 },
		{ "starred", FLAG_FLAGGED, 0 },
		{ "answered", FLAG_ANSWERED, 0 },
		{ "replied", FLAG_ANSWERED, 0 },
		{ "draft", FLAG_DRAFT, 0 },
		{ "deleted", FLAG_DELETED, 0 },
		{ "forwarded", FLAG_FORWARDED, 0 },
		{ "passed", FLAG_FORWARDED, 0 },
		{ "muted", 0, THREAD_MUTED },
		{ "archived", 0, THREAD_ARCHIVED },
	};
	bool on = word[0] == '+';

	if (is_word(word, "unread") || is_word(word, "unseen")) {
		*(on ? &change->clear : &change->set) |= FLAG_SEEN;
		return true;
	}
	if (is_word(word, "removed")) {
		*(on ? &change->remove : &change->restore) = true;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (!is_word(word, known[i].name))
			continue;
		*(on ? &change->set : &change->clear) |= known[i].flag;
		*(on ? &change->thread_set : &change->thread_clear) |=
			known[i].thread_flag;
		return true;
	}
	return false;
}

/* -- messages and threads -------------------------------------------------- */

static int change_message(struct flagging *flagging, int64_t serial,
			  struct err *err)
{
	const struct change *change = flagging->change;

	if ((change->remove || change->restore) &&
	    change_message_remove(flagging->batch, serial, change->remove,
				  err) < 0)
		return -1;
	return change_message_flags(flagging->batch, serial, change->set,
				    change->clear, err);
}

static int change_thread(struct flagging *flagging, int64_t serial,
			 struct err *err)
{
	return change_thread_flags(flagging->batch, serial,
				   flagging->change->thread_set,
				   flagging->change->thread_clear, err);
}

/* -- the batch ------------------------------------------------------------- */

typedef int change_function(struct flagging *, int64_t, struct err *);

static int change_all(struct flagging *flagging, const GArray *serials,
		      change_function *change, struct err *err)
{
	for (guint i = 0; i < serials->len; i++)
		if (change(flagging, g_array_index(serials, int64_t, i), err) <
		    0)
			return -1;
	return 0;
}

/* The query is asked under the lock: what it finds is what is changed. */
static int apply(struct flagging *flagging, const struct search *search,
		 struct err *err)
{
	static const struct search_options all = { 0 };
	const struct change *change = flagging->change;
	AUTO(array) GArray *messages = NULL;
	AUTO(array) GArray *threads = NULL;

	if (search_messages(flagging->index, search, &all, &messages, err) <
		    0 ||
	    search_threads(flagging->index, search, &all, &threads, err) < 0)
		return -1;
	if (messages->len == 0)
		return err_set(err, ENOENT, "nothing found");
	if (change_all(flagging, messages, change_message, err) < 0)
		return -1;
	if (!(change->thread_set | change->thread_clear))
		return 0;
	return change_all(flagging, threads, change_thread, err);
}

static int run_change(struct mailbox *mailbox, const struct change *change,
		      char **words, struct err *err)
{
	struct flagging flagging = { .change = change };
	AUTO(search) struct search *search = NULL;
	AUTO(reader) struct reader *reader = NULL;
	AUTO(batch) struct batch *batch = NULL;

	if (cmd_query(words, &search, err) < 0)
		return -1;
	search->removed |= change->restore;
	if (batch_begin(mailbox, &batch, err) < 0 ||
	    reader_open(mailbox, &reader, err) < 0)
		return -1;
	flagging.batch = batch;
	flagging.index = reader_index(reader, err);
	if (!flagging.index || apply(&flagging, search, err) < 0)
		return -1;
	return batch_commit(batch, err);
}

/* -- the command ----------------------------------------------------------- */

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct change change = { 0 };
	struct err err;
	int at = 1;

	(void)config;
	while (at < argc && (argv[at][0] == '+' || argv[at][0] == '-') &&
	       strcmp(argv[at], "--") != 0) {
		if (!parse_change(argv[at], &change))
			return cmd_usage(&cmd_flag, "no such flag");
		at++;
	}
	if (at == 1)
		return cmd_usage(&cmd_flag, "which flags?");
	if (change.set & change.clear ||
	    change.thread_set & change.thread_clear ||
	    (change.remove && change.restore))
		return cmd_usage(&cmd_flag, "a flag both set and cleared");
	at += at < argc && strcmp(argv[at], "--") == 0;
	if (at == argc)
		return cmd_usage(&cmd_flag, "of which messages?");
	if (run_change(mailbox, &change, argv + at, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_flag = {
	.name = "flag",
	.args = "+FLAG|-FLAG... [--] QUERY...",
	.summary = "set (+) and clear (-) flags of what a query finds",
	.options = "+seen -seen         and unread, flagged, answered, draft, "
		   "deleted, forwarded\n"
		   "+removed -removed   hide a message, bring it back\n"
		   "+muted -muted       of its thread; archived too\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
