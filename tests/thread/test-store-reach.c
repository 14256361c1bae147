/* SPDX-License-Identifier: ISC */
#include "store-test.h"

static struct object_id made(struct store *store, const char *line)
{
	AUTO(str)
	char *hex = output("cd %s && export GIT_AUTHOR_NAME=a"
			   " GIT_AUTHOR_EMAIL=b GIT_COMMITTER_NAME=a"
			   " GIT_COMMITTER_EMAIL=b && %s",
			   store_path(store), line);
	struct object_id id = { { 0 } };

	CHECK_INT(object_id_parse(hex, strlen(hex), &id, NULL), 0);
	return id;
}

/* What git says is reached from its refs; caller frees. */
static char *wanted(struct store *store)
{
	return output("cd %s && git rev-list --all --objects |"
		      " cut -d' ' -f1; git tag -l --format='%%(objectname)'",
		      store_path(store));
}

static guint reached_by(struct store *store, const struct object_id *tip,
			GHashTable **reached_r)
{
	AUTO(array)
	GArray *tips = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	struct err err = { 0 };

	if (tip)
		(void)g_array_append_val(tips, *tip);
	CHECK_INT(store_reach(store, tips, reached_r, &err), 0);
	return *reached_r ? g_hash_table_size(*reached_r) : 0;
}

static const char history[] =
	"blob() { echo $1 | git hash-object -w --stdin; };"
	"inner=$(printf '100644 blob %s\\tx\\n' $(blob one) | git mktree);"
	"tree=$(printf '040000 tree %s\\tm\\n100755 blob %s\\ty\\n"
	"160000 commit %s\\tz\\n' $inner $(blob two)"
	" 1234567890123456789012345678901234567890 | git mktree --missing);"
	"first=$(git commit-tree -m 'object of it' $tree);"
	"blob stray >&2; git commit-tree -p $first -m x $inner";

TEST(all_that_git_reaches_is_reached_whatever_the_ref)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id tip = made(store, history);
	AUTO(table) GHashTable *reached = NULL;
	AUTO(str) char *want = NULL;
	g_auto(GStrv) lines = NULL;
	char hex[OBJECT_ID_HEX + 1];

	object_id_print(&tip, hex);
	/* 2 commits, 2 trees, 2 blobs, without any ref. */
	CHECK_INT(reached_by(store, NULL, &reached), 0);
	g_hash_table_unref(take(reached));
	CHECK_INT(reached_by(store, &tip, &reached), 6);
	g_hash_table_unref(take(reached));
	CHECK_INT(git(store, "-c user.name=a -c user.email=b tag -a -m x t %s",
		      hex),
		  0);
	CHECK_INT(git(store, "pack-refs --all"), 0);
	CHECK_INT(git(store, "update-ref refs/notes/x %s", hex), 0);
	CHECK_INT(reached_by(store, NULL, &reached), 7);
	want = wanted(store);
	lines = g_strsplit(want, "\n", -1);
	for (char **line = lines; *line; line++) {
		struct object_id id = { { 0 } };

		CHECK_INT(object_id_parse(*line, strlen(*line), &id, NULL), 0);
		CHECK(g_hash_table_contains(reached, &id));
	}
	g_hash_table_unref(take(reached));
	/* HEAD alone. */
	CHECK_INT(git(store,
		      "tag -d t; git update-ref -d refs/notes/x;"
		      " git update-ref --no-deref HEAD %s",
		      hex),
		  0);
	CHECK_INT(reached_by(store, NULL, &reached), 6);
}

TEST(what_is_missing_is_an_error)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id tip = made(store, history);
	AUTO(table) GHashTable *reached = NULL;
	AUTO(array)
	GArray *tips = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	char hex[OBJECT_ID_HEX + 1];
	struct err err = { 0 };

	object_id_print(&tip, hex);
	(void)g_array_append_val(tips, tip);
	CHECK_INT(git(store,
		      "rev-parse %s^: | (read -r tree; rm -f"
		      " objects/$(echo $tree | sed 's|^..|&/|'))",
		      hex),
		  0);
	CHECK_INT(store_refresh(store, &err), 0);
	CHECK_INT(store_reach(store, tips, &reached, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK(!reached);
}
