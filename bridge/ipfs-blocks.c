/* SPDX-License-Identifier: ISC */
#include "ipfs-blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "car-files.h"
#include "ipfs-node.h"

enum {
	EXPORT = 3600 * 1000, /* ms for one, if it goes on all the time */
	WORKERS = 16,
};

struct ipfs_blocks {
	const struct mailbox *mailbox; /* borrowed, all three */
	const struct remote *remote;
	struct kubo *kubo;
	int folder;              /* owned: for files; -1: none yet */
	GPtrArray *names;        /* owned: of those */
	struct car_files *files; /* owned: in them; NULL: none yet */
};

struct ipfs_blocks *ipfs_blocks_new(const struct mailbox *mailbox,
				    const struct remote *remote,
				    struct kubo *kubo)
{
	struct ipfs_blocks *blocks = g_new0(struct ipfs_blocks, 1);

	blocks->mailbox = mailbox;
	blocks->remote = remote;
	blocks->kubo = kubo;
	blocks->folder = -1;
	blocks->names = g_ptr_array_new_with_free_func(g_free);
	return blocks;
}

void ipfs_blocks_free(struct ipfs_blocks *blocks)
{
	if (!blocks)
		return;
	car_files_free(blocks->files);
	for (guint i = 0; i < blocks->names->len; i++)
		(void)unlinkat(blocks->folder, blocks->names->pdata[i], 0);
	if (blocks->folder >= 0)
		(void)close(blocks->folder);
	g_ptr_array_unref(blocks->names);
	g_free(blocks);
}

void ipfs_want_release(struct ipfs_want *want)
{
	g_free(want->pin);
	want->pin = NULL;
}

/* -- pins ------------------------------------------------------------------ */

/* Whoever published it may be gone meanwhile, and pinning waits long. */
static int find_root(struct kubo *kubo, const struct object_id *root,
		     struct err *err)
{
	AUTO(bytes) GByteArray *block = g_byte_array_new();
	int found = kubo_block_find(kubo, root, IPFS_BLOCK, block, err);

	if (found == 0)
		return err_set(err, ETIMEDOUT,
			       "nobody hands out what was published last");
	return found < 0 ? -1 : 0;
}

static void drop_old(struct kubo *kubo, const struct ipfs_want *want)
{
	if (want->old.pinned &&
	    !object_id_equal(&want->old.root, &want->now.root))
		(void)kubo_pin_remove(kubo, &want->old.root, NULL);
}

static int keep(struct kubo *kubo, struct ipfs_want *want, struct err *err)
{
	const struct object_id *root = &want->now.root;
	char name[KUBO_PIN_NAME + 1];
	int found = kubo_pin_find(kubo, root, name, err);

	if (found < 0)
		return -1;
	want->now.pinned = found == 0 || strcmp(name, want->pin) == 0;
	if (found > 0) {
		drop_old(kubo, want);
		return 0;
	}
	if (want->old.pinned)
		return kubo_pin_move(kubo, &want->old.root, root, want->pin,
				     IPFS_ANSWER, err);
	return kubo_pin_add(kubo, root, want->pin, IPFS_BLOCK, err);
}

int ipfs_blocks_keep(struct ipfs_blocks *blocks, struct ipfs_want *want,
		     struct err *err)
{
	if (find_root(blocks->kubo, &want->now.root, err) < 0)
		return -1;
	return keep(blocks->kubo, want, err);
}

void ipfs_blocks_drop(struct ipfs_blocks *blocks, struct ipfs_want *want)
{
	if (want->now.pinned)
		(void)kubo_pin_remove(blocks->kubo, &want->now.root, NULL);
	want->now.pinned = false;
}

/* -- all at once ----------------------------------------------------------- */

struct saving {
	FILE *file;             /* borrowed, both */
	_Atomic uint64_t *left; /* bytes that may still come, of all trees */
};

static bool take_room(_Atomic uint64_t *left, size_t size)
{
	uint64_t had = atomic_load(left);

	while (size <= had)
		if (atomic_compare_exchange_weak(left, &had, had - size))
			return true;
	return false;
}

