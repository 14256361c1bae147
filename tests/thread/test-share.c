/* SPDX-License-Identifier: ISC */
/* What sharing does, and what of it lasts. */
#include "share.h"

#include "circle-read.h"
#include "defms/sign.h"
#include "defms/state-batch.h"
#include "defms/state-chains.h"
#include "gc.h"
#include "identity.h"
#include "share-test.h"
#include "state-circles.h"
#include "store-pack.h"

TEST(what_is_addressed_to_all_goes_in_and_the_rest_stays)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	int64_t two = add(world, &(struct letter){ .name = "two",
						   .from = bob,
						   .to = carol,
						   .cc = ada,
						   .refs = "one" });
	int64_t aside = add_plain(world, "aside", carol, ada, "one two");
	int64_t blind = add(world, &(struct letter){ .name = "blind",
						     .from = ada,
						     .to = carol,
						     .bcc = bob,
						     .refs = "one" });
	AUTO(share_plan) struct share_plan *plan = share_with_bob(world, one);

	CHECK_INT(plan->enter->len, 2);
	CHECK_INT(plan->stay->len, 2);
	CHECK_INT(plan->there->len, 0);
	CHECK_INT(kind_of(world, one), STRAND_SHARED);
	CHECK_INT(kind_of(world, two), STRAND_SHARED);
	CHECK_INT(kind_of(world, aside), STRAND_MINE);
	CHECK_INT(kind_of(world, blind), STRAND_MINE);
	reads_as(world, one, "one");
	reads_as(world, two, "two");
	reads_as(world, aside, "aside");
	is_sound(world);
}

TEST(each_member_can_open_the_strand_and_nobody_else)
{
	AUTO(world) struct world *world = world_of_people();
	struct state_strand strand = strand_of(world, shared_thread(world));
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	struct object_id blob;
	uint8_t secret[32];
	struct err err = { 0 };

	if (!CHECK_INT(circle_tree(world->reader, &strand, &tree, &err), 1) ||
	    !CHECK_INT(circle_read(world->reader, &strand, &circle, &err), 0))
		return;
	CHECK_INT(circle->roots->len, 2);
	blob = strand_tree_blob(tree, STRAND_KEYS);
	CHECK_INT(store_read(mailbox_store(world->mailbox), &blob, OBJECT_BLOB,
			     keys, &err),
		  1);
	CHECK_INT(
		circle_unlock(world->bob, keys->data, keys->len, secret, &err),
		1);
	CHECK_MEM(secret, circle->secret, sizeof(secret));
	CHECK_INT(circle_unlock(mailbox_identity(world->mailbox), keys->data,
				keys->len, secret, &err),
		  1);
	CHECK_INT(circle_unlock(world->carol, keys->data, keys->len, secret,
				&err),
		  0);
}

TEST(what_is_here_already_is_no_change)
{
	AUTO(world) struct world *world = world_of_people();
	const struct letter letter = { "two", bob, ada, .refs = "one" };
	int64_t one = shared_thread(world);
	int64_t two = add(world, &letter), again;

	again = add_in(world, &letter, "Archive");
	CHECK_INT(again, two);
	CHECK_INT(kind_of(world, two), STRAND_SHARED);
	CHECK_INT(strand_of(world, two).serial, strand_of(world, one).serial);
}

TEST(sharing_again_adds_what_is_missing_and_founds_nothing)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, carol, NULL);
	AUTO(share_plan) struct share_plan *first = NULL;
	AUTO(share_plan) struct share_plan *second = NULL;
	AUTO(share_plan) struct share_plan *third = NULL;
	static const char *const addresses[] = { "bob@example.net" };
	int64_t two = add_plain(world, "two", ada, bob, "one");

	first = share_with_bob(world, two);
	CHECK_INT(first->enter->len, 1);
	second = share_with_bob(world, two);
	CHECK_INT(second->enter->len, 0);
	CHECK_INT(second->there->len, 1);
	third = share(world, two, addresses, 1, true);
	CHECK_INT(third->enter->len, 1);
	CHECK_INT(third->unasked, 1);
	CHECK_MEM(&third->strand.id, &first->strand.id,
		  sizeof(first->strand.id));
	CHECK_INT(kind_of(world, one), STRAND_SHARED);
	is_sound(world);
}

/* Bob's next card: of a newer generation if `newer`. */
static void renew(struct world *world, bool newer)
{
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *text = NULL;
	const char *old = identity_card(world->bob);
	struct err err = { 0 };

	if (card_parse(old, strlen(old), &card, &err) < 0)
		die(&err);
	card->version++;
	world->bob->person_count += newer;
	if (card_write(card, world->bob, &text, &err) < 0)
		die(&err);
	g_free(world->bob->card);
	world->bob->card = g_strdup(text);
	pin(world, "bob@example.net", text);
}

