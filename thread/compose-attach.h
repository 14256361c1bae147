/* SPDX-License-Identifier: ISC */
/* The files that Attach fields name. */
#ifndef DEFMS_COMPOSE_ATTACH_H
#define DEFMS_COMPOSE_ATTACH_H

#include <glib.h>

#include "defms/err.h"

struct attachment {
	char *name;        /* owned */
	const char *type;  /* "image/png" */
	GByteArray *bytes; /* owned */
};
GPtrArray *attachments_new(void);
/* Read the file that an Attach field names: the rules are at the head of
 * compose-attach.c. */
int attachment_add(GPtrArray *attachments, const char *path, int folder,
		   struct err *err);

#endif
