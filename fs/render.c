/* SPDX-License-Identifier: ISC */
#include "render.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "defms/name.h"
#include "defms/state-threads.h"

static const char readme[] =
	"This is your mail, a directory a conversation.\n"
	"\n"
	"threads/   every conversation; in each:\n"
	"             info         a line a message, oldest first\n"
	"             thread.txt   the conversation as text\n"
	"             thread.mbox  the same for mutt -f and git am\n"
	"             reply.eml    the beginning of an answer\n"
	"             cur/ new/    the same messages as a Maildir\n"
	"           and a directory a message: raw.eml, text, header,\n"
	"           from, to, subject, date ... and attachments/\n"
	"maildir/   the folders as a Maildir: mutt -f maildir\n"
	"by/        conversations by date, from, to, list and flag\n"
	"search/    ls 'search/from:ada roof' makes a query\n"
	"drafts/    files of yours, while you write\n"
	"outbox/    a file that rests here for 10 s is sent\n"
	"sent/      what was sent from here\n"
	".defms/    status, log and errors of the mount\n"
	"\n"
	"More: man defms-tree.\n";

const char *render_readme(void)
{
	return readme;
}

char *render_copy(const struct state_copy *copy, bool plain)
{
	return plain ? name_copy_plain(copy) : name_copy(copy);
}

char *render_own(const struct state_copy *copy)
{
	return copy->has_suffix && copy->base[0] ? name_copy(copy) : NULL;
}

char *render_base(const char *name)
{
	const char *end = strstr(name, ":2,");

	/* As name_copy_split() has it: no base is empty. */
	return end && end != name ? g_strndup(name, (gsize)(end - name))
				  : g_strdup(name);
}

int64_t render_serial(const char *base)
{
	return name_copy_serial(base);
}

char *render_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *at = text; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '/' || byte == '%' || byte < ' ' || byte == 0x7f ||
		    (byte == '.' && at == text))
			g_string_append_printf(out, "%%%02X", byte);
		else
			g_string_append_c(out, *at);
	}
	if (out->len > 0 && out->len <= NAME_MAX)
		return g_string_free(out, FALSE);
	(void)g_string_free(out, TRUE);
	return NULL;
}

char *render_unescape(const char *name)
{
	GString *out = g_string_new(NULL);

	while (*name) {
		int high, low;

		if (*name != '%') {
			g_string_append_c(out, *name++);
			continue;
		}
		high = g_ascii_xdigit_value(name[1]);
		low = high < 0 ? -1 : g_ascii_xdigit_value(name[2]);
		if (low < 0 || high + low == 0) {
			(void)g_string_free(out, TRUE);
			return NULL;
		}
		g_string_append_c(out, (char)(high * 16 + low));
		name += 3;
	}
	return g_string_free(out, FALSE);
}

struct word {
	unsigned flag;
	const char *text;
};

static void append_words(const struct word *words, size_t count, unsigned flags,
			 GString *out)
{
	gsize before = out->len;

	for (size_t i = 0; i < count; i++) {
		if (!(flags & words[i].flag))
			continue;
		if (out->len > before)
			g_string_append_c(out, ' ');
		g_string_append(out, words[i].text);
	}
	if (out->len > before)
		g_string_append_c(out, '\n');
}

void render_message_flags(unsigned flags, GString *out)
{
	static const struct word words[] = {
		{ FLAG_SEEN, "seen" },       { FLAG_ANSWERED, "answered" },
		{ FLAG_FLAGGED, "flagged" }, { FLAG_FORWARDED, "forwarded" },
		{ FLAG_DRAFT, "draft" },     { FLAG_DELETED, "deleted" },
	};

	append_words(words, G_N_ELEMENTS(words), flags, out);
}

uint32_t render_version(int64_t seq)
{
	return RENDER_VERSION | ((uint32_t)seq & (RENDER_VERSION - 1));
}

int64_t render_change(int64_t latest, uint32_t version)
{
	const int64_t low = RENDER_VERSION - 1;
	int64_t seq;

	if (!(version & RENDER_VERSION))
		return latest;
	seq = (latest & ~low) | (version & low);
	return seq > latest ? seq - RENDER_VERSION : seq;
}

void render_thread_flags(unsigned flags, GString *out)
{
	static const struct word words[] = {
		{ THREAD_MUTED, "muted" },
		{ THREAD_ARCHIVED, "archived" },
		{ THREAD_FLAGGED, "flagged" },
		{ RENDER_SEEN, "seen" },
	};

	append_words(words, G_N_ELEMENTS(words), flags, out);
}

void render_field(const char *text, GString *out)
{
	if (!text[0])
		return;
	g_string_append(out, text);
	g_string_append_c(out, '\n');
}

/* Six of mkstemp(3). */
static bool is_random(const char *text)
{
	size_t len = 0;

	while (g_ascii_isalnum(text[len]))
		len++;
	return len == 6 && text[len] == '\0';
}

bool render_is_scratch(const char *name)
{
	size_t len = strlen(name);
	const char *end = strrchr(name, '.');

	if (len == 0)
		return false;
	return name[0] == '.' || name[len - 1] == '~' ||
	       (len > 1 && name[0] == '#' && name[len - 1] == '#') ||
	       strcmp(name, "4913") == 0 ||
	       (strncmp(name, "sed", 3) == 0 && is_random(name + 3)) ||
	       (strncmp(name, "XX", 2) == 0 && is_random(name + 2)) ||
	       (end && strlen(end) == 4 && strncmp(end, ".sw", 3) == 0);
}
