/* SPDX-License-Identifier: ISC */
/* Packs (gitformat-pack(5), version 2) without deltas, and their version 2
 * index. What is written here is sealed and would not shrink, so entries are
 * mostly stored zlib blocks (RFC 1950, 1951).
 *
 *	pack	"PACK" be32(2) be32(count) entry* sha1
 *	entry	type and size varint, zlib stream
 *	idx	ff 't' 'O' 'c' be32(2) be32 fan-out[256] ids crc32s be32
 *		offsets be64 large offsets, sha1 of the pack, sha1 of the idx
 *
 * The count stands before the data, so a pack that did not fit the buffer is
 * read once more to hash it: 40 ms for 75 MB. */
#include "store-pack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "defms/crash.h"
#include "defms/io.h"
#include "pack-file.h"

enum {
	BUFFER = 1 << 20,
	HEADER = 12,
	STORED_MAX = 65535, /* of one stored block, RFC 1951 3.2.4 */
};

struct pack {
	char *folder;    /* owned: objects/pack */
	char *temporary; /* owned: path of the file being written */
	int fd;
	GByteArray *buffer; /* owned: not written yet */
	uint64_t written;   /* bytes in the file */
	GArray *entries;    /* owned: of struct pack_entry */
	GHashTable *ids;    /* owned: object_id -> itself */
};

struct object_id object_id_of(enum object_type type, const void *data,
			      size_t size)
{
	static const char *const names[] = { "", "commit", "tree", "blob",
					     "tag" };
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct object_id id;
	char header[32];
	int len =
		g_snprintf(header, sizeof(header), "%s %zu", names[type], size);

	(void)EVP_DigestInit_ex(context, EVP_sha1(), NULL);
	(void)EVP_DigestUpdate(context, header, (size_t)len + 1);
	(void)EVP_DigestUpdate(context, data, size);
	(void)EVP_DigestFinal_ex(context, id.bytes, NULL);
	EVP_MD_CTX_free(context);
	return id;
}

static void add_entry_header(GByteArray *out, enum object_type type,
			     size_t size)
{
	uint8_t byte = (uint8_t)((unsigned)type << 4 | (size & 15));

	for (size >>= 4; size > 0; size >>= 7) {
		byte |= 0x80;
		(void)g_byte_array_append(out, &byte, 1);
		byte = (uint8_t)(size & 0x7f);
	}
	(void)g_byte_array_append(out, &byte, 1);
}

static void add_stored(GByteArray *out, const uint8_t *data, size_t size)
{
	static const uint8_t start[2] = { 0x78, 0x01 };
	uint32_t check = (uint32_t)adler32_z(adler32(0, NULL, 0), data, size);
	uint8_t tail[4] = { (uint8_t)(check >> 24), (uint8_t)(check >> 16),
			    (uint8_t)(check >> 8), (uint8_t)check };

	(void)g_byte_array_append(out, start, sizeof(start));
	do {
		size_t part = MIN(size, STORED_MAX);
		uint8_t head[5] = { part == size, (uint8_t)part,
				    (uint8_t)(part >> 8), (uint8_t)~part,
				    (uint8_t)(~part >> 8) };

		(void)g_byte_array_append(out, head, sizeof(head));
		(void)g_byte_array_append(out, data, (guint)part);
		data += part;
		size -= part;
	} while (size > 0);
	(void)g_byte_array_append(out, tail, sizeof(tail));
}

static void add_deflated(GByteArray *out, const void *data, size_t size)
{
	uLongf len = compressBound(size);
	guint at = out->len;

	(void)g_byte_array_set_size(out, at + (guint)len);
	(void)compress2(out->data + at, &len, data, size, 6);
	(void)g_byte_array_set_size(out, at + (guint)len);
}

void packed_encode(enum object_type type, const void *data, size_t size,
		   bool deflate, struct packed *packed_r)
{
	GByteArray *out = g_byte_array_sized_new((guint)size + 64);

	add_entry_header(out, type, size);
	if (deflate)
		add_deflated(out, data, size);
	else
		add_stored(out, data, size);
	packed_r->id = object_id_of(type, data, size);
	packed_r->crc = (uint32_t)crc32_z(0, out->data, out->len);
	packed_r->bytes = out;
}

void packed_release(struct packed *packed)
{
	if (packed->bytes)
		(void)g_byte_array_unref(packed->bytes);
	packed->bytes = NULL;
}

