/* SPDX-License-Identifier: ISC */
#include "defms/batch.h"
#include "defms/index.h"
#include "defms/state-batch.h"
#include "home-test.h"
#include "store-test.h"

#include <time.h>

/* What was brought in, and what must come back. */
struct sent {
	GByteArray *raw; /* owned */
	char folder[32], base[32];
	unsigned flags;
	bool is_new;
};

static void free_sent(gpointer data)
{
	struct sent *sent = data;

	(void)g_byte_array_unref(sent->raw);
	g_free(sent);
}

struct world {
	char *folder;
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
	GPtrArray *sent;
	GHashTable *seen;
};

static void world_open(struct world *world)
{
	struct err err = { 0 };

	if (config_open(&world->config, &err) < 0 ||
	    mailbox_open(world->config, &world->mailbox, &err) < 0 ||
	    reader_open(world->mailbox, &world->reader, &err) < 0)
		die(&err);
}

static void world_close(struct world *world)
{
	reader_close(world->reader);
	mailbox_close(world->mailbox);
	config_close(world->config);
}

static struct world *world_new(void)
{
	static const char *const mails[] = { "ada@example.org" };
	struct world *world = g_new0(struct world, 1);
	AUTO(config) struct config *config = NULL;
	struct err err = { 0 };

	world->folder = folder_new();
	use_home(world->folder);
	CHECK_INT(shell("mkdir -p %s/config/defms && printf '[public]\\n\\t"
			"list = Dev.Example.org\\n' >%s/config/defms/config",
			world->folder, world->folder),
		  0);
	if (config_open(&config, &err) < 0 ||
	    mailbox_create(config, "Ada", mails, 1, false, &err) < 0)
		die(&err);
	world->sent = g_ptr_array_new_with_free_func(free_sent);
	world->seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					    NULL);
	world_open(world);
	return world;
}

static void world_free(struct world *world)
{
	world_close(world);
	g_ptr_array_unref(world->sent);
	g_hash_table_unref(world->seen);
	folder_free(world->folder);
	g_free(world);
}
AUTO_KIND(world, struct world, world_free)

/* Add a message to the batch. */
static enum batch_result add(struct world *world, struct batch *batch,
			     const void *raw, size_t size, const char *folder)
{
	AUTO(arrival) struct arrival *arrival = arrival_new();
	struct sent *sent = g_new0(struct sent, 1);
	guint number = world->sent->len;
	enum batch_result result = BATCH_KNOWN;
	struct err err = { 0 };

	sent->raw = g_byte_array_new();
	(void)g_byte_array_append(sent->raw, raw, (guint)size);
	(void)g_strlcpy(sent->folder, folder, sizeof(sent->folder));
	if (number % 3)
		(void)g_snprintf(sent->base, sizeof(sent->base), "%u.host",
				 number);
	sent->flags = number % 64;
	sent->is_new = number % 2;
	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, raw, (guint)size);
	arrival->folder = g_strdup(folder);
	arrival->base = number % 3 ? g_strdup(sent->base) : NULL;
	arrival->flags = sent->flags;
	arrival->is_new = sent->is_new;
	arrival->is_public = number % 5 == 0;
	if (arrival_prepare(arrival, world->reader, &err) < 0 ||
	    batch_add(batch, arrival, world->seen, &result, &err) < 0)
		die(&err);
	if (result == BATCH_KNOWN)
		free_sent(sent);
	else
		g_ptr_array_add(world->sent, sent);
	return result;
}

static enum batch_result add_text(struct world *world, struct batch *batch,
				  const char *text, const char *folder)
{
	return add(world, batch, text, strlen(text), folder);
}

/* Random bytes with line ends, as mail has them. */
static GByteArray *make_large(size_t size, const char *line_end, GRand *rand)
{
	GByteArray *raw = g_byte_array_new();
	static const char head[] = "Received: by x%sSubject: large%s"
				   "Received: by y%s%s";
	AUTO(str)
	char *start =
		g_strdup_printf(head, line_end, line_end, line_end, line_end);

	(void)g_byte_array_append(raw, (const guint8 *)start,
				  (guint)strlen(start));
	while (raw->len < size) {
		guint8 line[72];

		for (size_t i = 0; i < sizeof(line); i++)
			line[i] = (guint8)g_rand_int_range(rand, 32, 256);
		(void)g_byte_array_append(
			raw, line,
			(guint)g_rand_int_range(rand, 0, sizeof(line)));
		(void)g_byte_array_append(raw, (const guint8 *)line_end,
					  (guint)strlen(line_end));
	}
	return raw;
}

