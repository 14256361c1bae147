/* SPDX-License-Identifier: ISC */
/* The index from the history and state.db: every strand's tree is walked, what
 * the index lacks is opened, checked and read. Opening runs on all cores, as in
 * an import (reindex-job.c); the index is written beside. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "defms/crash.h"
#include "defms/strand.h"
#include "filing.h"
#include "index-strand.h"
#include "index-write.h"
#include "mailbox-parts.h"
#include "reindex-job.h"
#include "strand-links.h"
#include "strand-tip.h"

enum {
	JOBS = 256,
	JOB_BYTES = 48 << 20,
	JOB_GUESS = 16384,
	SHEAF = 4096, /* messages that are put in order before they are filed */
	SHEAF_BYTES = 32 << 20,
};

struct rebuild {
	struct mailbox *mailbox;   /* borrowed */
	struct reader *reader;     /* owned; its state has the transaction */
	struct filing *filing;     /* owned */
	struct filing_seats seats; /* owned, both */
	struct mill *mill;         /* owned */
	GPtrArray *sheaf; /* owned: struct reindex_job, read, not filed yet */
	size_t sheaf_bytes;
	bool anew;
	int64_t damaged; /* messages that could not be read */
};

static int by_serial(gconstpointer a, gconstpointer b)
{
	const struct reindex_job *const *x = a, *const *y = b;

	return ((*x)->serial > (*y)->serial) - ((*x)->serial < (*y)->serial);
}

/* File what was read, in the order it came in: a strand's tree is sorted by
 * id, and FTS5 ends a segment whenever a rowid is smaller than the last. */
static int file_sheaf(struct rebuild *rebuild, struct err *err)
{
	g_ptr_array_sort(rebuild->sheaf, by_serial);
	for (guint i = 0; i < rebuild->sheaf->len; i++) {
		struct reindex_job *job = g_ptr_array_index(rebuild->sheaf, i);
		struct index_entry entry = {
			.serial = job->serial,
			.strand = job->strand.serial,
			.object = job->stored.object,
			.pieces = job->stored.pieces,
		};

		if (filing_add(rebuild->filing, take(job->made), &entry, err) <
		    0)
			return -1;
	}
	g_ptr_array_set_size(rebuild->sheaf, 0);
	rebuild->sheaf_bytes = 0;
	return 0;
}

/* What is damaged is `check`'s to report, and the rest goes on. libgit2 takes
 * a pack that it cannot open for one that is not there: -1 if none can be
 * opened now, or `why` is of another kind. */
static int pass_over(struct rebuild *rebuild, const struct err *why,
		     struct err *err)
{
	const struct store *store = mailbox_store(rebuild->mailbox);
	AUTO(fd) int fd = -1;

	if (!err_is_damage(why))
		return err_set(err, why->code, "%s", why->text);
	fd = open(store_path(store), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", store_path(store));
	rebuild->damaged++;
	return 0;
}

/* What somebody else put into his chain and nobody can open was never a message
 * here. */
static int pass_by(struct rebuild *rebuild, const struct reindex_job *job,
		   struct err *err)
{
	int result = pass_over(rebuild, &job->err, err);

