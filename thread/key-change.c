/* SPDX-License-Identifier: ISC */
/* What changes in an identity: who its devices and addresses are, said by a
 * new card of a higher version, which the root signs; and what another process
 * of this device wrote meanwhile.
 *
 * A lost device knows every S_g. So when it goes there is a new one, which all
 * strands of mine that are founded from now on hang on, and nothing of mine is
 * written under an older one. */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "defms/address.h"
#include "identity.h"
#include "key-change.h"

static int parse_own(const struct identity *identity, struct card **card_r,
		     struct err *err)
{
	const char *text = identity_card(identity);

	return card_parse(text, strlen(text), card_r, err);
}

/* Sign `card`, which has changed, and have it as the newest. */
static int sign_anew(struct identity *identity, struct card *card, int64_t now,
		     struct err *err)
{
	char *text = NULL;

	if (card->version == INT64_MAX)
		return err_set(err, EOVERFLOW,
			       "no version is above that of the newest card");
	card->version = MAX(now, card->version + 1);
	if (card_write(card, identity, &text, err) < 0)
		return -1;
	identity_set_card(identity, text);
	return 0;
}

int identity_check_current(const struct identity *identity, struct err *err)
{
	if (!identity->behind)
		return 0;
	return err_set(err, EPERM,
		       "another device of yours made new keys, which this one "
		       "lacks: see 'defms init --device'");
}

static int need_root(const struct identity *identity, struct err *err)
{
	/* The card would be of the older key again. */
	if (identity_check_current(identity, err) < 0)
		return -1;
	if (identity->has_root)
		return 0;
	return err_set(err, EPERM,
		       "the root key, which signs the card, is not on this "
		       "device");
}

/* Where it stands in the card; devices->len if it does not. */
static guint find_device(const struct card *card, const struct device_id *id)
{
	guint i;

	for (i = 0; i < card->devices->len; i++) {
		struct device_id other = device_id_of(card_device(card, i));

		if (memcmp(&other, id, sizeof(other)) == 0)
			break;
	}
	return i;
}

int identity_add_device(struct identity *identity, const uint8_t device[32],
			int64_t now, struct err *err)
{
	struct device_id id = device_id_of(device);
	AUTO(card) struct card *card = NULL;

	if (need_root(identity, err) < 0 || parse_own(identity, &card, err) < 0)
		return -1;
	if (find_device(card, &id) < card->devices->len)
		return 0;
	if (card->devices->len == CARD_MEMBERS)
		return err_set(err, ENOSPC,
			       "a card has at most %d devices: remove one",
			       CARD_MEMBERS);
	g_array_append_vals(card->devices, device, 1);
	return sign_anew(identity, card, now, err) < 0 ? -1 : 1;
}

bool identity_lists(const struct identity *identity, const uint8_t device[32])
{
	struct device_id id = device_id_of(device);
	AUTO(card) struct card *card = NULL;

	return parse_own(identity, &card, NULL) == 0 &&
	       find_device(card, &id) < card->devices->len;
}

int identity_drop_device(struct identity *identity, const struct device_id *id,
			 int64_t now, struct err *err)
{
	AUTO(card) struct card *card = NULL;
	struct device_id own = identity_device(identity);
	size_t count = identity_persons(identity);
	guint at;

	if (need_root(identity, err) < 0 || parse_own(identity, &card, err) < 0)
		return -1;
	if (memcmp(id, &own, sizeof(own)) == 0)
		return err_set(err, EINVAL, "that is this device");
	at = find_device(card, id);
	if (at == card->devices->len)
		return err_set(err, ENOENT, "no such device in the card");
	if (count == IDENTITY_PERSONS)
		return err_set(err, ENOSPC, "no more than %d generations",
			       IDENTITY_PERSONS);
	(void)g_array_remove_index(card->devices, at);
	randombytes_buf(identity->secrets->persons[count], 32);
	g_atomic_pointer_set(&identity->person_count, count + 1);
	return sign_anew(identity, card, now, err);
}

