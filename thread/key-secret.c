/* SPDX-License-Identifier: ISC */
#include "defms/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

void secret_close_memory(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef DEFMS_CRASH_POINTS /* the leak checker of test builds is a debugger */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}