	if (result == 0 &&
	    !g_array_index(job->chains, struct union_entry, 0).is_own)
		rebuild->damaged--;
	return result;
}

/* A message that the index has is read from another strand since. */
static void restand(struct rebuild *rebuild, const struct reindex_job *job)
{
	struct index_entry entry = {
		.serial = job->serial,
		.strand = job->strand.serial,
		.id = job->stored.id,
		.object = job->stored.object,
		.pieces = job->stored.pieces,
	};

	filing_restand(rebuild->filing, &entry);
}

/* Take the oldest job: 1, 0 if there is none, -1. */
static int finish_job(struct rebuild *rebuild, struct err *err)
{
	struct reindex_job *job = mill_take(rebuild->mill);
	struct state_message message;
	int found;

	if (!job)
		return 0;
	if (job->failed) {
		int result = pass_by(rebuild, job, err);

		reindex_job_free(job);
		return result < 0 ? -1 : 1;
	}
	found = state_message_find(reader_state(rebuild->reader),
				   &job->made->hash, &message, err);
	/* The same message may stand in a strand that it was not filed in. */
	if (found <= 0 || message.strand != job->strand.serial) {
		reindex_job_free(job);
		return found < 0 ? -1 : 1;
	}
	job->serial = message.serial;
	found = rebuild->anew
			? 0
			: index_has(rebuild->seats.read, job->serial, err);
	if (found != 0) {
		if (found > 0)
			restand(rebuild, job);
		reindex_job_free(job);
		return found < 0 ? -1 : 1;
	}
	rebuild->sheaf_bytes += job->made->content->len + job->made->text->len;
	g_ptr_array_add(rebuild->sheaf, job);
	if (rebuild->sheaf->len >= SHEAF || rebuild->sheaf_bytes >= SHEAF_BYTES)
		return file_sheaf(rebuild, err) < 0 ? -1 : 1;
	return 1;
}

static int put_job(struct rebuild *rebuild, const struct state_strand *strand,
		   const struct union_entry *stored, guint count,
		   struct err *err)
{
	struct reindex_job *job = reindex_job_new(strand, stored, count);

	while (!mill_has_room(rebuild->mill))
		if (finish_job(rebuild, err) < 0) {
			reindex_job_free(job);
			return -1;
		}
	mill_put(rebuild->mill, job, JOB_GUESS);
	return 0;
}

/* Ids (of any strand) that the index has already. */
static int list_known(struct filing *filing, GHashTable *known, struct err *err)
{
	AUTO(array) GArray *ids = NULL;

	if (filing_ids(filing, &ids, err) < 0)
		return -1;
	for (guint i = 0; i < ids->len; i++)
		(void)g_hash_table_add(
			known,
			g_memdup2(&g_array_index(ids, struct message_id, i),
				  sizeof(struct message_id)));
	return 0;
}

/* A new index believes the history, not state.db, of what the owner decided. */
static int believe_links(struct rebuild *rebuild,
			 const struct state_strand *strand, struct err *err)
{
	AUTO(strand_tree) struct strand_tree *tree = NULL;
	struct err why;

	if (!rebuild->anew || object_id_is_null(&strand->tip))
		return 0;
	if (strand_tip_read(mailbox_store(rebuild->mailbox), &strand->tip,
			    &tree, &why) == 0 &&
	    strand_links_believe(rebuild->reader, strand, tree, &why) == 0)
		return 0;
	/* A tip that is damaged is counted where its messages are. */
	return !tree && err_is_damage(&why) ? 0 : pass_over(rebuild, &why, err);
}

/* Every chain of a strand, and what it has that the index lacks. */
static int walk_strand(struct rebuild *rebuild,
		       const struct state_strand *strand, GHashTable *known,
		       struct err *err)
{
	struct err why = { .code = ENOENT };
	AUTO(array) GArray *all = NULL;
	size_t damaged;
	guint count;