TEST(a_newer_key_of_a_member_founds_a_successor)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world);
	struct state_strand old = strand_of(world, one), newer;
	AUTO(share_plan) struct share_plan *same = NULL;
	AUTO(share_plan) struct share_plan *next = NULL;
	AUTO(circle) struct circle *circle = NULL;
	int64_t two;

	renew(world, false);
	same = share_with_bob(world, one);
	CHECK(!same->is_instead);
	renew(world, true);
	next = share_with_bob(world, one);
	CHECK(next->is_instead);
	CHECK_INT(next->enter->len, 1);
	newer = strand_of(world, one);
	CHECK_INT(circle_read(world->reader, &newer, &circle, NULL), 0);
	CHECK(circle->is_instead);
	CHECK_MEM(&circle->instead, &old.id, sizeof(old.id));
	two = add_plain(world, "two", bob, ada, "one");
	CHECK_INT(strand_of(world, two).serial, next->strand.serial);
	is_sound(world);
}

/* Seal something for the strand. */
static GByteArray *sealed(struct world *world, const struct circle *circle,
			  const struct seal_place *place,
			  const GByteArray *text)
{
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	GByteArray *payload = g_byte_array_new();

	strand_key_derive(key, circle->secret);
	seal_close(reader_sealer(world->reader), key, place, text->data,
		   text->len, text->len, payload);
	return payload;
}

static void put_blob(struct strand_tree *tree, enum strand_blob which,
		     const GByteArray *data, struct pack *pack)
{
	struct object_id id;

	CHECK_INT(pack_add_object(pack, OBJECT_BLOB, data->data, data->len, &id,
				  NULL),
		  0);
	strand_tree_set_blob(tree, which, &id, data->data, data->len);
}

/* The message into the tree. */
static void put_message(struct world *world, const struct circle *circle,
			int64_t message, struct strand_tree *tree,
			struct pack *pack)
{
	AUTO(strand_key) struct strand_key *key = strand_key_new();
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	AUTO(bytes) GByteArray *payload = NULL;
	struct strand_entry entry = { 0 };
	struct index_message row = { 0 };
	struct seal_place place;

	strand_key_derive(key, circle->secret);
	CHECK_INT(index_message_get(index_of(world), message, &row, NULL), 1);
	CHECK_INT(reader_content(world->reader, &row, content, NULL), 0);
	index_message_release(&row);
	entry.id = strand_key_id(key, content->data, content->len);
	place = seal_place_message(&circle->id, &entry.id, 0);
	payload = sealed(world, circle, &place, content);
	CHECK_INT(pack_add_object(pack, OBJECT_BLOB, payload->data,
				  payload->len, &entry.object, NULL),
		  0);
	CHECK(strand_tree_add(tree, &entry));
}

/* The commit of Bob's device of this tree; its id. */
static struct object_id put_commit(struct world *world,
				   const struct circle *circle,
				   struct strand_tree *tree, struct pack *pack)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct commit commit = { .strand = circle->id, .chain = 1 };
	struct object_id root, tip = { 0 };
	struct err err = { 0 };

	(void)g_strlcpy(commit.subject, "add 1 messages",
			sizeof(commit.subject));
	if (strand_tree_write(tree, pack, &root, &err) < 0 ||
	    strand_tree_root(tree, mailbox_store(world->mailbox), &commit.root,
			     &err) < 0)
		die(&err);
	memcpy(commit.tree, root.bytes, SIGN_OID);
	commit_write(&commit, world->bob, data);
	CHECK_INT(pack_add_object(pack, OBJECT_COMMIT, data->data, data->len,
				  &tip, &err),
		  0);
	return tip;
}

/* A circle of Ada and Bob, and the tree of its first commit. */
static struct circle *found_one(struct world *world, int64_t message,
				struct strand_tree *tree, struct pack *pack)
{
	const char *cards[] = { identity_card(mailbox_identity(world->mailbox)),
				identity_card(world->bob) };
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(bytes) GByteArray *members = NULL;
	struct seal_place place = { .kind = SEAL_MEMBERS };
	struct circle *circle = NULL;
	struct err err = { 0 };

	if (circle_found(cards, 2, NULL, &circle, keys, text, &err) < 0)
		die(&err);
	place.strand = circle->id;
	members = sealed(world, circle, &place, text);
	put_blob(tree, STRAND_KEYS, keys, pack);
	put_blob(tree, STRAND_MEMBERS, members, pack);
	put_message(world, circle, message, tree, pack);
	return circle;
}

