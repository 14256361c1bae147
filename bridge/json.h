/* SPDX-License-Identifier: ISC */
/* An answer in JSON: the one door to json-glib. */
#ifndef BRIDGE_JSON_H
#define BRIDGE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"

struct json;

/* Parse one object (RFC 8259). EPROTO if it is none, or nested as no answer
 * is. */
int json_parse(const char *data, size_t size, struct json **json_r,
	       struct err *err);
void json_free(struct json *json);
AUTO_KIND(json, struct json, json_free)

/* The text at `path`, names with a dot between them: "Root.Cid./". NULL if
 * there is none. Borrowed. */
const char *json_text(const struct json *json, const char *path);

/* The number there; 0 if there is none, or no whole one that is not negative.
 */
uint64_t json_number(const struct json *json, const char *path);

#endif
