/* SPDX-License-Identifier: ISC */
#include "batch-copy.h"

#include <string.h>

#include "defms/name.h"

/* The date and first sender, also of a message that was not parsed again. */
static void read_envelope(const struct arrival_made *made, int64_t *date_r,
			  size_t *sender_r)
{
	AUTO(mime) struct mime *parsed = NULL;
	const struct mime *mime = made->mime;
	const struct address *sender = NULL;

	if (!mime)
		mime = parsed =
			mime_parse(made->content->data, made->content->len);
	if (mime->senders->len > 0)
		sender = g_ptr_array_index(mime->senders, 0);
	*date_r = mime->date_zone == MIME_NO_DATE ? 0 : mime->date;
	*sender_r = sender && sender->mail[0] ? strlen(sender->mail)
					      : strlen("MAILER-DAEMON");
}

/* A base name that is taken in the folder is made from the serial instead. What
 * somebody puts here by hand has the very name that he gives it, unless there
 * is a file of that name. */
static int choose_base(struct state *state, const struct arrival *arrival,
		       struct state_copy *copy, struct err *err)
{
	AUTO(str) char *name = NULL;
	struct state_copy other;
	int found;

	if (!arrival->base || strlen(arrival->base) >= sizeof(copy->base))
		return 0;
	(void)g_strlcpy(copy->base, arrival->base, sizeof(copy->base));
	copy->has_suffix = arrival->suffix != NULL;
	if (arrival->suffix)
		(void)g_strlcpy(copy->suffix, arrival->suffix,
				sizeof(copy->suffix));
	name = name_copy(copy);
	if (arrival->by_hand)
		found = state_copy_called(state, copy->folder, copy->is_new,
					  name, &other, err);
	else
		found = state_copy_named(state, copy->folder, copy->base,
					 &other, err);
	if (found > 0) {
		copy->base[0] = copy->suffix[0] = '\0';
		copy->has_suffix = false;
	}
	return found < 0 ? -1 : 0;
}

int copy_file(struct reader *reader, struct arrival *arrival,
	      struct state_copy *copy, struct err *err)
{
	struct arrival_made *made = arrival->made;
	struct state *state = reader_state(reader);
	const GByteArray *trace;
	size_t sender;
	int64_t date;

	read_envelope(made, &date, &sender);
	copy->serial = arrival->serial;
	copy->is_new = arrival->is_new;
	copy->crlf = made->crlf;
	copy->flags = arrival->flags;
	copy->received = arrival->received;
	copy->raw_size = made->raw_size;
	copy->header_size = made->header_size;
	copy->look = made->look;
	copy->mbox_size = made->mbox_base + sender;
	if (copy->received == 0)
		copy->received =
			date > 0 ? date : g_get_real_time() / G_USEC_PER_SEC;
	arrival_pack_trace(made, reader_sealer(reader));
	trace = made->packed_trace;
	if (choose_base(state, arrival, copy, err) < 0)
		return -1;
	return state_copy_add(state, copy, trace ? trace->data : NULL,
			      trace ? trace->len : 0, err);
}
