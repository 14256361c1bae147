/* SPDX-License-Identifier: ISC */
#include "store-entry.h"

#include <errno.h>
#include <string.h>

enum { OID = sizeof(struct object_id) };

int tree_next(const uint8_t **at, const uint8_t *end,
	      struct tree_entry *entry_r, struct err *err)
{
	static const char blob_mode[] = "100644 ", tree_mode[] = "40000 ";
	const uint8_t *nul;
	size_t left = (size_t)(end - *at);

	if (left == 0)
		return 0;
	if (left > 6 && memcmp(*at, tree_mode, 6) == 0) {
		entry_r->is_tree = true;
		*at += 6;
	} else if (left > 7 && memcmp(*at, blob_mode, 7) == 0) {
		entry_r->is_tree = false;
		*at += 7;
	} else {
		return err_set(err, EBADMSG, "tree: mode that has no place");
	}
	nul = memchr(*at, '\0', (size_t)(end - *at));
	if (!nul || end - nul < 1 + OID)
		return err_set(err, EBADMSG, "tree: cut off");
	entry_r->name = (const char *)*at;
	memcpy(entry_r->id.bytes, nul + 1, OID);
	if (object_id_is_null(&entry_r->id))
		return err_set(err, EBADMSG, "tree: entry of nothing");
	*at = nul + 1 + OID;
	return 1;
}

int tree_read(const struct object_source *source, const struct object_id *id,
	      GByteArray *data, struct err *err)
{
	char hex[OBJECT_ID_HEX + 1];
	int found = source->read(source->context, id, OBJECT_TREE, data, err);

	object_id_print(id, hex);
	if (found == 0)
		return err_set(err, ENOENT, "tree %s is missing", hex);
	return found < 0 ? -1 : 0;
}

void tree_put(GByteArray *out, bool is_tree, const char *name,
	      const struct object_id *id)
{
	const char *mode = is_tree ? "40000 " : "100644 ";

	(void)g_byte_array_append(out, (const guint8 *)mode,
				  (guint)strlen(mode));
	(void)g_byte_array_append(out, (const guint8 *)name,
				  (guint)strlen(name) + 1);
	(void)g_byte_array_append(out, id->bytes, OID);
}
