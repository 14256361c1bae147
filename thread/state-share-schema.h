/* SPDX-License-Identifier: ISC */
/* For state.c, which makes new databases. */
#ifndef DEFMS_STATE_SHARE_SCHEMA_H
#define DEFMS_STATE_SHARE_SCHEMA_H

extern const char state_share_schema[];
/* Also what makes format 4 of 3. */
extern const char state_locked_schema[];

#endif
