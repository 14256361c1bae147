/* SPDX-License-Identifier: ISC */
/* Ada's mailbox, and people whose keys she knows, for tests of sharing. */
#ifndef DEFMS_SHARE_TEST_H
#define DEFMS_SHARE_TEST_H

#include "check.h"
#include "defms/batch.h"
#include "defms/reader.h"
#include "defms/state-contacts.h"
#include "share.h"
#include "store-test.h"

struct world {
	char *folder;
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
	struct identity *bob, *carol;
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

	if (!CHECK_INT(batch_commit(batch, &err), 0))
		die(&err);
	CHECK(!batch_unfinished(batch));
	batch_free(batch);
}

/* The root and version of a card. */
__attribute__((unused)) static struct root_key root_of(const char *text,
						       int64_t *version_r)
{
	AUTO(card) struct card *card = NULL;
	struct root_key root;
	struct err err = { 0 };

	if (card_parse(text, strlen(text), &card, &err) < 0)
		die(&err);
	memcpy(root.bytes, card->root, sizeof(root.bytes));
	if (version_r)
		*version_r = card->version;
	return root;
}

/* Pin `address` to the owner of `card`. */
__attribute__((unused)) static void pin(struct world *world,
					const char *address, const char *card)
{
	struct batch *batch = begin(world);
	struct state *state = batch_state(batch);
	struct state_pin pinned = { .trust = TRUST_CONFIRMED };
	struct err err = { 0 };
	int64_t version;

	(void)g_strlcpy(pinned.address, address, sizeof(pinned.address));
	pinned.root = root_of(card, &version);
	if (state_pin_put(state, &pinned, &err) < 0 ||
	    state_card_put(state, &pinned.root, version, card, &err) < 0)
		die(&err);
	commit(batch);
}

/* Somebody else; Ada knows `address` as theirs. */
__attribute__((unused)) static struct identity *
person(struct world *world, const char *name, const char *address)
{
	AUTO(str) char *path = g_build_filename(world->folder, name, NULL);
	struct identity *identity = NULL;
	struct err err = { 0 };

	if (identity_create(path, name, &address, 1, 1000, NULL, &identity,
			    &err) < 0)
		die(&err);
	pin(world, address, identity_card(identity));
	return identity;
}

__attribute__((unused)) static struct world *world_new(void)
{
	static const char *const mails[] = { "ada@example.org" };
	struct world *world = g_new0(struct world, 1);
	struct err err = { 0 };

	world->folder = folder_new();
	(void)g_chmod(world->folder, 0700);
	set_path("DEFMS_HOME", world->folder, "home");
	set_path("XDG_CACHE_HOME", world->folder, "cache");
	set_path("XDG_CONFIG_HOME", world->folder, "config");
	if (config_open(&world->config, &err) < 0 ||
	    mailbox_create(world->config, "Ada", mails, 1, false, &err) < 0)
		die(&err);
	world_open(world);
	world->bob = person(world, "Bob", "bob@example.net");
	world->carol = person(world, "Carol", "carol@example.com");
	return world;
}

__attribute__((unused)) static void world_free(struct world *world)
{
	world_close(world);
	identity_close(world->bob);
	identity_close(world->carol);
	config_close(world->config);
	folder_free(world->folder);
	g_free(world);
}
AUTO_KIND(world, struct world, world_free)

/* A message: its name is Message-ID and subject; `refs` are names. */
struct letter {
	const char *name, *from, *to, *cc, *refs, *bcc;
};

__attribute__((unused)) static char *write_letter(const struct letter *letter)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "From: %s\nTo: %s\n", letter->from,
			       letter->to);
	if (letter->cc)
		g_string_append_printf(text, "Cc: %s\n", letter->cc);
	if (letter->bcc)
		g_string_append_printf(text, "Bcc: %s\n", letter->bcc);
	g_string_append_printf(text,
			       "Date: Mon, 2 Nov 2026 10:00:00 +0000\n"
			       "Subject: %s\nMessage-ID: <%s@x>\n",
			       letter->name, letter->name);
	if (letter->refs) {
		g_auto(GStrv) names = g_strsplit(letter->refs, " ", -1);

		(void)g_string_append(text, "References:");
		for (char **name = names; *name; name++)
			g_string_append_printf(text, " <%s@x>", *name);
		(void)g_string_append_c(text, '\n');
	}
	g_string_append_printf(text, "\nThis is %s.\n", letter->name);
	return g_string_free(text, FALSE);
}

