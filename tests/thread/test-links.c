/* SPDX-License-Identifier: ISC */
/* Threads as the owner decided about them, against a model that knows nothing
 * of batches: it spreads the least number over what is tied, from the messages
 * and the lines alone. */
#include "defms/links.h"

#include "defms/batch.h"
#include "defms/index.h"
#include "defms/state-threads.h"
#include "home-test.h"
#include "index-write.h"
#include "link-set.h"
#include "links-parts.h"
#include "store-test.h"

enum { LETTERS = 400, REFS = 5, LINES = 400 };

static const char not_ascii[] = "\xd0\xb6"; /* zhe */

AUTO_KIND(rand, GRand, g_rand_free)

/* A message; its references are numbers of others, 0 ends them, 100 and more
 * are ghosts. Its number is its place in the array + 1. */
struct letter {
	unsigned refs[REFS];
	bool same_msgid; /* as the message before it */
	bool no_msgid;
};

/* A set of messages; their msgids have its number, and are not of ASCII in
 * every other set. */
struct set {
	unsigned number;
	int64_t serials[LETTERS + 1]; /* 0: not here */
	struct message_id hashes[LETTERS + 1];
};

struct world {
	char *folder;
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
	unsigned sets;   /* so many were there */
	struct set *set; /* borrowed; the one at hand */
	const struct letter *letters;
	size_t count;
};

static struct world *world_new(void)
{
	static const char *const mails[] = { "ada@example.org" };
	struct world *world = g_new0(struct world, 1);
	struct err err = { 0 };

	/* Nothing here is to outlive a power cut. */
	world->folder = g_strdup("/dev/shm/defms-test-XXXXXX");
	if (!g_mkdtemp(world->folder)) {
		g_free(world->folder);
		world->folder = folder_new();
	}
	use_home(world->folder);
	if (config_open(&world->config, &err) < 0 ||
	    mailbox_create(world->config, "Ada", mails, 1, false, &err) < 0 ||
	    mailbox_open(world->config, &world->mailbox, &err) < 0 ||
	    reader_open(world->mailbox, &world->reader, &err) < 0)
		die(&err);
	return world;
}

static void world_free(struct world *world)
{
	reader_close(world->reader);
	mailbox_close(world->mailbox);
	config_close(world->config);
	folder_free(world->folder);
	g_free(world);
}
AUTO_KIND(world, struct world, world_free)

static void use_letters(struct world *world, struct set *set,
			const struct letter *letters, size_t count)
{
	world->set = set;
	set->number = ++world->sets;
	world->letters = letters;
	world->count = count;
	memset(set->serials, 0, sizeof(set->serials));
}

static struct index *index_now(struct world *world)
{
	struct err err = { 0 };
	struct index *index = reader_index(world->reader, &err);

	if (!index)
		die(&err);
	return index;
}

static struct batch *begin(struct world *world)
{
	struct batch *batch = NULL;
	struct err err = { 0 };

	if (batch_begin(world->mailbox, &batch, &err) < 0)
		die(&err);
	return batch;
}

static void commit(struct batch *batch)
{
	struct err err = { 0 };

	if (batch_commit(batch, &err) < 0 || batch_unfinished(batch))
		die(batch_unfinished(batch) ? batch_unfinished(batch) : &err);
	batch_free(batch);
}

/* -- letters --------------------------------------------------------------- */

static unsigned msgid_number(const struct world *world, unsigned number)
{
	while (number > 1 && number <= world->count &&
	       world->letters[number - 1].same_msgid)
		number--;
	return number;
}

/* Caller frees. */
static char *print_msgid(const struct world *world, unsigned number)
{
	return g_strdup_printf("%s%u@%u.x",
			       world->set->number % 2 ? "" : not_ascii,
			       msgid_number(world, number), world->set->number);
}

static bool has_msgid(const struct world *world, unsigned number)
{
	return number > world->count || !world->letters[number - 1].no_msgid;
}

/* What a message is called: its msgid, or its hash. Caller frees. */
static char *name_of(const struct world *world, unsigned number)
{
	char hex[MESSAGE_ID_HEX + 1];

	if (has_msgid(world, number))
		return print_msgid(world, number);
	message_id_print(&world->set->hashes[number], hex);
	return g_strdup(hex);
}

