/* SPDX-License-Identifier: ISC */
/* Where each new message goes once something is shared. */
#include "routes.h"

#include "circle-read.h"
#include "defms/links.h"
#include "share-test.h"
#include "state-circles.h"

TEST(an_answer_to_all_goes_into_the_shared_strand_and_not_into_mine)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	int64_t two = add_plain(world, "two", bob, ada, "one");
	AUTO(array) GArray *strands = NULL;

	CHECK_INT(kind_of(world, two), STRAND_SHARED);
	CHECK_INT(strand_of(world, two).serial, strand_of(world, one).serial);
	reads_as(world, two, "two");
	/* one of mine, of the first message, and this */
	CHECK_INT(
		state_strand_list(reader_state(world->reader), &strands, NULL),
		0);
	CHECK_INT(strands->len, 2);
	is_sound(world);
}

TEST(no_header_widens_who_reads_a_message)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	int64_t salary = add(world, &(struct letter){ .name = "salary",
						      .from = "dan@x",
						      .to = ada });
	const struct letter letters[] = {
		{ "bait", eve, ada, .refs = "salary one" },
		{ "private", bob, carol, .refs = "one" },
		{ "alone", bob, eve, .refs = "one" },
		{ "unpinned", "bob@home.example", ada, .refs = "one" },
		{ "named", "\"bob@example.net\" <eve@example.com>", ada,
		  .refs = "one" },
		{ "blind", ada, carol, .refs = "one",
		  .bcc = "bob@example.net" },
		{ "other", ada, "bob@example.net.evil.example", .refs = "one" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(letters); i++) {
		int64_t serial = add(world, &letters[i]);

		if (!CHECK_INT(kind_of(world, serial), STRAND_MINE))
			printf("# %s\n", letters[i].name);
	}
	/* They are one thread by now, and stay where they are. */
	CHECK_INT(thread_of(world, salary), thread_of(world, one));
	CHECK_INT(kind_of(world, salary), STRAND_MINE);
	is_sound(world);
}

TEST(somebody_new_in_cc_reads_nothing_by_that)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	int64_t two = add(world, &(struct letter){ .name = "two",
						   .from = bob,
						   .to = ada,
						   .cc = carol,
						   .refs = "one" });
	AUTO(circle) struct circle *circle = NULL;
	struct state_strand strand = strand_of(world, two);

	CHECK_INT(strand.serial, strand_of(world, one).serial);
	CHECK_INT(circle_read(world->reader, &strand, &circle, NULL), 0);
	CHECK_INT(circle->roots->len, 2);
}

TEST(a_message_of_another_thread_stays_mine)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t other;

	(void)shared_thread(world);
	other = add_plain(world, "other", ada, bob, NULL);
	CHECK_INT(kind_of(world, other), STRAND_MINE);
}

TEST(junk_is_always_mine)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	int64_t junk = add_in(
		world,
		&(struct letter){
			.name = "junk", .from = bob, .to = ada, .refs = "one" },
		"Junk");
	AUTO(share_plan) struct share_plan *plan = NULL;

	CHECK_INT(kind_of(world, junk), STRAND_MINE);
	plan = share_with_bob(world, one);
	CHECK_INT(plan->stay->len, 1);
	CHECK_INT(kind_of(world, junk), STRAND_MINE);
}

TEST(the_thread_is_as_earlier_messages_of_the_batch_make_it)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	struct batch *batch = begin(world);
	int64_t two = add_to(world, batch,
			     &(struct letter){ .name = "two",
					       .from = carol,
					       .to = ada,
					       .refs = "one" },
			     "INBOX");
	int64_t three = add_to(world, batch,
			       &(struct letter){ .name = "three",
						 .from = bob,
						 .to = ada,
						 .refs = "two" },
			       "INBOX");

	commit(batch);
	CHECK_INT(kind_of(world, two), STRAND_MINE);
	CHECK_INT(strand_of(world, three).serial, strand_of(world, one).serial);
	is_sound(world);
}

