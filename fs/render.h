/* SPDX-License-Identifier: ISC */
/* Names and small files of the tree: pure. */
#ifndef DEFMS_RENDER_H
#define DEFMS_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/state-copies.h"
#include "defms/state.h"

/* The file name of a copy: name_copy(), name_copy_plain() if `plain`. Caller
 * frees. */
char *render_copy(const struct state_copy *copy, bool plain);

/* The same if it is as somebody gave it, and not what base and flags make; else
 * NULL. */
char *render_own(const struct state_copy *copy);

/* `name` without ":2,FLAGS"; all of it if there is nothing before that. Caller
 * frees. */
char *render_base(const char *name);

/* The serial in "<received>.M<serial>.defms"; 0 if it is another name. */
int64_t render_serial(const char *base);

/* An address as a file name: '/', '%', control characters and a '.' at the
 * start as %XX (RFC 3986, 2.1). NULL if it is too long for one. Caller
 * frees. */
char *render_escape(const char *text);
/* And back; NULL if a %XX is not one. Caller frees. */
char *render_unescape(const char *name);

/* "seen flagged\n": always in the same order; "" if there is none. */
void render_message_flags(unsigned flags, GString *out);

/* The same of a thread: enum state_thread_flag and RENDER_SEEN. */
enum {
	RENDER_SEEN = 1 << 3,
	RENDER_VERSION = 1 << 23, /* tells "no flags" from "any version" */
};
void render_thread_flags(unsigned flags, GString *out);

/* A change as the version of a file; never 0, which is "any version". */
uint32_t render_version(int64_t seq);
/* And back: the latest change up to `latest` that `version` may stand for. */
int64_t render_change(int64_t latest, uint32_t version);

/* A text as a file: with a line end, empty if it is. */
void render_field(const char *text, GString *out);

/* README.txt. */
const char *render_readme(void);

/* Is `name` an editor's or a tool's scratch file (design 4, rule 7): no mail,
 * no query? */
bool render_is_scratch(const char *name);

#endif
