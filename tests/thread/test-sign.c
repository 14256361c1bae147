/* SPDX-License-Identifier: ISC */
#include "defms/sign.h"

#include <errno.h>
#include <sys/stat.h>

#include <sodium.h>

#include "identity.h"
#include "sign.h"
#include "test.h"
#include "vectors.h"

/* The fields of the vector "commit-next"; of "commit-first" with `first`. */
static struct commit make_commit(bool first)
{
	AUTO(bytes) GByteArray *tree = vector("commit-tree");
	AUTO(bytes) GByteArray *parent = vector("commit-parent");
	AUTO(bytes) GByteArray *root = vector("commit-root");
	AUTO(bytes) GByteArray *strand = vector("strand");
	struct commit commit = {
		.parent_count = first ? 0 : 1,
		.date = first ? 1700006400 : -5,
		.chain = first ? 1 : 2,
	};

	memcpy(commit.tree, tree->data, SIGN_OID);
	if (!first)
		memcpy(commit.parents[0], parent->data, SIGN_OID);
	memcpy(commit.root.bytes, root->data, sizeof(commit.root.bytes));
	memcpy(commit.strand.bytes, strand->data, sizeof(commit.strand.bytes));
	(void)g_strlcpy(commit.subject,
			first ? "add 20 messages" : "add \xc3\xa4",
			sizeof(commit.subject));
	return commit;
}

TEST(commits_are_the_second_implementation_s_byte_for_byte)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");

	for (int first = 0; first < 2; first++) {
		AUTO(str)
		char *want =
			vector_text(first ? "commit-first" : "commit-next");
		AUTO(bytes) GByteArray *out = g_byte_array_new();
		struct commit commit = make_commit(first);

		commit_write(&commit, identity, out);
		g_byte_array_append(out, (const guint8 *)"", 1);
		CHECK_STR((const char *)out->data, want);
	}
}

TEST(a_sound_commit_is_read)
{
	AUTO(bytes) GByteArray *text = vector("commit-next");
	AUTO(bytes) GByteArray *device = vector("device");
	AUTO(bytes) GByteArray *device_id = vector("device-id");
	struct commit want = make_commit(false), got;
	struct err err = { 0 };

	if (!CHECK_INT(commit_parse(text->data, text->len, &got, &err), 0)) {
		printf("# %s\n", err.text);
		return;
	}
	CHECK_MEM(got.tree, want.tree, SIGN_OID);
	CHECK_INT(got.parent_count, 1);
	CHECK_MEM(got.parents[0], want.parents[0], SIGN_OID);
	CHECK_INT(got.date, 0);
	CHECK_STR(got.subject, want.subject);
	CHECK_MEM(&got.strand, &want.strand, sizeof(got.strand));
	CHECK_INT(got.chain, 2);
	CHECK_MEM(&got.root, &want.root, sizeof(got.root));
	CHECK_MEM(&got.device, device_id->data, sizeof(got.device));
	CHECK_MEM(got.signer, device->data, 32);
}

TEST(commits_with_0_to_16_parents_come_back)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");

	for (size_t count = 0; count <= SIGN_PARENTS; count++) {
		AUTO(bytes) GByteArray *text = g_byte_array_new();
		struct commit commit = make_commit(true), got;
		struct err err;

		commit.parent_count = count;
		for (size_t i = 0; i < count; i++)
			memset(commit.parents[i], (int)i, SIGN_OID);
		commit.date = INT64_MAX;
		commit.chain = INT64_MAX;
		memset(commit.subject, 's', sizeof(commit.subject) - 1);
		commit_write(&commit, identity, text);
		CHECK_INT(commit_parse(text->data, text->len, &got, &err), 0);
		CHECK_INT(got.parent_count, count);
		CHECK_MEM(got.parents, commit.parents, SIGN_OID * count);
		CHECK_INT(got.chain, INT64_MAX);
		CHECK_INT(got.date, sign_date_most);
		CHECK_STR(got.subject, commit.subject);
	}
}

