/* SPDX-License-Identifier: ISC */
/* Names of files and directories: pure, and safe whatever mail brings. A name
 * made here is valid UTF-8, has no '/', no control characters, is not "." or
 * "..", does not begin with '.' or '-', and has at most 200 bytes. */
#ifndef DEFMS_NAME_H
#define DEFMS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "defms/err.h"
#include "defms/message.h"
#include "defms/mime.h"

struct state_copy;

enum { NAME_LIMIT = 200 };

/* "20261102T091500.alice.9c41e2b0": date (UTC; all zeros without one), sender,
 * the first `digits` (8 to 64) digits of the hash. Caller frees. */
char *name_message(const struct mime *mime, const struct message_id *hash,
		   unsigned digits);

/* "2026-11-02.roof-repair.k3f9x2": root date, subject, and `digits` base32
 * digits (6 to 51) of the hash of `root`, the root's msgid. Caller frees. */
char *name_thread(int64_t date, const char *subject, const char *root,
		  unsigned digits);

/* The name of an attachment: its own made safe, or "part-<number>.<ending>";
 * with "-2" etc. before the ending while it is in `taken` (a set of names;
 * nothing is added). Caller frees. */
char *name_attachment(const char *name, const char *type, unsigned number,
		      GHashTable *taken);

/* `text` as lower-case words joined by '-', at most `limit` bytes; letters and
 * digits of any script stay. "Re:" and the like before a subject are left out
 * if `subject`. Empty if nothing is left. Caller frees. */
char *name_slug(const char *text, size_t limit, bool subject);

/* Does `c` steer the text around it (UAX 9), or show nothing at all? */
bool name_is_hidden(gunichar c);

/* Maildir flags (":2,FS"): letters of enum state_flag, in ASCII order, into
 * `out` (8 bytes suffice). And back, from a file name: unknown letters are
 * passed over. */
void name_flags(unsigned flags, char out[16]);
unsigned name_flags_parse(const char *name);

/* Can `base` be the part of a Maildir file name before ":2,"? */
bool name_is_base(const char *base);

/* The file name of a copy: its base, or if that cannot be one
 * "<received>.M<serial>.defms", then ":2," and its flags; in new/ without any
 * the base alone. Caller frees. */
char *name_copy(const struct state_copy *copy);
/* The same with the made base whatever it has. Caller frees. */
char *name_copy_plain(const struct state_copy *copy);
/* The other way: set base, flags and suffix of `copy`, whose is_new, received
 * and serial are known, so that name_copy() gives `name` (at most 255 bytes).
 * It has a suffix only where its flags alone would not make the same name, and
 * no base if that name is the made one. */
void name_copy_split(const char *name, struct state_copy *copy);
/* The serial in a made base name; 0 if it is none. */
int64_t name_copy_serial(const char *base);

/* A folder's name in the form it is kept: parts joined by '/', "INBOX" for the
 * root. Takes "a/b", "a.b" and ".a.b". EINVAL for one that is empty or has
 * control characters, empty parts, "..", invalid UTF-8, or over 200 bytes.
 * Caller frees. */
int name_folder(const char *text, char **name_r, struct err *err);
/* Its Maildir++ directory below the root: ".a.b"; "" for INBOX. Caller frees.
 */
char *name_folder_maildir(const char *folder);
/* Is it where junk is put, by the names that servers and programs give it? */
bool name_is_junk(const char *folder);

#endif