static GString *write_letter(const struct world *world, unsigned number)
{
	const struct letter *letter = &world->letters[number - 1];
	GString *out = g_string_new("From: a@x\n");

	g_string_append_printf(out,
			       "Date: Mon, 2 Mar 2026 10:%02u:%02u +0000\n"
			       "Subject: letter %u of %u\n",
			       number * 37 / 60 % 60, number * 37 % 60, number,
			       world->set->number);
	if (!letter->no_msgid) {
		AUTO(str) char *own = name_of(world, number);

		g_string_append_printf(out, "Message-ID: <%s>\n", own);
	}
	for (size_t i = 0; i < REFS && letter->refs[i]; i++) {
		AUTO(str) char *other = print_msgid(world, letter->refs[i]);

		g_string_append_printf(out, "%s <%s>\n",
				       i == 0 ? "References:" : "", other);
	}
	g_string_append(out, "\nhello\n");
	return out;
}

static void hash_letters(struct world *world)
{
	for (unsigned i = 1; i <= world->count; i++) {
		GString *text = write_letter(world, i);

		world->set->hashes[i] =
			message_id_of(NULL, text->str, text->len);
		(void)g_string_free(text, TRUE);
	}
}

static void add_letter(struct world *world, struct batch *batch,
		       unsigned number)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	GString *text = write_letter(world, number);
	enum batch_result result = BATCH_KNOWN;
	struct state_message row = { 0 };
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text->str,
				  (guint)text->len);
	arrival->folder = g_strdup("INBOX");
	arrival->is_public = world->set->number % 3 == 0;
	if (arrival_prepare(arrival, world->reader, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0 ||
	    state_message_find(batch_state(batch), &world->set->hashes[number],
			       &row, &err) < 0)
		die(&err);
	CHECK_INT(result, BATCH_NEW);
	world->set->serials[number] = row.serial;
	(void)g_string_free(text, TRUE);
}

/* -- lines, as if another device had decided ------------------------------- */

/* join a b, split a, or move a b. */
struct decision {
	enum link_kind kind;
	unsigned a, b;
};

static void part_thread_of(struct world *world, struct batch *batch,
			   const char *root)
{
	struct err err = { 0 };
	int64_t thread;

	if (index_thread_of_msgid(index_now(world), root, &thread, &err) > 0)
		filing_part(batch_filing(batch), thread);
}

static void add_decision(struct world *world, struct batch *batch,
			 const struct decision *decision)
{
	AUTO(str) char *a = name_of(world, decision->a);
	AUTO(str) char *b = name_of(world, MAX(decision->b, 1));
	AUTO(str) char *line = NULL, *own = NULL;
	struct batch_strand *strand;
	struct err err = { 0 };
	int64_t home;

	switch (decision->kind) {
	case LINK_JOIN:
		own = link_print_join(a);
		line = link_print_join(b);
		part_thread_of(world, batch, a);
		part_thread_of(world, batch, b);
		break;
	case LINK_SPLIT:
		line = link_print_split(&world->set->hashes[decision->a]);
		part_thread_of(world, batch, a);
		break;
	case LINK_MOVE:
		line = link_print_move(&world->set->hashes[decision->a], b);
		if (index_home_of(index_now(world),
				  world->set->serials[decision->a], &home,
				  &err) > 0)
			filing_replace(batch_filing(batch),
				       world->set->serials[decision->a]);
		break;
	}
	if (links_strand(batch, a, &strand, &err) < 0 ||
	    (own && links_add(batch, strand, own, &err) < 0) ||
	    links_add(batch, strand, line, &err) < 0)
		die(&err);
}

/* -- the model ------------------------------------------------------------- */

struct model {
	unsigned group[LETTERS + 1]; /* the least message of its component */
	unsigned place[LETTERS + 1]; /* of the component it is shown in */
};

