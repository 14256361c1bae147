/* SPDX-License-Identifier: ISC */
#include "defms/conversation.h"

#include <glib/gstdio.h>

#include "defms/batch.h"
#include "test.h"

/* -- a mailbox ------------------------------------------------------------- */

struct box {
	char *dir;
	struct config *config;
	struct mailbox *mailbox;
	struct reader *reader;
	GHashTable *seen;
};

static void must(int result, const struct err *err)
{
	if (result >= 0)
		return;
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}

static void set_directory(const char *name, const char *top, const char *part)
{
	AUTO(str) char *path = g_build_filename(top, part, NULL);

	(void)g_setenv(name, path, TRUE);
}

static struct box *open_box(void)
{
	static const char *const mails[] = { "me@example.net" };
	struct box *box = g_new0(struct box, 1);
	struct err err;

	box->dir = g_dir_make_tmp("defms-test-XXXXXX", NULL);
	set_directory("DEFMS_HOME", box->dir, "home");
	set_directory("XDG_CACHE_HOME", box->dir, "cache");
	set_directory("XDG_CONFIG_HOME", box->dir, "config");
	must(config_open(&box->config, &err), &err);
	must(config_override(box->config, "user.name=Me Myself", &err), &err);
	must(config_override(box->config, "user.email=me@example.net", &err),
	     &err);
	must(mailbox_create(box->config, "me", mails, 1, false, &err), &err);
	must(mailbox_open(box->config, &box->mailbox, &err), &err);
	must(reader_open(box->mailbox, &box->reader, &err), &err);
	box->seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					  NULL);
	return box;
}

static void close_box(struct box *box)
{
	AUTO(str) char *command = g_strconcat("rm -r ", box->dir, NULL);

	g_hash_table_unref(box->seen);
	reader_close(box->reader);
	mailbox_close(box->mailbox);
	config_close(box->config);
	CHECK_INT(system(command), 0);
	g_free(box->dir);
	g_free(box);
}

/* Add one message in a batch of its own. */
static void add(struct box *box, const char *text, size_t size)
{
	struct arrival *arrival = arrival_new();
	AUTO(batch) struct batch *batch = NULL;
	enum batch_result result;
	struct err err;

	arrival->raw = g_byte_array_new();
	(void)g_byte_array_append(arrival->raw, (const guint8 *)text,
				  (guint)size);
	arrival->folder = g_strdup("INBOX");
	arrival->origin = g_strdup("test");
	must(arrival_prepare(arrival, box->reader, &err), &err);
	must(batch_begin(box->mailbox, &batch, &err), &err);
	must(batch_add(batch, arrival, box->seen, &result, &err), &err);
	arrival_free(arrival);
	must(batch_commit(batch, &err), &err);
}

/* The thread of a msgid. */
static int64_t thread_of(struct box *box, const char *msgid)
{
	struct index *index;
	struct err err;
	int64_t thread = 0;

	index = reader_index(box->reader, &err);
	must(index ? 0 : -1, &err);
	must(index_thread_of_msgid(index, msgid, &thread, &err), &err);
	return thread;
}

