/* SPDX-License-Identifier: ISC */
#include "defms/name.h"

#include <errno.h>

#include "defms/state-copies.h"
#include "defms/state.h"
#include "test.h"

/* A name as name.h promises it. */
static bool is_safe(const char *name)
{
	if (name[0] == '\0' || name[0] == '.' || name[0] == '-' ||
	    strlen(name) > NAME_LIMIT || !g_utf8_validate(name, -1, NULL))
		return false;
	for (const char *at = name; *at; at = g_utf8_next_char(at))
		if (*at == '/' || g_unichar_iscntrl(g_utf8_get_char(at)))
			return false;
	return true;
}

TEST(a_slug_is_lower_case_words)
{
	static const struct {
		const char *text;
		size_t limit;
		bool subject;
		const char *want;
	} known[] = {
		{ "Roof repair", 50, true, "roof-repair" },
		{ "Re: Roof  repair!", 50, true, "roof-repair" },
		{ "RE: Fwd: AW: SV: WG: Fw: x", 50, true, "x" },
		{ "Re[2]: x", 50, true, "x" },
		{ "re : x", 50, true, "x" },
		{ "Re: x", 50, false, "re-x" },
		{ "Reply: x", 50, true, "reply-x" },
		{ "Re x", 50, true, "re-x" },
		{ "[PATCH v2 1/3] man: fix", 50, true, "patch-v2-1-3-man-fix" },
		{ "Re:", 50, true, "" },
		{ "", 50, true, "" },
		{ "--- !!!", 50, true, "" },
		{ "\xc3\x84rger \xc3\xbc"
		  "ber Stra\xc3\x9f"
		  "e",
		  50, true,
		  "\xc3\xa4rger-\xc3\xbc"
		  "ber-stra\xc3\x9f"
		  "e" },
		/* A with a combining diaeresis is composed. */
		{ "A\xcc\x88", 50, true, "\xc3\xa4" },
		{ "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", 50, true,
		  "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
		{ "\xe4\xbd\xa0\xe5\xa5\xbd", 5, true, "\xe4\xbd\xa0" },
		{ "abc def", 4, true, "abc" },
		{ "abc def", 5, true, "abc-d" },
		{ "\xff\xfe../etc/passwd\x01", 50, true, "etc-passwd" },
		{ "a\xe2\x80\xae"
		  "b",
		  50, true, "a-b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *slug = name_slug(known[i].text, known[i].limit,
				       known[i].subject);

		CHECK_STR(slug, known[i].want);
	}
}

/* Digits: Python's base64.b32encode(blake2b(root, digest_size=32)). */
TEST(a_thread_is_named_by_date_subject_and_root)
{
	static const struct {
		int64_t date;
		const char *subject, *root;
		unsigned digits;
		const char *want;
	} known[] = {
		{ 1793610000, "Re: Roof repair", "root@example.org", 6,
		  "2026-11-02.roof-repair.5n3bnf" },
		{ 0, "", "", 8, "0000-00-00.no-subject.bzlvdqbg" },
		{ -1, "x", "root@example.org", 51,
		  "1969-12-31.x."
		  "5n3bnf33btfqlqn3oqf2vvtwdzl2uo3caumxy6i4adsbajicho2" },
		{ INT64_MAX, "x", "", 6, "0000-00-00.x.bzlvdq" },
		{ INT64_MIN, "x", "", 0, "0000-00-00.x.bzlvdq" },
		{ 253402300799, "x", "", 6, "9999-12-31.x.bzlvdq" },
		{ 253402300800, "x", "", 6, "0000-00-00.x.bzlvdq" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *name = name_thread(known[i].date, known[i].subject,
					 known[i].root, known[i].digits);

		CHECK_STR(name, known[i].want);
		CHECK(is_safe(name));
	}
}

TEST(a_message_is_named_by_date_sender_and_hash)
{
	AUTO(ptrs) GPtrArray *senders = g_ptr_array_new();
	struct address *ada = address_new("Ada Lovelace", "ada@example.org");
	struct mime mime = { .date = 1793610900,
			     .date_zone = 60,
			     .senders = senders };
	struct message_id hash = { { 0x9c, 0x41, 0xe2, 0xb0, 0x7f } };
	AUTO(str) char *nobody = name_message(&mime, &hash, 8);
	AUTO(str) char *known = NULL;
	AUTO(str) char *undated = NULL;

	CHECK_STR(nobody, "20261102T091500.unknown.9c41e2b0");
	g_ptr_array_add(senders, ada);
	known = name_message(&mime, &hash, 10);
	CHECK_STR(known, "20261102T091500.ada.9c41e2b07f");
	mime.date_zone = MIME_NO_DATE;
	undated = name_message(&mime, &hash, 8);
	CHECK_STR(undated, "00000000T000000.ada.9c41e2b0");
	address_free(ada);
}

TEST(an_attachment_keeps_its_name_as_far_as_it_is_safe)
{
	static const struct {
		const char *name, *type, *want;
	} known[] = {
		{ "report.pdf", "application/pdf", "report.pdf" },
		{ "", "application/pdf", "part-3.pdf" },
		{ "", "x/y", "part-3.bin" },
		{ "..", "image/png", "_" },
		{ ".", "image/png", "_" },
		{ ". .", "image/png", "_" },
		{ ".bashrc", "text/plain", "_bashrc" },
		{ "-rf", "text/plain", "_rf" },
		{ "../../etc/passwd", "text/plain", "_._.._etc_passwd" },
		{ "C:\\x\\y.doc", "x/y", "C:_x_y.doc" },
		{ "\ta\tb\nc\r.txt", "x/y", "a b c.txt" },
		{ "a\x01\x7f\xc2\x85.txt", "x/y", "a.txt" },
		{ "invoice\xe2\x80\xaegpj.exe", "x/y", "invoicegpj.exe" },
		{ "\xe2\x81\xa6.x", "x/y", "_x" },
		{ "end. . ", "x/y", "end" },
		{ "   ", "image/jpeg", "part-3.jpg" },
		{ "\x01\x02", "image/jpeg", "part-3.jpg" },
		{ "na\xefve.txt", "x/y", "na\xef\xbf\xbdve.txt" },
		{ "M\xc3\xbcll.zip", "x/y", "M\xc3\xbcll.zip" },
	};
	AUTO(table)
	GHashTable *none = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str)
		char *name =
			name_attachment(known[i].name, known[i].type, 3, none);

		CHECK_STR(name, known[i].want);
		CHECK(is_safe(name));
	}
}