TEST(a_split_cuts_references_off)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t two, three, thread;
	struct batch *batch;
	struct err err = { 0 };

	(void)shared_thread(world);
	two = add_plain(world, "two", carol, ada, "one");
	batch = begin(world);
	CHECK_INT(links_split(batch, two, &thread, &err), 1);
	commit(batch);
	three = add_plain(world, "three", bob, ada, "one two");
	CHECK_INT(kind_of(world, three), STRAND_MINE);
	CHECK_INT(thread_of(world, three), thread_of(world, two));
}

TEST(of_a_wider_and_a_narrower_circle_the_wider_gets_it)
{
	static const char *const both[] = { "bob@example.net",
					    "Carol@Example.com" };
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add(world, &(struct letter){ .name = "one",
						   .from = ada,
						   .to = bob,
						   .cc = carol });
	AUTO(share_plan)
	struct share_plan *wide = share(world, one, both, 2, false);
	AUTO(share_plan) struct share_plan *narrow = NULL;
	int64_t two, three, four;

	/* what bob reads in the wider circle needs no narrower one */
	narrow = share_with_bob(world, one);
	CHECK_INT(narrow->enter->len, 0);
	CHECK_INT(narrow->there->len, 1);
	share_plan_free(narrow);
	two = add_plain(world, "two", bob, ada, "one");
	CHECK_INT(kind_of(world, two), STRAND_MINE);
	narrow = share_with_bob(world, one);
	CHECK_INT(narrow->enter->len, 1);
	three = add(world, &(struct letter){ .name = "three",
					     .from = bob,
					     .to = ada,
					     .cc = carol,
					     .refs = "two" });
	four = add_plain(world, "four", ada, bob, "two");
	CHECK_INT(strand_of(world, three).serial, wide->strand.serial);
	CHECK_INT(strand_of(world, four).serial, narrow->strand.serial);
	is_sound(world);
}

TEST(a_message_stands_in_each_circle_that_has_others)
{
	static const char *const with_carol[] = { "carol@example.com" };
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add(world, &(struct letter){ .name = "one",
						   .from = ada,
						   .to = bob,
						   .cc = carol });
	AUTO(share_plan)
	struct share_plan *bobs = share_with_bob(world, one);
	AUTO(share_plan)
	struct share_plan *carols = share(world, one, with_carol, 1, false);
	AUTO(array) GArray *strands = NULL;
	struct batch *batch = begin(world);
	int64_t two = add_to(world, batch,
			     &(struct letter){ .name = "two",
					       .from = bob,
					       .to = ada,
					       .cc = carol,
					       .refs = "one" },
			     "INBOX");

	CHECK_INT(batch_note_sent(batch, two, NULL), 0);
	commit(batch);
	CHECK(bobs->strand.serial != carols->strand.serial);
	CHECK_INT(state_standing_of(reader_state(world->reader), two, &strands,
				    NULL),
		  0);
	CHECK_INT(strands->len, 2);
	reads_as(world, one, "one");
	reads_as(world, two, "two");
	is_sound(world);
}

TEST(a_closed_strand_gets_nothing_more)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	AUTO(share_plan) struct share_plan *again = NULL;
	int64_t thread = thread_of(world, one), two;
	struct batch *batch = begin(world);
	struct err err = { 0 };

	CHECK_INT(share_close(batch, thread, "carol@example.com", &err), 0);
	CHECK_INT(share_close(batch, thread, "eve@example.com", &err), -1);
	CHECK_INT(err.code, ENOKEY);
	CHECK_INT(share_close(batch, thread, "bob@example.net", &err), 1);
	commit(batch);
	two = add_plain(world, "two", bob, ada, "one");
	CHECK_INT(kind_of(world, two), STRAND_MINE);
	is_sound(world);
	/* The history says it, whatever state.db has. */
	CHECK_INT(mailbox_reindex(world->mailbox, NULL, &err), 0);
	is_sound(world);
	again = share_with_bob(world, one);
	CHECK_INT(again->enter->len, 2);
	CHECK_INT(strand_of(world, two).serial, again->strand.serial);
	is_sound(world);
}

