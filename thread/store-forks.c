/* SPDX-License-Identifier: ISC */
/* refs/forks/<strand>/<device>/<number>: what else a device signed. They are
 * rare, always loose when written here, and never move; stock git may pack
 * them, so they are looked up through libgit2. */
#include <errno.h>
#include <string.h>

#include <git2.h>

#include "defms/ref.h"
#include "store-git.h"
#include "store-lock.h"

static char *name_of(const struct ref_fork *fork)
{
	char strand[STRAND_ID_HEX + 1], device[DEVICE_ID_HEX + 1];

	strand_id_print(&fork->at.strand, strand);
	device_id_print(&fork->at.device, device);
	return g_strdup_printf("refs/forks/%s/%s/%u", strand, device,
			       fork->number);
}

static int put_fork(struct store *store, const struct ref_fork *fork,
		    struct err *err)
{
	AUTO(str) char *name = name_of(fork);
	AUTO(str)
	char *path = g_build_filename(store_path(store), name, NULL);
	AUTO(str) char *folder = g_path_get_dirname(path);
	char line[OBJECT_ID_HEX + 2];

	object_id_print(&fork->at.tip, line);
	line[OBJECT_ID_HEX] = '\n';
	if (g_mkdir_with_parents(folder, 0700) < 0)
		return err_sys(err, "%s", folder);
	return store_write_locked(path, line, OBJECT_ID_HEX + 1, false, err);
}

int store_has_fork(struct store *store, const struct ref_fork *fork,
		   struct err *err)
{
	AUTO(str) char *name = name_of(fork);
	git_repository *repository = NULL;
	int result = git_repository_open_bare(&repository, store_path(store));
	git_oid oid;

	if (result == 0)
		result = git_reference_name_to_id(&oid, repository, name);
	git_repository_free(repository);
	if (result == GIT_ENOTFOUND)
		return 0;
	if (result < 0) {
		(void)err_git(err, result, name);
		return err_set(err, EBADMSG, "%s: not a ref", name);
	}
	return memcmp(oid.id, fork->at.tip.bytes, sizeof(oid.id)) == 0;
}

int store_put_forks(struct store *store, const struct ref_fork *forks,
		    size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int there = store_has_fork(store, &forks[i], NULL);

		if (there <= 0 && put_fork(store, &forks[i], err) < 0)
			return -1;
	}
	return 0;
}
