/* SPDX-License-Identifier: ISC */
/* Many packs into one: entries are copied as they stand, with the crc that
 * their idx gives; only where they lie changes. */
#include "defms/crash.h"
#include "pack-file.h"

static int copy_pack(struct store *store, const char *name, GHashTable *reached,
		     struct pack *pack, struct err *err)
{
	AUTO(pack_file) struct pack_file *file = NULL;
	struct packed packed;
	int more;

	if (pack_file_open(store, name, &file, err) < 0)
		return -1;
	while ((more = pack_file_next(file, &packed, err)) > 0) {
		bool wanted =
			!reached || g_hash_table_contains(reached, &packed.id);
		int result = wanted ? pack_add(pack, &packed, err) : 0;

		packed_release(&packed);
		if (result < 0)
			return -1;
	}
	return more;
}

int pack_join(struct store *store, const GPtrArray *names, GHashTable *reached,
	      char **name_r, struct err *err)
{
	AUTO(pack) struct pack *pack = NULL;

	if (pack_begin(store, &pack, err) < 0)
		return -1;
	crash_point("join: a pack begun");
	for (guint i = 0; i < names->len; i++)
		if (copy_pack(store, g_ptr_array_index(names, i), reached, pack,
			      err) < 0)
			return -1;
	return pack_finish(pack, name_r, err);
}
