/* SPDX-License-Identifier: ISC */
#include "mailbox-device.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "identity.h"
#include "key-change.h"
#include "key-device.h"
#include "mailbox-parts.h"

static char *pending_of(const char *home)
{
	return g_build_filename(home, "device", NULL);
}

/* The identity that is here: 1/0/-1. */
static int open_here(const struct config *config, const char *path,
		     struct identity **identity_r, struct err *err)
{
	struct passphrase passphrase = mailbox_passphrase(config, false);

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (identity_open(path, &passphrase, identity_r, err) < 0)
		return -1;
	if ((*identity_r)->has_root && !identity_is_behind(*identity_r))
		return err_set(err, EEXIST,
			       "%s: this is the device that has the root key",
			       path);
	return 1;
}

int mailbox_device_ask(const struct config *config, char **request_r,
		       struct err *err)
{
	AUTO(str) char *home = config_home();
	AUTO(str) char *path = g_build_filename(home, "identity", NULL);
	AUTO(str) char *pending = pending_of(home);
	AUTO(identity) struct identity *identity = NULL;

	secret_start();
	if (open_here(config, path, &identity, err) < 0 ||
	    (!identity && mailbox_make(home, err) < 0))
		return -1;
	return device_ask(pending, identity, request_r, err);
}

/* The file of the one that is here, with what was received. */
static int renew(const struct config *config, const char *path,
		 const struct identity *identity, struct identity *received,
		 struct err *err)
{
	AUTO(mailbox) struct mailbox *mailbox = NULL;

	if (mailbox_open_unread(config, &mailbox, err) < 0 ||
	    mailbox_lock(mailbox, err) < 0)
		return -1;
	if (identity->password) {
		received->password = secret_new(PASSPHRASE);
		memcpy(received->password, identity->password, PASSPHRASE);
	}
	return identity_write(path, received, true, err);
}

static int create(const struct config *config, const char *path, bool ask,
		  struct identity *received, struct err *err)
{
	struct passphrase passphrase = mailbox_passphrase(config, true);

	if (ask && identity_seal(received, path, &passphrase, err) < 0)
		return -1;
	return identity_write(path, received, false, err);
}

int mailbox_device_accept(const struct config *config, const char *answer,
			  size_t size, bool ask, struct identity **identity_r,
			  struct err *err)
{
	AUTO(str) char *home = config_home();
	AUTO(str) char *path = g_build_filename(home, "identity", NULL);
	AUTO(str) char *pending = pending_of(home);
	AUTO(identity) struct identity *identity = NULL;
	AUTO(identity) struct identity *received = NULL;

	secret_start();
	if (access(pending, F_OK) < 0)
		return err_set(err, ENOENT,
			       "nothing was asked here: 'defms init --device' "
			       "does");
	if (open_here(config, path, &identity, err) < 0 ||
	    device_accept(pending, identity, answer, size, &received, err) < 0)
		return -1;
	if ((identity ? renew(config, path, identity, received, err)
		      : create(config, path, ask, received, err)) < 0)
		return -1;
	crash_point("init: the identity is there, the question too");
	if (unlink(pending) < 0)
		return err_sys(err, "%s", pending);
	*identity_r = take(received);
	return io_sync(home, err);
}
