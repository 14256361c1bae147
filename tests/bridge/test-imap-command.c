/* SPDX-License-Identifier: ISC */
#include "imap-folder.h"
#include "imap-response.h"
#include "imap-script.h"
#include "test.h"

/* What a server may say without ever coming to the point. */
TEST(a_server_that_talks_without_end_is_left)
{
	static const char *const talks[] = {
		"* OK still here\r\n",
		"* 3 EXISTS\r\n* 3 EXPUNGE\r\n",
		"* 1 FETCH (UID 1 FLAGS ())\r\n",
		"+ go on\r\n",
		"* LIST () \"/\" a\r\n",
		"x",
	};
	static const struct rule rules[] = {
		{ "NOOP", "" },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(talks); i++) {
		AUTO(imap) struct imap *imap = NULL;
		struct script script;
		struct err err = { 0 };

		script_init(&script, rules, script_full);
		CHECK_INT(script_open(&script, &imap, NULL), 0);
		script.forever = talks[i];
		script.stall = true; /* time-outs are short */
		script.piece = 1;
		CHECK_INT(imap_noop(imap, &err), -1);
		CHECK_INT(err.code, ETIMEDOUT);
		CHECK_STR(err.text, "imap.example.org:993: noop: no answer in "
				    "time");
		CHECK(!imap_is_alive(imap));
		imap_close(take(imap));
		script_release(&script);
	}
}

TEST(vanished_uids_have_a_limit)
{
	AUTO(gstring) GString *forever = g_string_new("");
	static const struct rule rules[] = {
		{ "NOOP", "" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	struct script script;
	struct err err = { 0 };

	for (uint32_t part = 0; part < 30; part++) {
		g_string_append_printf(forever, "* VANISHED %u", part + 1);
		for (uint32_t uid = 1; uid < 50000; uid++)
			g_string_append_printf(forever, ",%u",
					       uid * 100 + 2 * part);
		g_string_append(forever, "\r\n");
	}
	script_init(&script, rules, script_full);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	script.forever = forever->str;
	CHECK_INT(imap_noop(imap, &err), -1);
	CHECK_INT(err.code, EMSGSIZE);
	imap_close(take(imap));
	script_release(&script);
}

TEST(why_a_command_is_refused_is_known_by_its_code)
{
	static const struct {
		const char *answer;
		int code;
	} known[] = {
		{ "$ NO no\r\n", EREMOTEIO },
		{ "$ BAD what\r\n", EREMOTEIO },
		{ "$ NO [INUSE] no\r\n", EAGAIN },
		{ "$ NO [UNAVAILABLE] no\r\n", EAGAIN },
		{ "$ NO [NOPERM] no\r\n", EACCES },
		{ "$ NO [X-ODD 1] no\r\n", EREMOTEIO },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		const struct rule rules[] = {
			{ "CREATE", known[i].answer },
			{ NULL, NULL },
		};
		AUTO(imap) struct imap *imap = NULL;
		struct script script;
		struct err err = { 0 };

		script_init(&script, rules, script_full);
		CHECK_INT(script_open(&script, &imap, NULL), 0);
		CHECK_INT(imap_create(imap, "x", &err), -1);
		CHECK_INT(err.code, known[i].code);
		CHECK(imap_is_alive(imap));
		imap_close(take(imap));
		script_release(&script);
	}
}

/* However many commands there are, few bytes of them are on their way. */
TEST(commands_that_are_not_answered_are_few)
{
	static const struct rule rules[] = {
		{ "STORE", "$ OK .\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap_job) struct imap_job job = { .lines = g_string_new("") };
	AUTO(str) char *padding = g_strnfill(3000, 'x');
	AUTO(str) char *long_one = g_strdup_printf("STORE %s", padding);
	AUTO(imap) struct imap *imap = NULL;
	struct imap_response response;
	struct script script;
	int more;

	script_init(&script, rules, script_full);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	for (int i = 0; i < 2000; i++)
		imap_job_add_line(&job, i % 2 ? "STORE x" : long_one);
	while ((more = imap_job_next(imap, &job, &response, NULL)) > 0) {
		CHECK(imap->open <= IMAP_OPEN);
		CHECK(imap->window <= IMAP_WINDOW);
	}
	CHECK_INT(more, 0);
	CHECK_INT(imap->tags, 2003);
	CHECK_INT(imap->window, 0);
	imap_close(take(imap));
	script_release(&script);
}

TEST(an_alert_is_kept_for_a_person)
{
	static const struct rule rules[] = {
		{ "NOOP", "* OK [ALERT] the disk\tis full\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	AUTO(imap) struct imap *imap = NULL;
	AUTO(str) char *alert = NULL;
	struct script script;

	script_init(&script, rules, script_full);
	CHECK_INT(script_open(&script, &imap, NULL), 0);
	CHECK(!imap_alert(imap));
	CHECK_INT(imap_noop(imap, NULL), 0);
	alert = imap_alert(imap);
	CHECK(alert && g_str_has_prefix(alert, "imap.example.org:993: the "));
	CHECK(alert && !strchr(alert, '\t'));
	CHECK(!imap_alert(imap));
	imap_close(take(imap));
	script_release(&script);
}
