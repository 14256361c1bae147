/* SPDX-License-Identifier: ISC */
/* A new mailbox: the store, state.db, and the identity last. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "mailbox-parts.h"

static char *path_in(const char *home, const char *name)
{
	return g_build_filename(home, name, NULL);
}

struct passphrase mailbox_passphrase(const struct config *config, bool again)
{
	struct passphrase passphrase = {
		.command = config_get(config, "user.passphraseCommand"),
		.again = again,
	};

	return passphrase;
}

/* An index's number is drawn at random, so that two mailboxes that share a
 * cache directory never take each other's. */
int mailbox_number_index(const char *path, struct err *err)
{
	AUTO(state) struct state *state = NULL;
	int64_t number = (int64_t)g_random_int() << 16;

	if (state_open(path, &state, err) < 0 ||
	    state_begin(state, true, err) < 0 ||
	    state_set(state, "index", number, err) < 0)
		return -1;
	return state_commit(state, err);
}

/* What a killed `init` left is finished, for the identity comes last. */
static int make_parts(const char *home, struct err *err)
{
	AUTO(str) char *git = path_in(home, "mailbox.git");
	AUTO(str) char *state = path_in(home, "state.db");
	AUTO(str) char *unfinished = path_in(home, "state.db.new");

	if (access(git, F_OK) < 0 && store_create(git, err) < 0)
		return -1;
	if (access(state, F_OK) == 0)
		return 0;
	(void)unlink(unfinished);
	if (state_create(unfinished, err) < 0 || io_sync(unfinished, err) < 0)
		return -1;
	crash_point("init: state.db is written, before its rename");
	if (rename(unfinished, state) < 0)
		return err_sys(err, "%s", state);
	crash_point("init: state.db is there, before fsync of the folder");
	return io_sync(home, err);
}

/* Make the home and the directories it is in, durably. */
static int make_home(const char *home, struct err *err)
{
	AUTO(str) char *parent = g_path_get_dirname(home);

	if (access(home, F_OK) == 0)
		return 0;
	if (strcmp(parent, home) != 0 && make_home(parent, err) < 0)
		return -1;
	if (mkdir(home, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", home);
	crash_point("init: a directory is made, before fsync of its parent");
	return io_sync(parent, err);
}

int mailbox_make(const char *home, struct err *err)
{
	return make_home(home, err) < 0 || make_parts(home, err) < 0 ? -1 : 0;
}

int mailbox_create(const struct config *config, const char *name,
		   const char *const *mails, size_t mail_count, bool ask,
		   struct err *err)
{
	AUTO(str) char *home = config_home();
	AUTO(str) char *path = path_in(home, "identity");
	AUTO(identity) struct identity *identity = NULL;
	struct passphrase passphrase = mailbox_passphrase(config, true);

	if (access(path, F_OK) == 0)
		return err_set(err, EEXIST, "%s: there is a mailbox already",
			       home);
	if (mailbox_make(home, err) < 0)
		return -1;
	crash_point("init: before the identity");
	return identity_create(path, name, mails, mail_count,
			       g_get_real_time() / G_USEC_PER_SEC,
			       ask ? &passphrase : NULL, &identity, err);
}
