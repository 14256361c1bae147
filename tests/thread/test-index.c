/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include "index-row.h"
#include "index-test.h"
#include "index-write.h"

TEST(an_index_is_empty_at_first_and_private)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(array) GArray *ids = NULL;
	struct index_message message;
	struct err err = { 0 };
	int64_t seq = 9;
	struct stat st;

	CHECK_INT(index_seq(files->index, &seq, &err), 0);
	CHECK_INT(seq, 0);
	CHECK_INT(index_ids(files->index, &ids, &err), 0);
	CHECK_INT(ids->len, 0);
	CHECK_INT(index_message_get(files->index, 1, &message, &err), 0);
	CHECK_INT(stat(files->path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
}

static int open_code(const char *path, const char *state_path)
{
	AUTO(index) struct index *index = NULL;
	struct err err = { 0 };

	if (index_open(path, state_path, &index, &err) == 0)
		return 0;
	CHECK(index == NULL);
	CHECK(err.text[0] != '\0');
	return err.code;
}

TEST(another_version_or_another_file_is_refused)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(str) char *none = g_build_filename(files->folder, "none", NULL);
	AUTO(str) char *copy = g_build_filename(files->folder, "copy", NULL);
	AUTO(str) char *text = g_strnfill(50000, 'x');

	CHECK_INT(open_code(none, files->state_path), ENOENT);
	CHECK_INT(access(none, F_OK), -1);
	/* state.db is an SQLite database, but no index. */
	CHECK_INT(open_code(files->state_path, files->state_path), EPROTO);
	for (int version = 0; version < 107; version++) {
		AUTO(sql) struct sql *sql = NULL;
		AUTO(str)
		char *pragma =
			g_strdup_printf("PRAGMA user_version=%d", version);
		struct err err = { 0 };

		CHECK_INT(sql_open(files->path, 0, &sql, &err), 0);
		CHECK_INT(sql_run(sql, pragma, &err), 0);
		sql_close(take(sql));
		CHECK_INT(open_code(files->path, files->state_path),
			  version == 105 ? 0 : EPROTO);
	}
	CHECK(g_file_set_contents(copy, text, -1, NULL));
	CHECK_INT(open_code(copy, files->state_path), EBADMSG);
	CHECK(g_file_set_contents(copy, "", 0, NULL));
	CHECK_INT(open_code(copy, files->state_path), EPROTO);
	CHECK_INT(index_create(files->path, NULL), -1);
}

TEST(keys_of_msgids_differ_from_index_to_index)
{
	AUTO(index_files) struct index_files *one = index_files_new();
	AUTO(index_files) struct index_files *two = index_files_new();
	AUTO(index) struct index *again = NULL;
	AUTO(table)
	GHashTable *keys = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	struct err err = { 0 };

	CHECK_INT(index_open(one->path, one->state_path, &again, &err), 0);
	for (int i = 0; i < 1000; i++) {
		AUTO(str) char *msgid = g_strdup_printf("%d@x", i);
		int64_t *key = g_new(int64_t, 1);

		*key = index_msgid_key(one->index, msgid);
		CHECK(index_msgid_key(again, msgid) == *key);
		CHECK(index_msgid_key(two->index, msgid) != *key);
		CHECK(g_hash_table_add(keys, key));
	}
}

TEST(a_read_transaction_sees_one_state)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(index) struct index *reader = NULL;
	struct err err = { 0 };
	int64_t seq = 0;

	CHECK_INT(index_open(files->path, files->state_path, &reader, &err), 0);
	CHECK_INT(index_begin(reader, &err), 0);
	CHECK_INT(index_seq(reader, &seq, &err), 0);
	CHECK_INT(seq, 0);
	(void)dated(files, thread_new(files, "one"), 1, NULL);
	CHECK_INT(index_seq(reader, &seq, &err), 0);
	CHECK_INT(seq, 0);
	index_end(reader);
	index_end(reader);
	CHECK_INT(index_seq(reader, &seq, &err), 0);
	CHECK_INT(seq, 2);
}

/* Attachments come back; of what is cut off, those before the cut do. */
TEST(attachments_are_packed_and_come_back)
{
	static const uint64_t sizes[] = {
		0, 1, 127, 128, 16383, 16384, 1ULL << 40, UINT64_MAX
	};
	AUTO(ptrs) GPtrArray *parts = g_ptr_array_new();
	AUTO(bytes) GByteArray *packed = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		g_ptr_array_add(parts,
				index_part_new(i % 2 ? "caf\xc3\xa9.txt" : "a",
					       i * 70, sizes[i]));
	packed = index_pack_parts(parts);
	for (guint cut = 0; cut <= packed->len; cut++) {
		guint8 *exact = g_memdup2(packed->data, cut);
		AUTO(ptrs) GPtrArray *got = index_unpack_parts(exact, cut);

		g_free(exact);
		CHECK(got->len <= parts->len);
		CHECK(cut < packed->len || got->len == parts->len);
		for (guint i = 0; i < got->len; i++) {
			const struct index_part *part =
				g_ptr_array_index(got, i);

			CHECK_STR(part->name, i % 2 ? "caf\xc3\xa9.txt" : "a");
			CHECK_INT(part->number, i * 70);
			CHECK(part->size == sizes[i]);
		}
	}
	for (guint i = 0; i < parts->len; i++) {
		struct index_part *part = g_ptr_array_index(parts, i);

		g_free(part->name);
		g_free(part);
	}
}
