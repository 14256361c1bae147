/* SPDX-License-Identifier: ISC */
/* Finding messages: what notmuch's and Gmail's users type.
 *
 *	word  "a phrase"  begin*			anywhere
 *	from: to: cc: subject: body:			a word, phrase or group
 *	list:  id:  thread:  folder: (in: label: tag:)
 *	date:2026-01..2026-03  date:yesterday  date:7d..  before:  after:
 *	is:unread (read, flagged, answered, draft, new, muted, archived,
 *	removed, ...)  has:attachment  size:>1M
 *	and  or  not  ( )  -word			"and" may be left out
 *
 * "" and "*" find all. Removed messages are found by queries that say
 * is:removed only. */
#ifndef DEFMS_SEARCH_H
#define DEFMS_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "defms/index.h"

enum {
	SEARCH_QUERY = 4096, /* bytes of a query */
	/* Of its parentheses and nots: SQLite's parser has a stack of 100. */
	SEARCH_DEPTH = 12,
};

struct search;

/* Understand a query; days count from `now` (Unix seconds). EINVAL and what is
 * wrong with it. Pure. */
int search_parse(const char *query, int64_t now, struct search **search_r,
		 struct err *err);
void search_free(struct search *search);
AUTO_KIND(search, struct search, search_free)

struct search_options {
	bool oldest;   /* oldest first, else newest */
	int64_t limit; /* 0: none */
};

/* The serials of the messages found, of int64_t, by date. */
int search_messages(struct index *index, const struct search *search,
		    const struct search_options *options, GArray **serials_r,
		    struct err *err);

/* The serials of their threads, each once, by the date of the newest (oldest)
 * message found in it. */
int search_threads(struct index *index, const struct search *search,
		   const struct search_options *options, GArray **serials_r,
		   struct err *err);

/* How many messages or threads there are. */
int search_count(struct index *index, const struct search *search, bool threads,
		 int64_t *count_r, struct err *err);

/* A thread or a message as it is listed. */
struct search_row {
	int64_t serial;
	int64_t date;     /* of a thread: the newest (oldest) message found */
	const char *name; /* borrowed until the next row, as are the others;
			   * of its directory, "thread/message" of a message */
	const char *from; /* short names, oldest first, ", " between */
	const char *subject; /* of a thread: its first message's */
};

/* search_threads() or search_messages(), with what a list shows of each. */
struct search_list;
int search_list_threads(struct index *index, const struct search *search,
			const struct search_options *options,
			struct search_list **list_r, struct err *err);
int search_list_messages(struct index *index, const struct search *search,
			 const struct search_options *options,
			 struct search_list **list_r, struct err *err);
void search_list_free(struct search_list *list);
AUTO_KIND(search_list, struct search_list, search_list_free)
/* 1 and the next, 0 at the end, -1. */
int search_list_next(struct search_list *list, struct search_row *row_r,
		     struct err *err);

#endif
