/* SPDX-License-Identifier: ISC */
/* Whose strand it is, and who may write into it (design 3.5, "What counts").
 * A pool is used by many: of what does not open with a key of mine nothing is
 * known, and nothing is said.
 *
 *	known	what state.db says
 *	shared	one of the boxes in `keys` is for me, and `members` are those
 *		that the strand's id is made of
 *	public	its thread object is plain, and says so
 *	mine	a device of mine signed it, and a key of mine opens it */
#include <errno.h>
#include <string.h>

#include "defms/circle.h"
#include "pull-head.h"

/* Of devices of mine, that are looked at: anybody can offer any number. */
enum { TIPS = 16 };

/* The blobs of the tip. */
struct blobs {
	const struct object_source *source;
	struct object_id ids[STRAND_BLOBS];
};

static const char *const audiences[] = {
	[STRAND_MINE] = "mine",
	[STRAND_PUBLIC] = "public",
	[STRAND_SHARED] = "shared",
};

/* Append a blob: 1, 0 if the tree has none, -1. */
static int read_blob(const struct blobs *blobs, enum strand_blob which,
		     GByteArray *out, struct err *err)
{
	const struct object_id *id = &blobs->ids[which];

	if (object_id_is_null(id))
		return 0;
	return blobs->source->read(blobs->source->context, id, OBJECT_BLOB, out,
				   err);
}

/* Open a blob with the worker's key. 1, 0 if there is none, -1. */
static int open_blob(struct pull_worker *worker, const struct pull_head *head,
		     const struct blobs *blobs, enum strand_blob which,
		     GByteArray *out, struct err *err)
{
	static const enum seal_kind kinds[STRAND_BLOBS] = {
		[STRAND_LINKS] = SEAL_LINKS,
		[STRAND_MEMBERS] = SEAL_MEMBERS,
		[STRAND_SENT] = SEAL_SENT,
		[STRAND_THREAD] = SEAL_THREAD,
	};
	struct seal_place place = { .kind = kinds[which],
				    .strand = head->at.strand };
	AUTO(bytes) GByteArray *payload = g_byte_array_new();
	uint64_t whole;
	int found = read_blob(blobs, which, payload, err);

	if (found <= 0)
		return found;
	return seal_open(worker->sealer, worker->key, &place, payload->data,
			 payload->len, &whole, out, err) < 0
		       ? -1
		       : 1;
}

/* -- the thread object ----------------------------------------------------- */

/* It ends in these three lines. */
static bool says(const GByteArray *text, const char *strand,
		 enum strand_kind kind)
{
	AUTO(str)
	char *end = g_strdup_printf("Version: 1\nStrand: %s\nAudience: %s\n",
				    strand, audiences[kind]);
	size_t size = strlen(end);

	if (text->len < size ||
	    memcmp(text->data + text->len - size, end, size) != 0)
		return false;
	return text->len == size || text->data[text->len - size - 1] == '\n';
}

/* Does another version of defms speak there? */
static bool is_other_version(const GByteArray *text)
{
	return text->len > 0 &&
	       g_strstr_len((const char *)text->data, (gssize)text->len,
			    "\nVersion: 1\n") == NULL &&
	       g_strstr_len((const char *)text->data, (gssize)text->len,
			    "\nVersion: ") != NULL;
}

static int check_thread(struct pull_worker *worker,
			const struct pull_head *head, const struct blobs *blobs,
			struct err *err)
{
	enum strand_kind kind = head->strand.kind;
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	char hex[STRAND_ID_HEX + 1];
	int found = kind == STRAND_PUBLIC
			    ? read_blob(blobs, STRAND_THREAD, text, err)
			    : open_blob(worker, head, blobs, STRAND_THREAD,
					text, err);

	if (found <= 0)
		return found;
	strand_id_print(&head->at.strand, hex);
	if (says(text, hex, kind))
		return 0;
	if (is_other_version(text))
		return err_set(err, EPROTO,
			       "its thread object is of another version");
	return err_set(err, EBADMSG, "its thread object is of another strand");
}

/* -- kinds ----------------------------------------------------------------- */

int pull_key(const struct pull_worker *worker, const struct pull_head *head,
	     struct strand_key **key_r, struct err *err)
{
	*key_r = NULL;
	if (head->strand.kind == STRAND_PUBLIC)
		return 0;
	if (head->strand.kind == STRAND_SHARED)
		strand_key_derive(worker->key, head->circle.secret);
	else if (identity_strand_key(mailbox_identity(worker->context->mailbox),
				     head->strand.generation, &head->at.strand,
				     worker->key, err) < 0)
		return -1;
	*key_r = worker->key;
	return 0;
}

static int known_kind(struct pull_worker *worker, struct pull_head *head,
		      struct err *err)
{
	struct strand_key *key;
	int found = 1;