TEST(a_long_attachment_is_cut_at_a_character_and_keeps_its_ending)
{
	AUTO(table)
	GHashTable *none = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned pad = 0; pad < 8; pad++) {
		AUTO(gstring) GString *text = g_string_new(NULL);
		AUTO(str) char *name = NULL;

		for (unsigned i = 0; i < pad; i++)
			(void)g_string_append_c(text, 'x');
		for (unsigned i = 0; i < 1000; i++)
			(void)g_string_append(text, "\xf0\x9f\x98\x80");
		(void)g_string_append(text, ".tar");
		name = name_attachment(text->str, "x/y", 0, none);
		CHECK(is_safe(name));
		CHECK(strlen(name) > NAME_LIMIT - 4);
		CHECK(g_str_has_suffix(name, ".tar"));
	}
}

TEST(every_attachment_of_ten_thousand_equal_ones_has_its_own_name)
{
	AUTO(table)
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < MIME_PARTS; i++) {
		char *name = name_attachment("a.b", "x/y", i, taken);

		if (i == 0)
			CHECK_STR(name, "a.b");
		if (i == 1)
			CHECK_STR(name, "a-2.b");
		if (!is_safe(name) || !g_hash_table_add(taken, name))
			CHECK(!"safe and new");
	}
	CHECK_INT(g_hash_table_size(taken), MIME_PARTS);
}

TEST(flags_are_letters_in_order_and_read_back)
{
	static const struct {
		unsigned flags;
		const char *letters;
	} known[] = {
		{ 0, "" },
		{ FLAG_SEEN, "S" },
		{ FLAG_SEEN | FLAG_FLAGGED, "FS" },
		{ FLAG_DELETED | FLAG_ANSWERED, "RT" },
		{ FLAG_DRAFT | FLAG_FORWARDED, "DP" },
		{ 63, "DFPRST" },
	};
	char letters[16];

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		name_flags(known[i].flags, letters);
		CHECK_STR(letters, known[i].letters);
	}
	for (unsigned flags = 0; flags < 64; flags++) {
		AUTO(str) char *name = NULL;

		name_flags(flags, letters);
		name = g_strconcat("1.host:2,", letters, NULL);
		CHECK_INT(name_flags_parse(name), flags);
	}
	CHECK_INT(name_flags_parse("1.host"), 0);
	CHECK_INT(name_flags_parse("1.host:1,S"), 0);
	CHECK_INT(name_flags_parse("S:2,xaFz9"), FLAG_FLAGGED);
}

