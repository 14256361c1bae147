/* SPDX-License-Identifier: ISC */
/* For state.c, which makes new databases. */
#ifndef DEFMS_STATE_REMOTES_SCHEMA_H
#define DEFMS_STATE_REMOTES_SCHEMA_H

extern const char state_remotes_schema[];

#endif
