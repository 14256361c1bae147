/* SPDX-License-Identifier: ISC */
#include "key-device.h"

#include <errno.h>

#include "identity.h"
#include "key-change.h"
#include "test.h"
#include "vectors.h"

/* A file that waits, as the second implementation wrote it. */
static char *pending_at(const char *directory)
{
	AUTO(bytes) GByteArray *file = vector("pending");
	char *path = g_build_filename(directory, "device", NULL);

	write_file(path, file->data, file->len, 0600);
	return path;
}

TEST(what_the_second_implementation_asks_and_answers_is_understood)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *pending = pending_at(directory);
	AUTO(str) char *want = vector_text("request");
	AUTO(str) char *answer = vector_text("answer");
	AUTO(str) char *card = vector_text("card-later");
	AUTO(identity)
	struct identity *same = vector_identity("identity-second-device");
	AUTO(identity) struct identity *identity = NULL;
	AUTO(str) char *request = NULL;
	struct device_request parsed;
	struct err err = { 0 };

	CHECK_INT(device_ask(pending, NULL, &request, &err), 0);
	CHECK_STR(request, want);
	CHECK_INT(device_request_parse(request, strlen(request), &parsed, &err),
		  0);
	CHECK_MEM(parsed.device, same->device, 32);
	CHECK_INT(device_accept(pending, NULL, answer, strlen(answer),
				&identity, &err),
		  0);
	if (CHECK(identity)) {
		CHECK_STR(identity_card(identity), card);
		CHECK_INT(identity_generation(identity), 1);
		CHECK(!identity->has_root);
		CHECK_MEM(identity->root, same->root, 32);
		CHECK_MEM(identity->device, same->device, 32);
		CHECK_MEM(identity->secrets->persons, same->secrets->persons,
			  64);
	}
	remove_directory(directory);
}

TEST(a_request_that_was_changed_anywhere_is_refused)
{
	AUTO(bytes) GByteArray *request = vector("request");
	struct device_request parsed;
	struct err err;

	for (guint i = 0; i < request->len; i++) {
		request->data[i] ^= 1;
		CHECK_INT(device_request_parse((const char *)request->data,
					       request->len, &parsed, &err),
			  -1);
		CHECK_INT(err.code, EBADMSG);
		request->data[i] ^= 1;
		CHECK_INT(device_request_parse((const char *)request->data, i,
					       &parsed, &err),
			  -1);
	}
}

TEST(an_answer_that_was_changed_anywhere_is_refused)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *pending = pending_at(directory);
	AUTO(bytes) GByteArray *answer = vector("answer");
	struct err err;

	for (guint i = 0; i < answer->len; i++) {
		struct identity *identity = NULL;

		answer->data[i] ^= 1;
		CHECK_INT(device_accept(pending, NULL,
					(const char *)answer->data, answer->len,
					&identity, &err),
			  -1);
		CHECK(err.code == EBADMSG || err.code == EACCES);
		answer->data[i] ^= 1;
		CHECK_INT(device_accept(pending, NULL,
					(const char *)answer->data, i,
					&identity, &err),
			  -1);
	}
	remove_directory(directory);
}

/* What ada answers to a device; NULL and why. */
static char *answer_to(const char *request, struct identity *ada, bool in_card)
{
	struct device_request parsed;
	char *answer = NULL;
	struct err err;

	CHECK_INT(device_request_parse(request, strlen(request), &parsed, &err),
		  0);
	if (in_card)
		CHECK_INT(identity_add_device(ada, parsed.device, 1, &err), 1);
	CHECK_INT(device_answer(ada, &parsed, &answer, &err), 0);
	return answer;
}

TEST(a_device_takes_only_what_is_for_it_and_lists_it)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *one = g_build_filename(directory, "one", NULL);
	AUTO(str) char *two = g_build_filename(directory, "two", NULL);
	AUTO(str) char *none = g_build_filename(directory, "none", NULL);
	AUTO(identity) struct identity *ada = vector_identity("identity");
	AUTO(identity) struct identity *got = NULL;
	AUTO(str) char *request = NULL;
	AUTO(str) char *other = NULL;
	AUTO(str) char *early = NULL;
	AUTO(str) char *answer = NULL;
	struct err err = { 0 };

	CHECK_INT(device_ask(one, NULL, &request, &err), 0);
	CHECK_INT(device_ask(two, NULL, &other, &err), 0);
	CHECK(strcmp(request, other) != 0);
	early = answer_to(request, ada, false);
	CHECK_INT(device_accept(one, NULL, early, strlen(early), &got, &err),
		  -1);
	CHECK(strstr(err.text, "does not list"));
	answer = answer_to(request, ada, true);
	CHECK_INT(device_accept(two, NULL, answer, strlen(answer), &got, &err),
		  -1);
	CHECK_INT(err.code, EACCES);
	CHECK_INT(device_accept(none, NULL, answer, strlen(answer), &got, &err),
		  -1);
	CHECK_INT(err.code, ENOENT);
	CHECK_INT(device_accept(one, NULL, answer, strlen(answer), &got, &err),
		  0);
	if (CHECK(got))
		CHECK_STR(identity_card(got), identity_card(ada));
	remove_directory(directory);
}

TEST(a_device_that_is_in_use_stays_with_its_person)
{
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *path = g_build_filename(directory, "device", NULL);
	AUTO(identity) struct identity *ada = vector_identity("identity");
	AUTO(identity)
	struct identity *own = vector_identity("identity-second-device");
	AUTO(identity) struct identity *got = NULL;
	AUTO(str) char *request = NULL;
	AUTO(str) char *answer = NULL;
	struct device_request parsed;
	struct err err = { 0 };

	CHECK_INT(device_ask(path, own, &request, &err), 0);
	CHECK_INT(device_request_parse(request, strlen(request), &parsed, &err),
		  0);
	CHECK_MEM(parsed.device, own->device, 32);
	/* ada's first device has one generation: that is the past. */
	answer = answer_to(request, ada, true);
	CHECK_INT(device_accept(path, own, answer, strlen(answer), &got, &err),
		  -1);
	CHECK(strstr(err.text, "older"));
	memset(own->root, 7, 32);
	CHECK_INT(device_accept(path, own, answer, strlen(answer), &got, &err),
		  -1);
	CHECK(strstr(err.text, "another person"));
	remove_directory(directory);
}
