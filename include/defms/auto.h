/* SPDX-License-Identifier: ISC */
/* Release at the end of the block.
 *
 *	AUTO(str) char *name = NULL;
 *
 * calls str_auto_(&name) when the block is left. Every kind here accepts what
 * a variable is initialised with before it owns anything (NULL, -1), so that
 * an early return is safe. take() hands the value on and leaves "nothing". */
#ifndef DEFMS_AUTO_H
#define DEFMS_AUTO_H

#include <stdio.h>
#include <unistd.h>

#include <dirent.h>
#include <glib.h>

#define AUTO(kind) __attribute__((unused, cleanup(kind##_auto_)))

/* The value of `pointer`, which is NULL afterwards. */
#define take(pointer)                                                          \
	__extension__({                                                        \
		__typeof__(pointer) taken_ = (pointer);                        \
		(pointer) = NULL;                                              \
		taken_;                                                        \
	})

/* Define the AUTO kind of a pointer type by the function that frees it. */
#define AUTO_KIND(kind, type, release)                                         \
	static inline void kind##_auto_(type **held)                           \
	{                                                                      \
		if (*held)                                                     \
			release(*held);                                        \
	}

AUTO_KIND(str, char, g_free)
AUTO_KIND(dir, DIR, closedir)
AUTO_KIND(file, FILE, fclose)
AUTO_KIND(bytes, GByteArray, g_byte_array_unref)
AUTO_KIND(ptrs, GPtrArray, g_ptr_array_unref)
AUTO_KIND(array, GArray, g_array_unref)
AUTO_KIND(table, GHashTable, g_hash_table_unref)

/* A GString and its characters. */
static inline void gstring_auto_(GString **held)
{
	if (*held)
		(void)g_string_free(*held, TRUE);
}

/* A file descriptor; -1 is none. */
static inline void fd_auto_(const int *held)
{
	if (*held >= 0)
		(void)close(*held);
}

#endif