/* Send one in a batch, as the queue does; its serial. */
static int64_t send_in(struct world *world, struct batch *batch,
		       const struct letter *letter)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(str) char *text = write_letter(letter);
	enum batch_result result;
	struct err err = { 0 };
	int64_t serial;

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup("Sent");
	arrival->goes_out = true;
	if (arrival_prepare(arrival, world->reader, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0)
		die(&err);
	serial = batch_last_message(batch);
	CHECK_INT(batch_note_sent(batch, serial, &err), 0);
	return serial;
}

static int64_t send_one(struct world *world, const struct letter *letter)
{
	struct batch *batch = begin(world);
	int64_t serial = send_in(world, batch, letter);

	commit(batch);
	return serial;
}

static void turn_auto_on(struct world *world)
{
	CHECK_INT(config_override(world->config, "share.auto=true", NULL), 0);
}

TEST(what_is_sent_to_people_who_are_known_is_shared_at_once)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t off = send_one(
		world,
		&(struct letter){ .name = "off", .from = ada, .to = bob });
	int64_t one, two;

	turn_auto_on(world);
	one = send_one(world, &(struct letter){
				      .name = "one", .from = ada, .to = bob });
	two = send_one(world, &(struct letter){ .name = "two",
						.from = ada,
						.to = bob,
						.refs = "one" });
	CHECK_INT(kind_of(world, off), STRAND_MINE);
	CHECK_INT(kind_of(world, one), STRAND_SHARED);
	CHECK_INT(strand_of(world, two).serial, strand_of(world, one).serial);
	is_sound(world);
}

TEST(two_that_are_sent_together_are_shared_together)
{
	AUTO(world) struct world *world = world_of_people();
	struct batch *batch;
	int64_t one, two;

	turn_auto_on(world);
	batch = begin(world);
	one = send_in(
		world, batch,
		&(struct letter){ .name = "one", .from = ada, .to = bob });
	two = send_in(
		world, batch,
		&(struct letter){
			.name = "two", .from = ada, .to = bob, .refs = "one" });
	commit(batch);
	CHECK_INT(kind_of(world, one), STRAND_SHARED);
	CHECK_INT(strand_of(world, two).serial, strand_of(world, one).serial);
	is_sound(world);
}

TEST(nothing_is_shared_at_once_with_who_is_not_sure)
{
	AUTO(world) struct world *world = world_of_people();
	const struct letter letters[] = {
		{ "stranger", ada, .to = eve },
		{ "both", ada, bob, .cc = eve },
		{ "myself", ada, .to = ada },
		{ "another", bob, .to = ada },
	};
	struct state_pin seen = { .address = "carol@example.com",
				  .trust = TRUST_SEEN };
	struct batch *batch = begin(world);

	seen.root = root_of_card(identity_card(world->carol), NULL);
	CHECK_INT(state_pin_put(batch_state(batch), &seen, NULL), 0);
	commit(batch);
	turn_auto_on(world);
	for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
		if (!CHECK_INT(kind_of(world, send_one(world, &letters[i])),
			       STRAND_MINE))
			printf("# %s\n", letters[i].name);
	CHECK_INT(kind_of(world,
			  send_one(world, &(struct letter){ .name = "seen",
							    .from = ada,
							    .to = bob,
							    .cc = carol })),
		  STRAND_MINE);
	CHECK_INT(kind_of(world, add_plain(world, "came", ada, bob, NULL)),
		  STRAND_MINE);
}

TEST(who_was_removed_is_not_let_in_again_by_sending)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world), two;
	int64_t thread = thread_of(world, one);
	struct batch *batch = begin(world);

	CHECK_INT(share_close(batch, thread, "bob@example.net", NULL), 1);
	commit(batch);
	turn_auto_on(world);
	two = send_one(world, &(struct letter){ .name = "two",
						.from = ada,
						.to = bob,
						.refs = "one" });
	CHECK_INT(kind_of(world, two), STRAND_MINE);
}
