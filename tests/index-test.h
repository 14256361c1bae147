/* SPDX-License-Identifier: ISC */
/* For tests of the index: an empty one beside its state.db, and messages. */
#ifndef DEFMS_INDEX_TEST_H
#define DEFMS_INDEX_TEST_H

#include "defms/index.h"
#include "defms/state-threads.h"
#include "defms/state.h"
#include "index-write.h"
#include "store-test.h"

/* Of sql.h, which tests of fs do not see. */
int sql_run(struct sql *sql, const char *text, struct err *err);

struct index_files {
	char *folder, *state_path, *path;
	struct state *state;
	struct index *index;
	int64_t seq;
};

static void must(int result, const struct err *err)
{
	if (result >= 0)
		return;
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}

__attribute__((unused)) static struct index_files *index_files_new(void)
{
	struct index_files *files = g_new0(struct index_files, 1);
	struct err err = { 0 };

	files->folder = folder_new();
	files->state_path = g_build_filename(files->folder, "state.db", NULL);
	files->path = g_build_filename(files->folder, "index.db", NULL);
	must(state_create(files->state_path, &err), &err);
	must(state_open(files->state_path, &files->state, &err), &err);
	/* Nothing here is to outlive a power cut. */
	must(sql_run(state_sql(files->state), "PRAGMA synchronous=OFF", &err),
	     &err);
	must(index_create(files->path, &err), &err);
	must(index_open(files->path, files->state_path, &files->index, &err),
	     &err);
	return files;
}

__attribute__((unused)) static void index_files_free(struct index_files *files)
{
	index_close(files->index);
	state_close(files->state);
	g_free(files->path);
	g_free(files->state_path);
	folder_free(files->folder);
	g_free(files);
}
AUTO_KIND(index_files, struct index_files, index_files_free)

/* Make a thread; its serial. */
__attribute__((unused)) static int64_t thread_new(struct index_files *files,
						  const char *name)
{
	struct err err = { 0 };
	int64_t serial = 0;

	files->seq++;
	must(state_thread_add(files->state, name, 0, &serial, &err), &err);
	must(index_write_begin(files->index, &err), &err);
	must(index_touch_thread(files->index, serial, files->seq, files->seq,
				&err),
	     &err);
	must(index_write_end(files->index, files->seq, 0, &err), &err);
	return serial;
}

/* Add a message to a thread as one batch; its serial. */
__attribute__((unused)) static int64_t
message_new(struct index_files *files, int64_t thread, const char *text)
{
	AUTO(mime) struct mime *mime = mime_parse(text, strlen(text));
	AUTO(gstring) GString *body = g_string_new(NULL);
	struct index_entry entry = { .strand = 1,
				     .name_digits = 8,
				     .content_size = strlen(text),
				     .mime = mime };
	struct index *index = files->index;
	struct err err = { 0 };

	entry.hash = message_id_of(NULL, text, strlen(text));
	entry.id = entry.hash;
	must(state_message_add(files->state, &entry.hash, 1, &entry.serial,
			       &err),
	     &err);
	files->seq++;
	mime_text(mime, body);
	entry.text = body->str;
	entry.text_size = body->len;
	must(index_write_begin(index, &err), &err);
	must(index_add(index, &entry, &err), &err);
	must(index_touch_thread(index, thread, files->seq, files->seq, &err),
	     &err);
	must(index_place(index, entry.serial, thread, files->seq, &err), &err);
	must(index_add_msgid(index, index_msgid_key(index, mime->msgid), thread,
			     &err),
	     &err);
	must(index_write_end(index, files->seq, 0, &err), &err);
	return entry.serial;
}

/* One of a date (NULL: none) and number, from and to somebody. */
__attribute__((unused)) static int64_t
dated(struct index_files *files, int64_t thread, int number, const char *date)
{
	AUTO(str)
	char *text = g_strdup_printf(
		"From: a%d@x\nTo: b%d@x\n%s%s%sMessage-ID: <%d@x>\n"
		"Subject: s%d\n\nbody %d\n",
		number, number, date ? "Date: " : "", date ? date : "",
		date ? "\n" : "", number, number, number);

	return message_new(files, thread, text);
}

/* Serials as "1 2 3"; caller frees. */
__attribute__((unused)) static char *serials_text(const GArray *serials)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < serials->len; i++)
		g_string_append_printf(out, "%s%" PRId64, i ? " " : "",
				       g_array_index(serials, int64_t, i));
	return g_string_free(out, FALSE);
}

/* Check what a function that gives serials gave, and free it. */
#define CHECK_SERIALS(call, serials, want)                                     \
	do {                                                                   \
		AUTO(str) char *text_ = NULL;                                  \
		CHECK_INT(call, 0);                                            \
		text_ = serials_text(serials);                                 \
		CHECK_STR(text_, want);                                        \
		g_array_unref(take(serials));                                  \
	} while (0)

#endif
