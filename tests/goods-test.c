/* SPDX-License-Identifier: ISC */
#include "goods-test.h"

#include "store-git.h"
#include "test.h"

struct goods *goods_new(struct store *store)
{
	struct goods *goods = g_new0(struct goods, 1);

	goods->store = store;
	goods->heads = g_array_new(FALSE, FALSE, sizeof(struct ref_move));
	goods->cards = g_ptr_array_new_with_free_func(g_free);
	goods->from = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	return goods;
}

void goods_free(struct goods *goods)
{
	g_array_unref(goods->heads);
	g_ptr_array_unref(goods->cards);
	g_array_unref(goods->from);
	g_free(goods);
}

struct goods *goods_of(struct box *box)
{
	struct goods *goods = goods_new(mailbox_store(box->mailbox));

	g_array_unref(goods->heads);
	CHECK_INT(store_list_refs(goods->store, &goods->heads, NULL), 0);
	g_ptr_array_add(goods->cards, g_strdup(identity_card(
					      mailbox_identity(box->mailbox))));
	return goods;
}

int goods_read(void *context, const struct object_id *id,
	       enum object_type *type_r, GByteArray *out, struct err *err)
{
	struct goods *goods = context;
	bool is_it = object_id_equal(id, &goods->spoiled);
	int found;

	goods->reads++;
	if (is_it && goods->how == SPOIL_DROP)
		return 0;
	if (is_it && goods->how == SPOIL_SWAP)
		id = &goods->other;
	found = store_read_any(goods->store, id, type_r, out, err);
	if (found > 0 && is_it && goods->how == SPOIL_FLIP && out->len > 0)
		out->data[out->len / 2] ^= 1;
	if (found > 0 && is_it && goods->how == SPOIL_CUT && out->len > 0)
		(void)g_byte_array_set_size(out, out->len / 2);
	return found;
}

void pull_from(struct box *box, struct goods *goods,
	       struct pull_report *report_r)
{
	struct offer offer = {
		.remote = "pool",
		.heads = goods->heads,
		.cards = goods->cards,
		.from = goods->from,
		.anybody = goods->anybody,
		.limit = 1 << 30,
		.read = goods_read,
		.context = goods,
	};
	struct err err = { 0 };

	if (pull_offer(box->mailbox, &offer, report_r, &err) < 0)
		die(&err);
}

void print_problems(const struct pull_report *report)
{
	for (guint i = 0; i < report->problems->len; i++)
		printf("# %s\n",
		       (const char *)g_ptr_array_index(report->problems, i));
}
