/* SPDX-License-Identifier: ISC */
#include "defms/state-chains.h"
#include "defms/visible.h"

#include <errno.h>

#include "home-test.h"
#include "identity.h"
#include "key-change.h"
#include "state-circles.h"
#include "state-test.h"
#include "store-test.h"

/* A person with a state.db of their own. */
struct person {
	char *folder; /* owned, all three */
	struct identity *identity;
	struct state *state;
};

static struct person *person_new(const char *mail)
{
	struct person *person = g_new0(struct person, 1);
	const char *mails[] = { mail };
	AUTO(str) char *key = NULL;
	struct err err;

	person->folder = folder_new();
	key = g_build_filename(person->folder, "identity", NULL);
	if (identity_create(key, "Somebody", mails, 1, 1700000000, NULL,
			    &person->identity, &err) < 0)
		die(&err);
	person->state = state_at(person->folder);
	return person;
}

static void person_free(struct person *person)
{
	identity_close(person->identity);
	state_close(person->state);
	folder_free(person->folder);
	g_free(person);
}
AUTO_KIND(person, struct person, person_free)

static struct root_key root_of(const struct person *person)
{
	const char *text = identity_card(person->identity);
	AUTO(card) struct card *card = NULL;
	struct root_key root;
	struct err err;

	if (card_parse(text, strlen(text), &card, &err) < 0)
		die(&err);
	memcpy(root.bytes, card->root, sizeof(root.bytes));
	return root;
}

/* `person` knows `other` by this address. */
static void meet(struct person *person, const struct person *other,
		 const char *mail)
{
	struct state_pin pin = { .root = root_of(other) };
	struct err err;

	(void)g_strlcpy(pin.address, mail, sizeof(pin.address));
	if (state_pin_put(person->state, &pin, &err) < 0 ||
	    state_card_put(person->state, &pin.root, 1,
			   identity_card(other->identity), &err) < 0)
		die(&err);
}

static struct object_id tip_of(uint8_t byte)
{
	struct object_id id = { { byte } };

	return id;
}

/* A strand whose id begins with `byte`, and tip is `byte` too; for the two if
 * there are any. */
static int64_t add_strand(struct person *person, uint8_t byte,
			  enum strand_kind kind, const struct person *with)
{
	struct state_strand strand = { .kind = kind, .tip = tip_of(byte) };
	struct state_circle circle = { 0 };
	struct root_key mine = root_of(person), other;
	struct err err;

	strand.id.bytes[0] = byte;
	if (state_strand_put(person->state, &strand, &err) < 0)
		die(&err);
	if (!with)
		return strand.serial;
	circle.strand = strand.serial;
	circle.roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	other = root_of(with);
	(void)g_array_append_val(circle.roots, mine);
	(void)g_array_append_val(circle.roots, other);
	if (state_circle_put(person->state, &circle, &err) < 0)
		die(&err);
	state_circle_release(&circle);
	return strand.serial;
}

static void add_chain(struct person *person, int64_t strand,
		      const struct person *other, uint8_t byte)
{
	struct state_fork fork = {
		.chain = { .strand = strand,
			   .device = identity_device(other->identity),
			   .tip = tip_of(byte) },
	};
	struct err err;

	if (state_chain_put(person->state, &fork.chain, &err) < 0)
		die(&err);
	fork.chain.tip = tip_of((uint8_t)(byte + 1));
	if (state_fork_add(person->state, &fork, &err) < 0)
		die(&err);
}

/* Ada knows Bob and Carol, and has a strand of each kind. */
struct world {
	struct person *ada, *bob, *carol;
	GPtrArray *from;
};

enum { MINE = 10, PUBLIC = 20, WITH_BOB = 30, WITH_CAROL = 40 };

static void world_open(struct world *world)
{
	world->ada = person_new("ada@example.org");
	world->bob = person_new("bob@example.net");
	world->carol = person_new("carol@example.com");
	meet(world->ada, world->bob, "bob@example.net");
	meet(world->ada, world->carol, "carol@example.com");
	meet(world->bob, world->ada, "ada@example.org");
	(void)add_strand(world->ada, MINE, STRAND_MINE, NULL);
	(void)add_strand(world->ada, PUBLIC, STRAND_PUBLIC, NULL);
	add_chain(world->ada,
		  add_strand(world->ada, WITH_BOB, STRAND_SHARED, world->bob),
		  world->bob, 50);
	(void)add_strand(world->ada, WITH_CAROL, STRAND_SHARED, world->carol);
	world->from = g_ptr_array_new();
}

static void world_close(struct world *world)
{
	person_free(world->ada);
	person_free(world->bob);
	person_free(world->carol);
	g_ptr_array_unref(world->from);
}

static struct remote remote_for(const struct world *world,
				enum audience audience, char *address)
{
	static char name[] = "pool", url[] = "dir:/pool", path[] = "/pool";

	return (struct remote){ .name = name,
				.url = url,
				.location = path,
				.audience = audience,
				.address = address,
				.from = world->from };
}

