/* SPDX-License-Identifier: ISC */
/* Each half holds one record after the other, all of one generation. What comes
 * after the last of them is older, or was never whole. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defms/io.h"
#include "ledger-record.h"

enum { RESERVE = 64 << 10 };

struct ledger {
	int root;             /* borrowed */
	int fd;               /* owned; -1: not made yet */
	pthread_mutex_t lock; /* all below; held over a write to the log, never
			       * over a sync: records are whole in order */
	bool broken;          /* it cannot be written to */
	bool full;            /* the other half is needed still */
	uint64_t generation, number;
	uint64_t dropped; /* number of the last record that drops a file */
	uint64_t synced;  /* all up to this number are on the disk */
	unsigned half;
	size_t used;      /* of that half */
	GHashTable *live; /* owned: struct ledger_id -> half */
	guint count[2];   /* of those, by half */
	guint mail[2];    /* records of what has become mail, the same */
};

int ledger_id(int fd, struct ledger_id *id_r, struct err *err)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) < 0)
		return err_sys(err, "file");
	id_r->inode = st.stx_ino;
	id_r->born = st.stx_btime.tv_sec * INT64_C(1000000000) +
		     st.stx_btime.tv_nsec;
	return (st.stx_mask & STATX_BTIME) != 0;
}

guint ledger_id_hash(gconstpointer key)
{
	const struct ledger_id *id = key;

	return (guint)(id->inode ^ (uint64_t)id->born);
}

gboolean ledger_id_equal(gconstpointer a, gconstpointer b)
{
	const struct ledger_id *left = a, *right = b;

	return left->inode == right->inode && left->born == right->born;
}

struct ledger *ledger_new(int root)
{
	struct ledger *ledger = g_new0(struct ledger, 1);

	ledger->root = root;
	ledger->fd = -1;
	(void)pthread_mutex_init(&ledger->lock, NULL);
	ledger->live = g_hash_table_new_full(ledger_id_hash, ledger_id_equal,
					     g_free, NULL);
	ledger->generation = 1;
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	if (ledger->fd >= 0)
		(void)close(ledger->fd);
	g_hash_table_unref(ledger->live);
	(void)pthread_mutex_destroy(&ledger->lock);
	g_free(ledger);
}

/* -- writing; the lock is held --------------------------------------------- */

/* All of its blocks are written once, so that no later write of them changes
 * anything but their bytes. */
