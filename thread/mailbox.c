/* SPDX-License-Identifier: ISC */
/* The lock: byte 0 of $DEFMS_HOME/lock, an open-file-description lock
 * (fcntl(2)), so that a killed writer leaves none. Who waits for it holds a
 * shared lock on byte 1 meanwhile, which tells the holder to end its batch. */
#include "defms/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/io.h"
#include "identity.h"
#include "mailbox-parts.h"
#include "writing.h"

struct mailbox {
	const struct config *config; /* borrowed */
	struct identity *identity;   /* owned */
	struct store *store;         /* owned */
	char *home, *cache;          /* owned */
	GPtrArray *public_lists;     /* owned: List-Ids, lower case */
	int64_t replayed;            /* seq; 0: nothing yet */
	struct writing *writing;     /* owned; or NULL */
	int64_t run;
	int lock; /* owned; -1: not opened yet */
	bool locked;
};

static char *path_in(const char *home, const char *name)
{
	return g_build_filename(home, name, NULL);
}

/* A commit is a change of the log; what a checkpoint takes out of it, SQLite
 * syncs itself. */
int mailbox_sync(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = path_in(mailbox->home, "state.db-wal");

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return io_sync(path, err);
}

char *mailbox_state_path(const struct mailbox *mailbox)
{
	return path_in(mailbox->home, "state.db");
}

char *mailbox_index_path(const struct mailbox *mailbox, int64_t generation)
{
	AUTO(str)
	char *name =
		g_strdup_printf("index-%" G_GINT64_FORMAT ".db", generation);

	return path_in(mailbox->cache, name);
}

static int bring_up_to_date(struct mailbox *mailbox, struct err *err)
{
	enum index_standing standing;
	int64_t generation;
	int held, result;

	if (mailbox_index_standing(mailbox, &standing, &generation, err) < 0)
		return -1;
	if (standing == INDEX_CURRENT)
		return 0;
	held = mailbox_try_lock(mailbox, err);
	/* Who writes now brings an index that is behind up to date; for one
	 * that is not there at all we wait. */
	if (held == 0 && standing == INDEX_MISSING)
		held = mailbox_lock(mailbox, err) < 0 ? -1 : 1;
	if (held <= 0)
		return held;
	result = mailbox_replay(mailbox, err);
	mailbox_unlock(mailbox);
	return result;
}

static GPtrArray *read_public_lists(const struct config *config)
{
	GPtrArray *lists = config_get_all(config, "public.list");

	for (guint i = 0; i < lists->len; i++) {
		char *given = g_ptr_array_index(lists, i);

		g_ptr_array_index(lists, i) = g_ascii_strdown(given, -1);
		g_free(given);
	}
	return lists;
}

bool mailbox_is_public(const struct mailbox *mailbox, const char *list_id)
{
	for (guint i = 0; i < mailbox->public_lists->len; i++)
		if (strcmp(list_id,
			   g_ptr_array_index(mailbox->public_lists, i)) == 0)
			return true;
	return false;
}

struct writing **mailbox_writing(struct mailbox *mailbox)
{
	return &mailbox->writing;
}

int64_t mailbox_replayed(const struct mailbox *mailbox)
{
	return mailbox->replayed;
}

int64_t mailbox_run(const struct mailbox *mailbox)
{
	return mailbox->run;
}

void mailbox_set_replayed(struct mailbox *mailbox, int64_t seq)
{
	mailbox->replayed = seq;
}

int mailbox_open_unread(const struct config *config, struct mailbox **mailbox_r,
			struct err *err)
{
	AUTO(mailbox) struct mailbox *mailbox = g_new0(struct mailbox, 1);
	AUTO(str) char *identity = NULL;

	mailbox->config = config;
	mailbox->lock = -1;
	mailbox->run = (int64_t)g_random_int() << 31 | g_random_int() >> 1 | 1;
	mailbox->public_lists = read_public_lists(config);
	mailbox->home = config_home();
	mailbox->cache = config_cache();
	identity = path_in(mailbox->home, "identity");
	if (access(identity, F_OK) < 0 && errno == ENOENT)
		return err_set(err, ENOENT,
			       "%s: no mailbox here; make one with "
			       "'defms init'",
			       mailbox->home);
	if (g_mkdir_with_parents(mailbox->cache, 0700) < 0)
		return err_sys(err, "%s", mailbox->cache);
	*mailbox_r = take(mailbox);
	return 0;
}

int mailbox_open_identity(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = path_in(mailbox->home, "identity");
	struct passphrase passphrase =
		mailbox_passphrase(mailbox->config, false);

	return identity_open(path, &passphrase, &mailbox->identity, err);
}

