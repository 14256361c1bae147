/* SPDX-License-Identifier: ISC */
/* Writers append to index.db's WAL, which inotify(7) tells; a look once a
 * second (or 250 ms, without inotify) finds what it missed. Each round asks
 * the index which threads changed since the last.
 *
 * The kernel keeps names for ever, those that are not there too, so each name
 * that may have changed its meaning is taken back: new threads, files that
 * have a new version, copies whose flags made them another name (shown.h knows
 * the old one). Then new/ is touched through the mount, for only a change that
 * comes through the kernel is told to its inotify watchers. */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "defms/name.h"
#include "last.h"
#include "render.h"

enum {
	POLL = 250, /* ms */
	POLL_INOTIFY = 1000,
	PAUSE = 30, /* between rounds, while somebody writes */
	POKES = 64, /* threads whose new/ is touched in a round */
	CHUNK = 1000,
};

struct watch {
	struct mount *mount; /* borrowed */
	pthread_t thread;
	int wake;           /* eventfd: stop */
	int changes;        /* inotify; -1: none */
	int stop;           /* atomic */
	int64_t generation; /* of the index that is known, as are these */
	int64_t seq;
	int64_t last_copy;
	int64_t last_thread;
	GHashTable *folders; /* owned: serial -> struct state_folder */
	int pokes;           /* left in this round */
};

static struct node folder_node(const struct state_folder *folder,
			       enum node_kind kind)
{
	bool inbox = strcmp(folder->name, "INBOX") == 0;

	return node_make(kind, inbox ? 0 : folder->serial, 0);
}

static void poke(struct watch *watch, const char *below)
{
	AUTO(str)
	char *path =
		g_strdup_printf("%s/%s/new", mount_path(watch->mount), below);

	if (!g_atomic_int_get(&watch->stop))
		(void)utimensat(AT_FDCWD, path, NULL, 0);
}

/* -- folders --------------------------------------------------------------- */

/* Names that came since the last round: somebody may have asked for them. */
static int drop_new_names(struct watch *watch, struct work *work,
			  const struct state_folder *folder, bool is_new,
			  int64_t *last, struct err *err)
{
	struct state_copy after = { .serial = watch->last_copy,
				    .folder = folder->serial,
				    .is_new = is_new };
	struct node dir =
		folder_node(folder, is_new ? NODE_FOLDER_NEW : NODE_FOLDER_CUR);
	guint count = CHUNK;

	while (count == CHUNK) {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_range(work->state, &after, CHUNK, &copies, err) <
		    0)
			return -1;
		count = copies->len;
		for (guint i = 0; i < count; i++) {
			AUTO(str) char *name = NULL;

			after = g_array_index(copies, struct state_copy, i);
			name = render_copy(&after, false);
			if (name)
				mount_drop_name(watch->mount, dir, name);
		}
	}
	*last = MAX(*last, after.serial);
	mount_drop_node(watch->mount, dir);
	return 0;
}

static void drop_new_folder(struct watch *watch,
			    const struct state_folder *folder)
{
	struct node dir = node_make(NODE_MAILDIR, 0, 0);
	AUTO(str) char *name = name_folder_maildir(folder->name);

	if (name[0])
		mount_drop_name(watch->mount, dir, name);
	mount_drop_node(watch->mount, dir);
}

static int look_at_folder(struct watch *watch, struct work *work,
			  const struct state_folder *folder, int64_t *last,
			  struct err *err)
{
	struct state_folder *known =
		g_hash_table_lookup(watch->folders, &folder->serial);
	AUTO(str) char *name = name_folder_maildir(folder->name);
	AUTO(str) char *below = g_build_filename("maildir", name, NULL);
	bool changed = !known || known->new_time != folder->new_time ||
		       known->cur_time != folder->cur_time;

	if (!changed)
		return 0;
	if (!known) {
		drop_new_folder(watch, folder);
		known = g_new0(struct state_folder, 1);
		known->serial = folder->serial;
		(void)g_hash_table_insert(watch->folders, &known->serial,
					  known);
	}
	*known = *folder;
	if (drop_new_names(watch, work, folder, true, last, err) < 0 ||
	    drop_new_names(watch, work, folder, false, last, err) < 0)
		return -1;
	mount_drop_node(watch->mount, folder->serial != 0 && name[0]
					      ? folder_node(folder, NODE_FOLDER)
					      : node_make(NODE_MAILDIR, 0, 0));
	poke(watch, below);
	return 0;
}

static int look_at_folders(struct watch *watch, struct work *work,
			   struct err *err)
{
	struct state_folder folder = { 0 };
	int64_t last = watch->last_copy;
	int more;

	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0)
		if (look_at_folder(watch, work, &folder, &last, err) < 0)
			return -1;
	watch->last_copy = last;
	return more;
}

/* -- threads --------------------------------------------------------------- */

