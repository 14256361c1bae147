/* SPDX-License-Identifier: ISC */
/* What the files of a remote repository share. */
#ifndef THREAD_STORE_REMOTE_PARTS_H
#define THREAD_STORE_REMOTE_PARTS_H

#include <git2.h>

#include "defms/store-remote.h"

enum {
	REMOTE_HEADS = 1 << 20,
	REMOTE_KEY_FILES = 3,
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
	unsigned asked;             /* how often it wanted a login */
	uint64_t limit;             /* bytes that a fetch may bring */
	bool over;                  /* it had more */
	GPtrArray *lines;           /* borrowed, in a push: char * */
	size_t sent;                /* objects, in a push */
};

/* Callbacks that carry `remote`. */
void remote_callbacks(struct store_remote *remote,
		      git_remote_callbacks *callbacks);

/* Fill `err` from libgit2's last error about the other side. Always -1. */
int err_remote(struct err *err, const struct store_remote *remote, int result);

/* The name of a head's ref. Caller frees. */
char *remote_ref_name(const struct head *head);

#endif
