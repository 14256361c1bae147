/* SPDX-License-Identifier: ISC */
/* reply.eml: an answer to everybody (RFC 5322 3.6.3), to be edited. Its header
 * is UTF-8 as a person writes it; compose makes a message of it. All of it is
 * made from what the index holds, so that its size is known at once.
 *
 * Whom it goes to is what mutt's group reply agrees on with others:
 *	From	the address of mine that was written to; in an answer to myself
 *		the one I wrote from
 *	To	Mail-Followup-To: whoever wrote it asks that all answers go
 *		there and nowhere else, then there is no Cc; else
 *		Mail-Reply-To, Reply-To or From; in an answer to myself the
 *		former To
 *	Cc	everybody else of To and Cc, the list like any other
 * The two that begin with Mail are no standard, but what mailing lists agree on
 * (cr.yp.to/proto/replyto.html). A Reply-To that names nobody but the list
 * itself was put there by the list: it would hide the author, so the author is
 * in To and the list in Cc. I am left out, whichever of my addresses it is,
 * unless nobody else is there. */
#include "conversation-part.h"

#include <string.h>

#include "compose-address.h"
#include "compose-header.h"
#include "defms/address.h"
#include "defms/config.h"
#include "defms/mailbox.h"
#include "defms/owner.h"
#include "quote.h"

enum {
	SUBJECT = 1000, /* bytes of it that an answer repeats */
	MSGID = 900,
	REFERENCES_FIRST = 10, /* what is kept of very many: the root, by which
				* threads are known, and those before */
	REFERENCES_LAST = 40,
};

/* -- lists of addresses ---------------------------------------------------- */

/* One address as it stands in a field. */
struct party {
	char *text; /* owned; "Ada <ada@example.org>" */
	char *key;  /* owned; address_key() */
};

static void free_party(gpointer data)
{
	struct party *party = data;

	g_free(party->text);
	g_free(party->key);
	g_free(party);
}

/* What the index holds is decoded: it must not be decoded again. */
static char *party_text(const struct addressee *who)
{
	AUTO(str) char *name = g_strstrip(g_strdup(who->name));
	AUTO(str) char *quoted = NULL;

	if (!*name)
		return g_strdup(who->mail);
	quoted = strstr(name, "=?") && !strpbrk(name, "\"\\")
			 ? g_strdup_printf("\"%s\"", name)
			 : phrase_quote(name);
	return g_strdup_printf("%s <%s>", quoted, who->mail);
}

/* The addr-spec of `text`: between the last '<' and '>', or all of it. */
static char *mail_of(const char *text)
{
	const char *open = strrchr(text, '<');
	const char *close = open ? strchr(open, '>') : NULL;

	return close ? g_strndup(open + 1, (gsize)(close - open - 1))
		     : g_strdup(text);
}

/* Add an address. A name that is none is left out, and so is what is no address
 * ("undisclosed-recipients:"): an answer must be one that can be sent. */
static void add_party(GPtrArray *parties, const char *text, size_t size)
{
	AUTO(str) char *held = g_strstrip(g_strndup(text, size));
	AUTO(str) char *mail = mail_of(held);
	AUTO(ptrs) GPtrArray *found = addressees_new();
	const struct addressee *who;
	struct party *party;

	if (!strchr(mail, '@'))
		return;
	if (addressees_parse("", held, found, NULL) < 0 || found->len != 1) {
		g_ptr_array_set_size(found, 0);
		if (addressees_parse("", mail, found, NULL) < 0 ||
		    found->len != 1)
			return;
	}
	who = g_ptr_array_index(found, 0);
	if (!*who->mail)
		return;
	party = g_new(struct party, 1);
	party->text = party_text(who);
	party->key = address_key(who->mail);
	g_ptr_array_add(parties, party);
}

/* Where the address at `text` ends: at a ',' or ';' (or, as the name of a group
 * is none, a ':') outside of quotes, comments and <>. */
static size_t party_size(const char *text)
{
	static const char opens[] = "\"<(", closes[] = "\">)";
	const char *inside = NULL; /* the sign in `opens` */
	size_t size = 0;

	for (; text[size]; size++) {
		if (text[size] == '\\' && text[size + 1])
			size++;
		else if (inside && text[size] == closes[inside - opens])
			inside = NULL;
		else if (!inside && strchr(",;:", text[size]))
			break;
		else if (!inside)
			inside = strchr(opens, text[size]);
	}
	return size;
}

static GPtrArray *parties_of(const char *field)
{
	GPtrArray *parties = g_ptr_array_new_with_free_func(free_party);

	while (*field) {
		size_t size = party_size(field);

		add_party(parties, field, size);
		field += size + (field[size] != '\0');
	}
	return parties;
}

/* Who a message is from and to. */
struct parties {
	GPtrArray *mails;                     /* owned; my addresses */
	GPtrArray *from, *reply_to, *to, *cc; /* owned; of struct party * */
	GPtrArray *mail_reply_to, *followup;  /* the same */
};

