/* SPDX-License-Identifier: ISC */
/* Mail brings names of any bytes. Here they become names that every tool can
 * hold: cut at a character, never hidden, never an option, and without the
 * characters that turn the direction of what stands beside them (Unicode
 * 9.0, UAX 9: "harmless.txt" may otherwise be a program). */
#include "defms/name.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "defms/state.h"

enum {
	SUBJECT_SLUG = 50,
	SENDER_SLUG = 20,
	ENDING_MAX = 16,   /* of a file name, with its dot */
	SLUG_INPUT = 1024, /* bytes of a text that are looked at */
};

/* -- slugs ----------------------------------------------------------------- */

/* The size of "Re:", "Fwd:", "AW[2] :" and the like at `text`; 0 if none. */
static size_t prefix_size(const char *text)
{
	static const char *const words[] = {
		"re", "fwd", "fw", "aw", "sv", "wg"
	};
	const char *at = text;
	size_t size = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(words) && size == 0; i++)
		if (g_ascii_strncasecmp(at, words[i], strlen(words[i])) == 0 &&
		    !g_ascii_isalnum(at[strlen(words[i])]))
			size = strlen(words[i]);
	if (size == 0)
		return 0;
	at += size;
	if (*at == '[') {
		at += 1 + strspn(at + 1, "0123456789");
		if (*at++ != ']')
			return 0;
	}
	at += strspn(at, " ");
	return *at == ':' ? (size_t)(at + 1 - text) : 0;
}

static const char *skip_prefixes(const char *text)
{
	size_t size;

	do {
		text += strspn(text, " \t");
		size = prefix_size(text);
		text += size;
	} while (size > 0);
	return text;
}

/* `text` in lower case and composed (NFC): one spelling for one name. */
static char *fold(const char *text)
{
	AUTO(str)
	char *valid =
		g_utf8_make_valid(text, (gssize)strnlen(text, SLUG_INPUT));
	AUTO(str)
	char *composed =
		g_utf8_normalize(valid, -1, G_NORMALIZE_DEFAULT_COMPOSE);

	return g_utf8_strdown(composed, -1);
}

static bool stays(gunichar c, bool after_letter)
{
	if (c == 0xfffd)
		return false;
	return g_unichar_isalnum(c) || (after_letter && g_unichar_ismark(c));
}

char *name_slug(const char *text, size_t limit, bool subject)
{
	AUTO(str) char *folded = fold(subject ? skip_prefixes(text) : text);
	AUTO(gstring) GString *out = g_string_new(NULL);
	bool gap = false, letter = false;

	for (const char *at = folded; *at; at = g_utf8_next_char(at)) {
		size_t size = (size_t)(g_utf8_next_char(at) - at);

		letter = stays(g_utf8_get_char(at), letter);
		if (!letter) {
			gap = out->len > 0;
			continue;
		}
		if (out->len + size + gap > limit)
			break;
		if (gap)
			(void)g_string_append_c(out, '-');
		(void)g_string_append_len(out, at, (gssize)size);
		gap = false;
	}
	return g_string_free(take(out), FALSE);
}

/* -- messages and threads -------------------------------------------------- */

/* The calendar of a date (UTC); all zero for 0 and outside the years 1 to
 * 9999. */
static struct tm calendar(int64_t date)
{
	time_t when = (time_t)date;
	struct tm tm = { 0 };

	if (date == 0 || !gmtime_r(&when, &tm) || tm.tm_year < 1 - 1900 ||
	    tm.tm_year > 9999 - 1900)
		return (struct tm){ .tm_year = -1900, .tm_mon = -1 };
	return tm;
}

static char *slug_or(const char *text, size_t limit, bool subject,
		     const char *fallback)
{
	AUTO(str) char *slug = name_slug(text, limit, subject);

	return slug[0] ? take(slug) : g_strdup(fallback);
}

static char *sender_slug(const struct mime *mime)
{
	AUTO(str) char *name = NULL;

	if (mime->senders->len > 0)
		name = address_short_name(g_ptr_array_index(mime->senders, 0));
	return slug_or(name ? name : "", SENDER_SLUG, false, "unknown");
}

char *name_message(const struct mime *mime, const struct message_id *hash,
		   unsigned digits)
{
	struct tm tm =
		calendar(mime->date_zone == MIME_NO_DATE ? 0 : mime->date);
	AUTO(str) char *sender = sender_slug(mime);
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(hash, hex);
	return g_strdup_printf("%04d%02d%02dT%02d%02d%02d.%s.%.*s",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			       tm.tm_hour, tm.tm_min, tm.tm_sec, sender,
			       (int)CLAMP(digits, 8, MESSAGE_ID_HEX), hex);
}

/* RFC 4648 section 6, lower case, the first digits only. */
static void print_base32(const struct message_id *id, unsigned digits,
			 char *out)
{
	for (unsigned i = 0; i < digits; i++) {
		unsigned bit = i * 5;
		unsigned pair = (unsigned)id->bytes[bit / 8] << 8;

		if (bit / 8 + 1 < sizeof(id->bytes))
			pair |= id->bytes[bit / 8 + 1];
		out[i] = "abcdefghijklmnopqrstuvwxyz234567"[pair >> (11 -
								     bit % 8) &
							    31];
	}
	out[digits] = '\0';
}

