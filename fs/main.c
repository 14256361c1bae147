/* SPDX-License-Identifier: ISC */
/* The commands of defms, in the order in which --help lists them. */
#include <stddef.h>

#include "defms/cmd.h"

extern const struct cmd cmd_init, cmd_key, cmd_contact, cmd_import, cmd_mount,
	cmd_umount, cmd_search, cmd_show, cmd_flag, cmd_join, cmd_split,
	cmd_move, cmd_share, cmd_export, cmd_send, cmd_queue, cmd_bridge,
	cmd_remote, cmd_status, cmd_reindex, cmd_check, cmd_gc, cmd_backup,
	cmd_restore, cmd_completion;

int main(int argc, char **argv)
{
	static const struct cmd *const commands[] = {
		&cmd_init,       &cmd_key,    &cmd_contact, &cmd_import,
		&cmd_mount,      &cmd_umount, &cmd_search,  &cmd_show,
		&cmd_flag,       &cmd_join,   &cmd_split,   &cmd_move,
		&cmd_share,      &cmd_export, &cmd_send,    &cmd_queue,
		&cmd_bridge,     &cmd_remote, &cmd_status,  &cmd_reindex,
		&cmd_check,      &cmd_gc,     &cmd_backup,  &cmd_restore,
		&cmd_completion, NULL,
	};

	return cmd_main(commands, argc, argv);
}
