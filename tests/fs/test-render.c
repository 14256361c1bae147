/* SPDX-License-Identifier: ISC */
#include "render.h"

#include "defms/auto.h"
#include "defms/state-threads.h"
#include "test.h"

static const struct {
	const char *base;
	unsigned flags;
	bool is_new;
	const char *name;
} copies[] = {
	{ "1.a.host", 0, false, "1.a.host:2," },
	{ "1.a.host", 0, true, "1.a.host" },
	{ "1.a.host", FLAG_SEEN, true, "1.a.host:2,S" },
	{ "1.a.host", FLAG_SEEN | FLAG_FLAGGED, false, "1.a.host:2,FS" },
	{ "1.a.host",
	  FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DRAFT | FLAG_DELETED |
		  FLAG_FORWARDED,
	  false, "1.a.host:2,DFPRST" },
	{ "", 0, true, "77.M42.defms" },
	{ "", FLAG_SEEN, false, "77.M42.defms:2,S" },
	{ "a/b", 0, false, "77.M42.defms:2," },
	{ ".hidden", 0, true, "77.M42.defms" },
};

TEST(a_copy_is_called_by_its_base_and_flags)
{
	for (size_t i = 0; i < G_N_ELEMENTS(copies); i++) {
		struct state_copy copy = { .serial = 42,
					   .received = 77,
					   .flags = copies[i].flags,
					   .is_new = copies[i].is_new };
		AUTO(str) char *name = NULL;

		(void)g_strlcpy(copy.base, copies[i].base, sizeof(copy.base));
		name = render_copy(&copy, false);
		CHECK_STR(name, copies[i].name);
	}
}

/* A name has at most 255 bytes, with all six flags. */
TEST(a_base_that_leaves_no_room_for_flags_is_replaced)
{
	for (size_t size = 240; size < 256; size++) {
		struct state_copy copy = { .serial = 42,
					   .received = 77,
					   .flags = 0x3f };
		AUTO(str) char *name = NULL;

		memset(copy.base, 'x', size);
		name = render_copy(&copy, false);
		CHECK_INT(strlen(name), size > 246 ? 21 : size + 9);
	}
}

TEST(in_a_thread_no_two_copies_share_a_name)
{
	struct state_copy copy = { .serial = 9, .received = 5, .base = "1" };
	AUTO(str) char *name = render_copy(&copy, true);

	CHECK_STR(name, "5.M9.defms:2,");
}

static const struct {
	const char *base;
	int64_t serial;
} serials[] = {
	{ "77.M42.defms", 42 },
	{ "-77.M42.defms", 42 },
	{ "0.M1.defms", 1 },
	{ "77.M9223372036854775800.defms", 0 },
	{ "77.M0.defms", 0 },
	{ "77.M42.defms:2,S", 0 },
	{ "77.M42.defmsx", 0 },
	{ "77.M.defms", 0 },
	{ ".M42.defms", 0 },
	{ "77M42.defms", 0 },
	{ "", 0 },
	{ "-", 0 },
};

TEST(a_serial_is_read_back_from_a_name_of_ours_only)
{
	for (size_t i = 0; i < G_N_ELEMENTS(serials); i++)
		CHECK_INT(render_serial(serials[i].base), serials[i].serial);
}

TEST(a_base_is_a_name_without_its_flags)
{
	AUTO(str) char *with = render_base("1.a:2,FS");
	AUTO(str) char *without = render_base("1.a");
	AUTO(str) char *alone = render_base(":2,FS");

	CHECK_STR(with, "1.a");
	CHECK_STR(without, "1.a");
	CHECK_STR(alone, ":2,FS");
}

static const struct {
	const char *text, *name;
} escapes[] = {
	{ "ada@example.org", "ada@example.org" },
	{ "a/b@example.org", "a%2Fb@example.org" },
	{ "100%@example.org", "100%25@example.org" },
	{ ".@example.org", "%2E@example.org" },
	{ "..", "%2E." },
	{ "a\nb", "a%0Ab" },
	{ "\xc3\xa4@example.org", "\xc3\xa4@example.org" },
};

