/* SPDX-License-Identifier: ISC */
/* Three people with two devices each write, push and pull in random orders over
 * four kinds of places: in the end all have what is for all, and the devices of
 * one person the same.
 *
 * $DEFMS_SEED is where chance begins (it is printed), $DEFMS_COUNT how many
 * histories there are. One that fails says its own seed: with that and a count
 * of 1 it comes again. */
#include "defms/state-batch.h"
#include "key-change.h"
#include "key-device.h"
#include "mailbox-device.h"
#include "mailbox-parts.h"
#include "pull-test.h"
#include "share.h"
#include "store-git.h"

enum {
	PEOPLE = 3,
	BOXES = 2 * PEOPLE,
	STEPS = 30,
	HISTORIES = 20,
	THREADS = 2, /* of a kind */
	FULL = 10,   /* of so many histories one is checked with git, too */
};

/* What is pushed is all that is there. */
enum place {
	PLACE_GIT,  /* one list; each moves the tips of his own chains */
	PLACE_CAR,  /* whoever pushes last has written it */
	PLACE_DIR,  /* a list of each; all are read at once, old and new */
	PLACE_IPFS, /* a list of each; one is read after the other */
	PLACES,
};

/* For whom a message is. */
enum kind { KIND_PUBLIC, KIND_SHARED, KIND_OWN, KINDS };

struct letter {
	char *text; /* owned */
	enum kind kind;
	unsigned person; /* whose it is, of KIND_OWN */
	unsigned thread;
};

struct world {
	char *nursery;           /* owned: a folder, with those of */
	struct box *born[BOXES]; /* owned: as they are when a history begins */
	char *folder;            /* owned: the same of */
	struct box boxes[BOXES];
	GArray *pushed[PLACES][BOXES]; /* owned: struct ref_move */
	GArray *letters;               /* owned: struct letter */
	GPtrArray *cards;              /* owned: char *, of the people */
	GRand *rand;                   /* owned */
};

static const char *const mails[PEOPLE] = { "ada@example.org", "bob@example.net",
					   "carol@example.com" };

static unsigned draw(struct world *world, unsigned count)
{
	return (unsigned)g_rand_int_range(world->rand, 0, (gint32)count);
}

/* -- boxes ----------------------------------------------------------------- */

/* Another device of the person of `first`. */
static struct box *box_beside(struct box *first)
{
	struct identity *identity = mailbox_own_identity(first->mailbox);
	struct box *box = g_new0(struct box, 1);
	AUTO(config) struct config *config = NULL;
	AUTO(identity) struct identity *received = NULL;
	AUTO(str) char *request = NULL;
	AUTO(str) char *answer = NULL;
	struct device_request asked;
	struct err err = { 0 };

	box->folder = folder_new();
	box->mail = g_strdup(first->mail);
	box_enter(box);
	if (config_open(&config, &err) < 0 ||
	    mailbox_device_ask(config, &request, &err) < 0 ||
	    device_request_parse(request, strlen(request), &asked, &err) < 0 ||
	    identity_add_device(identity, asked.device,
				g_get_real_time() / G_USEC_PER_SEC, &err) < 0 ||
	    device_answer(identity, &asked, &answer, &err) < 0)
		die(&err);
	box_enter(first);
	if (mailbox_save_identity(first->mailbox, &err) < 0)
		die(&err);
	box_enter(box);
	if (mailbox_device_accept(config, answer, strlen(answer), false,
				  &received, &err) < 0)
		die(&err);
	box_reopen(box);
	return box;
}

static void world_begin(struct world *world)
{
	/* Tens of thousands of syncs are not what is tried here. */
	if (g_access("/dev/shm", W_OK) == 0)
		(void)g_setenv("TMPDIR", "/dev/shm", FALSE);
	world->cards = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < PEOPLE; i++) {
		world->born[2 * i] = box_new("Person", mails[i]);
		world->born[2 * i + 1] = box_beside(world->born[2 * i]);
		g_ptr_array_add(world->cards,
				g_strdup(identity_card(mailbox_identity(
					world->born[2 * i]->mailbox))));
	}
	for (unsigned i = 0; i < BOXES; i++)
		for (unsigned j = 0; j < BOXES; j += 2)
			if (i / 2 != j / 2)
				box_pin(world->born[i], world->born[j]);
	world->nursery = folder_new();
	for (unsigned i = 0; i < BOXES; i++) {
		box_close(world->born[i]);
		CHECK_INT(shell("mv %s %s/%u", world->born[i]->folder,
				world->nursery, i),
			  0);
	}
}

