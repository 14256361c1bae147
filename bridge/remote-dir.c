/* SPDX-License-Identifier: ISC */
/* Pushing into a folder. */
#include "remote-dir.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "car-stream.h"
#include "car-write.h"
#include "dir-join.h"
#include "dir-pull.h"
#include "remote-kind.h"

/* Seconds for which files that were joined stay: whoever reads them, or has
 * only half of the folder's changes yet, is done with them by then. */
enum { JOINED_STAY = 3600 };

struct dir_push {
	int folder;           /* owned */
	struct dir_hand hand; /* this device, for this remote */
	GArray *rows;         /* owned: struct state_file, as of last push */
	GArray *changed;      /* owned: struct state_file, to be noted */
	GPtrArray *gone;      /* owned: char *, to be forgotten */
};

static void close_push(struct push *push)
{
	struct dir_push *own = push->own;

	if (own->folder >= 0)
		(void)close(own->folder);
	if (own->rows)
		g_array_unref(own->rows);
	g_array_unref(own->changed);
	g_ptr_array_unref(own->gone);
	g_free(own);
}

static struct dir_push *own_new(const struct push *push)
{
	const struct identity *identity = mailbox_identity(push->mailbox);
	struct dir_push *own = g_new0(struct dir_push, 1);

	own->folder = -1;
	own->hand.device = identity_device(identity);
	own->hand.whom = visible_mark(&push->visible);
	own->changed = g_array_new(FALSE, FALSE, sizeof(struct state_file));
	own->gone = g_ptr_array_new_with_free_func(g_free);
	return own;
}

/* Is a file of mine there as it was written? Only its size can be trusted to be
 * what it was: a synchroniser may have made it anew. */
static int is_there(const struct dir_push *own, const struct state_file *row,
		    struct err *err)
{
	struct state_file now;
	int found = dir_stat(own->folder, row->name, &now, err);

	return found <= 0 ? found : now.size == row->size;
}

static int remove_joined(struct push *push, const struct state_file *row,
			 struct err *err)
{
	struct dir_push *own = push->own;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	if (now - row->joined < JOINED_STAY && row->joined <= now)
		return 0;
	if (unlinkat(own->folder, row->name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "%s", row->name);
	g_ptr_array_add(own->gone, g_strdup(row->name));
	push->is_to_be_noted = true;
	return 0;
}

/* What was written with a key that this device had before it was restored is
 * written again: a copy of this mailbox takes it for its own, and looks for
 * nothing in it. */
static int is_kept(const struct dir_push *own, const struct state_file *row,
		   struct err *err)
{
	struct dir_hand hand;
	uint64_t number;

	return dir_parse_name(row->name, &hand, &number) &&
			       dir_same_hand(&hand, &own->hand)
		       ? is_there(own, row, err)
		       : 0;
}

static int look(struct push *push, struct err *err)
{
	struct dir_push *own = own_new(push);
	int there = !object_id_is_null(&push->row.root);

	push->own = own;
	if (dir_open(push->remote->location, &own->folder, err) < 0 ||
	    state_file_list(push->state, push->remote->name, &own->rows, err) <
		    0)
		return -1;
	for (guint i = 0; i < own->rows->len; i++) {
		const struct state_file *row =
			&g_array_index(own->rows, struct state_file, i);
		int one = 1;

		if (!row->mine)
			continue;
		if (row->joined)
			one = remove_joined(push, row, err) < 0 ? -1 : 1;
		else
			one = is_kept(own, row, err);
		if (one < 0)
			return -1;
		there = there && one > 0;
	}
	return there;
}

/* What another device keeps there, at the same tip, it need not hold twice; but
 * for my own chains nobody answers but me. */
static void drop_others(struct push *push)
{
	const struct dir_push *own = push->own;
	GArray *heads = push->visible.heads;
	guint kept = 0;

	for (guint i = 0; i < heads->len; i++) {
		struct head head = g_array_index(heads, struct head, i);

		if (memcmp(&head.device, &own->hand.device,
			   sizeof(head.device)) &&
		    head_is_among(&head, push->others))
			continue;
		g_array_index(heads, struct head, kept++) = head;
	}
	(void)g_array_set_size(heads, kept);
}

static int next_number(const struct dir_push *own, uint64_t *number_r,
		       struct err *err)
{
	AUTO(array) GArray *files = NULL;
	struct dir_hand hand;
	uint64_t number;

