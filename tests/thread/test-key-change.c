/* SPDX-License-Identifier: ISC */
#include "key-change.h"

#include <errno.h>

#include <sodium.h>

#include "identity.h"
#include "test.h"
#include "vectors.h"

static struct card *card_of(const struct identity *identity)
{
	const char *text = identity_card(identity);
	struct card *card = NULL;

	CHECK_INT(card_parse(text, strlen(text), &card, NULL), 0);
	return card;
}

TEST(devices_come_and_go_and_versions_grow)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(card) struct card *first = card_of(identity);
	AUTO(card) struct card *second = NULL;
	AUTO(card) struct card *third = NULL;
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct device_id own = identity_device(identity);
	struct err err;

	CHECK_INT(identity_drop_device(identity, &id, 5, &err), -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(identity_add_device(identity, device, 5, &err), 1);
	CHECK_INT(identity_add_device(identity, device, 5, &err), 0);
	CHECK(identity_lists(identity, device));
	second = card_of(identity);
	/* The clock stands in the past. */
	CHECK(second->version == first->version + 1);
	CHECK_INT(second->devices->len, 2);
	CHECK_INT(second->mails->len, first->mails->len);
	CHECK_INT(identity_drop_device(identity, &own, 5, &err), -1);
	CHECK_INT(err.code, EINVAL);
	CHECK_INT(identity_drop_device(identity, &id, INT64_C(1) << 40, &err),
		  0);
	CHECK(!identity_lists(identity, device));
	third = card_of(identity);
	CHECK(third->version == INT64_C(1) << 40);
	CHECK_INT(third->generation, 1);
	CHECK_INT(identity_generation(identity), 1);
	CHECK(memcmp(third->seal, first->seal, 32) != 0);
	CHECK(!sodium_is_zero(identity->secrets->persons[1], 32));
}

TEST(without_the_root_nothing_is_signed)
{
	AUTO(identity)
	struct identity *identity = vector_identity("identity-second-device");
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new();
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	static char mail[] = "new@example.org";
	struct err err;

	g_ptr_array_add(mails, mail);
	CHECK_INT(identity_add_device(identity, device, 5, &err), -1);
	CHECK_INT(err.code, EPERM);
	CHECK_INT(identity_drop_device(identity, &id, 5, &err), -1);
	CHECK_INT(err.code, EPERM);
	CHECK(!identity_lacks(identity, mails));
	CHECK_INT(identity_add_mails(identity, mails, 5, &err), -1);
	CHECK_INT(err.code, EPERM);
}

TEST(a_card_is_full_with_sixteen)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new_with_free_func(g_free);
	AUTO(card) struct card *card = NULL;
	uint8_t device[32] = { 0 };
	struct err err;

	g_ptr_array_add(mails, g_strdup("no address"));
	g_ptr_array_add(mails, g_strdup("ADA@example.org"));
	g_ptr_array_add(mails, g_strdup("a\nname x@example.org"));
	g_ptr_array_add(mails, g_strdup("\xff@example.org"));
	CHECK(!identity_lacks(identity, mails));
	CHECK_INT(identity_add_mails(identity, mails, 5, &err), 0);
	for (unsigned i = 0; i < 30; i++)
		g_ptr_array_add(mails, g_strdup_printf("%u@example.org", i));
	CHECK(identity_lacks(identity, mails));
	CHECK_INT(identity_add_mails(identity, mails, 5, &err), 1);
	card = card_of(identity);
	CHECK_INT(card->mails->len, CARD_MEMBERS);
	CHECK(!identity_lacks(identity, mails));
	for (device[0] = 1; device[0] < CARD_MEMBERS; device[0]++)
		CHECK_INT(identity_add_device(identity, device, 5, &err), 1);
	CHECK_INT(identity_add_device(identity, device, 5, &err), -1);
	CHECK_INT(err.code, ENOSPC);
}

