/* SPDX-License-Identifier: ISC */
/* What state.db knows of IMAP accounts: which UID there is which copy here, as
 * of the last moment when both sides were the same, and what is under way
 * (defms-internals(7) has the table of states). In a write transaction, but
 * for what only looks. */
#ifndef DEFMS_STATE_IMAP_H
#define DEFMS_STATE_IMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/state-copies.h"
#include "defms/state.h"

/* -- accounts -------------------------------------------------------------- */
/* The account `name`; made if `create`: from then on changes are noted. A
 * state.db of the early days gets its tables here. 1/0/-1. */
int state_imap_account(struct state *state, const char *name, bool create,
		       int64_t *serial_r, struct err *err);

struct state_imap_account {
	int64_t serial;
	int64_t synced;    /* Unix seconds of the last pass that ended well */
	char problem[400]; /* what went wrong in the last one; "" */
};
/* 1/0/-1. */
int state_imap_account_get(struct state *state, const char *name,
			   struct state_imap_account *account_r,
			   struct err *err);
int state_imap_account_put(struct state *state,
			   const struct state_imap_account *account,
			   struct err *err);

/* -- folders --------------------------------------------------------------- */
struct state_imap_folder {
	int64_t serial;       /* 0 until it is put */
	int64_t account;      /* serial */
	int64_t folder;       /* serial of the one here */
	uint32_t uidvalidity; /* 0: nothing was ever fetched */
	uint32_t uidnext;     /* all below it is known */
	uint64_t modseq;      /* all changes up to it are known; 0: none */
	int64_t messages;     /* rows of UIDs; kept by the database */
	int64_t gone;         /* rows of those that are gone; likewise */
	char name[256];       /* the one here as both sides last called it */
	char raw[1024];       /* the server's name */
};
/* The next of an account (0: of all) after serial `after`. 1/0/-1. */
int state_imap_folder_next(struct state *state, int64_t account, int64_t after,
			   struct state_imap_folder *folder_r, struct err *err);
int state_imap_folder_get(struct state *state, int64_t serial,
			  struct state_imap_folder *folder_r, struct err *err);
/* That of the folder `folder` here. 1/0/-1. */
int state_imap_folder_of(struct state *state, int64_t account, int64_t folder,
			 struct state_imap_folder *folder_r, struct err *err);
/* Insert (serial 0; filled in: all copies in it count as changed) or update. */
int state_imap_folder_put(struct state *state, struct state_imap_folder *folder,
			  struct err *err);
/* Forget it and its UIDs. */
int state_imap_folder_drop(struct state *state, int64_t serial,
			   struct err *err);

/* -- UIDs ------------------------------------------------------------------ */
struct state_imap_uid {
	int64_t folder; /* serial of a state_imap_folder */
	uint32_t uid;   /* of a row that is gone: 0 */
	int64_t copy;   /* serial; 0: this UID is to be deleted there */
	unsigned flags; /* enum state_flag, at the last common state */
};
/* 1/0/-1. */
int state_imap_uid_get(struct state *state, int64_t folder, uint32_t uid,
		       struct state_imap_uid *row_r, struct err *err);
int state_imap_uid_of(struct state *state, int64_t copy,
		      struct state_imap_uid *row_r, struct err *err);
/* At most `limit` rows from uid `first` to `last`, of struct state_imap_uid. */
int state_imap_uid_range(struct state *state, int64_t folder,
			 const uint32_t range[2], int64_t limit,
			 GArray **rows_r, struct err *err);
/* This UID is this copy, which loses what it was bound to before, also as one
 * that is gone. */
int state_imap_uid_put(struct state *state, const struct state_imap_uid *row,
		       struct err *err);
int state_imap_uid_drop(struct state *state, int64_t folder, uint32_t uid,
			struct err *err);
/* Those of a folder that are to be deleted there, of struct state_imap_uid. */
int state_imap_uid_doomed(struct state *state, int64_t folder, GArray **rows_r,
			  struct err *err);

/* The server has this UID no longer: whether its copy is deleted, stands in
 * another folder, or goes up again is to be seen. */
int state_imap_gone_add(struct state *state, const struct state_imap_uid *row,
			struct err *err);
/* None of a folder's UIDs means anything any more. */
int state_imap_gone_all(struct state *state, int64_t folder, struct err *err);
int state_imap_gone_of(struct state *state, int64_t copy,
		       struct state_imap_uid *row_r, struct err *err);
/* At most `limit` of a folder after copy `after`, of struct state_imap_uid. */
int state_imap_gone_range(struct state *state, int64_t folder, int64_t after,
			  int64_t limit, GArray **rows_r, struct err *err);
int state_imap_gone_drop(struct state *state, int64_t copy, struct err *err);

/* A copy on its way to another folder there, by COPY and a deletion that come
 * one after the other. 0/-1; 1/0/-1. */
int state_imap_pending_add(struct state *state, int64_t copy, int64_t folder,
			   struct err *err);
int state_imap_pending_has(struct state *state, int64_t copy, int64_t folder,
			   struct err *err);
int state_imap_pending_drop(struct state *state, int64_t copy, struct err *err);

/* Copies that no UID stands for: of a message, in a folder here (0: any), that
 * look so. Those in the folder come first, then those that are gone from other
 * folders of the account, or pending to this one. int64_t serials. */
int state_imap_unbound(struct state *state,
		       const struct state_imap_folder *folder,
		       const struct state_copy *like, GArray **serials_r,
		       struct err *err);

/* -- what has changed here ------------------------------------------------- */
/* A copy whose folder, flags or being may not be what the server was told. */
struct state_imap_change {
	int64_t copy;
	bool here;      /* it is, and its message is not removed */
	int64_t folder; /* where it stands */
	unsigned flags;
	bool gone;                 /* bound to a row that is gone */
	struct state_imap_uid row; /* uid 0: to none */
	int64_t account;           /* whose row it is; 0: none */
};
/* At most `limit` after copy `after`, of struct state_imap_change. */
int state_imap_changes(struct state *state, int64_t after, int64_t limit,
		       GArray **changes_r, struct err *err);
/* Note a copy as changed. */
int state_imap_touch(struct state *state, int64_t copy, struct err *err);
/* It is no change any more if the copy is what its row says, if neither is
 * there, or if it has no row and stands in a folder that no account has. */
int state_imap_settle(struct state *state, int64_t copy, struct err *err);

/* Append a line (char *) for what should not be. */
int state_imap_check(struct state *state, GPtrArray *problems, struct err *err);

#endif
