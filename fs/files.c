/* SPDX-License-Identifier: ISC */
/* The table of files: by number, and by directory and name. */
#include "files-parts.h"
#include "files-turn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

int64_t files_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* -- names and items ------------------------------------------------------- */

struct item *files_item(struct files *files, uint32_t number)
{
	return g_hash_table_lookup(files->items, GUINT_TO_POINTER(number));
}

static struct place *find_place(struct files *files, struct node dir)
{
	int64_t id = (int64_t)node_id(dir);

	return g_hash_table_lookup(files->places, &id);
}

struct name *files_name(struct files *files, struct node dir, const char *name)
{
	struct place *place = find_place(files, dir);

	return place ? g_hash_table_lookup(place->names, name) : NULL;
}

struct place *files_place(struct files *files, struct node dir)
{
	struct place *place = find_place(files, dir);
	char key[FILES_KEY];
	int64_t *id;

	if (place || !files_key(dir, key))
		return place;
	place = g_new0(struct place, 1);
	place->dir = dir;
	(void)g_strlcpy(place->key, key, sizeof(place->key));
	place->names = g_hash_table_new(g_str_hash, g_str_equal);
	id = g_new(int64_t, 1);
	*id = (int64_t)node_id(dir);
	(void)g_hash_table_insert(files->places, id, place);
	return place;
}

static void free_name(void *data)
{
	struct name *name = data;

	(void)g_hash_table_remove(name->place->names, name->text);
	g_free(name->text);
	g_free(name);
}

struct item *files_add(struct files *files, const struct stat *host,
		       mode_t mode)
{
	struct item *item = g_new0(struct item, 1);

	item->number = ++files->last;
	item->mode = mode;
	item->host = *host;
	item->changed = files_now();
	item->names = g_ptr_array_new_with_free_func(free_name);
	item->used.data = item;
	item->kin.data = item;
	g_queue_push_tail_link(&files->states[item->state], &item->kin);
	(void)g_hash_table_insert(files->items, GUINT_TO_POINTER(item->number),
				  item);
	return item;
}

static void free_item(struct files *files, struct item *item)
{
	files_let_go(files, item);
	g_queue_unlink(&files->states[item->state], &item->kin);
	(void)g_hash_table_remove(files->items, GUINT_TO_POINTER(item->number));
	g_ptr_array_unref(item->names);
	g_free(item->target);
	g_free(item);
}

void files_add_name(struct files *files, struct item *item, struct place *place,
		    const char *text, uint32_t at)
{
	struct name *name = g_new(struct name, 1);

	name->place = place;
	name->item = item;
	name->at = at != 0 ? at : ++files->last_at;
	name->text = g_strdup(text);
	g_ptr_array_add(item->names, name);
	(void)g_hash_table_insert(place->names, name->text, name);
}

void files_drop_if_idle(struct files *files, struct item *item)
{
	if (item->names->len == 0 && item->held == 0 && item->writing == 0)
		free_item(files, item);
}

void files_drop_name(struct files *files, struct name *name)
{
	struct item *item = name->item;

	(void)g_ptr_array_remove(item->names, name);
	files_drop_if_idle(files, item);
}

void files_set_state(struct files *files, struct item *item,
		     enum file_state state)
{
	g_queue_unlink(&files->states[item->state], &item->kin);
	item->state = state;
	g_queue_push_tail_link(&files->states[state], &item->kin);
	if (state == FILE_COMING || state == FILE_RESTING)
		files_stir(files);
}

void files_grow_time(struct place *place)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	place->time = MAX(place->time + 1, now.tv_sec * SECOND + now.tv_nsec);
}

/* -- asking ---------------------------------------------------------------- */

static uint64_t inode_of(const struct item *item)
{
	const uint64_t below = (UINT64_C(1) << 56) - 1;

	if (item->copy != 0)
		return node_inode(node_make(NODE_COPY, item->copy, 0));
	return node_id(node_make(NODE_FILE, 0, 0)) |
	       ((uint64_t)item->host.st_ino & below);
}

static void tell_name(const struct name *name, struct file *file_r)
{
	file_r->dir = name->place->dir;
	file_r->at = name->at;
	(void)g_strlcpy(file_r->name, name->text, sizeof(file_r->name));
}

void files_tell(const struct item *item, struct file *file_r)
{
	memset(file_r, 0, sizeof(*file_r));
	file_r->number = item->number;
	file_r->state = item->state;
	file_r->copy = item->copy;
	file_r->st = item->host;
	file_r->st.st_mode = item->mode;
	file_r->st.st_ino = inode_of(item);
	file_r->st.st_nlink = item->names->len;
	file_r->changed = item->changed;
	if (item->names->len > 0)
		tell_name(g_ptr_array_index(item->names, item->names->len - 1),
			  file_r);
}

