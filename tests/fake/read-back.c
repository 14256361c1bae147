/* SPDX-License-Identifier: ISC */
/* read-back [SECONDS]	read every copy in the mailbox whole, from its store,
 *			and print a line for each:
 *				FOLDER cur|new FLAGS BASE SHA256
 *			then one for each thread that is shown:
 *				thread NAME SERIALS-OF-ITS-MESSAGES
 *			With SECONDS, do so again and again, silently.
 *
 * read-back refs	is every ref at the tip that state.db says?
 *
 * Exit status 1 and a line on stderr if anything cannot be read, or is not
 * where the index and state.db say. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "defms/index.h"
#include "defms/reader.h"
#include "defms/ref.h"
#include "defms/state-chains.h"
#include "defms/state-threads.h"

static int fail(const char *where, const struct err *err)
{
	(void)fprintf(stderr, "read-back: %s: %s\n", where, err->text);
	return -1;
}

static int read_copy(struct reader *reader, const struct state_folder *folder,
		     const struct state_copy *copy, GString *out)
{
	AUTO(bytes) GByteArray *raw = g_byte_array_new();
	AUTO(str) char *sum = NULL;
	struct index_message message = { 0 };
	struct index *index;
	struct err err = { 0 };
	int found, result;

	index = reader_index(reader, &err);
	if (!index)
		return fail("index", &err);
	found = index_message_get(index, copy->message, &message, &err);
	if (found <= 0) {
		(void)fprintf(stderr, "read-back: message %d %s\n",
			      (int)copy->message,
			      found ? err.text : "is not in the index");
		return -1;
	}
	result = reader_raw(reader, &message, copy, raw, &err);
	if (result == 0 && raw->len != copy->raw_size)
		result = err_set(&err, EBADMSG, "it has another size");
	if (result == 0 && message.thread == 0)
		result = err_set(&err, EBADMSG, "it is in no thread");
	if (result < 0)
		(void)fail(message.name, &err);
	index_message_release(&message);
	if (result < 0)
		return -1;
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, raw->data,
					  raw->len);
	g_string_append_printf(out, "%s %s %u %s %s\n", folder->name,
			       copy->is_new ? "new" : "cur", copy->flags,
			       copy->base[0] ? copy->base : "-", sum);
	return 0;
}

static int read_part(struct reader *reader, const struct state_folder *folder,
		     bool is_new, GString *out)
{
	struct state_copy after = { .folder = folder->serial,
				    .is_new = is_new };
	struct err err;

	for (;;) {
		AUTO(array) GArray *copies = NULL;

		if (state_copy_range(reader_state(reader), &after, 100, &copies,
				     &err) < 0)
			return fail("copies", &err);
		if (copies->len == 0)
			return 0;
		for (guint i = 0; i < copies->len; i++) {
			after = g_array_index(copies, struct state_copy, i);
			if (read_copy(reader, folder, &after, out) < 0)
				return -1;
		}
	}
}

static int read_folders(struct reader *reader, GString *out)
{
	struct state_folder folder = { 0 };
	struct err err;
	int more;

	while ((more = state_folder_next(reader_state(reader), folder.serial,
					 &folder, &err)) > 0)
		if (read_part(reader, &folder, true, out) < 0 ||
		    read_part(reader, &folder, false, out) < 0)
			return -1;
	return more < 0 ? fail("folders", &err) : 0;
}

static int read_thread(struct index *index, const struct index_thread *thread,
		       struct state *state, GString *out)
{
	AUTO(array) GArray *serials = NULL;
	struct state_thread row;
	struct err err;
	int found = state_thread_get(state, thread->serial, &row, &err);

	if (found == 0) {
		(void)fprintf(stderr, "read-back: thread %d has no row\n",
			      (int)thread->serial);
		return -1;
	}
	if (found < 0 || index_message_order(index, thread->serial, INT64_MAX,
					     &serials, &err) < 0)
		return fail("thread", &err);
	g_string_append_printf(out, "thread %s", thread->name);
	if (thread->joined)
		g_string_append_printf(out, " joined %d", (int)thread->joined);
	for (guint i = 0; i < serials->len; i++)
		g_string_append_printf(out, " %d",
				       (int)g_array_index(serials, int64_t, i));
	(void)g_string_append_c(out, '\n');
	return 0;
}

static int read_threads(struct reader *reader, GString *out)
{
	AUTO(array) GArray *threads = NULL;
	struct err err;
	struct index *index = reader_index(reader, &err);

	if (!index || index_thread_range(index, 0, 1000000, &threads, &err) < 0)
		return fail("threads", &err);
	for (guint i = 0; i < threads->len; i++)
		if (read_thread(index,
				&g_array_index(threads, struct index_thread, i),
				reader_state(reader), out) < 0)
			return -1;
	return 0;
}

static int read_all(struct config *config, bool once)
{
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	AUTO(reader) struct reader *reader = NULL;
	AUTO(gstring) GString *out = g_string_new(NULL);
	struct err err;

	if (mailbox_open(config, &mailbox, &err) < 0 ||
	    reader_open(mailbox, &reader, &err) < 0)
		return fail("mailbox", &err);
	/* While others write, state.db may be ahead of the index. */
	if (once ? read_folders(reader, out) < 0 ||
			    read_threads(reader, out) < 0
		 : read_threads(reader, out) < 0)
		return -1;
	if (once)
		(void)fputs(out->str, stdout);
	return 0;
}

