/* SPDX-License-Identifier: ISC */
/* What the files of a remote repository share. */
#ifndef THREAD_STORE_REMOTE_PARTS_H
#define THREAD_STORE_REMOTE_PARTS_H

#include <git2.h>

#include "defms/store-remote.h"

enum {
	REMOTE_HEADS = 1 << 20,
	REMOTE_REFS = 256 << 20, /* bytes of the list of them at most */
	REMOTE_OBJECT_MOST = 1 << 20,
};

/* A card's ref there. */
struct remote_card {
	char name[ROOT_CARD_NAME + 1];
	struct object_id tip;
};

struct store_remote {
	struct store *store;        /* borrowed */
	char *scratch;              /* owned */
	char *url;                  /* owned */
	git_repository *repository; /* owned: the scratch */
	git_odb *odb;               /* owned: its objects and mailbox.git's */
	git_remote *remote;         /* owned */
	GArray *heads;              /* owned: struct head, sorted */
	GArray *cards;              /* owned: struct remote_card */
	struct store_wire wire;     /* closed at the end; NULLs: a path */
	struct err problem;         /* of the wire; code 0: none */
	bool is_listing;            /* the refs are being read */
	size_t listed;              /* bytes of them */
	uint64_t limit;             /* bytes that a fetch may bring */
	bool over;                  /* it had more */
	GPtrArray *lines;           /* borrowed, in a push: char * */
	size_t sent;                /* objects, in a push */
};

/* Callbacks that carry `remote`. */
void remote_callbacks(struct store_remote *remote,
		      git_remote_callbacks *callbacks);

/* Fill `err` from the wire's error, or else libgit2's last one about the other
 * side. Always -1. */
int err_remote(struct err *err, const struct store_remote *remote, int result);

/* A git_transport_cb over remote->wire. */
int remote_transport(git_transport **transport_r, git_remote *owner,
		     void *remote);

/* The name of a head's ref. Caller frees. */
char *remote_ref_name(const struct head *head);

#endif