/* The first bytes of the tips that are to be seen, in order. */
static char *tips(const struct visible *visible)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < visible->heads->len; i++)
		g_string_append_printf(
			text, "%s%d", i ? " " : "",
			g_array_index(visible->heads, struct head, i)
				.tip.bytes[0]);
	return g_string_free(text, FALSE);
}

static void check_tips(struct world *world, enum audience audience,
		       char *address, const char *want)
{
	struct remote remote = remote_for(world, audience, address);
	struct visible visible = { 0 };
	AUTO(str) char *got = NULL;
	struct err err = { 0 };

	CHECK_INT(visible_open(world->ada->state, world->ada->identity, &remote,
			       &visible, &err),
		  0);
	CHECK_INT(visible_find_heads(&visible, &err), 0);
	got = tips(&visible);
	CHECK_STR(got, want);
	visible_release(&visible);
}

static char bob_mail[] = "Bob@example.net", carol_mail[] = "carol@example.com",
	    ada_mail[] = "ada@example.org", eve_mail[] = "eve@example.com";

TEST(each_sees_what_is_his_to_see)
{
	struct world world;
	AUTO(str) char *all = NULL;

	world_open(&world);
	check_tips(&world, AUDIENCE_PUBLIC, NULL, "20");
	check_tips(&world, AUDIENCE_PERSON, carol_mail, "40");
	world_close(&world);
}

/* The order of devices is that of their random ids. */
static int has_all(const struct visible *visible, const char *const *want)
{
	AUTO(str) char *got = tips(visible);
	AUTO(str) char *padded = g_strdup_printf(" %s ", got);
	guint count = 0;

	for (; want[count]; count++) {
		AUTO(str) char *one = g_strdup_printf(" %s ", want[count]);

		if (!strstr(padded, one))
			return 0;
	}
	return visible->heads->len == count;
}

TEST(chains_of_others_and_forks_of_them_are_seen)
{
	static const char *const bobs[] = { "30", "50", "51", NULL };
	static const char *const all[] = { "10", "20", "30", "50",
					   "51", "40", NULL };
	struct world world;
	struct remote remote;
	struct visible visible = { 0 };
	struct err err = { 0 };

	world_open(&world);
	remote = remote_for(&world, AUDIENCE_PERSON, bob_mail);
	CHECK_INT(visible_open(world.ada->state, world.ada->identity, &remote,
			       &visible, &err),
		  0);
	CHECK_INT(visible_find_heads(&visible, &err), 0);
	CHECK(has_all(&visible, bobs));
	visible_release(&visible);
	remote = remote_for(&world, AUDIENCE_ALL, NULL);
	CHECK_INT(visible_open(world.ada->state, world.ada->identity, &remote,
			       &visible, &err),
		  0);
	CHECK_INT(visible_find_heads(&visible, &err), 0);
	CHECK(has_all(&visible, all));
	visible_release(&visible);
	world_close(&world);
}

TEST(an_address_without_a_key_sees_nothing)
{
	struct world world;
	struct remote remote;
	struct visible visible = { 0 };
	struct err err = { 0 };

	world_open(&world);
	remote = remote_for(&world, AUDIENCE_PERSON, eve_mail);
	CHECK_INT(visible_open(world.ada->state, world.ada->identity, &remote,
			       &visible, &err),
		  -1);
	CHECK_INT(err.code, ENOKEY);
	CHECK(strstr(err.text, eve_mail));
	world_close(&world);
}

static const char *name_at(const GPtrArray *cards, guint i)
{
	return ((const struct root_card *)cards->pdata[i])->name;
}

/* What Ada puts there, and what `reader` makes of it. */
static void pass_cards(struct world *world, struct person *reader,
		       enum audience audience, char *reader_address,
		       GPtrArray **texts_r)
{
	struct remote there = remote_for(world, audience, bob_mail);
	struct remote here = remote_for(world, audience, reader_address);
	struct visible sent = { 0 }, read = { 0 };
	struct err err = { 0 };

	CHECK_INT(visible_open(world->ada->state, world->ada->identity, &there,
			       &sent, &err),
		  0);
	CHECK_INT(visible_find_heads(&sent, &err), 0);
	CHECK_INT(visible_find_cards(&sent, &err), 0);
	for (guint i = 1; i < sent.cards->len; i++)
		for (guint j = 0; j < i; j++)
			CHECK(strcmp(name_at(sent.cards, i),
				     name_at(sent.cards, j)) != 0);
	CHECK_INT(visible_open(reader->state, reader->identity, &here, &read,
			       &err),
		  0);
	CHECK_INT(visible_open_cards(&read, sent.cards, texts_r, &err), 0);
	for (guint i = 0; audience != AUDIENCE_PUBLIC && i < sent.cards->len;
	     i++) {
		const struct root_card *card = sent.cards->pdata[i];

		CHECK(!memmem(card->bytes->data, card->bytes->len, "defms-card",
			      10));
		CHECK(!memmem(card->bytes->data, card->bytes->len, "example",
			      7));
	}
	visible_release(&sent);
	visible_release(&read);
}

static bool has_card(const GPtrArray *texts, const struct person *person)
{
	return g_ptr_array_find_with_equal_func(
		(GPtrArray *)(uintptr_t)(const void *)texts,
		identity_card(person->identity), g_str_equal, NULL);
}

