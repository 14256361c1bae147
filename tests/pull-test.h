/* SPDX-License-Identifier: ISC */
/* For tests with several mailboxes in one process that pull from each other
 * without any remote: what one has in its store, or what is forged in another,
 * is offered as it is, or spoiled on the way. */
#ifndef DEFMS_PULL_TEST_H
#define DEFMS_PULL_TEST_H

#include "check.h"
#include "defms/batch.h"
#include "defms/circle.h"
#include "defms/pull.h"
#include "defms/ref.h"
#include "defms/sign.h"
#include "defms/signature.h"
#include "defms/state-contacts.h"
#include "defms/strand.h"
#include "identity.h"
#include "state-check.h"
#include "store-git.h"
#include "store-pack.h"
#include "store-test.h"

#define UNUSED __attribute__((unused))

UNUSED static void die(const struct err *err)
{
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}

/* -- somebody with a mailbox ----------------------------------------------- */

struct box {
	char *folder, *mail;
	struct config *config;
	struct mailbox *mailbox;
};

UNUSED static void set_path(const char *name, const char *folder,
			    const char *below)
{
	AUTO(str) char *path = g_build_filename(folder, below, NULL);

	(void)g_setenv(name, path, TRUE);
}

UNUSED static void box_enter(const struct box *box)
{
	set_path("DEFMS_HOME", box->folder, "home");
	set_path("XDG_CACHE_HOME", box->folder, "cache");
	set_path("XDG_CONFIG_HOME", box->folder, "config");
}

UNUSED static void box_open(struct box *box)
{
	struct err err = { 0 };

	box_enter(box);
	if (config_open(&box->config, &err) < 0 ||
	    mailbox_open(box->config, &box->mailbox, &err) < 0)
		die(&err);
}

UNUSED static void box_close(struct box *box)
{
	mailbox_close(box->mailbox);
	config_close(box->config);
}

UNUSED static struct box *box_new(const char *name, const char *mail)
{
	struct box *box = g_new0(struct box, 1);
	AUTO(config) struct config *config = NULL;
	struct err err = { 0 };

	box->folder = folder_new();
	box->mail = g_strdup(mail);
	box_enter(box);
	if (config_open(&config, &err) < 0 ||
	    mailbox_create(config, name, &mail, 1, false, &err) < 0)
		die(&err);
	box_open(box);
	return box;
}

UNUSED static void box_free(struct box *box)
{
	box_close(box);
	folder_free(box->folder);
	g_free(box->mail);
	g_free(box);
}
AUTO_KIND(box, struct box, box_free)

UNUSED static struct state *box_state(const struct box *box)
{
	AUTO(str) char *path = mailbox_state_path(box->mailbox);
	struct state *state = NULL;
	struct err err = { 0 };

	if (state_open(path, &state, &err) < 0)
		die(&err);
	return state;
}

UNUSED static int64_t box_number(const struct box *box, const char *name)
{
	AUTO(state) struct state *state = box_state(box);
	int64_t value = -1;

	(void)state_get(state, name, &value, NULL);
	return value;
}

UNUSED static void box_import(struct box *box, const char *text, bool is_public)
{
	AUTO(table)
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						 g_free, NULL);
	AUTO(arrival) struct arrival *arrival = arrival_new();
	AUTO(reader) struct reader *reader = NULL;
	AUTO(batch) struct batch *batch = NULL;
	enum batch_result result;
	struct err err = { 0 };

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)strlen(text));
	arrival->folder = g_strdup("INBOX");
	arrival->is_public = is_public;
	if (reader_open(box->mailbox, &reader, &err) < 0 ||
	    arrival_prepare(arrival, reader, &err) < 0 ||
	    batch_begin(box->mailbox, &batch, &err) < 0 ||
	    batch_add(batch, arrival, seen, &result, &err) < 0 ||
	    batch_commit(batch, &err) < 0)
		die(&err);
}

UNUSED static struct root_key root_of(const struct identity *identity)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;
	struct root_key root = { { 0 } };

	if (card_parse(text, strlen(text), &card, NULL) == 0)
		memcpy(root.bytes, card->root, sizeof(root.bytes));
	return root;
}