/* A copy that was shown under another name. */
static int drop_old_name(struct watch *watch, struct work *work, int64_t serial,
			 int64_t thread, struct err *err)
{
	uint8_t face = shown_take_copy(work->fs->shown, (uint32_t)serial);
	AUTO(str) char *in_folder = NULL, *in_thread = NULL;
	struct state_folder folder;
	struct state_copy copy;
	int found;

	if (face == SHOWN_NEVER)
		return 0;
	found = state_copy_get(work->state, serial, &copy, err);
	if (found > 0)
		found = state_folder_get(work->state, copy.folder, &folder,
					 err);
	if (found <= 0)
		return found;
	if (face == shown_face(copy.flags, copy.is_new)) {
		shown_copy(work->fs->shown, (uint32_t)serial, face);
		return 0;
	}
	copy.flags = face & 0x3f;
	copy.is_new = face & SHOWN_NEW;
	in_folder = render_copy(&copy, false);
	in_thread = render_copy(&copy, true);
	if (in_folder)
		mount_drop_name(watch->mount,
				folder_node(&folder, copy.is_new
							     ? NODE_FOLDER_NEW
							     : NODE_FOLDER_CUR),
				in_folder);
	mount_drop_name(
		watch->mount,
		node_make(copy.is_new ? NODE_THREAD_NEW : NODE_THREAD_CUR,
			  thread, 0),
		in_thread);
	return 0;
}

static int drop_old_names(struct watch *watch, struct work *work,
			  int64_t thread, struct err *err)
{
	AUTO(array) GArray *messages = NULL;

	if (index_message_order(work->index, thread, INT64_MAX, &messages,
				err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++) {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_list(work->state,
				    g_array_index(messages, int64_t, i), 0,
				    &copies, err) < 0)
			return -1;
		for (guint k = 0; k < copies->len; k++)
			if (drop_old_name(watch, work,
					  g_array_index(copies, int64_t, k),
					  thread, err) < 0)
				return -1;
	}
	return 0;
}

/* New messages' directories, and everybody's flags. */
static int drop_messages(struct watch *watch, struct work *work,
			 const struct index_thread *thread, struct err *err)
{
	struct node dir = node_make(NODE_THREAD, thread->serial, 0);
	int64_t after = 0;
	int more;

	do {
		struct index_message message = { 0 };

		more = index_message_next(work->index, thread->serial,
					  INT64_MAX, after, &message, err);
		if (more <= 0)
			break;
		after = message.serial;
		if (message.seq > watch->seq)
			mount_drop_name(watch->mount, dir, message.name);
		mount_drop_name(watch->mount, node_make(NODE_MESSAGE, after, 0),
				"flags");
		index_message_release(&message);
	} while (more > 0);
	return more;
}

static int drop_thread(struct watch *watch, struct work *work,
		       const struct index_thread *thread, struct err *err)
{
	static const char *const derived[] = {
		"info",        "thread", "thread.txt",
		"thread.mbox", "flags",  "reply.eml",
	};
	struct node dir = node_make(NODE_THREAD, thread->serial, 0);
	AUTO(str) char *below = g_build_filename("threads", thread->name, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(derived); i++)
		mount_drop_name(watch->mount, dir, derived[i]);
	mount_drop_node(watch->mount, dir);
	mount_drop_node(watch->mount,
			node_make(NODE_THREAD_CUR, thread->serial, 0));
	mount_drop_node(watch->mount,
			node_make(NODE_THREAD_NEW, thread->serial, 0));
	if (drop_messages(watch, work, thread, err) < 0)
		return -1;
	if (watch->pokes > 0 && thread->joined == 0 && thread->live > 0) {
		watch->pokes--;
		poke(watch, below);
	}
	return 0;
}

static int look_at_thread(struct watch *watch, struct work *work,
			  int64_t serial, struct err *err)
{
	struct index_thread thread;
	int found = index_thread_get(work->index, serial, &thread, err);

	if (found <= 0)
		return found;
	/* Where it cannot be told to just ask again, the name of a directory
	 * that may be somebody's working directory is left alone. */
	if (mount_can_expire(watch->mount) || serial > watch->last_thread ||
	    thread.joined != 0 || thread.live <= 0)
		mount_drop_name(watch->mount, node_make(NODE_THREADS, 0, 0),
				thread.name);
	if (drop_old_names(watch, work, serial, err) < 0)
		return -1;
	if (shown_take_thread(work->fs->shown, (uint32_t)serial) &&
	    drop_thread(watch, work, &thread, err) < 0)
		return -1;
	/* Its time and its count of directories. */
	mount_drop_node(watch->mount, node_make(NODE_THREAD, serial, 0));
	return 0;
}

static int look_at_threads(struct watch *watch, struct work *work,
			   struct err *err)
{
	AUTO(array) GArray *threads = NULL;
	int64_t last = watch->last_thread;

