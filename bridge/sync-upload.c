/* SPDX-License-Identifier: ISC */
/* Copies that no UID stands for go up, with their flags and the time when they
 * came. All that the server had is known by then, so that what went up before
 * a kill, without our having heard of it, has been met by its content. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "defms/crash.h"
#include "imap-append.h"
#include "sync-parts.h"

enum {
	CHANGES = 2000,  /* looked at in one go */
	RECORDED = 200,  /* answers noted in one transaction */
	HELD = 16 << 20, /* bytes on their way at once */
};

/* One on its way. */
struct going {
	struct state_imap_uid row; /* its UID is to be told */
	struct sync_folder *folder;
	GByteArray *bytes; /* owned */
};

struct uploading {
	struct sync *sync;
	GQueue going; /* owned: struct going, in the order of the answers */
	size_t held;  /* bytes of these */
	GArray *done; /* owned: struct state_imap_uid */
	struct reader *reader; /* borrowed */
};

static void free_going(gpointer data)
{
	struct going *going = data;

	if (going->bytes)
		(void)g_byte_array_unref(going->bytes);
	g_free(going);
}

/* -- bytes ----------------------------------------------------------------- */

/* The way back of what came with CRLF and is kept with LF: a CR before each
 * LF, whatever stands before it. */
static GByteArray *to_crlf(const GByteArray *raw)
{
	GByteArray *out = g_byte_array_sized_new(raw->len + raw->len / 32 + 2);
	const uint8_t *at = raw->data, *end = at + raw->len;

	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((lf ? lf : end) - at);

		(void)g_byte_array_append(out, at, (guint)size);
		if (lf)
			(void)g_byte_array_append(out, (const uint8_t *)"\r\n",
						  2);
		at = lf ? lf + 1 : end;
	}
	return out;
}

/* 1 and its bytes as they go, 0 if it is no longer here, -1. */
static int read_copy(struct uploading *uploading, int64_t serial,
		     struct state_copy *copy, GByteArray **bytes_r,
		     struct err *err)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	struct index *index = reader_index(uploading->reader, err);
	struct index_message message = { 0 };
	int found = state_copy_get(uploading->sync->state, serial, copy, err);

	if (!index)
		return -1;
	if (found > 0)
		found = index_message_get(index, copy->message, &message, err);
	if (found <= 0)
		return found;
	found = reader_raw(uploading->reader, &message, copy, raw, err) < 0 ? -1
									    : 1;
	index_message_release(&message);
	if (found > 0)
		*bytes_r = copy->crlf ? take(raw) : to_crlf(raw);
	return found;
}

/* Why one does not go up. */
static void tell(struct sync *sync, const struct sync_folder *folder,
		 int64_t copy, const char *why)
{
	AUTO(str) char *name = sync_name(sync, copy, "copy", copy);

	sync_problem(sync, folder, "%s: %s", name, why);
}

/* -- answers --------------------------------------------------------------- */

static int record(struct uploading *uploading, struct err *err)
{
	struct sync *sync = uploading->sync;

	if (uploading->done->len == 0)
		return 0;
	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < uploading->done->len; i++)
		if (state_imap_uid_put(sync->state,
				       &g_array_index(uploading->done,
						      struct state_imap_uid, i),
				       err) < 0) {
			ledger_undo(sync);
			return -1;
		}
	crash_point("imap: before what went up is known");
	if (ledger_commit(sync, err) < 0)
		return -1;
	g_array_set_size(uploading->done, 0);
	return 0;
}

static void note_answer(struct uploading *uploading,
			const struct imap_uploaded *answer)
{
	struct going *going = g_queue_pop_head(&uploading->going);
	struct sync *sync = uploading->sync;

	uploading->held -= going->bytes->len;
	if (answer->failed) {
		tell(sync, going->folder, going->row.copy, answer->text);
	} else {
		sync_count(sync, SYNC_UPLOADED, 1);
		going->row.uid = answer->uid;
		if (answer->uid != 0 &&
		    answer->uidvalidity == going->folder->row.uidvalidity)
			(void)g_array_append_val(uploading->done, going->row);
		else
			going->folder->again = true;
	}
	free_going(going);
}

/* 1 an answer came, 0 there is none to come, -1. */
static int take_answer(struct uploading *uploading, struct err *err)
{
	struct imap_uploaded answer = { 0 };
	int more = imap_append_next(uploading->sync->imap, &answer, err);

	if (more <= 0)
		return more;
	crash_point("imap: after APPEND");
	note_answer(uploading, &answer);
	if (uploading->done->len >= crash_batch(RECORDED) &&
	    record(uploading, err) < 0)
		return -1;
	return 1;
}

static int take_answers(struct uploading *uploading, struct err *err)
{
	int more;

	while ((more = take_answer(uploading, err)) > 0)
		;
	return more;
}

/* -- going up -------------------------------------------------------------- */

static int send_bytes(struct uploading *uploading, struct going *going,
		      const struct state_copy *copy, struct err *err)
{
	struct sync *sync = uploading->sync;
	struct imap_upload upload = {
		.raw = going->folder->row.raw,
		.data = going->bytes->data,
		.size = going->bytes->len,
		.flags = copy->flags & going->folder->flags,
		.keywords = "",
		.received = copy->received,
		.serial = copy->serial,
	};

	while (uploading->held > 0 && (!imap_append_has_room(sync->imap) ||
				       uploading->held + upload.size > HELD)) {
		int more = take_answer(uploading, err);

		if (more < 0)
			return -1;
		if (more == 0)
			break;
	}
	crash_point("imap: before APPEND");
	g_queue_push_tail(&uploading->going, going);
	uploading->held += upload.size;
	return imap_append(sync->imap, &upload, err);
}