static int save_some(void *user, const void *data, size_t size, struct err *err)
{
	struct saving *saving = user;

	if (!take_room(saving->left, size))
		return err_set(err, EFBIG,
			       "more than the remote's limit is offered");
	if (fwrite(data, 1, size, saving->file) != size)
		return err_sys(err, "a file for what is pulled");
	return 0;
}

static int open_folder(struct ipfs_blocks *blocks, struct err *err)
{
	const char *home = mailbox_home(blocks->mailbox);

	if (blocks->folder >= 0)
		return 0;
	blocks->folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blocks->folder < 0)
		return err_sys(err, "%s", home);
	blocks->files = car_files_new(blocks->folder, blocks->remote->limit);
	return 0;
}

/* All under one tree, into a file; what is in one that was left over by a kill
 * goes. */
static int save_tree(int folder, const char *name, _Atomic uint64_t *left,
		     struct kubo *kubo, const struct object_id *tree,
		     struct err *err)
{
	struct saving saving = { .left = left };
	int fd = openat(folder, name,
			O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	AUTO(file) FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		return err_sys(err, "%s", name);
	saving.file = file;
	if (kubo_export(kubo, tree, EXPORT, save_some, &saving, err) < 0)
		return -1;
	return fflush(file) == 0 ? 0 : err_sys(err, "%s", name);
}

/* The node walks through what it exports one block after the other, and waits
 * for each that it has to fetch: so several trees at a time. */
struct exporting {
	struct ipfs_blocks *blocks; /* borrowed */
	const GArray *trees;        /* borrowed: struct object_id */
	guint first;                /* name of the first of their files */
	_Atomic uint64_t left;      /* bytes that all may still have */
	gint next;                  /* atomic: the next tree */
	gint failed;                /* atomic */
	struct err err;             /* of whoever set `failed` */
};

static int export_trees(struct exporting *exporting, struct err *err)
{
	const struct ipfs_blocks *blocks = exporting->blocks;
	AUTO(kubo) struct kubo *kubo = NULL;
	guint i;

	if (ipfs_node_open(blocks->remote, &kubo, err) < 0)
		return -1;
	while (!g_atomic_int_get(&exporting->failed) &&
	       (i = (guint)g_atomic_int_add(&exporting->next, 1)) <
		       exporting->trees->len)
		if (save_tree(blocks->folder,
			      blocks->names->pdata[exporting->first + i],
			      &exporting->left, kubo,
			      &g_array_index(exporting->trees, struct object_id,
					     i),
			      err) < 0)
			return -1;
	return 0;
}

static gpointer run_export(gpointer data)
{
	struct exporting *exporting = data;
	struct err err;

	if (export_trees(exporting, &err) < 0 &&
	    g_atomic_int_compare_and_exchange(&exporting->failed, 0, 1))
		exporting->err = err;
	return NULL;
}

/* The limit is that of the pull, with all that it has loaded before. */
static uint64_t room_left(const struct ipfs_blocks *blocks)
{
	uint64_t limit = blocks->remote->limit;

	return limit - MIN(limit, car_files_bytes(blocks->files));
}

static int export_all(struct ipfs_blocks *blocks, const GArray *trees,
		      struct err *err)
{
	GThread *workers[WORKERS] = { NULL };
	struct exporting exporting = { .blocks = blocks,
				       .trees = trees,
				       .first = blocks->names->len };
	guint count = MIN(trees->len, WORKERS);

