/* SPDX-License-Identifier: ISC */
/* The lines of `links` (defms-formats(5)) as state.db has them; what they do to
 * threads is argued in threading.c and links.c. */
#ifndef DEFMS_LINK_SET_H
#define DEFMS_LINK_SET_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/message.h"
#include "defms/seal.h"
#include "defms/state.h"

enum link_kind { LINK_JOIN, LINK_SPLIT, LINK_MOVE };

struct link {
	enum link_kind kind;
	struct message_id hash; /* split, move */
	const char *root;       /* join, move; borrowed from the line */
};

/* false for what is none of these three, which is passed over. */
bool link_parse(const char *line, struct link *link_r);
/* Caller frees. */
char *link_print_join(const char *root);
char *link_print_split(const struct message_id *hash);
char *link_print_move(const struct message_id *hash, const char *root);
/* Nothing more goes into this strand. */
char *link_print_closed(const struct strand_id *strand);

/* All of them. */
struct link_set {
	GHashTable *splits; /* struct message_id * */
	GHashTable *moves;  /* struct message_id * -> root */
	GPtrArray *joins;   /* of GPtrArray of roots: those of one strand */
	size_t count;
};
int link_set_load(struct state *state, struct link_set **set_r,
		  struct err *err);
void link_set_free(struct link_set *set);
AUTO_KIND(link_set, struct link_set, link_set_free)

/* The lines of a strand as its blob has them, of `lines` (sorted, char *). */
GByteArray *link_blob(const GPtrArray *lines);
/* And back. EBADMSG unless they are lines, sorted, each once. */
int link_blob_parse(const void *data, size_t size, GPtrArray **lines_r,
		    struct err *err);
/* Put lines (char *) in the order of a blob, each once. */
void link_lines_sort(GPtrArray *lines);
/* Is it one of these, which are in that order? An id is a line of `sent`. */
bool link_lines_have(const GPtrArray *lines, const char *line);
bool link_blob_has_id(const GPtrArray *lines, const struct message_id *id);

#endif