static char *read_all(struct box *box, int64_t thread, int64_t seq,
		      enum conversation_file file, size_t chunk,
		      uint64_t *size_r)
{
	const struct conversation conversation = { thread, seq, file };
	GByteArray *out = g_byte_array_new();
	struct err err;
	guint before;

	do {
		before = out->len;
		must(conversation_read(box->reader, &conversation, out->len,
				       chunk, out, &err),
		     &err);
		CHECK(out->len - before <= chunk);
	} while (out->len > before);
	*size_r = out->len;
	(void)g_byte_array_append(out, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(out, FALSE);
}

/* -- sizes ----------------------------------------------------------------- */

static const char root[] =
	"Delivered-To: me@example.net\n"
	"From: Ada Lovelace <ada@example.org>\n"
	"To: Me <me@example.net>, \"Doe, Bob\" <bob@example.com>\n"
	"Cc: list@lists.example.org\n"
	"Bcc: hidden@example.org\n"
	"Subject: Roof repair\n"
	"Date: Thu, 01 Oct 2026 12:00:00 +0200\n"
	"Message-ID: <root@example.org>\n"
	"\n"
	"The roof leaks.\n"
	"From here on quoted\n"
	">From twice\n"
	"> old\n";

static const char answer[] = "From: bob@example.com\r\n"
			     "To: ada@example.org\r\n"
			     "Subject: Re: Roof repair\r\n"
			     "Date: Fri, 02 Oct 2026 10:00:00 +0000\r\n"
			     "Message-ID: <answer@example.com>\r\n"
			     "References: <root@example.org>\r\n"
			     "In-Reply-To: <root@example.org>\r\n"
			     "\r\n"
			     "no line end at the end";

static void check_pieces(struct box *box, const struct conversation *file,
			 const char *whole, uint64_t size)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	guint number = 0;
	struct err err;
	int more;

	while ((more = conversation_piece(box->reader, file, number, out,
					  &err)) > 0)
		number++;
	must(more, &err);
	if (CHECK_INT(out->len, size))
		CHECK_MEM(out->data, whole, size);
}

static void check_sizes(struct box *box, int64_t thread, int64_t seq)
{
	static const size_t chunks[] = { 1, 7, 100, 4096, SIZE_MAX };
	struct conversation_sizes all;
	const uint64_t *sizes = all.bytes;
	struct err err;

	must(conversation_sizes(box->reader, thread, seq, &all, &err), &err);
	for (int file = 0; file < CONVERSATION_FILES; file++) {
		AUTO(str) char *whole = NULL;

		for (size_t i = G_N_ELEMENTS(chunks); i-- > 0;) {
			uint64_t size;
			AUTO(str)
			char *text = read_all(box, thread, seq,
					      (enum conversation_file)file,
					      chunks[i], &size);

			CHECK_INT(size, sizes[file]);
			if (!whole) {
				whole = g_memdup2(text, size + 1);
				check_pieces(
					box,
					&(struct conversation){
						thread, seq,
						(enum conversation_file)file },
					whole, size);
			} else
				CHECK_MEM(text, whole, MIN(size, sizes[file]));
			if (sizes[file] > 3000)
				break;
		}
	}
}

TEST(sizes_are_what_is_read_for_every_chunk)
{
	struct box *box = open_box();

	add(box, root, strlen(root));
	check_sizes(box, thread_of(box, "root@example.org"), INT64_MAX);
	add(box, answer, strlen(answer));
	check_sizes(box, thread_of(box, "root@example.org"), INT64_MAX);
	check_sizes(box, thread_of(box, "root@example.org"), 1);
	check_sizes(box, thread_of(box, "root@example.org"), 2);
	check_sizes(box, thread_of(box, "root@example.org"), 1);
	close_box(box);
}

/* Hostile ones: made of the pieces that sizes hang on, at random. */
TEST(sizes_hold_for_generated_messages)
{
	static const char *const pieces[] = {
		"From me\n", ">From you\n", "> q\n",        "\n",
		"\r\n",      "text",        "\xff",         "\xc3\xa4\n",
		"From ",     "=\n",         "\x1b[31m",     ">",
		"\n\n",      "\t",          "Subject: x\n", "<b>bold</b>",
	};
	static const char *const heads[] = {
		"",
		"Content-Type: text/html\n",
		"Content-Type: text/plain; charset=iso-8859-1\n",
		"MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n",
		"Content-Transfer-Encoding: quoted-printable\n",
		"Content-Type: text/plain; format=flowed\n",
		"Date: garbage\nTo: undisclosed-recipients:;\n",
		"From: \"x\nCc: , ,<>,a@b\n",
	};
	struct box *box = open_box();
	GRand *rand = g_rand_new_with_seed(1);

	for (int i = 0; i < 60; i++) {
		AUTO(gstring) GString *text = g_string_new(NULL);

		g_string_append_printf(text,
				       "From: a%d@example.org\nMessage-ID: "
				       "<%d@x>\nReferences: <0@x>\n%s\n",
				       i, i, heads[i % 8]);
		for (int n = g_rand_int_range(rand, 0, 12); n > 0; n--)
			(void)g_string_append(
				text, pieces[g_rand_int_range(
					      rand, 0, G_N_ELEMENTS(pieces))]);
		add(box, text->str, text->len);
		if (i % 10 == 0)
			check_sizes(box, thread_of(box, "0@x"), i + 1);
	}
	check_sizes(box, thread_of(box, "0@x"), INT64_MAX);
	g_rand_free(rand);
	close_box(box);
}

