#!/bin/sh
# SPDX-License-Identifier: ISC
# The disk is full, or fails, at each change in turn (tests/fake/diskfull.c): an
# import says so in one line and the mailbox is what it was, or complete; with
# room again, importing completes it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git

export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
[ -e "$FAKES/libdiskfull.so" ] || skip_all "no libdiskfull.so"

# Fail at every $step-th change.
step=1

# full_loop WHAT BEFORE AFTER COMMAND...: from the mailbox saved as WHAT.
full_loop() {
	what=$1 before=$2 after=$3
	shift 3
	n=$((1 - step)) problems=0
	while :; do
		n=$((n + step))
		load "$what"
		rm -f "$top/failed"
		DISKFULL=$n DISKFULL_ROOT=$top/ada DISKFULL_LOG=$top/failed \
			LD_PRELOAD=$FAKES/libdiskfull.so "$@" \
			>"$top/out" 2>"$top/err" </dev/null
		status=$?
		[ -e "$top/failed" ] || break
		point="$what, $n: $(head -n 1 "$top/failed")"
		cp "$top/err" "$top/read.err"
		case $status in
		0)	healthy_from=$after ;;
		1|75)	healthy_from=$before
			[ "$(wc -l <"$top/err")" = 1 ] ||
				problem "more than one line" ;;
		*)	problem "status $status" ;;
		esac
		grep -q '^defms: ' "$top/err" || [ "$status" = 0 ] ||
			problem "another complaint"
		healthy "$healthy_from" "$after"
		completes "$after" "$@"
		echo "$status ${point##* }" >>"$top/statuses"
	done
	check_same "$what: all is well after failures at $((n - step)) changes" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 10
}

make_mail
fresh_store
check "an index" defms reindex
save "a first import"
: >"$top/none"
for batch in 1.mbox 2.mbox 3; do
	check "import $batch" defms import "$mail_made/$batch"
	copies >"$top/want-$batch"
	[ "$batch" != 2.mbox ] || save "an import that joins threads"
done
step=7
full_loop "a first import" "$top/none" "$top/want-1.mbox" \
	"$DEFMS" import "$mail_made/1.mbox"
step=11
full_loop "an import that joins threads" "$top/want-2.mbox" "$top/want-3" \
	"$DEFMS" import "$mail_made/3"
export DISKFULL_ONCE=1
full_loop "an import that joins threads" "$top/want-2.mbox" "$top/want-3" \
	"$DEFMS" import "$mail_made/3"
step=7
full_loop "a first import" "$top/none" "$top/want-1.mbox" \
	"$DEFMS" import "$mail_made/1.mbox"
finish
