/* SPDX-License-Identifier: ISC */
/* The tree of a message in pieces: blobs `00000000`, `00000001`, ... */
#include <errno.h>
#include <string.h>

#include "defms/strand.h"
#include "store-entry.h"
#include "store-pack.h"

int strand_pieces_read_from(const struct object_source *source,
			    const struct object_id *id, GArray **pieces_r,
			    struct err *err)
{
	AUTO(array)
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct object_id));
	AUTO(bytes) GByteArray *data = g_byte_array_new();
	const uint8_t *at, *end;
	struct tree_entry entry;
	char name[16];
	int more;

	if (tree_read(source, id, data, err) < 0)
		return -1;
	at = data->data;
	end = at + data->len;
	while ((more = tree_next(&at, end, &entry, err)) > 0) {
		(void)g_snprintf(name, sizeof(name), "%08u", pieces->len);
		if (entry.is_tree || strcmp(entry.name, name) != 0 ||
		    pieces->len == STRAND_PIECES_MAX)
			return err_set(err, EBADMSG, "tree: bad pieces");
		(void)g_array_append_val(pieces, entry.id);
	}
	if (more < 0)
		return -1;
	*pieces_r = take(pieces);
	return 0;
}

int strand_pieces_read(struct store *store, const struct object_id *id,
		       GArray **pieces_r, struct err *err)
{
	struct object_source source = store_source(store);

	return strand_pieces_read_from(&source, id, pieces_r, err);
}

int strand_pieces_write(const struct object_id *pieces, size_t count,
			struct pack *pack, struct object_id *id_r,
			struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	char name[16];

	for (size_t i = 0; i < count; i++) {
		(void)g_snprintf(name, sizeof(name), "%08zu", i);
		tree_put(out, false, name, &pieces[i]);
	}
	return pack_add_object(pack, OBJECT_TREE, out->data, out->len, id_r,
			       err);
}
