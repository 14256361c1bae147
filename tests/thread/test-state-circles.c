/* SPDX-License-Identifier: ISC */
#include "index-write.h"
#include "state-circles.h"

#include "index-strand.h"
#include "index-test.h"

static const char *numbers(const GArray *array)
{
	static char text[64];

	text[0] = '\0';
	for (guint i = 0; i < array->len; i++) {
		char one[24];

		(void)g_snprintf(one, sizeof(one), "%" G_GINT64_FORMAT " ",
				 g_array_index(array, int64_t, i));
		(void)g_strlcat(text, one, sizeof(text));
	}
	return text;
}

TEST(a_circle_is_kept_as_it_was_given)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct state_circle circle = { .strand = 7 }, got = { 0 };
	struct root_key roots[2] = { { { 1 } }, { { 2 } } };
	AUTO(array) GArray *strands = NULL;
	struct err err = { 0 };

	memset(circle.secret, 9, sizeof(circle.secret));
	circle.roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	(void)g_array_append_vals(circle.roots, roots, 2);
	CHECK_INT(state_circle_any(files->state, &err), 0);
	CHECK_INT(state_circle_get(files->state, 7, &got, &err), 0);
	must(state_begin(files->state, true, &err), &err);
	CHECK_INT(state_circle_put(files->state, &circle, &err), 0);
	circle.closed = true;
	CHECK_INT(state_circle_put(files->state, &circle, &err), 0);
	must(state_commit(files->state, &err), &err);
	CHECK_INT(state_circle_any(files->state, &err), 1);
	if (CHECK_INT(state_circle_get(files->state, 7, &got, &err), 1)) {
		CHECK_INT(got.strand, 7);
		CHECK(got.closed);
		CHECK_MEM(got.secret, circle.secret, sizeof(got.secret));
		CHECK_INT(got.roots->len, 2);
		CHECK_MEM(got.roots->data, roots, sizeof(roots));
	}
	CHECK_INT(state_circle_list(files->state, &strands, &err), 0);
	CHECK_STR(numbers(strands), "7 ");
	state_circle_release(&got);
	g_array_unref(circle.roots);
}

TEST(a_message_stands_in_several_strands)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(array) GArray *strands = NULL;
	AUTO(array) GArray *messages = NULL;
	struct state *state = files->state;
	struct err err = { 0 };

	must(state_begin(state, true, &err), &err);
	CHECK_INT(state_standing_add(state, 1, 5, &err), 0);
	CHECK_INT(state_standing_add(state, 1, 4, &err), 0);
	CHECK_INT(state_standing_add(state, 1, 5, &err), 0);
	CHECK_INT(state_standing_add(state, 2, 5, &err), 0);
	must(state_commit(state, &err), &err);
	CHECK_INT(state_standing_of(state, 1, &strands, &err), 0);
	CHECK_STR(numbers(strands), "4 5 ");
	CHECK_INT(state_standing_in(state, 5, &messages, &err), 0);
	CHECK_STR(numbers(messages), "1 2 ");
	CHECK_INT(state_standing_has(state, 2, 5, &err), 1);
	CHECK_INT(state_standing_has(state, 2, 4, &err), 0);
}

TEST(what_a_message_is_read_from_can_change)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	struct message_id hash = { { 3 } };
	struct state_message message = { 0 };
	struct err err = { 0 };
	int64_t serial;

	must(state_begin(files->state, true, &err), &err);
	must(state_message_add(files->state, &hash, 1, &serial, &err), &err);
	CHECK_INT(state_standing_from(files->state, serial, 8, &err), 0);
	CHECK_INT(state_message_get(files->state, serial, &message, &err), 1);
	CHECK_INT(message.strand, 8);
	state_rollback(files->state);
}

TEST(strands_that_something_leaves_are_listed_until_it_has)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(array) GArray *strands = NULL;
	AUTO(array) GArray *rest = NULL;
	struct err err = { 0 };

	must(state_begin(files->state, true, &err), &err);
	CHECK_INT(state_leaving_add(files->state, 3, &err), 0);
	CHECK_INT(state_leaving_add(files->state, 2, &err), 0);
	CHECK_INT(state_leaving_add(files->state, 3, &err), 0);
	CHECK_INT(state_leaving_list(files->state, &strands, &err), 0);
	CHECK_STR(numbers(strands), "2 3 ");
	CHECK_INT(state_leaving_drop(files->state, 2, &err), 0);
	CHECK_INT(state_leaving_list(files->state, &rest, &err), 0);
	CHECK_STR(numbers(rest), "3 ");
	state_rollback(files->state);
}

TEST(a_thread_has_the_strands_of_its_messages)
{
	AUTO(index_files) struct index_files *files = index_files_new();
	AUTO(array) GArray *strands = NULL;
	AUTO(array) GArray *none = NULL;
	struct err err = { 0 };

	must(state_begin(files->state, true, &err), &err);
	CHECK_INT(state_standing_add(files->state, 1, 5, &err), 0);
	CHECK_INT(state_standing_add(files->state, 2, 5, &err), 0);
	CHECK_INT(state_standing_add(files->state, 2, 4, &err), 0);
	CHECK_INT(state_standing_add(files->state, 3, 6, &err), 0);
	must(state_commit(files->state, &err), &err);
	must(index_write_begin(files->index, &err), &err);
	must(index_place(files->index, 1, 10, 1, &err), &err);
	must(index_place(files->index, 2, 10, 1, &err), &err);
	must(index_place(files->index, 3, 11, 1, &err), &err);
	CHECK_INT(index_thread_strands(files->index, 10, &strands, &err), 0);
	CHECK_STR(numbers(strands), "4 5 ");
	CHECK_INT(index_thread_strands(files->index, 12, &none, &err), 0);
	CHECK_INT(none->len, 0);
	index_write_undo(files->index);
}
