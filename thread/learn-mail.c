/* SPDX-License-Identifier: ISC */
#include "learn.h"

#include <string.h>

#include "arrival.h"
#include "defms/contact.h"
#include "defms/owner.h"
#include "defms/queue.h"
#include "defms/reader.h"
#include "mime-field.h"
#include "state-queue.h"

/* -- DKIM ------------------------------------------------------------------ */

/* The servers whose Authentication-Results are believed. */
static GPtrArray *trusted_servers(const struct config *config)
{
	AUTO(ptrs) GPtrArray *names = config_sections(config, "account");
	GPtrArray *servers = g_ptr_array_new();

	for (guint i = 0; i < names->len; i++) {
		AUTO(str)
		char *key = g_strdup_printf("account.%s.authserv",
					    (char *)names->pdata[i]);
		const char *server = config_get(config, key);

		if (server)
			g_ptr_array_add(servers, (gpointer)(uintptr_t)server);
	}
	return servers;
}

static enum learn_dkim
dkim_of(struct batch *batch, const struct arrival_made *made, const char *mail)
{
	struct mailbox *mailbox = reader_mailbox(batch_reader(batch));
	AUTO(ptrs)
	GPtrArray *trusted = trusted_servers(mailbox_config(mailbox));
	const char *at = strrchr(mail, '@');

	return at ? learn_dkim(made->trace, trusted, at + 1) : DKIM_UNKNOWN;
}

/* -- answers --------------------------------------------------------------- */

/* Did the entry go to `mail` and nobody else? */
static bool went_to(const struct queue_entry *entry, const char *mail)
{
	for (guint i = 0; i < entry->recipients->len; i++) {
		const struct queue_recipient *recipient =
			g_ptr_array_index(entry->recipients, i);

		if ((recipient->state != QUEUE_SENT &&
		     recipient->state != QUEUE_DOUBT) ||
		    !address_equal(recipient->address, mail))
			return false;
	}
	return entry->recipients->len > 0;
}

/* Does its header name `mail` and nobody else? */
static bool is_addressed_to(const struct index_message *message,
			    const char *mail)
{
	AUTO(ptrs)
	GPtrArray *all =
		g_ptr_array_new_with_free_func((GDestroyNotify)address_free);

	field_addresses(message->to, all);
	field_addresses(message->cc, all);
	for (guint i = 0; i < all->len; i++) {
		const struct address *address = g_ptr_array_index(all, i);

		if (!address_equal(address->mail, mail))
			return false;
	}
	return all->len > 0;
}

/* 1/0/-1: was this message sent by me to `mail` alone? */
static int was_sent_to(struct batch *batch, struct index *index,
		       int64_t message, const char *mail, struct err *err)
{
	struct index_message row = { 0 };
	int64_t id = 0;
	bool alone = false;
	int found = index_message_get(index, message, &row, err);

	if (found <= 0)
		return found;
	alone = is_addressed_to(&row, mail);
	index_message_release(&row);
	if (!alone)
		return 0;
	alone = false;
	while ((found = state_queue_of_message(batch_state(batch), message, id,
					       &id, err)) > 0) {
		AUTO(queue_entry) struct queue_entry *entry = NULL;

		found = queue_get(batch_state(batch), id, &entry, err);
		if (found < 0 || !went_to(entry, mail))
			return found < 0 ? -1 : 0;
		alone = true;
	}
	return found < 0 ? -1 : alone;
}

/* 1/0/-1: nobody but `mail` can know the msgid that this message answers. */
static int is_answer(struct batch *batch, const struct mime *mime,
		     const char *mail, struct err *err)
{
	struct index *index = batch_index(batch, err);
	int64_t message = 0;
	int found;

	if (!index)
		return -1;
	if (mime->in_reply_to->len == 0)
		return 0;
	while ((found = index_message_of_msgid(index,
					       mime->in_reply_to->pdata[0],
					       message, &message, err)) > 0) {
		found = was_sent_to(batch, index, message, mail, err);
		if (found != 0)
			return found;
	}
	return found;
}

/* -- the message ----------------------------------------------------------- */

/* 1 and how far it is believed, 0 if not at all, -1. */
static int weigh(struct batch *batch, const struct arrival_made *made,
		 const char *mail, enum trust *trust_r, struct err *err)
{
	enum learn_dkim dkim = dkim_of(batch, made, mail);
	int answers = 0;

	if (dkim == DKIM_REFUSED)
		return 0;
	if (dkim == DKIM_UNKNOWN)
		answers = is_answer(batch, made->mime, mail, err);
	if (answers < 0)
		return -1;
	*trust_r =
		dkim == DKIM_PASSED || answers > 0 ? TRUST_PROVED : TRUST_SEEN;
	return 1;
}

/* Is it mine? Nobody else has a say in what my key is. */
static bool is_mine(struct batch *batch, const struct learned *learned)
{
	struct mailbox *mailbox = reader_mailbox(batch_reader(batch));
	const struct identity *identity = mailbox_identity(mailbox);
	AUTO(ptrs)
	GPtrArray *mails = owner_mails(mailbox_config(mailbox), identity);

	if (identity_is_root(identity, learned->card->root))
		return true;
	return address_is_among(learned->mail, mails);
}

int learn_message(struct batch *batch, const struct arrival_made *made,
		  struct err *err)
{
	const struct learned *learned = made->learned;
	struct claim claim = { .now = g_get_real_time() / G_USEC_PER_SEC };
	int found;

	if (!learned || is_mine(batch, learned))
		return 0;
	found = weigh(batch, made, learned->mail, &claim.trust, err);
	if (found <= 0)
		return found;
	claim.mail = learned->mail;
	claim.card = learned->card;
	claim.text = learned->text;
	return contact_claim(batch_state(batch), &claim, err) < 0 ? -1 : 0;
}