static void commit(struct batch *batch)
{
	struct err err = { 0 };

	if (batch_commit(batch, &err) < 0)
		die(&err);
	batch_free(batch);
}

static struct batch *begin(struct world *world)
{
	struct batch *batch = NULL;
	struct err err = { 0 };

	if (batch_begin(world->mailbox, &batch, &err) < 0)
		die(&err);
	return batch;
}

static const char *const shapes[] = {
	"From: a@x\nTo: b@x\nMessage-ID: <1@x>\nSubject: one\n\nhello\n",
	"From: a@x\r\nMessage-ID: <2@x>\r\nSubject: two\r\n\r\nhello\r\n",
	"Received: by x;\n\tyesterday\nFrom: a@x\nDKIM-Signature: v=1;\n b=c\n"
	"References: <1@x>\nMessage-ID: <3@x>\nX-Spam-Status: no\n\nhi\n",
	"From a@x Mon Mar  2 10:00:00 2026\nFrom: a@x\nBcc: c@x\n\nhi\n",
	"List-Id: A list <dev.example.org>\nMessage-ID: <4@x>\n\nlisted\n",
	"List-Id: A list <other.example.org>\nIn-Reply-To: <4@x>\n\nother\n",
	"\nno header at all\n",
	"no header, no empty line",
	"From: nobody@x\nSubject: no msgid\n\nbody\n",
	"From: nobody@x\r\nSubject: mixed\n\r\nline ends\n",
	"From: a@x\nSubject: no body",
	"\n",
	"x",
	"Received: by nobody\n",
	"Received: by nobody\r\nX-Y: z\r\n\r\n",
	"From: a@x\nMessage-ID: <1@x>\nSubject: the same msgid\n\nagain\n",
	"References: <3@x> <5@x> <9@x>\nMessage-ID: <5@x>\n\nlate\n",
};

static void add_shapes(struct world *world, GRand *rand)
{
	static const size_t sizes[] = { MESSAGE_PIECE - 40, MESSAGE_PIECE + 1,
					3 * MESSAGE_PIECE + 77 };
	struct batch *batch = begin(world);

	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		CHECK_INT(add_text(world, batch, shapes[i], "INBOX"),
			  BATCH_NEW);
		if (i == 6)
			commit(take(batch)), batch = begin(world);
		/* The same again: another copy, as another folder's is. */
		CHECK_INT(add_text(world, batch, shapes[i], "INBOX"),
			  BATCH_COPY);
		CHECK_INT(add_text(world, batch, shapes[i], "lists/x"),
			  BATCH_COPY);
	}
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
		AUTO(bytes)
		GByteArray *raw =
			make_large(sizes[i / 2], i % 2 ? "\r\n" : "\n", rand);

		CHECK_INT(add(world, batch, raw->data, raw->len, "Large"),
			  BATCH_NEW);
	}
	commit(batch);
	/* All of it again: known, and nothing to commit. */
	g_hash_table_remove_all(world->seen);
	batch = begin(world);
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
		CHECK_INT(add_text(world, batch, shapes[i], "INBOX"),
			  BATCH_KNOWN);
		CHECK_INT(add_text(world, batch, shapes[i], "INBOX"),
			  BATCH_KNOWN);
	}
	CHECK_INT(batch_count(batch), 0);
	batch_free(batch);
}

static void check_ranges(struct world *world,
			 const struct index_message *message,
			 const struct state_copy *copy, const GByteArray *want,
			 GRand *rand)
{
	struct err err = { 0 };

	for (int i = 0; i < 12; i++) {
		AUTO(bytes) GByteArray *got = g_byte_array_new();
		gint32 from = g_rand_int_range(rand, 0, (gint32)want->len + 3);
		gint32 size = g_rand_int_range(
			rand, 0, i % 2 ? 200 : (gint32)want->len + 3);
		guint end = MIN(want->len, (guint)(from + size));

		if (!CHECK_INT(reader_raw_range(world->reader, message, copy,
						(uint64_t)from, (size_t)size,
						got, &err),
			       0)) {
			printf("# %s\n", err.text);
			continue;
		}
		if (CHECK_INT(got->len,
			      (guint)from < end ? end - (guint)from : 0))
			CHECK_MEM(got->data, want->data + from, got->len);
	}
}

