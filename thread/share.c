/* SPDX-License-Identifier: ISC */
/* Sharing founds a strand of its own beside the strand of mine: nothing ever
 * turns one into the other. What is addressed to all members is sealed once
 * more, for it, and read from there from then on; gc drops it from mine.
 *
 * What a new message would be put into is shared as it is: if the thread has an
 * open strand of just these people, what it lacks is added to it, and nothing
 * is founded. Unless a member has a key of a newer generation than it was made
 * for: then a new one takes its place, with all that it has. */
#include "share.h"

#include <errno.h>
#include <string.h>

#include "audience.h"
#include "batch-parts.h"
#include "circle-read.h"
#include "defms/links.h"
#include "defms/name.h"
#include "index-strand.h"
#include "index-write.h"
#include "link-set.h"
#include "share-members.h"
#include "state-circles.h"
#include "strand-links.h"
#include "strand-tip.h"

void share_plan_free(struct share_plan *plan)
{
	if (!plan)
		return;
	if (plan->cards)
		g_ptr_array_unref(plan->cards);
	if (plan->roots)
		g_array_unref(plan->roots);
	g_array_unref(plan->enter);
	g_array_unref(plan->stay);
	g_array_unref(plan->there);
	g_free(plan);
}

static struct share_plan *plan_new(int64_t thread)
{
	struct share_plan *plan = g_new0(struct share_plan, 1);

	plan->thread = thread;
	plan->enter = g_array_new(FALSE, FALSE, sizeof(int64_t));
	plan->stay = g_array_new(FALSE, FALSE, sizeof(int64_t));
	plan->there = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return plan;
}

/* -- the strand ------------------------------------------------------------ */

static int generation_of(const char *text, uint32_t *generation_r,
			 struct err *err)
{
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	*generation_r = card->generation;
	return 0;
}

/* Has a member a newer key than the strand was made for? 1/0/-1. */
static int is_outdated(struct reader *reader, const struct share_plan *plan,
		       struct err *err)
{
	AUTO(circle) struct circle *circle = NULL;

	if (circle_read(reader, &plan->strand, &circle, err) < 0)
		return -1;
	for (guint i = 0; i < circle->cards->len; i++) {
		const struct card *card = g_ptr_array_index(circle->cards, i);
		uint32_t newest;

		if (generation_of(g_ptr_array_index(plan->cards, i), &newest,
				  err) < 0)
			return -1;
		if (newest > card->generation)
			return 1;
	}
	return 0;
}

static int find_strand(struct batch *batch, struct share_plan *plan,
		       struct err *err)
{
	int found = routes_strand(batch_routes(batch), plan->thread,
				  plan->roots, &plan->strand, err);

	if (found > 0)
		found = is_outdated(batch_reader(batch), plan, err);
	if (found > 0) {
		plan->is_instead = true;
		plan->instead = plan->strand.id;
	}
	return found < 0 ? -1 : 0;
}

/* -- the messages ---------------------------------------------------------- */

/* Does it stand in a folder for junk? 1/0/-1. */
static int is_junk(struct state *state, int64_t message, struct err *err)
{
	AUTO(array) GArray *copies = NULL;

	if (state_copy_list(state, message, 0, &copies, err) < 0)
		return -1;
	for (guint i = 0; i < copies->len; i++) {
		struct state_folder folder;
		struct state_copy copy;
		int found = state_copy_get(
			state, g_array_index(copies, int64_t, i), &copy, err);

		if (found > 0)
			found = state_folder_get(state, copy.folder, &folder,
						 err);
		if (found < 0)
			return -1;
		if (found > 0 && name_is_junk(folder.name))
			return 1;
	}
	return 0;
}

/* Content, mime and root of a message. */
static int read_message(struct reader *reader, const struct index_message *row,
			struct arrival_made **made_r, struct err *err)
{
	AUTO(made) struct arrival_made *made = g_new0(struct arrival_made, 1);

	made->content = g_byte_array_new();
	made->hash = row->hash;
	if (reader_content(reader, row, made->content, err) < 0)
		return -1;
	arrival_read(made);
	*made_r = take(made);
	return 0;
}

static int is_addressed(struct reader *reader, const struct index_message *row,
			const struct audience *audience, struct err *err)
{
	AUTO(made) struct arrival_made *made = NULL;
	AUTO(table) GHashTable *addressed = NULL;

	if (read_message(reader, row, &made, err) < 0)
		return -1;
	addressed = audience_addressed(made->mime);
	return audience_has_all(audience, addressed);
}

/* Do all of them have it? 1/0/-1. What everybody may read, they do. */
static int is_there(struct batch *batch, const struct share_plan *plan,
		    const struct index_message *row, struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_strand strand;
	int found = state_strand_get(state, row->strand, &strand, err);

	if (found > 0)
		found = strand.kind == STRAND_PUBLIC;
	if (found == 0 && plan->strand.serial != 0 && !plan->is_instead)
		found = state_standing_has(state, row->serial,
					   plan->strand.serial, err);
	if (found == 0)
		found = routes_reach(batch_routes(batch), row->serial,
				     plan->roots, plan->strand.serial, err);
	return found;
}

