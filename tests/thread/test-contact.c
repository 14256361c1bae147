/* SPDX-License-Identifier: ISC */
#include "defms/contact.h"

#include <errno.h>

#include "state-test.h"
#include "store-test.h"

#include "card-test.h"

static const char *const both[] = { "bob@example.net", "rob@example.com",
				    NULL };

/* `mail` belongs to the person made of `seed`, a card of this version says. */
static int claim(struct state *state, const char *mail, uint8_t seed,
		 int64_t version, enum trust trust)
{
	AUTO(str) char *text = card_test(seed, version, "Bob", both);
	AUTO(card) struct card *card = NULL;
	struct claim claim = {
		.mail = mail, .text = text, .trust = trust, .now = version
	};
	struct err err;

	CHECK_INT(card_parse(text, strlen(text), &card, &err), 0);
	claim.card = card;
	return contact_claim(state, &claim, &err);
}

/* A card of the same version that says something else. */
static int claim_twin(struct state *state, const char *mail, uint8_t seed,
		      int64_t version)
{
	AUTO(str) char *text = card_test(seed, version, "Not Bob", both);
	AUTO(card) struct card *card = NULL;
	struct claim claim = { .mail = mail, .text = text, .now = version };
	struct err err;

	CHECK_INT(card_parse(text, strlen(text), &card, &err), 0);
	claim.card = card;
	return contact_claim(state, &claim, &err);
}

static char *fingerprint(uint8_t seed)
{
	AUTO(str) char *text = card_test(seed, 1, "Bob", both);
	AUTO(card) struct card *card = NULL;
	char *result = g_malloc(KEY_FINGERPRINT + 1);

	CHECK_INT(card_parse(text, strlen(text), &card, NULL), 0);
	card_fingerprint(card, result);
	return result;
}

/* The version of the card that something may be founded with; -1 and a code of
 * `err` if none may. */
static int64_t usable(struct state *state, const char *mail, int *code_r)
{
	AUTO(str) char *text = NULL;
	AUTO(card) struct card *card = NULL;
	struct err err = { 0 };

	*code_r = 0;
	if (contact_card(state, mail, &text, &err) < 0) {
		*code_r = err.code;
		CHECK(strstr(err.text, "bob@") || strstr(err.text, "rob@"));
		return -1;
	}
	CHECK_INT(card_parse(text, strlen(text), &card, NULL), 0);
	return card->version;
}

static size_t aside_count(struct state *state, const char *mail)
{
	AUTO(array) GArray *asides = NULL;
	struct err err;

	CHECK_INT(state_aside_list(state, mail, &asides, &err), 0);
	return asides->len;
}

TEST(an_address_is_pinned_to_the_first_root)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct state_pin pin;
	struct err err;
	int code;

	CHECK_INT(usable(state, "bob@example.net", &code), -1);
	CHECK_INT(code, ENOKEY);
	CHECK_INT(claim(state, "Bob@Example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(contact_pin(state, "BOB@example.net", &pin, &err), 1);
	CHECK_STR(pin.address, "bob@example.net");
	CHECK_INT(pin.trust, TRUST_SEEN);
	CHECK_INT(usable(state, "bob@example.net", &code), 5);
	/* What else the card lists claims nothing. */
	CHECK_INT(usable(state, "rob@example.com", &code), -1);
	CHECK_INT(code, ENOKEY);
}

TEST(trust_grows_and_never_shrinks)
{
	static const struct {
		enum trust given, want;
	} steps[] = {
		{ TRUST_SEEN, TRUST_SEEN },
		{ TRUST_PROVED, TRUST_PROVED },
		{ TRUST_SEEN, TRUST_PROVED },
		{ TRUST_CONFIRMED, TRUST_CONFIRMED },
		{ TRUST_PROVED, TRUST_CONFIRMED },
	};
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct state_pin pin = { 0 };
		struct err err;

		CHECK_INT(claim(state, "bob@example.net", 1, 5, steps[i].given),
			  1);
		CHECK_INT(contact_pin(state, "bob@example.net", &pin, &err), 1);
		CHECK_INT(pin.trust, steps[i].want);
	}
}

TEST(of_one_root_the_highest_version_counts)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	int code;

	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(claim(state, "bob@example.net", 1, 7, TRUST_SEEN), 1);
	CHECK_INT(usable(state, "bob@example.net", &code), 7);
	CHECK_INT(claim(state, "rob@example.com", 1, 6, TRUST_SEEN), 1);
	CHECK_INT(usable(state, "bob@example.net", &code), 7);
	CHECK_INT(usable(state, "rob@example.com", &code), 7);
	CHECK_INT(aside_count(state, NULL), 0);
}

