/* SPDX-License-Identifier: ISC */
/* What small files held when they were synced, in one log.
 *
 * To sync a file that was just made the disk writes its inode, its directory
 * and its own journal. A record in a log whose blocks are there already is
 * written alone. The file itself is left to the kernel; after a loss of power
 * ledger_replay() makes it what its last record says.
 *
 * The log is in two halves. A half that is full is written anew once no file
 * needs a record in it any more: they soon become messages. */
#ifndef DEFMS_LEDGER_H
#define DEFMS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

enum { LEDGER_HALF = 2 << 20, LEDGER_DATA = 64 << 10 };

struct ledger;

/* What tells a file from all others, those before it with its inode too. */
struct ledger_id {
	uint64_t inode;
	int64_t born; /* ns since 1970 */
};
/* 1; 0: the disk does not say when it was made; -1. */
int ledger_id(int fd, struct ledger_id *id_r, struct err *err);

/* A record: in the directory `key` below files/, as `name`. */
struct ledger_file {
	struct ledger_id id;
	const char *key, *name;
	const void *data;
	size_t size; /* at most LEDGER_DATA */
};

/* Below the directory `root`, borrowed. Nothing is made before it is wanted. By
 * any worker, but for ledger_free(). */
struct ledger *ledger_new(int root);
void ledger_free(struct ledger *ledger);
AUTO_KIND(ledger, struct ledger, ledger_free)

/* True: noted, durable after ledger_sync(). False: there is no room, or there
 * can be no log: the file is to be synced itself. */
bool ledger_put(struct ledger *ledger, const struct ledger_file *file);
/* The file needs its record no more, for it is on the disk or gone. False: that
 * could not be written down. Else it is durable after ledger_sync(). */
bool ledger_drop(struct ledger *ledger, const struct ledger_id *id);
/* The same of one that is mail now. Its name may come back, until the directory
 * is synced, and then its size has to tell that: where it is found it is made
 * good, but it is not made again. */
bool ledger_drop_mail(struct ledger *ledger, const struct ledger_id *id);
/* What was noted and dropped before is durable when this returns 0. */
int ledger_sync(struct ledger *ledger, struct err *err);
/* What was dropped before is: it may be already. */
int ledger_sync_dropped(struct ledger *ledger, struct err *err);

/* Does some file's record keep the other half from being written? */
bool ledger_is_full(struct ledger *ledger);
/* How many became mail of those that have a record there. */
guint ledger_old_mail(struct ledger *ledger);
/* Is this one's record in the half that is to be written anew? */
bool ledger_is_old(struct ledger *ledger, const struct ledger_id *id);
/* These (struct ledger_id) are on the disk themselves, and so many became mail
 * there before their directories were synced. 1: there were no others, so that
 * half is written from now on, and their records are no more; 0; -1. */
int ledger_turn(struct ledger *ledger, const GArray *ids, guint mail,
		struct err *err);

/* Is there a log? */
bool ledger_is_used(const struct ledger *ledger);
/* No file needs any: the log goes. */
int ledger_end(struct ledger *ledger, struct err *err);

/* What a mount that did not end has left: each file that is not as its last
 * record says becomes so, under the name it has now or, if it has none, the one
 * it was synced under, unless that is another's. All of it durable. Then the
 * log goes. */
int ledger_replay(int root, struct err *err);

#endif
