/* SPDX-License-Identifier: ISC */
/* What is told to the kernel from the side, by two workers that do nothing
 * else.
 *
 * To take back a name waits, not to be interrupted, until who changes that
 * directory has his answer; so does a touch of the mount. If the daemon is
 * killed then, nobody answers any more, and while a worker of it waits in the
 * kernel its descriptors stay open: the mount would hang for good. So these
 * workers have a table of descriptors of their own, and those through which
 * requests were read close with the rest of the process. The one that the
 * teller needs stays open: for that there is a guard (guard.h). */
#ifndef DEFMS_TELLER_H
#define DEFMS_TELLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "defms/auto.h"
#include "defms/err.h"

enum told_what { TOLD_NODE, TOLD_NAME, TOLD_DIR, TOLD_TOUCH, TOLD_MAIL };

struct told {
	enum told_what what;
	uint64_t id; /* of a node; of the tmp/ that goes with a new/ */
	char *text; /* a name in it (DIR: of a directory); the path to touch, or
		     * of mail that came to new/ */
};

struct teller;

/* `tell` is called for all but TOLD_TOUCH and TOLD_MAIL, in order, with the
 * descriptor `fd` open and no other; these are done after what was told before
 * them, by system calls on their paths; TOLD_MAIL only while that is in the
 * file system that is at `path` now. */
int teller_new(int fd, const char *path,
	       void (*tell)(void *data, const struct told *told), void *data,
	       struct teller **teller_r, struct err *err);
/* From any worker; `text` is copied. */
void teller_tell(struct teller *teller, enum told_what what, uint64_t id,
		 const char *text);
/* TOLD_MAIL: to inotify(7) mail comes with what Maildir programs do, a file
 * that is made in tmp/ and renamed into new/; so these are done once more, and
 * whoever answers them has to know that nothing changes by them. Is it for this
 * that the worker `tid` does something to `name`? */
bool teller_delivers(struct teller *teller, pid_t tid, const char *name);
/* Its descriptor closes, as soon as nothing is being told. */
void teller_hang_up(struct teller *teller);
/* What was not told yet is not told. Waits for what is being. */
void teller_end(struct teller *teller);
void teller_free(struct teller *teller);
AUTO_KIND(teller, struct teller, teller_free)

/* Give the calling worker a table of descriptors of its own, where only `fd`
 * (-1: none) is open. */
void teller_leave_files(int fd);

#endif