	*number_r = 1;
	if (dir_list(own->folder, &files, err) < 0)
		return -1;
	for (guint i = 0; i < files->len; i++) {
		const struct dir_file *file =
			&g_array_index(files, struct dir_file, i);

		if (file->is_numbered && dir_same_hand(&file->hand, &own->hand))
			*number_r = MAX(*number_r, file->number + 1);
	}
	for (guint i = 0; i < own->rows->len; i++)
		if (dir_parse_name(
			    g_array_index(own->rows, struct state_file, i).name,
			    &hand, &number) &&
		    dir_same_hand(&hand, &own->hand))
			*number_r = MAX(*number_r, number + 1);
	return 0;
}

static int note_file(struct dir_push *own, const char *name, struct err *err)
{
	struct state_file file;
	int found = dir_stat(own->folder, name, &file, err);

	if (found == 0)
		return err_set(err, EAGAIN, "%s: gone at once", name);
	if (found < 0)
		return -1;
	file.mine = true;
	(void)g_array_append_val(own->changed, file);
	return 0;
}

static char *temporary_name(const struct dir_push *own)
{
	char hex[DEVICE_ID_HEX + 1];

	device_id_print(&own->hand.device, hex);
	return g_strdup_printf(".%s-%08x.tmp", hex, own->hand.whom);
}

static int write_file(const struct dir_push *own, struct car_stream *stream,
		      const char *name, struct err *err)
{
	AUTO(str) char *temporary = temporary_name(own);
	AUTO(car_write) struct car_write *write = NULL;
	int more;

	if (car_write_begin(own->folder, temporary, &write, err) < 0)
		return -1;
	while ((more = car_stream_next(stream, car_write_buffer(write), err)) >
	       0)
		if (car_write_flush(write, err) < 0)
			return -1;
	return more < 0 ? -1 : car_write_end(write, name, false, err);
}

/* My files of before: if all is pushed again, nobody needs them any more. */
static GArray *old_files(struct dir_push *own, bool again)
{
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct state_file));

	for (guint i = 0; i < own->rows->len; i++) {
		struct state_file row =
			g_array_index(own->rows, struct state_file, i);

		if (!row.mine || row.joined)
			continue;
		if (!again) {
			(void)g_array_append_val(files, row);
			continue;
		}
		row.joined = g_get_real_time() / G_USEC_PER_SEC;
		(void)g_array_append_val(own->changed, row);
	}
	return files;
}

/* Many small files become one. Should that fail, they stay as they are; if one
 * is not what was written, the next push brings all again. */
static void join_files(struct push *push, GArray *files, uint64_t number,
		       const struct root_tree *root)
{
	struct dir_push *own = push->own;
	AUTO(str) char *temporary = temporary_name(own);
	AUTO(str) char *name = dir_print_name(&own->hand, number);
	struct dir_join join = { own->folder, temporary, name, root };
	guint first = dir_join_from(files);
	struct err err;

	if (first == files->len)
		return;
	if (dir_join(&join, files, first, &err) < 0 ||
	    note_file(own, name, &err) < 0) {
		g_ptr_array_add(push->lines, g_strdup(err.text));
		if (err_is_damage(&err))
			memset(&push->row.root, 0, sizeof(push->row.root));
		return;
	}
	for (guint i = first; i < files->len; i++) {
		struct state_file row =
			g_array_index(files, struct state_file, i);

		row.joined = g_get_real_time() / G_USEC_PER_SEC;
		(void)g_array_append_val(own->changed, row);
	}
}

static int push_news(struct push *push, struct err *err)
{
	struct dir_push *own = push->own;
	AUTO(car_stream) struct car_stream *stream = NULL;
	AUTO(array) GArray *files = NULL;
	AUTO(str) char *name = NULL;
	const struct root_tree *root;
	uint64_t number;

	drop_others(push);
	stream = car_stream_new(mailbox_store(push->mailbox),
				push->visible.heads, push->visible.cards,
				push->given);
	root = car_stream_root(stream);
	if (object_id_equal(&root->id, &push->row.root) ||
	    (push->visible.heads->len == 0 &&
	     object_id_is_null(&push->row.root)))
		return 0;
	if (next_number(own, &number, err) < 0)
		return -1;
	name = dir_print_name(&own->hand, number);
	if (write_file(own, stream, name, err) < 0 ||
	    note_file(own, name, err) < 0)
		return -1;
	push->objects = car_stream_count(stream);
	files = old_files(own, object_id_is_null(&push->row.root));
	(void)g_array_append_val(files,
				 g_array_index(own->changed, struct state_file,
					       own->changed->len - 1));
	push->row.root = root->id;
	join_files(push, files, number + 1, root);
	return 0;
}

static int note(struct push *push, struct err *err)
{
	const struct dir_push *own = push->own;
	const char *name = push->remote->name;

	for (guint i = 0; i < own->changed->len; i++)
		if (state_file_put(
			    push->state, name,
			    &g_array_index(own->changed, struct state_file, i),
			    err) < 0)
			return -1;
	for (guint i = 0; i < own->gone->len; i++)
		if (state_file_drop(push->state, name, own->gone->pdata[i],
				    err) < 0)
			return -1;
	return 0;
}

const struct remote_kind remote_dir = {
	.look = look,
	.push = push_news,
	.note = note,
	.close_push = close_push,
	.open = dir_pull_open,
	.read = dir_pull_read,
	.note_pull = dir_pull_note,
	.close_pull = dir_pull_close,
};
