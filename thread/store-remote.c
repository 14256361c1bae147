/* SPDX-License-Identifier: ISC */
/* Connecting to a repository elsewhere, and what refs it has. */
#include "defms/store-remote.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include <git2/sys/transport.h>

#include "defms/io.h"
#include "defms/message.h"
#include "store-git.h"
#include "store-remote-parts.h"

static const char threads[] = "refs/threads/", forks[] = "refs/forks/",
		  cards[] = "refs/cards/";

/* -- errors ---------------------------------------------------------------- */

static int code_of(int result, const git_error *error)
{
	int class = error ? error->klass : GIT_ERROR_NONE;

	if (result == GIT_ENOTFOUND || class == GIT_ERROR_REPOSITORY)
		return ENOENT;
	if (class == GIT_ERROR_NET || class == GIT_ERROR_OS)
		return EAGAIN;
	return EIO;
}

int err_remote(struct err *err, const struct store_remote *remote, int result)
{
	const git_error *error = git_error_last();

	if (remote->problem.code != 0) {
		*err = remote->problem;
		return err_prefix(err, "%s", remote->url);
	}
	return err_set(err, code_of(result, error), "%s: %s", remote->url,
		       error && error->message ? error->message
					       : "unknown error of git");
}

/* -- callbacks ------------------------------------------------------------- */

static int count_bytes(const git_indexer_progress *progress, void *payload)
{
	struct store_remote *remote = payload;

	if (progress->received_bytes <= remote->limit)
		return 0;
	remote->over = true;
	return -1;
}

static int note_refusal(const char *name, const char *status, void *payload)
{
	struct store_remote *remote = payload;
	struct err why;

	if (!status || !remote->lines)
		return 0;
	/* Both are the other side's words. */
	(void)err_set(&why, EACCES, "%s: %s", name, status);
	g_ptr_array_add(remote->lines, g_strdup(why.text));
	return 0;
}

void remote_callbacks(struct store_remote *remote,
		      git_remote_callbacks *callbacks)
{
	/* libgit2 would take a path with a colon for a host of ssh. */
	callbacks->transport =
		remote->wire.ask ? remote_transport : git_transport_local;
	callbacks->transfer_progress = count_bytes;
	callbacks->push_update_reference = note_refusal;
	callbacks->payload = remote;
}

/* -- refs ------------------------------------------------------------------ */

char *remote_ref_name(const struct head *head)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&head->strand, strand);
	device_id_print(&head->device, device);
	if (head->number == 0)
		return g_strdup_printf("%s%s/%s", threads, strand, device);
	return g_strdup_printf("%s%s/%s/%" G_GINT64_FORMAT, forks, strand,
			       device, head->number);
}

/* "<strand>/<device>", and "/<n>" of a fork. */
static bool parse_head(const char *name, bool is_fork, struct head *head)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];
	const size_t least = STRAND_ID_HEX + 1 + DEVICE_ID_HEX;
	char *end = NULL;

	if (strlen(name) < least || name[STRAND_ID_HEX] != '/')
		return false;
	(void)g_strlcpy(strand, name, sizeof(strand));
	(void)g_strlcpy(device, name + STRAND_ID_HEX + 1, sizeof(device));
	if (strand_id_parse(strand, &head->strand, NULL) < 0 ||
	    device_id_parse(device, &head->device, NULL) < 0)
		return false;
	head->number = 0;
	if (!is_fork)
		return name[least] == '\0';
	if (name[least] != '/' || !g_ascii_isdigit(name[least + 1]))
		return false;
	head->number = (int64_t)g_ascii_strtoull(name + least + 1, &end, 10);
	return *end == '\0' && head->number > 0 && head->number < 1000000;
}

static bool is_card_name(const char *name)
{
	return strlen(name) == ROOT_CARD_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") ==
		       ROOT_CARD_NAME;
}

static void note_ref(struct store_remote *remote, const git_remote_head *ref)
{
	struct head head = { 0 };
	struct remote_card card = { 0 };
	bool found = false;

	memcpy(head.tip.bytes, ref->oid.id, sizeof(head.tip.bytes));
	if (g_str_has_prefix(ref->name, threads))
		found = parse_head(ref->name + strlen(threads), false, &head);
	else if (g_str_has_prefix(ref->name, forks))
		found = parse_head(ref->name + strlen(forks), true, &head);
	if (found && remote->heads->len < REMOTE_HEADS)
		(void)g_array_append_val(remote->heads, head);
	if (!g_str_has_prefix(ref->name, cards) ||
	    !is_card_name(ref->name + strlen(cards)) ||
	    remote->cards->len >= ROOT_CARDS)
		return;
	(void)g_strlcpy(card.name, ref->name + strlen(cards),
			sizeof(card.name));
	card.tip = head.tip;
	(void)g_array_append_val(remote->cards, card);
}

