#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point while another process reads and another one
# writes: the reader always finds a whole mailbox, the writer finishes what the
# dead one left, and nothing is lost of either.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git

fresh_store
make_mail
check "an index" defms reindex
defms import "$mail_made/1.mbox" >/dev/null
copies >"$top/want-before"
save "start"
defms import "$mail_made/2.mbox" >/dev/null
defms import "$mail_made/3" >/dev/null
copies >"$top/want"
defms import "$mail_made/1.mbox" >/dev/null

n=1 status=99 problems=0
while [ "$status" = 99 ]; do
	load "start"
	"$FAKES/read-back" 1 >/dev/null 2>"$top/reader.err" &
	reader=$!
	DEFMS_CRASH=$n "$DEFMS" import "$mail_made/2.mbox" \
		>/dev/null 2>"$top/err" </dev/null &
	dying=$!
	defms import "$mail_made/3" >/dev/null 2>"$top/writer.err" </dev/null
	writer_status=$?
	wait "$dying"
	status=$?
	point="$n: $(cat "$top/err")"
	[ "$writer_status" = 0 ] ||
		problem "the other writer: $(cat "$top/writer.err")"
	case $status in
	0|99)	;;
	*)	problem "status $status" ;;
	esac
	wait "$reader" || problem "the reader: $(cat "$top/reader.err")"
	defms import "$mail_made/3" >/dev/null 2>&1
	healthy "$top/want-before" "$top/want"
	completes "$top/want" "$DEFMS" import "$mail_made/2.mbox"
	n=$((n + 1))
done
check_same "all is well after each of $((n - 2)) crashes" 0 "$problems"
check "... and there were some" test "$n" -gt 5
finish
