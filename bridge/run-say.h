/* SPDX-License-Identifier: ISC */
/* What `bridge run` says on stderr, a line each. */
#ifndef BRIDGE_RUN_SAY_H
#define BRIDGE_RUN_SAY_H

/* "defms: NAME: TEXT" */
void run_say(const char *name, const char *text);

/* A complaint that lasts is said once: not if it is what *said was; "" is none.
 * Takes over `text`, which *said, owned, is then. */
void run_complain(const char *name, char **said, char *text);

#endif
