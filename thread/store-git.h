/* SPDX-License-Identifier: ISC */
/* Shared by the files behind libgit2's door. */
#ifndef DEFMS_STORE_GIT_H
#define DEFMS_STORE_GIT_H

#include "defms/err.h"

/* Start libgit2 once in this process. */
void git_start(void);

/* Fill `err` from libgit2's last error. Always -1. */
int err_git(struct err *err, int result, const char *what);

#endif