static int make(struct ledger *ledger)
{
	AUTO(str) char *zeros = g_malloc0(LEDGER_HALF);
	AUTO(fd)
	int fd = openat(ledger->root, LEDGER_NAME,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return -1;
	if (io_write(fd, zeros, LEDGER_HALF, NULL) < 0 ||
	    io_write(fd, zeros, LEDGER_HALF, NULL) < 0 || fsync(fd) < 0 ||
	    fsync(ledger->root) < 0) {
		(void)unlinkat(ledger->root, LEDGER_NAME, 0);
		return -1;
	}
	ledger->fd = fd;
	fd = -1;
	return 0;
}

static void turn(struct ledger *ledger)
{
	ledger->half = !ledger->half;
	ledger->used = 0;
	ledger->generation++;
}

static bool append(struct ledger *ledger, const struct ledger_file *file)
{
	const struct ledger_record record = {
		.generation = ledger->generation,
		.number = ledger->number + 1,
		.file = *file,
	};
	AUTO(bytes) GByteArray *bytes = ledger_pack(&record);
	off_t at = (off_t)ledger->half * LEDGER_HALF + (off_t)ledger->used;

	/* A hole would hide all that comes after it. */
	if (pwrite(ledger->fd, bytes->data, bytes->len, at) !=
	    (ssize_t)bytes->len) {
		ledger->broken = true;
		return false;
	}
	ledger->used += bytes->len;
	ledger->number++;
	return true;
}

static bool is_needed(const struct ledger *ledger, unsigned half)
{
	return ledger->count[half] > 0 || ledger->mail[half] > 0;
}

/* Room for a file of `size` bytes; 0: for what has none. That is left some by
 * the others, for it cannot wait. */
static bool make_room(struct ledger *ledger, size_t size)
{
	size_t room = LEDGER_HALF - (size > 0 ? RESERVE : 0);

	if (ledger->broken)
		return false;
	if (ledger->fd < 0 && make(ledger) < 0) {
		ledger->broken = true;
		return false;
	}
	if (ledger->used + size + LEDGER_OVERHEAD <= room)
		return true;
	ledger->full = is_needed(ledger, !ledger->half);
	if (!ledger->full)
		turn(ledger);
	return !ledger->full;
}

static void forget(struct ledger *ledger, const struct ledger_id *id, bool mail)
{
	gpointer half;

	if (!g_hash_table_lookup_extended(ledger->live, id, NULL, &half))
		return;
	ledger->count[GPOINTER_TO_UINT(half)]--;
	if (mail)
		ledger->mail[GPOINTER_TO_UINT(half)]++;
	(void)g_hash_table_remove(ledger->live, id);
}

/* -- what is asked for ----------------------------------------------------- */

bool ledger_put(struct ledger *ledger, const struct ledger_file *file)
{
	bool put = false;

	(void)pthread_mutex_lock(&ledger->lock);
	if (file->size <= LEDGER_DATA && make_room(ledger, file->size))
		put = append(ledger, file);
	if (put) {
		forget(ledger, &file->id, false);
		(void)g_hash_table_insert(
			ledger->live, g_memdup2(&file->id, sizeof(file->id)),
			GUINT_TO_POINTER(ledger->half));
		ledger->count[ledger->half]++;
	}
	(void)pthread_mutex_unlock(&ledger->lock);
	return put;
}

static bool drop(struct ledger *ledger, const struct ledger_id *id, bool mail)
{
	const struct ledger_file none = {
		.id = *id,
		.key = "",
		.name = mail ? LEDGER_MAIL : "",
	};
	bool dropped;

	(void)pthread_mutex_lock(&ledger->lock);
	dropped = make_room(ledger, 0) && append(ledger, &none);
	if (dropped)
		ledger->dropped = ledger->number;
	forget(ledger, id, mail);
	(void)pthread_mutex_unlock(&ledger->lock);
	return dropped;
}

bool ledger_drop(struct ledger *ledger, const struct ledger_id *id)
{
	return drop(ledger, id, false);
}

bool ledger_drop_mail(struct ledger *ledger, const struct ledger_id *id)
{
	return drop(ledger, id, true);
}

int ledger_sync(struct ledger *ledger, struct err *err)
{
	uint64_t number;
	int result, fd;

	(void)pthread_mutex_lock(&ledger->lock);
	fd = ledger->fd;
	number = ledger->number;
	(void)pthread_mutex_unlock(&ledger->lock);
	result = fd < 0 || fdatasync(fd) == 0
			 ? 0
			 : err_sys(err, "files/" LEDGER_NAME);
	(void)pthread_mutex_lock(&ledger->lock);
	if (result < 0)
		ledger->broken = true;
	else
		ledger->synced = MAX(ledger->synced, number);
	(void)pthread_mutex_unlock(&ledger->lock);
	return result;
}

int ledger_sync_dropped(struct ledger *ledger, struct err *err)
{
	bool synced;

	(void)pthread_mutex_lock(&ledger->lock);
	synced = ledger->dropped <= ledger->synced;
	(void)pthread_mutex_unlock(&ledger->lock);
	return synced ? 0 : ledger_sync(ledger, err);
}

bool ledger_is_full(struct ledger *ledger)
{
	bool full;

	(void)pthread_mutex_lock(&ledger->lock);
	full = ledger->full;
	(void)pthread_mutex_unlock(&ledger->lock);
	return full;
}

guint ledger_old_mail(struct ledger *ledger)
{
	guint mail;

	(void)pthread_mutex_lock(&ledger->lock);
	mail = ledger->mail[!ledger->half];
	(void)pthread_mutex_unlock(&ledger->lock);
	return mail;
}

bool ledger_is_old(struct ledger *ledger, const struct ledger_id *id)
{
	gpointer half;
	bool old;

	(void)pthread_mutex_lock(&ledger->lock);
	old = g_hash_table_lookup_extended(ledger->live, id, NULL, &half) &&
	      GPOINTER_TO_UINT(half) != ledger->half;
	(void)pthread_mutex_unlock(&ledger->lock);
	return old;
}

int ledger_turn(struct ledger *ledger, const GArray *ids, guint mail,
		struct err *err)
{
	const struct ledger_file none = { .key = "", .name = "" };
	bool turned;

	(void)pthread_mutex_lock(&ledger->lock);
	for (guint i = 0; i < ids->len; i++)
		forget(ledger, &g_array_index(ids, struct ledger_id, i), false);
	ledger->mail[!ledger->half] -= MIN(mail, ledger->mail[!ledger->half]);
	ledger->full = false;
	turned = !ledger->broken && !is_needed(ledger, !ledger->half);
	if (turned) {
		turn(ledger);
		turned = append(ledger, &none);
	}
	(void)pthread_mutex_unlock(&ledger->lock);
	if (!turned)
		return 0;
	return ledger_sync(ledger, err) < 0 ? -1 : 1;
}

bool ledger_is_used(const struct ledger *ledger)
{
	return ledger->fd >= 0;
}

int ledger_end(struct ledger *ledger, struct err *err)
{
	if (unlinkat(ledger->root, LEDGER_NAME, 0) < 0 ||
	    fsync(ledger->root) < 0)
		return err_sys(err, "files/" LEDGER_NAME);
	return 0;
}