/* The keys that count in a message, its own last; a number for each msgid. */
static size_t counted_keys(const struct world *world,
			   const struct link_set *links, unsigned number,
			   unsigned keys_r[REFS + 1])
{
	const struct letter *letter = &world->letters[number - 1];
	size_t count = 0, cut = 0;

	for (size_t i = 0; i < REFS && letter->refs[i]; i++) {
		unsigned key = msgid_number(world, letter->refs[i]);
		bool twice = false;

		for (size_t j = 0; j < count; j++)
			twice |= keys_r[j] == key;
		if (!twice && !(has_msgid(world, number) &&
				key == msgid_number(world, number)))
			keys_r[count++] = key;
	}
	keys_r[count++] = has_msgid(world, number) ? msgid_number(world, number)
						   : 10000 + number;
	for (size_t i = 0; i < count; i++)
		for (unsigned m = 1; m <= world->count; m++)
			if (world->set->serials[m] &&
			    has_msgid(world, m) == (keys_r[i] < 10000) &&
			    (has_msgid(world, m) ? msgid_number(world, m)
						 : 10000 + m) == keys_r[i] &&
			    g_hash_table_contains(links->splits,
						  &world->set->hashes[m]))
				cut = i;
	memmove(keys_r, keys_r + cut, (count - cut) * sizeof(*keys_r));
	return count - cut;
}

static unsigned key_of_root(const struct world *world, const char *root)
{
	unsigned number, set;

	for (unsigned m = 1; m <= world->count; m++) {
		AUTO(str) char *name = name_of(world, m);

		if (!has_msgid(world, m) && strcmp(name, root) == 0)
			return 10000 + m;
	}
	if (g_str_has_prefix(root, not_ascii))
		root += strlen(not_ascii);
	if (strlen(root) == MESSAGE_ID_HEX ||
	    sscanf(root, "%u@%u.x", &number, &set) != 2 ||
	    set != world->set->number)
		return 0;
	return number;
}

static void lower(unsigned *labels, unsigned a, unsigned b, bool *again)
{
	unsigned least = MIN(labels[a], labels[b]);

	*again |= labels[a] != least || labels[b] != least;
	labels[a] = labels[b] = least;
}

/* Labels of keys: the least message that they hold together; 0xffff: none. */
static void model_make(const struct world *world, const struct link_set *links,
		       struct model *model)
{
	static unsigned labels[20000];
	unsigned keys[LETTERS + 1][REFS + 1];
	size_t counts[LETTERS + 1] = { 0 };
	bool again = true;

	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		labels[i] = 0xffff;
	for (unsigned m = 1; m <= world->count; m++)
		if (world->set->serials[m]) {
			counts[m] = counted_keys(world, links, m, keys[m]);
			labels[keys[m][0]] = MIN(labels[keys[m][0]], m);
		}
	while (again) {
		again = false;
		for (unsigned m = 1; m <= world->count; m++)
			for (size_t i = 1; i < counts[m]; i++)
				lower(labels, keys[m][0], keys[m][i], &again);
		for (guint i = 0; i < links->joins->len; i++) {
			const GPtrArray *roots =
				g_ptr_array_index(links->joins, i);

			for (guint j = 1; j < roots->len; j++) {
				unsigned a = key_of_root(
					world, g_ptr_array_index(roots, 0));
				unsigned b = key_of_root(
					world, g_ptr_array_index(roots, j));

				if (a && b)
					lower(labels, a, b, &again);
			}
		}
	}
	for (unsigned m = 1; m <= world->count; m++) {
		const char *root = g_hash_table_lookup(links->moves,
						       &world->set->hashes[m]);
		unsigned key = root ? key_of_root(world, root) : 0;

		if (!world->set->serials[m])
			continue;
		model->group[m] = labels[keys[m][0]];
		model->place[m] = key && labels[key] != 0xffff
					  ? labels[key]
					  : model->group[m];
	}
}

/* What the index says, in the same form. */
static void read_model(struct world *world, struct model *model)
{
	struct index *index = index_now(world);
	int64_t homes[LETTERS + 1], places[LETTERS + 1];
	struct err err = { 0 };

	for (unsigned m = 1; m <= world->count; m++) {
		if (!world->set->serials[m])
			continue;
		CHECK_INT(index_home_of(index, world->set->serials[m],
					&homes[m], &err),
			  1);
		CHECK_INT(index_place_of(index, world->set->serials[m],
					 &places[m], &err),
			  1);
		model->group[m] = model->place[m] = 0xffff;
		for (unsigned i = m; i > 0; i--)
			if (world->set->serials[i] && homes[i] == homes[m])
				model->group[m] = i;
	}
	for (unsigned m = 1; m <= world->count; m++)
		for (unsigned i = (unsigned)world->count;
		     i > 0 && world->set->serials[m]; i--)
			if (world->set->serials[i] && homes[i] == places[m])
				model->place[m] = model->group[i];
}

