/* SPDX-License-Identifier: ISC */
/* Every device of the other end has a name, under which it says what its newest
 * root is. If that is another one than last time, the node fetches what is new
 * under it. Trees of heads that stood in the root before, too, say nothing
 * new. */
#include "ipfs-pull.h"

#include <errno.h>
#include <string.h>

#include "ipfs-blocks.h"
#include "ipfs-names.h"
#include "ipfs-node.h"

enum {
	HEADS = 1 << 20,
	/* So many new tips, or more: all is read at once, known or not. A block
	 * by itself costs a call. */
	MANY = 200,
};

struct ipfs_pull {
	struct kubo *kubo;          /* owned */
	struct ipfs_blocks *blocks; /* owned */
	GHashTable *known;          /* owned: struct object_id, of trees that
				     * were read by an earlier pull */
	GArray *rows;               /* owned: struct state_name, to be noted */
};

void ipfs_pull_close(struct pull *pull)
{
	struct ipfs_pull *own = pull->own;

	ipfs_blocks_free(own->blocks);
	kubo_close(own->kubo);
	g_hash_table_unref(own->known);
	g_array_unref(own->rows);
	g_free(own);
}

int ipfs_pull_read(void *context, const struct object_id *id,
		   enum object_type *type_r, GByteArray *out, struct err *err)
{
	const struct pull *pull = context;
	const struct ipfs_pull *own = pull->own;

	return ipfs_blocks_read(own->blocks, id, type_r, out, err);
}

/* -- what is new under a root ---------------------------------------------- */

/* The trees under the root that was pulled before; none, if it is no more to be
 * had. */
static int list_known(struct ipfs_pull *own, const struct object_id *root,
		      struct err *err)
{
	AUTO(array)
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct object_id));

	if (ipfs_blocks_list(own->blocks, root, ids, err) < 0)
		return -1;
	for (guint i = 0; i < ids->len; i++)
		(void)g_hash_table_add(
			own->known,
			g_memdup2(&g_array_index(ids, struct object_id, i),
				  sizeof(*root)));
	return 0;
}

static int read_unknown(void *context, const struct object_id *id,
			enum object_type *type_r, GByteArray *out,
			struct err *err)
{
	const struct pull *pull = context;
	const struct ipfs_pull *own = pull->own;

	if (g_hash_table_contains(own->known, id))
		return 0;
	return ipfs_blocks_read(own->blocks, id, type_r, out, err);
}

/* A root that is none is a line. 1; 0: it is none; -1. */
static int read_root(struct pull *pull, const struct object_id *root,
		     struct err *err)
{
	const struct ipfs_pull *own = pull->own;
	struct root_source source = { read_unknown, pull };
	struct root_reading reading = { HEADS, pull->heads, pull->cards,
					own->known, 0 };

	if (root_tree_read(&source, root, &reading, err) == 0) {
		remote_pull_incomplete(pull, NULL, NULL, reading.missing);
		return 1;
	}
	if (!err_is_damage(err) && err->code != EFBIG)
		return -1;
	g_ptr_array_add(pull->lines, g_strdup(err->text));
	return 0;
}

/* Of the heads from `first` on, how many are not known from an earlier pull? */
static int count_news(struct pull *pull, guint first, guint *count_r,
		      struct err *err)
{
	AUTO(array) GArray *known = NULL;

	*count_r = 0;
	if (state_given_list(pull->state, pull->remote->name, false, &known,
			     err) < 0)
		return -1;
	for (guint i = first; i < pull->heads->len; i++) {
		const struct head *head =
			&g_array_index(pull->heads, struct head, i);

		*count_r += !head_is_among(head, known);
	}
	return 0;
}

/* -- one name -------------------------------------------------------------- */

/* A few objects of a root that goes on from the one before; else all. */
static int fetch(struct pull *pull, struct ipfs_want *want, struct err *err)
{
	struct ipfs_pull *own = pull->own;
	bool all = object_id_is_null(&want->old.root) || !pull->row.whole ||
		   pull->again;
	guint first = pull->heads->len, count = 0;
	int found;

	g_hash_table_remove_all(own->known);
	if (all)
		found = ipfs_blocks_keep_all(own->blocks, want, pull->lines,
					     err);
	else if ((found = ipfs_blocks_keep(own->blocks, want, err)) == 0)
		found = list_known(own, &want->old.root, err);
	if (found < 0)
		return -1;
	found = read_root(pull, &want->now.root, err);
	if (found < 0)
		return -1;
	if (found == 0)
		ipfs_blocks_drop(own->blocks, want);
	else if (!all && count_news(pull, first, &count, err) < 0)
		return -1;
	if (count >= MANY)
		return ipfs_blocks_load(own->blocks, &want->now.root,
					pull->lines, err);
	return 0;
}

