/* SPDX-License-Identifier: ISC */
/* SHA-1 as libgit2 has it: with the detection of collisions (Stevens), which
 * what others send needs. */
#include <errno.h>
#include <string.h>

#include <git2.h>

#include "store-git.h"

int store_hash(enum object_type type, const void *data, size_t size,
	       struct object_id *id_r, struct err *err)
{
	git_oid oid;
	int result;

	git_start();
	result = git_odb_hash(&oid, data, size, (git_object_t)type);
	if (result < 0) {
		(void)err_git(err, result, "SHA-1");
		return err_set(err, EBADMSG, "made to collide with another");
	}
	memcpy(id_r->bytes, oid.id, sizeof(id_r->bytes));
	return 0;
}
