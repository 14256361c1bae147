/* SPDX-License-Identifier: ISC */
/* The first byte chooses: the blob `keys` of a shared strand (k), else the text
 * of `members`, given under the strand id that its roots make. */
#include <stdint.h>
#include <string.h>

#include "defms/circle.h"
#include "identity.h"
#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[32] = { 1 };

/* The id that circle_parse() wants, or no bug beyond the roots is found. */
static struct strand_id id_of(const void *text, size_t size)
{
	AUTO(array)
	GArray *roots = g_array_new(FALSE, FALSE, sizeof(struct root_key));
	struct scan scan = scan_of(text, size);
	struct root_key root;

	while (scan_literal(&scan, "root ") &&
	       scan_hex(&scan, root.bytes, sizeof(root.bytes)) &&
	       scan_literal(&scan, "\n"))
		g_array_append_val(roots, root);
	return circle_id(secret, roots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity identity = { .person_count = 1 };
	AUTO(circle) struct circle *circle = NULL;
	uint8_t key[32];
	struct strand_id id;
	struct err err;

	if (size == 0)
		return 0;
	if (*data == 'k') {
		identity.secrets = secret_new(sizeof(*identity.secrets));
		(void)circle_unlock(&identity, data + 1, size - 1, key, &err);
		secret_free(identity.secrets);
		return 0;
	}
	id = id_of(data + 1, size - 1);
	(void)circle_parse(&id, secret, data + 1, size - 1, &circle, &err);
	return 0;
}
