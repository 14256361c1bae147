/* SPDX-License-Identifier: ISC */
/* The identity of a mailbox while it is in use: several processes have it open,
 * and whoever writes looks first whether one of them changed it. */
#include "defms/owner.h"
#include "identity.h"
#include "key-change.h"
#include "mailbox-parts.h"

static char *path_of(const struct mailbox *mailbox)
{
	return g_build_filename(mailbox_home(mailbox), "identity", NULL);
}

int mailbox_refresh_identity(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = path_of(mailbox);

	return identity_refresh(path, mailbox_own_identity(mailbox), err) < 0
		       ? -1
		       : 0;
}

int mailbox_save_identity(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = path_of(mailbox);

	return identity_write(path, mailbox_own_identity(mailbox), true, err);
}

int mailbox_may_write(const struct mailbox *mailbox, struct err *err)
{
	return identity_check_current(mailbox_identity(mailbox), err);
}

int mailbox_take_card(struct mailbox *mailbox, const char *text, size_t size,
		      struct err *err)
{
	struct identity *identity = mailbox_own_identity(mailbox);
	AUTO(str) char *before = NULL;
	bool behind;
	int taken;

	if (mailbox_refresh_identity(mailbox, err) < 0)
		return -1;
	before = g_strdup(identity_card(identity));
	behind = identity->behind;
	taken = identity_take_card(identity, text, size, err);
	if (taken <= 0 || mailbox_save_identity(mailbox, err) == 0)
		return taken;
	identity_set_card(identity, take(before));
	identity->behind = behind;
	return -1;
}

static int add_mails(struct mailbox *mailbox, const GPtrArray *mails,
		     struct err *err)
{
	struct identity *identity = mailbox_own_identity(mailbox);
	AUTO(str) char *before = NULL;
	int added;

	if (mailbox_refresh_identity(mailbox, err) < 0)
		return -1;
	before = g_strdup(identity_card(identity));
	added = identity_add_mails(identity, mails,
				   g_get_real_time() / G_USEC_PER_SEC, err);
	if (added <= 0 || mailbox_save_identity(mailbox, err) == 0)
		return added < 0 ? -1 : 0;
	/* Nobody must see a card that is not kept. */
	identity_set_card(identity, take(before));
	return -1;
}

/* If it cannot be done now, the next one does it: nothing depends on it but
 * what others know. */
void mailbox_renew_card(struct mailbox *mailbox)
{
	const struct identity *identity = mailbox_identity(mailbox);
	AUTO(ptrs)
	GPtrArray *mails = owner_mails(mailbox_config(mailbox), identity);

	if (!identity_lacks(identity, mails) ||
	    mailbox_try_lock(mailbox, NULL) <= 0)
		return;
	(void)add_mails(mailbox, mails, NULL);
	mailbox_unlock(mailbox);
}
