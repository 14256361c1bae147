/* SPDX-License-Identifier: ISC */
/* What becomes of a file is decided by its directory and its name: pure. */
#ifndef DEFMS_SITE_H
#define DEFMS_SITE_H

#include <stdbool.h>

#include "defms/err.h"
#include "files.h"
#include "node.h"

enum site {
	SITE_NONE,   /* no file can be made there */
	SITE_FILE,   /* it stays a file */
	SITE_MAIL,   /* it becomes a message */
	SITE_OUTBOX, /* it is sent */
	SITE_FLAGS,  /* it says which flags are to change */
};
enum site site_of(struct node dir, const char *name);

/* The state of a file that gets a name at `site`. */
enum file_state site_state(enum site site);

/* Do copies stand in such a directory: a folder's, or any? */
bool site_is_folder_box(struct node dir);
bool site_is_box(struct node dir);

/* EINVAL for a name that no message can have. */
int site_check_mail(const char *name, struct err *err);

/* "<name>.error": says why a file was refused. Caller frees. */
char *site_error_name(const char *name);

#endif