	atomic_init(&exporting.left, room_left(blocks));
	for (guint i = 0; i < trees->len; i++)
		g_ptr_array_add(blocks->names,
				g_strdup_printf("remote-%s-%u.car",
						blocks->remote->name,
						exporting.first + i));
	for (guint i = 0; i < count; i++)
		workers[i] = g_thread_new("export", run_export, &exporting);
	for (guint i = 0; i < count; i++)
		(void)g_thread_join(workers[i]);
	if (!exporting.failed)
		return 0;
	if (err)
		*err = exporting.err;
	return -1;
}

int ipfs_blocks_load(struct ipfs_blocks *blocks, const struct object_id *root,
		     GPtrArray *lines, struct err *err)
{
	AUTO(array)
	GArray *trees = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	struct object_id ignored;
	struct err problem;
	guint first = blocks->names->len;

	if (open_folder(blocks, err) < 0 ||
	    ipfs_blocks_list(blocks, root, trees, err) < 0 ||
	    export_all(blocks, trees, err) < 0)
		return -1;
	for (guint i = first; i < blocks->names->len; i++)
		if (car_files_add(blocks->files, blocks->names->pdata[i],
				  &ignored, &problem) < 0)
			g_ptr_array_add(lines, g_strdup(problem.text));
	return 0;
}

/* -- both ------------------------------------------------------------------ */

/* Meanwhile, as pinning fetches many blocks at once. */
struct keeping {
	const struct remote *remote; /* borrowed, both */
	struct ipfs_want *want;
	int result;
	struct err err;
};

static gpointer run_keeping(gpointer data)
{
	struct keeping *keeping = data;
	AUTO(kubo) struct kubo *kubo = NULL;

	keeping->result = ipfs_node_open(keeping->remote, &kubo, &keeping->err);
	if (keeping->result == 0)
		keeping->result = keep(kubo, keeping->want, &keeping->err);
	return NULL;
}

int ipfs_blocks_keep_all(struct ipfs_blocks *blocks, struct ipfs_want *want,
			 GPtrArray *lines, struct err *err)
{
	struct keeping keeping = { .remote = blocks->remote, .want = want };
	GThread *worker;
	int result;

	if (find_root(blocks->kubo, &want->now.root, err) < 0)
		return -1;
	worker = g_thread_new("keep", run_keeping, &keeping);
	result = ipfs_blocks_load(blocks, &want->now.root, lines, err);
	(void)g_thread_join(worker);
	if (result == 0 && keeping.result == 0)
		return 0;
	if (result == 0 && err)
		*err = keeping.err;
	if (keeping.result == 0)
		ipfs_blocks_drop(blocks, want);
	return -1;
}

/* -- one object ------------------------------------------------------------ */

/* "commit 487", NUL, the content. */
static int open_block(const GByteArray *block, enum object_type *type_r,
		      GByteArray *out, struct err *err)
{
	static const char *const names[] = { [OBJECT_COMMIT] = "commit ",
					     [OBJECT_TREE] = "tree ",
					     [OBJECT_BLOB] = "blob " };
	const char *text = (const char *)block->data;
	const char *nul = text ? memchr(text, '\0', block->len) : NULL;

	for (int type = OBJECT_COMMIT; nul && type <= OBJECT_BLOB; type++) {
		size_t header = (size_t)(nul - text) + 1;

		if (!g_str_has_prefix(text, names[type]))
			continue;
		*type_r = (enum object_type)type;
		(void)g_byte_array_append(out, block->data + header,
					  (guint)(block->len - header));
		return 1;
	}
	return err_set(err, EBADMSG, "a block that is no git object");
}

int ipfs_blocks_read(struct ipfs_blocks *blocks, const struct object_id *id,
		     enum object_type *type_r, GByteArray *out, struct err *err)
{
	AUTO(bytes) GByteArray *block = NULL;
	int found = 0;

	if (blocks->files)
		found = car_files_read(blocks->files, id, type_r, out, err);
	if (found != 0)
		return found;
	block = g_byte_array_new();
	found = kubo_block(blocks->kubo, id, block, err);
	return found <= 0 ? found : open_block(block, type_r, out, err);
}

int ipfs_blocks_list(struct ipfs_blocks *blocks, const struct object_id *root,
		     GArray *ids, struct err *err)
{
	AUTO(bytes) GByteArray *body = g_byte_array_new();
	enum object_type type = OBJECT_TREE;
	int found = ipfs_blocks_read(blocks, root, &type, body, err);

	if (found <= 0 || type != OBJECT_TREE)
		return found;
	root_tree_list(body->data, body->len, ids);
	return 1;
}