static struct link_set *links_now(struct world *world)
{
	struct link_set *links = NULL;
	struct err err = { 0 };

	if (link_set_load(reader_state(world->reader), &links, &err) < 0)
		die(&err);
	return links;
}

static bool compare(struct world *world, const struct link_set *links,
		    const char *when)
{
	struct model want = { 0 }, got = { 0 };
	bool equal = true;

	model_make(world, links, &want);
	read_model(world, &got);
	for (unsigned m = 1; m <= world->count; m++)
		if (world->set->serials[m] && (want.group[m] != got.group[m] ||
					       want.place[m] != got.place[m])) {
			printf("# %s: message %u: belongs to %u, shown in %u; "
			       "index: %u, %u\n",
			       when, m, want.group[m], want.place[m],
			       got.group[m], got.place[m]);
			equal = false;
		}
	return CHECK(equal);
}

static bool compare_now(struct world *world, const char *when)
{
	AUTO(link_set) struct link_set *links = links_now(world);

	return compare(world, links, when);
}

/* -- the same after reindex ------------------------------------------------ */

static const char *thread_name(struct world *world, int64_t serial, char *out)
{
	struct state_thread thread;
	struct err err = { 0 };

	out[0] = '\0';
	if (state_thread_get(reader_state(world->reader), serial, &thread,
			     &err) > 0)
		(void)g_strlcpy(out, thread.name, sizeof(thread.name));
	return out;
}

static void dump_messages(struct world *world, GString *out)
{
	struct index *index = index_now(world);
	struct err err = { 0 };
	int64_t place, home;
	char names[2][256];

	for (int64_t serial = 1;; serial++) {
		struct index_message row = { 0 };
		int64_t thread = 0;

		if (index_place_of(index, serial, &place, &err) <= 0)
			break;
		if (index_home_of(index, serial, &home, &err) < 0 ||
		    index_message_get(index, serial, &row, &err) <= 0)
			die(&err);
		(void)index_thread_of_msgid(index, row.msgid, &thread, &err);
		g_string_append_printf(
			out,
			"%" G_GINT64_FORMAT " %s %s %" G_GINT64_FORMAT "\n",
			serial, thread_name(world, place, names[0]),
			thread_name(world, home, names[1]), thread);
		index_message_release(&row);
	}
}

static char *dump(struct world *world)
{
	struct index *index = index_now(world);
	GString *out = g_string_new(NULL);
	struct state_thread named;
	struct err err = { 0 };

	for (int64_t serial = 1; state_thread_get(reader_state(world->reader),
						  serial, &named, &err) > 0;
	     serial++) {
		struct index_thread thread;

		if (index_thread_get(index, serial, &thread, &err) <= 0 ||
		    (thread.joined == 0 && thread.live == 0))
			continue;
		g_string_append_printf(out,
				       "%s joined %" G_GINT64_FORMAT
				       " live %" G_GINT64_FORMAT,
				       named.name, thread.joined, thread.live);
		if (thread.live)
			g_string_append_printf(
				out, " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
				thread.first_date, thread.last_date);
		g_string_append_c(out, '\n');
	}
	dump_messages(world, out);
	return g_string_free(out, FALSE);
}

static void check_reindex(struct world *world)
{
	AUTO(str) char *before = dump(world), *after = NULL;
	struct mailbox_reindexed done;
	struct err err = { 0 };

	CHECK_INT(mailbox_reindex(world->mailbox, &done, &err), 0);
	CHECK_INT(done.damaged, 0);
	after = dump(world);
	CHECK_STR(after, before);
	g_free(after);
	after = NULL;
}

/* -- all permutations ------------------------------------------------------ */