	if (index_thread_changed(work->index, watch->seq, &threads, err) < 0)
		return -1;
	for (guint i = 0; i < threads->len; i++) {
		int64_t serial = g_array_index(threads, int64_t, i);

		if (g_atomic_int_get(&watch->stop))
			return 0;
		if (look_at_thread(watch, work, serial, err) < 0)
			return -1;
		last = MAX(last, serial);
	}
	watch->last_thread = last;
	if (threads->len > 0)
		mount_drop_node(watch->mount, node_make(NODE_THREADS, 0, 0));
	return 0;
}

/* -- rounds ---------------------------------------------------------------- */

static int look(struct watch *watch, struct work *work, struct err *err)
{
	int64_t seq, generation;

	if (state_get(work->state, "index", &generation, err) < 0 ||
	    index_seq(work->index, &seq, err) < 0)
		return -1;
	if (seq == watch->seq && generation == watch->generation)
		return 0;
	/* In another index a thread's last change may be another. */
	if (generation != watch->generation)
		watch->seq = -1;
	watch->pokes = POKES;
	if (look_at_threads(watch, work, err) < 0 ||
	    look_at_folders(watch, work, err) < 0)
		return -1;
	watch->seq = seq;
	watch->generation = generation;
	return 0;
}

static void round_of(struct watch *watch)
{
	struct fs *fs = mount_fs(watch->mount);
	struct work work;
	struct err err;
	int result;

	if (work_begin(fs, false, &work, &err) < 0) {
		journal_add(fs->errors, err.text);
		return;
	}
	result = look(watch, &work, &err);
	work_end(&work);
	if (result < 0)
		journal_add(fs->errors, err.text);
}

/* Where things stand when the mount begins: nothing was shown yet. */
static int remember(struct watch *watch, struct work *work, struct err *err)
{
	struct state_folder folder = { 0 };
	int more;

	if (state_get(work->state, "index", &watch->generation, err) < 0 ||
	    index_seq(work->index, &watch->seq, err) < 0 ||
	    last_thread(work, &watch->last_thread, err) < 0)
		return -1;
	while ((more = state_folder_next(work->state, folder.serial, &folder,
					 err)) > 0) {
		struct state_folder *known = g_memdup2(&folder, sizeof(folder));

		(void)g_hash_table_insert(watch->folders, &known->serial,
					  known);
		if (last_copy(work, folder.serial, &watch->last_copy, err) < 0)
			return -1;
	}
	return more;
}

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static void *run(void *data)
{
	struct watch *watch = data;
	struct pollfd wait[] = { { .fd = watch->wake, .events = POLLIN },
				 { .fd = watch->changes, .events = POLLIN } };
	int timeout = watch->changes < 0 ? POLL : POLL_INOTIFY;

	while (!g_atomic_int_get(&watch->stop)) {
		(void)poll(wait, G_N_ELEMENTS(wait), timeout);
		if (g_atomic_int_get(&watch->stop))
			break;
		if (watch->changes >= 0)
			drain(watch->changes);
		round_of(watch);
		(void)poll(wait, 1, PAUSE);
	}
	return NULL;
}

static int open_changes(const struct fs *fs)
{
	const uint32_t mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -1;
	if (inotify_add_watch(fd, mailbox_cache(fs->mailbox), mask) < 0 ||
	    inotify_add_watch(fd, mailbox_home(fs->mailbox), mask) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void watch_free(struct watch *watch)
{
	if (watch->wake >= 0)
		(void)close(watch->wake);
	if (watch->changes >= 0)
		(void)close(watch->changes);
	g_hash_table_unref(watch->folders);
	g_free(watch);
}

int watch_start(struct mount *mount, struct watch **watch_r, struct err *err)
{
	struct watch *watch = g_new0(struct watch, 1);
	struct work work;
	int result = -1;

	watch->mount = mount;
	watch->folders = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					       NULL, g_free);
	watch->changes = open_changes(mount_fs(mount));
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->wake < 0)
		(void)err_sys(err, "eventfd");
	else if (work_begin(mount_fs(mount), false, &work, err) == 0) {
		result = remember(watch, &work, err);
		work_end(&work);
	}
	if (result < 0) {
		watch_free(watch);
		return -1;
	}
	result = pthread_create(&watch->thread, NULL, run, watch);
	if (result != 0) {
		watch_free(watch);
		return err_set(err, result, "no worker for the watcher");
	}
	*watch_r = watch;
	return 0;
}

void watch_stop(struct watch *watch)
{
	const uint64_t one = 1;

	if (!watch)
		return;
	g_atomic_int_set(&watch->stop, 1);
	(void)!write(watch->wake, &one, sizeof(one));
	(void)pthread_join(watch->thread, NULL);
	watch_free(watch);
}
