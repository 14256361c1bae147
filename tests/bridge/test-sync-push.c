/* SPDX-License-Identifier: ISC */
#include "imap-set.h"
#include "sync-push.h"

#include "test.h"

static char *printed(const struct imap_set *set)
{
	GString *out = g_string_new("");
	size_t range = 0;

	(void)imap_set_print(set, &range, 1000, out);
	return g_string_free(out, FALSE);
}

/* Each run of a kind as "uids +add -remove; ". */
static char *runs(const struct push *push, enum push_kind kind)
{
	struct push_run run = { .uids = imap_set_new() };
	GString *out = g_string_new("");

	for (guint at = 0; push_next_run(push, kind, &at, &run);) {
		AUTO(str) char *uids = printed(run.uids);

		CHECK_INT(run.count, imap_set_count(run.uids));
		g_string_append_printf(out, "%s +%x -%x; ", uids,
				       run.items->add, run.items->remove);
	}
	imap_set_free(run.uids);
	return g_string_free(out, FALSE);
}

TEST(what_one_command_tells_is_one_run)
{
	struct sync_folder here = { 0 }, there = { 0 };
	const struct push_item items[] = {
		{ PUSH_STORE, { .uid = 1 }, FLAG_SEEN, 0, NULL },
		{ PUSH_STORE, { .uid = 2 }, FLAG_SEEN, 0, NULL },
		{ PUSH_STORE, { .uid = 9 }, FLAG_SEEN, 0, NULL },
		{ PUSH_STORE, { .uid = 4 }, FLAG_SEEN, FLAG_DRAFT, NULL },
		{ PUSH_MOVE, { .uid = 1 }, 0, 0, &here },
		{ PUSH_MOVE, { .uid = 2 }, 0, 0, &there },
		{ PUSH_MOVE, { .uid = 3 }, 0, 0, &there },
		{ PUSH_DELETE, { .uid = 7 }, 0, 0, NULL },
	};
	AUTO(array)
	GArray *array = g_array_new(FALSE, FALSE, sizeof(*items));
	struct push push = { NULL, &here, array };
	AUTO(str) char *none = runs(&push, PUSH_STORE);
	AUTO(str) char *stores = NULL;
	AUTO(str) char *moves = NULL;
	AUTO(str) char *deletions = NULL;

	CHECK_STR(none, "");
	(void)g_array_append_vals(array, items, G_N_ELEMENTS(items));
	stores = runs(&push, PUSH_STORE);
	moves = runs(&push, PUSH_MOVE);
	deletions = runs(&push, PUSH_DELETE);
	CHECK_STR(stores, "1:2,9 +1 -0; 4 +1 -8; ");
	CHECK_STR(moves, "1 +0 -0; 2:3 +0 -0; ");
	CHECK_STR(deletions, "7 +0 -0; ");
}
