/* SPDX-License-Identifier: ISC */
/* A query as one SQL condition over p (places), m (messages) and s
 * (state.messages). */
#ifndef DEFMS_SEARCH_SQL_H
#define DEFMS_SEARCH_SQL_H

#include "search-node.h"
#include "sql.h"

/* A statement that is used once. */
static inline void once_auto_(sqlite3_stmt **held)
{
	(void)sqlite3_finalize(*held);
}

/* Prepare "<head> WHERE <condition> <tail>" with its values bound; the caller
 * finalizes it. Everything a user typed is bound. */
int search_prepare(struct index *index, const struct search *search,
		   const char *head, const char *tail, sqlite3_stmt **stmt_r,
		   struct err *err);

#endif
