/* SPDX-License-Identifier: ISC */
/* Against a node that hands out as much as it likes. */
#include "ipfs-blocks.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipfs-node.h"
#include "store-test.h"
#include "world-test.h"

enum { TREES = 8, TREE = 100000 /* bytes of each, exported */ };

struct node {
	int fd;
	bool empty; /* its blocks have no bytes */
	GThread *worker;
	char location[64];
};

static void answer(const struct node *node, int fd, const char *request)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	AUTO(str) char *head = NULL;

	if (strstr(request, "/version"))
		(void)g_byte_array_append(
			body, (const guint8 *)"{\"Version\":\"1.0\"}", 17);
	else if (strstr(request, "/dag/export"))
		(void)g_byte_array_set_size(body, TREE);
	else if (!node->empty) {
		(void)g_byte_array_append(body, (const guint8 *)"tree 0", 7);
		for (uint8_t i = 0; i < TREES; i++) {
			guint8 entry[27] = "40000 x";

			memset(entry + 8, i, sizeof(entry) - 8);
			(void)g_byte_array_append(body, entry, sizeof(entry));
			(void)g_byte_array_append(body, &i, 1);
		}
	}
	head = g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Length: %u\r\n"
			       "Connection: close\r\n\r\n",
			       body->len);
	(void)send(fd, head, strlen(head), MSG_NOSIGNAL);
	(void)send(fd, body->data, body->len, MSG_NOSIGNAL);
}

static gpointer serve(gpointer data)
{
	const struct node *node = data;
	int fd;

	while ((fd = accept(node->fd, NULL, NULL)) >= 0) {
		char request[4096] = "";
		size_t got = 0;
		ssize_t size = 1;

		while (!strstr(request, "\r\n\r\n") && size > 0 &&
		       got < sizeof(request) - 1) {
			size = recv(fd, request + got,
				    sizeof(request) - 1 - got, 0);
			got += size > 0 ? (size_t)size : 0;
		}
		answer(node, fd, request);
		(void)close(fd);
	}
	return NULL;
}

static void node_start(struct node *node)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	node->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(node->fd, (struct sockaddr *)&at, size), 0);
	CHECK_INT(listen(node->fd, 32), 0);
	CHECK_INT(getsockname(node->fd, (struct sockaddr *)&at, &size), 0);
	(void)g_snprintf(node->location, sizeof(node->location),
			 "http://127.0.0.1:%d", ntohs(at.sin_port));
	node->worker = g_thread_new("node", serve, node);
}

static void node_stop(struct node *node)
{
	(void)shutdown(node->fd, SHUT_RDWR);
	(void)g_thread_join(node->worker);
	(void)close(node->fd);
}

/* Bytes in files for what is pulled. */
static size_t saved(const struct world *world)
{
	AUTO(str)
	char *count = output("cat %s/remote-list-*.car | wc -c",
			     mailbox_home(world->mailbox));

	return (size_t)g_ascii_strtoull(count, NULL, 10);
}

/* Load all under a root of eight trees, with a limit; what came of it. */
static int load(struct node *node, uint64_t limit, size_t *saved_r,
		struct err *err)
{
	static char name[] = "list";
	static const struct object_id root = { { 1 } };
	AUTO(world) struct world *world = world_new();
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(kubo) struct kubo *kubo = NULL;
	AUTO(ipfs_blocks) struct ipfs_blocks *blocks = NULL;
	struct remote remote = { .name = name,
				 .location = node->location,
				 .limit = limit };
	int result = -1;

	node_start(node);
	if (CHECK_INT(ipfs_node_open(&remote, &kubo, err), 0)) {
		blocks = ipfs_blocks_new(world->mailbox, &remote, kubo);
		result = ipfs_blocks_load(blocks, &root, lines, err);
		*saved_r = saved(world);
	}
	node_stop(node);
	return result;
}

TEST(all_trees_together_stay_within_the_limit)
{
	struct node node = { 0 };
	struct err err = { 0 };
	size_t size = 0;

	CHECK_INT(load(&node, TREES / 2 * TREE, &size, &err), -1);
	CHECK_INT(err.code, EFBIG);
	CHECK(size <= TREES / 2 * TREE);
}

TEST(what_fits_is_all_there)
{
	struct node node = { 0 };
	struct err err = { 0 };
	size_t size = 0;

	CHECK_INT(load(&node, TREES * TREE, &size, &err), 0);
	CHECK_INT(size, TREES * TREE);
}

TEST(a_block_without_bytes_is_no_object)
{
	struct node node = { .empty = true };
	struct err err = { 0 };
	size_t size = 0;

	CHECK_INT(load(&node, TREE, &size, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}