TEST(a_newer_card_of_mine_is_taken_and_shows_what_is_missing)
{
	AUTO(identity) struct identity *root = vector_identity("identity");
	AUTO(identity) struct identity *other = vector_identity("identity");
	AUTO(str) char *foreign = vector_text("card-later");
	AUTO(str) char *old = g_strdup(identity_card(root));
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct err err;

	other->has_root = false;
	CHECK_INT(identity_add_device(root, device, 5, &err), 1);
	CHECK_INT(identity_take_card(other, identity_card(root),
				     strlen(identity_card(root)), &err),
		  1);
	CHECK_STR(identity_card(other), identity_card(root));
	CHECK(!identity_is_behind(other));
	CHECK_INT(identity_take_card(other, old, strlen(old), &err), 0);
	CHECK_INT(identity_take_card(other, old, strlen(old) - 1, &err), -1);
	CHECK_INT(identity_drop_device(root, &id, 5, &err), 0);
	CHECK_INT(identity_take_card(other, identity_card(root),
				     strlen(identity_card(root)), &err),
		  1);
	CHECK(identity_is_behind(other));
	other->root[0] ^= 1;
	CHECK_INT(identity_take_card(other, foreign, strlen(foreign), &err), 0);
}

/* As `restore` leaves them in a mailbox and in a copy of it. */
static void meet_again(int64_t now)
{
	AUTO(identity) struct identity *one = vector_identity("identity");
	AUTO(identity) struct identity *two = vector_identity("identity");
	int taken = 0;
	struct err err;

	CHECK_INT(identity_new_device(one, 1, &err), 0);
	CHECK_INT(identity_new_device(two, now, &err), 0);
	CHECK(!identity_lists(two, one->device));
	for (int i = 0; i < 2; i++) {
		taken += identity_take_card(two, identity_card(one),
					    strlen(identity_card(one)), &err);
		taken += identity_take_card(one, identity_card(two),
					    strlen(identity_card(two)), &err);
	}
	CHECK_INT(taken, 2);
	CHECK_STR(identity_card(two), identity_card(one));
	CHECK(identity_lists(one, one->device));
	CHECK(identity_lists(one, two->device));
}

TEST(two_with_the_root_end_in_one_card_with_both)
{
	meet_again((int64_t)1 << 40);
	/* Of one version: as often as it takes for either to be the first. */
	for (int i = 0; i < 8; i++)
		meet_again(1);
}

TEST(who_was_removed_is_not_let_in_by_an_old_backup)
{
	AUTO(identity) struct identity *root = vector_identity("identity");
	AUTO(identity) struct identity *old = vector_identity("identity");
	AUTO(identity) struct identity *rootless = vector_identity("identity");
	AUTO(str) char *before = NULL;
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct err err;

	CHECK_INT(identity_add_device(root, device, 5, &err), 1);
	CHECK_INT(identity_take_card(old, identity_card(root),
				     strlen(identity_card(root)), &err),
		  1);
	CHECK_INT(identity_drop_device(root, &id, 5, &err), 0);
	CHECK_INT(identity_new_device(old, (int64_t)1 << 40, &err), 0);
	/* Its card is the newer one, and lists what was removed. */
	CHECK(identity_lists(old, device));
	before = g_strdup(identity_card(root));
	rootless->has_root = false;
	CHECK_INT(identity_take_card(rootless, before, strlen(before), &err),
		  1);
	CHECK_INT(identity_take_card(rootless, identity_card(old),
				     strlen(identity_card(old)), &err),
		  0);
	CHECK_INT(identity_take_card(root, identity_card(old),
				     strlen(identity_card(old)), &err),
		  1);
	CHECK(!identity_lists(root, device));
	CHECK_INT(identity_take_card(old, identity_card(root),
				     strlen(identity_card(root)), &err),
		  1);
	CHECK(identity_is_behind(old));
	CHECK(!identity_lists(old, device));
	CHECK(!identity_lists(old, old->device));
	/* Nor by what it signs, until it has the new key. */
	CHECK_INT(identity_add_device(old, device, 5, &err), -1);
	CHECK_INT(err.code, EPERM);
}