static void check_written(struct world *world,
			  const struct index_message *message,
			  const struct state_copy *copy, const GByteArray *want)
{
	AUTO(str) char *path = g_build_filename(world->folder, "out", NULL);
	AUTO(str) char *got = NULL;
	FILE *file = fopen(path, "w");
	gsize size = 0;
	struct err err = { 0 };

	CHECK_INT(reader_raw_write(world->reader, message, copy, fileno(file),
				   &err),
		  0);
	(void)fclose(file);
	CHECK(g_file_get_contents(path, &got, &size, NULL));
	if (CHECK_INT(size, want->len))
		CHECK_MEM(got, want->data, size);
}

/* Copy `number` (serials are given in the order of adding). */
static void check_copy(struct world *world, guint number, GRand *rand)
{
	const struct sent *sent = g_ptr_array_index(world->sent, number);
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct index_message message = { 0 };
	struct state_folder folder;
	struct state_copy copy;
	struct err err = { 0 };

	if (!CHECK_INT(state_copy_get(reader_state(world->reader), number + 1,
				      &copy, &err),
		       1) ||
	    !CHECK_INT(index_message_get(reader_index(world->reader, &err),
					 copy.message, &message, &err),
		       1))
		return;
	CHECK_INT(state_folder_get(reader_state(world->reader), copy.folder,
				   &folder, &err),
		  1);
	CHECK_STR(folder.name, sent->folder);
	CHECK_STR(copy.base, sent->base);
	CHECK_INT(copy.flags, sent->flags);
	CHECK_INT(copy.is_new, sent->is_new);
	CHECK_INT(copy.raw_size, sent->raw->len);
	CHECK(message.thread != 0);
	if (CHECK_INT(reader_raw(world->reader, &message, &copy, raw, &err),
		      0)) {
		if (CHECK_INT(raw->len, sent->raw->len))
			CHECK_MEM(raw->data, sent->raw->data, raw->len);
		check_ranges(world, &message, &copy, sent->raw, rand);
		check_written(world, &message, &copy, sent->raw);
	} else {
		printf("# copy %u: %s\n", number, err.text);
	}
	index_message_release(&message);
}

/* All that the index says, but for when it was said. */
static char *dump(struct world *world)
{
	AUTO(str) char *path = NULL;
	int64_t generation;
	struct err err;

	CHECK_INT(state_get(reader_state(world->reader), "index", &generation,
			    &err),
		  0);
	path = mailbox_index_path(world->mailbox, generation);
	return output(
		"python3 - %s <<'E'\n"
		"import sqlite3, sys\n"
		"db = sqlite3.connect(sys.argv[1])\n"
		"for (t,) in db.execute(\"select name from sqlite_master "
		"where type='table' and name not like 'sqlite%%' and name "
		"not like 'words%%' and name not in ('meta') order by 1\")"
		".fetchall():\n"
		"    cols = [c[1] for c in db.execute("
		"'pragma table_info('+t+')') if c[1] not in "
		"('seq','changed','key')]\n"
		"    if cols:\n"
		"        for r in sorted(map(str, db.execute('select '+"
		"','.join('\"'+c+'\"' for c in cols)+' from '+t))):\n"
		"            print(t, r)\n"
		"E\n",
		path);
}

TEST(every_shape_comes_back_byte_for_byte_and_reindex_changes_nothing)
{
	AUTO(world) struct world *world = world_new();
	GRand *rand = g_rand_new_with_seed(8);
	AUTO(str) char *before = NULL, *after = NULL;
	struct mailbox_reindexed done = { 0 };
	struct err err = { 0 };

	add_shapes(world, rand);
	CHECK_INT(world->sent->len, 3 * G_N_ELEMENTS(shapes) + 6);
	for (guint i = 0; i < world->sent->len; i++)
		check_copy(world, i, rand);
	CHECK_INT(git(mailbox_store(world->mailbox),
		      "fsck --strict --no-dangling"),
		  0);
	before = dump(world);
	CHECK(strlen(before) > 1000);
	CHECK_INT(mailbox_reindex(world->mailbox, &done, &err), 0);
	CHECK_INT(done.done, G_N_ELEMENTS(shapes) + 6);
	CHECK_INT(done.damaged, 0);
	after = dump(world);
	if (strcmp(after, before) != 0) {
		AUTO(str) char *a = g_build_filename(world->folder, "a", NULL);
		AUTO(str) char *b = g_build_filename(world->folder, "b", NULL);

		CHECK(g_file_set_contents(a, before, -1, NULL));
		CHECK(g_file_set_contents(b, after, -1, NULL));
		CHECK_INT(shell("diff %s %s", a, b), 0);
	}
	for (guint i = 0; i < world->sent->len; i++)
		check_copy(world, i, rand);
	/* Another process sees the same. */
	world_close(world);
	world_open(world);
	for (guint i = 0; i < world->sent->len; i += 7)
		check_copy(world, i, rand);
	g_rand_free(rand);
}

