/* SPDX-License-Identifier: ISC */
#include "defms/secret.h"

#include <string.h>

#include <sodium.h>

void secret_start(void)
{
	if (sodium_init() < 0)
		g_error("libsodium does not start: no source of randomness");
}

void *secret_new(size_t size)
{
	void *secret;

	secret_start();
	secret = sodium_malloc(size);
	if (!secret)
		g_error("no locked memory for %zu bytes", size);
	memset(secret, 0, size);
	return secret;
}

void secret_free(void *secret)
{
	sodium_free(secret);
}
