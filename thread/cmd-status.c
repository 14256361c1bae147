/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd-query.h"
#include "cmd-queue.h"
#include "defms/cmd.h"
#include "defms/reader.h"
#include "defms/state-chains.h"
#include "defms/visible.h"
#include "mailbox-parts.h"

enum { COPIES = 4096 }; /* looked at in one go */

extern const struct cmd cmd_status;

/* -- numbers --------------------------------------------------------------- */

static int print_count(struct index *index, const char *query, bool threads,
		       const char *label, struct err *err)
{
	AUTO(search) struct search *search = NULL;
	int64_t count;

	if (search_parse(query, 0, &search, err) < 0 ||
	    search_count(index, search, threads, &count, err) < 0)
		return -1;
	printf("%-10s %" PRId64 "\n", label, count);
	return 0;
}

static int print_counts(struct index *index, struct err *err)
{
	if (print_count(index, "*", false, "messages", err) < 0 ||
	    print_count(index, "is:unread", false, "unread", err) < 0 ||
	    print_count(index, "*", true, "threads", err) < 0)
		return -1;
	return print_count(index, "is:removed", false, "removed", err);
}

/* -- folders --------------------------------------------------------------- */

/* Add the copies in new or cur of a folder to `counts`: all, and unread. */
static int count_copies(struct state *state, int64_t folder, bool is_new,
			uint64_t counts[2], struct err *err)
{
	struct state_copy after = { .folder = folder, .is_new = is_new };
	guint len;

	do {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_range(state, &after, COPIES, &copies, err) < 0)
			return -1;
		len = copies->len;
		for (guint i = 0; i < len; i++) {
			const struct state_copy *copy =
				&g_array_index(copies, struct state_copy, i);

			counts[0]++;
			counts[1] += !(copy->flags & FLAG_SEEN);
			after.serial = copy->serial;
		}
	} while (len == COPIES);
	return 0;
}

static int print_folders(struct state *state, struct err *err)
{
	struct state_folder folder;
	int64_t after = 0;
	int more;

	while ((more = state_folder_next(state, after, &folder, err)) > 0) {
		uint64_t counts[2] = { 0, 0 };

		after = folder.serial;
		if (count_copies(state, after, true, counts, err) < 0 ||
		    count_copies(state, after, false, counts, err) < 0)
			return -1;
		printf("folder     %" PRIu64 ", %" PRIu64 " unread\t",
		       counts[0], counts[1]);
		cmd_print(stdout, folder.name, strlen(folder.name), false);
		(void)putchar('\n');
	}
	return more;
}

/* -- sizes ----------------------------------------------------------------- */

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Of the files in a directory, and how many packs there are. */
static uint64_t size_of_packs(const char *path, unsigned *packs_r)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	uint64_t total = 0;

	*packs_r = 0;
	while (dir && (name = g_dir_read_name(dir))) {
		AUTO(str) char *file = g_build_filename(path, name, NULL);

		total += size_of(file);
		*packs_r += g_str_has_suffix(name, ".pack") != 0;
	}
	if (dir)
		g_dir_close(dir);
	return total;
}

static void print_size(const char *label, uint64_t size, const char *path)
{
	AUTO(str)
	char *text = g_format_size_full(size, G_FORMAT_SIZE_IEC_UNITS);

	printf("%-10s %s\t%s\n", label, text, path);
}

static int print_sizes(struct reader *reader, struct err *err)
{
	struct mailbox *mailbox = reader_mailbox(reader);
	const char *store = store_path(mailbox_store(mailbox));
	AUTO(str)
	char *packs = g_build_filename(store, "objects", "pack", NULL);
	AUTO(str) char *state = mailbox_state_path(mailbox);
	AUTO(str) char *index = NULL;
	int64_t generation;
	unsigned count;
	uint64_t size = size_of_packs(packs, &count);

	if (state_get(reader_state(reader), "index", &generation, err) < 0)
		return -1;
	index = mailbox_index_path(mailbox, generation);
	print_size("history", size, store);
	printf("packs      %u\n", count);
	print_size("state", size_of(state), state);
	print_size("index", size_of(index), index);
	return 0;
}

/* -- what is wrong --------------------------------------------------------- */

/* It is mended by the next command that writes. */
static int print_problems(struct reader *reader, struct index *index,
			  struct err *err)
{
	int64_t want, have, twice;
	struct err why;

	if (state_get(reader_state(reader), "seq", &want, err) < 0 ||
	    state_get(reader_state(reader), STATE_TWICE, &twice, err) < 0 ||
	    index_seq(index, &have, err) < 0)
		return -1;
	if (have < want)
		printf("behind     the index by %" PRId64 " changes\n",
		       want - have);
	if (twice != 0)
		printf("keys       another machine writes with that of this "
		       "device: run `defms restore` here\n");
	if (mailbox_may_write(reader_mailbox(reader), &why) < 0)
		printf("keys       %s\n", why.text);
	return 0;
}

/* -- remotes --------------------------------------------------------------- */

/* A remote that cannot be looked at is one more thing that is wrong. */
static void print_remote(struct reader *reader, const struct remote *remote)
{
	const struct identity *identity =
		mailbox_identity(reader_mailbox(reader));
	struct visible visible = { 0 };
	struct err err;
	size_t strands = 0;

	if (visible_open(reader_state(reader), identity, remote, &visible,
			 &err) < 0 ||
	    visible_waiting(&visible, &strands, &err) < 0)
		printf("unpushed   %s\t%s\n", remote->name, err.text);
	else if (strands > 0)
		printf("unpushed   %s\t%zu thread%s\n", remote->name, strands,
		       strands == 1 ? "" : "s");
	visible_release(&visible);
}

static int print_remotes(struct reader *reader, const struct config *config,
			 struct err *err)
{
	AUTO(ptrs) GPtrArray *remotes = NULL;

	if (remote_list(config, &remotes, err) < 0)
		return -1;
	for (guint i = 0; i < remotes->len; i++)
		print_remote(reader, remotes->pdata[i]);
	return 0;
}

static int print_status(struct mailbox *mailbox, struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	struct index *index;

	if (reader_open(mailbox, &reader, err) < 0)
		return -1;
	index = reader_index(reader, err);
	if (!index || print_counts(index, err) < 0 ||
	    print_folders(reader_state(reader), err) < 0 ||
	    print_sizes(reader, err) < 0)
		return -1;
	if (print_remotes(reader, mailbox_config(mailbox), err) < 0)
		return -1;
	return print_problems(reader, index, err);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;

	bool queue = argc == 2 && strcmp(argv[1], "--queue") == 0;

	(void)config;
	if (argc > 1 && !queue)
		return cmd_usage(&cmd_status,
				 "it takes no arguments but --queue");
	if ((queue ? cmd_queue_print : print_status)(mailbox, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "[--queue]",
	.summary = "say how much there is, and what is wrong",
	.options = "--queue       what waits to be sent, a line each\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
