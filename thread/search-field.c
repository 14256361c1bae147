/* SPDX-License-Identifier: ISC */
/* The fields of a query and their values. */
#include <errno.h>
#include <string.h>

#include "defms/state-threads.h"
#include "defms/state.h"
#include "search-node.h"

struct value {
	const char *field, *text;
	int64_t now;
};

typedef int make_function(const struct value *, struct search_node **,
			  struct err *);

static int bad(const struct value *value, const char *what, struct err *err)
{
	return err_set(err, EINVAL, "%s: %s: %s", value->field, what,
		       value->text);
}

/* -- words ----------------------------------------------------------------- */

static enum search_column column_of(const char *field)
{
	switch (field[0]) {
	case 'f':
		return SEARCH_SENDER;
	case 's':
		return SEARCH_SUBJECT;
	case 'b':
		return SEARCH_BODY;
	default:
		return SEARCH_RECIPIENTS;
	}
}

bool search_has_words(const char *text)
{
	for (; *text; text = g_utf8_next_char(text))
		if (g_unichar_isalnum(g_utf8_get_char(text)))
			return true;
	return false;
}

static int make_words(const struct value *value, struct search_node **node_r,
		      struct err *err)
{
	size_t size = strlen(value->text);
	bool prefix = size > 1 && value->text[size - 1] == '*';

	(void)err;
	if (!search_has_words(value->text)) {
		*node_r = search_node_new(SEARCH_ALL, NULL, 0);
		return 0;
	}
	*node_r = search_node_new(SEARCH_WORDS, value->text, size - prefix);
	(*node_r)->prefix = prefix;
	(*node_r)->column = column_of(value->field);
	return 0;
}

static int make_text(enum search_kind kind, const struct value *value,
		     struct search_node **node_r)
{
	*node_r = search_node_new(kind, value->text, strlen(value->text));
	return 0;
}

static int make_cc(const struct value *value, struct search_node **node_r,
		   struct err *err)
{
	(void)err;
	return make_text(SEARCH_CC, value, node_r);
}

static int make_list(const struct value *value, struct search_node **node_r,
		     struct err *err)
{
	(void)err;
	return make_text(SEARCH_LIST, value, node_r);
}

static int make_id(const struct value *value, struct search_node **node_r,
		   struct err *err)
{
	(void)err;
	return make_text(SEARCH_ID, value, node_r);
}

static int make_thread(const struct value *value, struct search_node **node_r,
		       struct err *err)
{
	(void)err;
	return make_text(SEARCH_THREAD, value, node_r);
}

/* -- flags ----------------------------------------------------------------- */

static const struct {
	const char *name;
	enum search_kind kind;
	unsigned mask;
	bool negated;
} states[] = {
	{ "unread", SEARCH_FLAG, FLAG_SEEN, true },
	{ "unseen", SEARCH_FLAG, FLAG_SEEN, true },
	{ "read", SEARCH_FLAG, FLAG_SEEN, false },
	{ "seen", SEARCH_FLAG, FLAG_SEEN, false },
	{ "flagged", SEARCH_FLAG, FLAG_FLAGGED, false },
	{ "starred", SEARCH_FLAG, FLAG_FLAGGED, false },
	{ "unflagged", SEARCH_FLAG, FLAG_FLAGGED, true },
	{ "answered", SEARCH_FLAG, FLAG_ANSWERED, false },
	{ "replied", SEARCH_FLAG, FLAG_ANSWERED, false },
	{ "unanswered", SEARCH_FLAG, FLAG_ANSWERED, true },
	{ "draft", SEARCH_FLAG, FLAG_DRAFT, false },
	{ "forwarded", SEARCH_FLAG, FLAG_FORWARDED, false },
	{ "passed", SEARCH_FLAG, FLAG_FORWARDED, false },
	{ "deleted", SEARCH_FLAG, FLAG_DELETED, false },
	{ "trashed", SEARCH_FLAG, FLAG_DELETED, false },
	{ "muted", SEARCH_THREAD_FLAG, THREAD_MUTED, false },
	{ "archived", SEARCH_THREAD_FLAG, THREAD_ARCHIVED, false },
	{ "new", SEARCH_NEW, 0, false },
	{ "removed", SEARCH_REMOVED, 0, false },
};

static int find_state(const char *text, struct search_node **node_r)
{
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		if (g_ascii_strcasecmp(text, states[i].name) != 0)
			continue;
		*node_r = search_node_new(states[i].kind, NULL, 0);
		(*node_r)->mask = states[i].mask;
		(*node_r)->negated = states[i].negated;
		return 1;
	}
	return 0;
}

