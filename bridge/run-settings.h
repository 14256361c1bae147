/* SPDX-License-Identifier: ISC */
/* The settings for as long as the bridge runs: they are read again when their
 * file is another one. */
#ifndef BRIDGE_RUN_SETTINGS_H
#define BRIDGE_RUN_SETTINGS_H

#include "defms/auto.h"
#include "defms/config.h"

struct run_settings;

/* Those of `config`, which is borrowed. */
struct run_settings *run_settings_new(const struct config *config);
void run_settings_free(struct run_settings *settings);
AUTO_KIND(run_settings, struct run_settings, run_settings_free)

/* Has the file changed since they were read, or last looked at? 1 and what it
 * says now; 0, also if there is none; -1 if it cannot be read. */
int run_settings_look(struct run_settings *settings,
		      struct run_settings **fresh_r, struct err *err);

/* Borrowed. */
const struct config *run_settings_config(const struct run_settings *settings);

#endif