TEST(cards_reach_who_they_are_for_and_nobody_else)
{
	AUTO(ptrs) GPtrArray *bobs = NULL;
	AUTO(ptrs) GPtrArray *carols = NULL;
	struct world world;

	world_open(&world);
	pass_cards(&world, world.bob, AUDIENCE_PERSON, ada_mail, &bobs);
	CHECK_INT(bobs->len, 2);
	CHECK(has_card(bobs, world.ada));
	CHECK(has_card(bobs, world.bob));
	meet(world.carol, world.ada, ada_mail);
	meet(world.carol, world.bob, bob_mail);
	pass_cards(&world, world.carol, AUDIENCE_PERSON, ada_mail, &carols);
	CHECK_INT(carols->len, 0);
	world_close(&world);
}

TEST(in_public_cards_are_for_everybody_and_in_a_backup_for_me)
{
	AUTO(ptrs) GPtrArray *public = NULL;
	AUTO(ptrs) GPtrArray *backup = NULL;
	AUTO(ptrs) GPtrArray *others = NULL;
	struct world world;

	world_open(&world);
	pass_cards(&world, world.carol, AUDIENCE_PUBLIC, NULL, &public);
	CHECK_INT(public->len, 1);
	CHECK(has_card(public, world.ada));
	pass_cards(&world, world.ada, AUDIENCE_ALL, NULL, &backup);
	CHECK_INT(backup->len, 2);
	CHECK(has_card(backup, world.ada));
	CHECK(has_card(backup, world.bob));
	pass_cards(&world, world.bob, AUDIENCE_ALL, NULL, &others);
	CHECK_INT(others->len, 0);
	world_close(&world);
}

/* As when it came back in what others wrote. */
TEST(a_card_of_mine_that_came_back_is_put_there_once)
{
	AUTO(ptrs) GPtrArray *public = NULL;
	AUTO(ptrs) GPtrArray *backup = NULL;
	AUTO(ptrs) GPtrArray *bobs = NULL;
	struct world world;

	world_open(&world);
	meet(world.ada, world.ada, ada_mail);
	pass_cards(&world, world.carol, AUDIENCE_PUBLIC, NULL, &public);
	CHECK_INT(public->len, 1);
	pass_cards(&world, world.ada, AUDIENCE_ALL, NULL, &backup);
	CHECK_INT(backup->len, 2);
	pass_cards(&world, world.bob, AUDIENCE_PERSON, ada_mail, &bobs);
	CHECK_INT(bobs->len, 2);
	world_close(&world);
}

/* A device that was lost stands in it. */
TEST(a_card_of_mine_of_older_keys_is_not_passed_on)
{
	AUTO(ptrs) GPtrArray *bobs = NULL;
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *old = NULL;
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct err err = { 0 };
	const char *text;
	struct root_key root;
	struct world world;

	world_open(&world);
	root = root_of(world.ada);
	text = identity_card(world.ada->identity);
	CHECK_INT(card_parse(text, strlen(text), &card, &err), 0);
	card->version = INT64_C(1) << 40;
	CHECK_INT(card_write(card, world.ada->identity, &old, &err), 0);
	CHECK_INT(state_card_put(world.ada->state, &root, card->version, old,
				 &err),
		  0);
	CHECK_INT(identity_add_device(world.ada->identity, device, 5, &err), 1);
	CHECK_INT(identity_drop_device(world.ada->identity, &id, 5, &err), 0);
	pass_cards(&world, world.bob, AUDIENCE_PERSON, ada_mail, &bobs);
	CHECK_INT(bobs->len, 2);
	CHECK(has_card(bobs, world.ada));
	world_close(&world);
}

TEST(what_waits_to_be_pushed_is_counted)
{
	struct world world;
	struct remote remote;
	struct visible visible = { 0 };
	struct err err = { 0 };
	size_t strands;

	world_open(&world);
	remote = remote_for(&world, AUDIENCE_ALL, NULL);
	CHECK_INT(visible_open(world.ada->state, world.ada->identity, &remote,
			       &visible, &err),
		  0);
	CHECK_INT(visible_waiting(&visible, &strands, &err), 0);
	CHECK_INT(strands, 4);
	/* One by me, one by another; of a third an old tip. */
	for (guint i = 0; i < visible.heads->len; i++) {
		struct head head = g_array_index(visible.heads, struct head, i);
		bool others = head.strand.bytes[0] == PUBLIC;

		if (head.strand.bytes[0] == WITH_CAROL)
			head.tip = tip_of(99);
		if (head.strand.bytes[0] != MINE)
			CHECK_INT(state_given_put(world.ada->state, "pool",
						  !others, &head, &err),
				  0);
	}
	visible_release(&visible);
	CHECK_INT(visible_open(world.ada->state, world.ada->identity, &remote,
			       &visible, &err),
		  0);
	CHECK_INT(visible_waiting(&visible, &strands, &err), 0);
	CHECK_INT(strands, 2);
	visible_release(&visible);
	world_close(&world);
}
