/* SPDX-License-Identifier: ISC */
#include <sys/eventfd.h>

#include "imap-script.h"
#include "test.h"

TEST(news_end_an_idle)
{
	static const char *const news[] = {
		"+ idling\r\n* 4 EXISTS\r\n",
		"+ idling\r\n* 1 EXPUNGE\r\n",
		"+ idling\r\n* VANISHED 5\r\n",
		"+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n",
		"* 4 EXISTS\r\n+ idling\r\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(news); i++) {
		const struct rule rules[] = {
			{ "IDLE", news[i] },
			{ NULL, NULL },
		};
		struct script script;
		struct imap *imap = script_select(&script, rules, script_full);

		CHECK_INT(imap_idle(imap, -1, 60000, NULL), 1);
		CHECK(g_str_has_suffix(script.said->str, " IDLE\r\nDONE\r\n"));
		CHECK_INT(imap_noop(imap, NULL), 0);
		script_close(imap, &script);
	}
}

static const struct rule still[] = {
	{ "IDLE",
	  "+ idling\r\n* OK still here\r\n* 3 EXISTS\r\n* 1 RECENT\r\n" },
	{ NULL, NULL },
};

TEST(an_idle_ends_in_time)
{
	struct script script;
	struct imap *imap = script_select(&script, still, script_full);

	CHECK_INT(imap_idle(imap, -1, 20, NULL), 0);
	CHECK(g_str_has_suffix(script.said->str, " IDLE\r\nDONE\r\n"));
	script_close(imap, &script);
}

TEST(an_idle_is_ended_from_here)
{
	struct script script;
	struct imap *imap = script_select(&script, still, script_full);
	uint64_t one = 1;
	AUTO(fd) int wake = eventfd(0, 0);

	CHECK_INT(imap_idle(imap, wake, 1, NULL), 0);
	CHECK_INT(write(wake, &one, sizeof(one)), sizeof(one));
	CHECK_INT(imap_idle(imap, wake, 3600 * 1000, NULL), 0);
	script_close(imap, &script);
}

TEST(what_came_before_an_idle_is_news)
{
	static const struct rule rules[] = {
		{ "NOOP", "* 4 EXISTS\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);

	CHECK_INT(imap_noop(imap, NULL), 0);
	CHECK_INT(imap_idle(imap, -1, 3600 * 1000, NULL), 1);
	CHECK(!strstr(script.said->str, "IDLE"));
	script_close(imap, &script);
}

TEST(without_idle_news_are_asked_for)
{
	static const struct rule rules[] = {
		{ "NOOP", "* 2 EXISTS\r\n* 1 EXPUNGE\r\n$ OK .\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, script_bare, NULL);

	CHECK_INT(imap_idle(imap, -1, 5, NULL), 0);
	script_close(imap, &script);
	imap = script_select(&script, rules, script_bare);
	CHECK_INT(imap_idle(imap, -1, 3600 * 1000, NULL), 1);
	script_close(imap, &script);
}

TEST(a_server_that_ends_idles_is_not_asked_without_pause)
{
	static const struct rule rules[] = {
		{ "IDLE", "+ idling\r\n$ OK enough\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	const char *idle;

	script.tag[0] = '\0';
	CHECK_INT(imap_idle(imap, -1, 50, NULL), 0);
	idle = strstr(script.said->str, "IDLE");
	CHECK(idle && !strstr(idle + 1, "IDLE"));
	CHECK(!strstr(script.said->str, "DONE"));
	script_close(imap, &script);
}

TEST(an_idle_that_is_refused_says_so)
{
	static const struct rule rules[] = {
		{ "IDLE", "$ NO not here\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	struct err err = { 0 };

	CHECK_INT(imap_idle(imap, -1, 50, &err), -1);
	CHECK_STR(err.text, "imap.example.org:993: idle: refused: not here");
	CHECK(imap_is_alive(imap));
	script_close(imap, &script);
}

TEST(a_server_that_goes_ends_an_idle)
{
	static const struct rule rules[] = {
		{ "IDLE", "+ idling\r\n* BYE restart\r\n" },
		{ NULL, NULL },
	};
	struct script script;
	struct imap *imap = script_select(&script, rules, script_full);
	struct err err = { 0 };

	CHECK_INT(imap_idle(imap, -1, 60000, &err), -1);
	CHECK_INT(err.code, ECONNRESET);
	CHECK(!imap_is_alive(imap));
	script_close(imap, &script);
}