static bool next_permutation(size_t *order, size_t count)
{
	size_t i = count - 1, j = count - 1, swap;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	swap = order[i - 1];
	order[i - 1] = order[j];
	order[j] = swap;
	for (j = count - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

struct play {
	struct letter letters[5];
	size_t letter_count;
	struct decision decisions[4];
	size_t decision_count;
};

static void play_step(struct world *world, struct batch *batch,
		      const struct play *play, size_t step)
{
	if (step < play->letter_count)
		add_letter(world, batch, (unsigned)step + 1);
	else
		add_decision(world, batch,
			     &play->decisions[step - play->letter_count]);
}

/* All orders beside each other, each in messages of its own. */
enum { BESIDE = 720, STEPS = 6 };

struct beside {
	struct set sets[BESIDE];
	size_t orders[BESIDE][STEPS];
	size_t done[BESIDE]; /* so many of its steps */
	size_t count, steps;
};

static void find_orders(struct beside *beside)
{
	size_t order[STEPS];

	for (size_t i = 0; i < beside->steps; i++)
		order[i] = i;
	beside->count = 0;
	do {
		memcpy(beside->orders[beside->count], order, sizeof(order));
		beside->done[beside->count++] = 0;
	} while (next_permutation(order, beside->steps));
}

/* One batch; of some orders it has several steps. True if more are to come. */
static bool play_on(struct world *world, const struct play *play,
		    struct beside *beside, GRand *rand)
{
	struct batch *batch = begin(world);
	bool more = false;

	for (size_t i = 0; i < beside->count; i++) {
		size_t *done = &beside->done[i];

		world->set = &beside->sets[i];
		if (*done == beside->steps)
			continue;
		do {
			play_step(world, batch, play,
				  beside->orders[i][(*done)++]);
		} while (*done < beside->steps &&
			 g_rand_int_range(rand, 0, 3) == 0);
		more |= *done < beside->steps;
	}
	commit(batch);
	return more;
}

static void compare_all(struct world *world, struct beside *beside)
{
	AUTO(link_set) struct link_set *links = links_now(world);

	for (size_t i = 0; i < beside->count; i++) {
		world->set = &beside->sets[i];
		if (compare(world, links, "a permutation"))
			continue;
		printf("#   order");
		for (size_t step = 0; step < beside->steps; step++)
			printf(" %zu", beside->orders[i][step]);
		printf("\n");
	}
}

/* In a world of its own: one with all their threads would be slow. */
static void play_all(const struct play *play, GRand *rand)
{
	static struct beside beside;
	AUTO(world) struct world *world = world_new();

	beside.steps = play->letter_count + play->decision_count;
	find_orders(&beside);
	for (size_t i = 0; i < beside.count; i++) {
		use_letters(world, &beside.sets[i], play->letters,
			    play->letter_count);
		hash_letters(world);
	}
	while (play_on(world, play, &beside, rand))
		;
	compare_all(world, &beside);
	check_reindex(world);
}

TEST(every_order_of_messages_and_decisions_gives_the_same_threads)
{
	static const struct play plays[] = {
		/* one in the middle of a chain begins a thread */
		{ { { { 0 }, 0, 0 },
		    { { 1 }, 0, 0 },
		    { { 1, 2 }, 0, 0 },
		    { { 1 }, 0, 0 } },
		  4,
		  { { LINK_SPLIT, 2, 0 } },
		  1 },
		/* what was tied by ghosts alone falls apart */
		{ { { { 100 }, 0, 0 },
		    { { 100, 101 }, 0, 0 },
		    { { 101 }, 0, 0 },
		    { { 101, 2 }, 0, 0 } },
		  4,
		  { { LINK_SPLIT, 2, 0 } },
		  1 },
		/* joined, and one of them moved there before */
		{ { { { 0 }, 0, 0 }, { { 1 }, 0, 0 }, { { 0 }, 0, 0 } },
		  3,
		  { { LINK_JOIN, 3, 1 }, { LINK_MOVE, 2, 3 } },
		  2 },
		/* a message alone moves; its answer stays */
		{ { { { 0 }, 0, 0 },
		    { { 1 }, 0, 0 },
		    { { 2 }, 0, 0 },
		    { { 200 }, 0, 0 } },
		  4,
		  { { LINK_MOVE, 2, 200 } },
		  1 },
		/* moved to a thread that is split, by its root */
		{ { { { 0 }, 0, 0 }, { { 1 }, 0, 0 }, { { 0 }, 0, 0 } },
		  3,
		  { { LINK_SPLIT, 2, 0 }, { LINK_MOVE, 3, 2 } },
		  2 },
		/* a circle of joins, and a circle of references in it */
		{ { { { 2 }, 0, 0 }, { { 1 }, 0, 0 }, { { 0 }, 0, 0 } },
		  3,
		  { { LINK_JOIN, 1, 3 }, { LINK_JOIN, 3, 2 } },
		  2 },
		/* two with one msgid, one of them split; one without any */
		{ { { { 0 }, 0, 0 },
		    { { 1 }, 0, 0 },
		    { { 1 }, 1, 0 },
		    { { 1 }, 0, 1 } },
		  4,
		  { { LINK_SPLIT, 2, 0 }, { LINK_SPLIT, 1, 0 } },
		  2 },
		/* to the hash of one without a msgid, and back */
		{ { { { 0 }, 0, 1 }, { { 0 }, 0, 0 }, { { 2 }, 0, 0 } },
		  3,
		  { { LINK_JOIN, 1, 2 }, { LINK_SPLIT, 3, 0 } },
		  2 },
	};
	AUTO(rand) GRand *rand = g_rand_new_with_seed(15);

	for (size_t i = 0; i < G_N_ELEMENTS(plays); i++)
		play_all(&plays[i], rand);
}

static void make_play(struct play *play, GRand *rand)
{
	memset(play, 0, sizeof(*play));
	play->letter_count = 3;
	play->decision_count = 2;
	for (size_t i = 0; i < play->letter_count; i++) {
		for (gint32 k = g_rand_int_range(rand, 0, 3); k > 0; k--)
			play->letters[i].refs[k - 1] =
				(unsigned)g_rand_int_range(rand, 1, 5);
		play->letters[i].no_msgid = g_rand_int_range(rand, 0, 8) == 0;
	}
	for (size_t i = 0; i < play->decision_count; i++) {
		struct decision *decision = &play->decisions[i];

		decision->kind = (enum link_kind)g_rand_int_range(rand, 0, 3);
		decision->a = (unsigned)g_rand_int_range(rand, 1, 4);
		decision->b = (unsigned)g_rand_int_range(rand, 1, 5);
	}
}

TEST(every_order_of_random_small_sets_gives_the_same_threads)
{
	AUTO(rand) GRand *rand = g_rand_new_with_seed(16);

	for (int i = 0; i < 30; i++) {
		struct play play;

		make_play(&play, rand);
		play_all(&play, rand);
	}
}

/* -- the owner's own decisions --------------------------------------------- */

static int64_t place_of(struct world *world, unsigned number)
{
	struct err err = { 0 };
	int64_t place = 0;

	CHECK_INT(index_place_of(index_now(world), world->set->serials[number],
				 &place, &err),
		  1);
	return place;
}

static unsigned pick(struct world *world, GRand *rand)
{
	unsigned number;

	do {
		number = (unsigned)g_rand_int_range(rand, 1,
						    (gint32)world->count + 1);
	} while (!world->set->serials[number]);
	return number;
}

static void decide(struct world *world, GRand *rand)
{
	struct batch *batch = begin(world);
	unsigned a = pick(world, rand), b = pick(world, rand);
	int64_t from = place_of(world, a), to = place_of(world, b), thread;
	struct err err = { 0 };
	int what = g_rand_int_range(rand, 0, 3), done;

	if (what == 0) {
		done = links_join(batch, from, to, &err);
		CHECK_INT(done, from != to);
	} else if (what == 1) {
		done = links_split(batch, world->set->serials[a], &thread,
				   &err);
		CHECK(done >= 0);
	} else {
		done = links_move(batch, world->set->serials[a], to, &err);
		/* Nothing belongs to a thread that only shows what was moved
		 * there: it has no root to go by. */
		CHECK(done >= 0 || err.code == ENOENT);
	}
	if (done < 0) {
		batch_free(batch);
		return;
	}
	commit(batch);
	(void)index_now(world);
	if (what == 0)
		CHECK_INT(place_of(world, a), place_of(world, b));
	else if (what == 1 && thread != 0)
		CHECK_INT(place_of(world, a), thread);
	else if (what == 2)
		CHECK_INT(place_of(world, a), to);
}

TEST(what_is_decided_holds_in_random_mailboxes)
{
	static struct letter letters[LETTERS];
	static struct set set;
	AUTO(world) struct world *world = world_new();
	AUTO(rand) GRand *rand = g_rand_new_with_seed(17);

	for (int round = 0; round < 8; round++) {
		/* In small ones messages soon go where they came from. */
		size_t count =
			(size_t)g_rand_int_range(rand, 5, round % 2 ? 8 : 40);
		unsigned next = 1;

		memset(letters, 0, sizeof(letters));
		for (size_t i = 0; i < count; i++)
			for (gint32 k = g_rand_int_range(rand, 0, 3); k > 0;
			     k--)
				letters[i].refs[k - 1] =
					(unsigned)g_rand_int_range(
						rand, 1, (gint32)count + 5);
		use_letters(world, &set, letters, count);
		hash_letters(world);
		for (int step = 0; step < 60; step++) {
			if (next <= count && g_rand_int_range(rand, 0, 2)) {
				struct batch *batch = begin(world);

				do {
					add_letter(world, batch, next++);
				} while (next <= count &&
					 g_rand_int_range(rand, 0, 3));
				commit(batch);
			} else if (next > 1) {
				decide(world, rand);
			}
			if (!compare_now(world, "a step"))
				return;
		}
		check_reindex(world);
	}
}

TEST(a_split_names_its_thread_and_the_rest_keeps_the_name)
{
	static const struct letter letters[] = {
		{ { 0 }, 0, 0 },
		{ { 1 }, 0, 0 },
		{ { 1, 2 }, 0, 0 },
		{ { 1 }, 0, 0 },
	};
	/* The answer comes before what it answers: it names the directory. */
	static const unsigned orders[][4] = { { 1, 2, 3, 4 }, { 2, 1, 3, 4 } };

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		AUTO(world) struct world *world = world_new();
		struct err err = { 0 };
		static struct set set;
		struct batch *batch;
		char name[2][256];
		int64_t thread, old;

		use_letters(world, &set, letters, G_N_ELEMENTS(letters));
		hash_letters(world);
		for (size_t j = 0; j < 4; j++) {
			batch = begin(world);
			add_letter(world, batch, orders[i][j]);
			commit(batch);
		}
		old = place_of(world, 1);
		CHECK_INT(place_of(world, 2), old);
		batch = begin(world);
		CHECK_INT(links_split(batch, world->set->serials[2], &thread,
				      &err),
			  1);
		commit(batch);
		CHECK_INT(place_of(world, 1), old);
		CHECK_INT(place_of(world, 4), old);
		CHECK_INT(place_of(world, 2), thread);
		CHECK_INT(place_of(world, 3), thread);
		CHECK(thread != old);
		(void)thread_name(world, thread, name[0]);
		CHECK(strstr(name[0], "letter-2-of-1") != NULL);
		/* Again: nothing to do. Joined, and split again: back. */
		batch = begin(world);
		CHECK_INT(links_split(batch, world->set->serials[2], &thread,
				      &err),
			  0);
		CHECK_INT(thread, 0);
		batch_free(batch);
		batch = begin(world);
		CHECK_INT(links_join(batch, place_of(world, 2),
				     place_of(world, 4), &err),
			  1);
		commit(batch);
		CHECK_INT(place_of(world, 2), old);
		(void)compare_now(world, "joined");
		batch = begin(world);
		CHECK_INT(links_split(batch, world->set->serials[2], &thread,
				      &err),
			  1);
		commit(batch);
		CHECK_STR(thread_name(world, thread, name[1]), name[0]);
		CHECK_INT(place_of(world, 3), thread);
		CHECK_INT(place_of(world, 1), old);
		check_reindex(world);
	}
}

static void join(struct world *world, unsigned a, unsigned b)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(
		links_join(batch, place_of(world, a), place_of(world, b), &err),
		1);
	commit(batch);
	CHECK_INT(place_of(world, a), place_of(world, b));
}

