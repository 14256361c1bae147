/* SPDX-License-Identifier: ISC */
/* What of an offer is to be judged. */
#include <string.h>

#include "pull-head.h"

gint pull_compare_places(gconstpointer a, gconstpointer b)
{
	const struct ref_move *x = a, *y = b;
	int order = memcmp(&x->strand, &y->strand, sizeof(x->strand));

	return order ? order
		     : memcmp(&x->device, &y->device, sizeof(x->device));
}

guint pull_find_first(const GArray *heads, const struct ref_move *place)
{
	guint first = 0, end = heads->len;

	while (first < end) {
		guint middle = first + (end - first) / 2;

		if (pull_compare_places(
			    &g_array_index(heads, struct ref_move, middle),
			    place) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* Is it what state.db has? 1/0/-1. */
static int is_known(const struct mailbox *mailbox, struct state *state,
		    const struct ref_move *at, struct err *err)
{
	struct device_id own = identity_device(mailbox_identity(mailbox));
	struct pull_head head = { .at = *at };
	int result = 0;

	head.forks = g_array_new(FALSE, FALSE, sizeof(struct state_fork));
	if (pull_find_known(state, &own, &head, err) < 0)
		result = -1;
	else
		result = object_id_equal(&head.known.tip, &at->tip);
	g_array_unref(head.forks);
	return result;
}

int pull_list_new(const struct mailbox *mailbox, struct state *state,
		  const struct offer *offer, GArray *heads, struct err *err)
{
	AUTO(array) GArray *sorted = g_array_copy(offer->heads);
	const struct ref_move *last = NULL;
	size_t strands = 0;

	g_array_sort(sorted, pull_compare_places);
	for (guint i = 0; i < sorted->len; i++) {
		const struct ref_move *at =
			&g_array_index(sorted, struct ref_move, i);
		int known;

		if (!last ||
		    memcmp(&last->strand, &at->strand, sizeof(at->strand)) != 0)
			strands++;
		last = at;
		if (strands > PULL_STRANDS)
			return 0;
		known = is_known(mailbox, state, at, err);
		if (known < 0)
			return -1;
		if (known == 0)
			(void)g_array_append_val(heads, *at);
	}
	return 1;
}
