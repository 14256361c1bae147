/* SPDX-License-Identifier: ISC */
/* A query as a tree; shared by search*.c. */
#ifndef DEFMS_SEARCH_NODE_H
#define DEFMS_SEARCH_NODE_H

#include "defms/search.h"

enum search_kind {
	SEARCH_ALL,
	SEARCH_AND,         /* children, two or more */
	SEARCH_OR,          /* the same */
	SEARCH_NOT,         /* one child */
	SEARCH_WORDS,       /* column, text, prefix */
	SEARCH_CC,          /* text */
	SEARCH_LIST,        /* text */
	SEARCH_ID,          /* text */
	SEARCH_THREAD,      /* text */
	SEARCH_FOLDER,      /* text */
	SEARCH_DATE,        /* low <= date < high */
	SEARCH_SIZE,        /* low <= size < high */
	SEARCH_FLAG,        /* mask, negated: none of it */
	SEARCH_THREAD_FLAG, /* mask */
	SEARCH_NEW,
	SEARCH_REMOVED,
	SEARCH_ATTACHMENT,
};

enum search_column {
	SEARCH_ANYWHERE,
	SEARCH_SENDER,
	SEARCH_RECIPIENTS,
	SEARCH_SUBJECT,
	SEARCH_BODY,
};

struct search_node {
	enum search_kind kind;
	enum search_column column;
	bool prefix, negated;
	char *text; /* owned */
	unsigned mask;
	int64_t low, high;
	GPtrArray *children; /* owned; of struct search_node * */
};

struct search {
	struct search_node *root; /* owned */
	bool removed;             /* is:removed stands somewhere */
};

struct search_node *search_node_new(enum search_kind kind, const char *text,
				    size_t size);
void search_node_free(struct search_node *node);
AUTO_KIND(node, struct search_node, search_node_free)

/* Is there anything in `text` that full text knows? */
bool search_has_words(const char *text);

/* "field:text" as a tree of its own. 1; 0 if there is no such field; -1. */
int search_field(const char *field, const char *text, int64_t now,
		 struct search_node **node_r, struct err *err);

/* The span of "2026-01..2026-03" and the like. EINVAL. */
int search_date(const char *text, int64_t now, int64_t span_r[2],
		struct err *err);

#endif
