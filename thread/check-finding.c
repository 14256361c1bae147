/* SPDX-License-Identifier: ISC */
#include "check-parts.h"

static const struct {
	enum check_cure cure;
	const char *text;
} cure_texts[] = {
	{ CURE_MODES, "--repair sets the modes" },
	{ CURE_IDX, "--repair makes the idx anew from the pack, if that is "
		    "whole" },
	{ CURE_REFS, "--repair writes it from state.db" },
	{ CURE_FLAGS, "--repair sets them" },
	{ CURE_INDEX, "--repair writes the index anew" },
	{ CURE_BY_HAND, "--repair leaves it to you" },
};

void findings_init(struct findings *findings)
{
	findings->lines = g_ptr_array_new_with_free_func(g_free);
	findings->cures = 0;
	findings->missing = CURE_NONE;
}

void findings_release(struct findings *findings)
{
	g_ptr_array_unref(findings->lines);
}

void finding(struct findings *findings, enum check_cure cure,
	     const char *format, ...)
{
	const char *what = "cannot be repaired; a backup may have it";
	GString *line = g_string_new(NULL);
	va_list args;

	va_start(args, format);
	g_string_append_vprintf(line, format, args);
	va_end(args);
	for (size_t i = 0; i < line->len; i++)
		if (g_ascii_iscntrl(line->str[i]))
			line->str[i] = '?';
	for (size_t i = 0; i < G_N_ELEMENTS(cure_texts); i++)
		if (cure_texts[i].cure == cure)
			what = cure_texts[i].text;
	g_string_append_printf(line, " (%s)", what);
	findings->cures |= (unsigned)cure;
	g_ptr_array_add(findings->lines, g_string_free(line, FALSE));
}