/* Does it stand in the strand whose place a new one takes? Then it comes along,
 * whatever other strand it stands in, too: that may be as old. 1/0/-1. */
static int comes_along(struct batch *batch, const struct share_plan *plan,
		       const struct index_message *row, struct err *err)
{
	return plan->is_instead
		       ? state_standing_has(batch_state(batch), row->serial,
					    plan->strand.serial, err)
		       : 0;
}

/* Where a message is listed: in `enter`, `stay` or `there`. */
static int sort_message(struct batch *batch, struct share_plan *plan,
			const struct index_message *row,
			const struct audience *audience, bool all,
			struct err *err)
{
	int asked = comes_along(batch, plan, row, err);
	int there = asked ? 0 : is_there(batch, plan, row, err);
	int junk = is_junk(batch_state(batch), row->serial, err);

	if (asked < 0 || there < 0 || junk < 0)
		return -1;
	if (there) {
		(void)g_array_append_val(plan->there, row->serial);
		return 0;
	}
	if (!junk && asked == 0)
		asked = is_addressed(batch_reader(batch), row, audience, err);
	if (asked < 0)
		return -1;
	if (junk || (!asked && !all)) {
		(void)g_array_append_val(plan->stay, row->serial);
		return 0;
	}
	(void)g_array_append_val(plan->enter, row->serial);
	plan->unasked += !asked;
	return 0;
}

static int sort_messages(struct batch *batch, struct share_plan *plan, bool all,
			 struct err *err)
{
	struct index *index = batch_index(batch, err);
	AUTO(audience) struct audience *audience = NULL;
	AUTO(array) GArray *messages = NULL;

	if (!index ||
	    index_message_order(index, plan->thread, INT64_MAX, &messages,
				err) < 0 ||
	    audience_new(batch_reader(batch), plan->roots, &audience, err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++) {
		struct index_message row = { 0 };
		int found = index_message_get(
			index, g_array_index(messages, int64_t, i), &row, err);

		if (found > 0)
			found = sort_message(batch, plan, &row, audience, all,
					     err);
		index_message_release(&row);
		if (found < 0)
			return -1;
	}
	return 0;
}

int share_plan(struct batch *batch, int64_t thread,
	       const char *const *addresses, size_t count, bool all,
	       struct share_plan **plan_r, struct err *err)
{
	AUTO(share_plan) struct share_plan *plan = plan_new(thread);

	if (share_members(batch_reader(batch), addresses, count, &plan->roots,
			  &plan->cards, err) < 0 ||
	    find_strand(batch, plan, err) < 0 ||
	    sort_messages(batch, plan, all, err) < 0)
		return -1;
	*plan_r = take(plan);
	return 0;
}

/* -- doing it -------------------------------------------------------------- */

static int record_circle(struct state *state, int64_t strand,
			 const struct circle *circle, struct err *err)
{
	struct state_circle row = { .strand = strand, .roots = circle->roots };

	memcpy(row.secret, circle->secret, sizeof(row.secret));
	return state_circle_put(state, &row, err);
}

/* `keys` and `members` are for its first commit. */
int share_found(struct batch *batch, const GPtrArray *cards,
		const struct strand_id *instead, struct state_strand *strand_r,
		struct err *err)
{
	struct reader *reader = batch_reader(batch);
	AUTO(bytes) GByteArray *keys = g_byte_array_new();
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(circle) struct circle *circle = NULL;
	struct state_strand wanted = { .kind = STRAND_SHARED };
	struct seal_place place = { .kind = SEAL_MEMBERS };
	struct batch_strand *strand;
	struct strand_key *key;

	if (circle_found((const char *const *)cards->pdata, cards->len, instead,
			 &circle, keys, text, err) < 0)
		return -1;
	wanted.id = circle->id;
	place.strand = circle->id;
	if (batch_strand_of(batch, &wanted, &strand, err) < 0 ||
	    record_circle(batch_state(batch), strand->state.serial, circle,
			  err) < 0 ||
	    reader_key(reader, &strand->state, &key, err) < 0)
		return -1;
	strand->keys = take(keys);
	strand->members = g_byte_array_new();
	seal_close(reader_sealer(reader), key, &place, text->data, text->len,
		   text->len, strand->members);
	*strand_r = strand->state;
	return 0;
}

/* Messages going in. */
struct entering {
	struct batch *batch; /* borrowed */
	struct index *index; /* borrowed */
	GArray *strands;     /* borrowed: the one struct state_strand */
	GPtrArray *sent;     /* owned: lines of the `sent' of ... */
	int64_t sent_strand; /* ... this strand; 0: none yet */
};

static int load_sent(struct entering *entering, int64_t serial, struct err *err)
{
	struct reader *reader = batch_reader(entering->batch);
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(ptrs) GPtrArray *lines = NULL;
	struct state_strand from;
	int found = state_strand_get(batch_state(entering->batch), serial,
				     &from, err);

	if (found == 0)
		return err_set(err, ENOENT, "a strand is missing");
	if (found < 0 ||
	    strand_tip_read(mailbox_store(reader_mailbox(reader)), &from.tip,
			    &tree, err) < 0 ||
	    strand_text_read(reader, &from, tree, STRAND_SENT, text, err) < 0 ||
	    link_blob_parse(text->data, text->len, &lines, err) < 0)
		return -1;
	if (entering->sent)
		g_ptr_array_unref(entering->sent);
	entering->sent = take(lines);
	entering->sent_strand = serial;
	return 0;
}

/* Did it come out of this device's queue, by what the strand that it is read
 * from says? 1/0/-1. */
static int was_sent(struct entering *entering, const struct index_message *row,
		    struct err *err)
{
	if (entering->sent_strand != row->strand &&
	    load_sent(entering, row->strand, err) < 0)
		return -1;
	return link_blob_has_id(entering->sent, &row->id);
}

static int note_sent(struct entering *entering, const struct message_id *id,
		     struct err *err)
{
	struct batch_strand *strand;

