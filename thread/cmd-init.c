/* SPDX-License-Identifier: ISC */
/* defms init: a new person's mailbox. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd-input.h"
#include "defms/cmd.h"
#include "key-device.h"
#include "mailbox-device.h"

extern const struct cmd cmd_init;

struct options {
	char *name;         /* borrowed, from argv */
	GPtrArray *mails;   /* owned; of borrowed char * */
	bool ask;           /* for a passphrase */
	bool device;        /* of somebody who has another one */
	const char *answer; /* borrowed: a file, or "-" */
};

/* 0, or -1 after a complaint. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "email", required_argument, NULL, 'e' },
		{ "passphrase", no_argument, NULL, 'p' },
		{ "device", no_argument, NULL, 'd' },
		{ "finish", required_argument, NULL, 'f' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'n')
			options->name = optarg;
		else if (option == 'e')
			g_ptr_array_add(options->mails, optarg);
		else if (option == 'p')
			options->ask = true;
		else if (option == 'd')
			options->device = true;
		else if (option == 'f')
			options->answer = optarg;
		else
			return -1;
	}
	for (; optind < argc; optind++)
		g_ptr_array_add(options->mails, argv[optind]);
	return 0;
}

/* What the settings lack of who the user is: `mount` and `send` need it. */
static int write_settings(const struct config *config,
			  const struct options *options, struct err *err)
{
	AUTO(ptrs) GPtrArray *settings = g_ptr_array_new();
	static char name_key[] = "name", mail_key[] = "email";
	bool has_mail = config_get(config, "user.email");

	if (!config_get(config, "user.name")) {
		g_ptr_array_add(settings, name_key);
		g_ptr_array_add(settings, options->name);
	}
	for (guint i = 0; !has_mail && i < options->mails->len; i++) {
		g_ptr_array_add(settings, mail_key);
		g_ptr_array_add(settings, options->mails->pdata[i]);
	}
	if (settings->len == 0)
		return 0;
	g_ptr_array_add(settings, NULL);
	return config_add("user", (const char *const *)settings->pdata, err);
}

/* -- another device -------------------------------------------------------- */

static void say_id(const char *what, const uint8_t device[32])
{
	struct device_id id = device_id_of(device);
	char hex[DEVICE_ID_HEX + 1];

	device_id_print(&id, hex);
	(void)fprintf(stderr, "%s %s\n", what, hex);
}

/* The request goes to standard output, what a person compares does not. */
static int ask_for_keys(const struct config *config, struct err *err)
{
	struct device_request request;
	AUTO(str) char *text = NULL;

	if (mailbox_device_ask(config, &text, err) < 0 ||
	    device_request_parse(text, strlen(text), &request, err) < 0)
		return -1;
	(void)fputs(text, stdout);
	say_id("this device is", request.device);
	return 0;
}

static int finish(const struct config *config, const struct options *options,
		  struct err *err)
{
	AUTO(bytes) GByteArray *answer = g_byte_array_new();
	AUTO(identity) struct identity *identity = NULL;
	char fingerprint[KEY_FINGERPRINT + 1];

	if (cmd_input(options->answer, DEVICE_TEXT, answer, err) < 0 ||
	    mailbox_device_accept(config, (const char *)answer->data,
				  answer->len, options->ask, &identity,
				  err) < 0)
		return -1;
	identity_fingerprint(identity, fingerprint);
	say_id("this device is", identity_device_key(identity));
	(void)fprintf(stderr, "its owner's fingerprint is %s\n", fingerprint);
	return 0;
}

static int run_device(const struct config *config,
		      const struct options *options)
{
	struct err err;
	int result;

	if (options->name || options->mails->len > 0 ||
	    (options->device && (options->answer || options->ask)))
		return cmd_usage(&cmd_init, "the other device says who it is");
	result = options->device ? ask_for_keys(config, &err)
				 : finish(config, options, &err);
	return result < 0 ? cmd_fail(&err) : CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	AUTO(ptrs) GPtrArray *mails = g_ptr_array_new();
	AUTO(str) char *home = config_home();
	struct options options = { .mails = mails };
	struct err err;

	(void)mailbox;
	if (parse(argc, argv, &options) < 0)
		return cmd_usage(&cmd_init, NULL);
	if (options.device || options.answer)
		return run_device(config, &options);
	if (!options.name || mails->len == 0)
		return cmd_usage(&cmd_init, "--name and --email are needed");
	if (mailbox_create(config, options.name,
			   (const char *const *)mails->pdata, mails->len,
			   options.ask, &err) < 0 ||
	    write_settings(config, &options, &err) < 0)
		return cmd_fail(&err);
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "a mailbox for %s is in %s\n",
			      options.name, home);
	return CMD_DONE;
}

const struct cmd cmd_init = {
	.name = "init",
	.args = "--name NAME --email ADDR... [--passphrase] | --device | "
		"--finish FILE|- [--passphrase]",
	.summary = "make a mailbox and the keys of its owner",
	.options = "--name NAME    who you are\n"
		   "--email ADDR   an address of yours; once or more\n"
		   "--passphrase   ask for one that seals the keys\n"
		   "--device       you have another device: print what its "
		   "'key device add' takes\n"
		   "--finish FILE  take what that prints",
	.run = run,
};
