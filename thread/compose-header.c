/* SPDX-License-Identifier: ISC */
/* Lines of a header (RFC 5322 2.2.3): folding, encoded words, what is made up
 * anew. */
#include "compose-header.h"

#include <string.h>
#include <sys/random.h>

#include "defms/address.h"
#include "mime-field.h"

enum {
	FOLD = 78,      /* RFC 5322 2.1.1 */
	WORD_TEXT = 63, /* an encoded word has at most 75 bytes in all */
	STRETCH = 900,  /* bytes in which a line cannot be folded */
	LONGEST = 990,  /* such a line, with the name of its field */
};

/* Several spaces are no place to fold at while another will come, for many
 * readers make one of them. */
void header_fold(GString *out, const char *name, const char *value)
{
	size_t line = out->len;
	bool first = true;

	g_string_append_printf(out, "%s:", name);
	while (value[strspn(value, " ")]) {
		size_t spaces = strspn(value, " ");
		size_t size = strcspn(value + spaces, " ");
		size_t end = out->len - line + spaces + size;

		if (first || (spaces > 1 && end > LONGEST))
			spaces = 1;
		value += strspn(value, " ");
		if (!first && spaces == 1 && end > FOLD) {
			g_string_append_c(out, '\n');
			line = out->len;
		}
		g_string_append_printf(out, "%*s", (int)spaces, "");
		g_string_append_len(out, value, (gssize)size);
		value += size;
		first = false;
	}
	g_string_append(out, first ? " \n" : "\n");
}

/* One character, of `size` bytes, in an encoded word. */
static void add_encoded(GString *word, const char *at, size_t size)
{
	if (g_ascii_isalnum(*at))
		g_string_append_c(word, *at);
	else if (*at == ' ')
		g_string_append_c(word, '_');
	else
		for (size_t i = 0; i < size; i++)
			g_string_append_printf(word, "=%02X",
					       (unsigned char)at[i]);
}

/* Not base64: where one encoded word ends in '=', some readers (GMime 3.2) do
 * not see the next. A character is never cut (RFC 2047 5). */
char *header_words(const char *text)
{
	GString *out = g_string_new(NULL);

	while (*text) {
		AUTO(gstring) GString *word = g_string_new(NULL);

		while (*text && word->len <= WORD_TEXT - 12) {
			size_t size = strlen(text);
			const char *next =
				g_utf8_find_next_char(text, text + size);

			size = next ? (size_t)(next - text) : size;
			add_encoded(word, text, MIN(size, 4));
			text += MIN(size, 4);
		}
		g_string_append_printf(out, "%s=?utf-8?Q?%s?=",
				       out->len > 0 ? " " : "", word->str);
	}
	return g_string_free(out, FALSE);
}

bool header_is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

bool header_folds(const char *text)
{
	size_t stretch = 0; /* without a place to fold at */

	while (*text) {
		size_t spaces = strspn(text, " ");
		size_t word = strcspn(text + spaces, " ");

		stretch = spaces == 1 ? word : stretch + spaces + word;
		if (stretch > STRETCH)
			return false;
		text += spaces + word;
	}
	return true;
}

bool header_is_plain(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at < ' ' || *at > '~' || (at[0] == '=' && at[1] == '?'))
			return false;
	return header_folds(text);
}

char *header_date(int64_t now)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
					    "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	GDateTime *date = g_date_time_new_from_unix_local(now);
	int zone;
	char *text;

	if (!date)
		date = g_date_time_new_from_unix_utc(0);
	zone = (int)(g_date_time_get_utc_offset(date) / G_TIME_SPAN_MINUTE);
	text = g_strdup_printf(
		"%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
		days[g_date_time_get_day_of_week(date) - 1],
		g_date_time_get_day_of_month(date),
		months[g_date_time_get_month(date) - 1],
		g_date_time_get_year(date), g_date_time_get_hour(date),
		g_date_time_get_minute(date), g_date_time_get_second(date),
		zone < 0 ? '-' : '+', ABS(zone) / 60, ABS(zone) % 60);
	g_date_time_unref(date);
	return text;
}

void header_random(char hex[33])
{
	uint8_t bytes[16];

	/* So few bytes come whole, once the kernel has any. */
	while (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		continue;
	for (size_t i = 0; i < sizeof(bytes); i++)
		g_snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

char *header_msgid(const char *mail)
{
	const char *at = strrchr(mail, '@');
	AUTO(str) char *ascii = NULL;
	char hex[33];

	header_random(hex);
	if (at && at[1] != '[')
		ascii = g_hostname_to_ascii(at + 1);
	return g_strdup_printf("%s@%s", hex,
			       ascii && *ascii ? ascii : "defms.invalid");
}

char *header_msgids(const char *value)
{
	struct field field = { .value = value, .size = strlen(value) };
	AUTO(ptrs) GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);

	field_msgids(&field, "", ids);
	for (guint i = 0; i < ids->len; i++) {
		const char *id = g_ptr_array_index(ids, i);

		if (strlen(id) <= STRETCH && !strchr(id, '<'))
			g_string_append_printf(out, "%s<%s>",
					       out->len > 0 ? " " : "", id);
	}
	return g_string_free(out, FALSE);
}

static bool card_has(const char *card, const char *mail)
{
	AUTO(card) struct card *parsed = NULL;

	if (card_parse(card, strlen(card), &parsed, NULL) < 0)
		return false;
	return address_is_among(mail, parsed->mails);
}

/* "Defms-Key: addr=...; v=1; card=" and the card in base64, in lines. */
void header_key(GString *out, const struct identity *identity, const char *mail)
{
	const char *card = identity ? identity_card(identity) : NULL;
	AUTO(str) char *base64 = NULL;

	if (!card || !mail || !card_has(card, mail))
		return;
	base64 = g_base64_encode((const guchar *)card, strlen(card));
	g_string_append_printf(out, "Defms-Key: addr=%s; v=1;\n card=", mail);
	for (size_t i = 0, size = strlen(base64); i < size; i += 64)
		g_string_append_printf(out, "%s%.64s\n", i > 0 ? " " : "",
				       base64 + i);
}