TEST(another_root_waits_for_a_decision)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(str) char *first = fingerprint(1);
	AUTO(str) char *second = fingerprint(2);
	struct state_pin pin = { 0 };
	struct err err;
	int code;

	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(claim(state, "bob@example.net", 2, 9, TRUST_PROVED), 0);
	CHECK_INT(usable(state, "bob@example.net", &code), -1);
	CHECK_INT(code, EKEYREJECTED);
	/* Nor by hand. */
	CHECK_INT(claim(state, "bob@example.net", 2, 9, TRUST_CONFIRMED), 0);
	CHECK_INT(contact_pin(state, "bob@example.net", &pin, &err), 1);
	CHECK_INT(pin.trust, TRUST_SEEN);
	CHECK_INT(contact_trust(state, "bob@example.net", "aaaa", &err), -1);
	CHECK_INT(err.code, ENOKEY);

	CHECK_INT(contact_trust(state, "bob@example.net", second, &err), 0);
	CHECK_INT(usable(state, "bob@example.net", &code), 9);
	CHECK_INT(contact_pin(state, "bob@example.net", &pin, &err), 1);
	CHECK_INT(pin.trust, TRUST_CONFIRMED);
	/* The first was not kept aside: it has to be seen again. */
	CHECK_INT(contact_trust(state, "bob@example.net", first, &err), -1);
	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 0);
	CHECK_INT(contact_trust(state, "bob@example.net", second, &err), 0);
	CHECK_INT(usable(state, "bob@example.net", &code), 9);
	CHECK_INT(aside_count(state, NULL), 0);
}

TEST(what_waits_is_bounded)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(str) char *last = fingerprint(40);
	AUTO(str) char *old = fingerprint(2);
	struct err err;

	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	for (uint8_t seed = 2; seed <= 40; seed++)
		CHECK_INT(claim(state, "bob@example.net", seed, 100 + seed,
				TRUST_SEEN),
			  0);
	for (int64_t version = 200; version < 240; version++)
		CHECK_INT(claim(state, "bob@example.net", 40, version,
				TRUST_SEEN),
			  0);
	CHECK_INT(aside_count(state, "bob@example.net"), CONTACT_ASIDES);
	CHECK_INT(contact_trust(state, "bob@example.net", old, &err), -1);
	CHECK_INT(contact_trust(state, "bob@example.net", last, &err), 0);
}

TEST(two_cards_of_one_version_wait_for_a_newer_one)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	int code;

	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(claim(state, "rob@example.com", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(claim(state, "bob@example.net", 2, 5, TRUST_SEEN), 0);
	CHECK_INT(claim_twin(state, "bob@example.net", 1, 5), 1);
	CHECK_INT(aside_count(state, "bob@example.net"), 2);
	CHECK_INT(aside_count(state, "rob@example.com"), 1);
	CHECK_INT(usable(state, "rob@example.com", &code), -1);
	CHECK_INT(code, EKEYREJECTED);
	/* It settles what was of its root, and nothing else. */
	CHECK_INT(claim(state, "rob@example.com", 1, 6, TRUST_SEEN), 1);
	CHECK_INT(usable(state, "rob@example.com", &code), 6);
	CHECK_INT(aside_count(state, "bob@example.net"), 1);
	CHECK_INT(usable(state, "bob@example.net", &code), -1);
}

TEST(a_card_that_comes_otherwise_renews_only_what_is_known)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	AUTO(str) char *text = card_test(1, 8, "Bob", both);
	AUTO(card) struct card *card = NULL;
	struct err err;
	int code;

	CHECK_INT(card_parse(text, strlen(text), &card, &err), 0);
	CHECK_INT(contact_renew(state, card, text, 1, &err), 0);
	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(contact_renew(state, card, text, 1, &err), 1);
	CHECK_INT(contact_renew(state, card, text, 1, &err), 0);
	CHECK_INT(usable(state, "bob@example.net", &code), 8);
}

TEST(a_contact_is_forgotten_with_what_waits)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(state) struct state *state = state_at(folder);
	struct err err;
	int code;

	CHECK_INT(contact_remove(state, "bob@example.net", &err), 0);
	CHECK_INT(claim(state, "bob@example.net", 1, 5, TRUST_SEEN), 1);
	CHECK_INT(claim(state, "bob@example.net", 2, 5, TRUST_SEEN), 0);
	CHECK_INT(contact_remove(state, "Bob@example.net", &err), 1);
	CHECK_INT(aside_count(state, NULL), 0);
	CHECK_INT(usable(state, "bob@example.net", &code), -1);
	CHECK_INT(code, ENOKEY);
}
