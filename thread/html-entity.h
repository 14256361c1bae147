/* SPDX-License-Identifier: ISC */
#ifndef DEFMS_HTML_ENTITY_H
#define DEFMS_HTML_ENTITY_H

#include <stdint.h>

/* The character that "&name;" stands for, or 0. */
uint32_t html_entity(const char *name);

#endif
