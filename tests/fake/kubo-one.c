/* SPDX-License-Identifier: ISC */
/* One call of the client of a Kubo node:
 *
 *	kubo-one [-t TOKEN-FILE] [-w TIMEOUT-MS] URL CALL [ARG...]
 *
 * Ids are git's, in hex; times in ms. What comes back is printed, "none" for
 * nothing; of an export what a reader of it says. Exit status 1, or 75 where
 * trying again may help, and one line with the name of the code. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "defms/car.h"
#include "ipns.h"
#include "kubo.h"

/* What a call gets. */
struct job {
	struct kubo *kubo;
	char **args;
	struct err *err;
};

static struct object_id id_of(const char *hex)
{
	struct object_id id;

	if (!hex || object_id_parse(hex, strlen(hex), &id, NULL) < 0) {
		fprintf(stderr, "not an id: %s\n", hex ? hex : "nothing");
		exit(2);
	}
	return id;
}

static struct key_pair *pair_of(const char *seed)
{
	uint8_t bytes[32] = { 0 };

	memcpy(bytes, seed, MIN(strlen(seed), sizeof(bytes)));
	return key_pair_new(bytes);
}

static int call_version(struct job *job)
{
	char version[KUBO_VERSION];

	if (kubo_version(job->kubo, version, job->err) < 0)
		return -1;
	puts(version);
	return 0;
}

static int call_import(struct job *job)
{
	AUTO(file) FILE *file = fopen(job->args[0], "r");
	uint64_t blocks;

	if (!file)
		return err_sys(job->err, "%s", job->args[0]);
	if (kubo_import(job->kubo, http_from_file, file, &blocks, job->err) < 0)
		return -1;
	printf("%" G_GUINT64_FORMAT " blocks\n", blocks);
	return 0;
}

struct reading {
	struct car_reader *reader;
	unsigned sound;
};

static int read_some(void *user, const void *data, size_t size, struct err *err)
{
	struct reading *reading = user;
	struct car_block block;
	int found;

	car_feed(reading->reader, data, size);
	while ((found = car_next(reading->reader, &block, err)) > 0) {
		if (!block.sound)
			return -1;
		reading->sound++;
	}
	return found;
}

static int call_export(struct job *job)
{
	const struct car_limits limits = { 1 << 30, 1 << 20 };
	AUTO(car_reader) struct car_reader *reader = car_reader_new(&limits);
	struct object_id id = id_of(job->args[0]);
	struct reading reading = { reader, 0 };
	char hex[OBJECT_ID_HEX + 1];

	if (kubo_export(job->kubo, &id, atol(job->args[1]), read_some, &reading,
			job->err) < 0 ||
	    car_end(reader, job->err) < 0)
		return -1;
	object_id_print(car_root(reader), hex);
	printf("%s %u blocks\n", hex, reading.sound);
	return 0;
}

static int print_block(const GByteArray *block, int found)
{
	if (found > 0)
		printf("%s, %u bytes\n", (const char *)block->data, block->len);
	return found;
}

static int call_block(struct job *job)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct object_id id = id_of(job->args[0]);

	return print_block(out, kubo_block(job->kubo, &id, out, job->err));
}

static int call_block_find(struct job *job)
{
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	struct object_id id = id_of(job->args[0]);

	return print_block(out,
			   kubo_block_find(job->kubo, &id, atol(job->args[1]),
					   out, job->err));
}

static int call_pin_add(struct job *job)
{
	struct object_id id = id_of(job->args[0]);

	return kubo_pin_add(job->kubo, &id, job->args[1], atol(job->args[2]),
			    job->err);
}

static int call_pin_move(struct job *job)
{
	struct object_id from = id_of(job->args[0]), to = id_of(job->args[1]);

	return kubo_pin_move(job->kubo, &from, &to, job->args[2],
			     atol(job->args[3]), job->err);
}

static int call_pin_remove(struct job *job)
{
	struct object_id id = id_of(job->args[0]);
	int found = kubo_pin_remove(job->kubo, &id, job->err);

	if (found > 0)
		puts("removed");
	return found;
}

static int call_pin_find(struct job *job)
{
	struct object_id id = id_of(job->args[0]);
	char name[KUBO_PIN_NAME + 1];
	int found = kubo_pin_find(job->kubo, &id, name, job->err);

	if (found > 0)
		puts(name);
	return found;
}

