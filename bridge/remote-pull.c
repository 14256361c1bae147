/* SPDX-License-Identifier: ISC */
/* What a remote says it has is judged elsewhere (defms/pull.h); here it is
 * gathered, and remembered afterwards, so that a pull with nothing new there
 * reads no object. */
#include "replicate.h"

#include <errno.h>
#include <string.h>

#include "defms/reader.h"
#include "defms/ref.h"
#include "defms/state-chains.h"
#include "remote-kind.h"
#include "remote-ledger.h"

/* Seconds after which what was not sound is looked at once more although
 * nothing is new: what is taken from people unknown is bounded by the day. */
enum { ANOTHER_LOOK = 24 * 60 * 60 };

static void pull_release(struct pull *pull, const struct remote_kind *kind)
{
	if (pull->own)
		kind->close_pull(pull);
	visible_release(&pull->visible);
	g_array_unref(pull->heads);
	g_ptr_array_unref(pull->cards);
}

/* Whom I know, and which keys I have, decides what I take: with another one,
 * what was passed over is worth another look. */
static int hash_contacts(struct state *state, const struct identity *identity,
			 struct message_id *hash_r, struct err *err)
{
	const char *card = identity_card(identity);
	uint32_t generation = identity_generation(identity);
	AUTO(bytes) GByteArray *all = g_byte_array_new();
	AUTO(array) GArray *pins = NULL;
	AUTO(array) GArray *roots = NULL;

	if (state_pin_list(state, &pins, err) < 0 ||
	    state_card_list(state, &roots, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++)
		(void)g_byte_array_append(
			all,
			g_array_index(pins, struct state_pin, i).root.bytes,
			sizeof(struct root_key));
	for (guint i = 0; i < roots->len; i++) {
		AUTO(str) char *text = NULL;
		int found = state_card_get(
			state, &g_array_index(roots, struct root_key, i), &text,
			err);

		if (found < 0)
			return -1;
		if (found > 0)
			(void)g_byte_array_append(all, (const guint8 *)text,
						  (guint)strlen(text));
	}
	(void)g_byte_array_append(all, (const guint8 *)card,
				  (guint)strlen(card));
	(void)g_byte_array_append(all, (const guint8 *)&generation,
				  sizeof(generation));
	*hash_r = message_id_of(NULL, all->data, all->len);
	return 0;
}

/* -- the offer ------------------------------------------------------------- */

static GArray *moves_of(const GArray *heads)
{
	GArray *moves = g_array_new(FALSE, FALSE, sizeof(struct ref_move));

	for (guint i = 0; i < heads->len; i++) {
		const struct head *head = &g_array_index(heads, struct head, i);
		struct ref_move move = { head->strand, head->device,
					 head->tip };

		(void)g_array_append_val(moves, move);
	}
	return moves;
}

static bool is_wanted(const struct remote *remote, const struct card *card)
{
	char fingerprint[KEY_FINGERPRINT + 1];

	card_fingerprint(card, fingerprint);
	for (guint i = 0; i < remote->from->len; i++)
		if (strcmp(remote->from->pdata[i], fingerprint) == 0)
			return true;
	return false;
}

static void add_root(const struct remote *remote, const char *text,
		     GArray *roots)
{
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, NULL) == 0 &&
	    is_wanted(remote, card))
		(void)g_array_append_vals(roots, card->root, 1);
}

/* Whose fingerprints the settings name: a root is known by its card, which is
 * here or comes along. */
static int find_from(const struct pull *pull, const GPtrArray *texts,
		     GArray *roots, struct err *err)
{
	AUTO(array) GArray *known = NULL;

	if (pull->remote->from->len == 0)
		return 0;
	if (state_card_list(pull->state, &known, err) < 0)
		return -1;
	for (guint i = 0; i < known->len; i++) {
		AUTO(str) char *text = NULL;
		int found = state_card_get(
			pull->state, &g_array_index(known, struct root_key, i),
			&text, err);

		if (found < 0)
			return -1;
		if (found > 0)
			add_root(pull->remote, text, roots);
	}
	for (guint i = 0; i < texts->len; i++)
		add_root(pull->remote, texts->pdata[i], roots);
	return 0;
}

static int offer(struct pull *pull, const struct remote_kind *kind,
		 struct replicate_report *report, struct err *err)
{
	AUTO(array)
	GArray *roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	AUTO(array) GArray *moves = moves_of(pull->heads);
	AUTO(ptrs) GPtrArray *texts = NULL;
	struct offer what = { .remote = pull->remote->name,
			      .heads = moves,
			      .from = roots,
			      .anybody = pull->remote->anybody,
			      .limit = pull->remote->limit,
			      .read = kind->read,
			      .context = pull };

	if (visible_open_cards(&pull->visible, pull->cards, &texts, err) < 0 ||
	    find_from(pull, texts, roots, err) < 0)
		return -1;
	what.cards = texts;
	return pull_offer(pull->mailbox, &what, &report->pulled, err);
}

/* -- what is remembered ---------------------------------------------------- */