/* What a pull would note of it. */
static void note_chain(struct world *world, struct state *state,
		       const struct circle *circle, int64_t message,
		       struct state_strand *strand, const struct object_id *tip)
{
	struct state_circle row = { .roots = circle->roots };
	struct state_chain chain = { .tip = *tip, .chain = 1 };
	struct err err = { 0 };

	strand->id = circle->id;
	strand->kind = STRAND_SHARED;
	strand->first_date = INT64_MAX;
	CHECK_INT(state_strand_put(state, strand, &err), 0);
	row.strand = chain.strand = strand->serial;
	memcpy(row.secret, circle->secret, sizeof(row.secret));
	chain.device = identity_device(world->bob);
	CHECK_INT(state_circle_put(state, &row, &err), 0);
	CHECK_INT(state_chain_put(state, &chain, &err), 0);
	CHECK_INT(state_standing_add(state, message, strand->serial, &err), 0);
}

/* A strand of Ada and Bob, with `message` in it, as if Bob had founded it and
 * Ada pulled it. */
static struct state_strand from_bob(struct world *world, int64_t message)
{
	AUTO(strand_tree) struct strand_tree *tree = strand_tree_new();
	struct store *store = mailbox_store(world->mailbox);
	struct state_strand strand = { 0 };
	struct batch *batch = begin(world);
	AUTO(circle) struct circle *circle = NULL;
	AUTO(str) char *name = NULL;
	struct pack *pack = NULL;
	struct object_id tip;
	struct err err = { 0 };

	if (pack_begin(store, &pack, &err) < 0)
		die(&err);
	circle = found_one(world, message, tree, pack);
	tip = put_commit(world, circle, tree, pack);
	if (pack_finish(pack, &name, &err) < 0 ||
	    state_pack_add(batch_state(batch), name, &err) < 0 ||
	    pack_release(store, name, &err) < 0)
		die(&err);
	pack_free(pack);
	note_chain(world, batch_state(batch), circle, message, &strand, &tip);
	commit(batch);
	return strand;
}

TEST(two_who_shared_at_once_write_on_in_one_strand)
{
	for (unsigned round = 0; round < 4; round++) {
		AUTO(world) struct world *world = world_of_people();
		int64_t one = shared_thread(world), two;
		struct state_strand ours = strand_of(world, one);
		struct state_strand theirs = from_bob(world, one);
		AUTO(share_plan) struct share_plan *plan = NULL;
		bool smaller =
			memcmp(&theirs.id, &ours.id, sizeof(ours.id)) < 0;

		two = add_plain(world, "two", bob, ada, "one");
		CHECK_INT(strand_of(world, two).serial,
			  smaller ? theirs.serial : ours.serial);
		plan = share_with_bob(world, one);
		CHECK_INT(plan->enter->len, 0);
		reads_as(world, two, "two");
	}
}

/* Whoever has the key of a device that was lost could open either of them. */
TEST(a_successor_of_one_of_two_gets_all_that_is_new)
{
	for (unsigned round = 0; round < 8; round++) {
		AUTO(world) struct world *world = world_of_people();
		int64_t one = shared_thread(world), two;
		AUTO(share_plan) struct share_plan *next = NULL;
		AUTO(share_plan) struct share_plan *again = NULL;

		(void)from_bob(world, one);
		renew(world, true);
		next = share_with_bob(world, one);
		CHECK(next->is_instead);
		CHECK_INT(next->enter->len, 1);
		two = add_plain(world, "two", bob, ada, "one");
		CHECK_INT(strand_of(world, two).serial, next->strand.serial);
		again = share_with_bob(world, one);
		CHECK(!again->is_instead);
		CHECK_INT(again->enter->len, 0);
		is_sound(world);
	}
}

TEST(a_strand_that_others_founded_is_written_on_with_its_own_members)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	struct state_strand theirs = from_bob(world, one), strand;
	int64_t two = add_plain(world, "two", ada, bob, "one");
	AUTO(strand_tree) struct strand_tree *before = NULL;
	AUTO(strand_tree) struct strand_tree *after = NULL;

	strand = strand_of(world, two);
	CHECK_INT(strand.serial, theirs.serial);
	CHECK_INT(circle_tree(world->reader, &theirs, &before, NULL), 1);
	CHECK_INT(circle_tree(world->reader, &strand, &after, NULL), 1);
	for (int i = STRAND_KEYS; i < STRAND_BLOBS; i++) {
		enum strand_blob which = (enum strand_blob)i;
		struct object_id old = strand_tree_blob(before, which);
		struct object_id new = strand_tree_blob(after, which);

		if (which == STRAND_KEYS || which == STRAND_MEMBERS)
			CHECK_MEM(&new, &old, sizeof(old));
	}
	CHECK_INT(strand_tree_entries(after)->len, 1);
	is_sound(world);
}

