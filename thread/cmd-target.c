/* SPDX-License-Identifier: ISC */
#include "cmd-target.h"

#include <errno.h>
#include <string.h>

#include "cmd-query.h"

/* Each of these: 1 found, 0 none, -1. */

static int by_name(struct index *index, const char *name, int64_t *thread_r,
		   struct err *err)
{
	struct index_thread thread;
	int found = index_thread_named(index, name, &thread, err);

	if (found > 0)
		*thread_r = thread.joined ? thread.joined : thread.serial;
	return found;
}

/* "anything/THREAD", "anything/THREAD/MESSAGE", with or without a file in it:
 * the first part that names a thread counts. */
static int by_path(struct index *index, const char *path, struct target *target,
		   struct err *err)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part; part++) {
		struct index_message message = { 0 };
		int64_t thread;
		int found =
			(*part)[0] ? by_name(index, *part, &thread, err) : 0;

		if (found == 0)
			continue;
		if (found > 0 && part[1] && part[1][0])
			found = index_message_named(index, thread, part[1],
						    &message, err);
		if (found < 0)
			return -1;
		target->message = message.serial;
		index_message_release(&message);
		if (target->message == 0)
			(void)g_array_append_val(target->threads, thread);
		return 1;
	}
	return 0;
}

static int by_hash(struct reader *reader, const char *text,
		   struct target *target, struct err *err)
{
	AUTO(array) GArray *serials = NULL;
	size_t size = strlen(text);

	if (size < 6 || size > MESSAGE_ID_HEX ||
	    strspn(text, "0123456789abcdef") != size)
		return 0;
	if (state_message_prefix(reader_state(reader), text, &serials, err) < 0)
		return -1;
	if (serials->len == 1)
		target->message = g_array_index(serials, int64_t, 0);
	return serials->len == 1;
}

/* Is it the only one that is found? */
static int find_only(struct index *index, const struct search *search,
		     int64_t *serial_r, struct err *err)
{
	static const struct search_options two = { .limit = 2 };
	AUTO(array) GArray *serials = NULL;

	if (search_messages(index, search, &two, &serials, err) < 0)
		return -1;
	if (serials->len == 1)
		*serial_r = g_array_index(serials, int64_t, 0);
	return 0;
}

/* The threads that a query finds, oldest first; "id:" names a message. */
static int by_query(struct index *index, char **words, struct target *target,
		    struct err *err)
{
	static const struct search_options options = { .oldest = true };
	AUTO(search) struct search *search = NULL;
	AUTO(array) GArray *threads = NULL;

	if (cmd_query(words, &search, err) < 0 ||
	    find_only(index, search, &target->only, err) < 0 ||
	    search_threads(index, search, &options, &threads, err) < 0)
		return -1;
	if (g_str_has_prefix(words[0], "id:") && !words[1] && target->only) {
		target->message = target->only;
		return 1;
	}
	(void)g_array_append_vals(target->threads, threads->data, threads->len);
	return threads->len > 0;
}

/* A part of exactly one thread's name. */
static int by_part(struct index *index, const char *text, struct target *target,
		   struct err *err)
{
	static const struct search_options options = { .limit = 2 };
	AUTO(str) char *query = g_strdup_printf("thread:%s", text);
	AUTO(search) struct search *search = NULL;
	AUTO(array) GArray *threads = NULL;

	if (text[strcspn(text, " \t\r\n()\"")] ||
	    search_parse(query, 0, &search, NULL) < 0)
		return 0;
	if (search_threads(index, search, &options, &threads, err) < 0)
		return -1;
	if (threads->len == 1)
		(void)g_array_append_vals(target->threads, threads->data, 1);
	return threads->len == 1;
}

static int find(struct reader *reader, struct index *index, char **words,
		struct target *target, struct err *err)
{
	const char *text = words[0];
	int found = 0;

	if (!words[1] && text[0]) {
		found = by_path(index, text, target, err);
		if (found == 0)
			found = by_hash(reader, text, target, err);
		if (found == 0)
			found = by_part(index, text, target, err);
	}
	return found != 0 ? found : by_query(index, words, target, err);
}

int target_find(struct reader *reader, char **words, struct target *target_r,
		struct err *err)
{
	struct target target = { 0 };
	struct index *index = reader_index(reader, err);
	int found;

	if (!index)
		return -1;
	target.threads = g_array_new(FALSE, FALSE, sizeof(int64_t));
	found = find(reader, index, words, &target, err);
	if (found > 0) {
		*target_r = target;
		return 0;
	}
	g_array_unref(target.threads);
	return found < 0 ? -1 : err_set(err, ENOENT, "nothing found");
}
