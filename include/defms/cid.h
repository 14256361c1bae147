/* SPDX-License-Identifier: ISC */
/* What IPFS calls a git object: a CIDv1 of codec git-raw (0x78) with its SHA-1
 * (multihash 0x11), `01 78 11 14 <id>`; as text in lower-case base32 with the
 * prefix b, which always begins with baf4bcf. */
#ifndef DEFMS_CID_H
#define DEFMS_CID_H

#include "defms/store.h"

enum { CID_SIZE = 24, CID_TEXT = 40 };

/* The CID's bytes. */
void cid_write(const struct object_id *id, uint8_t cid[CID_SIZE]);
/* EBADMSG if these are not the bytes of such a CID. */
int cid_read(const uint8_t *cid, size_t size, struct object_id *id_r,
	     struct err *err);

/* Its text, with a NUL. */
void cid_print(const struct object_id *id, char text[CID_TEXT + 1]);
/* Exactly what cid_print() writes, else EBADMSG. */
int cid_parse(const char *text, size_t size, struct object_id *id_r,
	      struct err *err);

#endif
