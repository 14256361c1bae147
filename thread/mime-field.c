/* SPDX-License-Identifier: ISC */
#include "mime-field.h"

#include <string.h>

#include <gmime/gmime.h>

#include "defms/address.h"
#include "defms/mime.h"
#include "mime-charset.h"

enum {
	MSGID_SIZE = 1000,
	MSGID_FOLDED = 4000, /* with white space that will go */
	/* GMime's parser of addresses calls itself for a group in a group and
	 * needs some 250 bytes of stack for each */
	ADDRESS_COLONS = 1000,
};

static const char *line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf ? lf + 1 : end;
}

static bool line_is_empty(const char *at, const char *next)
{
	return *at == '\n' || (*at == '\r' && next - at == 2 && at[1] == '\n');
}

/* A name is printable ASCII (RFC 5322 2.2); white space before the colon is
 * obsolete syntax (4.5.8). How long it is, 0 if the line is no field. */
static size_t name_size(const char *at, const char *end)
{
	const char *start = at;
	size_t size;

	while (at<end && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	size = (size_t)(at - start);
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at < end && *at == ':' ? size : 0;
}

static void set_value(struct field *field, const char *at, const char *end)
{
	while (end > at && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	field->value = at;
	field->size = (size_t)(end - at);
}

bool field_next(struct field_iter *it, struct field *field_r)
{
	while (it->at < it->end) {
		const char *line = it->at, *next = line_end(line, it->end);

		if (line_is_empty(line, next)) {
			it->at = next;
			return false;
		}
		it->at = next;
		field_r->name = line;
		field_r->name_size = name_size(line, next);
		if (field_r->name_size == 0)
			continue;
		while (it->at < it->end && (*it->at == ' ' || *it->at == '\t'))
			it->at = line_end(it->at, it->end);
		line = memchr(line, ':', (size_t)(next - line));
		set_value(field_r, line + 1, it->at);
		return true;
	}
	return false;
}

bool field_begins(const char *at, const char *end)
{
	const char *next = line_end(at, end);

	return at < end && (line_is_empty(at, next) || name_size(at, next) > 0);
}

bool field_is(const struct field *field, const char *name)
{
	return g_ascii_strncasecmp(field->name, name, field->name_size) == 0 &&
	       name[field->name_size] == '\0';
}

char *field_line(const struct field *field, size_t limit)
{
	return charset_line(field->value, field->size, limit);
}

/* An encoded word (RFC 2047 2) in base64 that ends in padding. */
struct padded {
	const char *start, *text, *end;
};

/* The next one in `line` that another encoded word follows. */
static bool next_padded(const char *line, struct padded *padded_r)
{
	/* strstr() of a test build looks for the end of the line each time. */
	for (const char *at = line; (at = strchr(at, '=')) != NULL; at++) {
		const char *text = at, *end = at + 3;
		const char *start;

		if (strncmp(at, "=?=", 3) != 0)
			continue;
		if (end[0] != ' ' || strncmp(end + strspn(end, " "), "=?", 2))
			continue;
		while (text > line && text[-1] != '?' && text[-1] != ' ')
			text--;
		if (text - line < 6 || end - text < 4 + 2 ||
		    g_ascii_strncasecmp(text - 3, "?b?", 3) != 0)
			continue;
		start = text - 3;
		while (start > line && start[-1] != '?' && start[-1] != ' ')
			start--;
		if (start - line < 2 || start == text - 3 || start[-2] != '=' ||
		    start[-1] != '?')
			continue;
		*padded_r = (struct padded){ start - 2, text, end };
		return true;
	}
	return false;
}

/* GMime 3.2 reads neighbouring words of base64 as one and stops at the padding
 * of the first, so that the rest is lost. Such a word is written anew as
 * quoted-printable. */
static char *without_padding(const char *line)
{
	GString *out = g_string_new(NULL);
	struct padded word;

	while (next_padded(line, &word)) {
		AUTO(str)
		char *base64 =
			g_strndup(word.text, (gsize)(word.end - 2 - word.text));
		gsize size = 0;

		(void)g_base64_decode_inplace(base64, &size);
		g_string_append_len(out, line, word.text - 2 - line);
		g_string_append(out, "Q?");
		for (gsize i = 0; i < size; i++)
			g_string_append_printf(out, "=%02X",
					       (unsigned char)base64[i]);
		g_string_append(out, "?=");
		line = word.end;
	}
	g_string_append(out, line);
	return g_string_free(out, FALSE);
}

char *field_words(const char *line)
{
	AUTO(str) char *safe = without_padding(line);

	return g_mime_utils_header_decode_text(NULL, safe);
}

char *field_decode(const char *line)
{
	AUTO(str) char *decoded = NULL;

	if (!strstr(line, "=?"))
		return charset_line(line, strlen(line), FIELD_TEXT);
	decoded = field_words(line);
	return charset_line(decoded, strlen(decoded), FIELD_TEXT);
}

static char *clean(const char *text)
{
	return charset_line(text ? text : "", text ? strlen(text) : 0,
			    FIELD_TEXT);
}

static void add_address(GPtrArray *out, const char *name, const char *mail)
{
	AUTO(str) char *clean_name = clean(name);
	AUTO(str) char *clean_mail = clean(mail);

	if (out->len < MIME_ADDRESSES && (*clean_name || *clean_mail))
		g_ptr_array_add(out, address_new(clean_name, clean_mail));
}

static void add_list(GPtrArray *out, InternetAddressList *list)
{
	int count = internet_address_list_length(list);

	for (int i = 0; i < count && out->len < MIME_ADDRESSES; i++) {
		InternetAddress *who =
			internet_address_list_get_address(list, i);
		const char *name = internet_address_get_name(who);
		InternetAddressList *members = NULL;

		if (INTERNET_ADDRESS_IS_GROUP(who))
			members = internet_address_group_get_members(
				(InternetAddressGroup *)who);
		if (members && internet_address_list_length(members) > 0)
			add_list(out, members);
		else if (INTERNET_ADDRESS_IS_MAILBOX(who))
			add_address(out, name,
				    internet_address_mailbox_get_addr(
					    (InternetAddressMailbox *)who));
		else
			add_address(out, name, "");
	}
}

void field_addresses(const char *line, GPtrArray *out)
{
	AUTO(str) char *cut = NULL;
	AUTO(str) char *safe = NULL;
	InternetAddressList *list;
	unsigned colons = 0;

	for (const char *at = strchr(line, ':'); at; at = strchr(at + 1, ':')) {
		if (++colons < ADDRESS_COLONS)
			continue;
		cut = g_strndup(line, (gsize)(at - line));
		break;
	}
	if (!*line)
		return;
	safe = without_padding(cut ? cut : line);
	list = internet_address_list_parse(NULL, safe);
	if (!list)
		return;
	add_list(out, list);
	g_object_unref(list);
}

static size_t count_specials(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += strchr(",;:<>()@\\\"", *text) != NULL;
	return count;
}

/* "name" <mail> */
static void print_address(GString *out, const struct address *address)
{
	if (out->len > 0)
		g_string_append(out, ", ");
	if (*address->name) {
		g_string_append_c(out, '"');
		for (const char *at = address->name; *at; at++) {
			if (*at == '"' || *at == '\\')
				g_string_append_c(out, '\\');
			g_string_append_c(out, *at);
		}
		g_string_append(out, *address->mail ? "\" " : "\":;");
	}
	if (*address->mail)
		g_string_append_printf(out, *address->name ? "<%s>" : "%s",
				       address->mail);
}

char *field_decode_addresses(const char *line)
{
	AUTO(str) char *decoded = field_decode(line);
	AUTO(ptrs) GPtrArray *list = NULL;
	AUTO(gstring) GString *out = NULL;

	/* Nothing that separates or quotes came out of an encoded word. */
	if (count_specials(decoded) == count_specials(line))
		return take(decoded);
	list = g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	field_addresses(line, list);
	out = g_string_new(NULL);
	for (guint i = 0; i < list->len; i++) {
		size_t before = out->len;

		print_address(out, g_ptr_array_index(list, i));
		if (out->len <= FIELD_TEXT)
			continue;
		g_string_truncate(out, before);
		break;
	}
	return g_string_free(take(out), FALSE);
}

/* `size` bytes of a msgid without white space and controls, or NULL if that
 * leaves nothing or too much. */
static char *msgid_of(const char *data, size_t size)
{
	AUTO(str) char *line = NULL;
	char *to;

	if (size > MSGID_FOLDED)
		return NULL;
	line = charset_line(data, size, MSGID_FOLDED);
	to = line;
	for (const char *at = line; *at; at++)
		if (*at != ' ')
			*to++ = *at;
	*to = '\0';
	return to > line && to - line <= MSGID_SIZE ? take(line) : NULL;
}

/* The bytes between the first < and the next >; false if there are none. */
static bool next_angle(const char **at, const char *end, struct field *inside_r)
{
	const char *open = memchr(*at, '<', (size_t)(end - *at));
	const char *close;

	if (!open)
		return false;
	open++;
	close = memchr(open, '>', (size_t)(end - open));
	if (!close)
		return false;
	inside_r->value = open;
	inside_r->size = (size_t)(close - open);
	*at = close + 1;
	return true;
}

void field_msgids(const struct field *field, const char *self, GPtrArray *out)
{
	const char *at = field->value, *end = at + field->size;
	struct field inside;

	while (out->len < MIME_REFERENCES && next_angle(&at, end, &inside)) {
		AUTO(str) char *msgid = msgid_of(inside.value, inside.size);

		if (msgid && strcmp(msgid, self) != 0)
			g_ptr_array_add(out, take(msgid));
	}
}

char *field_msgid(const struct field *field)
{
	const char *at = field->value;
	struct field inside = *field;
	char *msgid;

	(void)next_angle(&at, at + field->size, &inside);
	msgid = msgid_of(inside.value, inside.size);
	return msgid ? msgid : g_strdup("");
}

char *field_list_id(const char *line)
{
	const char *open = strrchr(line, '<');
	const char *close = open ? strchr(open, '>') : NULL;
	AUTO(str) char *list = NULL;

	if (open)
		list = g_strndup(open + 1, close ? (gsize)(close - open - 1)
						 : strlen(open + 1));
	else
		list = g_strdup(line);
	(void)g_strstrip(list);
	return strchr(list, ' ') ? g_strdup("") : g_utf8_strdown(list, -1);
}

int64_t field_date(const char *line, int *zone_r)
{
	GDateTime *date = g_mime_utils_header_decode_date(line);
	int64_t unix_time;

	*zone_r = MIME_NO_DATE;
	if (!date)
		return 0;
	unix_time = g_date_time_to_unix(date);
	*zone_r = (int)(g_date_time_get_utc_offset(date) / G_TIME_SPAN_MINUTE);
	g_date_time_unref(date);
	return unix_time;
}