/* -- contents -------------------------------------------------------------- */

TEST(the_text_reads_as_a_conversation)
{
	struct box *box = open_box();
	AUTO(str) char *rule = g_strnfill(72, '-');
	AUTO(str) char *want = NULL;
	AUTO(str) char *text = NULL;
	uint64_t size;

	add(box, root, strlen(root));
	add(box, answer, strlen(answer));
	text = read_all(box, thread_of(box, "root@example.org"), INT64_MAX,
			CONVERSATION_TEXT, 4096, &size);
	want = g_strdup_printf(
		"%s\n"
		"From: Ada Lovelace <ada@example.org>\n"
		"To: Me <me@example.net>, \"Doe, Bob\" <bob@example.com>\n"
		"Cc: list@lists.example.org\n"
		"Date: Thu, 01 Oct 2026 12:00:00 +0200\n"
		"Subject: Roof repair\n"
		"\n"
		"The roof leaks.\nFrom here on quoted\n>From twice\n> old\n"
		"\n"
		"%s\n"
		"From: bob@example.com\n"
		"To: ada@example.org\n"
		"Date: Fri, 02 Oct 2026 10:00:00 +0000\n"
		"Subject: Re: Roof repair\n"
		"\n"
		"no line end at the end\n"
		"\n",
		rule, rule);
	CHECK_STR(text, want);
	close_box(box);
}

TEST(the_mbox_is_mboxrd_byte_for_byte)
{
	struct box *box = open_box();
	AUTO(str) char *text = NULL;
	AUTO(str) char *want = NULL;
	uint64_t size;

	add(box, root, strlen(root));
	add(box, answer, strlen(answer));
	text = read_all(box, thread_of(box, "root@example.org"), INT64_MAX,
			CONVERSATION_MBOX, 4096, &size);
	want = g_strdup_printf(
		"From ada@example.org Thu Oct  1 10:00:00 2026\n"
		"%.*sThe roof leaks.\n>From here on quoted\n>>From twice\n"
		"> old\n\n"
		"From bob@example.com Fri Oct  2 10:00:00 2026\n%s\n\n",
		(int)(strstr(root, "The roof") - root), root, answer);
	CHECK_STR(text, want);
	close_box(box);
}

TEST(the_object_has_fields_bcc_and_sorted_hashes)
{
	struct box *box = open_box();
	AUTO(str) char *text = NULL;
	g_auto(GStrv) lines = NULL;
	const char *last = "";
	guint at = 0;
	uint64_t size;

	add(box, answer, strlen(answer));
	add(box, root, strlen(root));
	text = read_all(box, thread_of(box, "root@example.org"), INT64_MAX,
			CONVERSATION_OBJECT, 4096, &size);
	CHECK(g_str_has_prefix(text, "From: Ada Lovelace <ada@example.org>\n"
				     "To: Me <me@example.net>, \"Doe, Bob\" "
				     "<bob@example.com>\n"
				     "Cc: list@lists.example.org\n"
				     "Bcc: hidden@example.org\n"
				     "Subject: Roof repair\n"
				     "Version: 1\n"
				     "Strand: "));
	CHECK(strstr(text, "\nAudience: mine\n\n") != NULL);
	CHECK(!strstr(text, "Message-ID") && !strstr(text, "References"));
	lines = g_strsplit(strstr(text, "\n\n") + 2, "\n", -1);
	for (; lines[at][0]; at++) {
		CHECK_INT(strlen(lines[at]), MESSAGE_ID_HEX);
		CHECK(strcmp(last, lines[at]) < 0);
		last = lines[at];
	}
	CHECK_INT(at, 2);
	close_box(box);
}

