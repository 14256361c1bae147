/* SPDX-License-Identifier: ISC */
#include "defms/ref.h"
#include "store-test.h"

static struct object_id commit_of(struct store *store)
{
	AUTO(str)
	char *hex = output("cd %s && git -c user.name=a -c user.email=b "
			   "commit-tree -m x $(git mktree </dev/null)",
			   store_path(store));
	struct object_id id = { { 0 } };

	CHECK_INT(object_id_parse(hex, strlen(hex), &id, NULL), 0);
	return id;
}

static struct ref_move move_of(unsigned number, const struct object_id *tip)
{
	struct ref_move move = { .tip = *tip };

	/* Far apart, and not in the order of their numbers. */
	move.strand.bytes[0] = (uint8_t)(number * 151);
	move.strand.bytes[1] = (uint8_t)(number >> 8);
	move.strand.bytes[15] = (uint8_t)number;
	move.device.bytes[0] = 7;
	return move;
}

static bool move_range(struct store *store, unsigned from, unsigned to,
		       const struct object_id *tip)
{
	AUTO(array)
	GArray *moves = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	bool durable = false;
	struct err err = { 0 };

	for (unsigned i = from; i < to; i++) {
		struct ref_move move = move_of(i, tip);

		(void)g_array_append_val(moves, move);
	}
	CHECK_INT(store_move_refs(store,
				  &g_array_index(moves, struct ref_move, 0),
				  moves->len, &durable, &err),
		  0);
	return durable;
}

/* What we list is what git lists, in its order; `count` of them. */
static void check_list(struct store *store, guint count)
{
	AUTO(str)
	char *want = output("cd %s && git for-each-ref "
			    "--format='%%(refname) %%(objectname)'",
			    store_path(store));
	AUTO(gstring) GString *got = g_string_new(NULL);
	AUTO(array) GArray *refs = NULL;
	struct err err = { 0 };

	if (!CHECK_INT(store_list_refs(store, &refs, &err), 0))
		return;
	CHECK_INT(refs->len, count);
	for (guint i = 0; i < refs->len; i++) {
		const struct ref_move *ref =
			&g_array_index(refs, struct ref_move, i);
		char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];
		char tip[OBJECT_ID_HEX + 1];

		strand_id_print(&ref->strand, strand);
		device_id_print(&ref->device, device);
		object_id_print(&ref->tip, tip);
		g_string_append_printf(got, "%srefs/threads/%s/%s %s",
				       i ? "\n" : "", strand, device, tip);
	}
	CHECK_STR(got->str, want);
	CHECK_INT(git(store, "fsck --strict --no-dangling"), 0);
}

static int count_loose(struct store *store)
{
	AUTO(str)
	char *count = output("find %s/refs/threads -type f | wc -l",
			     store_path(store));

	return (int)g_ascii_strtoll(count, NULL, 10);
}

TEST(a_few_moves_are_loose_many_are_packed)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id one = commit_of(store), two = commit_of(store);

	check_list(store, 0);
	CHECK(!move_range(store, 0, 1, &one));
	CHECK(!move_range(store, 1, 64, &one));
	CHECK_INT(count_loose(store), 64);
	check_list(store, 64);
	/* 65: packed, and the loose ones of them are gone. */
	CHECK(move_range(store, 10, 75, &two));
	CHECK_INT(count_loose(store), 10);
	check_list(store, 75);
	CHECK(move_range(store, 75, 1000, &one));
	check_list(store, 1000);
	/* 1/8 of them is the border. */
	CHECK(!move_range(store, 100, 200, &two));
	check_list(store, 1000);
	CHECK(move_range(store, 100, 300, &one));
	check_list(store, 1000);
}

