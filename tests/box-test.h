/* SPDX-License-Identifier: ISC */
/* Several mailboxes in one process, each somebody's. */
#ifndef DEFMS_BOX_TEST_H
#define DEFMS_BOX_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/mailbox.h"
#include "defms/state-contacts.h"
#include "home-test.h"

struct box {
	char *folder, *mail; /* owned, as is all else */
	struct config *config;
	struct mailbox *mailbox;
};

/* A new one, open, of somebody with this name and address. */
struct box *box_new(const char *name, const char *mail);
/* With its folder. */
void box_remove(struct box *box);
AUTO_KIND(box, struct box, box_remove)

/* The environment is that of this one from now on. */
void box_enter(const struct box *box);
/* Closed, and opened again, as another process would. */
void box_close(struct box *box);
void box_reopen(struct box *box);

/* Its state.db, which the caller closes; a number in it. */
struct state *box_state(const struct box *box);
int64_t box_number(const struct box *box, const char *name);

/* A message into INBOX, as one of a public list. */
void box_import(struct box *box, const char *text, bool is_public);

/* Whose it is. */
struct root_key root_of(const struct identity *identity);

/* `box` knows the other one's key. */
void box_pin(struct box *box, const struct box *other);

/* For g_ptr_array_sort(), of char *. */
gint compare_text(gconstpointer a, gconstpointer b);
/* The hashes of what is here and not removed, sorted, a line each (caller
 * frees); how many they are. */
char *box_hashes(const struct box *box);
size_t box_count(const struct box *box);

/* A failure if `defms check` or git find anything. */
void box_check(struct box *box);

/* Every whole message opens through the index. */
void box_read_all(struct box *box);

#endif
