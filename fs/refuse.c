/* SPDX-License-Identifier: ISC */
#include "refuse.h"

#include <string.h>

#include "files-turn.h"
#include "site.h"

static void write_reason(struct fs *fs, const struct file *file,
			 const char *text)
{
	AUTO(str) char *name = site_error_name(file->name);
	AUTO(str) char *line = g_strconcat(text, "\n", NULL);
	const struct files_new new = {
		.dir = file->dir,
		.name = name,
		.mode = S_IFREG | 0644,
		.state = FILE_PLAIN,
	};
	struct file made;
	struct err err;

	refuse_forget(fs, file->dir, file->name);
	if (files_create(fs->files, &new, &made, &err) < 0 ||
	    files_write(fs->files, made.number, 0, line, strlen(line), &err) <
		    0)
		journal_add(fs->errors, err.text);
	files_note(fs->files, file->dir, name);
}

void refuse_file(struct fs *fs, const struct file *file,
		 const struct err *reason)
{
	struct err line = *reason;

	if (!files_turn(fs->files, file, FILE_REFUSED))
		return;
	write_reason(fs, file, reason->text);
	(void)err_prefix(&line, "%s", file->name);
	journal_add(fs->errors, line.text);
}

void refuse_forget(struct fs *fs, struct node dir, const char *name)
{
	AUTO(str) char *error = site_error_name(name);
	struct file file;
	struct err err;

	if (files_find(fs->files, dir, error, &file) <= 0)
		return;
	if (files_unlink(fs->files, dir, error, &err) < 0)
		journal_add(fs->errors, err.text);
	files_note(fs->files, dir, error);
}
