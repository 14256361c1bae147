/* SPDX-License-Identifier: ISC */
/* The folders of an IMAP account, and the one that is selected. Failures are as
 * imap.h tells. */
#ifndef BRIDGE_IMAP_FOLDER_H
#define BRIDGE_IMAP_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "imap.h"

struct imap_folder {
	char *name;          /* owned; name_folder() form */
	char *raw;           /* owned; the server's own */
	char delimiter;      /* 0: none */
	unsigned attributes; /* enum imap_attribute */
	bool has_status;     /* the numbers below are known */
	bool has_modseq;     /* and this one: 0 is "keeps none" */
	uint32_t messages, uidnext, uidvalidity;
	uint64_t modseq; /* HIGHESTMODSEQ */
};
struct imap_listing {
	GPtrArray *folders; /* of struct imap_folder *; in the server's order */
	GPtrArray *refused; /* of char *: a line for each name that is none
			     * for us (hostile, or met twice) */
};
void imap_listing_free(struct imap_listing *listing);
AUTO_KIND(imap_listing, struct imap_listing, imap_listing_free)

/* All folders of the account, with their numbers (LIST-STATUS, or a STATUS for
 * each, pipelined). Not while a folder is selected that changes matter in. */
int imap_list(struct imap *imap, struct imap_listing **listing_r,
	      struct err *err);
/* The server's name for a folder `name` that may not exist there yet. EINVAL
 * for one that it cannot have. Only after imap_list(). */
int imap_raw_name(const struct imap *imap, const char *name, char **raw_r,
		  struct err *err);
/* Each one command: 0, or -1 as imap.h tells; EEXIST, ENOENT. */
int imap_create(struct imap *imap, const char *raw, struct err *err);
int imap_rename(struct imap *imap, const char *raw, const char *to,
		struct err *err);
int imap_remove(struct imap *imap, const char *raw, struct err *err);

struct imap_selected {
	uint32_t uidvalidity, uidnext; /* uidnext 0: not told */
	uint32_t exists;
	uint64_t modseq; /* HIGHESTMODSEQ; 0: keeps none */
	bool read_only;
	bool uids_not_sticky; /* UIDs last no longer than the session */
	unsigned flags;       /* enum state_flag that can be kept */
	bool any_keyword;     /* any keyword can be kept */
	char *keywords;       /* owned; else just these can */
};
void imap_selected_release(struct imap_selected *selected);

/* Select a folder (EXAMINE if `read_only`), with CONDSTORE if there is. */
int imap_select(struct imap *imap, const char *raw, bool read_only,
		struct imap_selected *selected_r, struct err *err);

#endif