TEST(every_truncation_and_every_flipped_bit_of_a_commit_is_refused)
{
	AUTO(bytes) GByteArray *text = vector("commit-next");
	struct commit commit;
	struct err err;

	for (size_t size = 0; size < text->len; size++) {
		AUTO(str) char *exact = g_memdup2(text->data, size);

		CHECK_INT(commit_parse(exact, size, &commit, &err), -1);
		CHECK_INT(err.code, EBADMSG);
	}
	for (size_t bit = 0; bit < 8 * (size_t)text->len; bit++) {
		text->data[bit / 8] ^= (guint8)(1 << bit % 8);
		CHECK_INT(commit_parse(text->data, text->len, &commit, NULL),
			  -1);
		text->data[bit / 8] ^= (guint8)(1 << bit % 8);
	}
	CHECK_INT(commit_parse(text->data, text->len, &commit, NULL), 0);
}

/* Sign what `text` is with its gpgsig header put where "SIG\n" stands. */
static char *sign_again(const char *text, const struct identity *identity)
{
	uint8_t digest[SIGN_DIGEST], message[SIGN_SIGNED], signature[64];
	char header[SIGN_HEADER + 1] = "", *result;
	char **parts = g_strsplit(text, "SIG\n", 2);
	AUTO(str) char *plain = g_strjoinv("", parts);

	(void)crypto_hash_sha512(digest, (const uint8_t *)plain, strlen(plain));
	sign_message(digest, message);
	identity_sign(identity, message, sizeof(message), signature);
	sign_header(identity_device_key(identity), signature, header);
	result = g_strjoinv(header, parts);
	g_strfreev(parts);
	return result;
}

/* The text of the vector with "SIG\n" in place of its signature. */
static char *unsigned_commit(void)
{
	AUTO(str) char *text = vector_text("commit-first");
	char *at = strstr(text, "gpgsig ");
	AUTO(gstring) GString *out = g_string_new_len(text, at - text);

	g_string_append(out, "SIG\n");
	g_string_append(out, at + SIGN_HEADER);
	return g_strdup(out->str);
}

