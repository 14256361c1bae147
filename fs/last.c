/* SPDX-License-Identifier: ISC */
/* Whether there is anything after a serial is one probe of an index; between
 * yes and no, bisection finds the last. */
#include "last.h"

/* Is there anything after `serial`? 1/0/-1. */
typedef int probe_fn(struct work *work, const struct state_copy *box,
		     int64_t serial, struct err *err);

static int probe_copies(struct work *work, const struct state_copy *box,
			int64_t serial, struct err *err)
{
	struct state_copy after = *box;
	AUTO(array) GArray *copies = NULL;

	after.serial = serial;
	if (state_copy_range(work->state, &after, 1, &copies, err) < 0)
		return -1;
	return copies->len > 0;
}

static int probe_threads(struct work *work, const struct state_copy *box,
			 int64_t serial, struct err *err)
{
	AUTO(array) GArray *threads = NULL;

	(void)box;
	if (index_thread_range(work->index, serial, 1, &threads, err) < 0)
		return -1;
	return threads->len > 0;
}

/* The highest serial, if it is over *last: a few probes, not a scan. */
static int find_last(struct work *work, probe_fn *probe,
		     const struct state_copy *box, int64_t *last,
		     struct err *err)
{
	int64_t low = *last, high = UINT32_MAX;
	int more = probe(work, box, low, err);

	while (more >= 0 && low < high) {
		int64_t middle = low + (high - low) / 2;

		more = probe(work, box, middle, err);
		if (more > 0)
			low = middle + 1;
		else
			high = middle;
	}
	*last = low;
	return more < 0 ? -1 : 0;
}

int last_copy(struct work *work, int64_t folder, int64_t *last, struct err *err)
{
	struct state_copy box = { .folder = folder };

	if (find_last(work, probe_copies, &box, last, err) < 0)
		return -1;
	box.is_new = true;
	return find_last(work, probe_copies, &box, last, err);
}

int last_thread(struct work *work, int64_t *last, struct err *err)
{
	return find_last(work, probe_threads, NULL, last, err);
}