TEST(pack_refs_takes_all_loose_ones)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id one = commit_of(store);
	struct err err;

	CHECK_INT(store_pack_refs(store, &err), 0);
	check_list(store, 0);
	(void)move_range(store, 0, 30, &one);
	CHECK_INT(store_pack_refs(store, &err), 0);
	CHECK_INT(count_loose(store), 0);
	check_list(store, 30);
	CHECK_INT(store_pack_refs(store, &err), 0);
	check_list(store, 30);
	/* Stock git does the same, and we read what it wrote. */
	(void)move_range(store, 20, 50, &one);
	CHECK_INT(git(store, "pack-refs --all"), 0);
	check_list(store, 50);
	(void)move_range(store, 0, 200, &one);
	check_list(store, 200);
}

TEST(lines_of_others_stay_in_packed_refs_with_what_they_peel_to)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(str) char *before = NULL, *after = NULL, *last = NULL;
	AUTO(array) GArray *refs = NULL;
	struct object_id one = commit_of(store), two = commit_of(store);
	struct err err;

	(void)move_range(store, 0, 5, &one);
	CHECK_INT(shell("cd %s && id=$(cat refs/threads/*/* | head -1) && "
			"for r in forks/x cards/a tags/light threads-x/y zz; do"
			" git update-ref refs/$r $id; done; git -c user.name=a "
			"-c user.email=b tag -a -m x heavy $id && "
			"git pack-refs --all --prune",
			store_path(store)),
		  0);
	before = output("cd %s && git show-ref -d | grep -v refs/threads/ && "
			"grep -A1 heavy packed-refs && head -1 packed-refs",
			store_path(store));
	CHECK(strstr(before, "heavy^{}") != NULL);
	CHECK(move_range(store, 0, 100, &two));
	after = output("cd %s && git show-ref -d | grep -v refs/threads/ && "
		       "grep -A1 heavy packed-refs && head -1 packed-refs",
		       store_path(store));
	CHECK_STR(after, before);
	CHECK_INT(shell("cd %s && sed 1d packed-refs | grep -v ^^ | "
			"cut -d' ' -f2 | LC_ALL=C sort -c",
			store_path(store)),
		  0);
	CHECK_INT(store_list_refs(store, &refs, &err), 0);
	CHECK_INT(refs->len, 100);
	CHECK_INT(store_rewrite_refs(store, refs, &err), 0);
	last = output("cd %s && git show-ref -d | grep -v refs/threads/ && "
		      "grep -A1 heavy packed-refs && head -1 packed-refs",
		      store_path(store));
	CHECK_STR(last, before);
	CHECK_INT(git(store, "fsck --strict --no-dangling"), 0);
}

TEST(a_file_that_does_not_say_it_is_peeled_is_not_said_to_be)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(str) char *before = NULL, *after = NULL;
	struct object_id one = commit_of(store);

	(void)move_range(store, 0, 1, &one);
	CHECK_INT(shell("cd %s && git -c user.name=a -c user.email=b tag -a "
			"-m x heavy $(cat refs/threads/*/*) && "
			"git pack-refs --all && "
			"sed -i '/^[#^]/d' packed-refs",
			store_path(store)),
		  0);
	before = output("cd %s && git show-ref -d --tags", store_path(store));
	CHECK(move_range(store, 0, 100, &one));
	after = output("cd %s && git show-ref -d --tags", store_path(store));
	CHECK_STR(after, before);
}

static const char all_locks[] =
	"for r in refs/threads/*/* packed-refs; do echo torn >$r.lock; done";

TEST(a_lock_that_nobody_gave_back_for_a_minute_is_taken_over)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id one = commit_of(store), two = commit_of(store);

	(void)move_range(store, 3, 4, &one);
	CHECK_INT(shell("cd %s && %s && touch -d '2 minutes ago' "
			"refs/threads/*/*.lock packed-refs.lock",
			store_path(store), all_locks),
		  0);
	check_list(store, 1);
	(void)move_range(store, 3, 4, &two);
	check_list(store, 1);
	(void)move_range(store, 0, 100, &one);
	check_list(store, 100);
}

