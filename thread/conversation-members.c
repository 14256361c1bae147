/* SPDX-License-Identifier: ISC */
/* Who has a thread: the members of its shared strands, a line each. Nobody
 * leaves that list, for what somebody had stays readable to them; who is in
 * closed strands alone gets nothing more. */
#include <string.h>

#include "conversation-part.h"
#include "defms/contact.h"
#include "defms/owner.h"
#include "defms/state-contacts.h"
#include "index-strand.h"
#include "link-set.h"
#include "state-circles.h"

/* One of them. */
struct member {
	struct root_key root;
	bool closed; /* of closed strands alone */
};

static void add_member(GArray *members, const struct root_key *root,
		       bool closed)
{
	struct member member = { *root, closed };

	for (guint i = 0; i < members->len; i++) {
		struct member *known =
			&g_array_index(members, struct member, i);

		if (memcmp(&known->root, root, sizeof(*root)) == 0) {
			known->closed &= closed;
			return;
		}
	}
	(void)g_array_append_val(members, member);
}

static int is_closed(struct state *state, const struct state_circle *circle,
		     struct err *err)
{
	AUTO(str) char *line = NULL;
	struct state_strand strand;
	int found = state_strand_get(state, circle->strand, &strand, err);

	if (found <= 0 || circle->closed)
		return found < 0 ? -1 : 1;
	line = link_print_closed(&strand.id);
	return state_link_has(state, line, err);
}

static int add_circle(struct state *state, int64_t strand, GArray *members,
		      struct err *err)
{
	struct state_circle circle = { 0 };
	int found = state_circle_get(state, strand, &circle, err);
	int closed = found > 0 ? is_closed(state, &circle, err) : 0;

	for (guint i = 0; found > 0 && closed >= 0 && i < circle.roots->len;
	     i++)
		add_member(members,
			   &g_array_index(circle.roots, struct root_key, i),
			   closed > 0);
	state_circle_release(&circle);
	return found < 0 || closed < 0 ? -1 : 0;
}

/* Name and fingerprint, by the newest card; "-" for what is not known. */
static int print_card(struct state *state, const struct root_key *root,
		      const char *address, const char *trust, GString *out,
		      struct err *err)
{
	AUTO(str) char *text = NULL;
	AUTO(card) struct card *card = NULL;
	char fingerprint[KEY_FINGERPRINT + 1] = "-";
	int found = state_card_get(state, root, &text, err);

	if (found > 0)
		found = card_parse(text, strlen(text), &card, err);
	if (found < 0)
		return -1;
	if (card)
		card_fingerprint(card, fingerprint);
	g_string_append_printf(out, "%s\t%s\t%s\t%s\n", card ? card->name : "-",
			       address, fingerprint, trust);
	return 0;
}

static int print_other(struct state *state, const struct member *member,
		       GString *out, struct err *err)
{
	AUTO(array) GArray *pins = NULL;
	const char *address = "-", *trust = "unknown";

	if (state_pin_of(state, &member->root, &pins, err) < 0)
		return -1;
	if (pins->len > 0) {
		const struct state_pin *pin =
			&g_array_index(pins, struct state_pin, 0);

		address = pin->address;
		trust = trust_name(pin->trust);
	}
	return print_card(state, &member->root, address,
			  member->closed ? "removed" : trust, out, err);
}

static void print_self(struct mailbox *mailbox, GString *out)
{
	const struct identity *identity = mailbox_identity(mailbox);
	AUTO(ptrs)
	GPtrArray *mails = owner_mails(mailbox_config(mailbox), identity);
	AUTO(str) char *name = owner_name(mailbox_config(mailbox), identity);
	char fingerprint[KEY_FINGERPRINT + 1];

	identity_fingerprint(identity, fingerprint);
	g_string_append_printf(
		out, "%s\t%s\t%s\tme\n", name ? name : "-",
		mails->len > 0 ? (char *)g_ptr_array_index(mails, 0) : "-",
		fingerprint);
}

static int list_members(struct reader *reader, int64_t thread, GArray *members,
			struct err *err)
{
	struct index *index = reader_index(reader, err);
	AUTO(array) GArray *strands = NULL;

	if (!index || index_thread_strands(index, thread, &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++)
		if (add_circle(reader_state(reader),
			       g_array_index(strands, int64_t, i), members,
			       err) < 0)
			return -1;
	return 0;
}

int conversation_members(struct reader *reader, int64_t thread, GString *out,
			 struct err *err)
{
	AUTO(array)
	GArray *members = g_array_new(FALSE, FALSE, sizeof(struct member));
	struct mailbox *mailbox = reader_mailbox(reader);
	int any = state_circle_any(reader_state(reader), err);

	if (any <= 0)
		return any;
	if (list_members(reader, thread, members, err) < 0)
		return -1;
	for (guint i = 0; i < members->len; i++) {
		const struct member *member =
			&g_array_index(members, struct member, i);

		if (identity_is_root(mailbox_identity(mailbox),
				     member->root.bytes))
			print_self(mailbox, out);
		else if (print_other(reader_state(reader), member, out, err) <
			 0)
			return -1;
	}
	return members->len > 0;
}