char *name_thread(int64_t date, const char *subject, const char *root,
		  unsigned digits)
{
	struct message_id hash = message_id_of(NULL, root, strlen(root));
	AUTO(str)
	char *slug = slug_or(subject, SUBJECT_SLUG, true, "no-subject");
	struct tm tm = calendar(date);
	char base32[52];

	print_base32(&hash, CLAMP(digits, 6, 51), base32);
	return g_strdup_printf("%04d-%02d-%02d.%s.%s", tm.tm_year + 1900,
			       tm.tm_mon + 1, tm.tm_mday, slug, base32);
}

/* -- attachments ----------------------------------------------------------- */

bool name_is_hidden(gunichar c)
{
	return c == 0x061c || (c >= 0x200b && c <= 0x200f && c != 0x200d) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Append what stands for `c` in a file name. */
static void append_safe(GString *out, gunichar c)
{
	bool first = out->len == 0;

	if (c == '\t' || c == '\n' || c == 0x2028 || c == 0x2029)
		c = ' ';
	if (name_is_hidden(c) || g_unichar_iscntrl(c) || (first && c == ' '))
		return;
	if (c == '/' || c == '\\' || (first && (c == '.' || c == '-')))
		(void)g_string_append_c(out, '_');
	else
		(void)g_string_append_unichar(out, c);
}

static char *make_safe(const char *name)
{
	AUTO(str) char *valid = g_utf8_make_valid(name, -1);
	AUTO(gstring) GString *out = g_string_new(NULL);

	for (const char *at = valid; *at; at = g_utf8_next_char(at))
		append_safe(out, g_utf8_get_char(at));
	while (out->len > 0 && strchr(". ", out->str[out->len - 1]))
		(void)g_string_truncate(out, out->len - 1);
	return g_string_free(take(out), FALSE);
}

static const char *ending_of_type(const char *type)
{
	static const struct {
		const char *type, *ending;
	} known[] = {
		{ "application/gzip", "gz" },
		{ "application/json", "json" },
		{ "application/msword", "doc" },
		{ "application/pdf", "pdf" },
		{ "application/pgp-encrypted", "asc" },
		{ "application/pgp-keys", "asc" },
		{ "application/pgp-signature", "asc" },
		{ "application/pkcs7-mime", "p7m" },
		{ "application/pkcs7-signature", "p7s" },
		{ "application/xml", "xml" },
		{ "application/zip", "zip" },
		{ "audio/mpeg", "mp3" },
		{ "audio/ogg", "ogg" },
		{ "image/gif", "gif" },
		{ "image/jpeg", "jpg" },
		{ "image/png", "png" },
		{ "image/svg+xml", "svg" },
		{ "image/webp", "webp" },
		{ "message/delivery-status", "txt" },
		{ "message/rfc822", "eml" },
		{ "text/calendar", "ics" },
		{ "text/csv", "csv" },
		{ "text/html", "html" },
		{ "text/plain", "txt" },
		{ "text/rfc822-headers", "txt" },
		{ "text/vcard", "vcf" },
		{ "text/x-diff", "diff" },
		{ "text/x-patch", "patch" },
		{ "video/mp4", "mp4" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(type, known[i].type) == 0)
			return known[i].ending;
	return "bin";
}

/* The last whole character of `text` that ends within `limit` bytes. */
static size_t cut_at(const char *text, size_t limit)
{
	size_t size = strlen(text);

	if (size <= limit)
		return size;
	while (limit > 0 && ((uint8_t)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

/* `stem`, `suffix` and the ending of `name`, the stem cut so that all fit. */
static char *with_suffix(const char *name, const char *suffix)
{
	const char *dot = strrchr(name, '.');
	const char *ending =
		dot && dot > name && strlen(dot) <= ENDING_MAX ? dot : "";
	AUTO(str) char *stem = g_strndup(name, strlen(name) - strlen(ending));
	size_t room = NAME_LIMIT - strlen(ending) - strlen(suffix);
	size_t size = cut_at(stem, room);

	return g_strdup_printf("%.*s%s%s", (int)size, stem, suffix, ending);
}

/* Numbers double after the first few: ten thousand parts of one name must not
 * cost their square. */
static char *make_unique(const char *name, unsigned number, GHashTable *taken)
{
	AUTO(str) char *unique = with_suffix(name, "");

	for (uint64_t n = 2; g_hash_table_contains(taken, unique);
	     n = n < 10 ? n + 1 : 2 * n + number) {
		AUTO(str) char *suffix = g_strdup_printf("-%" PRIu64, n);

		g_free(unique);
		unique = with_suffix(name, suffix);
	}
	return take(unique);
}

char *name_attachment(const char *name, const char *type, unsigned number,
		      GHashTable *taken)
{
	AUTO(str) char *safe = make_safe(name);

	if (safe[0] == '\0') {
		g_free(safe);
		safe = g_strdup_printf("part-%u.%s", number,
				       ending_of_type(type));
	}
	return make_unique(safe, number, taken);
}
