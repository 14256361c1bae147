/* SPDX-License-Identifier: ISC */
/* The two zstd dictionaries of this program. Both define formats: once
 * released, their bytes never change (script/train-dictionary). */
#ifndef THREAD_DICTIONARY_H
#define THREAD_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

/* Of payloads with format byte 2; of the traces in state.db. */
const uint8_t *dictionary_content(size_t *size_r);
const uint8_t *dictionary_trace(size_t *size_r);

#endif
