/* SPDX-License-Identifier: ISC */
/* Labels of Gmail Takeout: a comma-separated list (RFC 2047 encoded) in which
 * system labels and the user's own stand side by side. Their English names are
 * what Takeout writes for most accounts; others become folders. */
#include "source-labels.h"

#include <string.h>

#include "defms/mime.h"
#include "defms/name.h"
#include "defms/state.h"

enum { HEADER_MAX = 256 * 1024, LABELS_MAX = 64 };

/* The value of the first field `name` in the header: how many bytes; 0: none.
 */
static size_t find_field(const GByteArray *raw, const char *name,
			 const uint8_t **value_r)
{
	const uint8_t *at = raw->data;
	const uint8_t *end = at + MIN(raw->len, HEADER_MAX);
	size_t len = strlen(name);

	while (at < end && *at != '\n' && *at != '\r') {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *stop = lf ? lf : end;

		if ((size_t)(stop - at) > len && at[len] == ':' &&
		    g_ascii_strncasecmp((const char *)at, name, len) == 0) {
			*value_r = at + len + 1;
			return (size_t)(stop - *value_r);
		}
		at = lf ? lf + 1 : end;
	}
	return 0;
}

static bool field_has(const GByteArray *raw, const char *name, int letter)
{
	const uint8_t *value;
	size_t size = find_field(raw, name, &value);

	return size > 0 && memchr(value, letter, size) != NULL;
}

static void read_status(struct arrival *arrival)
{
	static const struct {
		const char *field;
		char letter;
		unsigned flag;
	} known[] = {
		{ "Status", 'R', FLAG_SEEN },
		{ "X-Status", 'A', FLAG_ANSWERED },
		{ "X-Status", 'F', FLAG_FLAGGED },
		{ "X-Status", 'D', FLAG_DELETED },
		{ "X-Status", 'T', FLAG_DRAFT },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (field_has(arrival->raw, known[i].field, known[i].letter))
			arrival->flags |= known[i].flag;
	if (arrival->flags || field_has(arrival->raw, "Status", 'O'))
		arrival->is_new = false;
}

/* The folder a label stands for; NULL for one that is a flag or nothing. */
static char *folder_of(const char *label, struct arrival *arrival)
{
	static const struct {
		const char *label, *folder;
		unsigned flag;
	} known[] = {
		{ "Inbox", "INBOX", 0 },
		{ "Sent", "Sent", 0 },
		{ "Drafts", "Drafts", FLAG_DRAFT },
		{ "Spam", "Junk", 0 },
		{ "Trash", "Trash", 0 },
		{ "Starred", NULL, FLAG_FLAGGED },
		{ "Opened", NULL, 0 },
		{ "Important", NULL, 0 },
		{ "Unread", NULL, 0 },
		{ "Archived", NULL, 0 },
		{ "Chat", "Chat", 0 },
	};
	char *folder;

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_ascii_strcasecmp(label, known[i].label) == 0) {
			arrival->flags |= known[i].flag;
			return g_strdup(known[i].folder);
		}
	if (g_str_has_prefix(label, "Category "))
		return NULL;
	return name_folder(label, &folder, NULL) < 0 ? NULL : folder;
}

static struct arrival *copy_of(const struct arrival *from, const char *folder)
{
	struct arrival *copy = arrival_new();

	copy->raw = g_byte_array_sized_new(from->raw->len);
	(void)g_byte_array_append(copy->raw, from->raw->data, from->raw->len);
	copy->folder = g_strdup(folder);
	copy->origin = g_strdup(from->origin);
	copy->received = from->received;
	copy->flags = from->flags;
	copy->is_new = from->is_new;
	copy->is_public = from->is_public;
	return copy;
}

static void file_by_labels(struct arrival *arrival, char **labels, bool fixed,
			   GQueue *more)
{
	AUTO(ptrs) GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
	bool unread = false;

	for (int i = 0; labels[i] && i < LABELS_MAX; i++) {
		AUTO(str)
		char *folder = folder_of(g_strstrip(labels[i]), arrival);

		unread |= g_ascii_strcasecmp(labels[i], "Unread") == 0;
		if (folder && !g_ptr_array_find_with_equal_func(
				      folders, folder, g_str_equal, NULL))
			g_ptr_array_add(folders, take(folder));
	}
	if (!unread) {
		arrival->flags |= FLAG_SEEN;
		arrival->is_new = false;
	}
	if (fixed)
		return;
	g_free(arrival->folder);
	arrival->folder = g_strdup(
		folders->len > 0 ? g_ptr_array_index(folders, 0) : "Archive");
	for (guint i = 1; i < folders->len; i++)
		g_queue_push_tail(
			more, copy_of(arrival, g_ptr_array_index(folders, i)));
}

void source_labels(struct arrival *arrival, bool fixed, GQueue *more)
{
	AUTO(mime) struct mime *mime = NULL;
	const uint8_t *value;
	char **labels;

	read_status(arrival);
	if (find_field(arrival->raw, "X-Gmail-Labels", &value) == 0)
		return;
	mime = mime_parse(arrival->raw->data, arrival->raw->len);
	if (!mime->gmail_labels)
		return;
	/* The last one has all that is left, commas too: it is passed over. */
	labels = g_strsplit(mime->gmail_labels, ",", LABELS_MAX + 1);
	file_by_labels(arrival, labels, fixed, more);
	g_strfreev(labels);
}
