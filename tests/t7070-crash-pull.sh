#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of a pull: nothing of it happened, or all of it
# does; again it changes nothing; ref, rows and index agree.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git
need_crash_points

pull() { "$FAKES/pull-one" "$top/ada/home"; }

make_mail
fresh_store ada
check "Ada imports a list" defms import --public --folder lists/pool \
	"$mail_made/1.mbox"
defms key export >"$top/card"
fresh_store bob
check "Bob has one of its messages already" \
	defms import "$mail_made/3/new/1002.three.host"
check "he pulls for the first time" \
	"$FAKES/pull-one" "$top/ada/home" pin <"$top/card"
save first
use_store ada
check "the list goes on" defms import --public --folder lists/pool \
	"$mail_made/2.mbox" "$mail_made/3"
use_store bob

load first
copies >"$top/had" || echo "Bail out! cannot be read"
pull >"$top/out" 2>&1
copies >"$top/want"
want_threads=$(threads)
check "there is more then" test "$(wc -l <"$top/want")" -gt \
	"$(wc -l <"$top/had")"
n=0 status=99 problems=0
while [ "$status" = 99 ]; do
	n=$((n + 1))
	load first
	DEFMS_BATCH=2 die_at "$n" pull "$FAKES/pull-one" "$top/ada/home"
	healthy "$top/had" "$top/want"
	checked
	completes "$top/want" pull
	[ "$want_threads" = "$(threads)" ] || problem "other threads"
	checked
done
check_same "all is well after crashes at $((n - 1)) points" 0 "$problems"
check "... and there were some" test "$n" -gt 10

load first
pull >"$top/out" 2>&1
check "reindex" defms reindex
copies >"$top/now"
check_same "the same after it" "$(cat "$top/want")" "$(cat "$top/now")"
check "a backup" defms backup "$top/copy"
check "gc" defms gc
check "all is well" defms check
# shellcheck disable=SC2030
check "... in the backup too" env DEFMS_HOME="$top/copy" "$DEFMS" check
check_same "the refs of both are there" 2 "$(refs |
	sed -n 's,.*refs/threads/[0-9a-f]*/,,p' | sort -u | wc -l)"
finish
