/* SPDX-License-Identifier: ISC */
/* An error: an errno value for FUSE and for retries, and one line of text for
 * a person. It is passed by value, owns nothing and needs no release. The text
 * has no capital, no full stop and no foreign control bytes: whatever a format
 * argument brings in is made printable. */
#ifndef DEFMS_ERR_H
#define DEFMS_ERR_H

#include <stdbool.h>

struct err {
	int code; /* errno value, never 0 */
	char text[400];
};

/* Fill `err` (ignored if NULL). Always -1, so that a failure is one statement:
 * return err_set(err, EBADMSG, "no From header"); */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the code of errno and its text after a colon. Always -1. */
int err_sys(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "<format>: " before the text that is there. Always -1. */
int err_prefix(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Does it mean that something is not what it was, or gone (EBADMSG, ENOENT)? Of
 * all other errors it is not known; the next try may do. */
bool err_is_damage(const struct err *err);

/* Is trying again later worth it (EAGAIN, EBUSY, ETIMEDOUT, network gone)? */
bool err_is_temporary(const struct err *err);

#endif
