/* SPDX-License-Identifier: ISC */
/* The one worker that changes mail. What it is asked for beside each other is
 * one batch; each request is answered once it is committed, so a reader never
 * waits and a search that is started afterwards finds it. */
#ifndef DEFMS_WRITER_H
#define DEFMS_WRITER_H

#include <stdint.h>

#include "defms/auto.h"
#include "defms/err.h"
#include "fs.h"
#include "jobs.h"

struct writer;

/* Begins with what files/ holds: it has arrived when this returns. */
int writer_new(struct fs *fs, struct writer **writer_r, struct err *err);
/* Does what is left, and ends. */
void writer_free(struct writer *writer);
AUTO_KIND(writer, struct writer, writer_free)

/* Have it done: here and now if nothing else is at work, else by the writer, in
 * a batch with others. It is answered by its done(), and freed. */
void writer_push(struct writer *writer, struct job *job);
/* Files have become FILE_ARRIVED: they are messages within 50 ms. */
void writer_arrived(struct writer *writer);
/* Of a batch that the writer has committed: what is left undone is written
 * down, and done once it can be. */
void writer_look_back(struct fs *fs, const struct batch *batch);
/* A file of an outbox has rested: it is to be queued. */
void writer_send(struct writer *writer, const struct file *file);
/* What is being composed is waited for; the rest stays in its outbox. While the
 * mount still answers. */
void writer_send_no_more(struct writer *writer);
/* Serials for copies to be, rising with arrival. */
int writer_serial(struct writer *writer, int64_t *serial_r, struct err *err);
/* Is it one of these? So the copy came through the mount. */
bool writer_gave(struct writer *writer, int64_t serial);
/* The reader it writes with, while it does not: it has in memory what it wrote,
 * which all others have to read anew. NULL if there is none, or it is at work;
 * else it waits until the reader is given back. */
struct reader *writer_lend(struct writer *writer);
/* After writer_lend(). */
void writer_take_back(struct writer *writer);
/* Answer by `done` once all that was asked for, or arrived, before this is on
 * the disk. */
void writer_sync(struct writer *writer, struct job *job);

#endif
