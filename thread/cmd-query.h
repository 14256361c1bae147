/* SPDX-License-Identifier: ISC */
/* Shared by the commands that take a query. */
#ifndef DEFMS_CMD_QUERY_H
#define DEFMS_CMD_QUERY_H

#include <stdio.h>

#include "defms/search.h"

/* The words (NULL ends them), a space between, as a query. */
int cmd_query(char **words, struct search **search_r, struct err *err);

/* "2026-11-02 09:15" (UTC), all zero for 0. */
void cmd_date(int64_t date, char out[24]);

/* Print a text that may end up on a terminal: what could command it, or is no
 * UTF-8, is replaced. Line ends and tabs stay if `lines`. */
void cmd_print(FILE *out, const char *text, size_t size, bool lines);

#endif
