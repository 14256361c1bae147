/* SPDX-License-Identifier: ISC */
/* Lists of addresses (RFC 5322 3.4) that a person writes. Stricter than the
 * parser of mail that came (mime-field.c): what is not plainly an address is an
 * error, for a wrong guess would send the mail to somebody else. One pass, no
 * recursion. Internationalised addresses (RFC 6531) stay as they are. */
#include "compose-address.h"

#include <errno.h>
#include <string.h>

#include "compose-parts.h"
#include "defms/address.h"

struct scan_list {
	const char *field; /* for errors */
	const char *at;
	char *group;    /* owned; NULL outside of one */
	bool filled;    /* the group has a member */
	GPtrArray *out; /* borrowed */
	/* Of addressees_qualify(): */
	const char *domain; /* for who has none, or NULL: that is an error */
	const char *copied; /* the list is in `qualified` up to here */
	GString *qualified; /* borrowed */
};

static void addressee_free(gpointer data)
{
	struct addressee *who = data;

	g_free(who->group);
	g_free(who->name);
	g_free(who->mail);
	g_free(who);
}

GPtrArray *addressees_new(void)
{
	return g_ptr_array_new_with_free_func(addressee_free);
}

static int bad(const struct scan_list *scan, const char *from, struct err *err)
{
	return err_set(err, EINVAL, "%s: \"%.*s\" is no address", scan->field,
		       (int)MIN(strcspn(from, ",;"), 100), from);
}

/* Behind white space and comments; false if a comment has no end. */
static bool skip_space(struct scan_list *scan)
{
	unsigned depth = 0;

	for (; *scan->at; scan->at++) {
		if (*scan->at == '\\' && depth > 0 && scan->at[1])
			scan->at++;
		else if (*scan->at == '(')
			depth++;
		else if (*scan->at == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *scan->at != ' ')
			break;
	}
	return depth == 0;
}

/* Append a quoted string at scan->at without its quotes; false if it has no
 * end. */
static bool take_quoted(struct scan_list *scan, GString *out)
{
	const char *at = scan->at + 1;

	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		g_string_append_c(out, *at);
	}
	scan->at = *at ? at + 1 : at;
	return *at == '"';
}

/* What stands before '<', ':', ',' or ';'. */
struct phrase {
	GString *text; /* owned; quotes undone */
	GString *raw;  /* owned; as it stands, without space and comments */
	bool quoted;
	bool spaced;     /* more than one word */
	const char *end; /* of its last word */
};

static void phrase_auto_(struct phrase *phrase)
{
	(void)g_string_free(phrase->text, TRUE);
	(void)g_string_free(phrase->raw, TRUE);
}

static bool take_word(struct scan_list *scan, struct phrase *phrase)
{
	const char *start = scan->at;
	size_t size;

	if (*start == '"') {
		phrase->quoted = true;
		if (!take_quoted(scan, phrase->text))
			return false;
	} else {
		size = strcspn(start, " \"(<>:,;");
		g_string_append_len(phrase->text, start, (gssize)size);
		scan->at += size;
		/* In "[2001:db8::1]" a colon is part of the address. */
		if (*scan->at == ':' && memchr(start, '[', size)) {
			size = strcspn(scan->at, "] \"(<>,;");
			g_string_append_len(phrase->text, scan->at,
					    (gssize)size);
			scan->at += size;
			if (*scan->at == ']') {
				g_string_append_c(phrase->text, ']');
				scan->at++;
			}
		}
	}
	g_string_append_len(phrase->raw, start, scan->at - start);
	phrase->end = scan->at;
	return scan->at > start;
}

static bool take_phrase(struct scan_list *scan, struct phrase *phrase)
{
	for (;;) {
		const char *before = scan->at;

		if (!skip_space(scan))
			return false;
		if (!*scan->at || strchr("<:,;", *scan->at))
			return true;
		/* "a"@b is one word, "a" <b> two */
		if (scan->at > before && phrase->raw->len > 0) {
			phrase->spaced = true;
			g_string_append_c(phrase->text, ' ');
		}
		if (!take_word(scan, phrase))
			return false;
	}
}

