/* SPDX-License-Identifier: ISC */
#include "strand-union.h"

#include "test.h"

static void add(GArray *entries, uint8_t id, uint8_t object)
{
	struct union_entry entry = { .is_own = false };

	memset(&entry.entry.id, id, sizeof(entry.entry.id));
	memset(&entry.entry.object, object, sizeof(entry.entry.object));
	(void)g_array_append_val(entries, entry);
}

/* Ids 1 to `count`, each as often as its number says, modulo 4. */
static GArray *union_of(uint8_t count)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct union_entry));

	for (uint8_t id = 1; id <= count; id++)
		for (uint8_t i = 0; i < id % 4; i++)
			add(entries, id, i);
	return entries;
}

TEST(all_entries_of_a_message_are_found_and_no_other)
{
	for (uint8_t count = 0; count < 40; count++) {
		AUTO(array) GArray *entries = union_of(count);
		guint before = 0;

		for (uint8_t id = 0; id <= count + 1; id++) {
			guint want = id <= count ? id % 4 : 0, at = 0;
			struct message_id wanted;

			memset(&wanted, id, sizeof(wanted));
			CHECK_INT(strand_union_find(entries, &wanted, &at),
				  want);
			CHECK_INT(at, before);
			before += want;
		}
		CHECK_INT(before, entries->len);
	}
}