/* Whatever else a person wrote into the settings is none. */
static bool is_new_address(const struct card *card, const char *mail)
{
	if (strlen(mail) > CARD_ADDRESS || !g_utf8_validate(mail, -1, NULL) ||
	    !card_is_address(mail, strlen(mail)))
		return false;
	for (const char *at = mail; *at; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return false;
	return !address_is_among(mail, card->mails);
}

/* The addresses that the card lacks, as long as there is room. */
static guint add_mails(struct card *card, const GPtrArray *mails)
{
	guint before = card->mails->len;

	for (guint i = 0; i < mails->len && card->mails->len < CARD_MEMBERS;
	     i++)
		if (is_new_address(card, mails->pdata[i]))
			g_ptr_array_add(card->mails, g_strdup(mails->pdata[i]));
	return card->mails->len - before;
}

bool identity_lacks(const struct identity *identity, const GPtrArray *mails)
{
	AUTO(card) struct card *card = NULL;

	return identity->has_root && !identity->behind &&
	       parse_own(identity, &card, NULL) == 0 &&
	       add_mails(card, mails) > 0;
}

int identity_add_mails(struct identity *identity, const GPtrArray *mails,
		       int64_t now, struct err *err)
{
	AUTO(card) struct card *card = NULL;

	if (need_root(identity, err) < 0 || parse_own(identity, &card, err) < 0)
		return -1;
	if (add_mails(card, mails) == 0)
		return 0;
	return sign_anew(identity, card, now, err) < 0 ? -1 : 1;
}

int identity_new_device(struct identity *identity, int64_t now, struct err *err)
{
	randombytes_buf(identity->secrets->device, 32);
	identity_derive(identity);
	if (!identity->has_root || identity->behind)
		return 0;
	return identity_add_device(identity, identity->device, now, err) < 0
		       ? -1
		       : 0;
}

/* It is of a device with the root that does not know, for it was restored from
 * a backup, that another one was removed: that counts, and not its card. Who
 * lacks the new keys cannot say so: the card would be of an older one. */
static int outbid(struct identity *identity, struct card *own,
		  const struct card *card, struct err *err)
{
	if (!identity->has_root || identity->behind)
		return 0;
	own->version = card->version;
	return sign_anew(identity, own, 0, err) < 0 ? -1 : 1;
}

/* Another device with the root made a card, not knowing of this one: both were
 * one mailbox, and `restore` gave each a key. Who was removed does not come
 * back so: there are new keys then, which it lacks. */
static void join_card(struct identity *identity)
{
	if (!identity->has_root || identity->behind)
		return;
	/* A full card has no room: `defms check` says that this one is missing.
	 */
	(void)identity_add_device(identity, identity->device, 0, NULL);
}

int identity_take_card(struct identity *identity, const char *text, size_t size,
		       struct err *err)
{
	AUTO(card) struct card *card = NULL;
	AUTO(card) struct card *own = NULL;
	uint8_t seal[32];

	if (card_parse(text, size, &card, err) < 0 ||
	    parse_own(identity, &own, err) < 0)
		return -1;
	if (!identity_is_root(identity, card->root) ||
	    card->version < own->version ||
	    (card->version == own->version &&
	     strncmp(text, identity_card(identity), size) <= 0))
		return 0;
	if (card->generation < own->generation)
		return outbid(identity, own, card, err);
	if (card->generation < identity_persons(identity)) {
		identity_seal_key(identity, card->generation, seal);
		if (memcmp(seal, card->seal, sizeof(seal)) != 0)
			return err_set(err, EBADMSG,
				       "a card of mine has a wrong key");
	}
	identity->behind = card->generation >= identity_persons(identity);
	identity_set_card(identity, g_strndup(text, size));
	join_card(identity);
	return 1;
}

/* -- what another process wrote -------------------------------------------- */

static bool same_person(const struct identity *identity,
			const struct identity *now)
{
	size_t count = identity_persons(identity);

	return memcmp(identity->root, now->root, 32) == 0 &&
	       memcmp(identity->device, now->device, 32) == 0 &&
	       now->person_count >= count &&
	       sodium_memcmp(identity->secrets->persons, now->secrets->persons,
			     32 * count) == 0;
}

int identity_refresh(const char *path, struct identity *identity,
		     struct err *err)
{
	AUTO(identity) struct identity *now = NULL;
	size_t count = identity_persons(identity);

	if (identity_is_current(path, identity))
		return 0;
	if (identity_open_again(path, identity, &now, err) < 0)
		return -1;
	if (!same_person(identity, now))
		return err_set(err, ESTALE,
			       "the keys of this mailbox are others now: start "
			       "defms again");
	memcpy(identity->secrets->persons[count], now->secrets->persons[count],
	       32 * (now->person_count - count));
	g_atomic_pointer_set(&identity->person_count, now->person_count);
	if (strcmp(identity->card, now->card) != 0)
		identity_set_card(identity, take(now->card));
	identity->behind = now->behind;
	identity->stamp = now->stamp;
	return 1;
}

bool identity_is_behind(const struct identity *identity)
{
	return identity->behind;
}
