/* SPDX-License-Identifier: ISC */
#include "cmd-input.h"

#include <string.h>
#include <unistd.h>

#include "defms/io.h"

int cmd_input(const char *name, size_t limit, GByteArray *out, struct err *err)
{
	if (strcmp(name, "-") == 0)
		return io_read_fd(STDIN_FILENO, "standard input", limit, out,
				  err);
	return io_read_file(name, limit, out, err);
}
