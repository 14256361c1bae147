/* SPDX-License-Identifier: ISC */
/* Of the copies of one message in one folder that look alike, an import meets
 * one after the other, by serial: the same bytes twice in a source are two
 * copies, but once again none. A message may have thousands (a list's
 * administrator has), so where the last one stood is kept for the batch. */
#include "batch-meet.h"

#include <errno.h>
#include <string.h>

/* All copies that look so are met, up to serial `upto`. */
struct met {
	int64_t message, folder, look;
	int64_t upto;
};

struct meeting {
	struct reader *reader; /* borrowed */
	GHashTable *met;       /* owned: struct met */
};

static guint met_hash(gconstpointer key)
{
	const struct met *met = key;

	return (guint)(met->message ^ met->folder ^ met->look);
}

static gboolean met_equal(gconstpointer a, gconstpointer b)
{
	const struct met *x = a, *y = b;

	return x->message == y->message && x->folder == y->folder &&
	       x->look == y->look;
}

struct meeting *meeting_new(struct reader *reader)
{
	struct meeting *meeting = g_new0(struct meeting, 1);

	meeting->reader = reader;
	meeting->met = g_hash_table_new_full(met_hash, met_equal, g_free, NULL);
	return meeting;
}

void meeting_free(struct meeting *meeting)
{
	if (!meeting)
		return;
	g_hash_table_unref(meeting->met);
	g_free(meeting);
}

static struct met *find_met(struct meeting *meeting,
			    const struct state_copy *like, int64_t look)
{
	struct met key = { like->message, like->folder, look, 0 };
	struct met *met = g_hash_table_lookup(meeting->met, &key);

	if (!met) {
		met = g_memdup2(&key, sizeof(key));
		(void)g_hash_table_add(meeting->met, met);
	}
	return met;
}

/* Does a copy have the same trace? 1/0/-1. */
static int same_trace(struct meeting *meeting, const struct state_copy *copy,
		      const struct arrival_made *made, struct err *err)
{
	AUTO(bytes) GByteArray *trace = g_byte_array_new();
	size_t size = made->trace ? made->trace->len : 0;
	struct err bad = { 0 };

	/* A trace that cannot be read is not the same, nor the end of all. */
	if (reader_trace(meeting->reader, copy->serial, trace, &bad) < 0)
		return bad.code == EBADMSG
			       ? 0
			       : err_set(err, bad.code, "%s", bad.text);
	return trace->len == size &&
	       (size == 0 || memcmp(trace->data, made->trace->data, size) == 0);
}

/* Does a copy have these very bytes? 1/0/-1. */
static int same_bytes(struct meeting *meeting, const struct state_copy *copy,
		      const struct arrival_made *made, struct err *err)
{
	if (copy->raw_size != made->raw_size || copy->crlf != made->crlf)
		return 0;
	return same_trace(meeting, copy, made, err);
}

int meeting_look(struct meeting *meeting, const struct state_copy *like,
		 const struct arrival_made *made, GHashTable *seen,
		 struct err *err)
{
	struct met *met = find_met(meeting, like, made->look);
	int same = 0;

	while (same == 0) {
		struct state_copy key = { .message = like->message,
					  .folder = like->folder,
					  .look = made->look,
					  .serial = met->upto };
		struct state_copy copy;
		int found = state_copy_alike(reader_state(meeting->reader),
					     &key, &copy, err);

		if (found <= 0)
			return found;
		met->upto = copy.serial;
		if (g_hash_table_contains(seen, &copy.serial))
			continue;
		same = same_bytes(meeting, &copy, made, err);
		if (same > 0)
			(void)g_hash_table_add(
				seen,
				g_memdup2(&copy.serial, sizeof(copy.serial)));
	}
	return same;
}

/* The first of `serials` that is the same. 1/0/-1. */
static int first_same(struct meeting *meeting, const GArray *serials,
		      const struct arrival_made *made,
		      struct state_copy *copy_r, struct err *err)
{
	int same = 0;

	for (guint i = 0; i < serials->len && same == 0; i++) {
		int64_t serial = g_array_index(serials, int64_t, i);

		same = state_copy_get(reader_state(meeting->reader), serial,
				      copy_r, err);
		if (same > 0)
			same = same_trace(meeting, copy_r, made, err);
	}
	return same;
}

int meeting_unbound(struct meeting *meeting, const struct arrival *arrival,
		    const struct state_copy *wanted, struct state_copy *copy_r,
		    struct err *err)
{
	const struct arrival_made *made = arrival->made;
	struct state *state = reader_state(meeting->reader);
	struct state_imap_folder there;
	int found =
		state_imap_folder_get(state, arrival->imap_folder, &there, err);
	int same = 0;

	if (found <= 0)
		return found;
	there.folder = wanted->folder;
	for (int crlf = 0; crlf < 2 && same == 0; crlf++) {
		struct state_copy like = {
			.message = wanted->message,
			.look = arrival_look(made, crlf != 0),
		};
		AUTO(array) GArray *serials = NULL;

		if (state_imap_unbound(state, &there, &like, &serials, err) < 0)
			return -1;
		same = first_same(meeting, serials, made, copy_r, err);
	}
	return same;
}
