/* SPDX-License-Identifier: ISC */
/* defms remote: the sections [remote "NAME"] of the settings. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "defms/cmd.h"
#include "defms/reader.h"
#include "defms/remote.h"
#include "ipfs-names.h"
#include "remote-ledger.h"

extern const struct cmd cmd_remote;

/* -- add ------------------------------------------------------------------- */

struct wish {
	const char *audience;
	int audiences; /* how many were named */
	GPtrArray *from;
};

static int parse_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, 'a' },
		{ "public", no_argument, NULL, 'p' },
		{ "all", no_argument, NULL, 'l' },
		{ "from", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f') {
			g_ptr_array_add(wish->from, optarg);
			continue;
		}
		if (option != 'a' && option != 'p' && option != 'l')
			return -1;
		wish->audiences++;
		wish->audience = option == 'a'   ? optarg
				 : option == 'p' ? "public"
						 : "all";
	}
	return 0;
}

static char *section_of(const char *name)
{
	return g_strdup_printf("remote \"%s\"", name);
}

/* Would the section be a remote, with each of its settings? These are keys and
 * values in turn, the first two of them needed. */
static int try_settings(const char *name, const GPtrArray *settings,
			struct err *err)
{
	AUTO(config) struct config *config = NULL;

	if (config_open(&config, err) < 0)
		return -1;
	for (guint i = 0; i + 1 < settings->len; i += 2) {
		AUTO(str)
		char *one = g_strdup_printf("remote.%s.%s=%s", name,
					    (char *)settings->pdata[i],
					    (char *)settings->pdata[i + 1]);

		AUTO(ptrs) GPtrArray *remotes = NULL;

		if (config_override(config, one, err) < 0 ||
		    (i >= 2 && remote_list(config, &remotes, err) < 0))
			return -1;
	}
	return 0;
}

static int check_new(const struct config *config, const char *name,
		     struct err *err)
{
	AUTO(ptrs) GPtrArray *names = config_sections(config, "remote");

	if (remote_check_name(name, err) < 0)
		return -1;
	if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
		return err_set(err, EEXIST, "%s: there is such a remote", name);
	return 0;
}

static int add_remote(const struct config *config, const char *name,
		      const char *url, const struct wish *wish, struct err *err)
{
	static char url_key[] = "url", for_key[] = "for", from_key[] = "from";
	AUTO(ptrs) GPtrArray *settings = g_ptr_array_new();
	AUTO(str) char *section = section_of(name);
	AUTO(str) char *complete = NULL;

	if (check_new(config, name, err) < 0 ||
	    remote_complete_url(url, &complete, err) < 0)
		return -1;
	g_ptr_array_add(settings, url_key);
	g_ptr_array_add(settings, complete);
	g_ptr_array_add(settings, for_key);
	g_ptr_array_add(settings, (char *)(uintptr_t)wish->audience);
	for (guint i = 0; i < wish->from->len; i++) {
		g_ptr_array_add(settings, from_key);
		g_ptr_array_add(settings, wish->from->pdata[i]);
	}
	if (try_settings(name, settings, err) < 0)
		return -1;
	g_ptr_array_add(settings, NULL);
	return config_add(section, (const char *const *)settings->pdata, err);
}

static int run_add(int argc, char **argv, struct config *config)
{
	AUTO(ptrs) GPtrArray *from = g_ptr_array_new();
	struct wish wish = { .from = from };
	struct err err;

	if (parse_wish(argc, argv, &wish) < 0)
		return cmd_usage(&cmd_remote, NULL);
	if (argc - optind != 2)
		return cmd_usage(&cmd_remote, "add takes a name and a URL");
	if (wish.audiences != 1)
		return cmd_usage(&cmd_remote,
				 "add takes one of --for, --public, --all");
	if (add_remote(config, argv[optind], argv[optind + 1], &wish, &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

/* -- list ------------------------------------------------------------------ */

static void print_remote(const struct remote *remote,
			 const struct identity *identity)
{
	const char *audience = remote->address;
	char name[IPNS_NAME + 1];

	if (!audience)
		audience = remote->audience == AUDIENCE_ALL ? "all" : "public";
	printf("%s\t%s\t%s", remote->name, remote->shown, audience);
	for (guint i = 0; i < remote->from->len; i++)
		printf("%s%s", i ? "," : "\tfrom ",
		       (char *)remote->from->pdata[i]);
	if (remote->anybody)
		printf("\tfrom any");
	if (remote->scheme == REMOTE_IPFS &&
	    remote->audience == AUDIENCE_PUBLIC) {
		ipfs_names_public(identity, name);
		printf("\tname %s", name);
	}
	printf("\n");
}

static int run_list(int argc, char **argv, struct config *config,
		    struct mailbox *mailbox)
{
	AUTO(ptrs) GPtrArray *remotes = NULL;
	struct err err;

	(void)argv;
	if (argc > 1)
		return cmd_usage(&cmd_remote, "list takes no arguments");
	if (remote_list(config, &remotes, &err) < 0)
		return cmd_fail(&err);
	for (guint i = 0; i < remotes->len; i++)
		print_remote(remotes->pdata[i], mailbox_identity(mailbox));
	return CMD_DONE;
}

/* -- remove ---------------------------------------------------------------- */

/* What is there stays there. */
static int forget(struct mailbox *mailbox, const char *name, struct err *err)
{
	AUTO(reader) struct reader *reader = NULL;
	struct state *state;

	if (reader_open(mailbox, &reader, err) < 0)
		return -1;
	state = reader_state(reader);
	if (remote_ledger_open(mailbox, state, err) < 0)
		return -1;
	if (state_remote_drop(state, name, err) < 0) {
		remote_ledger_drop(mailbox, state);
		return -1;
	}
	return remote_ledger_close(mailbox, state, err);
}

static int run_remove(int argc, char **argv, struct mailbox *mailbox)
{
	AUTO(str) char *section = NULL;
	struct err err;
	int found;

	if (argc != 2)
		return cmd_usage(&cmd_remote, "remove takes a name");
	section = section_of(argv[1]);
	if (remote_check_name(argv[1], &err) < 0)
		return cmd_fail(&err);
	found = config_remove(section, &err);
	if (found == 0)
		(void)err_set(&err, ENOENT, "no remote \"%s\" in the settings",
			      argv[1]);
	if (found <= 0 || forget(mailbox, argv[1], &err) < 0)
		return cmd_fail(&err);
	return CMD_DONE;
}

static int run(int argc, char **argv, struct config *config,
	       struct mailbox *mailbox)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "add") == 0)
		return run_add(argc - 1, argv + 1, config);
	if (strcmp(verb, "list") == 0)
		return run_list(argc - 1, argv + 1, config, mailbox);
	if (strcmp(verb, "remove") == 0)
		return run_remove(argc - 1, argv + 1, mailbox);
	return cmd_usage(&cmd_remote, NULL);
}

const struct cmd cmd_remote = {
	.name = "remote",
	.args = "add NAME URL --for ADDR|--public|--all [--from WHO] | list | "
		"remove NAME",
	.summary = "where threads are pushed to and pulled from",
	.options = "--for ADDR    for what is shared with this person\n"
		   "--public      for public threads\n"
		   "--all         for everything: a backup of your own\n"
		   "--from WHO    whose public threads are taken besides those "
		   "of\n"
		   "              your contacts: a fingerprint, or any\n",
	.flags = CMD_MAILBOX,
	.run = run,
};