	if (head->strand.kind == STRAND_SHARED)
		found = state_circle_get(reader_state(worker->reader),
					 head->strand.serial, &head->circle,
					 err);
	if (found <= 0)
		return found;
	return pull_key(worker, head, &key, err) < 0 ? -1 : 1;
}

/* The cards of members as they stand in the text, which was parsed. */
static void list_cards(struct pull_head *head, const GByteArray *text)
{
	AUTO(str) char *copy = g_strndup((const char *)text->data, text->len);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		AUTO(str) char *card = NULL;
		gsize size = 0;

		if (!g_str_has_prefix(lines[i], "card "))
			continue;
		card = (char *)g_base64_decode(lines[i] + strlen("card "),
					       &size);
		g_ptr_array_add(head->cards, g_strndup(card, size));
	}
}

/* One of the boxes is for me. */
static int shared_kind(struct pull_worker *worker, struct pull_head *head,
		       const struct blobs *blobs, struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	int found;

	strand_key_derive(worker->key, head->circle.secret);
	found = open_blob(worker, head, blobs, STRAND_MEMBERS, text, err);
	if (found == 0)
		return err_set(err, EBADMSG, "a shared strand has no members");
	if (found < 0 || circle_parse(&head->at.strand, head->circle.secret,
				      text->data, text->len, &circle, err) < 0)
		return -1;
	head->circle.roots = g_array_copy(circle->roots);
	head->strand.kind = STRAND_SHARED;
	list_cards(head, text);
	return 1;
}

/* Does any of its blobs open with the person key of a generation? */
static int mine_kind(struct pull_worker *worker, struct pull_head *head,
		     const struct blobs *blobs)
{
	static const enum strand_blob sealed[] = { STRAND_THREAD, STRAND_LINKS,
						   STRAND_SENT };
	const struct identity *identity =
		mailbox_identity(worker->context->mailbox);
	struct strand_key *key;

	head->strand.kind = STRAND_MINE;
	for (uint32_t i = identity_generation(identity) + 1; i > 0; i--) {
		head->strand.generation = i - 1;
		if (pull_key(worker, head, &key, NULL) < 0)
			continue;
		for (size_t j = 0; j < G_N_ELEMENTS(sealed); j++) {
			AUTO(bytes) GByteArray *out = g_byte_array_new();

			if (open_blob(worker, head, blobs, sealed[j], out,
				      NULL) > 0)
				return 1;
		}
	}
	return 0;
}

/* 1 if its thread object is plain and says so; 0; -1. */
static int public_kind(struct pull_head *head, const struct blobs *blobs,
		       struct err *err)
{
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	char hex[STRAND_ID_HEX + 1];
	int found = read_blob(blobs, STRAND_THREAD, text, err);

	strand_id_print(&head->at.strand, hex);
	if (found <= 0 || !says(text, hex, STRAND_PUBLIC))
		return MIN(found, 0);
	head->strand.kind = STRAND_PUBLIC;
	return 1;
}

/* Is one of the boxes for me? 1/0/-1. */
static int unlock(struct pull_worker *worker, struct pull_head *head,
		  const struct blobs *blobs, const GByteArray *keys,
		  struct err *err)
{
	const struct pull_context *context = worker->context;
	const struct object_id *id = &blobs->ids[STRAND_KEYS];
	int found = pull_locked_has(context->locked,
				    reader_state(worker->reader), id, err);

	if (found != 0)
		return MIN(found, 0);
	found = circle_unlock(mailbox_identity(context->mailbox), keys->data,
			      keys->len, head->circle.secret, err);
	if (found == 0)
		pull_locked_add(context->locked, id);
	return found;
}

static int unknown_kind(struct pull_worker *worker, struct pull_head *head,
			const struct blobs *blobs, struct err *err)
{
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	int found = read_blob(blobs, STRAND_KEYS, keys, err);

	if (found < 0)
		return -1;
	if (found > 0) {
		found = unlock(worker, head, blobs, keys, err);
		return found > 0 ? shared_kind(worker, head, blobs, err)
				 : found;
	}
	found = public_kind(head, blobs, err);
	if (found != 0)
		return found;
	return people_is_mine(worker->context->people, &head->at.device)
		       ? mine_kind(worker, head, blobs)
		       : 0;
}

int pull_find_kind(struct pull_worker *worker, struct pull_head *head,
		   const struct commit *tip, struct err *err)
{
	struct blobs blobs = { .source = pull_objects_source(head->objects) };
	struct object_id tree = pull_tree_of(tip);
	int found;

	if (strand_blobs_read(blobs.source, &tree, blobs.ids, err) < 0)
		return -1;
	found = head->strand.serial != 0
			? known_kind(worker, head, err)
			: unknown_kind(worker, head, &blobs, err);
	if (found > 0 && check_thread(worker, head, &blobs, err) < 0)
		return -1;
	return found;
}

/* -- right ----------------------------------------------------------------- */

/* The newest card of a member: one that was known when the pull began, one that
 * `members` has, or that came into state.db with it since. NULL: none. */
