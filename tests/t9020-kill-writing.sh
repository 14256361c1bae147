#!/bin/sh
# SPDX-License-Identifier: ISC
# The daemon is killed at random moments while scripts deliver, flag and remove
# mail: after the next mount all they were told is done is done, and once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
. "$(dirname "$0")/crash.sh"
need_program python3 git
! on_mount || need_fusectl
open_tree

# lines_more COUNT: have the logs grown by so many lines?
lines_more() {
	[ "$(cat "$top"/log.* 2>/dev/null | wc -l)" -ge "$((lines + $1))" ]
}
round=0
while [ "$round" -lt "${ROUNDS-10}" ]; do
	round=$((round + 1))
	lines=$(cat "$top"/log.* 2>/dev/null | wc -l)
	workers=
	for who in a b c; do
		python3 "$tests/killed.py" work "$box" "$top/log.$who" $who \
			>"$top/work.$who" 2>&1 &
		workers="$workers $!"
	done
	many=$(($(od -An -N1 -tu1 /dev/urandom) + 3))
	wait_for "$many changes are logged" lines_more $many
	if on_mount; then
		daemon=$(cat "$mail/.defms/pid")
		kill -9 "$daemon"
	else
		# shellcheck disable=SC2086
		kill -9 $workers
	fi
	# Nobody waits for an answer any more.
	# shellcheck disable=SC2086
	wait $workers 2>/dev/null
	if on_mount; then
		wait_for "nothing of the daemon is left" not kill -0 "$daemon"
		fusermount3 -u -z "$mail" 2>/dev/null
		wait_for "the dead mount is gone" not mountpoint -q "$mail"
		point="round $round"
		check_same "git finds nothing wrong" "" "$(fsck)"
		check "it mounts again" defms mount "$mail"
	fi
	check "what was acknowledged is there, once" python3 \
		"$tests/killed.py" verify "$box" "$top"/log.*
	sed 's/^/# /' "$top/out"
done
# A file that was made, and not yet written when the daemon was killed, is no
# mail.
check_same "no other errors were written down" "" \
	"$(grep -v 'not a mail message' "$mail/.defms/errors")"
umount_it
check "all is well" defms check
finish
