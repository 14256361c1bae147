/* SPDX-License-Identifier: ISC */
/* defms contact: whose key is whose. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd-input.h"
#include "cmd-query.h"
#include "defms/batch.h"
#include "defms/cmd.h"
#include "defms/contact.h"
#include "defms/owner.h"
#include "identity.h"

extern const struct cmd cmd_contact;

enum { INPUT = 64 * 1024 }; /* bytes that are read of what should be a card */

/* -- showing --------------------------------------------------------------- */

static void print_fingerprint(const struct root_key *root)
{
	char text[KEY_FINGERPRINT + 1];

	fingerprint_print(root->bytes, text);
	printf("\t%s", text);
}

/* What waits at its address follows "changed", a column each. */
static int print_pin(struct state *state, const struct state_pin *pin,
		     struct err *err)
{
	AUTO(array) GArray *asides = NULL;

	if (state_aside_list(state, pin->address, &asides, err) < 0)
		return -1;
	cmd_print(stdout, pin->address, strlen(pin->address), false);
	print_fingerprint(&pin->root);
	printf("\t%s", asides->len > 0 ? "changed" : trust_name(pin->trust));
	for (guint i = 0; i < asides->len; i++)
		print_fingerprint(
			&g_array_index(asides, struct state_aside, i).root);
	(void)putchar('\n');
	return 0;
}

/* Those of `addresses`, or all with NULL. */
static int print_pins(struct mailbox *mailbox, GPtrArray *addresses,
		      struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	AUTO(state) struct state *state = NULL;
	AUTO(array) GArray *pins = NULL;

	if (state_open(path, &state, err) < 0 ||
	    state_pin_list(state, &pins, err) < 0)
		return -1;
	for (guint i = 0; i < pins->len; i++) {
		const struct state_pin *pin =
			&g_array_index(pins, struct state_pin, i);

		if (addresses &&
		    !g_ptr_array_find_with_equal_func(addresses, pin->address,
						      g_str_equal, NULL))
			continue;
		if (print_pin(state, pin, err) < 0)
			return -1;
	}
	return 0;
}

/* -- adding ---------------------------------------------------------------- */

static int read_card(const char *name, char **text_r, struct card **card_r,
		     struct err *err)
{
	AUTO(bytes) GByteArray *bytes = g_byte_array_new();

	if (cmd_input(name, INPUT, bytes, err) < 0)
		return -1;
	if (card_parse((const char *)bytes->data, bytes->len, card_r, err) < 0)
		return err_prefix(err, "%s", name);
	*text_r = g_strndup((const char *)bytes->data, bytes->len);
	return 0;
}

/* An address of mine, or one that belongs to another key, is not taken and
 * said; `taken` gets the others. */
static int claim_mails(struct batch *batch, const struct claim *card,
		       const GPtrArray *mine, GPtrArray *taken, struct err *err)
{
	for (guint i = 0; i < card->card->mails->len; i++) {
		struct claim claim = *card;
		int done = 0;

		claim.mail = card->card->mails->pdata[i];
		if (!address_is_among(claim.mail, mine))
			done = contact_claim(batch_state(batch), &claim, err);
		if (done < 0)
			return -1;
		if (done > 0)
			g_ptr_array_add(taken, address_key(claim.mail));
		else
			(void)fprintf(stderr,
				      "defms: %s is left as it is: %s\n",
				      claim.mail,
				      address_is_among(claim.mail, mine)
					      ? "it is an address of yours"
					      : "it has another key; see "
						"'defms contact list'");
	}
	return 0;
}

static int finish(struct batch *batch, struct err *err)
{
	if (batch_commit(batch, err) < 0)
		return -1;
	if (batch_unfinished(batch))
		cmd_warn(batch_unfinished(batch));
	return 0;
}

static int add(struct mailbox *mailbox, char **args, struct err *err)
{
	const struct identity *identity = mailbox_identity(mailbox);
	AUTO(ptrs)
	GPtrArray *mine = owner_mails(mailbox_config(mailbox), identity);
	AUTO(ptrs) GPtrArray *taken = g_ptr_array_new_with_free_func(g_free);
	AUTO(batch) struct batch *batch = NULL;
	AUTO(card) struct card *card = NULL;
	AUTO(str) char *text = NULL;
	struct claim claim = { .trust = TRUST_CONFIRMED,
			       .now = g_get_real_time() / G_USEC_PER_SEC };

	if (read_card(args[0], &text, &card, err) < 0)
		return -1;
	if (identity_is_root(identity, card->root))
		return err_set(err, EINVAL, "this card is your own");
	claim.card = card;
	claim.text = text;
	if (batch_begin(mailbox, &batch, err) < 0 ||
	    claim_mails(batch, &claim, mine, taken, err) < 0 ||
	    finish(batch, err) < 0)
		return -1;
	if (taken->len == 0)
		return err_set(err, EKEYREJECTED,
			       "no address of this card was taken");
	return print_pins(mailbox, taken, err);
}

/* -- deciding -------------------------------------------------------------- */

static int trust(struct mailbox *mailbox, char **args, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;

	if (batch_begin(mailbox, &batch, err) < 0 ||
	    contact_trust(batch_state(batch), args[0], args[1], err) < 0)
		return -1;
	return finish(batch, err);
}

static int remove_contact(struct mailbox *mailbox, char **args, struct err *err)
{
	AUTO(batch) struct batch *batch = NULL;
	int found;

	if (batch_begin(mailbox, &batch, err) < 0)
		return -1;
	found = contact_remove(batch_state(batch), args[0], err);
	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ENOENT, "%s is no contact", args[0]);
	return finish(batch, err);
}

/* -- the command ----------------------------------------------------------- */

static const struct {
	const char *name;
	int args;
	int (*run)(struct mailbox *mailbox, char **args, struct err *err);
} actions[] = {
	{ "add", 1, add },
	{ "trust", 2, trust },
	{ "remove", 1, remove_contact },
};

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	struct err err;

	(void)config;
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return print_pins(mailbox, NULL, &err) < 0 ? cmd_fail(&err)
							   : CMD_DONE;
	for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(actions); i++) {
		if (strcmp(argv[1], actions[i].name) != 0 ||
		    argc != 2 + actions[i].args)
			continue;
		if (actions[i].run(mailbox, argv + 2, &err) < 0)
			return cmd_fail(&err);
		return CMD_DONE;
	}
	return cmd_usage(&cmd_contact, NULL);
}

const struct cmd cmd_contact = {
	.name = "contact",
	.args = "list | add FILE|- | trust ADDR FINGERPRINT | remove ADDR",
	.summary = "show and decide whose key is whose",
	.options = "list                    address, fingerprint, and seen, "
		   "proved, confirmed or\n"
		   "                        changed, with the other "
		   "fingerprint\n"
		   "add FILE|-              a card, as 'defms key export' "
		   "prints it\n"
		   "trust ADDR FINGERPRINT  it is this one; you compared it\n"
		   "remove ADDR             forget it",
	.flags = CMD_MAILBOX,
	.run = run,
};
