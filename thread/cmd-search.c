/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <string.h>

#include "cmd-query.h"
#include "defms/cmd.h"
#include "defms/reader.h"

extern const struct cmd cmd_search;

struct wanted {
	struct search_options options;
	bool messages, count;
};

static void print_row(const struct search_row *row)
{
	const char *const columns[] = { row->from, row->subject };
	char date[24];

	cmd_date(row->date, date);
	cmd_print(stdout, row->name, strlen(row->name), false);
	printf("\t%s", date);
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		(void)putchar('\t');
		cmd_print(stdout, columns[i], strlen(columns[i]), false);
	}
	(void)putchar('\n');
}

static int print_list(struct index *index, const struct search *search,
		      const struct wanted *wanted, struct err *err)
{
	AUTO(search_list) struct search_list *list = NULL;
	struct search_row row;
	int more;

	if ((wanted->messages ? search_list_messages : search_list_threads)(
		    index, search, &wanted->options, &list, err) < 0)
		return -1;
	while ((more = search_list_next(list, &row, err)) > 0)
		print_row(&row);
	return more;
}

static int print_count(struct index *index, const struct search *search,
		       const struct wanted *wanted, struct err *err)
{
	int64_t count, limit = wanted->options.limit;

	if (search_count(index, search, !wanted->messages, &count, err) < 0)
		return -1;
	printf("%" G_GINT64_FORMAT "\n",
	       limit > 0 && count > limit ? limit : count);
	return 0;
}

static int run_query(struct mailbox *mailbox, char **words,
		     const struct wanted *wanted, struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	AUTO(search) struct search *search = NULL;
	struct index *index;
	int result;

	if (cmd_query(words, &search, err) < 0 ||
	    reader_open(mailbox, &reader, err) < 0)
		return -1;
	index = reader_index(reader, err);
	if (!index || index_begin(index, err) < 0)
		return -1;
	result = (wanted->count ? print_count : print_list)(index, search,
							    wanted, err);
	index_end(index);
	return result;
}

static bool parse_limit(const char *text, int64_t *limit_r)
{
	guint64 limit;

	if (!g_ascii_string_to_unsigned(text, 10, 1, INT64_MAX, &limit, NULL))
		return false;
	*limit_r = (int64_t)limit;
	return true;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "count", no_argument, NULL, 'c' },
		{ "limit", required_argument, NULL, 'l' },
		{ "messages", no_argument, NULL, 'm' },
		{ "oldest", no_argument, NULL, 'o' },
		{ "threads", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct wanted wanted = { 0 };
	struct err err;
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			wanted.count = true;
			break;
		case 'l':
			if (!parse_limit(optarg, &wanted.options.limit))
				return cmd_usage(&cmd_search,
						 "--limit takes a number");
			break;
		case 'm':
		case 't':
			wanted.messages = option == 'm';
			break;
		case 'o':
			wanted.options.oldest = true;
			break;
		default:
			return cmd_usage(&cmd_search, NULL);
		}
	}
	if (optind == argc)
		return cmd_usage(&cmd_search,
				 "what is to be found? '*' is all");
	if (run_query(mailbox, argv + optind, &wanted, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_search = {
	.name = "search",
	.args = "[--threads|--messages] [--count] [--limit N] [--oldest] "
		"QUERY...",
	.summary = "find threads and messages",
	.options = "--threads    a line a thread (default): directory, date, "
		   "from, subject\n"
		   "--messages   a line a message, its directory as "
		   "THREAD/MESSAGE\n"
		   "--count      only how many there are\n"
		   "--limit N    the first N\n"
		   "--oldest     oldest first, else newest first\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
