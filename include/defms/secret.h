/* SPDX-License-Identifier: ISC */
/* Memory for secrets: locked, guarded, left out of core dumps, wiped when
 * freed. */
#ifndef DEFMS_SECRET_H
#define DEFMS_SECRET_H

#include <stddef.h>

#include "defms/auto.h"

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

#endif