static struct card *newest_card(const struct pull_worker *worker,
				const struct pull_head *head, guint number)
{
	const struct root_key *root =
		&g_array_index(head->circle.roots, struct root_key, number);
	const struct person *person =
		people_of_root(worker->context->people, root);
	AUTO(str) char *kept = NULL;
	const char *texts[3] = { person ? person->text : NULL };
	struct card *newest = NULL;

	if (number < head->cards->len)
		texts[1] = g_ptr_array_index(head->cards, number);
	else if (state_card_get(reader_state(worker->reader), root, &kept,
				NULL) > 0)
		texts[2] = kept;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct card *card;

		if (!texts[i] ||
		    card_parse(texts[i], strlen(texts[i]), &card, NULL) < 0)
			continue;
		if (!newest || card->version > newest->version) {
			card_free(newest);
			newest = card;
		} else {
			card_free(card);
		}
	}
	return newest;
}

static bool is_members(const struct pull_worker *worker,
		       const struct pull_head *head)
{
	for (guint i = 0; i < head->circle.roots->len; i++) {
		AUTO(card) struct card *card = newest_card(worker, head, i);

		if (card && card_has_device(card, &head->at.device))
			return true;
	}
	return false;
}

/* Did that device sign this tip, as one of that strand? */
static bool is_signed(const struct pull_worker *worker,
		      const struct ref_move *at)
{
	/* What is read for this is no part of the head at hand. */
	AUTO(pull_objects)
	struct pull_objects *objects = pull_objects_new(worker->context->well);
	struct pull_head other = { .at = *at, .objects = objects };
	struct commit commit;
	struct err why;

	return pull_commit_read(&other, &at->tip, &commit, &why) == 0;
}

/* Is a chain of it offered, too, that a device of mine wrote? Others may offer
 * any number of chains of one strand, so they are not gone through. */
static bool is_offered_by_me(const struct pull_worker *worker,
			     const struct pull_head *head)
{
	const struct pull_context *context = worker->context;
	const GArray *heads = context->heads;
	const GArray *mine = people_my_devices(context->people);
	struct ref_move place = head->at;
	int tries = TIPS;

	for (guint i = 0; i < mine->len; i++) {
		place.device = g_array_index(mine, struct device_id, i);
		for (guint at = pull_find_first(heads, &place);
		     at < heads->len && tries > 0; at++, tries--) {
			const struct ref_move *other =
				&g_array_index(heads, struct ref_move, at);

			if (pull_compare_places(other, &place) != 0)
				break;
			if (is_signed(worker, other))
				return true;
		}
	}
	return false;
}

/* Has a device of mine written into it? */
static int is_written_by_me(const struct pull_worker *worker,
			    const struct pull_head *head, struct err *err)
{
	AUTO(array) GArray *chains = NULL;

	if (!object_id_is_null(&head->strand.tip) ||
	    people_is_mine(worker->context->people, &head->at.device))
		return 1;
	if (head->strand.serial != 0 &&
	    state_chain_list(reader_state(worker->reader), head->strand.serial,
			     &chains, err) < 0)
		return -1;
	for (guint i = 0; chains && i < chains->len; i++)
		if (people_is_mine(worker->context->people,
				   &g_array_index(chains, struct state_chain, i)
					    .device))
			return 1;
	return is_offered_by_me(worker, head);
}

/* Is another member somebody whose address is pinned? */
static bool knows_member(const struct people *people, const GArray *roots)
{
	for (guint i = 0; i < roots->len; i++) {
		const struct person *person = people_of_root(
			people, &g_array_index(roots, struct root_key, i));

		if (person && person->is_pinned && !person->is_me)
			return true;
	}
	return false;
}

static int shared_right(const struct pull_worker *worker,
			const struct pull_head *head, struct err *err)
{
	const struct people *people = worker->context->people;
	const GArray *roots = head->circle.roots;
	int mine = 1;

	if (!root_key_is_among(&people_me(people)->root, roots))
		return err_set(err, EACCES, "I am none of its members");
	if (!is_members(worker, head))
		return err_set(err, EACCES,
			       "the device is in the card of no member");
	if (!knows_member(people, roots))
		mine = is_written_by_me(worker, head, err);
	if (mine < 0)
		return -1;
	if (!mine)
		return err_set(err, EACCES, "no contact is a member of it");
	return 1;
}

int pull_find_right(const struct pull_worker *worker, struct pull_head *head,
		    struct err *err)
{
	const struct people *people = worker->context->people;

	switch (head->strand.kind) {
	case STRAND_SHARED:
		return shared_right(worker, head, err);
	case STRAND_MINE:
		if (people_is_mine(people, &head->at.device))
			return 1;
		return err_set(err, EACCES, "the device is none of mine");
	case STRAND_PUBLIC:
		break;
	}
	if (people_is_welcome(people, &head->at.device))
		return 1;
	head->unknown_key = worker->context->well->offer->anybody;
	return head->unknown_key;
}