TEST(a_thread_that_a_lost_index_commit_touched_is_touched_again)
{
	AUTO(world) struct world *world = world_new();
	AUTO(array) GArray *changed = NULL, *touched = NULL;
	struct batch *batch = begin(world);
	struct index_message message = { 0 };
	struct err err = { 0 };
	int64_t seq = 0;

	(void)add_text(world, batch, shapes[0], "INBOX");
	(void)add_text(world, batch, shapes[4], "INBOX");
	commit(batch);
	CHECK_INT(index_message_get(reader_index(world->reader, &err), 1,
				    &message, &err),
		  1);
	CHECK_INT(index_seq(reader_index(world->reader, &err), &seq, &err), 0);
	world_close(world);
	CHECK_INT(shell("cp -a %s/cache %s/kept", world->folder, world->folder),
		  0);
	world_open(world);
	batch = begin(world);
	/* A copy, and a message of another thread. */
	CHECK_INT(add_text(world, batch, shapes[0], "other"), BATCH_COPY);
	CHECK_INT(add_text(world, batch, shapes[8], "other"), BATCH_NEW);
	commit(batch);
	world_close(world);
	CHECK_INT(shell("rm -r %s/cache && mv %s/kept %s/cache", world->folder,
			world->folder, world->folder),
		  0);
	world_open(world);
	CHECK_INT(index_thread_changed(reader_index(world->reader, &err), seq,
				       &changed, &err),
		  0);
	CHECK_INT(changed->len, 2);
	CHECK_INT(g_array_index(changed, int64_t, 0), message.thread);
	index_message_release(&message);
	/* The next batch has a list of its own. */
	batch = begin(world);
	(void)add_text(world, batch, shapes[6], "other");
	commit(batch);
	CHECK_INT(state_begin(reader_state(world->reader), true, &err), 0);
	CHECK_INT(
		state_touched_list(reader_state(world->reader), &touched, &err),
		0);
	CHECK_INT(touched->len, 0);
	state_rollback(reader_state(world->reader));
}

TEST(a_batch_that_is_freed_leaves_nothing)
{
	AUTO(world) struct world *world = world_new();
	struct batch *batch = begin(world);
	struct state_copy copy;
	struct err err = { 0 };

	CHECK_INT(add_text(world, batch, shapes[0], "INBOX"), BATCH_NEW);
	batch_free(batch);
	CHECK_INT(state_copy_get(reader_state(world->reader), 1, &copy, &err),
		  0);
	CHECK_INT(shell("test -z \"$(ls -A %s/objects/pack)\"",
			store_path(mailbox_store(world->mailbox))),
		  0);
	g_ptr_array_set_size(world->sent, 0);
	g_hash_table_remove_all(world->seen);
	batch = begin(world);
	CHECK_INT(add_text(world, batch, shapes[0], "INBOX"), BATCH_NEW);
	commit(batch);
	CHECK_INT(state_copy_get(reader_state(world->reader), 1, &copy, &err),
		  1);
}

TEST(a_batch_that_must_not_wait_does_not)
{
	AUTO(world) struct world *world = world_new();
	struct mailbox *other = NULL;
	struct batch *batch, *second = NULL;
	struct err err = { 0 };

	if (mailbox_open(world->config, &other, &err) < 0)
		die(&err);
	batch = begin(world);
	CHECK_INT(batch_try_relaxed(other, &second, &err), 0);
	CHECK(second == NULL);
	batch_free(batch);
	CHECK_INT(batch_try_relaxed(other, &second, &err), 1);
	CHECK_INT(mailbox_try_lock(world->mailbox, &err), 0);
	batch_free(second);
	CHECK_INT(mailbox_try_lock(world->mailbox, &err), 1);
	mailbox_unlock(world->mailbox);
	mailbox_close(other);
}

TEST(an_empty_file_is_no_message)
{
	AUTO(world) struct world *world = world_new();
	AUTO(arrival) struct arrival *arrival = arrival_new();
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	CHECK_INT(arrival_prepare(arrival, world->reader, &err), -1);
	CHECK_INT(err.code, EINVAL);
}

