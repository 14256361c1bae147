/* SPDX-License-Identifier: ISC */
#include "imap-set.h"

#include <inttypes.h>

static struct imap_range *range_at(const struct imap_set *set, size_t at)
{
	return &g_array_index(set->ranges, struct imap_range, at);
}

/* The number of the first range that ends at `uid` or behind it. */
static size_t lower_bound(const struct imap_set *set, uint32_t uid)
{
	size_t low = 0, high = set->ranges->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (range_at(set, middle)->last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct imap_set *imap_set_new(void)
{
	struct imap_set *set = g_new(struct imap_set, 1);

	set->ranges = g_array_new(FALSE, FALSE, sizeof(struct imap_range));
	return set;
}

void imap_set_free(struct imap_set *set)
{
	if (!set)
		return;
	g_array_unref(set->ranges);
	g_free(set);
}

void imap_set_clear(struct imap_set *set)
{
	(void)g_array_set_size(set->ranges, 0);
}

void imap_set_add(struct imap_set *set, uint32_t uid)
{
	imap_set_add_range(set, uid, uid);
}

/* Add a range that touches ranges from number `at` on, or none. */
static void merge(struct imap_set *set, size_t at, struct imap_range range)
{
	size_t count = 0;

	while (at + count < set->ranges->len &&
	       (range.last == UINT32_MAX ||
		range_at(set, at + count)->first <= range.last + 1)) {
		const struct imap_range *old = range_at(set, at + count);

		range.first = MIN(range.first, old->first);
		range.last = MAX(range.last, old->last);
		count++;
	}
	if (!count) {
		(void)g_array_insert_val(set->ranges, (guint)at, range);
		return;
	}
	*range_at(set, at) = range;
	if (count > 1)
		(void)g_array_remove_range(set->ranges, (guint)at + 1,
					   (guint)count - 1);
}

void imap_set_add_range(struct imap_set *set, uint32_t first, uint32_t last)
{
	struct imap_range range = { first, last };
	struct imap_range *tail =
		set->ranges->len ? range_at(set, set->ranges->len - 1) : NULL;

	if (!tail || (tail->last < first && tail->last + 1 < first))
		(void)g_array_append_val(set->ranges, range);
	else if (tail->first <= first)
		tail->last = MAX(tail->last, last);
	else
		merge(set, lower_bound(set, first ? first - 1 : 0), range);
}

static gint compare_ranges(gconstpointer a, gconstpointer b)
{
	const struct imap_range *one = a, *other = b;

	return (one->first > other->first) - (one->first < other->first);
}

void imap_set_add_ranges(struct imap_set *set, const GArray *ranges)
{
	AUTO(array) GArray *all = set->ranges;

	(void)g_array_append_vals(all, ranges->data, ranges->len);
	g_array_sort(all, compare_ranges);
	set->ranges = g_array_sized_new(FALSE, FALSE, sizeof(struct imap_range),
					all->len);
	for (size_t i = 0; i < all->len; i++) {
		struct imap_range next =
			g_array_index(all, struct imap_range, i);

		imap_set_add_range(set, next.first, next.last);
	}
}

void imap_set_add_set(struct imap_set *set, const struct imap_set *more)
{
	imap_set_add_ranges(set, more->ranges);
}

void imap_set_subtract(struct imap_set *set, const struct imap_set *less)
{
	GArray *left = g_array_new(FALSE, FALSE, sizeof(struct imap_range));
	size_t j = 0;

	for (size_t i = 0; i < set->ranges->len; i++) {
		struct imap_range range = *range_at(set, i), part;
		bool rest = true;

		while (j < less->ranges->len &&
		       range_at(less, j)->last < range.first)
			j++;
		for (size_t k = j; rest && k < less->ranges->len &&
				   range_at(less, k)->first <= range.last;
		     k++) {
			const struct imap_range *out = range_at(less, k);

			part = (struct imap_range){ range.first,
						    out->first - 1 };
			if (out->first > range.first)
				(void)g_array_append_val(left, part);
			rest = out->last < range.last;
			range.first = rest ? out->last + 1 : range.first;
		}
		if (rest)
			(void)g_array_append_val(left, range);
	}
	g_array_unref(set->ranges);
	set->ranges = left;
}

bool imap_set_has(const struct imap_set *set, uint32_t uid)
{
	size_t at = lower_bound(set, uid);

	return at < set->ranges->len && range_at(set, at)->first <= uid;
}

bool imap_set_is_empty(const struct imap_set *set)
{
	return set->ranges->len == 0;
}

uint64_t imap_set_count(const struct imap_set *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->ranges->len; i++)
		count += (uint64_t)range_at(set, i)->last -
			 range_at(set, i)->first + 1;
	return count;
}

int imap_set_next(const struct imap_set *set, uint32_t after, uint32_t *uid_r)
{
	size_t at;

	if (after == UINT32_MAX)
		return 0;
	at = lower_bound(set, after + 1);
	if (at == set->ranges->len)
		return 0;
	*uid_r = MAX(after + 1, range_at(set, at)->first);
	return 1;
}

bool imap_set_print(const struct imap_set *set, size_t *range, size_t most,
		    GString *out)
{
	enum { LONGEST = sizeof(",4294967295:4294967295") - 1 };
	size_t start = out->len;

	if (*range >= set->ranges->len)
		return false;
	do {
		const struct imap_range *next = range_at(set, *range);

		if (out->len > start)
			(void)g_string_append_c(out, ',');
		g_string_append_printf(out, "%" PRIu32, next->first);
		if (next->last > next->first)
			g_string_append_printf(out, ":%" PRIu32, next->last);
	} while (++*range < set->ranges->len &&
		 out->len - start + LONGEST <= most);
	return true;
}
