/* SPDX-License-Identifier: ISC */
/* Any bytes are a query, or are refused with a text. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "defms/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str) char *query = g_strndup((const char *)data, size);
	AUTO(search) struct search *search = NULL;
	struct err err = { 0 };

	if (search_parse(query, 1793610000, &search, &err) == 0)
		return 0;
	if (err.code != EINVAL || err.text[0] == '\0' || search)
		abort();
	return 0;
}
