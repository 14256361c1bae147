/* SPDX-License-Identifier: ISC */
/* The names of refs, and the file packed-refs; for store-refs*.c. */
#ifndef DEFMS_STORE_REFS_H
#define DEFMS_STORE_REFS_H

#include "defms/ref.h"
#include "defms/store.h"

/* Lines of packed-refs that are not ours (tags, heads): they stay. */
struct ref_foreign {
	GPtrArray *lines; /* owned: char *, with the "^" line that follows */
	bool peeled;      /* each that can be peeled has one */
};

/* What is read, and where a problem goes: NULL is strict, the first ends it. */
struct ref_scan {
	GArray *refs;                /* borrowed */
	GPtrArray *problems;         /* borrowed */
	struct ref_foreign *foreign; /* borrowed; NULL: not wanted */
};

/* 0 if what `err` says is kept in `scan->problems`, or else -1. */
int ref_scan_note(const struct ref_scan *scan, const struct err *err);

/* Append "refs/threads/<strand>/<device>". */
void ref_name_print(const struct ref_move *ref, GString *out);
/* "<strand>/<device>" into `ref`. EBADMSG. */
int ref_name_parse(const char *name, struct ref_move *ref, struct err *err);

/* Nothing is read if there is no such file. */
int packed_refs_read(struct store *store, const struct ref_scan *scan,
		     struct err *err);
/* `refs` are sorted; durable. */
int packed_refs_write(struct store *store, const GArray *refs,
		      const struct ref_foreign *foreign, struct err *err);
/* About how many there are, by the size of the file. */
size_t packed_refs_count(struct store *store);

#endif
