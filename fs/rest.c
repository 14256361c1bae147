/* SPDX-License-Identifier: ISC */
/* With open answered by ENOSYS the kernel tells of no close either; but it can
 * be asked whether anybody writes (lease.h). That is done a moment after the
 * last change, then with growing pauses. Nothing is held in between, so it is
 * in no unmount's way. */
#include "rest.h"

#include <pthread.h>
#include <string.h>

#include "defms/name.h"
#include "files-turn.h"
#include "lease.h"
#include "writer.h"

#define MS INT64_C(1000000)

/* Nanoseconds. */
#define FIRST (20 * MS)
#define LONGEST (1000 * MS)
#define ALONE (5000 * MS) /* where no lease can be had: the time decides */
#define HOUR (3600 * 1000 * MS)

enum { BREATH = 5000 /* us, between two rounds */ };

struct rest {
	struct mount *mount; /* borrowed */
	struct fs *fs;       /* borrowed */
	struct lease *lease; /* owned */
	pthread_t thread;
	int stop;          /* atomic */
	int64_t delay;     /* send.delay, ns */
	GHashTable *tries; /* owned: number -> struct try */
	int64_t until;     /* when to look again */
	bool complained;
};

/* What is known of a file as it is since `changed`. */
struct
try {
	int64_t changed, next, pause;
	bool done;
	bool seen; /* in this round */
};

/* -- asking the kernel ----------------------------------------------------- */

/* The last part of the path of a directory that files come to rest in. */
static const char *last_part(enum node_kind kind)
{
	if (kind == NODE_FOLDER_NEW || kind == NODE_THREAD_NEW)
		return "new";
	return kind == NODE_OUTBOX || kind == NODE_THREAD_OUTBOX ? "outbox"
								 : "cur";
}

/* What comes before it. 1/0/-1 */
static int first_part(struct work *work, struct node dir, char **path_r,
		      struct err *err)
{
	bool folder =
		dir.kind == NODE_FOLDER_NEW || dir.kind == NODE_FOLDER_CUR;
	const struct index_thread *thread;
	AUTO(str) char *shown = NULL;
	struct state_folder known;
	int found = 1;

	if (dir.kind == NODE_OUTBOX) {
		*path_r = g_strdup(".");
	} else if (folder && dir.serial == 0) {
		*path_r = g_strdup("maildir");
	} else if (folder) {
		found = state_folder_get(work->state, dir.serial, &known, err);
		if (found <= 0)
			return found;
		shown = name_folder_maildir(known.name);
		*path_r = g_strdup_printf("maildir/%s", shown);
	} else {
		found = work_thread(work, dir.serial, &thread, err);
		if (found > 0)
			*path_r = g_strdup_printf("threads/%s", thread->name);
	}
	return found;
}

static int path_of(struct rest *rest, const struct file *file, char **path_r,
		   struct err *err)
{
	AUTO(str) char *first = NULL;
	struct work work;
	int found;

	if (work_begin(rest->fs, false, &work, err) < 0)
		return -1;
	found = first_part(&work, file->dir, &first, err);
	work_end(&work);
	if (found > 0)
		*path_r = g_build_filename(mount_path(rest->mount), first,
					   last_part(file->dir.kind),
					   file->name, NULL);
	return found;
}

static enum leased probe(struct rest *rest, const struct file *file)
{
	AUTO(str) char *path = NULL;
	enum leased result;
	struct err err;
	int found = path_of(rest, file, &path, &err);

	if (found < 0)
		journal_add(rest->fs->errors, err.text);
	if (found <= 0)
		return LEASED_UNKNOWN;
	result = lease_ask(rest->lease, path, file->st.st_ino, &err);
	if (result == LEASED_UNKNOWN && !rest->complained) {
		(void)err_prefix(&err, "files come to rest by time alone");
		journal_add(rest->fs->log, err.text);
		rest->complained = true;
	}
	return result;
}

/* -- what is due ----------------------------------------------------------- */

static struct try *try_of(struct rest *rest, const struct file *file,
			  int64_t first)
{
	void *key = GUINT_TO_POINTER(file->number);
	struct try *try = g_hash_table_lookup(rest->tries, key);

	if (!try) {
		try = g_new0(struct try, 1);
		(void)g_hash_table_insert(rest->tries, key, try);
	}
	if (try->changed != file->changed)
		*try = (struct try){ .changed = file->changed,
				     .next = file->changed + first,
				     .pause = FIRST };
	try->seen = true;
	return try;
}