TEST(info_is_a_line_a_message_oldest_first)
{
	struct box *box = open_box();
	AUTO(str) char *text = NULL;
	uint64_t size;

	add(box, answer, strlen(answer));
	add(box, root, strlen(root));
	text = read_all(box, thread_of(box, "root@example.org"), INT64_MAX,
			CONVERSATION_INFO, 4096, &size);
	CHECK(g_str_has_prefix(text, "2026-10-01 10:00\tAda\t------\tRoof "
				     "repair\t20261001T100000.ada."));
	CHECK(strstr(text, "\n2026-10-02 10:00\tbob\t------\tRe: Roof repair\t"
			   "20261002T100000.bob.") != NULL);
	close_box(box);
}

/* -- replies --------------------------------------------------------------- */

static void check_reply(const char *message, const char *msgid,
			const char *want)
{
	struct box *box = open_box();
	AUTO(str) char *text = NULL;
	uint64_t size;

	add(box, message, strlen(message));
	text = read_all(box, thread_of(box, msgid), INT64_MAX,
			CONVERSATION_REPLY, 4096, &size);
	CHECK_STR(text, want);
	close_box(box);
}

TEST(a_reply_goes_to_everybody_but_me)
{
	check_reply(root, "root@example.org",
		    "From: Me Myself <me@example.net>\n"
		    "To: Ada Lovelace <ada@example.org>\n"
		    "Cc: \"Doe, Bob\" <bob@example.com>, "
		    "list@lists.example.org\n"
		    "Subject: Re: Roof repair\n"
		    "In-Reply-To: <root@example.org>\n"
		    "References: <root@example.org>\n"
		    "\n"
		    "On Thu, 01 Oct 2026 12:00:00 +0200, Ada Lovelace "
		    "<ada@example.org> wrote:\n"
		    "> The roof leaks.\n> From here on quoted\n>>From twice\n"
		    ">> old\n");
}

TEST(reply_to_comes_first_and_references_grow)
{
	check_reply("From: Ada <ada@example.org>\n"
		    "Reply-To: desk@example.org\n"
		    "To: ADA@example.org, ME@example.net\n"
		    "Subject: RE: x\n"
		    "Message-ID: <c@x>\n"
		    "References: <a@x> <b@x> <a@x>\n"
		    "In-Reply-To: <b@x>\n"
		    "\n",
		    "c@x",
		    "From: Me Myself <me@example.net>\n"
		    "To: desk@example.org\n"
		    "Cc: ADA@example.org\n"
		    "Subject: Re: x\n"
		    "In-Reply-To: <c@x>\n"
		    "References: <a@x>\n <b@x>\n <c@x>\n"
		    "\n"
		    "Ada <ada@example.org> wrote:\n");
}

TEST(an_answer_to_myself_goes_to_whom_i_wrote)
{
	check_reply("From: me@example.net\nTo: bob@example.com\n"
		    "Message-ID: <m@x>\n\nhi\n",
		    "m@x",
		    "From: Me Myself <me@example.net>\n"
		    "To: bob@example.com\n"
		    "Subject: Re:\n"
		    "In-Reply-To: <m@x>\n"
		    "References: <m@x>\n"
		    "\n"
		    "me@example.net wrote:\n"
		    "> hi\n");
}
