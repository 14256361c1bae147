/* SPDX-License-Identifier: ISC */
/* Where things are, and what the user set (defms-config(5)). */
#ifndef DEFMS_CONFIG_H
#define DEFMS_CONFIG_H

#include <stdint.h>

#include <glib.h>

#include "defms/auto.h"
#include "defms/err.h"

struct config;

/* Read $XDG_CONFIG_HOME/defms/config, if there is one. EINVAL if it is no
 * git-config file. Without user.email the addresses of the accounts are it. */
int config_open(struct config **config_r, struct err *err);
void config_close(struct config *config);
AUTO_KIND(config, struct config, config_close)

/* Override a setting: "section.key=value". EINVAL if it has another form. */
int config_override(struct config *config, const char *assignment,
		    struct err *err);

/* Append a section to config_file(), which is made with its folder, for its
 * owner alone, if there is none. `settings` are keys and values in turn, NULL
 * ends them. What was read before does not change. */
int config_add(const char *section, const char *const *settings,
	       struct err *err);

/* Remove each section of this name ("remote \"pool\"") from config_file(); all
 * else stays as it is, byte by byte. 1; 0 if there is none; -1. */
int config_remove(const char *section, struct err *err);

/* The value of `key` ("send.delay"; the last one counts), or NULL. Borrowed
 * until config_close(). */
const char *config_get(const struct config *config, const char *key);

/* All values of `key`, of char *, perhaps none. Caller unrefs. */
GPtrArray *config_get_all(const struct config *config, const char *key);

/* The names of the sections [section "NAME"], of char *, in the order of the
 * file, none twice. Caller unrefs. */
GPtrArray *config_sections(const struct config *config, const char *section);

/* An integer within [least, most], `fallback` if it is not set. EINVAL. */
int config_get_int(const struct config *config, const char *key,
		   const int64_t range[2], int64_t fallback, int64_t *value_r,
		   struct err *err);

/* $DEFMS_HOME, else $XDG_DATA_HOME/defms. Caller frees; all three. */
char *config_home(void);
char *config_cache(void); /* $XDG_CACHE_HOME/defms */
char *config_file(void);  /* $XDG_CONFIG_HOME/defms/config */

#endif