TEST(a_strand_without_its_members_gets_nothing)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	struct state_strand theirs = from_bob(world, one);
	struct state_chain chain = { .strand = theirs.serial, .chain = 1 };
	struct batch *batch = begin(world);
	int64_t two;

	chain.device = identity_device(world->bob);
	memset(&chain.tip, 7, sizeof(chain.tip));
	CHECK_INT(state_chain_put(batch_state(batch), &chain, NULL), 0);
	commit(batch);
	two = add_plain(world, "two", ada, bob, "one");
	CHECK_INT(kind_of(world, two), STRAND_MINE);
}

TEST(nothing_is_founded_without_a_key_that_is_sure)
{
	static const char *const unknown[] = { "eve@example.com" };
	static const char *const bobs[] = { "BOB@example.net" };
	static const char *const me[] = { "ada@example.org" };
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	int64_t thread = thread_of(world, one);
	struct batch *batch = begin(world);
	struct share_plan *plan = NULL;
	char card[] = "text";
	struct state_aside aside = { .address = "bob@example.net",
				     .card = card };
	struct err err = { 0 };

	CHECK_INT(share_plan(batch, thread, unknown, 1, false, &plan, &err),
		  -1);
	CHECK_INT(err.code, ENOKEY);
	CHECK(strstr(err.text, "eve@example.com"));
	CHECK_INT(share_plan(batch, thread, me, 1, false, &plan, &err), -1);
	CHECK_INT(state_aside_put(batch_state(batch), &aside, &err), 0);
	CHECK_INT(share_plan(batch, thread, bobs, 1, false, &plan, &err), -1);
	CHECK_INT(err.code, EKEYREJECTED);
	CHECK(strstr(err.text, "key"));
	batch_free(batch);
}

TEST(what_i_sent_is_noted_where_it_is_shared)
{
	AUTO(world) struct world *world = world_of_people();
	struct batch *batch = begin(world);
	int64_t one = add_to(
		world, batch,
		&(struct letter){ .name = "one", .from = ada, .to = bob },
		"Sent");
	AUTO(share_plan) struct share_plan *plan = NULL;
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	struct object_id sent;

	CHECK_INT(batch_note_sent(batch, one, NULL), 0);
	commit(batch);
	plan = share_with_bob(world, one);
	plan->strand = strand_of(world, one);
	CHECK_INT(circle_tree(world->reader, &plan->strand, &tree, NULL), 1);
	sent = strand_tree_blob(tree, STRAND_SENT);
	CHECK(!object_id_is_null(&sent));
	is_sound(world);
}

TEST(gc_drops_from_mine_what_is_shared)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	struct state_strand mine = strand_of(world, one);
	int64_t aside = add_plain(world, "aside", carol, ada, "one");
	AUTO(share_plan) struct share_plan *plan = share_with_bob(world, one);
	struct gc_report report;
	struct err err = { 0 };

	CHECK_INT(mailbox_gc(world->mailbox, true, 0, &report, &err), 0);
	CHECK_INT(report.left, 1);
	CHECK_INT(strand_of(world, aside).serial, mine.serial);
	reads_as(world, one, "one");
	reads_as(world, aside, "aside");
	is_sound(world);
	CHECK_INT(mailbox_gc(world->mailbox, true, 0, &report, &err), 0);
	CHECK_INT(report.left, 0);
}

TEST(the_index_is_made_anew_as_it_was)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = shared_thread(world), two;
	struct state_strand strand = strand_of(world, one);
	struct err err = { 0 };

	two = add_plain(world, "two", bob, ada, "one");
	CHECK_INT(mailbox_reindex(world->mailbox, NULL, &err), 0);
	CHECK_INT(strand_of(world, one).serial, strand.serial);
	reads_as(world, one, "one");
	reads_as(world, two, "two");
	is_sound(world);
}

/* The index of before: its writer died behind the commit point. */
TEST(an_index_that_lacks_the_sharing_is_brought_up_to_it)
{
	AUTO(world) struct world *world = world_of_people();
	int64_t one = add_plain(world, "one", ada, bob, NULL);
	AUTO(share_plan) struct share_plan *plan = NULL;

	world_close(world);
	CHECK_INT(
		shell("cp -r %s/cache %s/before", world->folder, world->folder),
		0);
	world_open(world);
	plan = share_with_bob(world, one);
	world_close(world);
	CHECK_INT(shell("rm -r %s/cache && mv %s/before %s/cache",
			world->folder, world->folder, world->folder),
		  0);
	world_open(world);
	CHECK_INT(kind_of(world, one), STRAND_SHARED);
	reads_as(world, one, "one");
	is_sound(world);
}
