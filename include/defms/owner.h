/* SPDX-License-Identifier: ISC */
/* Whose mailbox it is: user.name and user.email of the settings; where these
 * say nothing, what the card says, which `defms init` made. */
#ifndef DEFMS_OWNER_H
#define DEFMS_OWNER_H

#include <glib.h>

#include "defms/config.h"
#include "defms/key.h"

/* The addresses, of char *, the first one first; perhaps none. `identity` may
 * be NULL. Caller unrefs. */
GPtrArray *owner_mails(const struct config *config,
		       const struct identity *identity);
/* The name; NULL if there is none. Caller frees. */
char *owner_name(const struct config *config, const struct identity *identity);
/* The domain of the first address; NULL if there is none. Caller frees. */
char *owner_domain(const struct config *config,
		   const struct identity *identity);

#endif