/* Add one to a batch; its serial. */
__attribute__((unused)) static int64_t add_to(struct world *world,
					      struct batch *batch,
					      const struct letter *letter,
					      const char *folder)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(str) char *text = write_letter(letter);
	enum batch_result result;
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup(folder);
	if (arrival_prepare(arrival, world->reader, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0)
		die(&err);
	return batch_last_message(batch);
}

__attribute__((unused)) static int64_t
add_in(struct world *world, const struct letter *letter, const char *folder)
{
	struct batch *batch = begin(world);
	int64_t serial = add_to(world, batch, letter, folder);

	commit(batch);
	return serial;
}

__attribute__((unused)) static int64_t add(struct world *world,
					   const struct letter *letter)
{
	return add_in(world, letter, "INBOX");
}

__attribute__((unused)) static struct index *index_of(struct world *world)
{
	struct err err = { 0 };
	struct index *index = reader_index(world->reader, &err);

	if (!index)
		die(&err);
	return index;
}

/* The strand that a message is read from. */
__attribute__((unused)) static struct state_strand
strand_of(struct world *world, int64_t message)
{
	struct state *state = reader_state(world->reader);
	struct state_strand strand = { 0 };
	struct state_message row = { 0 };

	CHECK_INT(state_message_get(state, message, &row, NULL), 1);
	CHECK_INT(state_strand_get(state, row.strand, &strand, NULL), 1);
	return strand;
}

__attribute__((unused)) static enum strand_kind kind_of(struct world *world,
							int64_t message)
{
	return strand_of(world, message).kind;
}

/* Is it a message of that text, wherever it is read from? */
__attribute__((unused)) static void reads_as(struct world *world,
					     int64_t message, const char *name)
{
	AUTO(bytes) GByteArray *content = g_byte_array_new();
	AUTO(str) char *want = g_strdup_printf("This is %s.\n", name);
	struct index_message row = { 0 };
	struct err err = { 0 };

	CHECK_INT(index_message_get(index_of(world), message, &row, &err), 1);
	if (!CHECK_INT(reader_content(world->reader, &row, content, &err), 0))
		printf("# %s\n", err.text);
	(void)g_byte_array_append(content, (const guint8 *)"", 1);
	CHECK(g_str_has_suffix((const char *)content->data, want));
	index_message_release(&row);
}

__attribute__((unused)) static int64_t thread_of(struct world *world,
						 int64_t message)
{
	int64_t thread = 0;

	CHECK_INT(index_place_of(index_of(world), message, &thread, NULL), 1);
	return thread;
}

/* Share the thread of `message`, and commit: the plan. */
__attribute__((unused)) static struct share_plan *
share(struct world *world, int64_t message, const char *const *addresses,
      size_t count, bool all)
{
	int64_t thread = thread_of(world, message);
	struct batch *batch = begin(world);
	struct share_plan *plan = NULL;
	struct err err = { 0 };

	if (share_plan(batch, thread, addresses, count, all, &plan, &err) < 0 ||
	    share_do(batch, plan, &err) < 0)
		die(&err);
	commit(batch);
	return plan;
}

__attribute__((unused)) static struct share_plan *
share_with_bob(struct world *world, int64_t message)
{
	static const char *const addresses[] = { "bob@example.net" };

	return share(world, message, addresses, 1, false);
}

__attribute__((unused)) static const char ada[] = "Ada <ada@example.org>";
__attribute__((unused)) static const char bob[] = "Bob <bob@example.net>";
__attribute__((unused)) static const char carol[] = "carol@example.com";
__attribute__((unused)) static const char eve[] = "eve@example.com";

/* A thread of Ada and Bob, shared: its first message. */
__attribute__((unused)) static int64_t shared_thread(struct world *world)
{
	int64_t first =
		add(world,
		    &(struct letter){ .name = "one", .from = ada, .to = bob });
	AUTO(share_plan) struct share_plan *plan = share_with_bob(world, first);

	CHECK_INT(plan->enter->len, 1);
	return first;
}

/* Nothing is wrong: `defms check`, git fsck. */
__attribute__((unused)) static void is_sound(struct world *world)
{
	AUTO(check) struct check *check = NULL;
	struct err err = { 0 };
	const char *line;

	if (check_begin(world->config, false, &check, &err) < 0)
		die(&err);
	while (check_next(check, &line))
		if (!CHECK(false))
			printf("# %s\n", line);
	CHECK_INT(git(mailbox_store(world->mailbox), "fsck --strict"), 0);
}

#endif