int files_find(struct files *files, struct node dir, const char *text,
	       struct file *file_r)
{
	struct name *name;

	(void)pthread_mutex_lock(&files->lock);
	name = files_name(files, dir, text);
	if (name) {
		files_tell(name->item, file_r);
		tell_name(name, file_r); /* it may have others */
	}
	(void)pthread_mutex_unlock(&files->lock);
	return name != NULL;
}

int files_get(struct files *files, uint32_t number, struct file *file_r)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item)
		files_tell(item, file_r);
	(void)pthread_mutex_unlock(&files->lock);
	return item != NULL;
}

static gint by_at(gconstpointer a, gconstpointer b)
{
	const struct file *left = a, *right = b;

	return (left->at > right->at) - (left->at < right->at);
}

GArray *files_list(struct files *files, struct node dir)
{
	GArray *list = NULL;
	const struct place *place;
	GHashTableIter iter;
	void *value;

	(void)pthread_mutex_lock(&files->lock);
	place = find_place(files, dir);
	if (place && g_hash_table_size(place->names) > 0) {
		list = g_array_new(FALSE, FALSE, sizeof(struct file));
		g_hash_table_iter_init(&iter, place->names);
		while (g_hash_table_iter_next(&iter, NULL, &value)) {
			const struct name *name = value;
			struct file file;

			files_tell(name->item, &file);
			tell_name(name, &file);
			(void)g_array_append_val(list, file);
		}
	}
	(void)pthread_mutex_unlock(&files->lock);
	if (list)
		g_array_sort(list, by_at);
	return list;
}

GArray *files_in_state(struct files *files, enum file_state state)
{
	GArray *list = NULL;

	(void)pthread_mutex_lock(&files->lock);
	if (files->states[state].length > 0)
		list = g_array_new(FALSE, FALSE, sizeof(struct file));
	for (GList *at = files->states[state].head; at; at = at->next) {
		struct file file;

		files_tell(at->data, &file);
		(void)g_array_append_val(list, file);
	}
	(void)pthread_mutex_unlock(&files->lock);
	return list;
}

int64_t files_time(struct files *files, struct node dir)
{
	const struct place *place;
	int64_t time;

	(void)pthread_mutex_lock(&files->lock);
	place = find_place(files, dir);
	time = place ? place->time : 0;
	(void)pthread_mutex_unlock(&files->lock);
	return time;
}

/* -- the kernel's references ----------------------------------------------- */

void files_hold(struct files *files, uint32_t number)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item)
		item->held++;
	(void)pthread_mutex_unlock(&files->lock);
}

void files_forget(struct files *files, uint32_t number, uint64_t count)
{
	struct item *item;

	(void)pthread_mutex_lock(&files->lock);
	item = files_item(files, number);
	if (item) {
		item->held -= MIN(item->held, count);
		files_drop_if_idle(files, item);
	}
	(void)pthread_mutex_unlock(&files->lock);
}

/* -- notes ----------------------------------------------------------------- */

void files_stir(struct files *files)
{
	files->stirred = true;
	(void)pthread_cond_signal(&files->stir);
}

void files_add_note(struct files *files, struct node dir, const char *name,
		    uint32_t number)
{
	struct note *note = g_new0(struct note, 1);

	note->dir = dir;
	note->number = number;
	(void)g_strlcpy(note->name, name, sizeof(note->name));
	g_queue_push_tail(&files->notes, note);
	files_stir(files);
}

void files_note(struct files *files, struct node dir, const char *name)
{
	(void)pthread_mutex_lock(&files->lock);
	files_add_note(files, dir, name, 0);
	(void)pthread_mutex_unlock(&files->lock);
}

bool files_take_note(struct files *files, struct node *dir_r, char name_r[256],
		     uint32_t *number_r)
{
	struct note *note;

	(void)pthread_mutex_lock(&files->lock);
	note = g_queue_pop_head(&files->notes);
	(void)pthread_mutex_unlock(&files->lock);
	if (!note)
		return false;
	*dir_r = note->dir;
	*number_r = note->number;
	(void)g_strlcpy(name_r, note->name, sizeof(note->name));
	g_free(note);
	return true;
}

void files_wait(struct files *files, int64_t until)
{
	struct timespec time = { until / SECOND, until % SECOND };
	int result = 0;

	(void)pthread_mutex_lock(&files->lock);
	while (!files->stirred && result == 0)
		result = pthread_cond_timedwait(&files->stir, &files->lock,
						&time);
	files->stirred = false;
	(void)pthread_mutex_unlock(&files->lock);
}

void files_wake(struct files *files)
{
	(void)pthread_mutex_lock(&files->lock);
	files_stir(files);
	(void)pthread_mutex_unlock(&files->lock);
}