static void world_end(struct world *world)
{
	for (unsigned i = 0; i < BOXES; i++) {
		g_free(world->born[i]->folder);
		g_free(world->born[i]->mail);
		g_free(world->born[i]);
	}
	folder_free(world->nursery);
	g_ptr_array_unref(world->cards);
}

static void free_letter(gpointer letter)
{
	g_free(((struct letter *)letter)->text);
}

static void history_begin(struct world *world, guint32 seed)
{
	world->rand = g_rand_new_with_seed(seed);
	world->letters = g_array_new(FALSE, FALSE, sizeof(struct letter));
	g_array_set_clear_func(world->letters, free_letter);
	world->folder = folder_new();
	CHECK_INT(shell("exec cp -a %s/. %s", world->nursery, world->folder),
		  0);
	for (unsigned i = 0; i < BOXES; i++) {
		struct box *box = &world->boxes[i];

		box->folder = g_strdup_printf("%s/%u", world->folder, i);
		box->mail = world->born[i]->mail;
		box_reopen(box);
		for (unsigned place = 0; place < PLACES; place++)
			world->pushed[place][i] = g_array_new(
				FALSE, FALSE, sizeof(struct ref_move));
	}
}

static void history_end(struct world *world)
{
	for (unsigned i = 0; i < BOXES; i++) {
		box_close(&world->boxes[i]);
		g_free(world->boxes[i].folder);
		for (unsigned place = 0; place < PLACES; place++)
			g_array_unref(world->pushed[place][i]);
	}
	folder_free(world->folder);
	g_array_unref(world->letters);
	g_rand_free(world->rand);
}

/* -- writing --------------------------------------------------------------- */

static char *root_of_thread(const struct letter *letter)
{
	static const char *const names[] = { "public", "shared", "own" };

	return g_strdup_printf("%s-%u-%u@x", names[letter->kind],
			       letter->person, letter->thread);
}

static bool has_thread(const struct box *box, const struct letter *letter)
{
	AUTO(reader) struct reader *reader = NULL;
	AUTO(str) char *root = root_of_thread(letter);
	struct err err = { 0 };
	int64_t serial;

	if (reader_open(box->mailbox, &reader, &err) < 0)
		die(&err);
	return index_message_of_msgid(reader_index(reader, &err), root, 0,
				      &serial, &err) > 0;
}

/* A new one, the root of its thread or an answer. */
static struct letter *compose(struct world *world, unsigned writer,
			      enum kind kind, unsigned thread, bool is_root)
{
	struct letter letter = { .kind = kind, .thread = thread };
	unsigned number = world->letters->len;
	AUTO(str) char *root = NULL;
	AUTO(str) char *msgid = g_strdup_printf("%u@x", number);
	AUTO(str) char *refs = NULL;

	letter.person = kind == KIND_OWN ? writer / 2 : 0;
	root = root_of_thread(&letter);
	refs = is_root ? g_strdup("")
		       : g_strdup_printf("References: <%s>\n", root);
	letter.text = g_strdup_printf(
		"From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s>\n"
		"Date: Mon, 2 Nov 2026 10:%02u:00 +0000\n%s\nNumber %u.\n",
		kind == KIND_OWN ? "eve@example.org" : mails[writer / 2],
		kind == KIND_OWN
			? mails[writer / 2]
			: "ada@example.org, bob@example.net, carol@example.com",
		root, is_root ? root : msgid, number % 60, refs, number);
	(void)g_array_append_val(world->letters, letter);
	return &g_array_index(world->letters, struct letter, number);
}

static void file(struct world *world, unsigned at, const struct letter *letter)
{
	box_import(&world->boxes[at], letter->text,
		   letter->kind == KIND_PUBLIC);
}