/* `box` knows the other one's key. */
UNUSED static void box_pin(struct box *box, const struct box *other)
{
	const struct identity *identity = mailbox_identity(other->mailbox);
	AUTO(state) struct state *state = box_state(box);
	struct state_pin pin = { .trust = TRUST_SEEN };
	struct err err = { 0 };

	pin.root = root_of(identity);
	(void)g_strlcpy(pin.address, other->mail, sizeof(pin.address));
	if (state_begin(state, true, &err) < 0 ||
	    state_pin_put(state, &pin, &err) < 0 ||
	    state_card_put(state, &pin.root, 1, identity_card(identity), &err) <
		    0 ||
	    state_commit(state, &err) < 0)
		die(&err);
}

UNUSED static gint compare_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The hashes of what is here and not removed, sorted, a line each. */
UNUSED static char *box_hashes(const struct box *box)
{
	AUTO(state) struct state *state = box_state(box);
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	AUTO(array) GArray *serials = NULL;

	(void)state_check_messages(state, &serials, NULL);
	for (guint i = 0; i < serials->len; i++) {
		struct state_message row = { 0 };
		char hex[MESSAGE_ID_HEX + 1];

		(void)state_message_get(
			state, g_array_index(serials, int64_t, i), &row, NULL);
		message_id_print(&row.hash, hex);
		if (row.removed == 0)
			g_ptr_array_add(lines, g_strdup(hex));
	}
	g_ptr_array_sort(lines, compare_text);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)(void *)lines->pdata);
}

