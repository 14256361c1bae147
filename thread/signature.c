/* SPDX-License-Identifier: ISC */
/* Of the chains that have the message the best counts: one of the person whose
 * address is in From, with the message in its `sent`; else one of that person;
 * else this device's; else any of somebody whose card is known. */
#include "defms/signature.h"

#include <errno.h>
#include <string.h>

#include "defms/address.h"
#include "defms/owner.h"
#include "defms/state-chains.h"
#include "defms/state-contacts.h"
#include "link-set.h"
#include "strand-links.h"
#include "strand-tip.h"

/* By rising rank. */
enum rank {
	RANK_BAD,
	RANK_UNKNOWN,
	RANK_FILED,
	RANK_OWN,
	RANK_HIS,
	RANK_AUTHOR,
};

/* What one device put into a strand. */
struct signed_chain {
	struct strand_tree *tree; /* owned */
	GPtrArray *cards;         /* owned: char *, that list the device */
	GPtrArray *sent;          /* owned: char *, its lines; NULL: none */
	bool is_own;
};

struct signed_strand {
	struct state_strand strand;
	int64_t seq;       /* as of this batch */
	GPtrArray *chains; /* owned: struct signed_chain */
};

/* What is looked for. */
struct look {
	const struct index_message *message; /* borrowed */
	struct root_key author;              /* whose From it is */
	bool has_author;                     /* that is known */
	enum rank rank;                      /* of the best so far */
	const char *card;                    /* borrowed: its text */
};

static const struct identity *identity_of(struct reader *reader)
{
	return mailbox_identity(reader_mailbox(reader));
}