/* The newest record that the node finds. What is no record of that name says
 * nothing: a line. 1/0/-1. */
static int find_record(struct pull *pull, const struct ipfs_name *name,
		       const char *text, struct ipns_record *record_r,
		       struct err *err)
{
	const struct ipfs_pull *own = pull->own;
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	int found = kubo_name_get(own->kubo, text, IPFS_BLOCK, bytes, err);

	if (found <= 0)
		return found;
	if (ipns_parse(bytes->data, bytes->len, name->key, record_r, err) ==
		    0 &&
	    record_r->sequence <= INT64_MAX)
		return 1;
	g_ptr_array_add(pull->lines,
			g_strdup_printf("%s: not a record of ours", text));
	return 0;
}

/* 1: there is a record, also if it says nothing new; 0: there is none. */
static int look_up(struct pull *pull, const struct ipfs_name *name,
		   struct err *err)
{
	struct ipfs_pull *own = pull->own;
	struct ipfs_want want = { 0 };
	struct ipns_record record;
	char text[IPNS_NAME + 1];
	int found;

	ipns_name_print(name->key, text);
	found = find_record(pull, name, text, &record, err);
	if (found <= 0)
		return found;
	if (state_name_get(pull->state, pull->remote->name, text, &want.old,
			   err) < 0)
		return -1;
	if ((int64_t)record.sequence < want.old.sequence)
		return err_set(err, ESTALE,
			       "%s: an older record than there was before",
			       text);
	if (object_id_equal(&record.root, &want.old.root) && !pull->again)
		return 1;
	(void)g_strlcpy(want.now.name, text, sizeof(want.now.name));
	want.now.sequence = (int64_t)record.sequence;
	want.now.root = record.root;
	want.pin = ipfs_node_pin(pull->mailbox, pull->remote, text);
	found = fetch(pull, &want, err);
	ipfs_want_release(&want);
	if (found < 0)
		return err_prefix(err, "%s", text);
	(void)g_array_append_val(own->rows, want.now);
	return 1;
}

/* -- all of them ----------------------------------------------------------- */

static struct ipfs_pull *own_new(void)
{
	struct ipfs_pull *own = g_new0(struct ipfs_pull, 1);

	own->known = g_hash_table_new_full(object_id_hash, object_id_equal,
					   g_free, NULL);
	own->rows = g_array_new(FALSE, FALSE, sizeof(struct state_name));
	return own;
}

/* Of each device the newest name that has a record. What fails with one of them
 * does not keep the others from being read: it is the outcome only if there is
 * no other. */
static int look_up_all(struct pull *pull, const GArray *names, struct err *err)
{
	const struct ipfs_pull *own = pull->own;
	const struct ipfs_name *last = NULL;
	bool failed = false;

	for (guint i = 0; i < names->len; i++) {
		const struct ipfs_name *name =
			&g_array_index(names, struct ipfs_name, i);
		struct err one;
		int found;

		if (last && last->device == name->device)
			continue;
		found = look_up(pull, name, &one);
		if (found > 0)
			last = name;
		if (found >= 0)
			continue;
		if (failed)
			g_ptr_array_add(pull->lines, g_strdup(err->text));
		failed = true;
		*err = one;
	}
	if (failed && own->rows->len == 0)
		return -1;
	if (failed)
		g_ptr_array_add(pull->lines, g_strdup(err->text));
	return own->rows->len > 0;
}

int ipfs_pull_open(struct pull *pull, struct err *err)
{
	struct ipfs_pull *own = own_new();
	AUTO(array) GArray *names = NULL;
	int found;

	pull->own = own;
	if (ipfs_names_theirs(&pull->visible, &names, err) < 0)
		return -1;
	if (names->len == 0)
		return 0;
	if (ipfs_node_open(pull->remote, &own->kubo, err) < 0)
		return -1;
	own->blocks = ipfs_blocks_new(pull->mailbox, pull->remote, own->kubo);
	found = look_up_all(pull, names, err);
	pull->others = pull->heads->len;
	return found;
}

int ipfs_pull_note(struct pull *pull, struct err *err)
{
	const struct ipfs_pull *own = pull->own;

	for (guint i = 0; i < own->rows->len; i++)
		if (state_name_put(
			    pull->state, pull->remote->name,
			    &g_array_index(own->rows, struct state_name, i),
			    err) < 0)
			return -1;
	return 0;
}
