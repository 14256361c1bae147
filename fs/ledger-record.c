/* SPDX-License-Identifier: ISC */
#include "ledger-record.h"

#include <string.h>

#include "defms/message.h"

enum { SUM = 32, HEAD = SUM + 40, ALIGN = 8 };

static void put(GByteArray *out, uint64_t value, guint bytes)
{
	uint64_t little = GUINT64_TO_LE(value);

	(void)g_byte_array_append(out, (const guint8 *)&little, bytes);
}

static uint64_t get(const uint8_t **at, size_t bytes)
{
	uint64_t little = 0;

	memcpy(&little, *at, bytes);
	*at += bytes;
	return GUINT64_FROM_LE(little);
}

static void sum(const uint8_t *record, size_t size, uint8_t sum_r[SUM])
{
	struct message_id id = message_id_of(NULL, record + SUM, size - SUM);

	memcpy(sum_r, id.bytes, SUM);
}

GByteArray *ledger_pack(const struct ledger_record *record)
{
	const struct ledger_file *file = &record->file;
	size_t key = strlen(file->key), name = strlen(file->name);
	GByteArray *out = g_byte_array_new();

	g_byte_array_set_size(out, SUM);
	put(out, record->generation, 8);
	put(out, record->number, 8);
	put(out, file->id.inode, 8);
	put(out, (uint64_t)file->id.born, 8);
	put(out, file->size, 4);
	put(out, key, 2);
	put(out, name, 2);
	(void)g_byte_array_append(out, (const guint8 *)file->key, (guint)key);
	(void)g_byte_array_append(out, (const guint8 *)file->name, (guint)name);
	if (file->size > 0)
		(void)g_byte_array_append(out, file->data, (guint)file->size);
	while (out->len % ALIGN != 0)
		put(out, 0, 1);
	sum(out->data, out->len, out->data);
	return out;
}

static bool take_text(const uint8_t **at, size_t len, char *text, size_t room)
{
	if (len >= room || memchr(*at, '\0', len))
		return false;
	memcpy(text, *at, len);
	text[len] = '\0';
	*at += len;
	return true;
}

bool ledger_unpack(const uint8_t *data, size_t size,
		   struct ledger_record *record_r, size_t *size_r)
{
	struct ledger_file *file = &record_r->file;
	const uint8_t *at = data + SUM;
	uint8_t right[SUM];
	size_t key, name;

	if (size < HEAD)
		return false;
	record_r->generation = get(&at, 8);
	record_r->number = get(&at, 8);
	file->id.inode = get(&at, 8);
	file->id.born = (int64_t)get(&at, 8);
	file->size = get(&at, 4);
	key = get(&at, 2);
	name = get(&at, 2);
	*size_r = (HEAD + key + name + file->size + ALIGN - 1) / ALIGN * ALIGN;
	if (file->size > LEDGER_DATA || *size_r > size)
		return false;
	sum(data, *size_r, right);
	if (memcmp(right, data, SUM) != 0 ||
	    !take_text(&at, key, record_r->key, sizeof(record_r->key)) ||
	    !take_text(&at, name, record_r->name, sizeof(record_r->name)))
		return false;
	file->key = record_r->key;
	file->name = record_r->name;
	file->data = at;
	return true;
}