/* Each change of the text is made before signing, so only its form is wrong. */
TEST(signed_commits_of_another_form_are_refused)
{
	static const struct {
		const char *from, *to;
		int result;
	} known[] = {
		{ "add 20", "add 21", 0 },
		{ "tree ", "tree  ", -1 },
		{ "tree 0a", "tree 0A", -1 },
		{ "tree ", "\ntree ", -1 },
		{ "author ", "parent 00\nauthor ", -1 },
		{ "author ",
		  "parent 323334353637383930313233343536373839303a\nauthor ",
		  0 },
		{ "author ",
		  "tree 323334353637383930313233343536373839303a\nauthor ",
		  -1 },
		{ "author defms", "author Defms", -1 },
		{ "author defms <", "author defms  <", -1 },
		{ "1700006400", "01700006400", -1 },
		{ "1700006400", "-1700006400", -1 },
		{ "1700006400", "1700006401", -1 }, /* committer differs */
		{ "+0000\nc", "+0100\nc", -1 },
		{ "+0000\nc", "-0000\nc", -1 },
		{ "+0000\nc", "+0000\r\nc", -1 },
		{ "SIG\n", "encoding UTF-8\nSIG\n", -1 },
		{ "SIG\n", "SIG\nencoding UTF-8\n", -1 },
		{ "SIG\n", "SIG\ngpgsig-sha256 x\n", -1 },
		{ "SIG\n", "SIG\ngpgsig x\n", -1 },
		{ "SIG\n", "gpgsig x\nSIG\n", -1 },
		{ "SIG\n", "SIG\nmergetag x\n", -1 },
		{ "SIG\n", "", -1 },
		{ "SIG\n\n", "\nSIG\n\n", -1 },
		{ "committer", "SIG\ncommitter", -1 },
		{ "\nadd 20 messages\n", "\n\n", -1 },
		{ "\nadd 20 messages\n", "\n", -1 },
		{ "add 20 messages\n", "add\nmore\n", -1 },
		{ "add 20 messages\n", "add\x01\n", -1 },
		{ "add 20 messages\n", "add\x7f\n", -1 },
		{ "add 20 messages\n", "add\r\n", -1 },
		{ "add 20 messages\n", "add\xff\n", -1 },
		{ "add 20 messages\n", "add\n\n", -1 },
		{ "Strand: ", "strand: ", -1 },
		{ "Strand: ", "Strand:  ", -1 },
		{ "Strand: ", "Other: x\nStrand: ", -1 },
		{ "Chain: 1", "Chain: 01", -1 },
		{ "Chain: 1", "Chain: +1", -1 },
		{ "Chain: 1", "Chain: ", -1 },
		{ "Chain: 1", "Chain: 9223372036854775808", -1 },
		{ "Chain: 1", "Chain: 18446744073709551617", -1 },
		{ "Chain: 1", "Chain: 1 ", -1 },
		{ "Chain: 1\n", "", -1 },
		{ "Chain: 1\n", "Chain: 1\nChain: 1\n", -1 },
		{ "Root: c6", "Root: C6", -1 },
		{ "Root: c6", "Root: c", -1 },
		{ "Root: c6", "Root: c6c6", -1 },
	};
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(str) char *text = unsigned_commit();

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		char **parts = g_strsplit(text, known[i].from, 2);
		AUTO(str) char *changed = g_strjoinv(known[i].to, parts);
		AUTO(str) char *whole = sign_again(changed, identity);
		struct commit commit;
		struct err err = { 0 };

		CHECK_INT(g_strv_length(parts), 2);
		if (!CHECK_INT(
			    commit_parse(whole, strlen(whole), &commit, &err),
			    known[i].result))
			printf("# %s\n", known[i].to);
		if (known[i].result < 0)
			CHECK_INT(err.code, EBADMSG);
		g_strfreev(parts);
	}
}

TEST(what_follows_the_last_line_is_refused)
{
	static const char *const more[] = { "\n", "x", "Other: x\n", "\n\n" };
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(str) char *text = unsigned_commit();
	struct commit commit;

	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		AUTO(str) char *longer = g_strconcat(text, more[i], NULL);
		AUTO(str) char *whole = sign_again(longer, identity);

		CHECK_INT(commit_parse(whole, strlen(whole), &commit, NULL),
			  -1);
		/* a NUL, and whatever the signature does not cover */
		CHECK_INT(commit_parse(whole, strlen(whole) + 1, &commit, NULL),
			  -1);
	}
}

/* libgit2's git_commit_extract_signature() takes it for signed. */
TEST(a_signature_in_the_message_signs_nothing)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	AUTO(str) char *text = unsigned_commit();
	AUTO(str)
	char *head = g_strndup(text, (size_t)(strstr(text, "SIG\n") - text));
	AUTO(str) char *tail = g_strdup(strstr(text, "SIG\n") + 4);
	AUTO(str) char *first = g_strconcat(head, "\nSIG\n", tail + 1, NULL);
	AUTO(str) char *last = g_strconcat(head, tail, "SIG\n", NULL);
	AUTO(str) char *in_front = sign_again(first, identity);
	AUTO(str) char *behind = sign_again(last, identity);
	struct commit commit;
	struct err err;

	CHECK_INT(commit_parse(in_front, strlen(in_front), &commit, &err), -1);
	CHECK_INT(err.code, EBADMSG);
	CHECK_INT(commit_parse(behind, strlen(behind), &commit, &err), -1);
	CHECK_INT(err.code, EBADMSG);
}

