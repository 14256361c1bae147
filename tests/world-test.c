/* SPDX-License-Identifier: ISC */
#include "world-test.h"

#include <glib/gstdio.h>

#include "identity.h"
#include "store-test.h"

struct world *world_new(void)
{
	static const char *const mails[] = { "ada@example.org" };
	struct world *world = g_new0(struct world, 1);
	struct err err = { 0 };

	world->folder = folder_new();
	(void)g_chmod(world->folder, 0700);
	use_home(world->folder);
	if (config_open(&world->config, &err) < 0 ||
	    mailbox_create(world->config, "Ada", mails, 1, false, &err) < 0)
		die(&err);
	world_open(world);
	return world;
}

void world_free(struct world *world)
{
	world_close(world);
	identity_close(world->bob);
	identity_close(world->carol);
	config_close(world->config);
	folder_free(world->folder);
	g_free(world);
}

void world_open(struct world *world)
{
	struct err err = { 0 };

	if (mailbox_open(world->config, &world->mailbox, &err) < 0 ||
	    reader_open(world->mailbox, &world->reader, &err) < 0)
		die(&err);
}

void world_close(struct world *world)
{
	reader_close(world->reader);
	mailbox_close(world->mailbox);
}

struct state *state_of(struct world *world)
{
	return reader_state(world->reader);
}

struct index *index_of(struct world *world)
{
	struct err err = { 0 };
	struct index *index = reader_index(world->reader, &err);

	if (!index)
		die(&err);
	return index;
}

struct batch *begin(struct world *world)
{
	struct batch *batch = NULL;
	struct err err = { 0 };

	if (batch_begin(world->mailbox, &batch, &err) < 0)
		die(&err);
	return batch;
}

void commit(struct batch *batch)
{
	struct err err = { 0 };

	if (!CHECK_INT(batch_commit(batch, &err), 0))
		die(&err);
	CHECK(!batch_unfinished(batch));
	batch_free(batch);
}
