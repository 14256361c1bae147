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

#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"

enum told_what { TOLD_NODE, TOLD_NAME, TOLD_DIR, TOLD_TOUCH };

struct told {
	enum told_what what;
	uint64_t id; /* of a node */
	char *text;  /* a name in it (DIR: of a directory); the path to touch */
};

struct teller;

/* `tell` is called for all but TOLD_TOUCH, in order, with the
 * descriptor `fd` open and no other; paths are touched after what was told
 * before them. */
int teller_new(int fd, void (*tell)(void *data, const struct told *told),
	       void *data, struct teller **teller_r, struct err *err);
/* From any worker; `text` is copied. */
void teller_tell(struct teller *teller, enum told_what what, uint64_t id,
		 const char *text);
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
