#!/bin/sh
# SPDX-License-Identifier: ISC
# A mount that stays in the foreground: its whole life under the sanitizers,
# whose findings a daemon would tell nobody.
. "$(dirname "$0")/lib.sh"
need_fuse

fresh_store
defms import "$tests/../script/sample/village.mbox" >"$top/out"
"$DEFMS" mount -f "$mail" >"$top/said" 2>&1 &
pid=$!
wait_for "it answers" mountpoint -q "$mail"
check "it runs" kill -0 "$pid"
check_same "its process id" "$pid" "$(cat "$mail/.defms/pid")"
find "$mail" -type f -exec cat {} + >"$top/out"
check "everything was read" test "$(wc -c <"$top/out")" -gt 50000
for query in ladder from:bob is:unread 'not roof' date:never; do
	ls "$mail/search/$query" >"$top/out" 2>&1
done
ls -lR "$mail" | md5sum >"$top/first"
check_same "a second look sees the same" "$(cat "$top/first")" \
	"$(ls -lR "$mail" | md5sum)"
defms import "$tests/../script/sample/late.eml" >"$top/out"
wait_for "it follows" test -L "$(echo "$mail"/threads/*long-table*)"
check "unmount" defms umount "$mail"
wait "$pid"
check_same "it ends well" 0 $?
check_same "... and has nothing to complain of" "" "$(cat "$top/said")"
finish