TEST(who_lacks_the_new_keys_signs_no_card_of_the_old_ones)
{
	AUTO(identity) struct identity *root = vector_identity("identity");
	AUTO(identity) struct identity *behind = vector_identity("identity");
	AUTO(identity) struct identity *old = vector_identity("identity");
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct err err;

	CHECK_INT(identity_add_device(root, device, 5, &err), 1);
	CHECK_INT(identity_drop_device(root, &id, 5, &err), 0);
	CHECK_INT(identity_take_card(behind, identity_card(root),
				     strlen(identity_card(root)), &err),
		  1);
	CHECK(identity_is_behind(behind));
	CHECK_INT(identity_new_device(old, (int64_t)1 << 40, &err), 0);
	CHECK_INT(identity_take_card(behind, identity_card(old),
				     strlen(identity_card(old)), &err),
		  0);
	CHECK_STR(identity_card(behind), identity_card(root));
	CHECK(identity_is_behind(behind));
}

TEST(there_is_a_last_version)
{
	AUTO(identity) struct identity *root = vector_identity("identity");
	AUTO(str) char *before = NULL;
	const uint8_t device[32] = { 1 };
	struct err err;

	CHECK_INT(identity_add_device(root, device, INT64_MAX, &err), 1);
	before = g_strdup(identity_card(root));
	CHECK_INT(identity_new_device(root, 5, &err), -1);
	CHECK_INT(err.code, EOVERFLOW);
	CHECK_STR(identity_card(root), before);
	/* It is none of the card, and does not get into it. */
	CHECK_INT(identity_take_card(root, before, strlen(before), &err), 0);
}

TEST(what_another_process_wrote_is_taken_over)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *path = g_build_filename(directory, "identity", NULL);
	AUTO(identity) struct identity *writer = vector_identity("identity");
	AUTO(identity) struct identity *reader = NULL;
	const char *before;
	const uint8_t device[32] = { 1 };
	struct device_id id = device_id_of(device);
	struct err err = { 0 };

	CHECK_INT(identity_write(path, writer, false, &err), 0);
	CHECK_INT(identity_open(path, NULL, &reader, &err), 0);
	before = identity_card(reader);
	CHECK_INT(identity_refresh(path, reader, &err), 0);
	CHECK_INT(identity_add_device(writer, device, 5, &err), 1);
	CHECK_INT(identity_drop_device(writer, &id, 5, &err), 0);
	CHECK_INT(identity_write(path, writer, false, &err), -1);
	CHECK_INT(identity_write(path, writer, true, &err), 0);
	CHECK_INT(identity_refresh(path, writer, &err), 0);
	CHECK_INT(identity_refresh(path, reader, &err), 1);
	CHECK_INT(identity_generation(reader), 1);
	CHECK_STR(identity_card(reader), identity_card(writer));
	CHECK_MEM(reader->secrets->persons[1], writer->secrets->persons[1], 32);
	/* Somebody may still look at it. */
	CHECK(g_str_has_prefix(before, "defms-card 1\n"));

	CHECK_INT(identity_new_device(writer, 9, &err), 0);
	CHECK_INT(identity_write(path, writer, true, &err), 0);
	CHECK_INT(identity_refresh(path, reader, &err), -1);
	CHECK_INT(err.code, ESTALE);
	remove_directory(directory);
}

TEST(a_new_device_key_stands_beside_the_old_one)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	uint8_t old[32];
	struct err err;

	memcpy(old, identity->device, 32);
	CHECK_INT(identity_new_device(identity, 9, &err), 0);
	CHECK(memcmp(identity->device, old, 32) != 0);
	CHECK(identity_lists(identity, old));
	CHECK(identity_lists(identity, identity->device));
}
