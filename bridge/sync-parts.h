/* SPDX-License-Identifier: ISC */
/* What the parts of a sync share. */
#ifndef BRIDGE_SYNC_PARTS_H
#define BRIDGE_SYNC_PARTS_H

#include "defms/batch.h"
#include "defms/mill.h"
#include "defms/reader.h"
#include "defms/state-imap.h"

#include "imap-folder.h"
#include "imap-plan.h"
#include "imap-sync.h"
#include "imap.h"

struct sync_folder {
	struct state_imap_folder row;
	const struct imap_folder *listed; /* borrowed; NULL: no numbers of it */
	bool there;                       /* the server has it */
	bool leaving;                     /* it was removed here */
	bool failed;                      /* nothing more is done in it */
	bool known;     /* all that the server has of it is known */
	bool is_held;   /* too much would go up to it */
	bool again;     /* something went there whose UID was not told */
	unsigned flags; /* enum state_flag that the server keeps */
	struct imap_set *fresh; /* owned: UIDs to be fetched */
	int64_t uploads;        /* that wait for it */
	uint32_t uidnext;       /* of the row, once these are here */
	uint64_t modseq;        /* likewise */
};

struct sync {
	struct mailbox *mailbox;            /* borrowed */
	const struct account *account;      /* borrowed */
	const struct sync_options *options; /* borrowed */
	struct sync_report *report;         /* borrowed */
	struct reader *reader;              /* owned */
	struct state *state;                /* borrowed from it */
	struct imap *imap;                  /* owned */
	struct imap_listing *listing;       /* owned */
	GPtrArray *folders;                 /* owned: struct sync_folder */
	struct mill *mill; /* owned; NULL until something comes */
	int64_t serial;    /* of the account; 0: none, in a dry run */
};

/* -- imap-sync.c ----------------------------------------------------------- */
/* A change of the bridge's own rows: under the mailbox's lock, durable. */
int ledger_begin(struct sync *sync, struct err *err);
int ledger_commit(struct sync *sync, struct err *err);
void ledger_undo(struct sync *sync);

__attribute__((format(printf, 3, 4))) void
sync_note(struct sync *sync, const struct sync_folder *folder,
	  const char *format, ...);
__attribute__((format(printf, 3, 4))) void
sync_problem(struct sync *sync, const struct sync_folder *folder,
	     const char *format, ...);
/* A message for a person, by one of its copies: "About us" (UID 7), or UID 7
 * alone if there is no subject; `kind` says what `number` is. Caller frees. */
char *sync_name(struct sync *sync, int64_t copy, const char *kind,
		int64_t number);
/* The server has said no to something in a folder: it is left out from now on,
 * 0; or the connection is no more, -1. */
int sync_refused(struct sync *sync, struct sync_folder *folder,
		 const struct err *err);
/* ECANCELED if somebody wants an end. */
int sync_go_on(const struct sync *sync, struct err *err);
void sync_count(struct sync *sync, enum sync_count what, uint64_t more);
struct sync_folder *sync_folder_of(struct sync *sync, int64_t row);
/* That of a folder here; NULL if it has none. */
struct sync_folder *sync_folder_here(struct sync *sync, int64_t folder);
/* Commit a batch and free it. */
int sync_commit(struct batch *batch, struct err *err);

/* -- sync-folders.c -------------------------------------------------------- */
/* Which folder here is which there; make what one side lacks. */
int sync_match_folders(struct sync *sync, struct err *err);
/* Should a folder here, which has no counterpart, have one there? Then its
 * mail waits until it can be made. 1/0/-1. */
int sync_lacks_folder(struct sync *sync, int64_t folder, struct err *err);
/* At the end: remove there what was removed here, and the other way. */
int sync_remove_folders(struct sync *sync, struct err *err);

/* -- sync-news.c ----------------------------------------------------------- */
/* What has changed on the server: flags are set here, UIDs that have vanished
 * are gone, those that are fresh are noted. */
int sync_news(struct sync *sync, struct sync_folder *folder, struct err *err);

/* -- sync-intake.c --------------------------------------------------------- */
/* Fetch what is fresh, and note how far the folder is known. */
int sync_intake(struct sync *sync, struct sync_folder *folder, struct err *err);

/* -- sync-gone.c ----------------------------------------------------------- */
/* What the server has no longer, in none of its folders. */
int sync_gone(struct sync *sync, struct sync_folder *folder, struct err *err);

/* -- sync-push.c ----------------------------------------------------------- */
/* Flags, moves and deletions go to the server. */
int sync_push(struct sync *sync, struct err *err);

/* -- sync-upload.c --------------------------------------------------------- */
/* What has no UID goes to the server. */
int sync_upload(struct sync *sync, struct err *err);

#endif
