/* SPDX-License-Identifier: ISC */
/* Packs as they lie there (the formats stand in store-pack.c), without libgit2:
 * it looks at no checksum of a whole file, and maps what may be cut off. Every
 * byte may be damaged. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "defms/io.h"
#include "pack-file.h"

enum {
	BUFFER = 1 << 20,
	HEADER = 12,
	SHA1 = 20,
	IDX_HEADER = 8 + 256 * 4,
	ENTRY_MAX = 64 << 20, /* of one object, unpacked */
};
static const size_t idx_max = (size_t)4 << 30;

struct pack_file {
	char *path; /* owned: of the .pack */
	int fd;
	uint64_t end;    /* where the trailer stands */
	GArray *entries; /* owned: struct pack_entry, by offset */
	guint at;
};

static char *path_of(struct store *store, const char *name, const char *ending)
{
	AUTO(str) char *file = g_strconcat(name, ending, NULL);

	return g_build_filename(store_path(store), "objects", "pack", file,
				NULL);
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static int read_at(int fd, uint64_t offset, void *out, size_t size,
		   const char *path, struct err *err)
{
	uint8_t *to = out;

	while (size > 0) {
		ssize_t got = pread(fd, to, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s", path);
		if (got == 0)
			return err_set(err, EBADMSG, "%s: cut off", path);
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

/* SHA-1 of the first `size` bytes. */
static int hash_start(int fd, uint64_t size, uint8_t sha1[SHA1],
		      const char *path, struct err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t *part = g_malloc(BUFFER);
	int result = 0;

	(void)EVP_DigestInit_ex(context, EVP_sha1(), NULL);
	for (uint64_t at = 0; at < size && result == 0; at += BUFFER) {
		size_t length = (size_t)MIN(size - at, BUFFER);

		result = read_at(fd, at, part, length, path, err);
		(void)EVP_DigestUpdate(context, part, length);
	}
	(void)EVP_DigestFinal_ex(context, sha1, NULL);
	EVP_MD_CTX_free(context);
	g_free(part);
	return result;
}

/* -- the idx --------------------------------------------------------------- */

static int by_offset(gconstpointer a, gconstpointer b)
{
	const struct pack_entry *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The offset of entry `i` of `count`; UINT64_MAX if it has no place. */
static uint64_t offset_of(const GByteArray *idx, uint32_t count, uint32_t i)
{
	const uint8_t *offsets = idx->data + IDX_HEADER + (size_t)count * 24;
	const uint8_t *large = offsets + (size_t)count * 4;
	size_t left = idx->len - 2 * SHA1 - (size_t)(large - idx->data);
	uint32_t offset = be32(offsets + (size_t)i * 4);

	if (offset < 0x80000000)
		return offset;
	offset &= 0x7fffffff;
	if (offset >= left / 8)
		return UINT64_MAX;
	large += (size_t)offset * 8;
	return (uint64_t)be32(large) << 32 | be32(large + 4);
}

/* Are the fan-out and the ids in order? */
static bool is_sorted(const GByteArray *idx, uint32_t count)
{
	const uint8_t *ids = idx->data + IDX_HEADER;
	uint32_t below = 0;

	for (unsigned first = 0; first < 256; first++) {
		uint32_t upto = be32(idx->data + 8 + (size_t)first * 4);

		if (upto < below || upto > count)
			return false;
		for (; below < upto; below++)
			if (ids[(size_t)below * SHA1] != first)
				return false;
	}
	for (uint32_t i = 1; i < count; i++)
		if (memcmp(ids + (size_t)(i - 1) * SHA1, ids + (size_t)i * SHA1,
			   SHA1) >= 0)
			return false;
	return true;
}

static int read_entries(struct pack_file *file, const GByteArray *idx,
			const char *path, struct err *err)
{
	static const uint8_t magic[8] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };
	uint32_t count;
	uint8_t own[SHA1];

	if (idx->len < IDX_HEADER + 2 * SHA1 ||
	    memcmp(idx->data, magic, sizeof(magic)) != 0)
		return err_set(err, EBADMSG, "%s: not an idx", path);
	(void)EVP_Digest(idx->data, idx->len - SHA1, own, NULL, EVP_sha1(),
			 NULL);
	if (memcmp(own, idx->data + idx->len - SHA1, SHA1) != 0)
		return err_set(err, EBADMSG, "%s: its checksum is wrong", path);
	count = be32(idx->data + IDX_HEADER - 4);
	if ((idx->len - IDX_HEADER - 2 * SHA1) / 28 < count ||
	    !is_sorted(idx, count))
		return err_set(err, EBADMSG, "%s: malformed", path);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *id = idx->data + IDX_HEADER + (size_t)i * SHA1;
		struct pack_entry entry;

		memcpy(entry.id.bytes, id, SHA1);
		entry.crc = be32(idx->data + IDX_HEADER + (size_t)count * SHA1 +
				 (size_t)i * 4);
		entry.offset = offset_of(idx, count, i);
		(void)g_array_append_val(file->entries, entry);
	}
	g_array_sort(file->entries, by_offset);
	return 0;
}

/* Do the entries fill the pack, and is the idx this pack's? */
static int match(struct pack_file *file, const GByteArray *idx, struct err *err)
{
	uint8_t header[HEADER], trailer[SHA1];
	uint64_t after = HEADER;

	if (read_at(file->fd, 0, header, HEADER, file->path, err) < 0 ||
	    read_at(file->fd, file->end, trailer, SHA1, file->path, err) < 0)
		return -1;
	if (memcmp(header, "PACK\0\0\0\2", 8) != 0)
		return err_set(err, EBADMSG, "%s: not a pack", file->path);
	if (memcmp(trailer, idx->data + idx->len - 2 * SHA1, SHA1) != 0 ||
	    be32(header + 8) != file->entries->len)
		return err_set(err, EBADMSG,
			       "%s: the idx is that of another pack",
			       file->path);
	for (guint i = 0; i < file->entries->len; i++) {
		uint64_t offset =
			g_array_index(file->entries, struct pack_entry, i)
				.offset;

		if (i == 0 ? offset != HEADER : offset <= after)
			return err_set(err, EBADMSG, "%s: the idx does not fit",
				       file->path);
		after = offset;
	}
	if (after >= file->end && file->entries->len > 0)
		return err_set(err, EBADMSG, "%s: the idx does not fit",
			       file->path);
	return 0;
}

static int open_pack(struct store *store, const char *name,
		     struct pack_file *file, struct err *err)
{
	struct stat st;

	file->path = path_of(store, name, ".pack");
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) < 0)
		return err_sys(err, "%s", file->path);
	if (st.st_size < HEADER + SHA1)
		return err_set(err, EBADMSG, "%s: cut off", file->path);
	file->end = (uint64_t)st.st_size - SHA1;
	file->entries = g_array_new(FALSE, FALSE, sizeof(struct pack_entry));
	return 0;
}

int pack_file_open(struct store *store, const char *name,
		   struct pack_file **file_r, struct err *err)
{
	AUTO(pack_file) struct pack_file *file = g_new0(struct pack_file, 1);
	AUTO(bytes) GByteArray *idx = g_byte_array_new();
	AUTO(str) char *path = path_of(store, name, ".idx");

	file->fd = -1;
	if (open_pack(store, name, file, err) < 0 ||
	    io_read_file(path, idx_max, idx, err) < 0 ||
	    read_entries(file, idx, path, err) < 0 || match(file, idx, err) < 0)
		return -1;
	*file_r = take(file);
	return 0;
}

void pack_file_close(struct pack_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->entries)
		g_array_unref(file->entries);
	g_free(file->path);
	g_free(file);
}

