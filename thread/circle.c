/* SPDX-License-Identifier: ISC */
/* Who a shared strand is for. The text of `members`, sealed with kind 'u':
 * lines that end in LF, at most 524288 bytes in all,
 *
 *	root <64 hex>		2 to 64, sorted, each once
 *	card <base64>		of each of them, in the same order
 *	instead <32 hex>	perhaps: the strand that it takes the place of
 *
 * It and `keys` (key-circle.c) are made once, by whoever founds the strand, and
 * stand with the same bytes in every chain of it. T is computed from the roots
 * and K, so neither can be that of another strand. */
#include "defms/circle.h"

#include <errno.h>
#include <string.h>

#include "identity.h"
#include "key-box.h"
#include "key-circle.h"
#include "scan.h"

enum {
	MEMBERS_LEAST = 2,
	CARD_DIGITS = (CARD_TEXT + 2) / 3 * 4,
};

/* One of them, while it is founded. */
struct member {
	struct card *card; /* owned */
	const char *text;  /* borrowed */
};

static void free_card(gpointer card)
{
	card_free(card);
}

static struct circle *circle_new(void)
{
	struct circle *circle = g_new0(struct circle, 1);

	circle->roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	circle->cards = g_ptr_array_new_with_free_func(free_card);
	return circle;
}

void circle_free(struct circle *circle)
{
	if (!circle)
		return;
	circle_wipe(circle->secret);
	g_array_unref(circle->roots);
	g_ptr_array_unref(circle->cards);
	g_free(circle);
}

/* -- founding -------------------------------------------------------------- */

static void release_member(gpointer data)
{
	struct member *member = data;

	card_free(member->card);
}

static gint compare_members(gconstpointer a, gconstpointer b)
{
	const struct member *one = a, *other = b;

	return memcmp(one->card->root, other->card->root,
		      sizeof(one->card->root));
}

static int read_members(const char *const *cards, size_t count, GArray *members,
			struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct member member = { .text = cards[i] };

		if (card_parse(cards[i], strlen(cards[i]), &member.card, err) <
		    0)
			return -1;
		(void)g_array_append_val(members, member);
	}
	g_array_sort(members, compare_members);
	for (guint i = 1; i < members->len; i++)
		if (compare_members(
			    &g_array_index(members, struct member, i - 1),
			    &g_array_index(members, struct member, i)) == 0)
			return err_set(err, EINVAL, "a member is named twice");
	return 0;
}

static void print_root(const struct root_key *root, GString *out)
{
	char hex[MESSAGE_ID_HEX + 1];
	struct message_id id;

	memcpy(id.bytes, root->bytes, sizeof(id.bytes));
	message_id_print(&id, hex);
	g_string_append_printf(out, "root %s\n", hex);
}

static void print_members(const struct circle *circle, const GArray *members,
			  GByteArray *out)
{
	AUTO(gstring) GString *text = g_string_new(NULL);
	char hex[STRAND_ID_HEX + 1];

	for (guint i = 0; i < members->len; i++)
		print_root(&g_array_index(circle->roots, struct root_key, i),
			   text);
	for (guint i = 0; i < members->len; i++) {
		const char *card =
			g_array_index(members, struct member, i).text;
		AUTO(str)
		char *digits =
			g_base64_encode((const guchar *)card, strlen(card));

		g_string_append_printf(text, "card %s\n", digits);
	}
	if (circle->is_instead) {
		strand_id_print(&circle->instead, hex);
		g_string_append_printf(text, "instead %s\n", hex);
	}
	(void)g_byte_array_append(out, (const guint8 *)text->str,
				  (guint)text->len);
}

