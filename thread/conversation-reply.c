/* SPDX-License-Identifier: ISC */
/* reply.eml: an answer to everybody (RFC 5322 3.6.3), to be edited. Its header
 * is UTF-8 as a person writes it; compose makes a message of it. */
#include "conversation-part.h"

#include <string.h>

#include "defms/address.h"
#include "defms/config.h"
#include "defms/mailbox.h"
#include "quote.h"

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

/* The addr-spec of `text`: between the last '<' and '>', or all of it. */
static char *mail_of(const char *text)
{
	const char *open = strrchr(text, '<');
	const char *close = open ? strchr(open, '>') : NULL;

	return close ? g_strndup(open + 1, (gsize)(close - open - 1))
		     : g_strdup(text);
}

/* Add an address; what is none ("undisclosed-recipients:") is left out. */
static void add_party(GPtrArray *parties, const char *text, size_t size)
{
	AUTO(str) char *held = g_strstrip(g_strndup(text, size));
	AUTO(str) char *mail = mail_of(held);
	struct party *party;

	if (!strchr(mail, '@'))
		return;
	party = g_new(struct party, 1);
	party->text = take(held);
	party->key = address_key(mail);
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

/* -- me -------------------------------------------------------------------- */

static bool is_mine(const GPtrArray *mails, const char *key)
{
	for (guint i = 0; i < mails->len; i++)
		if (address_equal(g_ptr_array_index(mails, i), key))
			return true;
	return false;
}

/* The address of mine that the message came to. */
static const char *pick_mine(const GPtrArray *mails, const GPtrArray *to,
			     const GPtrArray *cc)
{
	const GPtrArray *lists[] = { to, cc };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			const struct party *party =
				g_ptr_array_index(lists[i], j);

			for (guint k = 0; k < mails->len; k++)
				if (address_equal(g_ptr_array_index(mails, k),
						  party->key))
					return g_ptr_array_index(mails, k);
		}
	return mails->len > 0 ? g_ptr_array_index(mails, 0) : NULL;
}

/* A display name, quoted where RFC 5322 3.2.3 wants it. */
static char *quote_name(const char *name)
{
	AUTO(gstring) GString *out = NULL;

	if (!strpbrk(name, "()<>[]:;@\\,.\""))
		return g_strdup(name);
	out = g_string_new("\"");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			(void)g_string_append_c(out, '\\');
		(void)g_string_append_c(out, *name);
	}
	(void)g_string_append_c(out, '"');
	return g_string_free(take(out), FALSE);
}

static void add_from(GString *out, const struct config *config,
		     const char *mail)
{
	const char *name = config_get(config, "user.name");
	AUTO(str) char *quoted = quote_name(name ? name : "");

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

/* To: who wrote it, or whom I wrote to; Cc: everybody else but me. A list is a
 * recipient like any other and so stays in Cc. */
static void add_recipients(GString *out, const GPtrArray *mails,
			   const struct index_message *message,
			   const GPtrArray *to, const GPtrArray *cc)
{
	AUTO(table)
	GHashTable *seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	AUTO(ptrs)
	GPtrArray *author = parties_of(message->reply_to[0] ? message->reply_to
							    : message->from);
	AUTO(gstring) GString *to_field = g_string_new(NULL);
	AUTO(gstring) GString *cc_field = g_string_new(NULL);

	for (guint i = 0; i < mails->len; i++)
		(void)g_hash_table_add(
			seen, address_key(g_ptr_array_index(mails, i)));
	if (!is_mine(mails, message->mail) || message->reply_to[0])
		collect(to_field, author, seen);
	if (to_field->len == 0)
		collect(to_field, to, seen);
	collect(cc_field, to, seen);
	collect(cc_field, cc, seen);
	if (to_field->len == 0 && cc_field->len == 0) {
		g_hash_table_remove_all(seen);
		collect(to_field, author, seen);
	}
	conversation_field(out, "To", to_field->str);
	conversation_field(out, "Cc", cc_field->str);
}

/* -- the rest of the header ------------------------------------------------ */

static void add_subject(GString *out, const char *subject)
{
	bool again = g_ascii_strncasecmp(subject, "re:", 3) == 0;

	g_string_append_printf(out, "Subject: %s%s\n",
			       again ? "" : "Re: ", subject);
}

/* One msgid a line: RFC 5322 2.1.1 allows 998 bytes in one. */
static void add_references(GString *out, const struct index_message *message)
{
	AUTO(str)
	char *all = g_strjoin(" ", message->references, message->msgid, NULL);
	g_auto(GStrv) words = g_strsplit(all, " ", -1);
	AUTO(table)
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	const char *before = "References:";

	if (message->msgid[0])
		g_string_append_printf(out, "In-Reply-To: <%s>\n",
				       message->msgid);
	for (char **word = words; *word; word++) {
		bool last = word[1] == NULL;

		if ((*word)[0] == '\0' ||
		    (!last && strcmp(*word, message->msgid) == 0) ||
		    !g_hash_table_add(seen, *word))
			continue;
		g_string_append_printf(out, "%s <%s>\n", before, *word);
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

void conversation_reply_head(struct reader *reader,
			     const struct index_message *message, GString *out)
{
	const struct config *config = mailbox_config(reader_mailbox(reader));
	AUTO(ptrs) GPtrArray *mails = config_get_all(config, "user.email");
	AUTO(ptrs) GPtrArray *to = parties_of(message->to);
	AUTO(ptrs) GPtrArray *cc = parties_of(message->cc);

	add_from(out, config, pick_mine(mails, to, cc));
	add_recipients(out, mails, message, to, cc);
	add_subject(out, message->subject);
	add_references(out, message);
	add_attribution(out, message);
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
