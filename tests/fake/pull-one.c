/* SPDX-License-Identifier: ISC */
/* pull-one HOME [pin]	pull all that the mailbox of HOME (a $DEFMS_HOME) has
 *			into the one of $DEFMS_HOME, without any remote; with
 *			`pin` its owner becomes a contact first, by the card on
 *			standard input.
 *
 * Prints what came of it; exit status 1 if anything was not taken. */
#include <stdlib.h>

#include "defms/pull.h"
#include "defms/ref.h"
#include "defms/state-contacts.h"
#include "store-git.h"

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "pull-one: %s\n", err->text);
	return EXIT_FAILURE;
}

static int read_object(void *context, const struct object_id *id,
		       enum object_type *type_r, GByteArray *out,
		       struct err *err)
{
	return store_read_any(context, id, type_r, out, err);
}

/* Under no lock: nobody else writes in a test. */
static int pin(struct mailbox *mailbox, struct err *err)
{
	AUTO(str) char *path = mailbox_state_path(mailbox);
	struct state_pin pin = { .trust = TRUST_CONFIRMED };
	AUTO(state) struct state *state = NULL;
	AUTO(card) struct card *card = NULL;
	char text[4097] = "";
	size_t size = fread(text, 1, sizeof(text) - 1, stdin);

	if (card_parse(text, size, &card, err) < 0 ||
	    state_open(path, &state, err) < 0 ||
	    state_begin(state, true, err) < 0)
		return -1;
	memcpy(pin.root.bytes, card->root, sizeof(pin.root.bytes));
	(void)g_strlcpy(pin.address, g_ptr_array_index(card->mails, 0),
			sizeof(pin.address));
	if (state_pin_put(state, &pin, err) < 0 ||
	    state_card_put(state, &pin.root, card->version, text, err) < 0)
		return -1;
	return state_commit(state, err);
}

static int pull(struct mailbox *mailbox, const char *home, struct err *err)
{
	AUTO(str) char *path = g_build_filename(home, "mailbox.git", NULL);
	AUTO(store) struct store *store = NULL;
	AUTO(array) GArray *heads = NULL;
	struct offer offer = { .remote = "pool",
			       .limit = UINT64_MAX,
			       .read = read_object };
	struct pull_report report;
	int result;

	if (store_open(path, &store, err) < 0 ||
	    store_list_refs(store, &heads, err) < 0)
		return -1;
	offer.heads = heads;
	offer.context = store;
	if (pull_offer(mailbox, &offer, &report, err) < 0)
		return -1;
	(void)printf("%zu chains, %zu messages, %zu forks, %zu not taken, "
		     "%zu foreign\n",
		     report.chains, report.messages, report.forks,
		     report.quarantined, report.foreign);
	for (guint i = 0; i < report.problems->len; i++)
		(void)printf("%s\n", (const char *)g_ptr_array_index(
					     report.problems, i));
	result = report.quarantined > 0;
	pull_report_release(&report);
	return result;
}

int main(int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	AUTO(mailbox) struct mailbox *mailbox = NULL;
	struct err err = { 0 };
	int result;

	if (argc < 2)
		return 2;
	if (config_open(&config, &err) < 0 ||
	    mailbox_open(config, &mailbox, &err) < 0 ||
	    (argc > 2 && pin(mailbox, &err) < 0))
		return fail(&err);
	result = pull(mailbox, argv[1], &err);
	return result < 0 ? fail(&err) : result;
}
