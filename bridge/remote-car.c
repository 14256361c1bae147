/* SPDX-License-Identifier: ISC */
/* One CAR file: a backup, or what is carried on a stick. It has all that it may
 * see, and is written anew with every push; who writes it last has written it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "car-files.h"
#include "car-stream.h"
#include "car-write.h"
#include "remote-dir.h"
#include "remote-kind.h"

enum { HEADS = 1 << 20 };

struct car {
	int folder;              /* owned */
	char *name;              /* owned */
	struct state_file row;   /* as of the last push or pull */
	struct state_file seen;  /* as it is */
	bool is_known;           /* there is a row */
	struct car_files *files; /* owned; NULL in a push */
};

static void car_free(struct car *car)
{
	if (car->folder >= 0)
		(void)close(car->folder);
	car_files_free(car->files);
	g_free(car->name);
	g_free(car);
}

static void close_push(struct push *push)
{
	car_free(push->own);
}

static void close_pull(struct pull *pull)
{
	car_free(pull->own);
}

/* 1; 0: there is no such file. */
static int open_car(const struct remote *remote, struct state *state,
		    struct car *car, struct err *err)
{
	AUTO(str) char *path = g_path_get_dirname(remote->location);
	AUTO(array) GArray *rows = NULL;
	const struct state_file *row;

	car->folder = -1;
	car->name = g_path_get_basename(remote->location);
	if (dir_open(path, &car->folder, err) < 0 ||
	    state_file_list(state, remote->name, &rows, err) < 0)
		return -1;
	row = dir_find_row(rows, car->name);
	car->is_known = row != NULL;
	if (row)
		car->row = *row;
	return dir_stat(car->folder, car->name, &car->seen, err);
}

/* -- push ------------------------------------------------------------------ */

static int look(struct push *push, struct err *err)
{
	struct car *car = g_new0(struct car, 1);
	int found;

	push->own = car;
	found = open_car(push->remote, push->state, car, err);
	if (found <= 0)
		return found;
	return car->is_known && car->row.mine &&
	       car->row.size == car->seen.size &&
	       car->row.mtime == car->seen.mtime &&
	       !object_id_is_null(&push->row.root);
}

static int write_car(const struct car *car, struct car_stream *stream,
		     struct err *err)
{
	AUTO(str) char *temporary = g_strdup_printf(".%s.tmp", car->name);
	AUTO(car_write) struct car_write *write = NULL;
	int more;

	if (car_write_begin(car->folder, temporary, &write, err) < 0)
		return -1;
	while ((more = car_stream_next(stream, car_write_buffer(write), err)) >
	       0)
		if (car_write_flush(write, err) < 0)
			return -1;
	return more < 0 ? -1 : car_write_end(write, car->name, true, err);
}

static int push_all(struct push *push, struct err *err)
{
	AUTO(array)
	GArray *none = g_array_new(FALSE, FALSE, sizeof(struct head));
	struct car *car = push->own;
	AUTO(car_stream)
	struct car_stream *stream =
		car_stream_new(mailbox_store(push->mailbox),
			       push->visible.heads, push->visible.cards, none);
	const struct object_id *root = &car_stream_root(stream)->id;
	int found;

	if (object_id_equal(root, &push->row.root))
		return 0;
	if (write_car(car, stream, err) < 0)
		return -1;
	found = dir_stat(car->folder, car->name, &car->row, err);
	if (found <= 0)
		return found < 0 ? -1
				 : err_set(err, EAGAIN, "%s: gone at once",
					   car->name);
	car->row.mine = true;
	push->objects = car_stream_count(stream);
	push->row.root = *root;
	return 0;
}

static int note(struct push *push, struct err *err)
{
	const struct car *car = push->own;

	if (push->objects == 0)
		return 0;
	return state_file_put(push->state, push->remote->name, &car->row, err);
}

/* -- pull ------------------------------------------------------------------ */

static int read_object(void *context, const struct object_id *id,
		       enum object_type *type_r, GByteArray *out,
		       struct err *err)
{
	const struct pull *pull = context;
	const struct car *car = pull->own;

	return car_files_read(car->files, id, type_r, out, err);
}

static void read_heads(struct pull *pull, const struct object_id *root)
{
	const struct car *car = pull->own;
	struct root_source source = { read_object, pull };
	struct root_reading reading = { HEADS, pull->heads, pull->cards, NULL,
					0 };
	struct err err;

	if (root_tree_read(&source, root, &reading, &err) < 0)
		g_ptr_array_add(pull->lines, g_strdup(err.text));
	remote_pull_incomplete(pull, car->name, NULL, reading.missing);
	pull->others = pull->heads->len;
}

static int open_pull(struct pull *pull, struct err *err)
{
	struct car *car = g_new0(struct car, 1);
	struct object_id root;
	int found;

	pull->own = car;
	found = open_car(pull->remote, pull->state, car, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, EAGAIN, "%s: there is no such file",
			       pull->remote->location);
	if (car->is_known && dir_same_file(&car->row, &car->seen) &&
	    (car->row.mine || !pull->again))
		return 0;
	car->files = car_files_new(car->folder, pull->remote->limit);
	if (car_files_add(car->files, car->name, &root, err) < 0)
		g_ptr_array_add(pull->lines, g_strdup(err->text));
	if (!object_id_is_null(&root))
		read_heads(pull, &root);
	return 1;
}

static int note_pull(struct pull *pull, struct err *err)
{
	const struct car *car = pull->own;

	return state_file_put(pull->state, pull->remote->name, &car->seen, err);
}

const struct remote_kind remote_car = {
	.look = look,
	.push = push_all,
	.note = note,
	.close_push = close_push,
	.open = open_pull,
	.read = read_object,
	.note_pull = note_pull,
	.close_pull = close_pull,
};
