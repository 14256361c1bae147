/* SPDX-License-Identifier: ISC */
/* Any bytes of an IMAP server as the answers to a whole session: it ends, each
 * failure has a code and one line, and no message is larger than what came.
 * The first byte decides the pieces that the rest comes in. */
#include <stdint.h>

#include "defms/state.h"

#include "imap-append.h"
#include "imap-change.h"
#include "imap-fetch.h"
#include "imap-folder.h"
#include "imap-script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rule silent[] = {
	{ "", "" },
	{ NULL, NULL },
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int read_folder(struct imap *imap, struct imap_set *uids,
		       struct err *err)
{
	size_t size = imap->net->script->out->len;
	struct imap_flag flag;
	struct imap_mail mail;
	int more;

	if (imap_flags_start(imap, 1, 5, err) < 0)
		return -1;
	while ((more = imap_flags_next(imap, &flag, err)) > 0)
		imap_set_add(uids, flag.uid);
	if (more < 0 || imap_bodies_start(imap, uids, err) < 0)
		return -1;
	while ((more = imap_bodies_next(imap, &mail, err)) > 0) {
		require(mail.raw->len <= size);
		require(imap_set_has(uids, mail.uid));
		g_byte_array_unref(mail.raw);
	}
	return more;
}

static int change(struct imap *imap, const struct imap_set *uids,
		  struct err *err)
{
	const struct imap_change change = { .uids = uids,
					    .add = FLAG_SEEN,
					    .remove = FLAG_DRAFT,
					    .unchanged_since = 3 };
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));
	AUTO(imap_set) struct imap_set *left = imap_set_new();
	struct imap_uploaded done;
	int result;

	if (imap_store(imap, &change, 1, left, err) < 0 ||
	    imap_append(imap, &(struct imap_upload){ .raw = "x", .data = "" },
			err) < 0 ||
	    imap_append_next(imap, &done, err) < 0)
		return -1;
	result = imap_move(imap, uids, "x", moved, left, err);
	for (size_t i = 0; i < moved->len; i++)
		require(imap_set_has(
			uids, g_array_index(moved, struct imap_moved, i).from));
	return result;
}

static int session(struct script *script, struct err *err)
{
	AUTO(imap) struct imap *imap = NULL;
	AUTO(imap_listing) struct imap_listing *listing = NULL;
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_selected selected = { 0 };

	if (script_open(script, &imap, err) < 0 ||
	    imap_list(imap, &listing, err) < 0 ||
	    imap_select(imap, "INBOX", false, &selected, err) < 0)
		return -1;
	imap_selected_release(&selected);
	if (read_folder(imap, uids, err) < 0 || change(imap, uids, err) < 0 ||
	    imap_find(imap, "a@b", uids, err) < 0)
		return -1;
	return imap_idle(imap, -1, 0, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script;
	struct err err = { 0 };

	if (size < 1)
		return 0;
	script_init(&script, silent, NULL);
	g_string_append_len(script.out, (const char *)data + 1,
			    (gssize)size - 1);
	script.piece = data[0] % 16 ? data[0] % 16 : 10000;
	if (session(&script, &err) < 0)
		require(err.code != 0 && err.text[0] &&
			!strpbrk(err.text, "\r\n"));
	script_release(&script);
	return 0;
}
