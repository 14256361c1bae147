/* SPDX-License-Identifier: ISC */
/* The IMAP commands of bridge/ against a server, the first account's:
 *
 *	imap-one can		what it can, a word a line
 *	imap-one list		folders, those refused on stderr
 *	imap-one put FOLDER FILE...	append files, which have LF line ends
 *	imap-one read FOLDER [OUT]	"uid flags keywords date size", a line a
 *			message; the bytes as OUT/uid
 *	imap-one speed FOLDER	messages and bytes a second
 *	imap-one compressed FOLDER	as `read`, with compression
 *	imap-one idle FOLDER	"ready", then until something changes
 *	imap-one try		change all that can be changed, and look
 *
 * FOLDER is the server's name. Exit status as of defms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defms/cmd.h"
#include "defms/io.h"
#include "defms/state.h"

#include "imap-append.h"
#include "imap-change.h"
#include "imap-fetch.h"
#include "imap-folder.h"
#include "imap-parts.h"

static int open_first(struct imap **imap_r, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(ptrs) GPtrArray *accounts = NULL;

	if (config_open(&config, err) < 0 ||
	    account_list(config, &accounts, err) < 0)
		return -1;
	return imap_open(accounts->pdata[0], imap_r, err);
}

static int select_folder(struct imap *imap, const char *folder, struct err *err)
{
	struct imap_selected selected = { 0 };
	int result = imap_select(imap, folder, false, &selected, err);

	imap_selected_release(&selected);
	return result;
}

static int show_can(struct imap *imap, struct err *err)
{
	static const char *const names[] = {
		"condstore",   "qresync",  "uidplus",       "move",
		"idle",        "literal+", "literal-",      "list-status",
		"special-use", "compress", "utf8",          "enable",
		"namespace",   "gmail",    "list-extended", "esearch",
	};

	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (imap_can(imap) & 1U << i)
			puts(names[i]);
	return 0;
}

static int show_list(struct imap *imap, struct err *err)
{
	AUTO(imap_listing) struct imap_listing *listing = NULL;

	if (imap_list(imap, &listing, err) < 0)
		return -1;
	for (size_t i = 0; i < listing->folders->len; i++) {
		const struct imap_folder *folder = listing->folders->pdata[i];

		printf("%s|%s|%x|%d|%" PRIu32 "\n", folder->name, folder->raw,
		       folder->attributes, folder->has_status,
		       folder->messages);
	}
	for (size_t i = 0; i < listing->refused->len; i++)
		(void)fprintf(stderr, "%s\n",
			      (const char *)listing->refused->pdata[i]);
	return 0;
}

/* -- uploading ------------------------------------------------------------- */

static GByteArray *with_crlf(const GByteArray *lines)
{
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] == '\n')
			(void)g_byte_array_append(out, (const guint8 *)"\r", 1);
		(void)g_byte_array_append(out, &lines->data[i], 1);
	}
	return out;
}

static int take_result(struct imap *imap, struct err *err)
{
	struct imap_uploaded done;

	if (imap_append_next(imap, &done, err) <= 0)
		return -1;
	if (done.failed)
		return err_set(err, done.failed, "%s", done.text);
	printf("%" PRId64 " %" PRIu32 "\n", done.serial, done.uid);
	return 0;
}

static int put(struct imap *imap, const char *folder, char **files,
	       struct err *err)
{
	int64_t serial = 0, taken = 0;

	for (; *files; files++) {
		AUTO(bytes) GByteArray *lines = g_byte_array_new();
		AUTO(bytes) GByteArray *raw = NULL;

		if (io_read_file(*files, 1 << 30, lines, err) < 0)
			return -1;
		raw = with_crlf(lines);
		if (!imap_append_has_room(imap) &&
		    (taken++, take_result(imap, err) < 0))
			return -1;
		if (imap_append(imap,
				&(struct imap_upload){ .raw = folder,
						       .data = raw->data,
						       .size = raw->len,
						       .flags = FLAG_SEEN,
						       .keywords = "work",
						       .received = 837571465,
						       .serial = ++serial },
				err) < 0)
			return -1;
	}
	while (taken++ < serial)
		if (take_result(imap, err) < 0)
			return -1;
	return 0;
}

/* -- reading --------------------------------------------------------------- */

static int keep(const char *out, const struct imap_mail *mail, struct err *err)
{
	AUTO(str) char *path = g_strdup_printf("%s/%" PRIu32, out, mail->uid);

	return io_write_file(path, mail->raw->data, mail->raw->len, err);
}

