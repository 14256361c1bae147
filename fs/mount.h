/* SPDX-License-Identifier: ISC */
/* A tree that is mounted: what the door to FUSE (ops.c) offers. */
#ifndef DEFMS_MOUNT_H
#define DEFMS_MOUNT_H

#include "defms/auto.h"
#include "defms/err.h"
#include "fs.h"
#include "node.h"

struct mount;

/* Mount `fs` at the absolute `path`; `options` are libfuse's and mount(8)'s,
 * with commas between, perhaps "". EINVAL for one that nobody knows. */
int mount_open(struct fs *fs, const char *path, const char *options,
	       struct mount **mount_r, struct err *err);
/* Unmounts if it still is mounted. */
void mount_close(struct mount *mount);
AUTO_KIND(mount, struct mount, mount_close)

/* Answer requests until it is unmounted or mount_stop() is called. */
int mount_serve(struct mount *mount, struct err *err);
/* From any worker, once: mount_serve() returns when it was interrupted. */
void mount_stop(struct mount *mount);

/* When mount_serve() has returned: what waits for an answer fails. */
void mount_abort(struct mount *mount);

struct fs *mount_fs(const struct mount *mount);    /* borrowed */
const char *mount_path(const struct mount *mount); /* borrowed */

/* What is told to the kernel is told, in order, by others (teller.h): these do
 * not wait. What it keeps of a node, or of a name in a directory, is to be
 * asked for again; `below`, a path below the mount, is touched. */
void mount_drop_node(struct mount *mount, struct node node);
void mount_drop_name(struct mount *mount, struct node dir, const char *name);
/* The same of a directory's name. */
void mount_drop_dir(struct mount *mount, struct node dir, const char *name);
void mount_touch(struct mount *mount, const char *below);
/* Mail came to `below`, a path of a file in the new/ that goes with `tmp`,
 * otherwise than through the mount: inotify(7) is told of it. */
void mount_tell_mail(struct mount *mount, struct node tmp, const char *below);
/* Nothing more is told. Before the loop ends. */
void mount_hush(struct mount *mount);
/* Does mount_drop_dir() leave the names of directories in use alone?
 * (Linux 6.2) */
bool mount_can_expire(const struct mount *mount);

#endif
