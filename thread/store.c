/* SPDX-License-Identifier: ISC */
/* libgit2's door: the object database of mailbox.git. git_odb is the one
 * libgit2 object that several workers may use at once. */
#include "defms/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include <git2.h>
#include <git2/sys/odb_backend.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "store-git.h"

enum {
	/* Of packs that are mapped: a mailbox is read all over, so that large
	 * windows would end as all of it in the process. */
	WINDOW = 1 << 20,
	WINDOWS = 16 << 20,
	/* That are open, so that many packs, and those that were joined
	 * meanwhile, do not take all descriptors of a process. */
	FILES = 100,
	/* When a database is old. */
	GONE_MAX = 200, /* packs that were removed by this process */
	HOUR = 3600,    /* in which others may have removed some */
};

/* libgit2 keeps what it knows of a pack, and its idx mapped, though the pack is
 * joined and gone: so another database takes the place of one that is old. It
 * goes with the last who reads from it. */
struct database {
	git_odb *odb; /* owned */
	gint64 opened;
};

struct store {
	char *path;           /* owned */
	pthread_mutex_t lock; /* leaf */
	struct database *now; /* counted; protected by lock */
	gint gone;            /* packs, since then; atomic */
};

static gpointer start(gpointer data)
{
	static const char *const known[] = { "preciousobjects" };

	(void)data;
	(void)git_libgit2_init();
	(void)git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, known, (size_t)1);
	/* The seal and the id are checked on every whole read; hashing each
	 * object again would cost more than reading it. `check` hashes. */
	(void)git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	(void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW);
	(void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT,
			       (size_t)WINDOWS);
	(void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)FILES);
	return NULL;
}

void git_start(void)
{
	static GOnce once = G_ONCE_INIT;

	(void)g_once(&once, start, NULL);
}

/* Is an error of this class about the bytes that were read? */
static bool is_damage(int class)
{
	return class == GIT_ERROR_ZLIB || class == GIT_ERROR_ODB ||
	       class == GIT_ERROR_OBJECT || class == GIT_ERROR_INDEXER;
}

int err_git(struct err *err, int result, const char *what)
{
	const git_error *error = git_error_last();
	int code = EIO;

	if (result == GIT_EMISMATCH)
		code = EBADMSG;
	else if (result == GIT_ENOTFOUND)
		code = ENOENT;
	else if (result == GIT_EEXISTS)
		code = EEXIST;
	else if (error && error->klass == GIT_ERROR_NOMEMORY)
		code = ENOMEM;
	else if (error && is_damage(error->klass))
		code = EBADMSG;
	return err_set(err, code, "%s: %s", what,
		       error && error->message ? error->message
					       : "unknown error of git");
}

static const char config_text[] = "[core]\n"
				  "\trepositoryformatversion = 1\n"
				  "\tfilemode = true\n"
				  "\tbare = true\n"
				  "\tlogallrefupdates = false\n"
				  "[extensions]\n"
				  "\tpreciousObjects = true\n"
				  "[gc]\n"
				  "\tauto = 0\n";