static int call_pin_list(struct job *job)
{
	AUTO(array) GArray *roots = NULL;

	if (kubo_pin_list(job->kubo, job->args[0], &roots, job->err) < 0)
		return -1;
	for (guint i = 0; i < roots->len; i++) {
		char hex[OBJECT_ID_HEX + 1];

		object_id_print(&g_array_index(roots, struct object_id, i),
				hex);
		puts(hex);
	}
	return 0;
}

/* SEED ROOT SEQUENCE SECONDS-FROM-NOW */
static int call_name_put(struct job *job)
{
	AUTO(key_pair) struct key_pair *pair = pair_of(job->args[0]);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	const struct ipns_record record = {
		.root = id_of(job->args[1]),
		.sequence = g_ascii_strtoull(job->args[2], NULL, 10),
		.valid_until = g_get_real_time() / 1000000 + atol(job->args[3]),
		.ttl_ns = UINT64_C(1000000000),
	};
	char name[IPNS_NAME + 1];

	ipns_name_print(key_pair_public(pair), name);
	ipns_write(&record, pair, out);
	return kubo_name_put(job->kubo, name, out, job->err);
}

/* SEED */
static int call_name(struct job *job)
{
	AUTO(key_pair) struct key_pair *pair = pair_of(job->args[0]);
	char name[IPNS_NAME + 1];

	ipns_name_print(key_pair_public(pair), name);
	puts(name);
	return 0;
}

/* SEED TIMEOUT */
static int call_name_get(struct job *job)
{
	AUTO(key_pair) struct key_pair *pair = pair_of(job->args[0]);
	AUTO(bytes) GByteArray *out = g_byte_array_new();
	char name[IPNS_NAME + 1], hex[OBJECT_ID_HEX + 1];
	struct ipns_record record;
	int found;

	ipns_name_print(key_pair_public(pair), name);
	found = kubo_name_get(job->kubo, name, atol(job->args[1]), out,
			      job->err);
	if (found <= 0)
		return found;
	if (ipns_parse(out->data, out->len, key_pair_public(pair), &record,
		       job->err) < 0)
		return -1;
	object_id_print(&record.root, hex);
	printf("%s %" G_GUINT64_FORMAT "\n", hex, record.sequence);
	return found;
}

static const struct {
	const char *name;
	int (*run)(struct job *job);
	int args;
	bool finds; /* 0 is "none" */
} calls[] = {
	{ "version", call_version, 0, false },
	{ "import", call_import, 1, false },
	{ "export", call_export, 2, false },
	{ "block", call_block, 1, true },
	{ "block-find", call_block_find, 2, true },
	{ "pin-add", call_pin_add, 3, false },
	{ "pin-move", call_pin_move, 4, false },
	{ "pin-remove", call_pin_remove, 1, true },
	{ "pin-find", call_pin_find, 1, true },
	{ "pin-list", call_pin_list, 1, false },
	{ "name", call_name, 1, false },
	{ "name-put", call_name_put, 4, false },
	{ "name-get", call_name_get, 2, true },
};

static int run_call(struct job *job, const char *name, int args)
{
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		int result;

		if (strcmp(calls[i].name, name) != 0 || calls[i].args != args)
			continue;
		result = calls[i].run(job);
		if (result == 0 && calls[i].finds)
			puts("none");
		return result;
	}
	fprintf(stderr, "no such call: %s\n", name);
	exit(2);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "%s: %s\n", strerrorname_np(err->code), err->text);
	return err_is_temporary(err) ? 75 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct kubo_place place = { .timeout_ms = 20000 };
	AUTO(kubo) struct kubo *kubo = NULL;
	struct err err = { 0 };
	struct job job = { .err = &err };
	int option;

	while ((option = getopt(argc, argv, "+t:w:")) >= 0) {
		if (option == 't')
			place.token_file = optarg;
		else if (option == 'w')
			place.timeout_ms = atol(optarg);
		else
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	place.url = argv[optind];
	if (kubo_open(&place, &kubo, &err) < 0)
		return fail(&err);
	job.kubo = kubo;
	job.args = argv + optind + 2;
	if (run_call(&job, argv[optind + 1], argc - optind - 2) < 0)
		return fail(&err);
	return EXIT_SUCCESS;
}
