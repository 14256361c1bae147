/* SPDX-License-Identifier: ISC */
/* Folders by two names: as name_folder() keeps them, and `raw`, as the server
 * does. The server's hierarchy becomes ours, its personal name space our root.
 * Where a part of a name holds what divides names here ("v1.2" on a server
 * with "/"), the part has a look-alike instead: U+2024 for ".", U+2215 for
 * "/". */
#ifndef BRIDGE_IMAP_NAME_H
#define BRIDGE_IMAP_NAME_H

#include <stdbool.h>

#include "defms/err.h"

struct imap_names {
	char delimiter;     /* 0: there is no hierarchy */
	const char *prefix; /* of the personal name space, "INBOX."; or "" */
	bool utf8;          /* names are UTF-8 (RFC 6855), else UTF-7 */
};

/* Our name for `raw`. EINVAL for one that cannot be ours: empty or hostile
 * parts, control characters, not in the encoding it should be in, too long.
 * Caller frees. */
int imap_name_from(const struct imap_names *names, const char *raw,
		   char **name_r, struct err *err);
/* And back. EINVAL if the server cannot have such a folder. Caller frees. */
int imap_name_to(const struct imap_names *names, const char *name, char **raw_r,
		 struct err *err);
/* Is it the server's INBOX, in any case? */
bool imap_name_is_inbox(const char *raw);

#endif