/* With the two others. */
static void share_thread(struct world *world, unsigned at,
			 const struct letter *letter)
{
	struct box *box = &world->boxes[at];
	const char *others[PEOPLE - 1] = { mails[(at / 2 + 1) % PEOPLE],
					   mails[(at / 2 + 2) % PEOPLE] };
	AUTO(str) char *root = root_of_thread(letter);
	AUTO(share_plan) struct share_plan *plan = NULL;
	AUTO(batch) struct batch *batch = NULL;
	struct err err = { 0 };
	int64_t thread;

	if (batch_begin(box->mailbox, &batch, &err) < 0 ||
	    index_thread_of_msgid(batch_index(batch, &err), root, &thread,
				  &err) <= 0 ||
	    share_plan(batch, thread, others, G_N_ELEMENTS(others), false,
		       &plan, &err) < 0 ||
	    share_do(batch, plan, &err) < 0 || batch_commit(batch, &err) < 0)
		die(&err);
}

/* Both devices of two people may share one thread at once, before any hears of
 * the others. */
static void begin_shared(struct world *world)
{
	for (unsigned i = 0; i < THREADS; i++) {
		unsigned first = draw(world, BOXES);
		const struct letter *letter =
			compose(world, first, KIND_SHARED, i, true);

		for (unsigned j = 0; j < BOXES; j++) {
			if (j != first && draw(world, 4) != 0)
				continue;
			file(world, j, letter);
			share_thread(world, j, letter);
		}
	}
}

static void write_one(struct world *world, unsigned at)
{
	struct letter letter = { .kind = (enum kind)draw(world, KINDS),
				 .thread = draw(world, THREADS) };
	bool has;

	letter.person = letter.kind == KIND_OWN ? at / 2 : 0;
	has = has_thread(&world->boxes[at], &letter);
	/* Who has not heard of a shared thread has nothing to answer. */
	if (letter.kind == KIND_SHARED && !has)
		return;
	file(world, at, compose(world, at, letter.kind, letter.thread, !has));
}

/* It has one that another wrote, too, by mail. */
static void file_again(struct world *world, unsigned at)
{
	const struct letter *letter;

	if (world->letters->len == 0)
		return;
	letter = &g_array_index(world->letters, struct letter,
				draw(world, world->letters->len));
	if ((letter->kind == KIND_OWN && letter->person != at / 2) ||
	    !has_thread(&world->boxes[at], letter))
		return;
	file(world, at, letter);
}

/* -- places ---------------------------------------------------------------- */

/* From whoever has it. */
static int read_any(void *context, const struct object_id *id,
		    enum object_type *type_r, GByteArray *out, struct err *err)
{
	struct world *world = context;

	for (unsigned i = 0; i < BOXES; i++) {
		struct store *store = mailbox_store(world->boxes[i].mailbox);
		int found = store_read_any(store, id, type_r, out, err);

		if (found != 0)
			return found;
	}
	return 0;
}

static bool is_device(const struct world *world, unsigned box,
		      const struct device_id *device)
{
	struct device_id own =
		identity_device(mailbox_identity(world->boxes[box].mailbox));

	return memcmp(&own, device, sizeof(own)) == 0;
}

/* Of a chain that is there only its own device moves the tip. */
static void push_git(struct world *world, unsigned from, const GArray *heads)
{
	GArray *there = world->pushed[PLACE_GIT][0];

	for (guint i = 0; i < heads->len; i++) {
		const struct ref_move *head =
			&g_array_index(heads, struct ref_move, i);
		guint at = 0;

		while (at < there->len &&
		       memcmp(&g_array_index(there, struct ref_move, at), head,
			      offsetof(struct ref_move, tip)) != 0)
			at++;
		if (at == there->len)
			(void)g_array_append_vals(there, head, 1);
		else if (is_device(world, from, &head->device))
			g_array_index(there, struct ref_move, at) = *head;
	}
}

static void push(struct world *world, unsigned from, enum place place)
{
	struct store *store = mailbox_store(world->boxes[from].mailbox);
	AUTO(array) GArray *heads = NULL;
	GArray *there = world->pushed[place][place == PLACE_CAR ? 0 : from];

	CHECK_INT(store_list_refs(store, &heads, NULL), 0);
	if (place == PLACE_GIT) {
		push_git(world, from, heads);
		return;
	}
	(void)g_array_set_size(there, 0);
	if (heads->len > 0)
		(void)g_array_append_vals(there, heads->data, heads->len);
}

