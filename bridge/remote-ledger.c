/* SPDX-License-Identifier: ISC */
#include "remote-ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "defms/reader.h"
#include "remote-kind.h"

/* A byte of $DEFMS_HOME/remote.lock, which a kill gives back. Two remotes may
 * share one by chance: then they wait for each other. */
static int lock_remote(const struct mailbox *mailbox,
		       const struct remote *remote, struct err *err)
{
	AUTO(str)
	char *path =
		g_build_filename(mailbox_home(mailbox), "remote.lock", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = g_str_hash(remote->name),
			      .l_len = 1 };

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
		if (errno == EINTR)
			continue;
		(void)err_sys(err, "%s", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

int remote_turn_begin(struct mailbox *mailbox, const struct remote *remote,
		      struct remote_turn *turn_r, struct err *err)
{
	struct remote_turn turn = { .kind = remote_kind_of(remote) };

	if (!turn.kind)
		return err_set(err, ENOTSUP, "%s: no such remotes yet",
			       remote->url);
	turn.lock = lock_remote(mailbox, remote, err);
	if (turn.lock < 0)
		return -1;
	if (reader_open(mailbox, &turn.reader, err) < 0) {
		(void)close(turn.lock);
		return -1;
	}
	*turn_r = turn;
	return 0;
}

void remote_turn_end(struct remote_turn *turn)
{
	reader_close(turn->reader);
	(void)close(turn->lock);
}

int remote_ledger_open(struct mailbox *mailbox, struct state *state,
		       struct err *err)
{
	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	if (state_begin(state, true, err) == 0)
		return 0;
	mailbox_unlock(mailbox);
	return -1;
}

int remote_ledger_close(struct mailbox *mailbox, struct state *state,
			struct err *err)
{
	int result = state_commit(state, err);

	if (result < 0)
		state_rollback(state);
	mailbox_unlock(mailbox);
	return result;
}

void remote_ledger_drop(struct mailbox *mailbox, struct state *state)
{
	state_rollback(state);
	mailbox_unlock(mailbox);
}

int remote_ledger_row(struct mailbox *mailbox, struct state *state,
		      const struct visible *visible, struct state_remote *row_r,
		      struct err *err)
{
	const char *name = visible->remote->name;
	struct message_id scope = visible_scope(visible);
	struct state_remote row = { 0 };
	int found = state_remote_get(state, name, &row, err);

	if (found < 0)
		return -1;
	if (found == 0 || memcmp(row.scope, &scope, sizeof(scope)) != 0) {
		row = (struct state_remote){ .seq = -1 };
		(void)g_strlcpy(row.name, name, sizeof(row.name));
		memcpy(row.scope, &scope, sizeof(scope));
		if (remote_ledger_open(mailbox, state, err) < 0)
			return -1;
		if (state_remote_drop(state, name, err) < 0 ||
		    state_remote_put(state, &row, err) < 0) {
			remote_ledger_drop(mailbox, state);
			return -1;
		}
		if (remote_ledger_close(mailbox, state, err) < 0)
			return -1;
	}
	*row_r = row;
	return 0;
}