TEST(a_name_is_split_and_put_together_again)
{
	static const struct {
		const char *name, *base, *suffix; /* NULL: made of the flags */
		bool is_new;
		unsigned flags;
	} known[] = {
		{ "a", "a", NULL, true, 0 },
		{ "a", "a", "", false, 0 },
		{ "a:2,", "a", NULL, false, 0 },
		{ "a:2,", "a", ":2,", true, 0 },
		{ "a:2,S", "a", NULL, false, FLAG_SEEN },
		{ "a:2,S", "a", NULL, true, FLAG_SEEN },
		{ "a:2,SF", "a", ":2,SF", false, FLAG_SEEN | FLAG_FLAGGED },
		{ "a:2,Sa", "a", ":2,Sa", false, FLAG_SEEN },
		{ "a:2,SS", "a", ":2,SS", false, FLAG_SEEN },
		{ "a:1,S", "a:1,S", "", false, 0 },
		{ "a:2,F:2,S", "a", ":2,F:2,S", false, FLAG_SEEN },
		{ ":2,S", ":2,S", "", false, FLAG_SEEN },
		{ "77.M5.defms:2,", "", NULL, false, 0 },
		{ "77.M5.defms", "", NULL, true, 0 },
		{ "77.M5.defms", "77.M5.defms", "", false, 0 },
		{ "78.M5.defms:2,", "78.M5.defms", NULL, false, 0 },
		{ "77.M6.defms:2,", "77.M6.defms", NULL, false, 0 },
	};
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		struct state_copy copy = { .serial = 5,
					   .received = 77,
					   .is_new = known[i].is_new };
		AUTO(str) char *again = NULL;

		name_copy_split(known[i].name, &copy);
		CHECK_STR(copy.base, known[i].base);
		CHECK_INT(copy.flags, known[i].flags);
		CHECK_INT(copy.has_suffix, known[i].suffix != NULL);
		if (known[i].suffix)
			CHECK_STR(copy.suffix, known[i].suffix);
		again = name_copy(&copy);
		CHECK_STR(again, known[i].name);
	}
	for (int i = 0; i < 20000; i++) {
		static const char signs[] = ":2,:2,SFDPRTab.M5 \xc3\xa4";
		int size = g_rand_int_range(rand, 1, i % 10 ? 9 : 256);
		struct state_copy copy = { .serial = 5,
					   .received = 2,
					   .is_new = i % 2 };
		AUTO(str) char *again = NULL;
		char name[256] = "";

		for (int at = 0; at < size; at++)
			name[at] = signs[g_rand_int_range(
				rand, 0, (gint32)strlen(signs))];
		if (name[0] == '.')
			continue;
		name_copy_split(name, &copy);
		again = name_copy(&copy);
		CHECK_STR(again, name);
		CHECK_INT(copy.flags, name_flags_parse(name));
	}
}

TEST(only_a_made_base_tells_a_serial)
{
	static const struct {
		const char *base;
		int64_t serial;
	} known[] = {
		{ "77.M5.defms", 5 },
		{ "-77.M5.defms", 5 },
		{ "0.M1234567890123.defms", 1234567890123 },
		{ "77.M0.defms", 0 },
		{ "77.M-5.defms", 0 },
		{ "77.M5.defmsx", 0 },
		{ "77.M5.defms:2,", 0 },
		{ "77.M5", 0 },
		{ ".M5.defms", 0 },
		{ "--7.M5.defms", 0 },
		{ "7.M99999999999999999999.defms", 0 },
		{ "99999999999999999999.M5.defms", 0 },
		{ "", 0 },
		{ "-", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		CHECK_INT(name_copy_serial(known[i].base), known[i].serial);
}

TEST(a_folder_has_one_name)
{
	static const struct {
		const char *text, *name, *maildir;
	} known[] = {
		{ "INBOX", "INBOX", "" },
		{ "inbox", "INBOX", "" },
		{ "Sent", "Sent", ".Sent" },
		{ ".Sent", "Sent", ".Sent" },
		{ "lists/linux", "lists/linux", ".lists.linux" },
		{ ".lists.linux", "lists/linux", ".lists.linux" },
		{ "lists.linux", "lists/linux", ".lists.linux" },
		{ "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe", ".Entw\xc3\xbcrfe" },
		{ "", NULL, NULL },
		{ ".", NULL, NULL },
		{ "..", NULL, NULL },
		{ "a/../b", NULL, NULL },
		{ "a//b", NULL, NULL },
		{ "/a", NULL, NULL },
		{ "a/", NULL, NULL },
		{ "a.", NULL, NULL },
		{ "a\nb", NULL, NULL },
		{ "a\xc2\x85", NULL, NULL },
		{ "\xff", NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		AUTO(str) char *name = NULL;
		AUTO(str) char *maildir = NULL;
		struct err err = { 0 };

		if (!known[i].name) {
			CHECK_INT(name_folder(known[i].text, &name, &err), -1);
			CHECK_INT(err.code, EINVAL);
			continue;
		}
		CHECK_INT(name_folder(known[i].text, &name, &err), 0);
		CHECK_STR(name, known[i].name);
		maildir = name_folder_maildir(name);
		CHECK_STR(maildir, known[i].maildir);
	}
}

TEST(a_folder_has_at_most_200_bytes)
{
	for (size_t size = 199; size <= 202; size++) {
		AUTO(str) char *text = g_strnfill(size, 'a');
		AUTO(str) char *name = NULL;
		struct err err;

		CHECK_INT(name_folder(text, &name, &err),
			  size <= NAME_LIMIT ? 0 : -1);
	}
}