static int send_one(struct uploading *uploading, struct sync_folder *folder,
		    const struct state_imap_change *change, struct err *err)
{
	struct going *going = g_new0(struct going, 1);
	struct state_copy copy;
	int found =
		read_copy(uploading, change->copy, &copy, &going->bytes, err);

	going->folder = folder;
	going->row.folder = folder->row.serial;
	going->row.copy = change->copy;
	going->row.flags = copy.flags;
	if (found > 0 && !memchr(going->bytes->data, 0, going->bytes->len))
		return send_bytes(uploading, going, &copy, err);
	if (found > 0)
		tell(uploading->sync, folder, change->copy,
		     "it has a NUL, which IMAP cannot carry");
	if (found < 0 && err->code == EBADMSG) {
		tell(uploading->sync, folder, change->copy, err->text);
		found = 0;
	}
	free_going(going);
	return found < 0 ? -1 : 0;
}

/* The folder whose server it goes to; NULL: none of this account's. */
static struct sync_folder *choose_folder(struct sync *sync,
					 const struct state_imap_change *change)
{
	struct sync_folder *folder;

	if (!change->here || change->row.uid != 0 || change->gone)
		return NULL;
	folder = sync_folder_here(sync, change->folder);
	if (!folder || folder->failed || folder->again || !folder->there ||
	    !folder->known)
		return NULL;
	return folder;
}

static int count_some(struct sync *sync, int64_t *after, struct err *err)
{
	AUTO(array) GArray *changes = NULL;

	if (state_imap_changes(sync->state, *after, CHANGES, &changes, err) < 0)
		return -1;
	for (guint i = 0; i < changes->len; i++) {
		const struct state_imap_change *change =
			&g_array_index(changes, struct state_imap_change, i);
		struct sync_folder *folder = choose_folder(sync, change);

		*after = change->copy;
		if (folder)
			folder->uploads++;
	}
	return changes->len > 0;
}

static int judge_folder(struct sync *sync, struct sync_folder *folder,
			struct err *err)
{
	struct state_imap_folder row;
	int found = state_imap_folder_get(sync->state, folder->row.serial, &row,
					  err);

	if (found <= 0 || !plan_is_flood(folder->uploads, row.messages))
		return found < 0 ? -1 : 0;
	folder->is_held = true;
	sync_problem(sync, folder,
		     "%" PRId64 " messages here are not on the server, which "
		     "has %" PRId64 "; none is uploaded without --force",
		     folder->uploads, row.messages);
	return 0;
}

/* Folders that so much would go up to that somebody has to say yes. */
static int hold_floods(struct sync *sync, struct err *err)
{
	int64_t after = 0;
	int more;

	do {
		more = count_some(sync, &after, err);
	} while (more > 0);
	for (guint i = 0; i < sync->folders->len && more == 0; i++)
		more = judge_folder(sync, sync->folders->pdata[i], err);
	return more;
}

static int forget(struct sync *sync, const GArray *serials, struct err *err)
{
	if (serials->len == 0 || sync->options->dry_run)
		return 0;
	if (ledger_begin(sync, err) < 0)
		return -1;
	for (guint i = 0; i < serials->len; i++)
		if (state_imap_settle(sync->state,
				      g_array_index(serials, int64_t, i),
				      err) < 0) {
			ledger_undo(sync);
			return -1;
		}
	return ledger_commit(sync, err);
}

/* 1 if there may be more behind *after. */
static int upload_some(struct uploading *uploading, int64_t *after,
		       struct err *err)
{
	AUTO(array) GArray *idle = g_array_new(FALSE, FALSE, sizeof(int64_t));
	AUTO(array) GArray *changes = NULL;
	struct sync *sync = uploading->sync;

	if (state_imap_changes(sync->state, *after,
			       (int64_t)crash_batch(CHANGES), &changes,
			       err) < 0)
		return -1;
	for (guint i = 0; i < changes->len; i++) {
		const struct state_imap_change *change =
			&g_array_index(changes, struct state_imap_change, i);
		struct sync_folder *folder = choose_folder(sync, change);

		if (sync_go_on(sync, err) < 0)
			return -1;
		*after = change->copy;
		if (folder && folder->is_held)
			continue;
		if (!folder)
			(void)g_array_append_val(idle, change->copy);
		else if (sync->options->dry_run)
			sync_count(sync, SYNC_UPLOADED, 1);
		else if (send_one(uploading, folder, change, err) < 0)
			return -1;
	}
	if (forget(sync, idle, err) < 0)
		return -1;
	return changes->len > 0;
}

static int upload_all(struct uploading *uploading, struct err *err)
{
	int64_t after = 0;
	int more;

	do {
		more = upload_some(uploading, &after, err);
	} while (more > 0);
	return more;
}

int sync_upload(struct sync *sync, struct err *err)
{
	struct uploading uploading = { .sync = sync, .reader = sync->reader };
	int result;

	if (!sync->options->force && hold_floods(sync, err) < 0)
		return -1;
	g_queue_init(&uploading.going);
	uploading.done =
		g_array_new(FALSE, FALSE, sizeof(struct state_imap_uid));
	result = upload_all(&uploading, err);
	if (result == 0)
		result = take_answers(&uploading, err);
	/* What is known to be there is noted, whatever went wrong then. */
	if (record(&uploading, result < 0 ? NULL : err) < 0)
		result = -1;
	g_queue_clear_full(&uploading.going, free_going);
	g_array_unref(uploading.done);
	return result;
}
