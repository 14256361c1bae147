/* SPDX-License-Identifier: ISC */
/* Shared by the commands that take FILE or "-". */
#ifndef DEFMS_CMD_INPUT_H
#define DEFMS_CMD_INPUT_H

#include <stddef.h>

#include <glib.h>

#include "defms/err.h"

/* Append all of the file `name`, or of standard input for "-"; EFBIG over
 * `limit` bytes. */
int cmd_input(const char *name, size_t limit, GByteArray *out, struct err *err);

#endif