static int list_refs(struct store_remote *remote, struct err *err)
{
	const git_remote_head **refs = NULL;
	size_t count = 0;
	int result = git_remote_ls(&refs, &count, remote->remote);

	if (result < 0)
		return err_remote(err, remote, result);
	for (size_t i = 0; i < count; i++)
		note_ref(remote, refs[i]);
	g_array_sort(remote->heads, head_compare);
	return 0;
}

/* -- life ------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* A bare repository that sees the store's objects. */
static int make_scratch(struct store_remote *remote, struct err *err)
{
	AUTO(str)
	char *file = g_build_filename(remote->scratch, "objects", "info",
				      "alternates", NULL);
	AUTO(str)
	char *line = g_strdup_printf("%s/objects\n", store_path(remote->store));
	int result;

	remove_tree(remote->scratch);
	result = git_repository_init(&remote->repository, remote->scratch, 1);
	if (result < 0)
		return err_git(err, result, remote->scratch);
	if (io_write_file(file, line, strlen(line), err) < 0)
		return -1;
	result = git_repository_odb(&remote->odb, remote->repository);
	return result < 0 ? err_git(err, result, remote->scratch) : 0;
}

static int connect_to(struct store_remote *remote, bool push, struct err *err)
{
	git_remote_connect_options options;
	git_remote_create_options how;
	int result;

	(void)git_remote_create_options_init(&how,
					     GIT_REMOTE_CREATE_OPTIONS_VERSION);
	/* Looking for url.*.insteadOf leaks in libgit2 1.5.1 for each setting
	 * of another name; and what stands in our settings is what is meant. */
	how.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	how.repository = remote->repository;
	result =
		git_remote_create_with_opts(&remote->remote, remote->url, &how);
	if (result < 0)
		return err_remote(err, remote, result);
	(void)git_remote_connect_options_init(
		&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	remote_callbacks(remote, &options.callbacks);
	result = git_remote_connect_ext(
		remote->remote, push ? GIT_DIRECTION_PUSH : GIT_DIRECTION_FETCH,
		&options);
	if (result < 0)
		return err_remote(err, remote, result);
	return list_refs(remote, err);
}

int store_remote_open(struct store *store,
		      const struct store_remote_place *place, bool push,
		      struct store_remote **remote_r, struct err *err)
{
	AUTO(store_remote)
	struct store_remote *remote = g_new0(struct store_remote, 1);

	git_start();
	remote->store = store;
	remote->scratch = g_strdup(place->scratch);
	remote->url = g_strdup(place->url);
	remote->wire = place->wire;
	remote->heads = g_array_new(FALSE, FALSE, sizeof(struct head));
	remote->cards = g_array_new(FALSE, FALSE, sizeof(struct remote_card));
	if (make_scratch(remote, err) < 0 || connect_to(remote, push, err) < 0)
		return -1;
	*remote_r = take(remote);
	return 0;
}

void store_remote_close(struct store_remote *remote)
{
	if (!remote)
		return;
	git_remote_free(remote->remote);
	if (remote->wire.close)
		remote->wire.close(remote->wire.context);
	git_odb_free(remote->odb);
	git_repository_free(remote->repository);
	remove_tree(remote->scratch);
	g_array_unref(remote->heads);
	g_array_unref(remote->cards);
	g_free(remote->scratch);
	g_free(remote->url);
	g_free(remote);
}

const GArray *store_remote_heads(const struct store_remote *remote)
{
	return remote->heads;
}

struct object_id store_remote_cards(const struct store_remote *remote)
{
	AUTO(bytes) GByteArray *all = g_byte_array_new();
	struct object_id id = { 0 };
	struct message_id hash;

	if (remote->cards->len == 0)
		return id;
	for (guint i = 0; i < remote->cards->len; i++) {
		const struct remote_card *card =
			&g_array_index(remote->cards, struct remote_card, i);

		(void)g_byte_array_append(all, (const guint8 *)card->name,
					  (guint)strlen(card->name) + 1);
		(void)g_byte_array_append(all, card->tip.bytes,
					  sizeof(card->tip.bytes));
	}
	hash = message_id_of(NULL, all->data, all->len);
	memcpy(id.bytes, hash.bytes, sizeof(id.bytes));
	return id;
}