	if (strand_union_read(reader_state(rebuild->reader),
			      mailbox_store(rebuild->mailbox), strand, &all,
			      &damaged, err) < 0)
		return -1;
	while (damaged-- > 0)
		if (pass_over(rebuild, &why, err) < 0)
			return -1;
	if (believe_links(rebuild, strand, err) < 0)
		return -1;
	for (guint i = 0; i < all->len; i += count) {
		const struct union_entry *entry =
			&g_array_index(all, struct union_entry, i);

		count = strand_union_count(all, i);
		if (!g_hash_table_contains(known, &entry->entry.id) &&
		    put_job(rebuild, strand, entry, count, err) < 0)
			return -1;
	}
	return 0;
}

static int walk(struct rebuild *rebuild, struct err *err)
{
	AUTO(table)
	GHashTable *known = g_hash_table_new_full(
		message_id_hash, message_id_equal, g_free, NULL);
	AUTO(array) GArray *strands = NULL;
	int more;

	if (list_known(rebuild->filing, known, err) < 0 ||
	    state_strand_list(reader_state(rebuild->reader), &strands, err) < 0)
		return -1;
	for (guint i = 0; i < strands->len; i++)
		if (walk_strand(rebuild,
				&g_array_index(strands, struct state_strand, i),
				known, err) < 0)
			return -1;
	while ((more = finish_job(rebuild, err)) > 0)
		;
	return more < 0 ? -1 : file_sheaf(rebuild, err);
}

static void release(struct rebuild *rebuild)
{
	struct reindex_job *job;

	while (rebuild->mill && (job = mill_take(rebuild->mill)))
		reindex_job_free(job);
	mill_free(rebuild->mill);
	g_ptr_array_unref(rebuild->sheaf);
	filing_free(rebuild->filing);
	index_close(rebuild->seats.read);
	index_close(rebuild->seats.write);
	if (rebuild->reader)
		state_rollback(reader_state(rebuild->reader));
	reader_close(rebuild->reader);
}

/* The index with the number `generation` is the one in use. */
static int switch_to(struct state *state, int64_t generation, struct err *err)
{
	int64_t now;

	if (state_get(state, "index", &now, err) < 0)
		return -1;
	if (now == generation)
		return 0;
	if (state_begin(state, true, err) < 0 ||
	    state_set(state, "index", generation, err) < 0)
		return -1;
	return state_commit(state, err);
}

/* What was erased in them. */
static int forget_erased(struct rebuild *rebuild, struct err *err)
{
	AUTO(array) GArray *messages = NULL;

	if (filing_erased(rebuild->filing, &messages, err) < 0)
		return -1;
	for (guint i = 0; i < messages->len; i++)
		if (filing_erase(rebuild->filing,
				 g_array_index(messages, int64_t, i), err) < 0)
			return -1;
	return 0;
}

/* Threads that the batches which the index lacks changed otherwise. */
static int touch_noted(struct rebuild *rebuild, int64_t seq, struct err *err)
{
	struct state *state = reader_state(rebuild->reader);
	int64_t linked;

	if (state_get(state, STATE_LINKED, &linked, err) < 0)
		return -1;
	return filing_touch_noted(rebuild->filing, linked == seq, err);
}

/* Bring the index at `path` up to state.db, and make `generation` the one in
 * use. */
static int fill(struct rebuild *rebuild, const char *path, int64_t generation,
		struct err *err)
{
	struct mailbox *mailbox = rebuild->mailbox;
	AUTO(str) char *state_path = mailbox_state_path(mailbox);
	struct mill_work work = reindex_work(mailbox);
	struct state *state;
	int64_t seq, used;

	if (reader_open(mailbox, &rebuild->reader, err) < 0)
		return -1;
	state = reader_state(rebuild->reader);
	if (state_begin(state, true, err) < 0 ||
	    state_get(state, "index", &used, err) < 0 ||
	    state_get(state, "seq", &seq, err) < 0 ||
	    index_open(path, state_path, &rebuild->seats.read, err) < 0 ||
	    index_open(path, state_path, &rebuild->seats.write, err) < 0 ||
	    filing_begin(&rebuild->seats, state, &rebuild->filing, err) < 0)
		return -1;
	rebuild->mill = mill_new(&work, 0, JOBS, JOB_BYTES);
	/* A new index knows no threads but those of its messages, and believes
	 * the history, not state.db, of what the owner decided. */
	rebuild->anew = used != generation;
	if (rebuild->anew)
		filing_relink_all(rebuild->filing);
	if (!rebuild->anew && (touch_noted(rebuild, seq, err) < 0 ||
			       forget_erased(rebuild, err) < 0))
		return -1;
	if (walk(rebuild, err) < 0 ||
	    filing_settle(rebuild->filing, seq, err) < 0 ||
	    filing_recount(rebuild->filing, seq, err) < 0)
		return -1;
	/* Threads that it founded get their rows first, or others would be
	 * given their serials; then the index; then its number, so that
	 * state.db never names one that is not whole. */
	crash_point("reindex: before the threads are committed");
	if (state_commit(state, err) < 0)
		return -1;
	crash_point("reindex: before the index commits");
	if (filing_end(rebuild->filing, seq, err) < 0)
		return -1;
	crash_point("reindex: before the switch");
	return switch_to(state, generation, err);
}

static int fill_and_release(struct mailbox *mailbox, const char *path,
			    int64_t generation,
			    struct mailbox_reindexed *report_r, struct err *err)
{
	struct rebuild rebuild = {
		.mailbox = mailbox,
		.sheaf = g_ptr_array_new_with_free_func(reindex_job_free),
	};
	int result = fill(&rebuild, path, generation, err);

