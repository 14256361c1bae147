/* SPDX-License-Identifier: ISC */
#include "source.h"

#include "store-test.h"

/* A folder with mail, and what was remembered of it. */
struct place {
	char *folder;
	struct state *state;
	size_t failures; /* of the last walk */
	size_t skipped;
};

static struct place *place_new(void)
{
	struct place *place = g_new0(struct place, 1);
	AUTO(str) char *path = NULL;
	struct err err = { 0 };

	place->folder = folder_new();
	path = g_build_filename(place->folder, "state.db", NULL);
	if (state_create(path, &err) < 0 ||
	    state_open(path, &place->state, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return place;
}

static void place_free(struct place *place)
{
	state_close(place->state);
	folder_free(place->folder);
	g_free(place);
}
AUTO_KIND(place, struct place, place_free)

/* Run shell in the folder; all in it is old then. */
static void make(struct place *place, const char *line)
{
	CHECK_INT(shell("cd %s && { %s; } && "
			"find . -exec touch -h -d 2026-03-03 {} +",
			place->folder, line),
		  0);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "folder cur|new flags base last-line", one for each message. `takes` of them
 * are told to be taken, and what was finished is remembered then. */
static char *walk_some(struct place *place, const char *name,
		       struct source_options *options, size_t takes)
{
	AUTO(str) char *path = g_build_filename(place->folder, name, NULL);
	char *paths[] = { path, NULL };
	AUTO(source)
	struct source *source = source_new(paths, options, place->state);
	AUTO(ptrs) GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	struct arrival *arrival = NULL;
	struct err err = { 0 };
	int more;

	place->failures = 0;
	while ((more = source_next(source, &arrival, &err)) != 0) {
		AUTO(str) char *text = NULL;
		const char *last;

		if (more < 0) {
			place->failures++;
			continue;
		}
		text = g_strndup((const char *)arrival->raw->data,
				 arrival->raw->len);
		last = strrchr(g_strchomp(text), '\n');
		g_ptr_array_add(
			lines,
			g_strdup_printf("%s %s %u %s %s", arrival->folder,
					arrival->is_new ? "new" : "cur",
					arrival->flags,
					arrival->base ? arrival->base : "-",
					last ? last + 1 : text));
		arrival_free(arrival);
	}
	place->skipped = source_skipped(source);
	for (size_t i = 0; i < takes && i < lines->len; i++)
		source_taken(source, false);
	CHECK_INT(source_remember(source, place->state, &err), 0);
	g_ptr_array_sort(lines, by_text);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

static char *walk(struct place *place, const char *name)
{
	struct source_options options = { .format = MBOX_RD };

	return walk_some(place, name, &options, SIZE_MAX);
}

#define CHECK_WALK(place, name, want)                                          \
	do {                                                                   \
		AUTO(str) char *got_ = walk((place), (name));                  \
		CHECK_STR(got_, want);                                         \
	} while (0)

#define MAILDIR                                                                \
	"mkdir -p M/cur M/new M/tmp M/.a.b/cur M/.a.b/new M/.no "              \
	"M/..x/cur M/..x/new && m() { printf 'Subject: x\\n\\n%s\\n' $1; } "   \
	"&& m one >M/cur/1.h:2,RS && m two >M/new/2.h && m tmp >M/tmp/3.h "    \
	"&& m sub >M/.a.b/cur/4.h:2,F && m dot >M/cur/.5 && "                  \
	"m odd >'M/cur/6.h;2,S'"

static const char maildir[] = "INBOX cur 0 6.h;2,S odd\n"
			      "INBOX cur 3 1.h one\n"
			      "INBOX new 0 2.h two\n"
			      "a/b cur 4 4.h sub";

TEST(a_maildir_has_flags_and_folders)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR);
	CHECK_WALK(place, "M", maildir);
	CHECK_INT(place->failures, 0);
}

TEST(a_maildir_is_remembered_until_it_changes)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR);
	CHECK_WALK(place, "M", maildir);
	CHECK_WALK(place, "M", "");
	CHECK_INT(place->skipped, 6); /* cur and new of three */
	CHECK_INT(shell("cd %s && printf 'A: b\\n\\nnext\\n' >M/new/7.h && "
			"touch -d 2026-03-04 M/new",
			place->folder),
		  0);
	CHECK_WALK(place, "M", "INBOX new 0 2.h two\nINBOX new 0 7.h next");
	CHECK_WALK(place, "M", "");
	/* One that changed just now may change again unseen. */
	CHECK_INT(shell("touch %s/M/cur", place->folder), 0);
	CHECK_WALK(place, "M", "INBOX cur 0 6.h;2,S odd\nINBOX cur 3 1.h one");
	CHECK_WALK(place, "M", "INBOX cur 0 6.h;2,S odd\nINBOX cur 3 1.h one");
}