TEST(another_key_cannot_sign_for_a_device)
{
	AUTO(identity)
	struct identity *other = vector_identity("identity-second-device");
	AUTO(str) char *text = unsigned_commit();
	AUTO(str) char *whole = sign_again(text, other);
	struct commit commit;
	struct err err = { 0 };

	CHECK_INT(commit_parse(whole, strlen(whole), &commit, &err), -1);
	CHECK_STR(err.text, "commit is signed by another than its author");
}

/* Puts both commits of directory $1 into a new repository. */
static const char verify[] =
	"set -e; cd \"$1\"; export HOME=$1 GIT_CONFIG_NOSYSTEM=1\n"
	"unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE\n"
	"git init -q --bare -b main r; cd r\n"
	"test $(git hash-object -t tree -w --stdin </dev/null) = "
	"4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	"for commit in ../first ../next; do\n"
	"	id=$(git hash-object -t commit -w --stdin <$commit)\n"
	"	git update-ref refs/heads/main $id\n"
	"	git -c gpg.ssh.allowedSignersFile=../signers verify-commit "
	"$id 2>../out\n"
	"	grep -q 'Good \"git\" signature for defms@invalid' ../out\n"
	"done\n"
	"test -z \"$(git fsck --strict --no-progress 2>&1)\"\n"
	"sed 's/Chain: 1/Chain: 7/' ../first >../forged\n"
	"id=$(git hash-object -t commit -w --stdin <../forged)\n"
	"! git -c gpg.ssh.allowedSignersFile=../signers verify-commit $id "
	"2>/dev/null\n";

static void write_commit(const char *directory, const char *name,
			 const struct commit *commit,
			 const struct identity *identity)
{
	AUTO(str) char *path = g_build_filename(directory, name, NULL);
	AUTO(bytes) GByteArray *text = g_byte_array_new();

	commit_write(commit, identity, text);
	write_file(path, text->data, text->len, 0600);
}

/* git's id of the commit. */
static void find_id(const char *directory, uint8_t id[SIGN_OID])
{
	AUTO(str)
	char *command = g_strdup_printf(
		"git hash-object -t commit --stdin <%s/first", directory);
	AUTO(str) char *out = NULL;
	const char *argv[] = { "sh", "-c", command, NULL };

	if (!g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
			  G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL,
			  NULL) ||
	    strlen(out) < 40)
		return;
	for (size_t i = 0; i < SIGN_OID; i++)
		id[i] = (uint8_t)(g_ascii_xdigit_value(out[2 * i]) << 4 |
				  g_ascii_xdigit_value(out[2 * i + 1]));
}

TEST(stock_git_takes_and_verifies_the_commits)
{
	AUTO(identity) struct identity *identity = vector_identity("identity");
	static const uint8_t empty[] =
		"\x4b\x82\x5d\xc6\x42\xcb\x6e\xb9\xa0\x60\xe5\x4b\xf8\xd6\x92"
		"\x88\xfb\xee\x49\x04";
	struct commit commit = make_commit(true);
	AUTO(str) char *directory = new_directory();
	AUTO(str) char *path = g_build_filename(directory, "signers", NULL);
	AUTO(str)
	char *signers = key_signers_line(identity_device_key(identity),
					 "defms@invalid");
	AUTO(str) char *git = g_find_program_in_path("git");
	AUTO(str) char *keygen = g_find_program_in_path("ssh-keygen");
	const char *argv[] = { "sh", "-c", verify, "sh", directory, NULL };
	int status = -1;

	if (!git || !keygen) {
		printf("# needs git and ssh-keygen: not run\n");
		return;
	}
	write_file(path, signers, strlen(signers), 0600);
	memcpy(commit.tree, empty, SIGN_OID);
	write_commit(directory, "first", &commit, identity);
	commit.parent_count = 1;
	commit.chain = 2;
	find_id(directory, commit.parents[0]);
	write_commit(directory, "next", &commit, identity);
	CHECK(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
			   G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
			   NULL));
	CHECK_INT(status, 0);
	remove_directory(directory);
}
