/* SPDX-License-Identifier: ISC */
/* The first byte chooses: a card (c), the file of an identity under a
 * passphrase (b), else a commit. */
#include <stdint.h>

#include "defms/key.h"
#include "defms/sign.h"
#include "key-box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(card) struct card *card = NULL;
	AUTO(box) struct box *box = NULL;
	struct commit commit;
	struct err err;

	if (size == 0)
		return 0;
	if (*data == 'c')
		(void)card_parse((const char *)data + 1, size - 1, &card, &err);
	else if (*data == 'b')
		(void)box_parse((const char *)data + 1, size - 1, &box, &err);
	else
		(void)commit_parse(data + 1, size - 1, &commit, &err);
	return 0;
}
