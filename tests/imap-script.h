/* SPDX-License-Identifier: ISC */
/* A server in place of net.h: it answers commands by rules, and breaks off, or
 * falls silent, after as many bytes as wanted. */
#ifndef DEFMS_IMAP_SCRIPT_H
#define DEFMS_IMAP_SCRIPT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/eventfd.h>

#include "imap-parts.h"

/* How a command begins, and the answer, in which '$' at the start of a line is
 * the command's tag. The first rule that fits counts. */
struct rule {
	const char *command, *answer;
};

struct script {
	const struct rule *rules; /* up to one without a command */
	const struct rule *more;  /* and then these; NULL: none */
	size_t limit;             /* bytes that it says; 0: all */
	bool stall;               /* and then nothing, instead of good-bye */
	size_t piece;             /* bytes given at once; 0: as many as fit */
	GString *said;            /* owned; what the client said */
	GString *out;             /* owned; what it was told, or will be */
	size_t at, parsed;        /* of `out`, `said` */
	size_t literal;           /* of `said`, that is to come */
	char tag[32];             /* of the command whose literal or DONE is
				   * awaited */
	const char *answer;       /* to it */
	const char *forever;      /* said when there is nothing to say */
	bool refuse_literals;
	bool deflated;
	int fd;
};

/* What net_open() is given instead of an account. */
struct net {
	struct script *script;
};

__attribute__((unused)) static void script_init(struct script *script,
						const struct rule *rules,
						const struct rule *more)
{
	*script = (struct script){ .rules = rules,
				   .more = more,
				   .said = g_string_new(""),
				   .out = g_string_new(""),
				   .fd = eventfd(0, 0) };
}

__attribute__((unused)) static void script_release(struct script *script)
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

__attribute__((unused)) static int
script_open(struct script *script, struct imap **imap_r, struct err *err)
{
	return imap_open((const struct account *)script, imap_r, err);
}

/* A server with all that we use, and one with nothing. */
#define SCRIPT_ALL                                                             \
	"CONDSTORE ENABLE ESEARCH IDLE LIST-EXTENDED LIST-STATUS LITERAL+ "    \
	"MOVE NAMESPACE QRESYNC SPECIAL-USE UIDPLUS"

__attribute__((unused)) static const struct rule script_full[] = {
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

__attribute__((unused)) static const struct rule script_bare[] = {
	{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK .\r\n" },
	{ "SELECT \"INBOX\"", "* FLAGS (\\Seen work)\r\n* 3 EXISTS\r\n"
			      "* OK [UIDVALIDITY 9] .\r\n$ OK .\r\n" },
	{ "NOOP", "$ OK .\r\n" },
	{ NULL, NULL },
};

#endif