/* A batch may end, and the program with it, anywhere. */
TEST(only_what_was_taken_in_whole_is_remembered)
{
	static const struct {
		size_t takes;
		const char *left;
	} known[] = {
		{ 0, maildir },
		{ 1, maildir },
		{ 2, "INBOX new 0 2.h two\na/b cur 4 4.h sub" },
		{ 3, "a/b cur 4 4.h sub" },
		{ 4, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(place) struct place *place = place_new();
		struct source_options options = { .format = MBOX_RD };
		AUTO(str) char *all = NULL;

		make(place, MAILDIR);
		all = walk_some(place, "M", &options, known[i].takes);
		CHECK_STR(all, maildir);
		CHECK_WALK(place, "M", known[i].left);
	}
}

#define ENTRY(text) "From a@x Mon Mar  2 10:00:00 2026\n" text "\n"

TEST(an_mbox_is_remembered_once_all_of_it_was_taken)
{
	AUTO(place) struct place *place = place_new();
	struct source_options options = { .format = MBOX_RD };
	static const char want[] = "INBOX cur 1 - two\nINBOX new 0 - one";

	make(place, "printf '" ENTRY("Subject: x\n\none\n")
			    ENTRY("Status: RO\n\ntwo\n") "' >m.mbox");
	for (size_t takes = 0; takes < 2; takes++) {
		AUTO(str)
		char *got = walk_some(place, "m.mbox", &options, takes);

		CHECK_STR(got, want);
	}
	CHECK_WALK(place, "m.mbox", want);
	CHECK_WALK(place, "m.mbox", "");
	/* Filed elsewhere it is another import. */
	options.folder = "old";
	for (size_t i = 0; i < 2; i++) {
		AUTO(str)
		char *got = walk_some(place, "m.mbox", &options, SIZE_MAX);

		CHECK_STR(got, i ? "" : "old cur 1 - two\nold new 0 - one");
	}
	CHECK_INT(shell("printf 'From a\\n\\nX: y\\n\\nend\\n' >>%s/m.mbox",
			place->folder),
		  0);
	CHECK_WALK(place, "m.mbox",
		   "INBOX cur 1 - two\nINBOX new 0 - end\n"
		   "INBOX new 0 - one");
}

TEST(labels_of_takeout_are_folders_and_flags)
{
	AUTO(place) struct place *place = place_new();

	make(place,
	     "printf '" ENTRY("X-Gmail-Labels: Inbox,Unread\n\none\n")
		     ENTRY("X-Gmail-Labels: Starred,Opened,Inbox,My label\n\n"
			   "two\n") ENTRY("X-Gmail-Labels: Opened\n\nthree\n")
			     ENTRY("X-Gmail-Labels: =?utf-8?q?Caf=C3=A9?=\n\n"
				   "four\n") "' >t.mbox");
	CHECK_WALK(place, "t.mbox",
		   "Archive cur 1 - three\n"
		   "Caf\xc3\xa9 cur 1 - four\n"
		   "INBOX cur 5 - two\n"
		   "INBOX new 0 - one\n"
		   "My label cur 5 - two");
}

TEST(a_directory_gives_its_mail_and_passes_over_the_rest)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR
	     " && mkdir -p D/deep/er && mv M D/deep/mail && "
	     "printf 'A: b\\n\\neml\\n' >D/x.eml && echo no >D/note && "
	     "printf '" ENTRY("A: b\n\nmbox\n") "' >D/deep/er/box && "
						"ln -s .. D/loop && : >D/empty "
						"&& mkfifo D/pipe");
	{
		AUTO(str)
		char *want = g_strjoin(
			"\n", "INBOX cur 0 6.h;2,S odd", "INBOX cur 3 1.h one",
			"INBOX new 0 - eml", "INBOX new 0 - mbox",
			"INBOX new 0 2.h two", "a/b cur 4 4.h sub", NULL);

		CHECK_WALK(place, "D", want);
	}
	CHECK_INT(place->failures, 0);
	CHECK_WALK(place, "D/note", "");
	CHECK_INT(place->failures, 1);
	CHECK_WALK(place, "D/empty", "");
	CHECK_INT(place->failures, 1);
	CHECK_WALK(place, "nowhere", "");
	CHECK_INT(place->failures, 1);
}

/* Not even root can read a link to nowhere. */
TEST(what_cannot_be_read_is_tried_again)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR " && ln -s /nowhere M/cur/9.h:2,S");
	CHECK_WALK(place, "M", maildir);
	CHECK_INT(place->failures, 1);
	/* cur is looked at again; new too, as it was listed before. */
	CHECK_WALK(place, "M",
		   "INBOX cur 0 6.h;2,S odd\nINBOX cur 3 1.h one\n"
		   "INBOX new 0 2.h two");
	CHECK_INT(place->failures, 1);
}

/* A folder that leads back to its Maildir, or to its cur, is no other mail. */
TEST(links_do_not_multiply_mail)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR " && ln -s . M/.loop && ln -s ../M M/.up && "
			    "mkdir M/.c M/.c/new && ln -s ../cur M/.c/cur && "
			    "ln -s .. M/cur/up && mkdir D && ln -s ../M D/m "
			    "&& ln -s .a.b M/.again");
	{
		AUTO(str) char *got = walk(place, "M");
		size_t lines = 0;

		for (const char *at = got; at; at = strchr(at + 1, '\n'))
			lines++;
		CHECK_INT(lines, 4);
	}
	CHECK_INT(place->failures, 0);
}

/* Opening a FIFO waits for its writer; reading a device never ends. */
TEST(what_is_no_file_is_passed_over)
{
	AUTO(place) struct place *place = place_new();

	make(place, MAILDIR " && mkfifo M/cur/9.h:2,S M/new/9.h pipe && "
			    "ln -s /dev/zero M/cur/8.h && "
			    "ln -s /dev/zero zero && mkdir M/cur/dir");
	CHECK_WALK(place, "M", maildir);
	CHECK_INT(place->failures, 0);
	CHECK_WALK(place, "pipe", "");
	CHECK_INT(place->failures, 1);
	CHECK_WALK(place, "zero", "");
	CHECK_INT(place->failures, 1);
}
