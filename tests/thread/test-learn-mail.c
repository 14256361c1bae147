/* SPDX-License-Identifier: ISC */
#include "learn.h"

#include "defms/contact.h"
#include "defms/sending.h"
#include "queue-test.h"

#include "card-test.h"

static const char *const bob[] = { "bob@example.org", NULL };

/* File a message with bob's key and `more` in its header. */
static void deliver(struct world *world, const char *folder, const char *more)
{
	AUTO(str) char *card = card_test(1, 7, "Bob", bob);
	AUTO(str)
	char *base64 = g_base64_encode((const guchar *)card, strlen(card));
	AUTO(str)
	char *text = g_strdup_printf("%sFrom: bob@example.org\n"
				     "Defms-Key: addr=bob@example.org; v=1; "
				     "card=%s\n\nhello\n",
				     more, base64);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	struct batch *batch;
	enum batch_result result;
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	arrival->folder = g_strdup(folder);
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	CHECK_INT(arrival_prepare(arrival, world->reader, &err), 0);
	batch = begin(world);
	CHECK_INT(batch_add(batch, arrival, seen, &result, &err), 0);
	CHECK_INT(result, BATCH_NEW);
	commit(batch);
}

/* How far bob's key is believed; -1 if it is not known. */
static int trust_of_bob(struct world *world)
{
	struct state_pin pin = { 0 };
	struct err err;
	int found = contact_pin(state_of(world), bob[0], &pin, &err);

	CHECK(found >= 0);
	return found > 0 ? (int)pin.trust : -1;
}

/* A message called `name` is sent to bob and, if `count` is 2, somebody else.
 * With `left` it did leave. */
static void send_one(struct world *world, const char *name, unsigned count,
		     bool left)
{
	struct composed *composed = make(name, "", count);
	AUTO(queue_entry) struct queue_entry *entry = NULL;
	struct queue_recipient *first;
	struct batch *batch;
	int64_t id = 0;
	struct err err = { 0 };

	g_free(composed->recipients->pdata[0]);
	composed->recipients->pdata[0] = g_strdup(bob[0]);
	CHECK_INT(put(world, composed, NULL, &id), 1);
	composed_free(composed);
	if (!left)
		return;
	CHECK_INT(queue_get(state_of(world), id, &entry, &err), 1);
	for (guint i = 0; i < entry->recipients->len; i++) {
		first = entry->recipients->pdata[i];
		first->state = QUEUE_SENT;
	}
	batch = begin(world);
	CHECK_INT(sending_end(batch, world->reader, entry, 1, &err), 0);
	commit(batch);
}

TEST(a_key_is_seen_where_mail_is_kept)
{
	AUTO(world) struct world *world = world_new();

	deliver(world, "Junk", "Subject: 1\n");
	deliver(world, "lists/SPAM", "Subject: 2\n");
	CHECK_INT(trust_of_bob(world), -1);
	deliver(world, "INBOX", "Subject: 3\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
}

TEST(dkim_proves_and_refuses_if_my_server_says_so)
{
	static const char pass[] = "Authentication-Results: mx.me; "
				   "dkim=pass header.d=example.org\n";
	static const char fail[] = "Authentication-Results: mx.me; "
				   "dkim=fail header.d=example.org\n"
				   "Subject: 1\n";
	AUTO(world) struct world *world = world_new();
	struct err err;

	CHECK_INT(config_override(world->config, "account.x.authserv=mx.me",
				  &err),
		  0);
	deliver(world, "INBOX", fail);
	CHECK_INT(trust_of_bob(world), -1);
	deliver(world, "INBOX", pass);
	CHECK_INT(trust_of_bob(world), TRUST_PROVED);
}

TEST(without_the_setting_no_server_is_believed)
{
	AUTO(world) struct world *world = world_new();

	deliver(world, "INBOX",
		"Authentication-Results: mx.me; dkim=pass "
		"header.d=example.org\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
}

TEST(an_answer_proves_if_nobody_else_could_give_it)
{
	AUTO(world) struct world *world = world_new();

	send_one(world, "both", 2, true);
	send_one(world, "waiting", 1, false);
	send_one(world, "alone", 1, true);
	deliver(world, "INBOX", "In-Reply-To: <guess@example.org>\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
	deliver(world, "INBOX", "In-Reply-To: <both@example.org>\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
	deliver(world, "INBOX", "In-Reply-To: <waiting@example.org>\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
	deliver(world, "INBOX", "References: <alone@example.org>\n");
	CHECK_INT(trust_of_bob(world), TRUST_SEEN);
	deliver(world, "INBOX", "In-Reply-To: <alone@example.org>\n");
	CHECK_INT(trust_of_bob(world), TRUST_PROVED);
}
