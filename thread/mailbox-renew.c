/* SPDX-License-Identifier: ISC */
/* A new device key in place: what the mailbox put into strands so far is the
 * chain of a device that does not write any more. From the first step to the
 * last nothing can be written; a kill between them is mended by doing it again.
 */
#include "backup.h"

#include "defms/crash.h"
#include "defms/state-chains.h"
#include "key-change.h"
#include "mailbox-parts.h"

static int leave_chains(struct mailbox *mailbox, struct state *state,
			struct err *err)
{
	struct device_id device = identity_device(mailbox_identity(mailbox));

	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_chain_leave(state, &device, err) < 0 ||
	    state_set(state, STATE_TWICE, 1, err) < 0) {
		state_rollback(state);
		return -1;
	}
	return state_commit(state, err);
}

static int write_again(struct state *state, struct err *err)
{
	if (state_begin(state, true, err) < 0)
		return -1;
	if (state_set(state, STATE_TWICE, 0, err) < 0) {
		state_rollback(state);
		return -1;
	}
	return state_commit(state, err);
}

/* Under the lock. */
static int renew(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(state) struct state *state = NULL;

	if (mailbox_refresh_identity(mailbox, err) < 0 ||
	    mailbox_replay(mailbox, err) < 0 ||
	    state_open(path, &state, err) < 0 ||
	    leave_chains(mailbox, state, err) < 0)
		return -1;
	crash_point("restore: chains are left, before the new key");
	if (identity_new_device(mailbox_own_identity(mailbox),
				g_get_real_time() / G_USEC_PER_SEC, err) < 0 ||
	    mailbox_save_identity(mailbox, err) < 0)
		return -1;
	crash_point("restore: the new key is there, before it is used");
	return write_again(state, err);
}

int mailbox_renew_device(const struct config *config, bool *listed_r,
			 struct err *err)
{
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	const struct identity *identity;
	int result;

	if (mailbox_open(config, &mailbox, err) < 0 ||
	    mailbox_lock(mailbox, err) < 0)
		return -1;
	result = renew(mailbox, err);
	mailbox_unlock(mailbox);
	identity = mailbox_identity(mailbox);
	*listed_r = result == 0 &&
		    identity_lists(identity, identity_device_key(identity));
	return result;
}