int pack_begin(struct store *store, struct pack **pack_r, struct err *err)
{
	AUTO(pack) struct pack *pack = g_new0(struct pack, 1);
	static const uint8_t header[HEADER] = "PACK\0\0\0\2";

	pack->folder =
		g_build_filename(store_path(store), "objects", "pack", NULL);
	pack->temporary =
		g_build_filename(pack->folder, "tmp_pack_XXXXXX", NULL);
	pack->entries = g_array_new(FALSE, FALSE, sizeof(struct pack_entry));
	pack->ids = g_hash_table_new_full(object_id_hash, object_id_equal,
					  g_free, NULL);
	pack->buffer = g_byte_array_sized_new(4096);
	pack->fd = g_mkstemp_full(pack->temporary, O_RDWR | O_CLOEXEC, 0444);
	if (pack->fd < 0)
		return err_sys(err, "%s", pack->temporary);
	(void)g_byte_array_append(pack->buffer, header, sizeof(header));
	*pack_r = take(pack);
	return 0;
}

static int flush_buffer(struct pack *pack, struct err *err)
{
	if (io_write(pack->fd, pack->buffer->data, pack->buffer->len, err) < 0)
		return err_prefix(err, "%s", pack->temporary);
	pack->written += pack->buffer->len;
	(void)g_byte_array_set_size(pack->buffer, 0);
	return 0;
}

bool pack_has(const struct pack *pack, const struct object_id *id)
{
	return g_hash_table_contains(pack->ids, id);
}

size_t pack_count(const struct pack *pack)
{
	return pack->entries->len;
}

int pack_add(struct pack *pack, const struct packed *packed, struct err *err)
{
	struct pack_entry entry = {
		.id = packed->id,
		.crc = packed->crc,
		.offset = pack->written + pack->buffer->len,
	};

	if (pack_has(pack, &packed->id))
		return 0;
	(void)g_hash_table_add(pack->ids,
			       g_memdup2(&packed->id, sizeof(packed->id)));
	(void)g_array_append_val(pack->entries, entry);
	(void)g_byte_array_append(pack->buffer, packed->bytes->data,
				  packed->bytes->len);
	return pack->buffer->len >= BUFFER ? flush_buffer(pack, err) : 0;
}

int pack_add_object(struct pack *pack, enum object_type type, const void *data,
		    size_t size, struct object_id *id_r, struct err *err)
{
	struct packed packed = { 0 };
	int result;

	packed_encode(type, data, size, false, &packed);
	*id_r = packed.id;
	result = pack_add(pack, &packed, err);
	packed_release(&packed);
	return result;
}

/* Hash the file from its start, without the trailer. */
static int hash_file(struct pack *pack, uint8_t sha1[20], struct err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	AUTO(bytes) GByteArray *part = g_byte_array_sized_new(BUFFER);
	off_t at = 0;
	ssize_t got;

	(void)g_byte_array_set_size(part, BUFFER);
	(void)EVP_DigestInit_ex(context, EVP_sha1(), NULL);
	while ((got = pread(pack->fd, part->data, part->len, at)) > 0) {
		(void)EVP_DigestUpdate(context, part->data, (size_t)got);
		at += got;
	}
	(void)EVP_DigestFinal_ex(context, sha1, NULL);
	EVP_MD_CTX_free(context);
	if (got < 0)
		return err_sys(err, "%s", pack->temporary);
	return 0;
}

/* Put the count in and the trailer on; everything is in the file then. */
static int seal_off(struct pack *pack, uint8_t sha1[20], struct err *err)
{
	uint32_t count = GUINT32_TO_BE((uint32_t)pack->entries->len);

	if (pack->written == 0) {
		memcpy(pack->buffer->data + 8, &count, sizeof(count));
		(void)EVP_Digest(pack->buffer->data, pack->buffer->len, sha1,
				 NULL, EVP_sha1(), NULL);
	} else {
		if (flush_buffer(pack, err) < 0)
			return -1;
		if (pwrite(pack->fd, &count, sizeof(count), 8) !=
		    (ssize_t)sizeof(count))
			return err_sys(err, "%s", pack->temporary);
		if (hash_file(pack, sha1, err) < 0)
			return -1;
	}
	(void)g_byte_array_append(pack->buffer, sha1, 20);
	return flush_buffer(pack, err);
}

static int by_id(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct object_id));
}

