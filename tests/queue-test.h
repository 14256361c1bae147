/* SPDX-License-Identifier: ISC */
/* A mailbox of its own with a queue, for the tests of it. */
#ifndef DEFMS_QUEUE_TEST_H
#define DEFMS_QUEUE_TEST_H

#include "defms/queue.h"
#include "defms/reader.h"
#include "store-test.h"

struct world {
	char *folder;
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
};

__attribute__((unused)) static void die(const struct err *err)
{
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}

__attribute__((unused)) static void
set_path(const char *name, const char *folder, const char *below)
{
	AUTO(str) char *path = g_build_filename(folder, below, NULL);

	(void)g_setenv(name, path, TRUE);
}

__attribute__((unused)) static void world_open(struct world *world)
{
	struct err err = { 0 };

	if (mailbox_open(world->config, &world->mailbox, &err) < 0 ||
	    reader_open(world->mailbox, &world->reader, &err) < 0)
		die(&err);
}

__attribute__((unused)) static void world_close(struct world *world)
{
	reader_close(world->reader);
	mailbox_close(world->mailbox);
}

__attribute__((unused)) static struct world *world_new(void)
{
	static const char *const mails[] = { "ada@example.org" };
	struct world *world = g_new0(struct world, 1);
	struct err err = { 0 };

	world->folder = folder_new();
	set_path("DEFMS_HOME", world->folder, "home");
	set_path("XDG_CACHE_HOME", world->folder, "cache");
	set_path("XDG_CONFIG_HOME", world->folder, "config");
	if (config_open(&world->config, &err) < 0 ||
	    mailbox_create(world->config, "Ada", mails, 1, false, &err) < 0)
		die(&err);
	world_open(world);
	return world;
}

__attribute__((unused)) static void world_free(struct world *world)
{
	world_close(world);
	config_close(world->config);
	folder_free(world->folder);
	g_free(world);
}
AUTO_KIND(world, struct world, world_free)

__attribute__((unused)) static struct state *state_of(struct world *world)
{
	return reader_state(world->reader);
}

__attribute__((unused)) static struct batch *begin(struct world *world)
{
	struct batch *batch = NULL;
	struct err err = { 0 };

	if (batch_begin(world->mailbox, &batch, &err) < 0)
		die(&err);
	return batch;
}

__attribute__((unused)) static void commit(struct batch *batch)
{
	struct err err = { 0 };

	CHECK_INT(batch_commit(batch, &err), 0);
	CHECK(!batch_unfinished(batch));
	batch_free(batch);
}

/* A message called `name`, with `more` in its header, to `count` people. */
__attribute__((unused)) static struct composed *
make(const char *name, const char *more, unsigned count)
{
	struct composed *composed = g_new0(struct composed, 1);
	AUTO(str)
	char *text = g_strdup_printf("From: ada@example.org\n"
				     "To: bob@example.org\n"
				     "Subject: %s\nMessage-ID: <%s@example.org>"
				     "\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
				     "%s\nHello.\n",
				     name, name, more);

	composed->message = g_byte_array_new();
	(void)g_byte_array_append(composed->message, (const guint8 *)text,
				  (guint)strlen(text));
	composed->sender = g_strdup("ada@example.org");
	composed->recipients = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < count; i++)
		g_ptr_array_add(composed->recipients,
				g_strdup_printf("%u@example.org",
						(i * 7919 + 3) % 100003));
	composed->msgid = g_strdup_printf("%s@example.org", name);
	composed->subject = g_strdup(name);
	return composed;
}

/* What queue_add() gave. */
__attribute__((unused)) static int put(struct world *world,
				       const struct composed *composed,
				       const struct queue_source *source,
				       int64_t *id_r)
{
	struct batch *batch = begin(world);
	struct err err = { 0 };
	int result = queue_add(batch, world->reader, composed, source, 1234,
			       id_r, &err);

	if (result < 0)
		printf("# %s\n", err.text);
	commit(batch);
	return result;
}

__attribute__((unused)) static int64_t put_named(struct world *world,
						 const char *name)
{
	AUTO(composed) struct composed *composed = make(name, "", 2);
	int64_t id = 0;

	CHECK_INT(put(world, composed, NULL, &id), 1);
	return id;
}

#endif