static int make_state(const struct value *value, struct search_node **node_r,
		      struct err *err)
{
	return find_state(value->text, node_r) > 0
		       ? 0
		       : bad(value, "not a state of a message", err);
}

/* A folder; of tag: and label: perhaps a state, as others call it so. */
static int make_folder(const struct value *value, struct search_node **node_r,
		       struct err *err)
{
	(void)err;
	if (value->field[0] != 'f' && find_state(value->text, node_r) > 0)
		return 0;
	return make_text(SEARCH_FOLDER, value, node_r);
}

static int make_has(const struct value *value, struct search_node **node_r,
		    struct err *err)
{
	if (g_ascii_strcasecmp(value->text, "attachment") != 0 &&
	    g_ascii_strcasecmp(value->text, "attachments") != 0)
		return bad(value, "only attachment is known, not", err);
	*node_r = search_node_new(SEARCH_ATTACHMENT, NULL, 0);
	return 0;
}

/* -- ranges ---------------------------------------------------------------- */

static int make_range(enum search_kind kind, int64_t low, int64_t high,
		      struct search_node **node_r)
{
	*node_r = search_node_new(kind, NULL, 0);
	(*node_r)->low = low;
	(*node_r)->high = high;
	return 0;
}

static int make_date(const struct value *value, struct search_node **node_r,
		     struct err *err)
{
	int64_t span[2];

	if (search_date(value->text, value->now, span, err) < 0)
		return -1;
	return make_range(SEARCH_DATE, span[0], span[1], node_r);
}

/* Gmail's: before the day, and from it on. */
static int make_half(const struct value *value, struct search_node **node_r,
		     struct err *err)
{
	bool before = value->field[0] == 'b';
	int64_t span[2];

	if (strstr(value->text, "..") ||
	    search_date(value->text, value->now, span, err) < 0)
		return bad(value, "not a date", err);
	return before ? make_range(SEARCH_DATE, INT64_MIN, span[0], node_r)
		      : make_range(SEARCH_DATE, span[0], INT64_MAX, node_r);
}

/* "1M", "10k", "500" at `*at`, and its unit: what one more would be. */
static bool take_size(const char **at, int64_t *size_r)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;
	uint64_t number;

	if (!g_ascii_isdigit(**at))
		return false;
	number = g_ascii_strtoull(*at, &end, 10);
	unit = *end ? strchr(units, g_ascii_tolower(*end)) : NULL;
	if (number > INT32_MAX)
		number = INT32_MAX;
	if (unit)
		number <<= 10 * (unsigned)(unit - units + 1);
	*size_r = (int64_t)number;
	*at = end + (unit != NULL);
	if (g_ascii_tolower(**at) == 'b')
		(*at)++;
	return true;
}

static int make_size(const struct value *value, struct search_node **node_r,
		     struct err *err)
{
	const char *at = value->text;
	char sign = value->text[0];
	bool equal;
	int64_t low = 0, high = INT64_MAX;

	if (sign == '<' || sign == '>') {
		equal = at[1] == '=';
		at += equal ? 2 : 1;
		if (!take_size(&at, sign == '<' ? &high : &low))
			return bad(value, "not a size", err);
		high += sign == '<' && equal;
		low += sign == '>' && !equal;
	} else {
		bool any = take_size(&at, &low);

		if (g_str_has_prefix(at, "..")) {
			at += 2;
			any = take_size(&at, &high) || any;
			high += high < INT64_MAX;
		}
		if (!any)
			return bad(value, "not a size", err);
	}
	return *at ? bad(value, "not a size", err)
		   : make_range(SEARCH_SIZE, low, high, node_r);
}

/* -- fields ---------------------------------------------------------------- */

static make_function *find_field(const char *field)
{
	static const struct {
		const char *name;
		make_function *make;
	} fields[] = {
		{ "from", make_words },    { "to", make_words },
		{ "cc", make_cc },         { "subject", make_words },
		{ "body", make_words },    { "list", make_list },
		{ "id", make_id },         { "mid", make_id },
		{ "thread", make_thread }, { "folder", make_folder },
		{ "in", make_folder },     { "label", make_folder },
		{ "tag", make_folder },    { "date", make_date },
		{ "before", make_half },   { "after", make_half },
		{ "is", make_state },      { "has", make_has },
		{ "size", make_size },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strcmp(field, fields[i].name) == 0)
			return fields[i].make;
	return NULL;
}

int search_field(const char *field, const char *text, int64_t now,
		 struct search_node **node_r, struct err *err)
{
	struct value value = { field, text, now };
	make_function *make = find_field(field);

	if (!make)
		return 0;
	if (text[0] == '\0')
		return err_set(err, EINVAL, "%s: nothing after it", field);
	return make(&value, node_r, err) < 0 ? -1 : 1;
}
