/* SPDX-License-Identifier: ISC */
/* For tests of the index: an empty one beside its state.db, and messages. */
#ifndef DEFMS_INDEX_TEST_H
#define DEFMS_INDEX_TEST_H

#include "defms/index.h"
#include "defms/state-threads.h"
#include "defms/state.h"
#include "home-test.h"
#include "index-write.h"
#include "store-test.h"

struct index_files {
	char *folder, *state_path, *path;
	struct state *state;
	struct index *index;
	int64_t seq;
};

/* The test cannot go on if `result` is a failure. */
void must(int result, const struct err *err);

struct index_files *index_files_new(void);

void index_files_free(struct index_files *files);
AUTO_KIND(index_files, struct index_files, index_files_free)

/* Make a thread; its serial. */
int64_t thread_new(struct index_files *files, const char *name);

/* Add a message to a thread as one batch; its serial. */
int64_t message_new(struct index_files *files, int64_t thread,
		    const char *text);

/* One of a date (NULL: none) and number, from and to somebody. */
int64_t dated(struct index_files *files, int64_t thread, int number,
	      const char *date);

/* Serials as "1 2 3"; caller frees. */
char *serials_text(const GArray *serials);

/* Check what a function that gives serials gave, and free it. */
#define CHECK_SERIALS(call, serials, want)                                     \
	do {                                                                   \
		AUTO(str) char *text_ = NULL;                                  \
		CHECK_INT(call, 0);                                            \
		text_ = serials_text(serials);                                 \
		CHECK_STR(text_, want);                                        \
		g_array_unref(take(serials));                                  \
	} while (0)

#endif
