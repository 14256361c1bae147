/* SPDX-License-Identifier: ISC */
/* The MIME tree of a message, flat: a part, then its parts, depth first. */
#ifndef DEFMS_MIME_PARTS_H
#define DEFMS_MIME_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "mime-field.h"

enum part_encoding {
	PART_PLAIN, /* 7bit, 8bit, binary, and what nobody knows */
	PART_BASE64,
	PART_QUOTED_PRINTABLE,
	PART_UUENCODED,
};

struct mime_part {
	char *type;       /* owned; lower case */
	char *charset;    /* owned; lower case, or NULL */
	char *name;       /* owned; a leaf's file name, "" if none */
	const char *data; /* borrowed from the message; still encoded */
	size_t size;
	size_t next; /* where in the tree the part after its parts is */
	enum part_encoding encoding;
	bool multipart;     /* holds parts, at least one */
	bool attached;      /* Content-Disposition: attachment */
	bool flowed, delsp; /* RFC 3676 */
};

struct mime_tree {
	GArray *parts;  /* of struct mime_part */
	GArray *leaves; /* of size_t, into parts */
};

/* Start GMime up, once. */
void mime_library(void);

/* What a part's own header says of its content. */
struct part_fields {
	struct field type, disposition, encoding; /* value NULL if missing */
};
void part_fields_take(struct part_fields *fields, const struct field *field);

/* The tree of the message with these fields and this body. */
struct mime_tree *mime_tree_new(const struct part_fields *fields,
				const char *body, size_t size);
void mime_tree_free(struct mime_tree *tree);

const struct mime_part *mime_tree_part(const struct mime_tree *tree, size_t at);
/* NULL if there is no such leaf. */
const struct mime_part *mime_tree_leaf(const struct mime_tree *tree,
				       size_t number);

/* Decodes a leaf piece by piece. */
enum {
	PART_PIECE = 16 * 1024,
	PART_BUF = PART_PIECE + 64, /* never more comes out than goes in, but
				     * for what a former piece left over */
};
struct part_reader {
	enum part_encoding encoding;
	const char *at, *end;
	int state; /* these two: of GMime's decoder */
	uint32_t save;
};
void part_reader_init(struct part_reader *reader, const struct mime_part *part);
/* The next piece, in `buf` or, where nothing is encoded, in the message. 0 at
 * the end. */
size_t part_reader_next(struct part_reader *reader, char buf[PART_BUF],
			const char **data_r);

/* The decoded size, exactly. */
uint64_t mime_part_size(const struct mime_part *part);

/* Append the leaf, decoded. */
void mime_part_append(const struct mime_part *part, GString *out);

#endif
