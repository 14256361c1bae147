/* SPDX-License-Identifier: ISC */
#include "index-test.h"

#include "sql.h"

void must(int result, const struct err *err)
{
	if (result < 0)
		die(err);
}

struct index_files *index_files_new(void)
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

void index_files_free(struct index_files *files)
{
	index_close(files->index);
	state_close(files->state);
	g_free(files->path);
	g_free(files->state_path);
	folder_free(files->folder);
	g_free(files);
}

int64_t thread_new(struct index_files *files, const char *name)
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

int64_t message_new(struct index_files *files, int64_t thread, const char *text)
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

int64_t dated(struct index_files *files, int64_t thread, int number,
	      const char *date)
{
	AUTO(str)
	char *text = g_strdup_printf(
		"From: a%d@x\nTo: b%d@x\n%s%s%sMessage-ID: <%d@x>\n"
		"Subject: s%d\n\nbody %d\n",
		number, number, date ? "Date: " : "", date ? date : "",
		date ? "\n" : "", number, number, number);

	return message_new(files, thread, text);
}

char *serials_text(const GArray *serials)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < serials->len; i++)
		g_string_append_printf(out, "%s%" PRId64, i ? " " : "",
				       g_array_index(serials, int64_t, i));
	return g_string_free(out, FALSE);
}
