/* SPDX-License-Identifier: ISC */
#include "box-test.h"

#include "check.h"
#include "defms/batch.h"
#include "defms/reader.h"
#include "state-check.h"
#include "store-test.h"

void box_enter(const struct box *box)
{
	use_home(box->folder);
}

void box_reopen(struct box *box)
{
	struct err err = { 0 };

	box_enter(box);
	if (config_open(&box->config, &err) < 0 ||
	    mailbox_open(box->config, &box->mailbox, &err) < 0)
		die(&err);
}

void box_close(struct box *box)
{
	mailbox_close(box->mailbox);
	config_close(box->config);
}

struct box *box_new(const char *name, const char *mail)
{
	struct box *box = g_new0(struct box, 1);
	AUTO(config) struct config *config = NULL;
	struct err err = { 0 };

	box->folder = folder_new();
	box->mail = g_strdup(mail);
	box_enter(box);
	if (config_open(&config, &err) < 0 ||
	    mailbox_create(config, name, &mail, 1, false, &err) < 0)
		die(&err);
	box_reopen(box);
	return box;
}

void box_remove(struct box *box)
{
	box_close(box);
	folder_free(box->folder);
	g_free(box->mail);
	g_free(box);
}

struct state *box_state(const struct box *box)
{
	AUTO(str) char *path = mailbox_state_path(box->mailbox);
	struct state *state = NULL;
	struct err err = { 0 };

	if (state_open(path, &state, &err) < 0)
		die(&err);
	return state;
}

int64_t box_number(const struct box *box, const char *name)
{
	AUTO(state) struct state *state = box_state(box);
	int64_t value = -1;

	(void)state_get(state, name, &value, NULL);
	return value;
}

void box_import(struct box *box, const char *text, bool is_public)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(reader) struct reader *reader = NULL;
	AUTO(batch) struct batch *batch = NULL;
	enum batch_result result;
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup("INBOX");
	arrival->is_public = is_public;
	if (reader_open(box->mailbox, &reader, &err) < 0 ||
	    arrival_prepare(arrival, reader, &err) < 0 ||
	    batch_begin(box->mailbox, &batch, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0 ||
	    batch_commit(batch, &err) < 0)
		die(&err);
}

struct root_key root_of(const struct identity *identity)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;
	struct root_key root = { { 0 } };

	if (card_parse(text, strlen(text), &card, NULL) == 0)
		memcpy(root.bytes, card->root, sizeof(root.bytes));
	return root;
}

void box_pin(struct box *box, const struct box *other)
{
	const struct identity *identity = mailbox_identity(other->mailbox);
	AUTO(state) struct state *state = box_state(box);
	struct state_pin pin = { .trust = TRUST_SEEN };
	struct err err = { 0 };

	pin.root = root_of(identity);
	(void)g_strlcpy(pin.address, other->mail, sizeof(pin.address));
	if (state_begin(state, true, &err) < 0 ||
	    state_pin_put(state, &pin, &err) < 0 ||
	    state_card_put(state, &pin.root, 1, identity_card(identity), &err) <
		    0 ||
	    state_commit(state, &err) < 0)
		die(&err);
}

gint compare_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *box_hashes(const struct box *box)
{
	AUTO(state) struct state *state = box_state(box);
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *serials = NULL;

	(void)state_check_messages(state, &serials, NULL);
	for (guint i = 0; i < serials->len; i++) {
		struct state_message row = { 0 };
		char hex[MESSAGE_ID_HEX + 1];

		(void)state_message_get(
			state, g_array_index(serials, int64_t, i), &row, NULL);
		message_id_print(&row.hash, hex);
		if (row.removed == 0)
			g_ptr_array_add(lines, g_strdup(hex));
	}
	g_ptr_array_sort(lines, compare_text);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)(void *)lines->pdata);
}

size_t box_count(const struct box *box)
{
	AUTO(str) char *hashes = box_hashes(box);
	size_t count = hashes[0] != '\0';

	for (const char *at = hashes; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

void box_check(struct box *box)
{
	AUTO(check) struct check *check = NULL;
	const char *line;
	struct err err = { 0 };

	box_close(box);
	box_enter(box);
	(void)config_open(&box->config, &err);
	if (check_begin(box->config, false, &check, &err) < 0)
		die(&err);
	while (check_next(check, &line) > 0)
		if (!g_str_has_prefix(line, "not taken"))
			printf("# check: %s\n", line);
	CHECK_INT(check_report(check)->findings, 0);
	check_free(take(check));
	config_close(box->config);
	box_reopen(box);
	CHECK_INT(
		git(mailbox_store(box->mailbox), "fsck --strict --no-dangling"),
		0);
}

void box_read_all(struct box *box)
{
	AUTO(reader) struct reader *reader = NULL;
	AUTO(array) GArray *serials = NULL;
	struct err err = { 0 };
	struct index *index;

	if (reader_open(box->mailbox, &reader, &err) < 0)
		die(&err);
	index = reader_index(reader, &err);
	if (!index)
		die(&err);
	(void)state_check_messages(reader_state(reader), &serials, &err);
	for (guint i = 0; i < serials->len; i++) {
		AUTO(bytes) GByteArray *content = g_byte_array_new();
		struct index_message row = { 0 };

		CHECK_INT(index_message_get(index,
					    g_array_index(serials, int64_t, i),
					    &row, &err),
			  1);
		CHECK_INT(reader_content(reader, &row, content, &err), 0);
		index_message_release(&row);
	}
}