	if (batch_strand_of(
		    entering->batch,
		    &g_array_index(entering->strands, struct state_strand, 0),
		    &strand, err) < 0)
		return -1;
	(void)g_array_append_val(strand->sent, *id);
	return 0;
}

/* What it was read from so far still has it, until gc. */
static int enter_message(struct entering *entering,
			 const struct index_message *row, struct err *err)
{
	struct batch *batch = entering->batch;
	struct state *state = batch_state(batch);
	AUTO(made) struct arrival_made *made = NULL;
	struct index_entry entry = { .serial = row->serial };
	int sent = was_sent(entering, row, err);

	if (sent < 0 ||
	    read_message(batch_reader(batch), row, &made, err) < 0 ||
	    batch_stand(batch, made, entering->strands, &entry, err) < 0 ||
	    state_standing_from(state, entry.serial, entry.strand, err) < 0 ||
	    state_leaving_add(state, row->strand, err) < 0)
		return -1;
	filing_restand(batch_filing(batch), &entry);
	return sent ? note_sent(entering, &entry.id, err) : 0;
}

static int enter_messages(struct entering *entering, const GArray *messages,
			  struct err *err)
{
	for (guint i = 0; i < messages->len; i++) {
		struct index_message row = { 0 };
		int got = index_message_get(entering->index,
					    g_array_index(messages, int64_t, i),
					    &row, err);

		if (got > 0)
			got = enter_message(entering, &row, err);
		index_message_release(&row);
		if (got < 0)
			return -1;
	}
	return 0;
}

/* All that is to go into the strand, which there is by now. */
static int enter_all(struct batch *batch, const struct share_plan *plan,
		     struct err *err)
{
	AUTO(array)
	GArray *strands =
		g_array_new(FALSE, FALSE, sizeof(struct state_strand));
	struct entering entering = { .batch = batch, .strands = strands };
	int result;

	(void)g_array_append_val(strands, plan->strand);
	entering.index = batch_index(batch, err);
	if (!entering.index)
		return -1;
	result = enter_messages(&entering, plan->enter, err);
	if (entering.sent)
		g_ptr_array_unref(entering.sent);
	return result;
}

int share_do(struct batch *batch, struct share_plan *plan, struct err *err)
{
	bool is_new = plan->strand.serial == 0 || plan->is_instead;

	if (plan->enter->len == 0)
		return 0;
	if ((is_new && share_found(batch, plan->cards,
				   plan->is_instead ? &plan->instead : NULL,
				   &plan->strand, err) < 0) ||
	    enter_all(batch, plan, err) < 0)
		return -1;
	batch_touch_thread(batch, plan->thread);
	return 1;
}

/* The line is what lasts, and what my other devices obey. */
static int close_strand(struct batch *batch, int64_t thread, int64_t strand,
			struct err *err)
{
	struct state *state = batch_state(batch);
	struct state_circle circle = { 0 };
	int got = state_circle_get(state, strand, &circle, err);

	if (got > 0) {
		circle.closed = true;
		got = state_circle_put(state, &circle, err);
		state_circle_release(&circle);
	}
	return got < 0 ? -1 : links_close(batch, thread, strand, err);
}

int share_close(struct batch *batch, int64_t thread, const char *address,
		struct err *err)
{
	struct state *state = batch_state(batch);
	struct index *index = batch_index(batch, err);
	AUTO(array) GArray *strands = NULL;
	struct root_key root;
	int count = 0;

	if (!index || share_root_of(state, address, &root, err) < 0 ||
	    index_thread_strands(index, thread, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++) {
		int64_t strand = g_array_index(strands, int64_t, i);
		int got = routes_has_member(batch_routes(batch), strand, &root,
					    err);

		if (got > 0)
			got = close_strand(batch, thread, strand, err);
		if (got < 0)
			return -1;
		count += got;
	}
	return count;
}
