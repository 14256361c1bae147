/* SPDX-License-Identifier: ISC */
#include "run-say.h"

#include <stdio.h>

#include <glib.h>

void run_say(const char *name, const char *text)
{
	(void)fprintf(stderr, "defms: %s: %s\n", name, text);
}

void run_complain(const char *name, char **said, char *text)
{
	if (text[0] && g_strcmp0(text, *said) != 0)
		run_say(name, text);
	g_free(*said);
	*said = text;
}
