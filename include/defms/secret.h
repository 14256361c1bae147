/* SPDX-License-Identifier: ISC */
/* Memory for secrets: locked, guarded, left out of core dumps, wiped when
 * freed. */
#ifndef DEFMS_SECRET_H
#define DEFMS_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"

/* Start libsodium; as often as wanted, from any worker. */
void secret_start(void);

/* `size` zero bytes. Never NULL: out of memory dies. */
void *secret_new(size_t size);
void secret_free(void *secret);

/* An AUTO kind for a pointer of any type to such memory. */
static inline void secret_auto_(void *held)
{
	secret_free(*(void **)held);
}

/* Run `command` (/bin/sh -c); the first line that it prints, in `text`, `size`
 * bytes of such memory. EACCES if it fails, prints nothing, a line that is too
 * long or too much after it; ETIMEDOUT if it has not ended after `timeout_ms`
 * (0: it may take any time). */
int secret_command(const char *command, int64_t timeout_ms, char *text,
		   size_t size, struct err *err);

/* From now on the process has secrets in memory: no core dump, no debugger. */
void secret_close_memory(void);

#endif