/* The tip that a ref has; null if there is none. */
static struct object_id find_tip(const GArray *refs, const struct strand_id *id,
				 const struct device_id *device)
{
	struct object_id none = { { 0 } };

	for (guint i = 0; i < refs->len; i++) {
		const struct ref_move *ref =
			&g_array_index(refs, struct ref_move, i);

		if (memcmp(&ref->strand, id, sizeof(*id)) == 0 &&
		    memcmp(&ref->device, device, sizeof(*device)) == 0)
			return ref->tip;
	}
	return none;
}

/* Of one strand: this device's chain, and those of others. */
static int compare_strand(struct mailbox *mailbox, struct state *state,
			  const struct state_strand *strand, const GArray *refs)
{
	struct device_id own = identity_device(mailbox_identity(mailbox));
	AUTO(array) GArray *tips = NULL;
	struct err err;

	if (state_tip_list(state, strand, &tips, &err) < 0)
		return fail("tips", &err);
	for (guint i = 0; i < tips->len; i++) {
		const struct state_chain *chain =
			&g_array_index(tips, struct state_chain, i);
		bool mine = object_id_equal(&chain->tip, &strand->tip);
		struct object_id tip = find_tip(refs, &strand->id,
						mine ? &own : &chain->device);

		if (!object_id_equal(&tip, &chain->tip)) {
			(void)err_set(&err, EBADMSG, "not at the tip");
			return fail("ref", &err);
		}
	}
	return 0;
}

static int compare_refs(struct config *config)
{
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	AUTO(reader) struct reader *reader = NULL;
	AUTO(array) GArray *strands = NULL;
	AUTO(array) GArray *refs = NULL;
	struct err err;

	if (mailbox_open(config, &mailbox, &err) < 0 ||
	    reader_open(mailbox, &reader, &err) < 0 ||
	    state_strand_list(reader_state(reader), &strands, &err) < 0 ||
	    store_list_refs(mailbox_store(mailbox), &refs, &err) < 0)
		return fail("refs", &err);
	for (guint i = 0; i < strands->len; i++)
		if (compare_strand(
			    mailbox, reader_state(reader),
			    &g_array_index(strands, struct state_strand, i),
			    refs) < 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	time_t end = argc > 1 ? time(NULL) + strtol(argv[1], NULL, 10) : 0;
	struct err err;

	if (config_open(&config, &err) < 0)
		return fail("settings", &err) < 0;
	if (argc > 1 && strcmp(argv[1], "refs") == 0)
		return compare_refs(config) < 0;
	do {
		if (read_all(config, argc < 2) < 0)
			return EXIT_FAILURE;
	} while (time(NULL) < end);
	return EXIT_SUCCESS;
}
