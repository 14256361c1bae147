/* SPDX-License-Identifier: ISC */
/* Files: modes, packs. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check-parts.h"
#include "pack-file.h"
#include "store-pack.h"

void check_modes(const struct mailbox *mailbox, struct findings *findings)
{
	AUTO(str)
	char *path = g_build_filename(mailbox_home(mailbox), "identity", NULL);
	struct stat st;

	if (stat(mailbox_home(mailbox), &st) == 0 && (st.st_mode & 022))
		finding(findings, CURE_MODES, "%s: others may write it",
			mailbox_home(mailbox));
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		finding(findings, CURE_MODES, "%s: others may read or write it",
			path);
}

/* Name each damaged entry; `why` if there is none. */
static void find_damage(struct pack_file *file, const char *name,
			const struct err *why, struct findings *findings)
{
	struct packed packed;
	struct err err;
	size_t found = 0;
	int more;

	while ((more = pack_file_next(file, &packed, &err)) != 0) {
		if (more > 0) {
			packed_release(&packed);
			continue;
		}
		finding(findings, CURE_NONE, "pack %s: %s", name, err.text);
		found++;
	}
	if (found == 0)
		finding(findings, CURE_NONE, "pack %s: %s", name, why->text);
}

void check_pack(struct store *store, const char *name,
		struct findings *findings)
{
	AUTO(pack_file) struct pack_file *file = NULL;
	struct err err;

	if (!pack_has_file(store, name, ".pack", NULL))
		finding(findings, CURE_NONE, "pack %s: its .pack is missing",
			name);
	else if (!pack_has_file(store, name, ".idx", NULL))
		finding(findings, CURE_IDX, "pack %s: its .idx is missing",
			name);
	else if (pack_file_open(store, name, &file, &err) < 0)
		finding(findings, CURE_IDX, "pack %s: %s", name, err.text);
	else if (pack_file_verify(file, &err) < 0)
		find_damage(file, name, &err, findings);
}