static void parties_init(struct parties *parties, const struct config *config,
			 const struct identity *identity,
			 const struct index_message *message)
{
	parties->mails = owner_mails(config, identity);
	parties->from = parties_of(message->from);
	parties->reply_to = parties_of(message->reply_to);
	parties->mail_reply_to = parties_of(message->mail_reply_to);
	parties->followup = parties_of(message->mail_followup_to);
	parties->to = parties_of(message->to);
	parties->cc = parties_of(message->cc);
}

static void parties_auto_(struct parties *parties)
{
	g_ptr_array_unref(parties->mails);
	g_ptr_array_unref(parties->from);
	g_ptr_array_unref(parties->reply_to);
	g_ptr_array_unref(parties->mail_reply_to);
	g_ptr_array_unref(parties->followup);
	g_ptr_array_unref(parties->to);
	g_ptr_array_unref(parties->cc);
}

/* -- me -------------------------------------------------------------------- */

/* The first of my addresses in a list, or NULL. */
static const char *mine_in(const struct parties *parties, const GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++) {
		const struct party *party = g_ptr_array_index(list, i);

		for (guint j = 0; j < parties->mails->len; j++) {
			const char *mail = g_ptr_array_index(parties->mails, j);

			if (address_equal(mail, party->key))
				return mail;
		}
	}
	return NULL;
}

static const char *pick_mine(const struct parties *parties)
{
	const GPtrArray *lists[] = { parties->from, parties->to, parties->cc };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		const char *mail = mine_in(parties, lists[i]);

		if (mail)
			return mail;
	}
	return parties->mails->len > 0 ? g_ptr_array_index(parties->mails, 0)
				       : NULL;
}

static void add_from(GString *out, const char *name, const char *mail)
{
	AUTO(str) char *quoted = phrase_quote(name ? name : "");

	if (mail && quoted[0])
		g_string_append_printf(out, "From: %s <%s>\n", quoted, mail);
	else if (mail)
		g_string_append_printf(out, "From: %s\n", mail);
}

/* -- recipients ------------------------------------------------------------ */

/* Append those of `parties` that are not in `seen` to a field. */
static void collect(GString *field, const GPtrArray *parties, GHashTable *seen)
{
	for (guint i = 0; i < parties->len; i++) {
		const struct party *party = g_ptr_array_index(parties, i);

		if (!g_hash_table_add(seen, g_strdup(party->key)))
			continue;
		if (field->len > 0)
			(void)g_string_append(field, ", ");
		(void)g_string_append(field, party->text);
	}
}

/* Is it the list's own address? A List-Id (RFC 2919) is nearly always that with
 * a '.' for the '@'. */
static bool is_list(const struct party *party, const char *list_id)
{
	AUTO(str) char *id = g_strdup(party->key);
	char *at = strrchr(id, '@');

	if (at)
		*at = '.';
	return *list_id && g_ascii_strcasecmp(id, list_id) == 0;
}

/* Did somebody choose the Reply-To, not the list? */
static bool is_chosen(const GPtrArray *reply_to, const char *list_id)
{
	for (guint i = 0; i < reply_to->len; i++)
		if (!is_list(g_ptr_array_index(reply_to, i), list_id))
			return true;
	return false;
}

/* Whom an answer to the author alone would go to. */
static const GPtrArray *author_of(const struct parties *parties,
				  const char *list_id)
{
	if (parties->mail_reply_to->len > 0)
		return parties->mail_reply_to;
	return is_chosen(parties->reply_to, list_id) ? parties->reply_to
						     : parties->from;
}

/* `seen` has my addresses. */
static void collect_all(const struct parties *parties, const GPtrArray *author,
			GHashTable *seen, GString *to, GString *cc)
{
	bool mine = mine_in(parties, parties->from) != NULL;

	if (!mine)
		collect(to, author, seen);
	if (to->len == 0)
		collect(to, parties->to, seen);
	collect(cc, parties->to, seen);
	collect(cc, parties->cc, seen);
	if (!mine)
		collect(cc, parties->reply_to, seen);
}

static void add_recipients(GString *out, const struct parties *parties,
			   const char *list_id)
{
	AUTO(table)
	GHashTable *seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const GPtrArray *author = author_of(parties, list_id);
	bool asked = parties->followup->len > 0;
	AUTO(gstring) GString *to = g_string_new(NULL);
	AUTO(gstring) GString *cc = g_string_new(NULL);

	for (guint i = 0; i < parties->mails->len; i++)
		(void)g_hash_table_add(seen, address_key(g_ptr_array_index(
						     parties->mails, i)));
	if (asked)
		collect(to, parties->followup, seen);
	else
		collect_all(parties, author, seen, to, cc);
	if (to->len == 0 && cc->len == 0) {
		g_hash_table_remove_all(seen);
		collect(to, asked ? parties->followup : author, seen);
	}
	conversation_field(out, "To", to->str);
	conversation_field(out, "Cc", cc->str);
}