static void split(struct world *world, unsigned number)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int64_t thread;

	CHECK_INT(
		links_split(batch, world->set->serials[number], &thread, &err),
		1);
	commit(batch);
	CHECK_INT(place_of(world, number), thread);
	(void)compare_now(world, "split");
}

/* All `letters`, in one batch. */
static struct world *world_with(struct set *set, const struct letter *letters,
				size_t count)
{
	struct world *world = world_new();
	struct batch *batch;

	use_letters(world, set, letters, count);
	hash_letters(world);
	batch = begin(world);
	for (size_t i = 1; i <= count; i++)
		add_letter(world, batch, (unsigned)i);
	commit(batch);
	return world;
}

TEST(a_join_taken_back_gives_both_their_names_again)
{
	/* The first msgid of the third and fourth is of none that is here. */
	static const struct letter letters[] = {
		{ { 0 }, 0, 0 },
		{ { 1 }, 0, 0 },
		{ { 100 }, 0, 0 },
		{ { 100 }, 0, 0 },
	};
	static const unsigned firsts[] = { 1, 3 };
	static struct set set;
	AUTO(world)
	struct world *world = world_with(&set, letters, G_N_ELEMENTS(letters));
	int64_t elder = place_of(world, 1), younger = place_of(world, 3);

	for (size_t i = 0; i < G_N_ELEMENTS(firsts); i++) {
		join(world, 1, 3);
		CHECK_INT(place_of(world, 4), elder);
		split(world, firsts[i]);
		CHECK_INT(place_of(world, 1), elder);
		CHECK_INT(place_of(world, 2), elder);
		CHECK_INT(place_of(world, 3), younger);
		CHECK_INT(place_of(world, 4), younger);
		check_reindex(world);
	}
	/* Another time it leaves what is tied to it. */
	split(world, 3);
	CHECK_INT(place_of(world, 4), younger);
	CHECK(place_of(world, 3) != younger);
	check_reindex(world);
}

