/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include <sodium.h>

#include "identity.h"
#include "test.h"
#include "vectors.h"

/* Sign `text`, all of a card before its last line, by a root made of 32 zero
 * bytes, whose key is put in place of "ROOT". */
static char *sign_card(const char *text)
{
	uint8_t root[32], secret[64], seed[32] = { 0 }, signature[64];
	char hex[129], *with_root, *card;
	char **parts = g_strsplit(text, "ROOT", 2);

	(void)crypto_sign_seed_keypair(root, secret, seed);
	(void)sodium_bin2hex(hex, sizeof(hex), root, sizeof(root));
	with_root = g_strjoinv(hex, parts);
	(void)crypto_sign_detached(signature, NULL, (uint8_t *)with_root,
				   strlen(with_root), secret);
	(void)sodium_bin2hex(hex, sizeof(hex), signature, sizeof(signature));
	card = g_strdup_printf("%ssign %s\n", with_root, hex);
	g_strfreev(parts);
	g_free(with_root);
	return card;
}

static int parse(const char *text, struct card **card_r)
{
	struct err err = { 0 };
	int result = card_parse(text, strlen(text), card_r, &err);

	if (result < 0)
		CHECK_INT(err.code, EBADMSG);
	return result;
}

TEST(a_card_of_the_second_implementation_is_read)
{
	AUTO(str) char *text = vector_text("card");
	AUTO(bytes) GByteArray *root = vector("root");
	AUTO(bytes) GByteArray *seal = vector("seal");
	AUTO(bytes) GByteArray *device = vector("device");
	AUTO(str) char *want = vector_text("fingerprint");
	AUTO(card) struct card *card = NULL;
	char fingerprint[KEY_FINGERPRINT + 1];

	if (!CHECK_INT(parse(text, &card), 0))
		return;
	CHECK_MEM(card->root, root->data, 32);
	CHECK_MEM(card->seal, seal->data, 32);
	CHECK_INT(card->version, 1700000000);
	CHECK_INT(card->generation, 0);
	CHECK_INT(card->devices->len, 1);
	CHECK_MEM(card->devices->data, device->data, 32);
	CHECK_INT(card->mails->len, 3);
	CHECK_STR(card->mails->pdata[0], "Zoe@example.org");
	CHECK_STR(card->mails->pdata[1], "ada@example.com");
	CHECK_STR(card->name, "Ada L\xc3\xb6ve");
	card_fingerprint(card, fingerprint);
	CHECK_STR(fingerprint, want);
}

