/* SPDX-License-Identifier: ISC */
/* Any bytes are HTML, and what comes out is clean and bounded. */
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(gstring) GString *out = g_string_new(NULL);

	html_text((const char *)data, size, out);
	if (!g_utf8_validate_len(out->str, out->len, NULL) ||
	    out->len > 32 * size + 32)
		abort();
	return 0;
}