static void take_offer(struct world *world, unsigned to, GArray *heads)
{
	AUTO(array)
	GArray *nobody = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	struct offer offer = {
		.remote = "pool",
		.heads = heads,
		.cards = world->cards,
		.from = nobody,
		.limit = 1 << 30,
		.read = read_any,
		.context = world,
	};
	struct pull_report report;
	struct err err = { 0 };

	if (pull_offer(world->boxes[to].mailbox, &offer, &report, &err) < 0)
		die(&err);
	CHECK_INT(report.quarantined, 0);
	CHECK_INT(report.forks, 0);
	if (!CHECK_INT(report.problems->len, 0))
		print_problems(&report);
	pull_report_release(&report);
}

static void pull(struct world *world, unsigned to, enum place place)
{
	AUTO(array)
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct ref_move));

	for (unsigned i = 0; i < BOXES; i++) {
		GArray *heads = world->pushed[place][i];

		if (heads->len == 0 || (i == to && place >= PLACE_DIR))
			continue;
		if (place == PLACE_IPFS)
			take_offer(world, to, heads);
		else
			(void)g_array_append_vals(all, heads->data, heads->len);
	}
	if (all->len > 0)
		take_offer(world, to, all);
}

static void sync_all(struct world *world, enum place place)
{
	for (unsigned i = 0; i < BOXES; i++)
		push(world, i, place);
	for (unsigned i = 0; i < BOXES; i++)
		pull(world, i, place);
}

/* -- the end --------------------------------------------------------------- */

static void check_box(struct world *world, unsigned number)
{
	AUTO(state) struct state *state = box_state(&world->boxes[number]);
	size_t count = 0;

	for (guint i = 0; i < world->letters->len; i++) {
		const struct letter *letter =
			&g_array_index(world->letters, struct letter, i);
		struct message_id hash =
			message_id_of(NULL, letter->text, strlen(letter->text));
		struct state_message row = { 0 };

		if (letter->kind == KIND_OWN && letter->person != number / 2)
			continue;
		count++;
		if (!CHECK_INT(state_message_find(state, &hash, &row, NULL), 1))
			printf("# box %u lacks: %s\n", number, letter->text);
	}
	CHECK_INT(box_count(&world->boxes[number]), count);
}

static void run_history(struct world *world, guint32 seed, bool full)
{
	enum place place;
	int64_t seqs[BOXES];

	history_begin(world, seed);
	begin_shared(world);
	for (int step = 0; step < STEPS; step++) {
		unsigned who = draw(world, BOXES), what = draw(world, 10);

		place = (enum place)draw(world, PLACES);
		if (what < 3)
			write_one(world, who);
		else if (what < 4)
			file_again(world, who);
		else if (what < 7)
			push(world, who, place);
		else
			pull(world, who, place);
	}
	/* Twice: what one says by his card or his own chain lets others in. */
	place = full ? PLACE_IPFS : PLACE_DIR;
	sync_all(world, place);
	sync_all(world, place);
	for (unsigned i = 0; i < BOXES; i++) {
		check_box(world, i);
		seqs[i] = box_number(&world->boxes[i], "seq");
	}
	sync_all(world, place);
	for (unsigned i = 0; i < BOXES; i++)
		CHECK_INT(box_number(&world->boxes[i], "seq"), seqs[i]);
	if (full) {
		unsigned one = draw(world, BOXES);

		box_check(&world->boxes[one]);
		box_read_all(&world->boxes[one]);
	}
	history_end(world);
}

static guint32 number_of(const char *name, guint32 otherwise)
{
	const char *text = g_getenv(name);

	return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

TEST(all_end_with_the_same_whatever_happens_in_what_order)
{
	guint32 seed = number_of("DEFMS_SEED", 7);
	guint32 count = number_of("DEFMS_COUNT", HISTORIES);
	struct world world;

	printf("# DEFMS_SEED=%u DEFMS_COUNT=%u\n", seed, count);
	world_begin(&world);
	for (guint32 i = 0; i < count; i++) {
		int failures = test_failures();

		run_history(&world, seed + i, i % FULL == 0);
		if (test_failures() > failures)
			printf("# it was DEFMS_SEED=%u DEFMS_COUNT=1\n",
			       seed + i);
	}
	world_end(&world);
}