/* A card that state.db has, or the identity, was checked when it came in. */
static const char *card_line(const char *card, const char *name, size_t *size_r)
{
	const char *at = card;

	while (at) {
		if (g_str_has_prefix(at, name)) {
			at += strlen(name);
			*size_r = strcspn(at, "\n");
			return at;
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return NULL;
}

static bool read_key(const char *hex, uint8_t key[32])
{
	AUTO(str) char *digits = g_strndup(hex, MESSAGE_ID_HEX);
	struct message_id id;

	if (message_id_parse(digits, &id, NULL) < 0)
		return false;
	memcpy(key, id.bytes, sizeof(id.bytes));
	return true;
}

static bool lists_device(const char *card, const struct device_id *device)
{
	const char *at = card;
	uint8_t key[32];
	size_t size;

	while ((at = card_line(at, "device ", &size))) {
		struct device_id id;

		if (!read_key(at, key))
			return false;
		id = device_id_of(key);
		if (memcmp(&id, device, sizeof(id)) == 0)
			return true;
	}
	return false;
}

static bool is_root(const char *card, const struct root_key *root)
{
	uint8_t key[32];
	size_t size;
	const char *at = card_line(card, "root ", &size);

	return at && read_key(at, key) &&
	       memcmp(key, root->bytes, sizeof(key)) == 0;
}

/* -- who ------------------------------------------------------------------- */

static bool is_my_address(struct reader *reader, const char *key)
{
	AUTO(ptrs)
	GPtrArray *mails = owner_mails(mailbox_config(reader_mailbox(reader)),
				       identity_of(reader));

	return address_is_among(key, mails);
}

/* The root to which the From is pinned: mine for my own addresses. */
static int find_author(struct reader *reader, struct look *look,
		       struct err *err)
{
	AUTO(str) char *key = address_key(look->message->mail);
	size_t size;
	const char *at;
	struct state_pin pin;
	int found;

	if (is_my_address(reader, key)) {
		at = card_line(identity_card(identity_of(reader)), "root ",
			       &size);
		look->has_author = at && read_key(at, look->author.bytes);
		return 0;
	}
	found = state_pin_get(reader_state(reader), key, &pin, err);
	look->has_author = found > 0;
	if (found > 0)
		look->author = pin.root;
	return MIN(found, 0);
}

/* The cards that list a device: anybody can write another's into his own. */
static int list_cards(struct reader *reader, const struct device_id *device,
		      GPtrArray *cards, struct err *err)
{
	struct state *state = reader_state(reader);
	const char *mine = identity_card(identity_of(reader));
	AUTO(array) GArray *roots = NULL;

	if (lists_device(mine, device))
		g_ptr_array_add(cards, g_strdup(mine));
	if (state_card_list(state, &roots, err) < 0)
		return -1;
	for (guint i = 0; i < roots->len; i++) {
		AUTO(str) char *card = NULL;
		int found = state_card_get(
			state, &g_array_index(roots, struct root_key, i), &card,
			err);

		if (found < 0)
			return -1;
		if (found > 0 && lists_device(card, device))
			g_ptr_array_add(cards, take(card));
	}
	return 0;
}

/* -- a strand, kept by the reader ------------------------------------------ */

static void free_chain(gpointer data)
{
	struct signed_chain *chain = data;

	strand_tree_free(chain->tree);
	g_ptr_array_unref(chain->cards);
	if (chain->sent)
		g_ptr_array_unref(chain->sent);
	g_free(chain);
}

void signed_strand_free(struct signed_strand *strand)
{
	if (!strand)
		return;
	g_ptr_array_unref(strand->chains);
	g_free(strand);
}

static void read_sent(struct reader *reader, const struct state_strand *strand,
		      struct signed_chain *chain)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();

	if (strand_text_read(reader, strand, chain->tree, STRAND_SENT, text,
			     NULL) == 0)
		(void)link_blob_parse(text->data, text->len, &chain->sent,
				      NULL);
}

/* A chain that is damaged signs nothing. */
static int add_chain(struct reader *reader, struct signed_strand *strand,
		     const struct state_chain *tip, struct err *err)
{
	struct store *store = mailbox_store(reader_mailbox(reader));
	struct signed_chain *chain;
	struct strand_tree *tree;
	struct device_id device = tip->device;
	struct err why;

	if (strand_tip_read(store, &tip->tip, &tree, &why) < 0)
		return err_is_damage(&why)
			       ? 0
			       : err_set(err, why.code, "%s", why.text);
	chain = g_new0(struct signed_chain, 1);
	chain->tree = tree;
	chain->cards = g_ptr_array_new_with_free_func(g_free);
	chain->is_own = object_id_equal(&tip->tip, &strand->strand.tip);
	g_ptr_array_add(strand->chains, chain);
	if (chain->is_own)
		device = identity_device(identity_of(reader));
	read_sent(reader, &strand->strand, chain);
	return list_cards(reader, &device, chain->cards, err);
}

static int load(struct reader *reader, int64_t serial, int64_t seq,
		struct signed_strand **strand_r, struct err *err)
{
	AUTO(signed_strand)
	struct signed_strand *strand = g_new0(struct signed_strand, 1);
	AUTO(array) GArray *tips = NULL;
	int found;

	strand->seq = seq;
	strand->chains = g_ptr_array_new_with_free_func(free_chain);
	found = state_strand_get(reader_state(reader), serial, &strand->strand,
				 err);
	if (found == 0)
		return err_set(err, ENOENT, "a strand is missing");
	if (found < 0 || state_tip_list(reader_state(reader), &strand->strand,
					&tips, err) < 0)
		return -1;
	for (guint i = 0; i < tips->len; i++)
		if (add_chain(reader, strand,
			      &g_array_index(tips, struct state_chain, i),
			      err) < 0)
			return -1;
	*strand_r = take(strand);
	return 0;
}

/* The one that is kept, or another; it is borrowed from the reader. */
static int find_strand(struct reader *reader, int64_t serial,
		       struct signed_strand **strand_r, struct err *err)
{
	struct signed_strand **kept = reader_signed(reader);
	int64_t seq;

	if (state_get(reader_state(reader), "seq", &seq, err) < 0)
		return -1;
	if (!*kept || (*kept)->strand.serial != serial || (*kept)->seq != seq) {
		signed_strand_free(take(*kept));
		if (load(reader, serial, seq, kept, err) < 0)
			return -1;
	}
	*strand_r = *kept;
	return 0;
}

/* -- a message ------------------------------------------------------------- */

static bool has_sent(const struct signed_chain *chain,
		     const struct message_id *id)
{
	return chain->sent && link_blob_has_id(chain->sent, id);
}

static void look_at_chain(struct look *look, const struct signed_chain *chain)
{
	const char *card = NULL;
	enum rank rank = RANK_UNKNOWN;

	if (!strand_tree_find(chain->tree, &look->message->id))
		return;
	for (guint i = 0; i < chain->cards->len; i++) {
		const char *one = g_ptr_array_index(chain->cards, i);
		bool is_his = look->has_author && is_root(one, &look->author);

		if (is_his || !card)
			card = one;
		if (is_his)
			rank = has_sent(chain, &look->message->id) ? RANK_AUTHOR
								   : RANK_HIS;
	}
	if (card && rank == RANK_UNKNOWN)
		rank = chain->is_own ? RANK_OWN : RANK_FILED;
	if (rank > look->rank) {
		look->rank = rank;
		look->card = card;
	}
}

static int print(const struct look *look, GString *out, struct err *err)
{
	AUTO(card) struct card *card = NULL;
	char fingerprint[KEY_FINGERPRINT + 1];

	if (look->rank <= RANK_UNKNOWN) {
		(void)g_string_append(out, look->rank == RANK_BAD
						   ? "bad\n"
						   : "unknown key\n");
		return 0;
	}
	if (card_parse(look->card, strlen(look->card), &card, err) < 0)
		return -1;
	card_fingerprint(card, fingerprint);
	g_string_append_printf(out, "%s %s %s\n",
			       look->rank == RANK_AUTHOR ? "author"
							 : "filed by",
			       card->name, fingerprint);
	return 0;
}

int signature_print(struct reader *reader, const struct index_message *message,
		    GString *out, struct err *err)
{
	struct look look = { .message = message };
	struct signed_strand *strand;

	if (find_strand(reader, message->strand, &strand, err) < 0 ||
	    find_author(reader, &look, err) < 0)
		return -1;
	for (guint i = 0; i < strand->chains->len; i++)
		look_at_chain(&look, g_ptr_array_index(strand->chains, i));
	return print(&look, out, err);
}
