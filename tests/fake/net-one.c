/* SPDX-License-Identifier: ISC */
/* Log in at the first account's server and say a few lines:
 *
 *	net-one imap|smtp [LINE...]
 *
 * Prints what the server says until it closes the connection (or says nothing
 * for a second). Without lines only the login is tried. LINE "deflate" switches
 * compression on. Exit status as of defms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defms/cmd.h"
#include "net.h"

enum { WAIT = 1000 };

static const struct account *find(const GPtrArray *accounts,
				  enum service service)
{
	for (guint i = 0; i < accounts->len; i++) {
		const struct account *account = accounts->pdata[i];

		if (account->servers[service].host)
			return account;
	}
	return NULL;
}

/* 1 more came, 0 nothing more, -1 it closed. */
static int show(struct net *net, struct err *err)
{
	char buf[1000];
	size_t size;
	int more = net_read(net, buf, sizeof(buf), WAIT, &size, err);

	if (more > 0)
		(void)fwrite(buf, 1, size, stdout);
	return more;
}

static int say(struct net *net, const char *line, struct err *err)
{
	AUTO(str) char *text = g_strconcat(line, "\r\n", NULL);

	if (strcmp(line, "deflate") != 0)
		return net_write(net, text, strlen(text), err);
	while (show(net, err) > 0)
		;
	return net_deflate(net, "", 0, err);
}

int main(int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	AUTO(ptrs) GPtrArray *accounts = NULL;
	AUTO(net) struct net *net = NULL;
	enum service service = argc > 1 && strcmp(argv[1], "smtp") == 0
				       ? SERVICE_SMTP
				       : SERVICE_IMAP;
	struct err err;

	if (config_open(&config, &err) < 0 ||
	    account_list(config, &accounts, &err) < 0 ||
	    net_open(find(accounts, service), service, &net, &err) < 0)
		return cmd_fail(&err);
	for (int i = 2; i < argc; i++)
		if (say(net, argv[i], &err) < 0)
			return cmd_fail(&err);
	if (argc > 2)
		while (show(net, &err) > 0)
			;
	return CMD_DONE;
}