int circle_found(const char *const *cards, size_t count,
		 const struct strand_id *instead, struct circle **circle_r,
		 GByteArray *keys, GByteArray *members, struct err *err)
{
	AUTO(array)
	GArray *people = g_array_new(FALSE, FALSE, sizeof(struct member));
	AUTO(circle) struct circle *circle = circle_new();

	g_array_set_clear_func(people, release_member);
	if (count < MEMBERS_LEAST || count > CIRCLE_MEMBERS)
		return err_set(err, EINVAL,
			       "a strand is shared by %d to %d people",
			       MEMBERS_LEAST, CIRCLE_MEMBERS);
	if (read_members(cards, count, people, err) < 0)
		return -1;
	for (guint i = 0; i < people->len; i++) {
		struct member *member =
			&g_array_index(people, struct member, i);

		(void)g_array_append_vals(circle->roots, member->card->root, 1);
		g_ptr_array_add(circle->cards, take(member->card));
	}
	circle->is_instead = instead != NULL;
	if (instead)
		circle->instead = *instead;
	circle_draw(circle->secret);
	circle->id = circle_id(circle->secret, circle->roots);
	circle_wrap(circle->secret, circle->cards, keys);
	print_members(circle, people, members);
	*circle_r = take(circle);
	return 0;
}

/* -- reading --------------------------------------------------------------- */

static int wrong(struct err *err, const char *line)
{
	return err_set(err, EBADMSG, "members have no valid %s line", line);
}

static int parse_roots(struct scan *scan, GArray *roots, struct err *err)
{
	while (scan_literal(scan, "root ")) {
		struct root_key root;

		if (roots->len == CIRCLE_MEMBERS ||
		    !scan_hex(scan, root.bytes, sizeof(root.bytes)) ||
		    !scan_literal(scan, "\n"))
			return wrong(err, "root");
		if (roots->len > 0 &&
		    memcmp(&g_array_index(roots, struct root_key,
					  roots->len - 1),
			   &root, sizeof(root)) >= 0)
			return err_set(err, EBADMSG, "members are not sorted");
		(void)g_array_append_val(roots, root);
	}
	return roots->len >= MEMBERS_LEAST ? 0 : wrong(err, "root");
}

static int parse_card(struct scan *scan, const struct root_key *root,
		      struct card **card_r, struct err *err)
{
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *text = NULL;
	const char *digits;
	size_t len, size = 0;

	if (!scan_literal(scan, "card ") ||
	    !scan_text(scan, CARD_DIGITS, &digits, &len))
		return wrong(err, "card");
	text = (char *)base64_decode(digits, len, &size);
	if (!text)
		return wrong(err, "card");
	if (card_parse(text, size, &card, err) < 0)
		return -1;
	if (memcmp(card->root, root->bytes, sizeof(card->root)) != 0)
		return err_set(err, EBADMSG, "a card is no member's");
	*card_r = take(card);
	return 0;
}

static int parse_instead(struct scan *scan, struct circle *circle,
			 struct err *err)
{
	circle->is_instead = scan_literal(scan, "instead ");
	if (circle->is_instead && (!scan_hex(scan, circle->instead.bytes,
					     sizeof(circle->instead.bytes)) ||
				   !scan_literal(scan, "\n")))
		return wrong(err, "instead");
	if (!scan_done(scan))
		return err_set(err, EBADMSG, "members have something after");
	return 0;
}

int circle_parse(const struct strand_id *id, const uint8_t secret[32],
		 const void *text, size_t size, struct circle **circle_r,
		 struct err *err)
{
	AUTO(circle) struct circle *circle = circle_new();
	struct scan scan = scan_of(text, size);

	if (parse_roots(&scan, circle->roots, err) < 0)
		return -1;
	circle->id = circle_id(secret, circle->roots);
	if (memcmp(&circle->id, id, sizeof(*id)) != 0)
		return err_set(err, EBADMSG,
			       "members are those of another strand");
	for (guint i = 0; i < circle->roots->len; i++) {
		struct card *card = NULL;

		if (parse_card(
			    &scan,
			    &g_array_index(circle->roots, struct root_key, i),
			    &card, err) < 0)
			return -1;
		g_ptr_array_add(circle->cards, card);
	}
	if (parse_instead(&scan, circle, err) < 0)
		return -1;
	memcpy(circle->secret, secret, sizeof(circle->secret));
	*circle_r = take(circle);
	return 0;
}
