/* SPDX-License-Identifier: ISC */
/* Names of files and folders in a Maildir. */
#include "defms/name.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "defms/state-copies.h"

enum { FLAGS_SIZE = 9 }; /* ":2,DFPRST" */

static const struct {
	char letter;
	enum state_flag flag;
} flag_letters[] = {
	{ 'D', FLAG_DRAFT },    { 'F', FLAG_FLAGGED }, { 'P', FLAG_FORWARDED },
	{ 'R', FLAG_ANSWERED }, { 'S', FLAG_SEEN },    { 'T', FLAG_DELETED },
};

void name_flags(unsigned flags, char out[16])
{
	size_t size = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(flag_letters); i++)
		if (flags & flag_letters[i].flag)
			out[size++] = flag_letters[i].letter;
	out[size] = '\0';
}

unsigned name_flags_parse(const char *name)
{
	const char *info = g_strrstr(name, ":2,");
	unsigned flags = 0;

	if (!info)
		return 0;
	for (const char *at = info + 3; *at; at++)
		for (size_t i = 0; i < G_N_ELEMENTS(flag_letters); i++)
			if (*at == flag_letters[i].letter)
				flags |= flag_letters[i].flag;
	return flags;
}

bool name_is_base(const char *base)
{
	return base[0] != '\0' && base[0] != '.' && !strchr(base, '/') &&
	       strlen(base) + FLAGS_SIZE <= NAME_MAX;
}

static char *copy_with(const struct state_copy *copy, const char *base)
{
	char flags[16];

	if (copy->is_new && copy->flags == 0)
		return g_strdup(base);
	name_flags(copy->flags, flags);
	return g_strconcat(base, ":2,", flags, NULL);
}

char *name_copy_plain(const struct state_copy *copy)
{
	AUTO(str)
	char *base = g_strdup_printf("%" PRId64 ".M%" PRId64 ".defms",
				     copy->received, copy->serial);

	return copy_with(copy, base);
}

char *name_copy(const struct state_copy *copy)
{
	if (copy->has_suffix && copy->base[0])
		return g_strconcat(copy->base, copy->suffix, NULL);
	return name_is_base(copy->base) ? copy_with(copy, copy->base)
					: name_copy_plain(copy);
}

/* A made name (name_copy_plain()) is no base of its own, so that it costs no
 * row of an index. */
static bool is_plain(const struct state_copy *copy, const char *name)
{
	AUTO(str) char *plain = NULL;

	if (copy->serial == 0)
		return false;
	plain = name_copy_plain(copy);
	return strcmp(plain, name) == 0;
}

/* The base ends before the first ":2,". */
void name_copy_split(const char *name, struct state_copy *copy)
{
	const char *info = strstr(name, ":2,");
	AUTO(str) char *made = NULL;

	if (!info || info == name)
		info = name + strlen(name);
	copy->flags = name_flags_parse(name);
	copy->has_suffix = false;
	copy->base[0] = copy->suffix[0] = '\0';
	if (is_plain(copy, name))
		return;
	(void)g_snprintf(copy->base, sizeof(copy->base), "%.*s",
			 (int)(info - name), name);
	made = name_copy(copy);
	copy->has_suffix = strcmp(made, name) != 0;
	if (copy->has_suffix)
		(void)g_strlcpy(copy->suffix, info, sizeof(copy->suffix));
}

/* Decimal digits at *at, which is moved behind them; -1 if there are none. */
static int64_t read_number(const char **at)
{
	int64_t value = 0;

	if (!g_ascii_isdigit(**at))
		return -1;
	for (; g_ascii_isdigit(**at); (*at)++) {
		if (value > (INT64_MAX - 9) / 10)
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

int64_t name_copy_serial(const char *base)
{
	int64_t serial;

	if (*base == '-')
		base++;
	if (read_number(&base) < 0 || strncmp(base, ".M", 2) != 0)
		return 0;
	base += 2;
	serial = read_number(&base);
	return serial > 0 && strcmp(base, ".defms") == 0 ? serial : 0;
}

static int check_folder(const char *name, struct err *err)
{
	if (name[0] == '\0')
		return err_set(err, EINVAL, "a folder needs a name");
	if (strlen(name) > NAME_LIMIT)
		return err_set(err, EINVAL, "folder name over %d bytes",
			       NAME_LIMIT);
	if (!g_utf8_validate(name, -1, NULL))
		return err_set(err, EINVAL, "folder name is not UTF-8");
	for (const char *at = name; *at; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return err_set(err, EINVAL,
				       "folder name with a control character");
	if (name[0] == '/' || g_str_has_suffix(name, "/") || strstr(name, "//"))
		return err_set(err, EINVAL,
			       "%s: folder name with an empty part", name);
	return 0;
}

/* The dot is what Maildir++ puts between the parts, so none can have one. */
int name_folder(const char *text, char **name_r, struct err *err)
{
	AUTO(str) char *name = g_strdup(text[0] == '.' ? text + 1 : text);

	(void)g_strdelimit(name, ".", '/');
	if (check_folder(name, err) < 0)
		return -1;
	if (g_ascii_strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5); /* RFC 3501 5.1 */
	*name_r = take(name);
	return 0;
}

bool name_is_junk(const char *folder)
{
	static const char *const names[] = { "Junk", "Spam", "Junk E-mail",
					     "Junk Mail", "Bulk Mail" };
	const char *slash = strrchr(folder, '/');
	const char *name = slash ? slash + 1 : folder;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

char *name_folder_maildir(const char *folder)
{
	char *name;

	if (strcmp(folder, "INBOX") == 0)
		return g_strdup("");
	name = g_strconcat(".", folder, NULL);
	return g_strdelimit(name, "/", '.');
}
