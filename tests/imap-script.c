/* SPDX-License-Identifier: ISC */
#include "imap-script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "imap-folder.h"

#define SCRIPT_ALL                                                             \
	"CONDSTORE ENABLE ESEARCH IDLE LIST-EXTENDED LIST-STATUS LITERAL+ "    \
	"MOVE NAMESPACE QRESYNC SPECIAL-USE UIDPLUS"

const struct rule script_full[] = {
	{ "CAPABILITY", "* CAPABILITY IMAP4rev1 " SCRIPT_ALL "\r\n$ OK .\r\n" },
	{ "ENABLE CONDSTORE QRESYNC",
	  "* ENABLED CONDSTORE QRESYNC\r\n$ OK .\r\n" },
	{ "NAMESPACE", "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$ OK .\r\n" },
	{ "SELECT \"INBOX\"",
	  "* FLAGS (\\Seen \\Flagged work)\r\n"
	  "* OK [PERMANENTFLAGS (\\Seen \\*)] .\r\n* 3 EXISTS\r\n"
	  "* OK [UIDVALIDITY 9] .\r\n* OK [UIDNEXT 12] .\r\n"
	  "* OK [HIGHESTMODSEQ 70] .\r\n$ OK [READ-WRITE] .\r\n" },
	{ "NOOP", "$ OK .\r\n" },
	{ NULL, NULL },
};

const struct rule script_bare[] = {
	{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK .\r\n" },
	{ "SELECT \"INBOX\"", "* FLAGS (\\Seen work)\r\n* 3 EXISTS\r\n"
			      "* OK [UIDVALIDITY 9] .\r\n$ OK .\r\n" },
	{ "NOOP", "$ OK .\r\n" },
	{ NULL, NULL },
};

void script_init(struct script *script, const struct rule *rules,
		 const struct rule *more)
{
	*script = (struct script){ .rules = rules,
				   .more = more,
				   .said = g_string_new(""),
				   .out = g_string_new(""),
				   .fd = eventfd(0, 0) };
}

void script_release(struct script *script)
{
	(void)g_string_free(script->said, TRUE);
	(void)g_string_free(script->out, TRUE);
	(void)close(script->fd);
}

static void script_answer(struct script *script, const char *answer)
{
	for (const char *at = answer; *at; at++) {
		if (*at == '$' && (at == answer || at[-1] == '\n'))
			g_string_append(script->out, script->tag);
		else
			(void)g_string_append_c(script->out, *at);
	}
}

static const char *script_find(const struct rule *rules, const char *line)
{
	for (; rules && rules->command; rules++)
		if (strncmp(line, rules->command, strlen(rules->command)) == 0)
			return rules->answer;
	return NULL;
}

/* One line of the client's. */
static void script_line(struct script *script, const char *line)
{
	const char *space = strchr(line, ' '), *brace = strrchr(line, '{');

	if (strcmp(line, "DONE") == 0 ||
	    ((!*line || strcmp(line, ")") == 0) && script->answer)) {
		script_answer(script, script->answer);
		script->answer = NULL;
		return;
	}
	if (!space || strcmp(space, " LOGOUT") == 0)
		return;
	(void)g_strlcpy(script->tag, line,
			MIN(sizeof(script->tag), (size_t)(space - line) + 1));
	script->answer = script_find(script->rules, space + 1);
	if (!script->answer)
		script->answer = script_find(script->more, space + 1);
	if (!script->answer)
		script->answer = "$ BAD what?\r\n";
	if (brace && script->refuse_literals) {
		script_answer(script, "$ NO [TOOBIG] too big\r\n");
		return;
	}
	if (brace && g_str_has_suffix(line, "}")) {
		script->literal = strtoul(brace + 1, NULL, 10);
		if (line[strlen(line) - 2] != '+')
			script_answer(script, "+ go on\r\n");
		return;
	}
	if (strcmp(space + 1, "IDLE") == 0) {
		script_answer(script, script->answer);
		script->answer = "$ OK idled\r\n";
		return;
	}
	script_answer(script, script->answer);
	script->answer = NULL;
}

static void script_listen(struct script *script)
{
	while (script->parsed < script->said->len) {
		size_t left = script->said->len - script->parsed;
		char *line = script->said->str + script->parsed, *end;
		size_t taken = MIN(script->literal, left);

		script->parsed += taken;
		script->literal -= taken;
		if (taken > 0)
			continue;
		end = strstr(line, "\r\n");
		if (!end)
			return;
		*end = '\0';
		script_line(script, line);
		*end = '\r';
		script->parsed += (size_t)(end + 2 - line);
	}
}

int net_open(const struct account *account, enum service service,
	     struct net **net_r, struct err *err)
{
	(void)service;
	(void)err;
	*net_r = g_new(struct net, 1);
	(*net_r)->script = (struct script *)(intptr_t)account;
	return 0;
}

void net_close(struct net *net)
{
	g_free(net);
}

const char *net_name(const struct net *net)
{
	(void)net;
	return "imap.example.org:993";
}

int64_t net_timeout(const struct net *net)
{
	return net->script->stall ? 1 : 60000;
}

int net_fd(const struct net *net)
{
	return net->script->fd;
}

int net_write(struct net *net, const void *data, size_t size, struct err *err)
{
	(void)err;
	g_string_append_len(net->script->said, data, (gssize)size);
	script_listen(net->script);
	return 0;
}

int net_read(struct net *net, void *buf, size_t size, int64_t timeout_ms,
	     size_t *size_r, struct err *err)
{
	struct script *script = net->script;
	size_t end, count;

	if (script->forever && script->at == script->out->len)
		g_string_append(script->out, script->forever);
	end = script->limit ? MIN(script->limit, script->out->len)
			    : script->out->len;
	count = MIN(size, end - script->at);
	if (script->piece)
		count = MIN(count, script->piece);
	if (count == 0 && (script->stall || timeout_ms == 0))
		return 0;
	if (count == 0)
		return err_set(err, ECONNRESET,
			       "imap.example.org:993: connection closed");
	memcpy(buf, script->out->str + script->at, count);
	script->at += count;
	*size_r = count;
	return 1;
}

int net_deflate(struct net *net, const void *rest, size_t size, struct err *err)
{
	(void)rest;
	(void)size;
	(void)err;
	net->script->deflated = true;
	return 0;
}

int script_open(struct script *script, struct imap **imap_r, struct err *err)
{
	return imap_open((const struct account *)script, imap_r, err);
}

struct imap *script_login(struct script *script, const struct rule *rules,
			  const struct rule *more)
{
	struct imap *imap = NULL;
	struct err err;

	script_init(script, rules, more);
	if (script_open(script, &imap, &err) < 0)
		g_error("%s", err.text);
	return imap;
}

struct imap *script_select(struct script *script, const struct rule *rules,
			   const struct rule *more)
{
	struct imap *imap = script_login(script, rules, more);
	struct imap_selected all = { 0 };
	struct err err;

	if (imap_select(imap, "INBOX", false, &all, &err) < 0)
		g_error("%s", err.text);
	imap_selected_release(&all);
	return imap;
}

void script_close(struct imap *imap, struct script *script)
{
	imap_close(imap);
	script_release(script);
}