int pack_file_next(struct pack_file *file, struct packed *packed_r,
		   struct err *err)
{
	const GArray *entries = file->entries;
	const struct pack_entry *entry;
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();
	char hex[OBJECT_ID_HEX + 1];
	uint64_t end = file->end;

	if (file->at == entries->len)
		return 0;
	entry = &g_array_index(entries, struct pack_entry, file->at);
	object_id_print(&entry->id, hex);
	file->at++;
	if (file->at < entries->len)
		end = g_array_index(entries, struct pack_entry, file->at)
			      .offset;
	if (end - entry->offset > (uint64_t)2 * ENTRY_MAX)
		return err_set(err, EBADMSG, "%s: object %s is too large",
			       file->path, hex);
	(void)g_byte_array_set_size(bytes, (guint)(end - entry->offset));
	if (read_at(file->fd, entry->offset, bytes->data, bytes->len,
		    file->path, err) < 0)
		return -1;
	if (crc32_z(0, bytes->data, bytes->len) != entry->crc)
		return err_set(err, EBADMSG, "%s: object %s is damaged",
			       file->path, hex);
	packed_r->id = entry->id;
	packed_r->crc = entry->crc;
	packed_r->bytes = take(bytes);
	return 1;
}

int pack_file_waste(struct pack_file *file, GHashTable *reached,
		    struct pack_waste *waste_r, struct err *err)
{
	memset(waste_r, 0, sizeof(*waste_r));
	waste_r->of = file->end - HEADER;
	for (guint i = 0; i < file->entries->len; i++) {
		const struct pack_entry *entry =
			&g_array_index(file->entries, struct pack_entry, i);
		uint64_t end = i + 1 < file->entries->len ? entry[1].offset
							  : file->end;
		uint8_t head;

		if (g_hash_table_contains(reached, &entry->id))
			continue;
		if (read_at(file->fd, entry->offset, &head, 1, file->path,
			    err) < 0)
			return -1;
		waste_r->bytes += end - entry->offset;
		waste_r->content |= (head >> 4 & 7) == OBJECT_BLOB;
	}
	return 0;
}

static int verify(struct pack_file *file, uint8_t sha1[SHA1], struct err *err)
{
	uint8_t trailer[SHA1];

	if (hash_start(file->fd, file->end, sha1, file->path, err) < 0 ||
	    read_at(file->fd, file->end, trailer, SHA1, file->path, err) < 0)
		return -1;
	if (memcmp(sha1, trailer, SHA1) != 0)
		return err_set(err, EBADMSG, "%s: its checksum is wrong",
			       file->path);
	return 0;
}