/* Is this tip known here now? 1/0/-1. */
static int is_known(struct pull *pull, const struct head *head, struct err *err)
{
	struct device_id me = identity_device(mailbox_identity(pull->mailbox));
	struct state_strand strand;
	struct state_chain chain;
	int found = state_strand_find(pull->state, &head->strand, &strand, err);

	if (found <= 0)
		return found;
	if (memcmp(&me, &head->device, sizeof(me)) == 0)
		return object_id_equal(&strand.tip, &head->tip);
	found = state_chain_get(pull->state, strand.serial, &head->device,
				&chain, err);
	return found <= 0 ? found : object_id_equal(&chain.tip, &head->tip);
}

/* What others keep there need not be carried there by me. Most of it is noted
 * already. */
static int note_others(struct pull *pull, struct err *err)
{
	const char *name = pull->remote->name;
	AUTO(array) GArray *noted = NULL;

	if (state_given_list(pull->state, name, false, &noted, err) < 0)
		return -1;
	for (guint i = 0; i < pull->others; i++) {
		const struct head *head =
			&g_array_index(pull->heads, struct head, i);
		int known;

		if (head_is_among(head, noted))
			continue;
		known = is_known(pull, head, err);
		if (known < 0 ||
		    (known > 0 &&
		     state_given_put(pull->state, name, false, head, err) < 0))
			return -1;
	}
	return 0;
}

static int note(struct pull *pull, const struct remote_kind *kind,
		const struct replicate_report *report, struct err *err)
{
	const struct pull_report *pulled = &report->pulled;

	pull->row.whole = report->lines->len == 0 && pulled->foreign == 0 &&
			  pulled->quarantined == 0 && pulled->postponed == 0;
	pull->row.problem[0] = '\0';
	if (remote_ledger_open(pull->mailbox, pull->state, err) < 0)
		return -1;
	if (kind->note_pull(pull, err) < 0 || note_others(pull, err) < 0 ||
	    state_remote_put(pull->state, &pull->row, err) < 0) {
		remote_ledger_drop(pull->mailbox, pull->state);
		return -1;
	}
	return remote_ledger_close(pull->mailbox, pull->state, err);
}

void remote_pull_incomplete(struct pull *pull, const char *name,
			    const struct device_id *device, size_t missing)
{
	char hex[DEVICE_ID_HEX + 1] = "";
	struct err line;

	if (missing == 0)
		return;
	if (device)
		device_id_print(device, hex);
	(void)err_set(&line, ENOENT,
		      "the push %s%s%sis incomplete: %zu of its lists of "
		      "chains and cards missing; pull again once it is all "
		      "there",
		      device ? "of device " : "", hex, device ? " " : "",
		      missing);
	if (name) /* whatever characters are in it */
		(void)err_prefix(&line, "%s", name);
	g_ptr_array_add(pull->lines, g_strdup(line.text));
}

static void add_problems(struct replicate_report *report)
{
	for (guint i = 0;
	     report->pulled.problems && i < report->pulled.problems->len; i++)
		g_ptr_array_add(report->lines,
				g_strdup(report->pulled.problems->pdata[i]));
}

/* Is what was there before to be looked at again? Not if all of it was taken.
 */
static bool is_again(const struct pull *pull, const struct message_id *contacts)
{
	int64_t since =
		g_get_real_time() / G_USEC_PER_SEC - pull->row.pulled_at;

	return !pull->row.whole &&
	       (memcmp(pull->row.contacts, contacts, sizeof(*contacts)) != 0 ||
		since < 0 || since > ANOTHER_LOOK);
}

static int pull_all(struct pull *pull, const struct remote_kind *kind,
		    struct replicate_report *report, struct err *err)
{
	struct message_id contacts;
	int found;

	if (visible_open(pull->state, mailbox_identity(pull->mailbox),
			 pull->remote, &pull->visible, err) < 0 ||
	    remote_ledger_row(pull->mailbox, pull->state, &pull->visible,
			      &pull->row, err) < 0 ||
	    hash_contacts(pull->state, mailbox_identity(pull->mailbox),
			  &contacts, err) < 0)
		return -1;
	pull->again = is_again(pull, &contacts);
	found = kind->open(pull, err);
	if (found <= 0)
		return found;
	if (offer(pull, kind, report, err) < 0)
		return -1;
	add_problems(report);
	memcpy(pull->row.contacts, &contacts, sizeof(contacts));
	pull->row.pulled_at = g_get_real_time() / G_USEC_PER_SEC;
	return note(pull, kind, report, err);
}

int replicate_pull(struct mailbox *mailbox, const struct remote *remote,
		   struct replicate_report *report, struct err *err)
{
	struct pull pull = { .mailbox = mailbox,
			     .remote = remote,
			     .lines = report->lines };
	struct remote_turn turn;
	int result;

	if (remote_turn_begin(mailbox, remote, &turn, err) < 0)
		return -1;
	pull.state = reader_state(turn.reader);
	pull.heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	pull.cards = g_ptr_array_new_with_free_func(root_card_free);
	result = pull_all(&pull, turn.kind, report, err);
	pull_release(&pull, turn.kind);
	remote_turn_end(&turn);
	return result;
}