UNUSED static size_t box_count(const struct box *box)
{
	AUTO(str) char *hashes = box_hashes(box);
	size_t count = hashes[0] != '\0';

	for (const char *at = hashes; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

/* Findings of `defms check`, and what git says. */
UNUSED static void box_check(struct box *box)
{
	AUTO(check) struct check *check = NULL;
	const char *line;
	struct err err = { 0 };

	box_close(box);
	box_enter(box);
	(void)config_open(&box->config, &err);
	if (check_begin(box->config, false, &check, &err) < 0)
		die(&err);
	while (check_next(check, &line) > 0)
		if (!g_str_has_prefix(line, "not taken"))
			printf("# check: %s\n", line);
	CHECK_INT(check_report(check)->findings, 0);
	check_free(take(check));
	config_close(box->config);
	box_open(box);
	CHECK_INT(
		git(mailbox_store(box->mailbox), "fsck --strict --no-dangling"),
		0);
}

/* Every whole message opens through the index. */
UNUSED static void box_read_all(struct box *box)
{
	AUTO(reader) struct reader *reader = NULL;
	AUTO(array) GArray *serials = NULL;
	struct err err = { 0 };
	struct index *index;

	if (reader_open(box->mailbox, &reader, &err) < 0)
		die(&err);
	index = reader_index(reader, &err);
	if (!index)
		die(&err);
	(void)state_check_messages(reader_state(reader), &serials, &err);
	for (guint i = 0; i < serials->len; i++) {
		AUTO(bytes) GByteArray *content = g_byte_array_new();
		struct index_message row = { 0 };

		CHECK_INT(index_message_get(index,
					    g_array_index(serials, int64_t, i),
					    &row, &err),
			  1);
		CHECK_INT(reader_content(reader, &row, content, &err), 0);
		index_message_release(&row);
	}
}

/* -- what is offered ------------------------------------------------------- */

enum spoil { SPOIL_NOTHING, SPOIL_FLIP, SPOIL_DROP, SPOIL_SWAP, SPOIL_CUT };

struct goods {
	struct store *store; /* borrowed */
	GArray *heads;       /* owned: struct ref_move */
	GPtrArray *cards;    /* owned: char * */
	enum spoil how;
	struct object_id spoiled, other;
	bool anybody;
	GArray *from; /* owned */
	size_t reads;
};

UNUSED static struct goods *goods_new(struct store *store)
{
	struct goods *goods = g_new0(struct goods, 1);

	goods->store = store;
	goods->heads = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	goods->cards = g_ptr_array_new_with_free_func(g_free);
	goods->from = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	return goods;
}

UNUSED static void goods_free(struct goods *goods)
{
	g_array_unref(goods->heads);
	g_ptr_array_unref(goods->cards);
	g_array_unref(goods->from);
	g_free(goods);
}
AUTO_KIND(goods, struct goods, goods_free)

/* All that a mailbox has. */
UNUSED static struct goods *goods_of(struct box *box)
{
	struct goods *goods = goods_new(mailbox_store(box->mailbox));

	g_array_unref(goods->heads);
	CHECK_INT(store_list_refs(goods->store, &goods->heads, NULL), 0);
	g_ptr_array_add(goods->cards, g_strdup(identity_card(
					      mailbox_identity(box->mailbox))));
	return goods;
}

UNUSED static int goods_read(void *context, const struct object_id *id,
			     enum object_type *type_r, GByteArray *out,
			     struct err *err)
{
	struct goods *goods = context;
	bool is_it = object_id_equal(id, &goods->spoiled);
	int found;

	goods->reads++;
	if (is_it && goods->how == SPOIL_DROP)
		return 0;
	if (is_it && goods->how == SPOIL_SWAP)
		id = &goods->other;
	found = store_read_any(goods->store, id, type_r, out, err);
	if (found > 0 && is_it && goods->how == SPOIL_FLIP && out->len > 0)
		out->data[out->len / 2] ^= 1;
	if (found > 0 && is_it && goods->how == SPOIL_CUT && out->len > 0)
		(void)g_byte_array_set_size(out, out->len / 2);
	return found;
}

UNUSED static void pull_from(struct box *box, struct goods *goods,
			     struct pull_report *report_r)
{
	struct offer offer = {
		.remote = "pool",
		.heads = goods->heads,
		.cards = goods->cards,
		.from = goods->from,
		.anybody = goods->anybody,
		.limit = 1 << 30,
		.read = goods_read,
		.context = goods,
	};
	struct err err = { 0 };

	if (pull_offer(box->mailbox, &offer, report_r, &err) < 0)
		die(&err);
}

UNUSED static void print_problems(const struct pull_report *report)
{
	for (guint i = 0; i < report->problems->len; i++)
		printf("# %s\n",
		       (const char *)g_ptr_array_index(report->problems, i));
}

/* -- chains made by hand --------------------------------------------------- */

enum twist {
	TWIST_NONE,
	TWIST_ROOT,    /* a Root that is not of the tree */
	TWIST_CHAIN,   /* a Chain that is not the parent's + 1 */
	TWIST_SIGNER,  /* signed by somebody else's device */
	TWIST_STRAND,  /* names another strand */
	TWIST_ID,      /* its last message under a wrong id */
	TWIST_MISSING, /* a message whose object is nowhere */
	TWIST_END,
};

struct forge {
	struct store *store;             /* borrowed */
	const struct identity *who;      /* borrowed */
	const struct identity *impostor; /* borrowed */
	struct strand_id strand;
	enum strand_kind kind;
	struct strand_key *key;   /* owned; NULL in a public one */
	struct sealer *sealer;    /* owned */
	struct strand_tree *tree; /* owned */
	struct object_id tip;
	uint64_t chain;
};

UNUSED static struct forge *forge_new(struct store *store,
				      const struct identity *who,
				      const struct strand_id *strand,
				      const uint8_t *secret)
{
	struct forge *forge = g_new0(struct forge, 1);

	forge->store = store;
	forge->who = forge->impostor = who;
	forge->strand = *strand;
	forge->kind = secret ? STRAND_SHARED : STRAND_PUBLIC;
	if (secret) {
		forge->key = strand_key_new();
		strand_key_derive(forge->key, secret);
	}
	forge->sealer = sealer_new();
	forge->tree = strand_tree_new();
	return forge;
}

UNUSED static void forge_free(struct forge *forge)
{
	strand_key_free(forge->key);
	sealer_free(forge->sealer);
	strand_tree_free(forge->tree);
	g_free(forge);
}
AUTO_KIND(forge, struct forge, forge_free)

UNUSED static struct pack *begin_pack(struct store *store)
{
	struct pack *pack = NULL;
	struct err err = { 0 };

	if (pack_begin(store, &pack, &err) < 0)
		die(&err);
	return pack;
}

UNUSED static void end_pack(struct store *store, struct pack *pack)
{
	AUTO(str) char *name = NULL;
	struct err err = { 0 };

	if (pack_finish(pack, &name, &err) < 0 ||
	    (name && pack_release(store, name, &err) < 0) ||
	    store_refresh(store, &err) < 0)
		die(&err);
	pack_free(pack);
}

UNUSED static struct object_id put_object(struct store *store,
					  enum object_type type,
					  const void *data, size_t size)
{
	struct pack *pack = begin_pack(store);
	struct object_id id = { { 0 } };

	(void)pack_add_object(pack, type, data, size, &id, NULL);
	end_pack(store, pack);
	return id;
}

/* A blob of the tree, sealed with `kind`; 0: as it is. */
UNUSED static void forge_blob(struct forge *forge, enum strand_blob which,
			      int kind, const void *data, size_t size)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	struct seal_place place = { .kind = (enum seal_kind)kind,
				    .strand = forge->strand };
	struct object_id id;

	if (kind && forge->key)
		seal_close(forge->sealer, forge->key, &place, data, size, size,
			   payload);
	else
		(void)g_byte_array_append(payload, data, (guint)size);
	id = put_object(forge->store, OBJECT_BLOB, payload->data, payload->len);
	strand_tree_set_blob(forge->tree, which, &id, payload->data,
			     payload->len);
}

UNUSED static void forge_thread(struct forge *forge)
{
	char hex[STRAND_ID_HEX + 1];
	AUTO(str) char *text = NULL;

	strand_id_print(&forge->strand, hex);
	text = g_strdup_printf(
		"Subject: s\nVersion: 1\nStrand: %s\nAudience: %s\n", hex,
		forge->kind == STRAND_MINE ? "mine"
		: forge->key               ? "shared"
					   : "public");
	forge_blob(forge, STRAND_THREAD, SEAL_THREAD, text, strlen(text));
}

UNUSED static void forge_message(struct forge *forge, const char *text,
				 enum twist twist)
{
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	size_t size = strlen(text);
	struct strand_entry entry = {
		.id = forge->key ? strand_key_id(forge->key, text, size)
				 : message_id_of(NULL, text, size),
	};
	struct seal_place place;

	if (twist == TWIST_ID)
		entry.id.bytes[31] ^= 1;
	place = seal_place_message(&forge->strand, &entry.id, 0);
	if (forge->key)
		seal_close(forge->sealer, forge->key, &place, text, size, size,
			   payload);
	else
		(void)g_byte_array_append(payload, (const guint8 *)text,
					  (guint)size);
	if (twist == TWIST_MISSING)
		entry.object = object_id_of(OBJECT_BLOB, "nowhere", 7);
	else
		entry.object = put_object(forge->store, OBJECT_BLOB,
					  payload->data, payload->len);
	CHECK(strand_tree_add(forge->tree, &entry));
}

/* A commit of the tree as it is; without a parent if `anew`. */
UNUSED static void forge_commit(struct forge *forge, bool anew,
				enum twist twist)
{
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	struct pack *pack = begin_pack(forge->store);
	struct commit commit = { .subject = "add", .strand = forge->strand };
	struct object_id tree = { { 0 } };
	struct err err = { 0 };

	if (strand_tree_write(forge->tree, pack, &tree, &err) < 0)
		die(&err);
	end_pack(forge->store, pack);
	if (strand_tree_root(forge->tree, forge->store, &commit.root, &err) < 0)
		die(&err);
	memcpy(commit.tree, tree.bytes, SIGN_OID);
	commit.chain = ++forge->chain + (twist == TWIST_CHAIN);
	if (twist == TWIST_ROOT)
		commit.root.bytes[0] ^= 1;
	if (twist == TWIST_STRAND)
		commit.strand.bytes[0] ^= 1;
	if (!anew && !object_id_is_null(&forge->tip)) {
		memcpy(commit.parents[0], forge->tip.bytes, SIGN_OID);
		commit.parent_count = 1;
	}
	commit_write(&commit,
		     twist == TWIST_SIGNER ? forge->impostor : forge->who,
		     data);
	forge->tip =
		put_object(forge->store, OBJECT_COMMIT, data->data, data->len);
}

UNUSED static void goods_add(struct goods *goods, const struct forge *forge)
{
	struct ref_move head = { forge->strand, identity_device(forge->who),
				 forge->tip };

	(void)g_array_append_val(goods->heads, head);
}

/* A mail of thread `root`, whose msgid is `msgid`. */
UNUSED static char *mail(const char *from, const char *root, const char *msgid)
{
	AUTO(str)
	char *refs = strcmp(root, msgid) == 0
			     ? g_strdup("")
			     : g_strdup_printf("References: <%s>\n", root);

	return g_strdup_printf("From: %s\nTo: list@example.org\n"
			       "Subject: about %s\nMessage-ID: <%s>\n"
			       "Date: Mon, 2 Nov 2026 10:00:00 +0000\n%s\n"
			       "This is %s.\n",
			       from, root, msgid, refs, msgid);
}

/* -- people --------------------------------------------------------------- */

/* Two mailboxes, and a strand that one shares with the other. */
struct pair {
	struct box *ada, *bob;
	char *folder;
	struct store *forged;
	struct circle *circle;
	GByteArray *keys, *members;
};

UNUSED static void pair_begin(struct pair *pair)
{
	const char *cards[2];
	struct err err = { 0 };

	pair->ada = box_new("Ada", "ada@example.org");
	pair->bob = box_new("Bob", "bob@example.net");
	box_pin(pair->ada, pair->bob);
	pair->folder = folder_new();
	pair->forged = store_at(pair->folder);
	pair->keys = g_byte_array_new();
	pair->members = g_byte_array_new();
	cards[0] = identity_card(mailbox_identity(pair->ada->mailbox));
	cards[1] = identity_card(mailbox_identity(pair->bob->mailbox));
	if (circle_found(cards, 2, NULL, &pair->circle, pair->keys,
			 pair->members, &err) < 0)
		die(&err);
}

UNUSED static void pair_end(struct pair *pair)
{
	box_free(pair->ada);
	box_free(pair->bob);
	store_close(pair->forged);
	folder_free(pair->folder);
	circle_free(pair->circle);
	g_byte_array_unref(pair->keys);
	g_byte_array_unref(pair->members);
}

/* A chain of Bob's in the strand of the two. */
UNUSED static struct forge *forge_shared(const struct pair *pair)
{
	struct forge *forge =
		forge_new(pair->forged, mailbox_identity(pair->bob->mailbox),
			  &pair->circle->id, pair->circle->secret);

	forge->impostor = mailbox_identity(pair->ada->mailbox);
	forge_blob(forge, STRAND_KEYS, 0, pair->keys->data, pair->keys->len);
	forge_blob(forge, STRAND_MEMBERS, SEAL_MEMBERS, pair->members->data,
		   pair->members->len);
	forge_thread(forge);
	return forge;
}

UNUSED static struct forge *
forge_public(struct store *store, const struct identity *who, const char *root)
{
	struct strand_id id = strand_id_public(root);
	struct forge *forge = forge_new(store, who, &id, NULL);

	forge_thread(forge);
	return forge;
}

/* The same person with another device, and a card that has both. */
UNUSED static struct identity *other_device(const struct identity *first,
					    char **card_r)
{
	struct identity *other = g_memdup2(first, sizeof(*first));
	const char *text = identity_card(first);
	AUTO(card) struct card *card = NULL;
	struct err err = { 0 };

	other->secrets = g_memdup2(first->secrets, sizeof(*first->secrets));
	other->secrets->device[0] ^= 1;
	identity_derive(other);
	if (card_parse(text, strlen(text), &card, &err) < 0)
		die(&err);
	(void)g_array_append_vals(card->devices, other->device, 1);
	card->version++;
	if (card_write(card, first, card_r, &err) < 0)
		die(&err);
	return other;
}

#endif
