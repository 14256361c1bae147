#!/bin/sh
# SPDX-License-Identifier: ISC
# The daemon is killed at random moments while scripts deliver, flag and remove
# mail: after the next mount all they were told is done is done, and once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
. "$(dirname "$0")/crash.sh"
need_program python3 git
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
		abort=/sys/fs/fuse/connections/$(mountpoint -d "$mail" |
			cut -d : -f 2)/abort
		kill -9 "$(cat "$mail/.defms/pid")"
		# Killed while it tells the kernel of a change, the daemon may
		# wait for whoever changes something just then, who waits for
		# it: the kernel has this file for that, and umount -f where
		# nobody mounted that.
		sleep 0.2
		if [ -w "$abort" ]; then
			echo 1 >"$abort"
		else
			umount -f -i -c "$mail" 2>/dev/null
		fi
	else
		# shellcheck disable=SC2086
		kill -9 $workers
	fi
	# shellcheck disable=SC2086
	wait $workers 2>/dev/null
	if on_mount; then
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
close_tree
finish