/* -- an addr-spec ---------------------------------------------------------- */

static bool is_atom(const char *at, size_t size)
{
	if (size == 0 || *at == '.' || at[size - 1] == '.')
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)at[i] <= ' ' || at[i] == 0x7f ||
		    strchr("()<>[]:;@\\,\"", at[i]))
			return false;
	return true;
}

static bool is_domain(const char *at)
{
	size_t size = strlen(at);

	if (*at == '[') {
		size_t inside = strspn(at + 1, "0123456789abcdefABCDEF.:IPv");

		return inside > 0 && strcmp(at + 1 + inside, "]") == 0;
	}
	if (!is_atom(at, size) || strstr(at, ".."))
		return false;
	for (; *at; at++)
		if (!(*at & 0x80) && !g_ascii_isalnum(*at) &&
		    !strchr(".-_", *at))
			return false;
	return true;
}

static bool is_quoted_local(const char *at, size_t size)
{
	if (size < 3 || *at != '"' || at[size - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < size; i++) {
		if (at[i] == '"')
			return false;
		if (at[i] == '\\' && ++i + 1 == size)
			return false;
	}
	return true;
}

static bool is_shown(const char *text)
{
	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (g_unichar_iscntrl(c) || (c > 0x7f && g_unichar_isspace(c)))
			return false;
	}
	return true;
}

static bool is_mail(const char *mail)
{
	const char *at = strrchr(mail, '@');

	if (!at || strlen(mail) > COMPOSE_ADDRESS || !is_domain(at + 1) ||
	    !g_utf8_validate(mail, -1, NULL) || !is_shown(mail))
		return false;
	return *mail == '"' ? is_quoted_local(mail, (size_t)(at - mail))
			    : is_atom(mail, (size_t)(at - mail));
}

/* -- a list ---------------------------------------------------------------- */

/* The address that `word` is, with a domain; NULL if it is none. Caller
 * frees. */
static char *mail_of(struct scan_list *scan, const struct phrase *word)
{
	const char *raw = word->raw->str;
	AUTO(str) char *mail = NULL;

	if (!scan->domain || !word->end)
		return is_mail(raw) ? g_strdup(raw) : NULL;
	mail = address_qualify(raw, scan->domain);
	if (!is_mail(mail))
		return NULL;
	if (strcmp(mail, raw) != 0) {
		g_string_append_len(scan->qualified, scan->copied,
				    word->end - scan->copied);
		g_string_append_printf(scan->qualified, "@%s", scan->domain);
		scan->copied = word->end;
	}
	return take(mail);
}

static int add(struct scan_list *scan, const struct phrase *name, char *mail,
	       struct err *err)
{
	struct addressee *who = g_new0(struct addressee, 1);

	who->group = g_strdup(scan->group);
	who->name = g_strdup(name ? name->text->str : "");
	who->quoted = name && name->quoted;
	who->mail = mail;
	scan->filled = true;
	g_ptr_array_add(scan->out, who);
	if (scan->out->len > COMPOSE_RECIPIENTS)
		return err_set(err, EINVAL, "%s: more than %d addresses",
			       scan->field, COMPOSE_RECIPIENTS);
	if (strlen(who->name) > COMPOSE_VALUE)
		return err_set(err, EINVAL, "%s: a name is over %d KiB",
			       scan->field, COMPOSE_VALUE >> 10);
	return 0;
}

/* What is in <>, of which scan->at is the first. */
static int take_angle(struct scan_list *scan, const char *start,
		      const struct phrase *name, struct err *err)
{
	AUTO(phrase)
	struct phrase inside = { g_string_new(NULL), g_string_new(NULL), false,
				 false, NULL };
	AUTO(str) char *mail = NULL;

	scan->at++;
	while (skip_space(scan) && *scan->at && *scan->at != '>' &&
	       take_word(scan, &inside))
		continue;
	if (*scan->at == '>')
		mail = mail_of(scan, &inside);
	if (!mail)
		return bad(scan, start, err);
	scan->at++;
	if (add(scan, name, take(mail), err) < 0)
		return -1;
	if (!skip_space(scan) || (*scan->at && !strchr(",;", *scan->at)))
		return bad(scan, start, err);
	return 0;
}

