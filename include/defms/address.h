/* SPDX-License-Identifier: ISC */
/* A participant of a conversation. */
#ifndef DEFMS_ADDRESS_H
#define DEFMS_ADDRESS_H

#include <stdbool.h>

#include <glib.h>

#include "defms/auto.h"

struct address {
	char *name; /* display name, UTF-8; "" if there is none */
	char *mail; /* addr-spec as it stands, "" for an empty group */
};

/* Copies both. */
struct address *address_new(const char *name, const char *mail);
void address_free(struct address *address);
AUTO_KIND(address, struct address, address_free)

/* The form addresses are compared and filed under: lower case, no surrounding
 * white space. Caller frees. */
char *address_key(const char *mail);

/* Do both name the same mailbox? */
bool address_equal(const char *mail, const char *other);
/* Is there one of these (char *) that does? */
bool address_is_among(const char *mail, const GPtrArray *mails);

/* What programs that know one machine give as an address, the name of a user
 * ("root"), with "@" and `domain`; all else as it is. Letters, digits and
 * "._+=-" make a user, and no sign at the beginning but '_': sendmail has its
 * own ideas of "|program" and "/file". Caller frees. */
char *address_qualify(const char *mail, const char *domain);

/* The short name a person is shown by: the first word of the display name, or
 * the local part. Caller frees; never empty ("unknown"). */
char *address_short_name(const struct address *address);

#endif