/* All messages of a folder; their bytes are added to *size. */
static int read_all(struct imap *imap, const char *folder, const char *out,
		    uint64_t *size, struct err *err)
{
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	struct imap_flag flag;
	struct imap_mail mail;
	int more;

	if (select_folder(imap, folder, err) < 0 ||
	    imap_flags_start(imap, 1, 0, err) < 0)
		return -1;
	while ((more = imap_flags_next(imap, &flag, err)) > 0)
		imap_set_add(uids, flag.uid);
	if (more < 0 || imap_bodies_start(imap, uids, err) < 0)
		return -1;
	while ((more = imap_bodies_next(imap, &mail, err)) > 0) {
		AUTO(bytes) GByteArray *raw = mail.raw;

		*size += raw->len;
		if (out && keep(out, &mail, err) < 0)
			return -1;
		if (out)
			printf("%" PRIu32 " %x [%s] %" PRId64 " %u\n", mail.uid,
			       mail.flags, mail.keywords, mail.received,
			       raw->len);
	}
	return more < 0 ? -1 : (int)imap_set_count(uids);
}

static int speed(struct imap *imap, const char *folder, struct err *err)
{
	int64_t start = g_get_monotonic_time();
	uint64_t size = 0;
	int count = read_all(imap, folder, NULL, &size, err);
	double seconds = (double)(g_get_monotonic_time() - start) / 1e6;

	if (count < 0)
		return -1;
	printf("%d messages, %.1f MB in %.2f s: %.0f/s\n", count,
	       (double)size / 1e6, seconds, count / seconds);
	return 0;
}

static int compressed(struct imap *imap, const char *folder, const char *out,
		      struct err *err)
{
	uint64_t size = 0;

	if (imap_compress(imap, err) < 0)
		return -1;
	return read_all(imap, folder, out, &size, err);
}

static int idle(struct imap *imap, const char *folder, struct err *err)
{
	if (select_folder(imap, folder, err) < 0)
		return -1;
	puts("ready");
	(void)fflush(stdout);
	return imap_idle(imap, -1, 30000, err);
}

/* -- changing -------------------------------------------------------------- */

/* What is not so is said, and nothing more is tried. */
#define MUST(condition)                                                        \
	if (!(condition))                                                      \
	return err_set(err, EILSEQ, "not so: %s (%s)", #condition,             \
		       err->code ? err->text : "")

static struct imap_set *set_of(uint32_t first, uint32_t last)
{
	struct imap_set *set = imap_set_new();

	imap_set_add_range(set, first, last);
	return set;
}

/* Five small messages in a folder of their own. */
static int try_put(struct imap *imap, struct err *err)
{
	static const char mail[] = "Message-ID: <%d@try>\r\n\r\n{5}\r\nOK\r\n";
	struct imap_uploaded done;
	AUTO(str) char *raw = NULL;

	MUST(imap_raw_name(imap, "try/\xc3\xa4 & b", &raw, err) == 0);
	MUST(imap_create(imap, raw, err) == 0);
	MUST(imap_create(imap, raw, err) < 0 && imap_is_alive(imap));
	for (int i = 1; i <= 5; i++) {
		AUTO(str) char *text = g_strdup_printf(mail, i);
		const struct imap_upload upload = { .raw = raw,
						    .data = text,
						    .size = strlen(text),
						    .serial = i };

		MUST(imap_append(imap, &upload, err) == 0);
	}
	for (int i = 1; i <= 5; i++) {
		MUST(imap_append_next(imap, &done, err) == 1);
		MUST(done.serial == i && !done.failed);
		MUST(done.uid == (uint32_t)i ||
		     (done.uid == 0 && !(imap_can(imap) & IMAP_CAN_UIDPLUS)));
	}
	return 0;
}

/* Flags of the messages in the selected folder, as "uid:flags:keywords ". */
static int flags_of(struct imap *imap, uint64_t since, GString *out,
		    struct err *err)
{
	struct imap_flag flag;
	int more;

	(void)g_string_truncate(out, 0);
	if (imap_flags_start(imap, 1, since, err) < 0)
		return -1;
	while ((more = imap_flags_next(imap, &flag, err)) > 0)
		g_string_append_printf(out, "%u:%x:%s ", flag.uid, flag.flags,
				       flag.keywords);
	return more;
}

static int try_flags(struct imap *imap, struct err *err)
{
	AUTO(imap_set) struct imap_set *two = set_of(1, 2);
	AUTO(imap_set) struct imap_set *all = set_of(1, 99);
	AUTO(imap_set) struct imap_set *kept = imap_set_new();
	AUTO(imap_set) struct imap_set *found = imap_set_new();
	AUTO(gstring) GString *flags = g_string_new("");
	struct imap_change changes[] = {
		{ .uids = two, .add = FLAG_SEEN, .add_keywords = "b a" },
		{ .uids = all, .add = FLAG_FORWARDED, .remove_keywords = "b" },
	};
	struct imap_selected selected = { 0 };
	AUTO(str) char *raw = NULL;

	MUST(imap_raw_name(imap, "try/\xc3\xa4 & b", &raw, err) == 0);
	MUST(imap_select(imap, raw, false, &selected, err) == 0);
	MUST(selected.exists == 5 && selected.any_keyword);
	imap_selected_release(&selected);
	MUST(imap_store(imap, changes, 2, NULL, err) == 0);
	MUST(flags_of(imap, 0, flags, err) == 0);
	MUST(strcmp(flags->str, "1:21:a 2:21:a 3:20: 4:20: 5:20: ") == 0);
	if (imap_can(imap) & IMAP_CAN_CONDSTORE) {
		MUST(flags_of(imap, selected.modseq, flags, err) == 0);
		MUST(strstr(flags->str, "5:20: "));
		changes[0].unchanged_since = selected.modseq;
		changes[0].remove = FLAG_SEEN;
		MUST(imap_store(imap, changes, 1, kept, err) == 0);
		MUST(imap_set_count(kept) == 2);
	}
	MUST(imap_find(imap, "3@try", found, err) == 0);
	MUST(imap_set_count(found) == 1 && imap_set_has(found, 3));
	return 0;
}