TEST(a_lock_that_another_git_holds_is_not_touched)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	AUTO(str) char *left = NULL;
	struct object_id one = commit_of(store);
	struct ref_move moves[100];
	struct err err = { 0 };
	bool durable;

	(void)move_range(store, 3, 4, &one);
	for (unsigned i = 0; i < G_N_ELEMENTS(moves); i++)
		moves[i] = move_of(i, &one);
	moves[3].tip.bytes[0] ^= 1; /* what is there already takes no lock */
	CHECK_INT(shell("cd %s && %s", store_path(store), all_locks), 0);
	CHECK_INT(store_move_refs(store, &moves[3], 1, &durable, &err), -1);
	CHECK_INT(err.code, EAGAIN);
	CHECK_INT(store_move_refs(store, moves, 100, &durable, &err), -1);
	CHECK_INT(err.code, EAGAIN);
	left = output("cd %s && cat packed-refs.lock refs/threads/*/*.lock && "
		      "find . -name '.?*.lock'",
		      store_path(store));
	CHECK_STR(left, "torn\ntorn");
	check_list(store, 1);
}

TEST(a_lock_of_our_own_dead_process_is_taken_over_at_once)
{
	static const char *const left[] = {
		/* Killed while it wrote beside, while it held the lock, after
		 * the rename. */
		"echo torn >$d/.$n.lock",
		"echo torn >$d/.$n.lock; ln $d/.$n.lock $r.lock",
		"[ -e $r ] || : >$r; ln $r $d/.$n.lock",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(left); i++) {
		AUTO(folder) char *folder = folder_new();
		AUTO(store) struct store *store = store_at(folder);
		struct object_id one = commit_of(store);
		struct object_id two = commit_of(store);
		gint64 start;

		(void)move_range(store, 3, 4, &one);
		CHECK_INT(shell("cd %s && for r in refs/threads/*/* "
				"packed-refs; do n=${r##*/} d=$(dirname $r); "
				"%s; done",
				store_path(store), left[i]),
			  0);
		check_list(store, 1);
		start = g_get_monotonic_time();
		(void)move_range(store, 3, 4, &two);
		check_list(store, 1);
		(void)move_range(store, 0, 100, &one);
		CHECK(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
		check_list(store, 100);
	}
}

TEST(a_loose_ref_that_cannot_go_is_a_failure)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(store) struct store *store = store_at(folder);
	struct object_id one = commit_of(store);
	struct ref_move moves[100];
	struct err err = { 0 };
	bool durable;

	(void)move_range(store, 3, 4, &one);
	for (unsigned i = 0; i < G_N_ELEMENTS(moves); i++)
		moves[i] = move_of(i, &one);
	CHECK_INT(shell("cd %s && r=$(echo refs/threads/*/*) && rm $r && "
			"mkdir -p $r/x",
			store_path(store)),
		  0);
	CHECK_INT(store_move_refs(store, moves, 100, &durable, &err), -1);
}

TEST(what_is_no_ref_of_ours_is_refused)
{
	static const char *const bad[] = {
		"mkdir -p refs/threads/x && cp $R refs/threads/x/y",
		"mkdir -p refs/threads/$(printf %032d 5) && "
		"cp $R refs/threads/$(printf %032d 5)/y",
		"echo 12 >$R",
		"echo refs: refs/heads/main >$R",
		"echo 'nonsense' >packed-refs",
		"echo \"$(cat $R) refs/threads/q\" >packed-refs",
		"echo \"$(cat $R)0 refs/threads/q\" >packed-refs",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		AUTO(folder) char *folder = folder_new();
		AUTO(store) struct store *store = store_at(folder);
		AUTO(array) GArray *refs = NULL;
		struct object_id one = commit_of(store);
		struct err err;

		(void)move_range(store, 3, 4, &one);
		CHECK_INT(shell("cd %s && R=$(echo refs/threads/*/*) && %s",
				store_path(store), bad[i]),
			  0);
		CHECK_INT(store_list_refs(store, &refs, &err), -1);
		CHECK_INT(err.code, EBADMSG);
	}
}
