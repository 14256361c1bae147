/* SPDX-License-Identifier: ISC */
#include "node-ops.h"
#include "node.h"

#include <errno.h>

#include "test.h"

TEST(an_id_tells_kind_serial_and_part)
{
	static const uint32_t serials[] = { 0, 1, 0x7fffffff, 0xffffffff };
	static const uint32_t parts[] = { 0, 1, 0x800000, 0xffffff };

	for (int kind = NODE_README; kind < NODE_KINDS; kind++)
		for (size_t i = 0; i < 16; i++) {
			struct node node =
				node_make((enum node_kind)kind, serials[i / 4],
					  parts[i % 4]);
			struct node back = node_of(node_id(node));

			CHECK_INT(back.kind, node.kind);
			CHECK_INT(back.serial, node.serial);
			CHECK_INT(back.part, node.part);
		}
}

TEST(a_serial_that_has_no_room_is_nobody_elses)
{
	static const int64_t serials[] = { -1, INT64_C(1) << 32,
					   (INT64_C(1) << 32) + 5, INT64_MAX };
	struct err err;

	for (size_t i = 0; i < 4; i++) {
		struct node node = node_make(NODE_COPY, serials[i], 0);

		CHECK_INT(node_check(node, "x", &err), -1);
		CHECK_INT(err.code, EOVERFLOW);
		CHECK_INT(node_of(node_id(node)).kind, NODE_KINDS);
	}
	CHECK_INT(node_check(node_make(NODE_COPY, UINT32_MAX, 0), "x", &err),
		  0);
}

TEST(the_root_is_one_as_fuse_wants_it)
{
	CHECK_INT(node_id(node_make(NODE_ROOT, 0, 0)), 1);
	CHECK_INT(node_of(1).kind, NODE_ROOT);
	CHECK_INT(node_of(1).part, 0);
}

TEST(an_id_nobody_made_is_of_no_kind)
{
	CHECK_INT(node_of(UINT64_MAX).kind, NODE_KINDS);
}

/* Inode numbers outlive a mount and a version of defms: these are for ever. */
TEST(numbers_of_kinds_stay)
{
	CHECK_INT(NODE_THREADS, 2);
	CHECK_INT(NODE_THREAD, 12);
	CHECK_INT(NODE_MESSAGE, 23);
	CHECK_INT(NODE_PART, 38);
	CHECK_INT(NODE_COPY, 43);
	CHECK_INT(NODE_LINK, 55);
}

TEST(a_version_changes_the_id_but_not_the_inode_number)
{
	struct node old = node_make(NODE_THREAD_INFO, 7, 1);
	struct node young = node_make(NODE_THREAD_INFO, 7, 2);

	CHECK(node_id(old) != node_id(young));
	CHECK_INT(node_inode(old), node_inode(young));
	CHECK(node_inode(node_make(NODE_PART, 7, 1)) !=
	      node_inode(node_make(NODE_PART, 7, 2)));
}

TEST(inode_numbers_rise_with_arrival)
{
	for (int64_t serial = 1; serial < 0xffffffff; serial *= 2)
		CHECK(node_inode(node_make(NODE_COPY, serial, 0)) <
		      node_inode(node_make(NODE_COPY, serial + 1, 0)));
}

TEST(a_slice_is_what_is_there)
{
	for (uint64_t offset = 0; offset < 8; offset++)
		for (size_t size = 0; size < 8; size++) {
			GByteArray *out = g_byte_array_new();
			size_t want = offset < 5 ? MIN(size, 5 - offset) : 0;

			slice("abcde", 5, offset, size, out);
			CHECK_INT(out->len, want);
			CHECK_MEM(out->data, "abcde" + MIN(offset, 5), want);
			g_byte_array_unref(out);
		}
}
