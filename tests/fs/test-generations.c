/* SPDX-License-Identifier: ISC */
#include "generations.h"

#include "test.h"

TEST(each_removal_of_a_directory_is_another_generation_of_it)
{
	AUTO(generations) struct generations *all = generations_new();
	const struct node box = node_make(NODE_FOLDER_NEW, 7, 0);

	CHECK_INT(generations_of(all, box), 0);
	generations_next(all, box);
	CHECK_INT(generations_of(all, box), 1);
	generations_next(all, box);
	CHECK_INT(generations_of(all, box), 2);
	CHECK_INT(generations_of(all, node_make(NODE_FOLDER_NEW, 8, 0)), 0);
	CHECK_INT(generations_of(all, node_make(NODE_FOLDER_CUR, 7, 0)), 0);
}

TEST(many_are_known)
{
	AUTO(generations) struct generations *all = generations_new();

	for (int i = 0; i < 10000; i++)
		generations_next(all, node_make(NODE_MESSAGE, i, 0));
	for (int i = 0; i < 20000; i++)
		CHECK_INT(generations_of(all, node_make(NODE_MESSAGE, i, 0)),
			  i < 10000);
}
