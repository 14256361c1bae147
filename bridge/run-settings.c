/* SPDX-License-Identifier: ISC */
#include "run-settings.h"

#include <string.h>
#include <sys/stat.h>

#include "defms/err.h"

/* What tells one version of a file from another; all 0 if there is none. */
struct stamp {
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct run_settings {
	const struct config *config; /* borrowed, or `own` */
	struct config *own;          /* owned; NULL */
	struct stamp stamp;
};

static void take_stamp(struct stamp *stamp_r)
{
	AUTO(str) char *path = config_file();
	struct stat st;

	memset(stamp_r, 0, sizeof(*stamp_r));
	if (stat(path, &st) < 0)
		return;
	stamp_r->ino = st.st_ino;
	stamp_r->size = st.st_size;
	stamp_r->changed = st.st_ctim;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

void run_settings_free(struct run_settings *settings)
{
	if (!settings)
		return;
	config_close(settings->own);
	g_free(settings);
}

struct run_settings *run_settings_new(const struct config *config)
{
	struct run_settings *settings = g_new0(struct run_settings, 1);

	settings->config = config;
	take_stamp(&settings->stamp);
	return settings;
}

int run_settings_look(struct run_settings *settings,
		      struct run_settings **fresh_r, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	struct run_settings *fresh;
	struct stamp stamp;

	/* Before it is read: a change meanwhile is seen the next time. While
	 * somebody replaces it there may be none for a moment. */
	take_stamp(&stamp);
	if (stamp.ino == 0 || is_same(&stamp, &settings->stamp))
		return 0;
	settings->stamp = stamp;
	if (config_open(&config, err) < 0)
		return -1;
	fresh = run_settings_new(config);
	fresh->own = take(config);
	fresh->stamp = stamp;
	*fresh_r = fresh;
	return 1;
}

const struct config *run_settings_config(const struct run_settings *settings)
{
	return settings->config;
}
