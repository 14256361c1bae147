/* SPDX-License-Identifier: ISC */
/* defms key: what others need of my keys. */
#include <stdio.h>
#include <string.h>

#include "cmd-key.h"
#include "defms/key.h"

extern const struct cmd cmd_key;

static int export(const struct identity *identity, struct err *err)
{
	(void)err;
	(void)fputs(identity_card(identity), stdout);
	return 0;
}

static int fingerprint(const struct identity *identity, struct err *err)
{
	char text[KEY_FINGERPRINT + 1];

	(void)err;
	identity_fingerprint(identity, text);
	printf("%s\n", text);
	return 0;
}

/* A line for each device of mine: its commits are mine. */
static int signers(const struct identity *identity, struct err *err)
{
	const char *text = identity_card(identity);
	AUTO(card) struct card *card = NULL;

	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	for (guint i = 0; i < card->devices->len; i++) {
		const uint8_t *key = card_device(card, i);
		struct device_id id = device_id_of(key);
		char hex[DEVICE_ID_HEX + 1];
		AUTO(str) char *principal = NULL;
		AUTO(str) char *line = NULL;

		device_id_print(&id, hex);
		principal = g_strconcat(hex, "@defms.invalid", NULL);
		line = key_signers_line(key, principal);
		(void)fputs(line, stdout);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const struct identity *identity, struct err *err);
} actions[] = {
	{ "export", export },
	{ "fingerprint", fingerprint },
	{ "signers", signers },
};

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;

	(void)config;
	if (argc > 2 && strcmp(argv[1], "device") == 0)
		return cmd_key_device(&cmd_key, argc - 2, argv + 2, mailbox);
	for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(actions); i++) {
		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		if (actions[i].run(mailbox_identity(mailbox), &err) < 0)
			return cmd_fail(&err);
		return CMD_DONE;
	}
	return cmd_usage(&cmd_key, NULL);
}

const struct cmd cmd_key = {
	.name = "key",
	.args = "export|fingerprint|signers | device list | "
		"device add FILE|- | device remove ID",
	.summary = "your keys: what others need of them, your devices",
	.options = "export            your card: addresses, keys, signature\n"
		   "fingerprint       32 characters to compare by another way\n"
		   "signers           your devices as OpenSSH allowed signers, "
		   "for\n"
		   "                  gpg.ssh.allowedSignersFile of git\n"
		   "device list       your devices\n"
		   "device add FILE   give your keys to what 'defms init "
		   "--device'\n"
		   "                  printed; print the answer\n"
		   "device remove ID  it is lost: new keys, without it",
	.flags = CMD_MAILBOX,
	.run = run,
};