TEST(every_truncation_and_every_flipped_bit_of_a_card_is_refused)
{
	AUTO(str) char *text = vector_text("card");
	AUTO(card) struct card *card = NULL;
	size_t size = strlen(text);

	for (size_t len = 0; len < size; len++) {
		AUTO(str) char *exact = g_memdup2(text, len);

		CHECK_INT(card_parse(exact, len, &card, NULL), -1);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		CHECK_INT(card_parse(text, size, &card, NULL), -1);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define HEAD "defms-card 1\nroot ROOT\nversion 5\nseal 0 " ZEROS "\n"
#define DEVICE "device " ZEROS "\n"

TEST(signed_cards_of_another_form_are_refused)
{
	static const struct {
		const char *text;
		int result;
	} known[] = {
		{ HEAD DEVICE "addr a@b\nname A\n", 0 },
		{ HEAD DEVICE "device " ONES "\naddr a@b\naddr b@b\nname A\n",
		  0 },
		{ "defms-card 2\nroot ROOT\nversion 5\nseal 0 " ZEROS
		  "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ "defms-card 1\nroot ROOT\nversion 05\nseal 0 " ZEROS
		  "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ "defms-card 1\nroot ROOT\nversion -5\nseal 0 " ZEROS
		  "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ "defms-card 1\nroot ROOT\nversion 9223372036854775808\n"
		  "seal 0 " ZEROS "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ "defms-card 1\nroot ROOT\nversion 9223372036854775807\n"
		  "seal 4294967295 " ZEROS "\n" DEVICE "addr a@b\nname A\n",
		  0 },
		{ "defms-card 1\nroot ROOT\nversion 5\nseal 4294967296 " ZEROS
		  "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ "defms-card 1\nversion 5\nroot ROOT\nseal 0 " ZEROS
		  "\n" DEVICE "addr a@b\nname A\n",
		  -1 },
		{ HEAD "addr a@b\nname A\n", -1 },
		{ HEAD DEVICE "name A\n", -1 },
		{ HEAD DEVICE "addr a@b\n", -1 },
		{ HEAD DEVICE DEVICE "addr a@b\nname A\n", -1 },
		{ HEAD "device " ONES "\n" DEVICE "addr a@b\nname A\n", -1 },
		{ HEAD "addr a@b\n" DEVICE "name A\n", -1 },
		{ HEAD DEVICE "addr b@b\naddr a@b\nname A\n", -1 },
		{ HEAD DEVICE "addr a@b\naddr a@b\nname A\n", -1 },
		{ HEAD DEVICE "addr ab\nname A\n", -1 },
		{ HEAD DEVICE "addr @b\nname A\n", -1 },
		{ HEAD DEVICE "addr a@\nname A\n", -1 },
		{ HEAD DEVICE "addr a @b\nname A\n", -1 },
		{ HEAD DEVICE "addr a@b\r\nname A\n", -1 },
		{ HEAD DEVICE "addr a@b\nname \n", -1 },
		{ HEAD DEVICE "addr a@b\nname A\x1b[1m\n", -1 },
		{ HEAD DEVICE "addr a@b\nname A\xff\n", -1 },
		{ HEAD DEVICE "addr a@b\nname A\nname B\n", -1 },
		{ HEAD DEVICE "addr a@b\nname A\nextra\n", -1 },
		{ "\n" HEAD DEVICE "addr a@b\nname A\n", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *text = sign_card(known[i].text);
		AUTO(card) struct card *card = NULL;

		if (!CHECK_INT(parse(text, &card), known[i].result))
			printf("# card %zu\n", i);
	}
}

/* A card with so many devices, addresses and bytes of name. */
static int parse_sized(unsigned devices, unsigned mails, unsigned name)
{
	AUTO(gstring) GString *text = g_string_new(HEAD);
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *long_name = g_strnfill(name, 'n');
	AUTO(str) char *whole = NULL;

	for (unsigned i = 0; i < devices; i++)
		g_string_append_printf(text, "device %064x\n", i);
	for (unsigned i = 0; i < mails; i++)
		g_string_append_printf(text, "addr %02u@example.org\n", i);
	g_string_append_printf(text, "name %s\n", long_name);
	whole = sign_card(text->str);
	return parse(whole, &card);
}

TEST(a_card_has_at_most_16_devices_16_addresses_and_4096_bytes)
{
	AUTO(gstring) GString *text = g_string_new(HEAD DEVICE);
	AUTO(str) char *whole = NULL;
	AUTO(card) struct card *card = NULL;

	CHECK_INT(parse_sized(16, 16, 256), 0);
	CHECK_INT(parse_sized(17, 16, 256), -1);
	CHECK_INT(parse_sized(16, 17, 256), -1);
	CHECK_INT(parse_sized(16, 16, 257), -1);
	for (unsigned i = 0; i < 16; i++)
		g_string_append_printf(text, "addr %02u%0240u@example.org\n", i,
				       i);
	g_string_append(text, "name A\n");
	whole = sign_card(text->str);
	CHECK(strlen(whole) > 4096);
	CHECK_INT(parse(whole, &card), -1);
}

TEST(a_written_card_is_sorted_and_holds_each_address_once)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(bytes) GByteArray *device = vector("device");
	AUTO(str) char *want = vector_text("card");
	AUTO(card) struct card *card = card_new();
	AUTO(str) char *text = NULL;
	struct err err = { 0 };

	g_array_append_vals(card->devices, device->data, 1);
	g_ptr_array_add(card->mails, g_strdup("ada@example.org"));
	g_ptr_array_add(card->mails, g_strdup("ada@example.com"));
	g_ptr_array_add(card->mails, g_strdup("Zoe@example.org"));
	g_ptr_array_add(card->mails, g_strdup("ada@example.com"));
	card->version = 1700000000;
	card->name = g_strdup("Ada L\xc3\xb6ve");
	CHECK_INT(card_write(card, identity, &text, &err), 0);
	CHECK_STR(text, want);
}