/* Does nobody write to it any more? If it is not known yet, when to ask. */
static bool is_at_rest(struct rest *rest, const struct file *file,
		       int64_t first)
{
	struct try *try = try_of(rest, file, first);
	int64_t now = files_now();
	enum leased result = LEASED_BUSY;

	if (try->done)
		return false;
	if (now >= try->next) {
		result = probe(rest, file);
		try->pause = MIN(try->pause * 2, LONGEST);
		try->next = now + try->pause;
	}
	try->done = result == LEASED_FREE ||
		    (result == LEASED_UNKNOWN &&
		     now >= file->changed + MAX(first, ALONE));
	if (!try->done)
		rest->until = MIN(rest->until, try->next);
	return try->done;
}

static void let_arrive(struct rest *rest, const struct file *file)
{
	struct err err;
	int64_t copy;

	if (file->copy == 0) {
		if (writer_serial(rest->fs->writer, &copy, &err) < 0) {
			journal_add(rest->fs->errors, err.text);
			return;
		}
		files_set_copy(rest->fs->files, file->number, copy);
	}
	if (files_turn(rest->fs->files, file, FILE_ARRIVED))
		writer_arrived(rest->fs->writer);
	else /* it was written to since */
		files_wake(rest->fs->files);
}

static void let_go(struct rest *rest, const struct file *file)
{
	writer_send(rest->fs->writer, file);
}

static void look_at(struct rest *rest, enum file_state state, int64_t first,
		    void (*settle)(struct rest *rest, const struct file *file))
{
	AUTO(array) GArray *files = files_in_state(rest->fs->files, state);

	for (guint i = 0; files && i < files->len; i++) {
		const struct file *file = &g_array_index(files, struct file, i);

		if (g_atomic_int_get(&rest->stop))
			return;
		if (is_at_rest(rest, file, first))
			settle(rest, file);
	}
}

/* -- names that are to be let go ------------------------------------------- */

static void drop_notes(struct rest *rest)
{
	struct node dir;
	uint32_t number;
	char name[256];

	while (!g_atomic_int_get(&rest->stop) &&
	       files_take_note(rest->fs->files, &dir, name, &number)) {
		mount_drop_name(rest->mount, dir, name);
		mount_drop_node(rest->mount, dir);
		if (number != 0)
			mount_drop_node(rest->mount,
					node_make(NODE_FILE, number, 0));
	}
}

/* -- the worker ------------------------------------------------------------ */

static gboolean was_not_seen(gpointer key, gpointer value, gpointer data)
{
	struct try *try = value;
	bool seen = try->seen;

	(void)key;
	(void)data;
	try->seen = false;
	return !seen;
}

static void *run(void *data)
{
	struct rest *rest = data;

	while (!g_atomic_int_get(&rest->stop)) {
		rest->until = files_now() + HOUR;
		drop_notes(rest);
		look_at(rest, FILE_COMING, FIRST, let_arrive);
		look_at(rest, FILE_RESTING, rest->delay, let_go);
		(void)g_hash_table_foreach_remove(rest->tries, was_not_seen,
						  NULL);
		g_usleep(BREATH);
		if (!g_atomic_int_get(&rest->stop))
			files_wait(rest->fs->files, rest->until);
	}
	return NULL;
}

static void rest_free(struct rest *rest)
{
	lease_free(rest->lease);
	g_hash_table_unref(rest->tries);
	g_free(rest);
}

int rest_start(struct mount *mount, struct rest **rest_r, struct err *err)
{
	const int64_t range[2] = { 0, 30 * 24 * 3600 };
	struct fs *fs = mount_fs(mount);
	struct rest *rest;
	int64_t delay;
	int result;

	*rest_r = NULL;
	if (!fs->writer)
		return 0;
	if (config_get_int(mailbox_config(fs->mailbox), "send.delay", range, 10,
			   &delay, err) < 0)
		return -1;
	rest = g_new0(struct rest, 1);
	rest->mount = mount;
	rest->fs = fs;
	/* Not at once: who makes a file has not opened it yet when it is made.
	 */
	rest->delay = MAX(delay * 1000 * MS, FIRST);
	rest->tries = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	if (lease_new(&rest->lease, err) < 0) {
		rest_free(rest);
		return -1;
	}
	result = pthread_create(&rest->thread, NULL, run, rest);
	if (result != 0) {
		rest_free(rest);
		return err_set(err, result, "no worker for files at rest");
	}
	*rest_r = rest;
	return 0;
}

void rest_stop(struct rest *rest)
{
	if (!rest)
		return;
	g_atomic_int_set(&rest->stop, 1);
	files_wake(rest->fs->files);
	(void)pthread_join(rest->thread, NULL);
	rest_free(rest);
}
