/* SPDX-License-Identifier: ISC */
#include "home-test.h"

#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "defms/auto.h"

static void set_path(const char *name, const char *folder, const char *below)
{
	AUTO(str) char *path = g_build_filename(folder, below, NULL);

	(void)g_setenv(name, path, TRUE);
}

void use_home(const char *folder)
{
	set_path("DEFMS_HOME", folder, "home");
	set_path("XDG_CACHE_HOME", folder, "cache");
	set_path("XDG_CONFIG_HOME", folder, "config");
}

void die(const struct err *err)
{
	printf("Bail out! %s\n", err->text);
	exit(EXIT_FAILURE);
}
