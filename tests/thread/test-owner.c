/* SPDX-License-Identifier: ISC */
#include "defms/owner.h"
#include "store-test.h"

static struct identity *identity_in(const char *folder)
{
	static const char *const mails[] = { "ada@example.org",
					     "ada@example.net" };
	AUTO(str) char *path = g_build_filename(folder, "identity", NULL);
	struct identity *identity = NULL;
	struct err err = { 0 };

	if (identity_create(path, "Ada", mails, 2, 1800000000, NULL, &identity,
			    &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return identity;
}

static struct config *config_in(const char *folder, const char *text)
{
	struct config *config = NULL;
	struct err err = { 0 };

	(void)g_setenv("XDG_CONFIG_HOME", folder, TRUE);
	CHECK_INT(shell("mkdir -p %s/defms && printf '%s' >%s/defms/config",
			folder, text, folder),
		  0);
	CHECK_INT(config_open(&config, &err), 0);
	return config;
}

TEST(the_settings_say_whose_it_is)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *identity = identity_in(folder);
	AUTO(config)
	struct config *config = config_in(
		folder, "[user]\\n\\tname = Bob\\n\\temail = b@example.com\\n");
	AUTO(ptrs) GPtrArray *mails = owner_mails(config, identity);
	AUTO(str) char *name = owner_name(config, identity);
	AUTO(str) char *domain = owner_domain(config, identity);

	CHECK_STR(name, "Bob");
	CHECK_STR(domain, "example.com");
	CHECK_INT(mails->len, 1);
	CHECK_STR(g_ptr_array_index(mails, 0), "b@example.com");
}

TEST(where_they_say_nothing_the_card_does)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *identity = identity_in(folder);
	AUTO(config) struct config *config = config_in(folder, "");
	AUTO(ptrs) GPtrArray *mails = owner_mails(config, identity);
	AUTO(str) char *name = owner_name(config, identity);

	CHECK_STR(name, "Ada");
	CHECK_INT(mails->len, 2);
}

TEST(nobody_is_nobody)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(config) struct config *config = config_in(folder, "");
	AUTO(ptrs) GPtrArray *mails = owner_mails(config, NULL);

	CHECK_INT(mails->len, 0);
	CHECK(owner_name(config, NULL) == NULL);
	CHECK(owner_domain(config, NULL) == NULL);
}
