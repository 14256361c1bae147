/* SPDX-License-Identifier: ISC */
/* Directories that can be made: folders, and queries that are kept. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "defms/change.h"
#include "defms/name.h"
#include "defms/search.h"
#include "defms/state-mount.h"
#include "fresh.h"
#include "naming.h"
#include "render.h"

int naming_folder_name(const char *shown, char **name_r, struct err *err)
{
	AUTO(str) char *name = NULL;
	AUTO(str) char *again = NULL;

	if (shown[0] != '.')
		return err_set(err, EINVAL,
			       "%s: the name of a folder begins with a dot",
			       shown);
	if (strlen(shown) > NAME_LIMIT)
		return err_set(err, ENAMETOOLONG,
			       "name of a folder over %d bytes", NAME_LIMIT);
	if (name_folder(shown, &name, err) < 0)
		return -1;
	if (strcmp(name, "INBOX") == 0)
		return err_set(err, EEXIST, "INBOX is always there");
	/* What would be shown under another name. */
	again = name_folder_maildir(name);
	if (strcmp(again, shown) != 0)
		return err_set(err, EINVAL, "%s: not the name of a folder",
			       shown);
	*name_r = take(name);
	return 0;
}

static int make_folder(struct naming *naming, struct batch *batch,
		       struct work *work, struct err *err)
{
	AUTO(str) char *name = NULL;
	int64_t serial;

	if (naming_folder_name(naming->name, &name, err) < 0 ||
	    naming_done(change_folder_make(batch, name, &serial, err), err) < 0)
		return -1;
	naming->made = node_make(NODE_FOLDER, serial, 0);
	fresh_note(work->fs->fresh, serial);
	return 0;
}

static int keep_query(struct naming *naming, struct work *work, struct err *err)
{
	AUTO(search) struct search *search = NULL;
	uint32_t number;

	if (render_is_scratch(naming->name))
		return err_set(err, EINVAL, "%s: the name of a scratch file",
			       naming->name);
	if (search_parse(naming->name, time(NULL), &search, err) < 0 ||
	    state_search_add(work->state, naming->name, err) < 0)
		return -1;
	number = queries_keep(work->fs->queries, naming->name);
	naming->made = node_make(NODE_QUERY, number, 0);
	return 0;
}

int make_apply(struct naming *naming, struct batch *batch, struct work *work,
	       struct err *err)
{
	struct named named;
	int found;

	if (naming->dir.kind == NODE_SEARCH)
		return keep_query(naming, work, err);
	found = naming_find(work, naming->dir, naming->name, &named, err);
	if (found > 0 && !named.is_file &&
	    fresh_take(work->fs->fresh, named.entry.node)) {
		naming->made = named.entry.node;
		return 0;
	}
	if (found != 0)
		return found < 0 ? -1
				 : err_set(err, EEXIST, "%s: it is there",
					   naming->name);
	if (naming->dir.kind == NODE_MAILDIR)
		return make_folder(naming, batch, work, err);
	return err_set(err, EPERM, "%s: no directory can be made there",
		       naming->name);
}
