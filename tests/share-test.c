/* SPDX-License-Identifier: ISC */
#include "share-test.h"

const char ada[] = "Ada <ada@example.org>";
const char bob[] = "Bob <bob@example.net>";
const char carol[] = "carol@example.com";
const char eve[] = "eve@example.com";

struct root_key root_of_card(const char *text, int64_t *version_r)
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

void pin(struct world *world, const char *address, const char *card)
{
	struct batch *batch = begin(world);
	struct state *state = batch_state(batch);
	struct state_pin pinned = { .trust = TRUST_CONFIRMED };
	struct err err = { 0 };
	int64_t version;

	(void)g_strlcpy(pinned.address, address, sizeof(pinned.address));
	pinned.root = root_of_card(card, &version);
	if (state_pin_put(state, &pinned, &err) < 0 ||
	    state_card_put(state, &pinned.root, version, card, &err) < 0)
		die(&err);
	commit(batch);
}

struct identity *person(struct world *world, const char *name,
			const char *address)
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

struct world *world_of_people(void)
{
	struct world *world = world_new();

	world->bob = person(world, "Bob", "bob@example.net");
	world->carol = person(world, "Carol", "carol@example.com");
	return world;
}

char *write_letter(const struct letter *letter)
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

int64_t add_to(struct world *world, struct batch *batch,
	       const struct letter *letter, const char *folder)
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

int64_t add_in(struct world *world, const struct letter *letter,
	       const char *folder)
{
	struct batch *batch = begin(world);
	int64_t serial = add_to(world, batch, letter, folder);

	commit(batch);
	return serial;
}

int64_t add(struct world *world, const struct letter *letter)
{
	return add_in(world, letter, "INBOX");
}

int64_t add_plain(struct world *world, const char *name, const char *from,
		  const char *to, const char *refs)
{
	return add(world, &(struct letter){ .name = name,
					    .from = from,
					    .to = to,
					    .refs = refs });
}

struct state_strand strand_of(struct world *world, int64_t message)
{
	struct state *state = reader_state(world->reader);
	struct state_strand strand = { 0 };
	struct state_message row = { 0 };

	CHECK_INT(state_message_get(state, message, &row, NULL), 1);
	CHECK_INT(state_strand_get(state, row.strand, &strand, NULL), 1);
	return strand;
}

enum strand_kind kind_of(struct world *world, int64_t message)
{
	return strand_of(world, message).kind;
}

void reads_as(struct world *world, int64_t message, const char *name)
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

int64_t thread_of(struct world *world, int64_t message)
{
	int64_t thread = 0;

	CHECK_INT(index_place_of(index_of(world), message, &thread, NULL), 1);
	return thread;
}

struct share_plan *share(struct world *world, int64_t message,
			 const char *const *addresses, size_t count, bool all)
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

struct share_plan *share_with_bob(struct world *world, int64_t message)
{
	static const char *const addresses[] = { "bob@example.net" };

	return share(world, message, addresses, 1, false);
}

int64_t shared_thread(struct world *world)
{
	int64_t first = add_plain(world, "one", ada, bob, NULL);
	AUTO(share_plan) struct share_plan *plan = share_with_bob(world, first);

	CHECK_INT(plan->enter->len, 1);
	return first;
}

void is_sound(struct world *world)
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
