/* SPDX-License-Identifier: ISC */
#include "forge-test.h"

#include "defms/sign.h"
#include "store-test.h"

struct forge *forge_new(struct store *store, const struct identity *who,
			const struct strand_id *strand, const uint8_t *secret)
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

void forge_free(struct forge *forge)
{
	strand_key_free(forge->key);
	sealer_free(forge->sealer);
	strand_tree_free(forge->tree);
	g_free(forge);
}

struct pack *begin_pack(struct store *store)
{
	struct pack *pack = NULL;
	struct err err = { 0 };

	if (pack_begin(store, &pack, &err) < 0)
		die(&err);
	return pack;
}

void end_pack(struct store *store, struct pack *pack)
{
	AUTO(str) char *name = NULL;
	struct err err = { 0 };

	if (pack_finish(pack, &name, &err) < 0 ||
	    (name && pack_release(store, name, &err) < 0) ||
	    store_refresh(store, &err) < 0)
		die(&err);
	pack_free(pack);
}

struct object_id put_object(struct store *store, enum object_type type,
			    const void *data, size_t size)
{
	struct pack *pack = begin_pack(store);
	struct object_id id = { { 0 } };

	(void)pack_add_object(pack, type, data, size, &id, NULL);
	end_pack(store, pack);
	return id;
}

void forge_blob(struct forge *forge, enum strand_blob which, int kind,
		const void *data, size_t size)
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

void forge_thread(struct forge *forge)
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

void forge_message(struct forge *forge, const char *text, enum twist twist)
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

void forge_commit(struct forge *forge, bool anew, enum twist twist)
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

void goods_add(struct goods *goods, const struct forge *forge)
{
	struct ref_move head = { forge->strand, identity_device(forge->who),
				 forge->tip };

	(void)g_array_append_val(goods->heads, head);
}

char *mail(const char *from, const char *root, const char *msgid)
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

void pair_begin(struct pair *pair)
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

void pair_end(struct pair *pair)
{
	box_remove(pair->ada);
	box_remove(pair->bob);
	store_close(pair->forged);
	folder_free(pair->folder);
	circle_free(pair->circle);
	g_byte_array_unref(pair->keys);
	g_byte_array_unref(pair->members);
}

struct forge *forge_shared(const struct pair *pair)
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

struct forge *forge_public(struct store *store, const struct identity *who,
			   const char *root)
{
	struct strand_id id = strand_id_public(root);
	struct forge *forge = forge_new(store, who, &id, NULL);

	forge_thread(forge);
	return forge;
}

struct forge *forge_mine(struct store *store, const struct identity *who,
			 const char *root)
{
	struct strand_id id = identity_strand(who, root);
	struct forge *forge = forge_new(store, who, &id, NULL);
	struct err err = { 0 };

	forge->kind = STRAND_MINE;
	forge->key = strand_key_new();
	if (identity_strand_key(who, 0, &id, forge->key, &err) < 0)
		die(&err);
	forge_thread(forge);
	return forge;
}

struct identity *other_device(const struct identity *first, char **card_r)
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
