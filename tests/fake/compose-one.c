/* SPDX-License-Identifier: ISC */
/* compose-one [-f] [-k IDENTITY] [-d DEFAULTS] [-D FOLDER] [ADDRESS...]: make a
 * message of the draft on standard input; envelope on standard error. Exit
 * status 1 and the reason if it cannot be sent. */
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "defms/compose.h"
#include "defms/io.h"

static GByteArray *read_all(int fd)
{
	GByteArray *bytes = g_byte_array_new();
	guint8 buf[65536];
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0)
		g_byte_array_append(bytes, buf, (guint)got);
	return bytes;
}

static void print(const struct composed *composed)
{
	fwrite(composed->message->data, 1, composed->message->len, stdout);
	fprintf(stderr, "sender %s\nmsgid %s\nsubject %s\n", composed->sender,
		composed->msgid, composed->subject);
	for (guint i = 0; i < composed->recipients->len; i++)
		fprintf(stderr, "to %s\n",
			(const char *)composed->recipients->pdata[i]);
}

static void take_option(int option, struct compose_how *how,
			struct identity **identity, char **defaults)
{
	struct err err = { 0 };

	if (option == 'f')
		how->finished = true;
	else if (option == 't')
		how->header_too = true;
	else if (option == 'D')
		how->folder = open(optarg, O_DIRECTORY | O_CLOEXEC);
	else if (option == 'd' &&
		 g_file_get_contents(optarg, defaults, NULL, NULL))
		how->defaults = *defaults;
	else if (option == 'k' &&
		 identity_open(optarg, NULL, identity, &err) == 0)
		how->identity = *identity;
	else
		exit(2);
}

int main(int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	AUTO(identity) struct identity *identity = NULL;
	AUTO(composed) struct composed *composed = NULL;
	AUTO(str) char *defaults = NULL;
	AUTO(bytes) GByteArray *draft = read_all(STDIN_FILENO);
	struct compose_how how = { .folder = -1, .now = time(NULL) };
	struct err err = { 0 };
	int option;

	while ((option = getopt(argc, argv, "ftD:d:k:")) != -1)
		take_option(option, &how, &identity, &defaults);
	if (config_open(&config, &err) < 0)
		return 1;
	how.config = config;
	how.recipients =
		optind < argc ? (const char *const *)argv + optind : NULL;
	if (compose(draft->data, draft->len, &how, &composed, &err) < 0) {
		fprintf(stderr, "%d %s\n", err.code, err.text);
		return 1;
	}
	print(composed);
	return 0;
}
