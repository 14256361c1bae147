/* SPDX-License-Identifier: ISC */
#include "car-root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "defms/car.h"
#include "defms/root-tree.h"

enum { CHUNK = 64 << 10 };

/* Is the root among the blocks that were fed? 1; 0 not yet; -1: it will not be.
 */
static int find_root(struct car_reader *reader, GArray *ids)
{
	struct car_block block;
	int more;

	while ((more = car_next(reader, &block, NULL)) > 0) {
		const struct object_id *root = car_root(reader);

		if (!root || !object_id_equal(&block.id, root))
			continue;
		if (!block.sound || block.type != OBJECT_TREE)
			return -1;
		root_tree_list(block.data, block.size, ids);
		return 1;
	}
	return more;
}

int car_root_list(int folder, const char *name, GArray *ids, struct err *err)
{
	static const struct car_limits limits = { UINT64_MAX, UINT64_MAX };
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&limits);
	AUTO(str) char *buffer = g_malloc(CHUNK);
	AUTO(fd)
	int fd = openat(folder, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int found = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	while (found == 0) {
		ssize_t size = read(fd, buffer, CHUNK);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return err_sys(err, "%s", name);
		if (size == 0)
			break;
		car_feed(reader, buffer, (size_t)size);
		found = find_root(reader, ids);
	}
	return found > 0;
}