static int try_move(struct imap *imap, struct err *err)
{
	AUTO(imap_set) struct imap_set *two = set_of(1, 2);
	AUTO(imap_set) struct imap_set *three = set_of(3, 3);
	AUTO(imap_set) struct imap_set *uids = imap_set_new();
	AUTO(imap_set) struct imap_set *left = imap_set_new();
	AUTO(array)
	GArray *moved = g_array_new(FALSE, FALSE, sizeof(struct imap_moved));
	const struct imap_change mark = { .uids = three, .add = FLAG_DELETED };
	bool uidplus = imap_can(imap) & IMAP_CAN_UIDPLUS;

	MUST(imap_copy(imap, two, "INBOX", moved, err) == 0);
	MUST(moved->len == 2 || (moved->len == 0 && !uidplus));
	MUST(imap_copy(imap, two, "nowhere", moved, err) < 0);
	MUST(imap_is_alive(imap));
	MUST(imap_move(imap, two, "INBOX", moved, left, err) == 0);
	MUST(imap_set_is_empty(left) && (moved->len == 4 || !uidplus));
	MUST(imap_uids(imap, uids, err) == 0);
	MUST(imap_set_count(uids) == 3 && !imap_set_has(uids, 1));
	/* Somebody else has marked another. */
	MUST(imap_store(imap, &mark, 1, NULL, err) == 0);
	imap_set_clear(two);
	imap_set_add(two, 4);
	MUST(imap_delete(imap, two, left, err) == 0);
	MUST(imap_set_count(left) == (uidplus ? 0 : 1));
	imap_set_clear(uids);
	MUST(imap_uids(imap, uids, err) == 0);
	MUST(imap_set_has(uids, 3) && imap_set_has(uids, 4) == !uidplus);
	imap_set_add(two, 3);
	MUST(imap_delete(imap, two, left, err) == 0);
	imap_set_clear(uids);
	MUST(imap_uids(imap, uids, err) == 0);
	MUST(imap_set_count(uids) == 1 && imap_set_has(uids, 5));
	return 0;
}

static int try_all(struct imap *imap, struct err *err)
{
	AUTO(imap_listing) struct imap_listing *listing = NULL;
	AUTO(str) char *raw = NULL;
	AUTO(str) char *to = NULL;

	err->code = 0;
	MUST(imap_list(imap, &listing, err) == 0); /* tells the delimiter */
	if (try_put(imap, err) < 0 || try_flags(imap, err) < 0 ||
	    try_move(imap, err) < 0)
		return -1;
	MUST(imap_noop(imap, err) == 0);
	MUST(select_folder(imap, "INBOX", err) == 0);
	MUST(imap_raw_name(imap, "try/\xc3\xa4 & b", &raw, err) == 0);
	MUST(imap_raw_name(imap, "try/c", &to, err) == 0);
	MUST(imap_rename(imap, raw, to, err) == 0);
	MUST(imap_remove(imap, raw, err) < 0 && imap_is_alive(imap));
	MUST(imap_remove(imap, to, err) == 0);
	return 0;
}

static int run(struct imap *imap, int count, char **args, struct err *err)
{
	uint64_t size = 0;

	if (strcmp(args[1], "can") == 0)
		return show_can(imap, err);
	if (strcmp(args[1], "list") == 0)
		return show_list(imap, err);
	if (strcmp(args[1], "try") == 0)
		return try_all(imap, err);
	if (count < 3)
		return err_set(err, EINVAL, "which folder?");
	if (strcmp(args[1], "put") == 0)
		return put(imap, args[2], args + 3, err);
	if (strcmp(args[1], "read") == 0)
		return read_all(imap, args[2], count > 3 ? args[3] : NULL,
				&size, err);
	if (strcmp(args[1], "speed") == 0)
		return speed(imap, args[2], err);
	if (strcmp(args[1], "compressed") == 0)
		return compressed(imap, args[2], count > 3 ? args[3] : NULL,
				  err);
	return idle(imap, args[2], err);
}

int main(int argc, char **argv)
{
	AUTO(imap) struct imap *imap = NULL;
	struct err err;

	if (open_first(&imap, &err) < 0 || run(imap, argc, argv, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}
