/* SPDX-License-Identifier: ISC */
/* defms share: a thread for others too, and what goes in. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd-links.h"
#include "share.h"

extern const struct cmd cmd_share;

/* What is asked for. */
struct wish {
	bool all, dry_run, remove;
	char *thread;
	const char *const *addresses;
	size_t count;
};

static int print_list(struct index *index, const GArray *messages,
		      const char *label, struct err *err)
{
	for (guint i = 0; i < messages->len; i++) {
		struct index_message row = { 0 };
		int found = index_message_get(
			index, g_array_index(messages, int64_t, i), &row, err);

		if (found > 0)
			(void)printf("%s\t%s\t%s\t%s\n", label, row.name,
				     row.from, row.subject);
		index_message_release(&row);
		if (found < 0)
			return -1;
	}
	return 0;
}

/* Who the members are, by their cards. */
static int print_members(const struct share_plan *plan, struct err *err)
{
	for (guint i = 0; i < plan->cards->len; i++) {
		const char *text = g_ptr_array_index(plan->cards, i);
		AUTO(card) struct card *card = NULL;
		char fingerprint[KEY_FINGERPRINT + 1];

		if (card_parse(text, strlen(text), &card, err) < 0)
			return -1;
		card_fingerprint(card, fingerprint);
		(void)printf("with\t%s\t%s\n", fingerprint, card->name);
	}
	return 0;
}

static int print_plan(struct deciding *deciding, const struct share_plan *plan,
		      struct err *err)
{
	struct index *index = reader_index(deciding->reader, err);

	if (!index || print_members(plan, err) < 0 ||
	    print_list(index, plan->enter, "in", err) < 0 ||
	    print_list(index, plan->there, "there", err) < 0 ||
	    print_list(index, plan->stay, "stays", err) < 0)
		return -1;
	if (plan->unasked > 0)
		(void)fprintf(stderr,
			      "defms: %u of them not addressed to all "
			      "members\n",
			      plan->unasked);
	return 0;
}

static int share(struct deciding *deciding, const struct wish *wish,
		 struct err *err)
{
	AUTO(share_plan) struct share_plan *plan = NULL;
	int64_t thread;

	if (deciding_thread(deciding, wish->thread, &thread, err) < 0 ||
	    share_plan(deciding->batch, thread, wish->addresses, wish->count,
		       wish->all, &plan, err) < 0 ||
	    print_plan(deciding, plan, err) < 0)
		return -1;
	if (plan->enter->len == 0 && plan->there->len == 0)
		return err_set(err, ENOENT,
			       "nothing in the thread is addressed to all "
			       "of them; --all shares it all the same");
	if (wish->dry_run || plan->enter->len == 0)
		return 0;
	if (share_do(deciding->batch, plan, err) < 0)
		return -1;
	return deciding_commit(deciding, err);
}

static int close_strands(struct deciding *deciding, const struct wish *wish,
			 struct err *err)
{
	int64_t thread;

	if (deciding_thread(deciding, wish->thread, &thread, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->count; i++) {
		int closed = share_close(deciding->batch, thread,
					 wish->addresses[i], err);

		if (closed == 0)
			return err_set(err, ENOENT,
				       "%s: the thread is not shared with it",
				       wish->addresses[i]);
		if (closed < 0)
			return -1;
	}
	return deciding_commit(deciding, err);
}

static int decide(struct mailbox *mailbox, const struct wish *wish,
		  struct err *err)
{
	AUTO(deciding) struct deciding deciding = { 0 };

	if (deciding_begin(&deciding, mailbox, err) < 0)
		return -1;
	return wish->remove ? close_strands(&deciding, wish, err)
			    : share(&deciding, wish, err);
}

static int read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "remove", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "n", options, NULL)) != -1) {
		if (option == 'a')
			wish->all = true;
		else if (option == 'n')
			wish->dry_run = true;
		else if (option == 'r')
			wish->remove = true;
		else
			return cmd_usage(&cmd_share, NULL);
	}
	if (argc - optind < 2)
		return cmd_usage(&cmd_share, "which thread, and with whom?");
	if (wish->remove && (wish->all || wish->dry_run))
		return cmd_usage(&cmd_share, "--remove takes no other option");
	wish->thread = argv[optind];
	wish->addresses = (const char *const *)argv + optind + 1;
	wish->count = (size_t)(argc - optind - 1);
	return 0;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct wish wish = { 0 };
	int status = read_options(argc, argv, &wish);
	struct err err;

	(void)config;
	if (status != 0)
		return status;
	if (decide(mailbox, &wish, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_share = {
	.name = "share",
	.args = "[--all] [--dry-run] THREAD ADDR... | --remove THREAD ADDR...",
	.summary = "let others have a thread, as far as it was addressed to "
		   "them",
	.options = "--all      what was not addressed to all of them, too\n"
		   "--dry-run  only print what would go in and what stays\n"
		   "--remove   put nothing more where they can read it",
	.flags = CMD_MAILBOX,
	.run = run,
};
