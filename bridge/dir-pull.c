/* SPDX-License-Identifier: ISC */
/* What is read is each file that is new or another than when it was last read,
 * and the newest file of its writer, which has the root that counts. Trees of
 * heads that are in none of these stood in one that was read before, as the
 * root of the file before says: what they say was taken then, unless the last
 * pull was not whole, when all is read again. Objects may be in any file; the
 * others are read once one is missing. */
#include "dir-pull.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "car-files.h"
#include "car-root.h"
#include "remote-dir.h"

enum { HEADS = 1 << 20 };

struct dir_pull {
	int folder;        /* owned */
	GArray *files;     /* owned: struct dir_file, of others, by name */
	GArray *rows;      /* owned: struct state_file */
	GHashTable *roots; /* owned: name -> struct object_id */
	struct car_files *index; /* owned */
	bool is_all;             /* every file was read */
	bool writer_gone;        /* all files of one are no more there */
};

void dir_pull_close(struct pull *pull)
{
	struct dir_pull *own = pull->own;

	car_files_free(own->index);
	if (own->folder >= 0)
		(void)close(own->folder);
	if (own->files)
		g_array_unref(own->files);
	if (own->rows)
		g_array_unref(own->rows);
	g_hash_table_unref(own->roots);
	g_free(own);
}

/* -- which files ----------------------------------------------------------- */

/* Files that this device wrote, and knows of. */
static void drop_mine(struct dir_pull *own)
{
	for (guint i = own->files->len; i > 0; i--) {
		const struct dir_file *file =
			&g_array_index(own->files, struct dir_file, i - 1);
		const struct state_file *row =
			dir_find_row(own->rows, file->seen.name);

		if (row && row->mine)
			(void)g_array_remove_index(own->files, i - 1);
	}
}

static bool same_writer(const struct dir_file *a, const struct dir_file *b)
{
	if (!a->is_numbered || !b->is_numbered)
		return strcmp(a->seen.name, b->seen.name) == 0;
	return dir_same_hand(&a->hand, &b->hand);
}

static bool is_new(const struct dir_pull *own, const struct dir_file *file)
{
	const struct state_file *row = dir_find_row(own->rows, file->seen.name);

	return !row || !dir_same_file(row, &file->seen);
}

static bool has_news(const struct dir_pull *own)
{
	for (guint i = 0; i < own->files->len; i++)
		if (is_new(own, &g_array_index(own->files, struct dir_file, i)))
			return true;
	return false;
}

/* Is there still a file of the writer of what was read then? */
static bool has_writer(const struct dir_pull *own, const struct state_file *row)
{
	struct dir_file was = { .seen = *row };

	was.is_numbered = dir_parse_name(row->name, &was.hand, &was.number);
	for (guint i = 0; i < own->files->len; i++)
		if (same_writer(&was,
				&g_array_index(own->files, struct dir_file, i)))
			return true;
	return false;
}

static void look_for_gone(struct dir_pull *own)
{
	for (guint i = 0; i < own->rows->len; i++) {
		const struct state_file *row =
			&g_array_index(own->rows, struct state_file, i);

		if (!row->mine && !has_writer(own, row))
			own->writer_gone = true;
	}
}

/* -- reading --------------------------------------------------------------- */

/* Unless it was read already. What is wrong with it is a line. */
static void read_file(struct pull *pull, const struct dir_file *file)
{
	struct dir_pull *own = pull->own;
	const char *name = file->seen.name;
	struct object_id root;
	struct err err;
	int found;

	if (g_hash_table_contains(own->roots, name))
		return;
	found = car_files_add(own->index, name, &root, &err);
	if (found < 0)
		g_ptr_array_add(pull->lines, g_strdup(err.text));
	(void)g_hash_table_insert(own->roots, g_strdup(name),
				  g_memdup2(&root, sizeof(root)));
}

static void read_rest(struct pull *pull)
{
	struct dir_pull *own = pull->own;

	if (own->is_all)
		return;
	own->is_all = true;
	for (guint i = 0; i < own->files->len; i++)
		read_file(pull, &g_array_index(own->files, struct dir_file, i));
}

static int read_object(void *context, const struct object_id *id,
		       enum object_type *type_r, GByteArray *out,
		       struct err *err)
{
	struct pull *pull = context;
	struct dir_pull *own = pull->own;

	return car_files_read(own->index, id, type_r, out, err);
}

int dir_pull_read(void *pull, const struct object_id *id,
		  enum object_type *type_r, GByteArray *out, struct err *err)
{
	int found = read_object(pull, id, type_r, out, err);

	if (found != 0 ||
	    ((struct dir_pull *)((struct pull *)pull)->own)->is_all)
		return found;
	read_rest(pull);
	return read_object(pull, id, type_r, out, err);
}

/* -- heads ----------------------------------------------------------------- */

/* The file of the writer of `file` with the highest number below `below`; of
 * those that were read before as they are, if `old`. */
static const struct dir_file *newest_of(const struct dir_pull *own,
					const struct dir_file *file,
					uint64_t below, bool old)
{
	const struct dir_file *newest = NULL;

	for (guint i = 0; i < own->files->len; i++) {
		const struct dir_file *other =
			&g_array_index(own->files, struct dir_file, i);

		if (same_writer(file, other) && other->number < below &&
		    (!newest || other->number > newest->number) &&
		    !(old && is_new(own, other)))
			newest = other;
	}
	return newest;
}

/* The trees under the root of the file that was the newest of the writer when
 * he was last read: what they say was taken then. */
