/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/stat.h>

#include "backup.h"
#include "defms/state-copies.h"
#include "sql.h"

/* SQLite copies what the source's open transaction sees, whatever is written
 * meanwhile. */
int state_copy_to(struct state *state, const char *path, struct err *err)
{
	sqlite3 *from = sql_handle(state_sql(state));
	sqlite3_backup *backup;
	sqlite3 *to = NULL;
	int result = sqlite3_open_v2(
		path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (result == SQLITE_OK) {
		backup = sqlite3_backup_init(to, "main", from, "main");
		if (backup) {
			(void)sqlite3_backup_step(backup, -1);
			(void)sqlite3_backup_finish(backup);
		}
		result = sqlite3_errcode(to);
	}
	if (result != SQLITE_OK)
		(void)err_set(err, EIO, "%s: %s", path, sqlite3_errmsg(to));
	(void)sqlite3_close(to);
	if (result == SQLITE_OK && chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	return result == SQLITE_OK ? 0 : -1;
}