/* -- the rest of the header ------------------------------------------------ */

/* The size of a "Re:", "Re[2]:", "AW:" that `subject` begins with, and of the
 * space behind it; 0 if it begins with none. */
static size_t prefix_size(const char *subject)
{
	static const char *const words[] = { "Re", "Aw", "Sv", "Vs", "Antw" };
	static const char counts[] = "[](){}^0123456789 ";

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		size_t size = strlen(words[i]);

		if (g_ascii_strncasecmp(subject, words[i], size) != 0)
			continue;
		/* "Re 5: x" is a subject like any other */
		if (subject[size] != ' ')
			size += strspn(subject + size, counts);
		if (subject[size] == ':')
			return size + 1 + strspn(subject + size + 1, " ");
	}
	return 0;
}

static void add_subject(GString *out, const char *subject)
{
	AUTO(str) char *cut = NULL;
	AUTO(str) char *words = NULL;
	const char *end;
	size_t size;

	while ((size = prefix_size(subject)) > 0)
		subject += size;
	end = subject + MIN(strlen(subject), SUBJECT);
	while (*end && (*end & 0xc0) == 0x80)
		end--;
	cut = g_strndup(subject, (gsize)(end - subject));
	/* It was decoded once, and must not be twice. */
	if (strstr(cut, "=?"))
		words = header_words(cut);
	g_string_append_printf(out, "Subject: Re:%s%s\n", *cut ? " " : "",
			       words ? words : cut);
}

static bool is_msgid(const char *word)
{
	return *word && !strpbrk(word, "<>") && strlen(word) <= MSGID;
}

/* Each once, the message's own last. Of the index, where References and
 * In-Reply-To stand in one. Borrowed from `words`. */
static GPtrArray *all_references(char **words, const char *msgid)
{
	GPtrArray *all = g_ptr_array_new();
	AUTO(table)
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (; *words; words++) {
		bool last = words[1] == NULL;

		if (is_msgid(*words) && (last || strcmp(*words, msgid) != 0) &&
		    g_hash_table_add(seen, *words))
			g_ptr_array_add(all, *words);
	}
	return all;
}

/* One msgid a line: RFC 5322 2.1.1 allows 998 bytes in one. */
static void add_references(GString *out, const struct index_message *message)
{
	AUTO(str)
	char *joined =
		g_strjoin(" ", message->references, message->msgid, NULL);
	g_auto(GStrv) words = g_strsplit(joined, " ", -1);
	AUTO(ptrs) GPtrArray *all = all_references(words, message->msgid);
	const char *before = "References:";
	guint most = REFERENCES_FIRST + REFERENCES_LAST;

	if (all->len > most)
		g_ptr_array_remove_range(all, REFERENCES_FIRST,
					 all->len - most);
	if (is_msgid(message->msgid))
		g_string_append_printf(out, "In-Reply-To: <%s>\n",
				       message->msgid);
	for (guint i = 0; i < all->len; i++) {
		g_string_append_printf(out, "%s <%s>\n", before,
				       (const char *)all->pdata[i]);
		before = "";
	}
}

static void add_attribution(GString *out, const struct index_message *message)
{
	AUTO(str) char *date = conversation_date(message);

	(void)g_string_append_c(out, '\n');
	if (date[0])
		g_string_append_printf(out, "On %s, ", date);
	g_string_append_printf(out, "%s wrote:\n",
			       message->from[0] ? message->from : "somebody");
}

void conversation_reply_fill(const struct config *config,
			     const struct identity *identity,
			     const struct index_message *message, GString *out)
{
	AUTO(parties) struct parties parties;
	AUTO(str) char *name = owner_name(config, identity);

	parties_init(&parties, config, identity, message);
	add_from(out, name, pick_mine(&parties));
	add_recipients(out, &parties, message->list_id);
	add_subject(out, message->subject);
	add_references(out, message);
	add_attribution(out, message);
}

void conversation_reply_head(struct reader *reader,
			     const struct index_message *message, GString *out)
{
	const struct mailbox *mailbox = reader_mailbox(reader);

	conversation_reply_fill(mailbox_config(mailbox),
				mailbox_identity(mailbox), message, out);
}

/* -- the file -------------------------------------------------------------- */

int conversation_reply(struct reader *reader,
		       const struct index_message *message,
		       struct window *window, struct err *err)
{
	AUTO(gstring) GString *head = g_string_new(NULL);
	AUTO(gstring) GString *text = g_string_new(NULL);
	AUTO(gstring) GString *quoted = g_string_new(NULL);

	conversation_reply_head(reader, message, head);
	window_add(window, head->str, head->len);
	if (!window_wants(window, message->quote_size))
		return 0;
	if (conversation_body(reader, message, text, err) < 0)
		return -1;
	quote_text(text->str, text->len, quoted);
	conversation_fit(quoted, message->quote_size);
	window_add(window, quoted->str, quoted->len);
	return 0;
}
