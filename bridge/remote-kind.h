/* SPDX-License-Identifier: ISC */
/* What there is to do for a remote of one kind (dir, car, git, ipfs). Whatever
 * they have in common stands in remote-push.c and remote-pull.c, which take
 * the turns that are described here. */
#ifndef BRIDGE_REMOTE_KIND_H
#define BRIDGE_REMOTE_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/mailbox.h"
#include "defms/remote.h"
#include "defms/root-tree.h"
#include "defms/state-remotes.h"
#include "defms/visible.h"

/* One push. */
struct push {
	struct mailbox *mailbox;     /* borrowed */
	const struct remote *remote; /* borrowed */
	struct state *state;         /* borrowed */
	struct visible visible;      /* owned: heads and cards to be there */
	struct state_remote row;     /* what is known of the last push */
	GArray *given;       /* owned: struct head, that it got from here */
	GArray *others;      /* owned: struct head, that it has from others */
	GPtrArray *lines;    /* borrowed: of char *, what is to be said */
	size_t objects;      /* that were written there */
	bool is_to_be_noted; /* there is something for note() in any case */
	void *own;           /* of the kind; freed by close() */
};

/* One pull. */
struct pull {
	struct mailbox *mailbox;     /* borrowed */
	const struct remote *remote; /* borrowed */
	struct state *state;         /* borrowed */
	struct visible visible;      /* owned: who is at the other end */
	struct state_remote row;     /* what is known of the last pull */
	bool again;       /* look at all of it, not only at what is new */
	GArray *heads;    /* owned: struct head, that it says there are */
	guint others;     /* so many of them are kept there by others */
	GPtrArray *cards; /* owned: struct root_card */
	GPtrArray *lines; /* borrowed: of char *, what is wrong with it */
	void *own;        /* of the kind; freed by close() */
};

struct remote_kind {
	/* Is what was pushed last still there? 1; 0: it is to get all again;
	 * -1. Before every push, also if nothing is new. */
	int (*look)(struct push *push, struct err *err);
	/* Bring it there. What it need not carry, as others do, may be taken
	 * out of visible.heads. */
	int (*push)(struct push *push, struct err *err);
	/* In the transaction that notes what was pushed. */
	int (*note)(struct push *push, struct err *err);
	void (*close_push)(struct push *push);

	/* Fill heads and cards: 1; 0 if there is nothing new; -1. What is
	 * damaged is a line. */
	int (*open)(struct pull *pull, struct err *err);
	/* As in struct offer; the context is the pull. */
	int (*read)(void *pull, const struct object_id *id,
		    enum object_type *type_r, GByteArray *out, struct err *err);
	/* In the transaction that notes what was pulled. */
	int (*note_pull)(struct pull *pull, struct err *err);
	void (*close_pull)(struct pull *pull);
};

/* A line in `lines`, if so many trees or cards under a root are missing: of the
 * push in the file `name`, by `device`, where they are known (else NULL). */
void remote_pull_incomplete(struct pull *pull, const char *name,
			    const struct device_id *device, size_t missing);

/* NULL: this program cannot speak to that kind. */
const struct remote_kind *remote_kind_of(const struct remote *remote);

extern const struct remote_kind remote_dir, remote_car, remote_git, remote_ipfs;

#endif
