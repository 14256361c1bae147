/* SPDX-License-Identifier: ISC */
#include "dictionary.h"

/* The assembler looks the file up in the include path. */
#define EMBED(symbol, file)                                                    \
	__asm__(".pushsection .rodata\n"                                       \
		".balign 16\n"                                                 \
		".local " #symbol "\n" #symbol ":\n"                           \
		".incbin \"" file "\"\n"                                       \
		".local " #symbol "_end\n" #symbol "_end:\n"                   \
		".popsection\n");                                              \
	extern const uint8_t symbol[], symbol##_end[]

EMBED(dictionary_1, "dictionary-1");
EMBED(dictionary_of_traces, "dictionary-trace");

const uint8_t *dictionary_content(size_t *size_r)
{
	*size_r = (size_t)(dictionary_1_end - dictionary_1);
	return dictionary_1;
}

const uint8_t *dictionary_trace(size_t *size_r)
{
	*size_r = (size_t)(dictionary_of_traces_end - dictionary_of_traces);
	return dictionary_of_traces;
}