static void add_be32(GByteArray *out, uint32_t value)
{
	value = GUINT32_TO_BE(value);
	(void)g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static void add_offsets(GByteArray *out, const GArray *entries)
{
	uint32_t large = 0;

	for (guint i = 0; i < entries->len; i++) {
		uint64_t offset =
			g_array_index(entries, struct pack_entry, i).offset;

		add_be32(out, offset < 0x80000000 ? (uint32_t)offset
						  : 0x80000000 | large++);
	}
	for (guint i = 0; i < entries->len; i++) {
		uint64_t offset =
			g_array_index(entries, struct pack_entry, i).offset;

		if (offset >= 0x80000000) {
			add_be32(out, (uint32_t)(offset >> 32));
			add_be32(out, (uint32_t)offset);
		}
	}
}

GByteArray *pack_index(GArray *entries, const uint8_t sha1[20])
{
	static const uint8_t magic[8] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };
	GByteArray *out = g_byte_array_sized_new(1100 + entries->len * 28);
	uint8_t own[20];
	guint at = 0;

	g_array_sort(entries, by_id);
	(void)g_byte_array_append(out, magic, sizeof(magic));
	for (unsigned first = 0; first < 256; first++) {
		while (at < entries->len &&
		       g_array_index(entries, struct pack_entry, at)
				       .id.bytes[0] <= first)
			at++;
		add_be32(out, at);
	}
	for (guint i = 0; i < entries->len; i++)
		(void)g_byte_array_append(
			out,
			g_array_index(entries, struct pack_entry, i).id.bytes,
			20);
	for (guint i = 0; i < entries->len; i++)
		add_be32(out, g_array_index(entries, struct pack_entry, i).crc);
	add_offsets(out, entries);
	(void)g_byte_array_append(out, sha1, 20);
	(void)EVP_Digest(out->data, out->len, own, NULL, EVP_sha1(), NULL);
	(void)g_byte_array_append(out, own, sizeof(own));
	return out;
}

static int write_durable(const char *path, const GByteArray *data,
			 struct err *err)
{
	if (io_write_file(path, data->data, data->len, err) < 0)
		return -1;
	return io_sync(path, err);
}

/* The idx makes the pack visible, so it comes last. */
static int publish(struct pack *pack, const char *name, const uint8_t sha1[20],
		   struct err *err)
{
	AUTO(str) char *base = g_build_filename(pack->folder, name, NULL);
	AUTO(str) char *keep = g_strconcat(base, ".keep", NULL);
	AUTO(str) char *final = g_strconcat(base, ".pack", NULL);
	AUTO(str) char *index = g_strconcat(base, ".idx", NULL);
	AUTO(str)
	char *unfinished = g_strconcat(pack->folder, "/tmp_idx_",
				       name + strlen("pack-"), NULL);
	AUTO(bytes) GByteArray *data = pack_index(pack->entries, sha1);

	if (write_durable(unfinished, data, err) < 0)
		return -1;
	crash_point("pack: idx written, before .keep");
	if (io_write_file(keep, "", 0, err) < 0)
		return -1;
	if (rename(pack->temporary, final) < 0)
		return err_sys(err, "%s", final);
	crash_point("pack: .pack in place, before .idx");
	if (rename(unfinished, index) < 0)
		return err_sys(err, "%s", index);
	crash_point("pack: .idx in place, before fsync of the folder");
	g_free(take(pack->temporary));
	return io_sync(pack->folder, err);
}

int pack_finish(struct pack *pack, char **name_r, struct err *err)
{
	AUTO(str) char *name = NULL;
	GString *text;
	uint8_t sha1[20];

	*name_r = NULL;
	if (pack->entries->len == 0)
		return 0;
	if (seal_off(pack, sha1, err) < 0)
		return -1;
	crash_point("pack: written, before fsync");
	if (fsync(pack->fd) < 0)
		return err_sys(err, "%s", pack->temporary);
	text = g_string_new("pack-");
	for (size_t i = 0; i < sizeof(sha1); i++)
		g_string_append_printf(text, "%02x", sha1[i]);
	name = g_string_free(text, FALSE);
	if (publish(pack, name, sha1, err) < 0) {
		AUTO(str)
		char *part = g_strconcat(pack->folder, "/tmp_idx_",
					 name + strlen("pack-"), NULL);

		(void)unlink(part);
		return -1;
	}
	*name_r = take(name);
	return 0;
}

void pack_free(struct pack *pack)
{
	if (!pack)
		return;
	if (pack->fd >= 0)
		(void)close(pack->fd);
	if (pack->temporary && pack->fd >= 0)
		(void)unlink(pack->temporary);
	g_free(pack->temporary);
	g_free(pack->folder);
	(void)g_byte_array_unref(pack->buffer);
	g_array_unref(pack->entries);
	g_hash_table_unref(pack->ids);
	g_free(pack);
}
