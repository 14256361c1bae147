/* SPDX-License-Identifier: ISC */
#include "cmd-links.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd-target.h"

int deciding_begin(struct deciding *deciding, struct mailbox *mailbox,
		   struct err *err)
{
	if (batch_begin(mailbox, &deciding->batch, err) < 0)
		return -1;
	return reader_open(mailbox, &deciding->reader, err);
}

void deciding_end(struct deciding *deciding)
{
	batch_free(deciding->batch);
	reader_close(deciding->reader);
}

/* Find `text`; threads is NULL if a message is named. */
static int find(struct deciding *deciding, const char *text,
		struct target *target_r, struct err *err)
{
	AUTO(str) char *word = g_strdup(text);
	char *words[] = { word, NULL };

	if (target_find(deciding->reader, words, target_r, err) < 0)
		return err_prefix(err, "%s", text);
	return 0;
}

static int thread_of(struct deciding *deciding, int64_t message,
		     int64_t *thread_r, struct err *err)
{
	struct index *index = reader_index(deciding->reader, err);
	int found = index ? index_place_of(index, message, thread_r, err) : -1;

	return found == 0 ? err_set(err, ENOENT, "nothing found") : found;
}

int deciding_thread(struct deciding *deciding, const char *text,
		    int64_t *thread_r, struct err *err)
{
	AUTO(target) struct target target = { 0 };

	if (find(deciding, text, &target, err) < 0)
		return -1;
	if (target.message != 0)
		return thread_of(deciding, target.message, thread_r, err) < 0
			       ? -1
			       : 0;
	if (target.threads->len != 1)
		return err_set(err, EINVAL, "%s: names %u threads, not one",
			       text, target.threads->len);
	*thread_r = g_array_index(target.threads, int64_t, 0);
	return 0;
}

/* The name of a message's directory ends in a part of its hash. */
static int by_name(struct deciding *deciding, const char *text,
		   int64_t *message_r, struct err *err)
{
	struct state *state = reader_state(deciding->reader);
	const char *dot = strrchr(text, '.');
	AUTO(array) GArray *serials = NULL;

	if (!dot || strlen(dot + 1) < 8 || strlen(dot + 1) > MESSAGE_ID_HEX ||
	    dot[1 + strspn(dot + 1, "0123456789abcdef")])
		return 0;
	if (state_message_prefix(state, dot + 1, &serials, err) < 0)
		return -1;
	if (serials->len > 1)
		return err_set(err, EINVAL, "%s: names %u messages, not one",
			       text, serials->len);
	if (serials->len == 1)
		*message_r = g_array_index(serials, int64_t, 0);
	return serials->len == 1;
}

int deciding_message(struct deciding *deciding, const char *text,
		     int64_t *message_r, struct err *err)
{
	AUTO(target) struct target target = { 0 };
	int found =
		strchr(text, '/') ? 0 : by_name(deciding, text, message_r, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (find(deciding, text, &target, err) < 0)
		return -1;
	*message_r = target.message ? target.message : target.only;
	if (*message_r == 0)
		return err_set(err, EINVAL, "%s: names no single message",
			       text);
	return 0;
}

int deciding_commit(struct deciding *deciding, struct err *err)
{
	if (batch_commit(deciding->batch, err) < 0)
		return -1;
	if (batch_unfinished(deciding->batch))
		cmd_warn(batch_unfinished(deciding->batch));
	return 0;
}

int deciding_print(struct deciding *deciding, int64_t thread, struct err *err)
{
	struct index *index = reader_index(deciding->reader, err);
	struct index_thread row;
	int found = index ? index_thread_get(index, thread, &row, err) : -1;

	if (found > 0 && row.joined != 0)
		found = index_thread_get(index, row.joined, &row, err);
	if (found > 0)
		(void)printf("%s\n", row.name);
	return MIN(found, 0);
}

int deciding_options(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };

	return getopt_long(argc, argv, "+", none, NULL) == -1
		       ? 0
		       : cmd_usage(cmd, NULL);
}