TEST(an_address_is_a_safe_file_name_and_comes_back)
{
	for (size_t i = 0; i < G_N_ELEMENTS(escapes); i++) {
		AUTO(str) char *name = render_escape(escapes[i].text);
		AUTO(str) char *text = render_unescape(name);

		CHECK_STR(name, escapes[i].name);
		CHECK_STR(text, escapes[i].text);
	}
}

TEST(what_is_too_long_for_a_name_has_none)
{
	for (size_t len = 250; len < 260; len++) {
		AUTO(str) char *text = g_strnfill(len, 'a');
		AUTO(str) char *name = render_escape(text);

		CHECK_INT(name != NULL, len <= 255);
	}
	CHECK(!render_escape(""));
}

TEST(a_bad_escape_is_no_name)
{
	static const char *const bad[] = { "%", "%2", "%zz", "a%2", "%00" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		CHECK(!render_unescape(bad[i]));
}

TEST(all_bytes_survive_as_a_name)
{
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = { 'x', (char)byte, '\0' };
		AUTO(str) char *name = render_escape(text);
		AUTO(str) char *back = render_unescape(name);

		CHECK(!strchr(name, '/'));
		CHECK_STR(back, text);
	}
}

TEST(flags_are_words_in_one_order)
{
	AUTO(gstring) GString *text = g_string_new(NULL);

	render_message_flags(FLAG_FLAGGED | FLAG_SEEN, text);
	CHECK_STR(text->str, "seen flagged\n");
	g_string_truncate(text, 0);
	render_message_flags(0, text);
	CHECK_STR(text->str, "");
	render_thread_flags(THREAD_MUTED | RENDER_SEEN, text);
	CHECK_STR(text->str, "muted seen\n");
}

static const struct {
	const char *name;
	bool scratch;
} names[] = {
	/* what editors and tools make beside a file (strace) */
	{ ".letter.swp", true },
	{ ".letter.swx", true }, /* vim */
	{ "letter~", true },
	{ "4913", true },
	{ ".#letter", true },
	{ "#letter#", true }, /* emacs */
	{ "sedAbC123", true },
	{ "sedzzzzzz", true },      /* sed -i */
	{ "XXv9whfB", true },       /* perl -i */
	{ ".letter.XyZ123", true }, /* rsync */
	{ ".nfs0123", true },
	{ ".git", true },
	{ ".rgignore", true },
	{ ".notmuch", true },
	{ ".uidvalidity", true },
	{ ".", true },
	{ "letter.swp", true },
	{ "letter.swo", true },
	{ "x~", true },
	{ "~", true },
	{ "##", true },
	{ "#x#", true },
	/* what is none */
	{ "", false },
	{ "#", false },
	{ "#1", false },
	{ "a#", false },
	{ "4914", false },
	{ "49130", false },
	{ "04913", false },
	{ "sed", false },
	{ "sedAbC12", false },
	{ "sedAbC1234", false },
	{ "sed awk x", false },
	{ "sed-i-now", false },
	{ "SEDabc123", false },
	{ "XX", false },
	{ "XXv9whf", false },
	{ "XXv9whfBx", false },
	{ "XX letter", false },
	{ "xxv9whfB", false },
	{ "swp", false },
	{ "a.sw", false },
	{ "a.swap", false },
	{ "a.sx1", false },
	{ "~letter", false },
	{ "letter~1", false },
	{ "letter.error", false },
	{ "from:ada", false },
	{ "linux", false },
	{ "size:>1M", false },
	{ "1700000000.M1P2.host:2,S", false },
	{ "letter", false },
};

TEST(a_scratch_file_is_known_by_its_name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		CHECK_INT(render_is_scratch(names[i].name), names[i].scratch);
}

/* Any of the last 2^23 changes comes back, those whose low bits are 0 too. */
TEST(a_version_tells_its_change)
{
	const int64_t turn = RENDER_VERSION;

	CHECK_INT(render_change(77, 0), 77);
	for (int64_t latest = 1; latest < 5 * turn; latest += turn / 16)
		for (int64_t back = 0; back < MIN(latest, turn);
		     back += turn / 128) {
			uint32_t version = render_version(latest - back);

			CHECK(version != 0 && version < 1 << 24);
			CHECK_INT(render_change(latest, version),
				  latest - back);
		}
	CHECK_INT(render_change(2 * turn + 1, render_version(2 * turn)),
		  2 * turn);
}
