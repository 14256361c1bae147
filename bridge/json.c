/* SPDX-License-Identifier: ISC */
/* json-glib calls itself for each level of nesting, so there is a limit to
 * them: all brackets are counted, also those in texts, as what a text is only a
 * parser knows. */
#include "json.h"

#include <errno.h>
#include <string.h>

#include <json-glib/json-glib.h>

enum { BRACKETS_MOST = 1000 };

struct json {
	JsonParser *parser; /* owned */
	JsonObject *top;    /* borrowed from it */
};

void json_free(struct json *json)
{
	if (!json)
		return;
	g_object_unref(json->parser);
	g_free(json);
}

static bool is_flat(const char *data, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '{' || data[i] == '[';
	return count <= BRACKETS_MOST;
}

int json_parse(const char *data, size_t size, struct json **json_r,
	       struct err *err)
{
	AUTO(json) struct json *json = g_new0(struct json, 1);
	JsonNode *root;

	json->parser = json_parser_new_immutable();
	if (!is_flat(data, size) || memchr(data, '\0', size) ||
	    !json_parser_load_from_data(json->parser, data, (gssize)size, NULL))
		return err_set(err, EPROTO, "not JSON");
	root = json_parser_get_root(json->parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return err_set(err, EPROTO, "not a JSON object");
	json->top = json_node_get_object(root);
	*json_r = take(json);
	return 0;
}

/* The value at `path`; NULL if there is none. Borrowed. */
static JsonNode *value_at(const struct json *json, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	JsonObject *object = json->top;
	JsonNode *node = NULL;

	for (char **name = names; *name; name++) {
		node = object ? json_object_get_member(object, *name) : NULL;
		object = node && JSON_NODE_HOLDS_OBJECT(node)
				 ? json_node_get_object(node)
				 : NULL;
	}
	return node;
}

const char *json_text(const struct json *json, const char *path)
{
	JsonNode *node = value_at(json, path);

	if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
		return NULL;
	return json_node_get_string(node);
}

uint64_t json_number(const struct json *json, const char *path)
{
	JsonNode *node = value_at(json, path);

	if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
		return 0;
	return (uint64_t)MAX(json_node_get_int(node), 0);
}
