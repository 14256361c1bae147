/* SPDX-License-Identifier: ISC */
/* defms key device: more than one device of a person. */
#include <string.h>

#include "cmd-input.h"
#include "cmd-key.h"
#include "identity.h"
#include "key-change.h"
#include "key-device.h"
#include "mailbox-parts.h"

static int64_t now(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static int list(struct mailbox *mailbox, const char *unused, struct err *err)
{
	const struct identity *identity = mailbox_identity(mailbox);
	const char *text = identity_card(identity);
	struct device_id own = identity_device(identity);
	AUTO(card) struct card *card = NULL;

	(void)unused;
	if (card_parse(text, strlen(text), &card, err) < 0)
		return -1;
	for (guint i = 0; i < card->devices->len; i++) {
		struct device_id id = device_id_of(card_device(card, i));
		char hex[DEVICE_ID_HEX + 1];

		device_id_print(&id, hex);
		printf("%s%s\n", hex,
		       memcmp(&id, &own, sizeof(id)) == 0 ? "\tthis one" : "");
	}
	return 0;
}

/* What is printed is kept first: nobody gets a card that there is not. */
static int add(struct mailbox *mailbox, const char *name, struct err *err)
{
	struct identity *identity = mailbox_own_identity(mailbox);
	AUTO(bytes) GByteArray *text = g_byte_array_new();
	AUTO(str) char *answer = NULL;
	struct device_request request;
	struct device_id id;
	char hex[DEVICE_ID_HEX + 1];
	int added;

	if (cmd_input(name, DEVICE_TEXT, text, err) < 0 ||
	    device_request_parse((const char *)text->data, text->len, &request,
				 err) < 0)
		return -1;
	added = identity_add_device(identity, request.device, now(), err);
	if (added < 0 || device_answer(identity, &request, &answer, err) < 0 ||
	    (added > 0 && mailbox_save_identity(mailbox, err) < 0))
		return -1;
	(void)fputs(answer, stdout);
	id = device_id_of(request.device);
	device_id_print(&id, hex);
	(void)fprintf(stderr,
		      "the new device is %s: if it shows another id itself, "
		      "give nothing to it\nand run 'defms key device remove "
		      "%s'\n",
		      hex, hex);
	return 0;
}

static int remove_device(struct mailbox *mailbox, const char *hex,
			 struct err *err)
{
	struct identity *identity = mailbox_own_identity(mailbox);
	struct device_id id;

	if (device_id_parse(hex, &id, err) < 0 ||
	    identity_drop_device(identity, &id, now(), err) < 0 ||
	    mailbox_save_identity(mailbox, err) < 0)
		return -1;
	(void)fprintf(stderr,
		      "There are new keys. Each other device of yours needs "
		      "them: 'defms init --device' there,\n'defms key device "
		      "add' here.\n");
	return 0;
}

static const struct action {
	const char *name;
	int args;
	bool changes;
	int (*run)(struct mailbox *mailbox, const char *arg, struct err *err);
} actions[] = {
	{ "list", 0, false, list },
	{ "add", 1, true, add },
	{ "remove", 1, true, remove_device },
};

static int run_action(const struct action *action, const char *arg,
		      struct mailbox *mailbox, struct err *err)
{
	int result;

	if (!action->changes)
		return action->run(mailbox, arg, err);
	if (mailbox_lock(mailbox, err) < 0)
		return -1;
	result = mailbox_refresh_identity(mailbox, err);
	if (result == 0)
		result = action->run(mailbox, arg, err);
	mailbox_unlock(mailbox);
	return result;
}

int cmd_key_device(const struct cmd *cmd, int argc, char **argv,
		   struct mailbox *mailbox)
{
	struct err err;

	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (strcmp(argv[0], actions[i].name) != 0 ||
		    argc != 1 + actions[i].args)
			continue;
		if (run_action(&actions[i], argv[1], mailbox, &err) < 0)
			return cmd_fail(&err);
		return CMD_DONE;
	}
	return cmd_usage(cmd, NULL);
}
