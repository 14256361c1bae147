/* SPDX-License-Identifier: ISC */
/* What one end publishes under is where the other looks. */
#include "ipfs-names.h"

#include <errno.h>
#include <string.h>

#include "store-test.h"

static struct identity *person(const char *folder, const char *name)
{
	AUTO(str) char *path = g_build_filename(folder, name, NULL);
	AUTO(str) char *mail = g_strconcat(name, "@example.org", NULL);
	const char *const mails[] = { mail };
	struct identity *identity = NULL;
	struct err err;

	if (identity_create(path, name, mails, 1, 1, NULL, &identity, &err) <
	    0) {
		printf("Bail out! %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return identity;
}

/* As visible_open() makes it, for somebody who has `card`. */
static struct visible view(const struct identity *identity,
			   const struct remote *remote,
			   const struct identity *other)
{
	struct visible visible = { .identity = identity, .remote = remote };

	if (other)
		visible.card = g_strdup(identity_card(other));
	return visible;
}

TEST(two_people_meet_under_one_name)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *ada = person(folder, "ada");
	AUTO(identity) struct identity *bob = person(folder, "bob");
	AUTO(identity) struct identity *eve = person(folder, "eve");
	char location[] = "http://127.0.0.1:5001", address[] = "x@example.org";
	struct remote remote = { .location = location,
				 .address = address,
				 .audience = AUDIENCE_PERSON };
	struct visible here = view(ada, &remote, bob);
	struct visible there[] = { view(bob, &remote, ada),
				   view(eve, &remote, ada),
				   view(bob, &remote, eve),
				   view(ada, &remote, bob) };
	AUTO(ptrs) GPtrArray *pairs = NULL;
	struct err err = { 0 };

	CHECK_INT(ipfs_names_mine(&here, &pairs, &err), 0);
	CHECK_INT(pairs->len, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(there); i++) {
		AUTO(array) GArray *names = NULL;

		CHECK_INT(ipfs_names_theirs(&there[i], &names, &err), 0);
		if (!CHECK_INT(names->len, 1))
			continue;
		CHECK_INT(memcmp(g_array_index(names, struct ipfs_name, 0).key,
				 key_pair_public(pairs->pdata[0]),
				 KEY_PUBLIC) == 0,
			  i == 0);
		visible_release(&there[i]);
	}
	visible_release(&here);
}

TEST(a_backup_has_a_name_a_device_and_none_of_mine_is_pulled)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *ada = person(folder, "ada");
	char location[] = "http://127.0.0.1:5001";
	struct remote remote = { .location = location,
				 .audience = AUDIENCE_ALL };
	struct visible here = view(ada, &remote, NULL);
	AUTO(ptrs) GPtrArray *pairs = NULL;
	AUTO(array) GArray *names = NULL;
	struct err err = { 0 };

	CHECK_INT(ipfs_names_mine(&here, &pairs, &err), 0);
	CHECK_INT(pairs->len, 1);
	CHECK_INT(ipfs_names_theirs(&here, &names, &err), 0);
	CHECK_INT(names->len, 0);
}

TEST(what_is_public_has_the_name_that_is_told)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *ada = person(folder, "ada");
	AUTO(identity) struct identity *bob = person(folder, "bob");
	AUTO(str) char *location = NULL;
	struct remote remote = { .audience = AUDIENCE_PUBLIC };
	struct visible here = view(ada, &remote, NULL);
	struct visible there = view(bob, &remote, NULL);
	AUTO(ptrs) GPtrArray *pairs = NULL;
	AUTO(array) GArray *names = NULL;
	char text[IPNS_NAME + 1];
	struct err err = { 0 };

	ipfs_names_public(ada, text);
	location = g_strconcat("http://127.0.0.1:5001#", text, NULL);
	remote.location = location;
	CHECK_INT(ipfs_names_mine(&here, &pairs, &err), 0);
	CHECK_INT(ipfs_names_theirs(&there, &names, &err), 0);
	CHECK_INT(pairs->len, 1);
	if (CHECK_INT(names->len, 1))
		CHECK_MEM(g_array_index(names, struct ipfs_name, 0).key,
			  key_pair_public(pairs->pdata[0]), KEY_PUBLIC);
	location[strlen(location) - 1] = '-';
	CHECK_INT(ipfs_names_theirs(&there, &names, &err), -1);
	CHECK_INT(err.code, EINVAL);
	*strchr(location, '#') = '\0';
	g_array_unref(take(names));
	CHECK_INT(ipfs_names_theirs(&there, &names, &err), 0);
	CHECK_INT(names->len, 0);
}

TEST(without_a_card_there_is_no_name)
{
	AUTO(folder) char *folder = folder_new();
	AUTO(identity) struct identity *ada = person(folder, "ada");
	char location[] = "http://127.0.0.1:5001", address[] = "x@example.org";
	struct remote remote = { .location = location,
				 .address = address,
				 .audience = AUDIENCE_PERSON };
	struct visible here = view(ada, &remote, NULL);
	AUTO(ptrs) GPtrArray *pairs = NULL;
	AUTO(array) GArray *names = NULL;
	struct err err = { 0 };

	CHECK_INT(ipfs_names_mine(&here, &pairs, &err), -1);
	CHECK_INT(err.code, ENOKEY);
	CHECK_INT(ipfs_names_theirs(&here, &names, &err), -1);
	CHECK_INT(err.code, ENOKEY);
}