TEST(lines_count_in_strands_of_mine_alone)
{
	static const struct letter letters[] = { { { 0 }, 0, 0 },
						 { { 1 }, 0, 0 } };
	static struct set set;
	AUTO(world) struct world *world = world_new();
	AUTO(ptrs) GPtrArray *lines = NULL;
	AUTO(str) char *line = NULL;
	AUTO(array) GArray *strands = NULL;
	struct state_strand wanted;
	struct state_message row;
	struct batch_strand *strand;
	struct err err = { 0 };
	struct batch *batch;

	/* Sets are public whose number three divides. */
	world->sets = 2;
	use_letters(world, &set, letters, 2);
	hash_letters(world);
	batch = begin(world);
	add_letter(world, batch, 1);
	add_letter(world, batch, 2);
	commit(batch);
	line = link_print_split(&set.hashes[2]);
	batch = begin(world);
	if (state_message_get(batch_state(batch), set.serials[2], &row, &err) <=
		    0 ||
	    state_strand_get(batch_state(batch), row.strand, &wanted, &err) <=
		    0 ||
	    batch_strand_of(batch, &wanted, &strand, &err) < 0 ||
	    links_add(batch, strand, line, &err) < 0)
		die(&err);
	CHECK_INT(wanted.kind, STRAND_PUBLIC);
	commit(batch);
	CHECK_INT(mailbox_reindex(world->mailbox, NULL, &err), 0);
	CHECK_INT(state_link_list(reader_state(world->reader), &strands, &lines,
				  &err),
		  0);
	CHECK_INT(lines->len, 0);
	CHECK_INT(place_of(world, 2), place_of(world, 1));
}

TEST(a_circle_of_joined_threads_has_an_end)
{
	static const struct letter letters[] = { { { 0 }, 0, 0 },
						 { { 0 }, 0, 0 } };
	static struct set set;
	AUTO(world) struct world *world = world_new();
	struct err err = { 0 };
	struct batch *batch;
	struct index *index;
	int64_t a, b, found;

	use_letters(world, &set, letters, 2);
	hash_letters(world);
	batch = begin(world);
	add_letter(world, batch, 1);
	add_letter(world, batch, 2);
	commit(batch);
	a = place_of(world, 1);
	b = place_of(world, 2);
	index = index_now(world);
	CHECK_INT(index_write_begin(index, &err), 0);
	CHECK_INT(index_join(index, a, b, 1, &err), 0);
	CHECK_INT(index_join(index, b, a, 1, &err), 0);
	CHECK_INT(index_join(index, a, b, 1, &err), 0);
	CHECK_INT(index_thread_of_msgid(index, "1@1.x", &found, &err), 1);
	index_write_undo(index);
}
