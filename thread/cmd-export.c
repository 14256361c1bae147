/* SPDX-License-Identifier: ISC */
/* Messages as files of others. An mbox holds one copy of each message, oldest
 * first; a Maildir every copy, in its folder and with its flags. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd-query.h"
#include "defms/cmd.h"
#include "defms/io.h"
#include "defms/mbox.h"
#include "defms/name.h"
#include "defms/reader.h"

extern const struct cmd cmd_export;

struct exporter {
	struct reader *reader; /* borrowed */
	const char *dest;
	int fd; /* of the mbox */
	bool maildir;
};

typedef int copy_function(struct exporter *, const struct index_message *,
			  const struct state_copy *, struct err *);

/* -- mbox ------------------------------------------------------------------ */

static int add_to_mbox(struct exporter *exporter,
		       const struct index_message *message,
		       const struct state_copy *copy, struct err *err)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	AUTO(bytes) GByteArray *entry = g_byte_array_new();

	if (reader_raw(exporter->reader, message, copy, raw, err) < 0)
		return -1;
	mbox_write(entry, raw->data, raw->len, message->mail, message->date);
	return io_write(exporter->fd, entry->data, entry->len, err);
}

/* -- Maildir --------------------------------------------------------------- */

/* The Maildir (Maildir++) of a folder; made with cur, new and tmp. */
static int make_folder(struct exporter *exporter, int64_t folder, char **path_r,
		       struct err *err)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	struct state_folder found;
	AUTO(str) char *maildir = NULL;
	AUTO(str) char *path = NULL;
	int result = state_folder_get(reader_state(exporter->reader), folder,
				      &found, err);

	if (result <= 0)
		return result < 0 ? -1
				  : err_set(err, ENOENT, "a folder is lost");
	maildir = name_folder_maildir(found.name);
	path = g_build_filename(exporter->dest, maildir, NULL);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", path);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		AUTO(str) char *part = g_build_filename(path, parts[i], NULL);

		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_sys(err, "%s", part);
	}
	*path_r = take(path);
	return 0;
}

/* Its times say when the message came, as IMAP servers read them. */
static int write_copy(struct exporter *exporter,
		      const struct index_message *message,
		      const struct state_copy *copy, const char *path,
		      struct err *err)
{
	struct timespec times[2] = { { .tv_sec = copy->received },
				     { .tv_sec = copy->received } };
	AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (reader_raw_write(exporter->reader, message, copy, fd, err) < 0)
		return err_prefix(err, "%s", path);
	if (futimens(fd, times) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

static int add_to_maildir(struct exporter *exporter,
			  const struct index_message *message,
			  const struct state_copy *copy, struct err *err)
{
	AUTO(str) char *folder = NULL;
	AUTO(str) char *name = name_copy(copy);
	AUTO(str) char *path = NULL;

	if (make_folder(exporter, copy->folder, &folder, err) < 0)
		return -1;
	path = g_build_filename(folder, copy->is_new ? "new" : "cur", name,
				NULL);
	return write_copy(exporter, message, copy, path, err);
}

/* -- messages -------------------------------------------------------------- */

static int add_copies(struct exporter *exporter,
		      const struct index_message *message, struct err *err)
{
	copy_function *add = exporter->maildir ? add_to_maildir : add_to_mbox;
	struct state *state = reader_state(exporter->reader);
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(state, message->serial, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		struct state_copy copy;
		int found = state_copy_get(
			state, g_array_index(copies, int64_t, i), &copy, err);

		if (found > 0)
			found = add(exporter, message, &copy, err);
		if (found < 0)
			return -1;
		if (!exporter->maildir)
			break;
	}
	return 0;
}

static int add_all(struct exporter *exporter, const GArray *serials,
		   struct err *err)
{
	for (guint i = 0; i < serials->len; i++) {
		struct index *index = reader_index(exporter->reader, err);
		struct index_message message = { 0 };
		int found;

		if (!index)
			return -1;
		found = index_message_get(index,
					  g_array_index(serials, int64_t, i),
					  &message, err);
		if (found > 0)
			found = add_copies(exporter, &message, err);
		index_message_release(&message);
		if (found < 0)
			return -1;
	}
	return 0;
}

/* -- the destination ------------------------------------------------------- */

static int to_mbox(struct exporter *exporter, const GArray *serials,
		   struct err *err)
{
	AUTO(fd) int fd = -1;

	exporter->fd = STDOUT_FILENO;
	if (strcmp(exporter->dest, "-") == 0)
		return add_all(exporter, serials, err);
	fd = open(exporter->dest, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return err_sys(err, "%s", exporter->dest);
	exporter->fd = fd;
	if (add_all(exporter, serials, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return err_sys(err, "%s", exporter->dest);
	return 0;
}

static int to_maildir(struct exporter *exporter, const GArray *serials,
		      struct err *err)
{
	if (mkdir(exporter->dest, 0700) < 0)
		return err_sys(err, "%s", exporter->dest);
	if (add_all(exporter, serials, err) < 0)
		return -1;
	return io_sync_tree(exporter->dest, err);
}

static int run_export(struct exporter *exporter, struct mailbox *mailbox,
		      char **words, struct err *err)
{
	static const struct search_options oldest = { .oldest = true };
	AUTO(reader) struct reader *reader = NULL;
	AUTO(search) struct search *search = NULL;
	AUTO(array) GArray *serials = NULL;
	struct index *index;

	if (cmd_query(words, &search, err) < 0 ||
	    reader_open(mailbox, &reader, err) < 0)
		return -1;
	exporter->reader = reader;
	index = reader_index(reader, err);
	if (!index ||
	    search_messages(index, search, &oldest, &serials, err) < 0)
		return -1;
	if (serials->len == 0)
		return err_set(err, ENOENT, "nothing found");
	return exporter->maildir ? to_maildir(exporter, serials, err)
				 : to_mbox(exporter, serials, err);
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	static const struct option options[] = {
		{ "maildir", no_argument, NULL, 'd' },
		{ "mbox", no_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	struct exporter exporter = { .fd = -1 };
	struct err err;
	int option;

	(void)config;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option != 'd' && option != 'm')
			return cmd_usage(&cmd_export, NULL);
		exporter.maildir = option == 'd';
	}
	if (argc - optind < 2)
		return cmd_usage(&cmd_export, "a query and a destination?");
	exporter.dest = argv[argc - 1];
	argv[argc - 1] = NULL;
	if (run_export(&exporter, mailbox, argv + optind, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

const struct cmd cmd_export = {
	.name = "export",
	.args = "[--mbox|--maildir] QUERY... DEST",
	.summary = "write messages to an mbox (- is stdout) or a Maildir",
	.options = "--mbox      one copy of each message, mboxrd (default)\n"
		   "--maildir   every copy, folders as Maildir++, with flags\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
