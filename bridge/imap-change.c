/* SPDX-License-Identifier: ISC */
/* Changing messages of the selected folder. */
#include "imap-change.h"

#include <errno.h>

#include "defms/state.h"

#include "imap-parts.h"

void imap_print_flags(GString *out, unsigned flags, const char *keywords)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ FLAG_SEEN, "\\Seen" },       { FLAG_ANSWERED, "\\Answered" },
		{ FLAG_FLAGGED, "\\Flagged" }, { FLAG_DELETED, "\\Deleted" },
		{ FLAG_DRAFT, "\\Draft" },     { FLAG_FORWARDED, "$Forwarded" },
	};
	const char *between = "";

	g_string_append(out, " (");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		g_string_append_printf(out, "%s%s", between, names[i].name);
		between = " ";
	}
	if (keywords && *keywords)
		g_string_append_printf(out, "%s%s", between, keywords);
	(void)g_string_append_c(out, ')');
}

/* -- flags ----------------------------------------------------------------- */

static bool is_nothing(unsigned flags, const char *keywords)
{
	return flags == 0 && (!keywords || !*keywords);
}

static void add_store(struct imap_job *job, const struct imap_set *uids,
		      uint64_t unchanged_since, const char *verb,
		      const GString *flags)
{
	AUTO(gstring) GString *after = g_string_new("");

	if (unchanged_since > 0)
		g_string_append_printf(
			after, " (UNCHANGEDSINCE %" G_GUINT64_FORMAT ")",
			unchanged_since);
	g_string_append_printf(after, " %s.SILENT%s", verb, flags->str);
	imap_job_add(job, "UID STORE", uids, after->str);
}

/* The part of a change that adds, or the one that removes. The first of two
 * makes its messages newer than `unchanged_since`, so the other asks no more:
 * it leaves out what the first one was not done to. */
static void add_part(struct imap_job *job, const struct imap_change *change,
		     bool adding, const struct imap_set *kept)
{
	bool second = !adding && !is_nothing(change->add, change->add_keywords);
	unsigned bits = adding ? change->add : change->remove;
	const char *keywords =
		adding ? change->add_keywords : change->remove_keywords;
	AUTO(gstring) GString *flags = g_string_new("");
	AUTO(imap_set) struct imap_set *uids = NULL;

	if (is_nothing(bits, keywords))
		return;
	imap_print_flags(flags, bits, keywords);
	uids = imap_set_new();
	imap_set_add_set(uids, change->uids);
	if (second)
		imap_set_subtract(uids, kept);
	add_store(job, uids, second ? 0 : change->unchanged_since,
		  adding ? "+FLAGS" : "-FLAGS", flags);
}

/* A job of STOREs; what is left alone for having changed goes into `kept`. */
static int store(struct imap *imap, struct imap_job *job, struct imap_set *kept,
		 struct err *err)
{
	struct imap_response response;
	int more;

	while ((more = imap_job_next(imap, job, &response, err)) > 0)
		if (response.code == IMAP_CODE_MODIFIED)
			imap_set_add_set(kept, response.uids);
	return more;
}

int imap_store(struct imap *imap, const struct imap_change *changes,
	       size_t count, struct imap_set *kept, struct err *err)
{
	AUTO(imap_set) struct imap_set *mine = imap_set_new();

	imap_step(imap, "store");
	for (int adding = 1; adding >= 0; adding--) {
		AUTO(imap_job)
		struct imap_job job = { .lines = g_string_new(""),
					.lenient = true };

		for (size_t i = 0; i < count; i++)
			add_part(&job, &changes[i], adding, mine);
		if (store(imap, &job, mine, err) < 0)
			return -1;
	}
	if (kept)
		imap_set_add_set(kept, mine);
	return 0;
}

/* -- other folders --------------------------------------------------------- */

/* The number `at` of those that some ranges hold, in their order. */
struct walk {
	const GArray *ranges;
	size_t at;
	uint32_t passed; /* of range `at` */
};

