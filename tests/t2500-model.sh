#!/bin/sh
# SPDX-License-Identifier: ISC
# 1,200 random operations on the tree, from four processes at once, against a
# model of it, which it equals afterwards, and after a remount. SEED=N repeats.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program python3 git
seeds=${SEED-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ') 1}
for seed in $seeds; do
	echo "# SEED=$seed"
	rm -rf "$top/ada"
	umask 022
	open_tree -o send.delay=3600
	check "operations agree with the model" python3 "$tests/model.py" \
		"$mail" "$seed" "${OPERATIONS-1200}" "$top/state" \
		$(on_mount || echo plain)
	sed 's/^/# /' "$top/out"
	again -o send.delay=3600
	check "so does the tree after a remount" python3 "$tests/model.py" \
		"$mail" check "$top/state"
	! on_mount || check "git finds nothing wrong" \
		git -C "$DEFMS_HOME/mailbox.git" fsck --strict --no-dangling
	nothing_queued
	close_tree
done
finish