static void add_many(struct world *world, struct batch *batch, unsigned from,
		     unsigned to, enum batch_result want)
{
	for (unsigned i = from; i < to; i++) {
		AUTO(str)
		char *text = g_strdup_printf("Received: by %u\nSubject: x\n\n"
					     "the same\n",
					     i / 2);

		CHECK_INT(add_text(world, batch, text, "INBOX"), want);
	}
}

static void forget_seen(struct world *world)
{
	g_hash_table_remove_all(world->seen);
}

/* Two of each, and then all of them again; in time that does not grow with the
 * number that is there. */
TEST(thousands_of_copies_of_one_message)
{
	enum { STEP = 500, ALL = 6000 };
	AUTO(world) struct world *world = world_new();
	struct err err = { 0 };
	clock_t first, last;

	for (unsigned pass = 0; pass < 3; pass++) {
		AUTO(batch) struct batch *batch = NULL;
		enum batch_result want = pass ? BATCH_KNOWN : BATCH_COPY;

		forget_seen(world);
		CHECK_INT(batch_begin(world->mailbox, &batch, &err), 0);
		if (pass == 0)
			CHECK_INT(add_text(world, batch,
					   "Subject: x\n\nthe same\n", "INBOX"),
				  BATCH_NEW);
		first = clock();
		add_many(world, batch, 0, STEP, want);
		first = clock() - first;
		add_many(world, batch, STEP, ALL - STEP, want);
		last = clock();
		add_many(world, batch, ALL - STEP, ALL, want);
		last = clock() - last;
		CHECK(last < 2 * first + CLOCKS_PER_SEC / 10);
		CHECK_INT(batch_commit(batch, &err), 0);
	}
	CHECK_INT(world->sent->len, ALL + 1);
}

TEST(a_removed_message_is_not_brought_back)
{
	static const char *const texts[] = {
		"Subject: x\n\nremoved\n",
		"Received: by y\nSubject: x\n\nremoved\n",
	};
	AUTO(world) struct world *world = world_new();
	struct err err = { 0 };

	for (size_t pass = 0; pass < 2; pass++) {
		AUTO(batch) struct batch *batch = NULL;
		AUTO(array) GArray *copies = NULL;
		struct state_folder folder;
		struct state *state;

		forget_seen(world);
		CHECK_INT(batch_begin(world->mailbox, &batch, &err), 0);
		state = batch_state(batch);
		CHECK_INT(add_text(world, batch, texts[pass],
				   pass ? "other" : "INBOX"),
			  pass ? BATCH_KNOWN : BATCH_NEW);
		CHECK_INT(state_message_remove(state, 1, 1234567, &err), 0);
		CHECK_INT(state_copy_list(state, 1, 0, &copies, &err), 0);
		CHECK_INT(copies->len, 1);
		CHECK_INT(
			state_folder_find(state, "other", false, &folder, &err),
			0);
		CHECK_INT(batch_commit(batch, &err), 0);
	}
}

/* A worker may know a message that is gone when the writer comes to it. */
TEST(what_was_known_to_the_worker_may_be_new_to_the_batch)
{
	static const char text[] = "Received: by x\r\nSubject: x\r\n\r\nhi\r\n";
	AUTO(world) struct world *world = world_new();
	AUTO(arrival) struct arrival *arrival = arrival_new();
	enum batch_result result = BATCH_KNOWN;
	struct err err = { 0 };

	{
		AUTO(batch) struct batch *batch = NULL;

		CHECK_INT(batch_begin(world->mailbox, &batch, &err), 0);
		(void)add_text(world, batch, text, "INBOX");
		CHECK_INT(batch_commit(batch, &err), 0);
	}
	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup("INBOX");
	CHECK_INT(arrival_prepare(arrival, world->reader, &err), 0);
	CHECK_INT(shell("cd %s/home && python3 -c 'import sqlite3;"
			"d = sqlite3.connect(\"state.db\");"
			"d.executescript(\"DELETE FROM messages;"
			"DELETE FROM copies; DELETE FROM traces\")'",
			world->folder),
		  0);
	{
		AUTO(batch) struct batch *batch = NULL;

		CHECK_INT(batch_begin(world->mailbox, &batch, &err), 0);
		CHECK_INT(batch_add(batch, arrival, world->seen, &result, &err),
			  0);
		CHECK_INT(result, BATCH_NEW);
	}
}