int mailbox_open_store(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = path_in(mailbox->home, "mailbox.git");

	return store_open(path, &mailbox->store, err);
}

int mailbox_open(const struct config *config, struct mailbox **mailbox_r,
		 struct err *err)
{
	AUTO(mailbox) struct mailbox *mailbox = NULL;

	if (mailbox_open_unread(config, &mailbox, err) < 0 ||
	    mailbox_open_identity(mailbox, err) < 0 ||
	    mailbox_open_store(mailbox, err) < 0 ||
	    bring_up_to_date(mailbox, err) < 0)
		return -1;
	mailbox_renew_card(mailbox);
	*mailbox_r = take(mailbox);
	return 0;
}

int mailbox_open_beside(const struct mailbox *mailbox,
			struct mailbox **beside_r, struct err *err)
{
	AUTO(mailbox) struct mailbox *beside = NULL;
	AUTO(str) char *path = path_in(mailbox->home, "identity");

	if (mailbox_open_unread(mailbox->config, &beside, err) < 0 ||
	    identity_open_again(path, mailbox->identity, &beside->identity,
				err) < 0 ||
	    mailbox_open_store(beside, err) < 0)
		return -1;
	*beside_r = take(beside);
	return 0;
}

void mailbox_close(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	writing_free(mailbox->writing);
	if (mailbox->lock >= 0)
		(void)close(mailbox->lock);
	identity_close(mailbox->identity);
	store_close(mailbox->store);
	if (mailbox->public_lists)
		g_ptr_array_unref(mailbox->public_lists);
	g_free(mailbox->home);
	g_free(mailbox->cache);
	g_free(mailbox);
}

const struct config *mailbox_config(const struct mailbox *mailbox)
{
	return mailbox->config;
}

const struct identity *mailbox_identity(const struct mailbox *mailbox)
{
	return mailbox->identity;
}

struct identity *mailbox_own_identity(struct mailbox *mailbox)
{
	return mailbox->identity;
}

struct store *mailbox_store(const struct mailbox *mailbox)
{
	return mailbox->store;
}

const char *mailbox_home(const struct mailbox *mailbox)
{
	return mailbox->home;
}

const char *mailbox_cache(const struct mailbox *mailbox)
{
	return mailbox->cache;
}

/* -- the lock -------------------------------------------------------------- */

enum { LOCK_BYTE = 0, WAIT_BYTE = 1 };

static int lock_byte(int fd, short type, off_t byte, bool wait)
{
	struct flock lock = { .l_type = type,
			      .l_whence = SEEK_SET,
			      .l_start = byte,
			      .l_len = 1 };
	int result;

	do {
		result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	} while (result < 0 && errno == EINTR);
	return result;
}

static int open_lock(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = NULL;

	if (mailbox->lock >= 0)
		return 0;
	path = path_in(mailbox->home, "lock");
	mailbox->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return mailbox->lock < 0 ? err_sys(err, "%s", path) : 0;
}

int mailbox_try_lock(struct mailbox *mailbox, struct err *err)
{
	if (open_lock(mailbox, err) < 0)
		return -1;
	if (lock_byte(mailbox->lock, F_WRLCK, LOCK_BYTE, false) == 0) {
		mailbox->locked = true;
		return 1;
	}
	if (errno == EAGAIN || errno == EACCES)
		return 0;
	return err_sys(err, "%s/lock", mailbox->home);
}

int mailbox_lock(struct mailbox *mailbox, struct err *err)
{
	int held = mailbox_try_lock(mailbox, err);

	if (held != 0)
		return held < 0 ? -1 : 0;
	(void)lock_byte(mailbox->lock, F_RDLCK, WAIT_BYTE, false);
	if (lock_byte(mailbox->lock, F_WRLCK, LOCK_BYTE, true) < 0)
		(void)err_sys(err, "%s/lock", mailbox->home);
	else
		mailbox->locked = true;
	(void)lock_byte(mailbox->lock, F_UNLCK, WAIT_BYTE, false);
	return mailbox->locked ? 0 : -1;
}

void mailbox_unlock(struct mailbox *mailbox)
{
	if (mailbox->locked)
		(void)lock_byte(mailbox->lock, F_UNLCK, LOCK_BYTE, false);
	mailbox->locked = false;
}

bool mailbox_wanted(struct mailbox *mailbox)
{
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = WAIT_BYTE,
			      .l_len = 1 };

	return mailbox->locked &&
	       fcntl(mailbox->lock, F_OFD_GETLK, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}
