/* SPDX-License-Identifier: ISC */
#include "json.h"

#include <errno.h>

#include "test.h"

static const char answer[] =
	"{\"Root\":{\"Cid\":{\"/\":\"baf4\"},\"PinErrorMsg\":\"\"},"
	"\"Stats\":{\"BlockCount\":12,\"Less\":-1,\"Half\":0.5,"
	"\"Large\":9223372036854775807},\"Pins\":[\"a\"],\"Null\":null,"
	"\"Text\":\"\\u00e9\\n\",\"Yes\":true}\n";

TEST(texts_are_found_by_their_path)
{
	static const struct {
		const char *path, *text;
	} known[] = {
		{ "Root.Cid./", "baf4" },
		{ "Root.PinErrorMsg", "" },
		{ "Text", "\xc3\xa9\n" },
		{ "Root", NULL },
		{ "Root.Cid", NULL },
		{ "Root.Cid./.x", NULL },
		{ "Nothing", NULL },
		{ "Nothing.at.all", NULL },
		{ "Stats.BlockCount", NULL },
		{ "Pins", NULL },
		{ "Pins.0", NULL },
		{ "Null", NULL },
		{ "Yes", NULL },
		{ "", NULL },
	};
	AUTO(json) struct json *json = NULL;
	struct err err;

	CHECK_INT(json_parse(answer, strlen(answer), &json, &err), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		CHECK_STR(json_text(json, known[i].path), known[i].text);
}

TEST(numbers_are_found_by_their_path)
{
	static const struct {
		const char *path;
		uint64_t number;
	} known[] = {
		{ "Stats.BlockCount", 12 },
		{ "Stats.Large", INT64_MAX },
		{ "Stats.Less", 0 },
		{ "Stats.Half", 0 },
		{ "Stats", 0 },
		{ "Text", 0 },
		{ "Nothing", 0 },
		{ "Null", 0 },
		{ "Yes", 0 },
	};
	AUTO(json) struct json *json = NULL;
	struct err err;

	CHECK_INT(json_parse(answer, strlen(answer), &json, &err), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		CHECK(json_number(json, known[i].path) == known[i].number);
}

TEST(every_truncation_is_refused)
{
	for (size_t size = 0; size < strlen(answer) - 1; size++) {
		AUTO(str) char *cut = g_strndup(answer, size);
		AUTO(json) struct json *json = NULL;
		struct err err;

		CHECK_INT(json_parse(cut, size, &json, &err), -1);
		CHECK_INT(err.code, EPROTO);
	}
}

TEST(what_is_no_object_is_refused)
{
	static const char *const texts[] = {
		"[]", "1", "\"a\"", "null", "", " ", "<", "{\"a\":\"\xff\"}"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		AUTO(json) struct json *json = NULL;
		struct err err;

		CHECK_INT(json_parse(texts[i], strlen(texts[i]), &json, &err),
			  -1);
		CHECK_INT(err.code, EPROTO);
	}
}

/* {"a":{"a":{"a": ... {} ... }}}, `depth` levels. Caller frees. */
static char *nested(unsigned depth)
{
	GString *text = g_string_new("");

	for (unsigned i = 1; i < depth; i++)
		g_string_append(text, "{\"a\":");
	g_string_append(text, "{}");
	for (unsigned i = 1; i < depth; i++)
		g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}

TEST(nesting_has_a_limit)
{
	AUTO(str) char *most = nested(1000);
	AUTO(str) char *more = nested(1001);
	AUTO(json) struct json *json = NULL, *none = NULL;
	struct err err;

	CHECK_INT(json_parse(most, strlen(most), &json, &err), 0);
	CHECK_INT(json_parse(more, strlen(more), &none, &err), -1);
}

TEST(a_nul_byte_is_refused)
{
	AUTO(json) struct json *json = NULL;
	struct err err;

	CHECK_INT(json_parse("{}\0{}", 5, &json, &err), -1);
	CHECK_INT(json_parse("{}\0", 3, &json, &err), -1);
}