	if (result == 0 && report_r) {
		report_r->done = (int64_t)filing_count(rebuild.filing);
		report_r->damaged = rebuild.damaged;
	}
	release(&rebuild);
	return result;
}

static void remove_index(const char *path)
{
	static const char *const endings[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		AUTO(str) char *file = g_strconcat(path, endings[i], NULL);

		(void)unlink(file);
	}
}

/* Under the lock: a new index beside the old one, then the switch. */
static int rebuild_index(struct mailbox *mailbox, int64_t generation,
			 struct mailbox_reindexed *report_r, struct err *err)
{
	AUTO(str) char *old = mailbox_index_path(mailbox, generation);
	AUTO(str) char *path = mailbox_index_path(mailbox, generation + 1);

	remove_index(path);
	if (index_create(path, err) < 0)
		return -1;
	if (fill_and_release(mailbox, path, generation + 1, report_r, err) <
	    0) {
		remove_index(path);
		return -1;
	}
	remove_index(old);
	return 0;
}

/* Of the last batch it is noted which threads a decision of the owner is about.
 * Does the index lack an earlier one that had any? */
static int lost_links(struct mailbox *mailbox, int64_t generation,
		      struct err *err)
{
	AUTO(str) char *path = mailbox_index_path(mailbox, generation);
	AUTO(str) char *state_path = mailbox_state_path(mailbox);
	AUTO(index) struct index *index = NULL;
	AUTO(state) struct state *state = NULL;
	int64_t linked, seq, indexed;

	if (state_open(state_path, &state, err) < 0 ||
	    state_get(state, STATE_LINKED, &linked, err) < 0 ||
	    state_get(state, "seq", &seq, err) < 0 ||
	    index_open(path, state_path, &index, err) < 0 ||
	    index_seq(index, &indexed, err) < 0)
		return -1;
	return linked > indexed && linked != seq;
}

int mailbox_catch_up(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = NULL;
	enum index_standing standing;
	int64_t generation;
	int lost;

	if (mailbox_index_standing(mailbox, &standing, &generation, err) < 0)
		return -1;
	switch (standing) {
	case INDEX_CURRENT:
		return 0;
	case INDEX_BEHIND:
		lost = lost_links(mailbox, generation, err);
		if (lost < 0)
			return -1;
		if (lost)
			break;
		path = mailbox_index_path(mailbox, generation);
		return fill_and_release(mailbox, path, generation, NULL, err);
	case INDEX_MISSING:
	case INDEX_UNFIT:
		break;
	}
	return rebuild_index(mailbox, generation, NULL, err);
}

int mailbox_reindex(struct mailbox *mailbox, struct mailbox_reindexed *report_r,
		    struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(state) struct state *state = NULL;
	int64_t generation;
	int result;

	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	result = mailbox_replay(mailbox, err);
	if (result == 0)
		result = state_open(path, &state, err);
	if (result == 0)
		result = state_get(state, "index", &generation, err);
	if (result == 0)
		result = rebuild_index(mailbox, generation, report_r, err);
	mailbox_unlock(mailbox);
	return result;
}