static GHashTable *known_trees(const struct pull *pull,
			       const struct dir_file *file)
{
	const struct dir_pull *own = pull->own;
	GHashTable *known = g_hash_table_new_full(
		object_id_hash, object_id_equal, g_free, NULL);
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct object_id));

	file = newest_of(own, file, file->number, true);
	/* A file that is gone meanwhile explains nothing. */
	if (file && !pull->again)
		(void)car_root_list(own->folder, file->seen.name, ids, NULL);
	for (guint i = 0; i < ids->len; i++)
		(void)g_hash_table_add(
			known,
			g_memdup2(&g_array_index(ids, struct object_id, i),
				  sizeof(struct object_id)));
	return known;
}

/* What a root says, from the files that were read. */
static int read_tree(struct pull *pull, const struct object_id *root,
		     GHashTable *known, size_t *missing_r, struct err *err)
{
	struct root_source source = { read_object, pull };
	struct root_reading reading = { HEADS, pull->heads, pull->cards, known,
					0 };
	guint heads = pull->heads->len, cards = pull->cards->len;
	int result = root_tree_read(&source, root, &reading, err);

	if (result == 0 && reading.missing > 0 &&
	    !((struct dir_pull *)pull->own)->is_all) {
		read_rest(pull);
		(void)g_array_set_size(pull->heads, heads);
		g_ptr_array_set_size(pull->cards, (gint)cards);
		reading.missing = 0;
		result = root_tree_read(&source, root, &reading, err);
	}
	*missing_r = reading.missing;
	return result;
}

/* What the root of this file says. 1; 0: it cannot be read, or not all. */
static int read_root(struct pull *pull, const struct dir_file *file)
{
	struct dir_pull *own = pull->own;
	const char *name = file->seen.name;
	AUTO(table) GHashTable *known = NULL;
	const struct object_id *root;
	size_t missing;
	struct err err;

	read_file(pull, file);
	root = g_hash_table_lookup(own->roots, name);
	if (object_id_is_null(root))
		return 0;
	known = known_trees(pull, file);
	if (read_tree(pull, root, known, &missing, &err) == 0) {
		remote_pull_incomplete(
			pull, name,
			file->is_numbered ? &file->hand.device : NULL, missing);
		return missing == 0;
	}
	(void)err_prefix(&err, "%s", name);
	g_ptr_array_add(pull->lines, g_strdup(err.text));
	return 0;
}

/* The newest root of a writer that can be read, and those behind what is not
 * whole: they may name chains that it has, too. */
static void read_writer(struct pull *pull, const struct dir_file *file)
{
	uint64_t below = UINT64_MAX;
	const struct dir_file *newest;

	while ((newest = newest_of(pull->own, file, below, false))) {
		if (read_root(pull, newest) > 0)
			return;
		below = newest->number;
	}
}

/* Is it the first in the list of its writer's that is to be read? */
static bool is_first(const struct dir_pull *own, guint number, bool all)
{
	const struct dir_file *file =
		&g_array_index(own->files, struct dir_file, number);

	for (guint i = 0; i < number; i++) {
		const struct dir_file *other =
			&g_array_index(own->files, struct dir_file, i);

		if ((all || is_new(own, other)) && same_writer(other, file))
			return false;
	}
	return true;
}

/* Files with this device's name are its own also if it forgot them. */
static bool is_mine(const struct pull *pull, const struct dir_file *file)
{
	struct device_id me = identity_device(mailbox_identity(pull->mailbox));

	return file->is_numbered &&
	       memcmp(&file->hand.device, &me, sizeof(me)) == 0;
}

static void read_writers(struct pull *pull, bool mine)
{
	const struct dir_pull *own = pull->own;

	for (guint i = 0; i < own->files->len; i++) {
		const struct dir_file *file =
			&g_array_index(own->files, struct dir_file, i);

		if (is_mine(pull, file) == mine &&
		    (pull->again || is_new(own, file)) &&
		    is_first(own, i, pull->again))
			read_writer(pull, file);
	}
}

static void read_heads(struct pull *pull)
{
	struct dir_pull *own = pull->own;

	/* What is new first: roots name what may be in any of them. */
	for (guint i = 0; i < own->files->len; i++) {
		const struct dir_file *file =
			&g_array_index(own->files, struct dir_file, i);

		if (is_new(own, file))
			read_file(pull, file);
	}
	if (pull->again)
		read_rest(pull);
	read_writers(pull, false);
	pull->others = pull->heads->len;
	read_writers(pull, true);
}

int dir_pull_open(struct pull *pull, struct err *err)
{
	struct dir_pull *own = g_new0(struct dir_pull, 1);
	bool news;

	pull->own = own;
	own->folder = -1;
	own->roots =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (dir_open(pull->remote->location, &own->folder, err) < 0 ||
	    state_file_list(pull->state, pull->remote->name, &own->rows, err) <
		    0 ||
	    dir_list(own->folder, &own->files, err) < 0)
		return -1;
	drop_mine(own);
	look_for_gone(own);
	news = has_news(own);
	if (!news && !pull->again && !own->writer_gone)
		return 0;
	pull->again = pull->again || !pull->row.whole || own->writer_gone;
	own->index = car_files_new(own->folder, pull->remote->limit);
	read_heads(pull);
	return 1;
}

int dir_pull_note(struct pull *pull, struct err *err)
{
	const struct dir_pull *own = pull->own;
	const char *name = pull->remote->name;

	if (state_file_clear(pull->state, name, false, err) < 0 ||
	    (own->writer_gone &&
	     state_given_clear(pull->state, name, false, err) < 0))
		return -1;
	for (guint i = 0; i < own->files->len; i++)
		if (state_file_put(
			    pull->state, name,
			    &g_array_index(own->files, struct dir_file, i).seen,
			    err) < 0)
			return -1;
	return 0;
}
