/* SPDX-License-Identifier: ISC */
/* A msgid has neither white space nor control characters (mime-field.c), so a
 * line needs no quoting. */
#include "link-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "<64 hex>", and what follows it. */
static bool parse_hash(const char *text, struct link *link, const char **rest_r)
{
	char hex[MESSAGE_ID_HEX + 1];

	if (strlen(text) < MESSAGE_ID_HEX)
		return false;
	(void)g_strlcpy(hex, text, sizeof(hex));
	*rest_r = text + MESSAGE_ID_HEX;
	return message_id_parse(hex, &link->hash, NULL) == 0;
}

static bool is_root(const char *text)
{
	return text[0] && !text[strcspn(text, " \t\r\n")];
}

bool link_parse(const char *line, struct link *link_r)
{
	const char *rest;

	memset(link_r, 0, sizeof(*link_r));
	if (g_str_has_prefix(line, "join ")) {
		link_r->kind = LINK_JOIN;
		link_r->root = line + strlen("join ");
		return is_root(link_r->root);
	}
	if (g_str_has_prefix(line, "split ")) {
		link_r->kind = LINK_SPLIT;
		return parse_hash(line + strlen("split "), link_r, &rest) &&
		       !rest[0];
	}
	if (g_str_has_prefix(line, "move ")) {
		link_r->kind = LINK_MOVE;
		if (!parse_hash(line + strlen("move "), link_r, &rest) ||
		    rest[0] != ' ')
			return false;
		link_r->root = rest + 1;
		return is_root(link_r->root);
	}
	return false;
}

char *link_print_join(const char *root)
{
	return g_strdup_printf("join %s", root);
}

char *link_print_split(const struct message_id *hash)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(hash, hex);
	return g_strdup_printf("split %s", hex);
}

char *link_print_move(const struct message_id *hash, const char *root)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(hash, hex);
	return g_strdup_printf("move %s %s", hex, root);
}

char *link_print_closed(const struct strand_id *strand)
{
	char hex[STRAND_ID_HEX + 1];

	strand_id_print(strand, hex);
	return g_strdup_printf("closed %s", hex);
}

/* -- all of them ----------------------------------------------------------- */

static void free_roots(gpointer roots)
{
	g_ptr_array_unref(roots);
}

static struct link_set *set_new(void)
{
	struct link_set *set = g_new0(struct link_set, 1);

	set->splits = g_hash_table_new_full(message_id_hash, message_id_equal,
					    g_free, NULL);
	set->moves = g_hash_table_new_full(message_id_hash, message_id_equal,
					   g_free, g_free);
	set->joins = g_ptr_array_new_with_free_func(free_roots);
	return set;
}

void link_set_free(struct link_set *set)
{
	if (!set)
		return;
	g_hash_table_unref(set->splits);
	g_hash_table_unref(set->moves);
	g_ptr_array_unref(set->joins);
	g_free(set);
}

/* Of two roots that a message is moved to, the greater one counts, wherever
 * the lines stand. */
static void add_move(struct link_set *set, const struct link *link)
{
	const char *other = g_hash_table_lookup(set->moves, &link->hash);

	if (!other || strcmp(other, link->root) < 0)
		(void)g_hash_table_replace(
			set->moves, g_memdup2(&link->hash, sizeof(link->hash)),
			g_strdup(link->root));
}

static void add_line(struct link_set *set, const char *line, bool same_strand)
{
	struct link link;

	if (!same_strand)
		g_ptr_array_add(set->joins,
				g_ptr_array_new_with_free_func(g_free));
	if (!link_parse(line, &link))
		return;
	switch (link.kind) {
	case LINK_JOIN:
		g_ptr_array_add(
			g_ptr_array_index(set->joins, set->joins->len - 1),
			g_strdup(link.root));
		break;
	case LINK_SPLIT:
		(void)g_hash_table_add(
			set->splits, g_memdup2(&link.hash, sizeof(link.hash)));
		break;
	case LINK_MOVE:
		add_move(set, &link);
		break;
	}
	set->count++;
}

int link_set_load(struct state *state, struct link_set **set_r, struct err *err)
{
	AUTO(link_set) struct link_set *set = set_new();
	AUTO(array) GArray *strands = NULL;
	AUTO(ptrs) GPtrArray *lines = NULL;

	if (state_link_list(state, &strands, &lines, err) < 0)
		return -1;
	for (guint i = 0; i < lines->len; i++)
		add_line(set, g_ptr_array_index(lines, i),
			 i > 0 && g_array_index(strands, int64_t, i) ==
					  g_array_index(strands, int64_t,
							i - 1));
	*set_r = take(set);
	return 0;
}

/* -- a strand's blob ------------------------------------------------------- */

GByteArray *link_blob(const GPtrArray *lines)
{
	GByteArray *out = g_byte_array_new();

	for (guint i = 0; i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);

		(void)g_byte_array_append(out, (const guint8 *)line,
					  (guint)strlen(line));
		(void)g_byte_array_append(out, (const guint8 *)"\n", 1);
	}
	return out;
}

int link_blob_parse(const void *data, size_t size, GPtrArray **lines_r,
		    struct err *err)
{
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	const char *at = data, *end = at + size;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *last =
			lines->len > 0
				? g_ptr_array_index(lines, lines->len - 1)
				: "";
		AUTO(str) char *line = NULL;

		if (!stop || memchr(at, '\0', (size_t)(stop - at)))
			return err_set(err, EBADMSG, "not lines of text");
		line = g_strndup(at, (gsize)(stop - at));
		if (strcmp(last, line) >= 0)
			return err_set(err, EBADMSG, "its lines have no order");
		g_ptr_array_add(lines, take(line));
		at = stop + 1;
	}
	*lines_r = take(lines);
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void link_lines_sort(GPtrArray *lines)
{
	g_ptr_array_sort(lines, compare_lines);
	for (guint i = lines->len; i > 1; i--)
		if (strcmp(g_ptr_array_index(lines, i - 1),
			   g_ptr_array_index(lines, i - 2)) == 0)
			(void)g_ptr_array_remove_index(lines, i - 1);
}

bool link_lines_have(const GPtrArray *lines, const char *line)
{
	return lines->len > 0 && bsearch(&line, lines->pdata, lines->len,
					 sizeof(line), compare_lines) != NULL;
}

bool link_blob_has_id(const GPtrArray *lines, const struct message_id *id)
{
	char hex[MESSAGE_ID_HEX + 1];

	message_id_print(id, hex);
	return link_lines_have(lines, hex);
}
