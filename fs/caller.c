/* SPDX-License-Identifier: ISC */
/* proc(5): /proc/PID/syscall begins with the number of the system call that
 * blocks; where that may not be read, the program's name must do. */
#include "caller.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <glib.h>

#include "defms/auto.h"

enum { LINE = 512 };

static bool read_line(pid_t pid, const char *file, GByteArray *line)
{
	AUTO(str) char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
	AUTO(file) FILE *stream = fopen(path, "re");
	char buffer[LINE];

	if (!stream || !fgets(buffer, sizeof(buffer), stream))
		return false;
	g_byte_array_append(line, (const guint8 *)buffer,
			    (guint)strlen(buffer) + 1);
	return true;
}

static bool is_mkdir(const char *number)
{
	char *end;
	long call = strtol(number, &end, 10);

	if (end == number)
		return false;
#ifdef SYS_mkdir
	if (call == SYS_mkdir)
		return true;
#endif
	return call == SYS_mkdirat;
}

bool caller_makes_directory(pid_t pid)
{
	AUTO(bytes) GByteArray *line = g_byte_array_new();

	if (pid <= 0)
		return false;
	if (read_line(pid, "syscall", line))
		return is_mkdir((const char *)line->data);
	return read_line(pid, "comm", line) &&
	       strcmp((const char *)line->data, "mkdir\n") == 0;
}
