#!/bin/sh
# SPDX-License-Identifier: ISC
# The first use in README.md is a real one: each command gives what is printed
# there.
. "$(dirname "$0")/lib.sh"
need_fuse

awk '/^## / { inside = /A first use/ } inside && sub(/^\t/, "")' \
	"$tests/../README.md" >"$top/session"
check "the session has commands" test "$(grep -c '^\$ ' "$top/session")" -gt 5
cd "$tests/.." || exit 1
grep '^\$ ' "$top/session" | sed 's/^\$ //' >"$top/commands"
while IFS= read -r command <&3; do
	printf '$ %s\n' "$command"
	case $command in
	mutt*)	;; # wants a terminal
	*)	eval "$command" 2>&1 ;;
	esac
done 3<"$top/commands" >"$top/really"
check "it goes as it says" diff -B "$top/session" "$top/really"
check "nothing stays mounted" not mountpoint -q "$top/mail"
finish