int pack_file_verify(struct pack_file *file, struct err *err)
{
	uint8_t sha1[SHA1];

	return verify(file, sha1, err);
}

/* -- the idx from the pack ------------------------------------------------- */

/* A window on the file that inflate() reads from. */
struct feed {
	const struct pack_file *file; /* borrowed */
	uint8_t *data;                /* owned */
	uint64_t at;                  /* offset of what comes next */
};

/* The entry's type and size; `at` moves behind them. */
static int read_entry_header(struct feed *feed, unsigned *type_r,
			     uint64_t *size_r, struct err *err)
{
	const struct pack_file *file = feed->file;
	unsigned shift = 4;
	uint8_t byte;

	if (read_at(file->fd, feed->at++, &byte, 1, file->path, err) < 0)
		return -1;
	*type_r = byte >> 4 & 7;
	*size_r = byte & 15;
	while (byte & 0x80 && shift < 32) {
		if (read_at(file->fd, feed->at++, &byte, 1, file->path, err) <
		    0)
			return -1;
		*size_r |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	}
	if (*type_r < OBJECT_COMMIT || *type_r > OBJECT_TAG ||
	    *size_r > ENTRY_MAX)
		return err_set(
			err, EBADMSG,
			"%s: an entry that is not ours at %" G_GUINT64_FORMAT,
			file->path, feed->at);
	return 0;
}

/* Inflate exactly `size` bytes to `out`, which has room for one more: zlib
 * wants a place even for none. `at` moves behind the stream. */
static int inflate_entry(struct feed *feed, uint8_t *out, size_t size,
			 struct err *err)
{
	const struct pack_file *file = feed->file;
	z_stream stream = { .next_out = out, .avail_out = (uInt)size + 1 };
	int result = Z_OK;

	(void)inflateInit(&stream);
	while (result == Z_OK && feed->at < file->end) {
		size_t part = (size_t)MIN(file->end - feed->at, BUFFER);

		if (read_at(file->fd, feed->at, feed->data, part, file->path,
			    err) < 0)
			break;
		stream.next_in = feed->data;
		stream.avail_in = (uInt)part;
		result = inflate(&stream, Z_NO_FLUSH);
		feed->at += part - stream.avail_in;
		if (stream.avail_in == part)
			break;
	}
	(void)inflateEnd(&stream);
	if (result != Z_STREAM_END || stream.total_out != size)
		return err_set(err, EBADMSG,
			       "%s: bad entry before %" G_GUINT64_FORMAT,
			       file->path, feed->at);
	return 0;
}

static int crc_of(const struct pack_file *file, uint64_t from, uint64_t to,
		  uint32_t *crc_r, struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();

	(void)g_byte_array_set_size(bytes, (guint)(to - from));
	if (read_at(file->fd, from, bytes->data, bytes->len, file->path, err) <
	    0)
		return -1;
	*crc_r = (uint32_t)crc32_z(0, bytes->data, bytes->len);
	return 0;
}

static int scan_entry(struct feed *feed, GArray *entries, struct err *err)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct pack_entry entry = { .offset = feed->at };
	uint64_t size;
	unsigned type;

	if (read_entry_header(feed, &type, &size, err) < 0)
		return -1;
	(void)g_byte_array_set_size(out, (guint)size + 1);
	if (inflate_entry(feed, out->data, (size_t)size, err) < 0 ||
	    crc_of(feed->file, entry.offset, feed->at, &entry.crc, err) < 0)
		return -1;
	entry.id =
		object_id_of((enum object_type)type, out->data, (size_t)size);
	(void)g_array_append_val(entries, entry);
	return 0;
}

static int scan_entries(const struct pack_file *file, struct err *err)
{
	struct feed feed = { .file = file, .at = HEADER };
	uint8_t header[HEADER];
	int result = 0;

	if (read_at(file->fd, 0, header, HEADER, file->path, err) < 0)
		return -1;
	feed.data = g_malloc(BUFFER);
	while (feed.at < file->end && result == 0)
		result = scan_entry(&feed, file->entries, err);
	g_free(feed.data);
	if (result == 0 && be32(header + 8) != file->entries->len)
		return err_set(err, EBADMSG, "%s: miscounts its entries",
			       file->path);
	return result;
}

int pack_reindex(struct store *store, const char *name, struct err *err)
{
	AUTO(pack_file) struct pack_file *file = g_new0(struct pack_file, 1);
	AUTO(bytes) GByteArray *idx = NULL;
	AUTO(str) char *path = path_of(store, name, ".idx");
	uint8_t sha1[SHA1];

	file->fd = -1;
	if (open_pack(store, name, file, err) < 0 ||
	    verify(file, sha1, err) < 0 || scan_entries(file, err) < 0)
		return -1;
	idx = pack_index(file->entries, sha1);
	return io_replace_file(path, idx->data, idx->len, err);
}