/* Made beside `path`, from what a killed one left, then renamed. */
int store_create(const char *path, struct err *err)
{
	static const char *const folders[] = { "objects/info", "objects/pack",
					       "refs/heads", "refs/threads" };
	AUTO(str) char *beside = g_strconcat(path, ".new", NULL);
	AUTO(str) char *head = g_build_filename(beside, "HEAD", NULL);
	AUTO(str) char *config = g_build_filename(beside, "config", NULL);
	AUTO(str) char *parent = g_path_get_dirname(path);

	if (access(path, F_OK) == 0)
		return err_set(err, EEXIST, "%s: there is something already",
			       path);
	if (mkdir(beside, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", beside);
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		AUTO(str)
		char *folder = g_build_filename(beside, folders[i], NULL);

		if (g_mkdir_with_parents(folder, 0700) < 0)
			return err_sys(err, "%s", folder);
		crash_point("init: a folder of the store");
	}
	if (io_write_file(config, config_text, strlen(config_text), err) < 0 ||
	    io_write_file(head, "ref: refs/heads/main\n", 21, err) < 0)
		return -1;
	crash_point("init: the store is written, before fsync");
	if (io_sync_tree(beside, err) < 0)
		return -1;
	crash_point("init: the store is synced, before its rename");
	if (rename(beside, path) < 0)
		return err_sys(err, "%s", path);
	return io_sync(parent, err);
}

/* -- the database ---------------------------------------------------------- */

static int database_open(const char *path, struct database **database_r,
			 struct err *err)
{
	AUTO(str) char *objects = g_build_filename(path, "objects", NULL);
	git_odb *odb = NULL;
	int result = git_odb_open(&odb, objects);

	if (result < 0)
		return err_git(err, result, path);
	*database_r = g_atomic_rc_box_new0(struct database);
	(*database_r)->odb = odb;
	(*database_r)->opened = g_get_monotonic_time();
	return 0;
}

static void database_close(void *data)
{
	struct database *database = data;

	git_odb_free(database->odb);
}

static void give_database(struct database *database)
{
	if (database)
		g_atomic_rc_box_release_full(database, database_close);
}

int store_reopen(struct store *store, struct err *err)
{
	struct database *new, *old;

	if (database_open(store->path, &new, err) < 0)
		return -1;
	(void)pthread_mutex_lock(&store->lock);
	old = store->now;
	store->now = new;
	g_atomic_int_set(&store->gone, 0);
	(void)pthread_mutex_unlock(&store->lock);
	give_database(old);
	return 0;
}

static struct database *take_database(struct store *store)
{
	struct database *database;

	(void)pthread_mutex_lock(&store->lock);
	database = g_atomic_rc_box_acquire(store->now);
	(void)pthread_mutex_unlock(&store->lock);
	return database;
}

void store_pack_gone(struct store *store)
{
	g_atomic_int_inc(&store->gone);
}

static bool is_old(struct store *store, const struct database *database)
{
	gint64 age = g_get_monotonic_time() - database->opened;

	return g_atomic_int_get(&store->gone) >= GONE_MAX ||
	       age / G_USEC_PER_SEC >= HOUR;
}

/* To read from: one that is not old, if that can be opened. */
static struct database *take_fresh_database(struct store *store)
{
	struct database *database = take_database(store);

	if (!is_old(store, database) || store_reopen(store, NULL) < 0)
		return database;
	give_database(database);
	return take_database(store);
}

int store_open(const char *path, struct store **store_r, struct err *err)
{
	AUTO(store) struct store *store = g_new0(struct store, 1);
	git_repository *repository = NULL;
	int result;

	git_start();
	store->path = g_strdup(path);
	(void)pthread_mutex_init(&store->lock, NULL);
	result = git_repository_open_bare(&repository, path);
	if (result < 0)
		return err_git(err, result, path);
	git_repository_free(repository);
	if (database_open(path, &store->now, err) < 0)
		return -1;
	*store_r = take(store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	give_database(store->now);
	(void)pthread_mutex_destroy(&store->lock);
	g_free(store->path);
	g_free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

void object_id_print(const struct object_id *id, char hex[OBJECT_ID_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(id->bytes); i++) {
		hex[2 * i] = digits[id->bytes[i] >> 4];
		hex[2 * i + 1] = digits[id->bytes[i] & 15];
	}
	hex[OBJECT_ID_HEX] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int object_id_parse(const char *hex, size_t size, struct object_id *id_r,
		    struct err *err)
{
	struct object_id id;

	if (size != OBJECT_ID_HEX)
		return err_set(err, EINVAL, "not an object id");
	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return err_set(err, EINVAL, "not an object id");
		id.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*id_r = id;
	return 0;
}

static int read_object(struct store *store, const struct object_id *id,
		       git_odb_object **object_r, struct err *err)
{
	struct database *database = take_fresh_database(store);
	char hex[OBJECT_ID_HEX + 1];
	git_oid oid;
	int result;

	(void)git_oid_fromraw(&oid, id->bytes);
	result = git_odb_read(object_r, database->odb, &oid);
	if (result < 0 && result != GIT_ENOTFOUND) {
		object_id_print(id, hex);
		(void)err_git(err, result, hex);
	}
	give_database(database);
	if (result == GIT_ENOTFOUND)
		return 0;
	return result < 0 ? -1 : 1;
}

int store_read(struct store *store, const struct object_id *id,
	       enum object_type type, GByteArray *out, struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];
	git_odb_object *object = NULL;
	int found = read_object(store, id, &object, err);

	if (found <= 0)
		return found;
	if ((int)git_odb_object_type(object) != (int)type) {
		git_odb_object_free(object);
		object_id_print(id, hex);
		return err_set(err, EBADMSG, "object %s has the wrong type",
			       hex);
	}
	(void)g_byte_array_append(out, git_odb_object_data(object),
				  (guint)git_odb_object_size(object));
	git_odb_object_free(object);
	return 1;
}

static int read_store(void *context, const struct object_id *id,
		      enum object_type type, GByteArray *out, struct err *err)
{
	return store_read(context, id, type, out, err);
}

struct object_source store_source(struct store *store)
{
	return (struct object_source){ read_store, store };
}

static bool has_object(git_odb *odb, const struct object_id *id,
		       enum object_type *type_r)
{
	git_object_t type;
	size_t size;
	git_oid oid;

	(void)git_oid_fromraw(&oid, id->bytes);
	if (git_odb_exists_ext(odb, &oid, GIT_ODB_LOOKUP_NO_REFRESH) != 1)
		return false;
	if (!type_r)
		return true;
	if (git_odb_read_header(&size, &type, odb, &oid) < 0)
		return false;
	*type_r = (enum object_type)type;
	return true;
}

bool store_has(struct store *store, const struct object_id *id,
	       enum object_type *type_r)
{
	struct database *database = take_database(store);
	bool has = has_object(database->odb, id, type_r);

	give_database(database);
	return has;
}

int store_read_any(struct store *store, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err)
{
	git_odb_object *object = NULL;
	int found = read_object(store, id, &object, err);

	if (found <= 0)
		return found;
	*type_r = (enum object_type)git_odb_object_type(object);
	(void)g_byte_array_append(out, git_odb_object_data(object),
				  (guint)git_odb_object_size(object));
	git_odb_object_free(object);
	return 1;
}

int store_verify(struct store *store, const struct object_id *id,
		 enum object_type *type_r, struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];
	git_odb_object *object = NULL;
	int found = read_object(store, id, &object, err);
	git_oid oid;
	int result;

	if (found <= 0)
		return found;
	result = git_odb_hash(&oid, git_odb_object_data(object),
			      git_odb_object_size(object),
			      git_odb_object_type(object));
	if (type_r)
		*type_r = (enum object_type)git_odb_object_type(object);
	git_odb_object_free(object);
	object_id_print(id, hex);
	if (result < 0)
		return err_git(err, result, hex);
	if (memcmp(oid.id, id->bytes, sizeof(id->bytes)) != 0)
		return err_set(err, EBADMSG, "object %s is damaged", hex);
	return 1;
}

void store_hash_reads(bool hash)
{
	git_start();
	(void)git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION,
			       (int)hash);
}

int store_refresh(struct store *store, struct err *err)
{
	struct database *database = take_database(store);
	int result = git_odb_refresh(database->odb);

	if (result < 0)
		(void)err_git(err, result, store->path);
	give_database(database);
	return MIN(result, 0);
}
