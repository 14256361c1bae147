/* SPDX-License-Identifier: ISC */
/* How often a directory was removed that may be there again: cur, new and tmp
 * are as long as their folder is, a message comes back when it is delivered
 * again. Its node is the same, and the kernel lets nothing be made in what it
 * has seen removed while anybody has that open: the next generation is another
 * directory to it. Any worker. */
#ifndef DEFMS_GENERATIONS_H
#define DEFMS_GENERATIONS_H

#include "defms/auto.h"
#include "node.h"

struct generations;

struct generations *generations_new(void);
void generations_free(struct generations *generations);
AUTO_KIND(generations, struct generations, generations_free)

/* `dir` was removed. */
void generations_next(struct generations *generations, struct node dir);
/* 0 for one that never was. */
uint64_t generations_of(struct generations *generations, struct node dir);

#endif