static int begin_group(struct scan_list *scan, const char *start,
		       const struct phrase *name, struct err *err)
{
	if (scan->group || name->text->len == 0 ||
	    name->text->len > COMPOSE_GROUP)
		return bad(scan, start, err);
	scan->group = g_strdup(name->text->str);
	scan->filled = false;
	scan->at++;
	return 0;
}

static int end_group(struct scan_list *scan, struct err *err)
{
	int result = 0;

	if (scan->group && !scan->filled)
		result = add(scan, NULL, g_strdup(""), err);
	g_clear_pointer(&scan->group, g_free);
	return result;
}

static int take_entry(struct scan_list *scan, struct err *err)
{
	const char *start = scan->at;
	AUTO(phrase)
	struct phrase name = { g_string_new(NULL), g_string_new(NULL), false,
			       false, NULL };
	AUTO(str) char *mail = NULL;

	if (!take_phrase(scan, &name))
		return bad(scan, start, err);
	if (*scan->at == '<')
		return take_angle(scan, start, &name, err);
	if (*scan->at == ':')
		return begin_group(scan, start, &name, err);
	if (name.raw->len == 0)
		return 0;
	if (!name.spaced)
		mail = mail_of(scan, &name);
	if (!mail)
		return bad(scan, start, err);
	return add(scan, NULL, take(mail), err);
}

static int take_list(struct scan_list *scan, struct err *err)
{
	for (;;) {
		while (*scan->at == ' ')
			scan->at++;
		if (take_entry(scan, err) < 0)
			return -1;
		if (!*scan->at)
			return end_group(scan, err);
		if (*scan->at == ';' && end_group(scan, err) < 0)
			return -1;
		if (strchr(",;", *scan->at))
			scan->at++;
	}
}

int addressees_parse(const char *field, const char *list, GPtrArray *out,
		     struct err *err)
{
	struct scan_list scan = { .field = field, .at = list, .out = out };
	int result = take_list(&scan, err);

	g_free(scan.group);
	return result;
}

char *addressees_qualify(const char *list, const char *domain)
{
	AUTO(ptrs) GPtrArray *out = addressees_new();
	AUTO(gstring) GString *qualified = g_string_new(NULL);
	struct scan_list scan = {
		.field = "",
		.at = list,
		.out = out,
		.domain = domain,
		.copied = list,
		.qualified = qualified,
	};
	int result = take_list(&scan, NULL);

	g_free(scan.group);
	if (result < 0 || qualified->len == 0)
		return NULL;
	(void)g_string_append(qualified, scan.copied);
	return g_string_free(take(qualified), FALSE);
}

int recipients_add(GPtrArray *recipients, const GPtrArray *addressees,
		   struct err *err)
{
	AUTO(table)
	GHashTable *seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < recipients->len; i++)
		(void)g_hash_table_add(
			seen, address_key(g_ptr_array_index(recipients, i)));
	for (guint i = 0; i < addressees->len; i++) {
		const struct addressee *who = g_ptr_array_index(addressees, i);

		if (*who->mail &&
		    g_hash_table_add(seen, address_key(who->mail)))
			g_ptr_array_add(recipients, g_strdup(who->mail));
	}
	if (recipients->len > COMPOSE_RECIPIENTS)
		return err_set(err, EINVAL, "more than %d recipients",
			       COMPOSE_RECIPIENTS);
	return 0;
}

char *phrase_quote(const char *name)
{
	AUTO(gstring) GString *out = NULL;

	if (!strpbrk(name, "()<>[]:;@\\,.\""))
		return g_strdup(name);
	out = g_string_new("\"");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *name);
	}
	g_string_append_c(out, '"');
	return g_string_free(take(out), FALSE);
}
