#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of sending, and a disk that is full at every
# change: what was said to be queued is there once; whoever was told nothing
# sends again, and then it is there once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git

letter answer "Re: The mill" "In-Reply-To: <a1@example.org>" >"$top/mail"
send() { "$DEFMS" send -i bob@example.org carl@example.org <"$top/mail"; }
queued() { defms status --queue | grep -c "${tab}Re: The mill"; }
tab=$(printf '\t')

make_mail
fresh_store
check "an index" defms reindex
check "some mail" defms import "$mail_made/1.mbox"
save before
copies >"$top/want-before"
check "send" send
copies >"$top/want-after"
check_same "a copy more" 1 \
	$(($(wc -l <"$top/want-after") - $(wc -l <"$top/want-before")))

# told STATUS: after it came back with STATUS, or was killed (99).
told() {
	waiting=$(queued)
	case $1 in
	0)	[ "$waiting" = 1 ] || problem "queued $waiting times" ;;
	99)	[ "$waiting" -le 1 ] || problem "queued $waiting times" ;;
	*)	[ "$waiting" = 0 ] || problem "refused, and queued"
		subset "$top/now" "$top/want-before" || problem "refused, and filed" ;;
	esac
	[ "$waiting" = "$(defms search --messages --count folder:Sent)" ] ||
		problem "its copy and its entry differ"
	[ "$waiting" = "$(defms search --messages --count is:answered)" ] ||
		problem "its answer and its entry differ"
	send 2>"$top/read.err" || problem "again: status $?"
	[ "$(queued)" = 1 ] || problem "again: queued $(queued) times"
	copies >"$top/now" || problem "cannot be read"
	[ "$(cat "$top/now" | wc -l)" = "$(cat "$top/want-after" | wc -l)" ] ||
		problem "again: $(cat "$top/now")"
}

# -- kills
DEFMS_CRASH=1 send >/dev/null 2>&1
if [ $? = 99 ]; then
	n=0 status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + 1))
		load before
		DEFMS_CRASH=$n send >/dev/null 2>"$top/err"
		status=$?
		point="$n: $(sed -n 's/^crash point: //p' "$top/err")"
		sed -n 's/^crash point: //p' "$top/err" >>"$top/points"
		[ "$status" = 0 ] || [ "$status" = 99 ] ||
			problem "status $status"
		bad_objects=$(fsck)
		[ -z "$bad_objects" ] || problem "git fsck: $bad_objects"
		told "$status"
	done
	check_same "all is well after $((n - 1)) kills" 0 "$problems"
	for at in "queue: filed, before its entry" \
		"queue: its entry is there, before the batch ends" \
		"batch: before the commit point" \
		"batch: after the commit point, before refs" \
		"send: queued, before it says so"; do
		check "... one of them $at" grep -qxF "$at" "$top/points"
	done

	load before
	send
	save queued
	n=0 status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + 1))
		load queued
		DEFMS_CRASH=$n "$DEFMS" queue drop 1 >/dev/null 2>"$top/err"
		status=$?
		point="drop, $n: $(sed -n 's/^crash point: //p' "$top/err")"
		defms check >"$top/read.err" 2>&1 || problem "check"
		waiting=$(queued)
		[ "$waiting" = \
			"$(defms search --messages --count folder:Sent)" ] ||
			problem "its copy and its entry differ"
		[ "$status" = 99 ] || [ "$waiting" = 0 ] || problem "is there"
		[ "$waiting" = 0 ] || defms queue drop 1 || problem "again"
		[ "$(queued)" = 0 ] || problem "dropped, and is there"
	done
	check_same "dropping: all is well after $((n - 1)) kills" 0 "$problems"
	check "... and there were some" test "$n" -gt 3
else
	echo "# a build without crash points"
fi

# -- a full disk
if [ -e "$FAKES/libdiskfull.so" ]; then
	export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
	n=0 problems=0
	while :; do
		n=$((n + 3))
		load before
		rm -f "$top/failed"
		DISKFULL=$n DISKFULL_ROOT=$top/ada DISKFULL_LOG=$top/failed \
			LD_PRELOAD=$FAKES/libdiskfull.so "$DEFMS" send -i \
			bob@example.org carl@example.org <"$top/mail" \
			>"$top/out" 2>"$top/err"
		status=$?
		[ -e "$top/failed" ] || break
		point="full, $n: $(head -n 1 "$top/failed")"
		cp "$top/err" "$top/read.err"
		case $status in
		0|74|75) ;;
		*)	problem "status $status" ;;
		esac
		copies >"$top/now" || problem "cannot be read"
		echo "$status" >>"$top/statuses"
		told "$status"
	done
	check_same "all is well after failures at $((n - 3)) changes" 0 "$problems"
	check "some were told to try again" grep -qx 75 "$top/statuses"
fi
finish
