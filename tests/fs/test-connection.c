/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>

#include "defms/auto.h"
#include "test.h"

TEST(only_a_mount_of_defms_has_one)
{
	static const struct {
		const char *path;
		int code;
	} known[] = {
		{ "/", EINVAL },
		{ "/proc", EINVAL },
		{ "/proc/self", EINVAL },
		{ "/dev/null", EINVAL },
		{ "/nothing/there", ENOENT },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct err err = { 0 };
		int fd = -1;

		CHECK_INT(connection_open(known[i].path, &fd, &err), -1);
		if (!CHECK_INT(err.code, known[i].code))
			printf("# %s: %s\n", known[i].path, err.text);
	}
}

TEST(one_that_is_not_mounted_is_nowhere)
{
	struct connection connection = { .number = 1048575 };
	struct err err = { 0 };
	char *path = NULL;

	CHECK_INT(connection_where(&connection, &path, &err), 0);
	CHECK(!path);
}

TEST(what_cannot_be_written_to_aborts_nothing)
{
	AUTO(fd) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err err = { 0 };

	CHECK_INT(connection_abort(fd, &err), -1);
	CHECK_INT(err.code, EBADF);
}
