/* SPDX-License-Identifier: ISC */
/* A folder of CARs that several devices write to, perhaps synchronised by
 * something that knows nothing of us, perhaps on a stick.
 *
 *	<device id>-<whom>-<number>.car	written by that device alone, never
 *					changed after it has this name
 *	.<device id>-<whom>.tmp		being written
 *
 * A device may write for several: it is another hand for each, which the 8 hex
 * digits of <whom> tell apart, and tell nothing else. Each file has what is new
 * since those of the same hand before it, and a root that says all. What a hand
 * has to say now is the root of its file of the highest number. Files of any
 * other name that ends in .car (copies that a synchroniser made of a conflict)
 * are read too, each as a hand of its own. */
#ifndef BRIDGE_REMOTE_DIR_H
#define BRIDGE_REMOTE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/key.h"
#include "defms/state-remotes.h"

struct dir_hand {
	struct device_id device;
	uint32_t whom;
};

/* Of a file that is there. */
struct dir_file {
	struct state_file seen;
	bool is_numbered; /* its name has this form: */
	struct dir_hand hand;
	uint64_t number;
};

bool dir_same_hand(const struct dir_hand *a, const struct dir_hand *b);

/* Open the folder: EAGAIN if there is none (a stick that is elsewhere). */
int dir_open(const char *path, int *fd_r, struct err *err);

/* All files in it that end in .car, of struct dir_file, by name. */
int dir_list(int folder, GArray **files_r, struct err *err);

/* What `name` says; false: it has another form. */
bool dir_parse_name(const char *name, struct dir_hand *hand_r,
		    uint64_t *number_r);
/* Caller frees. */
char *dir_print_name(const struct dir_hand *hand, uint64_t number);

/* Fill size and times. 1, 0 gone, -1. */
int dir_stat(int folder, const char *name, struct state_file *file_r,
	     struct err *err);

/* The row of that name in what state_file_list() gave, or NULL. */
const struct state_file *dir_find_row(const GArray *rows, const char *name);
/* Is it the same file as then? */
bool dir_same_file(const struct state_file *a, const struct state_file *b);

#endif
