/* SPDX-License-Identifier: ISC */
/* For tests with a store: a folder that goes away, and stock git. */
#ifndef DEFMS_STORE_TEST_H
#define DEFMS_STORE_TEST_H

#include <errno.h>
#include <sys/wait.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "defms/store.h"
#include "test.h"

/* Run a line of shell; its wait status. */
int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What it printed, without the last line end. Caller frees. */
char *output(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Run git in the store. */
int git(struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A new folder. */
char *folder_new(void);
/* Remove it with all that is in it. */
void folder_free(char *folder);
AUTO_KIND(folder, char, folder_free)

/* A new store in `folder`. */
struct store *store_at(const char *folder);

#endif