static bool walk_next(struct walk *walk, uint32_t *uid_r)
{
	const struct imap_range *range;

	if (walk->at == walk->ranges->len)
		return false;
	range = &g_array_index(walk->ranges, struct imap_range, walk->at);
	*uid_r = range->first + walk->passed;
	walk->passed++;
	if (*uid_r == range->last) {
		walk->at++;
		walk->passed = 0;
	}
	return true;
}

static uint64_t count_of(const GArray *ranges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < ranges->len; i++) {
		const struct imap_range *range =
			&g_array_index(ranges, struct imap_range, i);

		count += (uint64_t)range->last - range->first + 1;
	}
	return count;
}

/* [COPYUID 38505 304,319:320 3956:3958]; one that does not fit what was asked
 * for was not told. */
static void take_moved(const struct imap_response *response,
		       const struct imap_set *uids, GArray *moved)
{
	struct walk from = { response->from, 0, 0 };
	struct walk to = { response->to, 0, 0 };
	struct imap_moved pair;
	uint64_t count = count_of(response->from);

	if (count != count_of(response->to) || count > imap_set_count(uids))
		return;
	while (walk_next(&from, &pair.from) && walk_next(&to, &pair.to))
		if (imap_set_has(uids, pair.from))
			(void)g_array_append_val(moved, pair);
}

/* "UID COPY set "name"", or MOVE. */
static int carry(struct imap *imap, const char *verb,
		 const struct imap_set *uids, const char *raw, GArray *moved,
		 struct err *err)
{
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	AUTO(gstring) GString *after = g_string_new(" ");
	struct imap_response response;
	int more;

	imap_quote(after, raw);
	imap_job_add(&job, verb, uids, after->str);
	while ((more = imap_job_next(imap, &job, &response, err)) > 0)
		if (response.code == IMAP_CODE_COPYUID)
			take_moved(&response, uids, moved);
	return more;
}

int imap_copy(struct imap *imap, const struct imap_set *uids, const char *raw,
	      GArray *moved, struct err *err)
{
	imap_step(imap, "copy to %s", raw);
	return carry(imap, "UID COPY", uids, raw, moved, err);
}

int imap_move(struct imap *imap, const struct imap_set *uids, const char *raw,
	      GArray *moved, struct imap_set *left, struct err *err)
{
	imap_step(imap, "move to %s", raw);
	if (imap->can & IMAP_CAN_MOVE)
		return carry(imap, "UID MOVE", uids, raw, moved, err);
	if (carry(imap, "UID COPY", uids, raw, moved, err) < 0)
		return -1;
	return imap_delete(imap, uids, left, err);
}

/* -- deleting -------------------------------------------------------------- */

/* What is marked \Deleted and is none of `uids`. */
static int others_marked(struct imap *imap, const struct imap_set *uids,
			 struct imap_set *others, struct err *err)
{
	if (imap_search(imap, "DELETED", others, err) < 0)
		return -1;
	imap_set_subtract(others, uids);
	return 0;
}

int imap_delete(struct imap *imap, const struct imap_set *uids,
		struct imap_set *left, struct err *err)
{
	const struct imap_change mark = { .uids = uids, .add = FLAG_DELETED };
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	AUTO(imap_set) struct imap_set *others = imap_set_new();

	if (imap_set_is_empty(uids))
		return 0;
	if (imap_store(imap, &mark, 1, NULL, err) < 0)
		return -1;
	imap_step(imap, "expunge");
	if (imap->can & IMAP_CAN_UIDPLUS) {
		imap_job_add(&job, "UID EXPUNGE", uids, "");
		return imap_job_run(imap, &job, err);
	}
	if (others_marked(imap, uids, others, err) < 0)
		return -1;
	if (imap_set_is_empty(others))
		return imap_run(imap, "EXPUNGE", err);
	if (left)
		imap_set_add_set(left, uids);
	return 0;
}
