#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of a decision about threads: it is made or it is
# not, the next writer finishes it, and the index is what the decisions say.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git
need_crash_points
fresh_store

hash_of() {
	defms search --messages "subject:\"$1\"" | cut -f1 | sed 's/.*\.//'
}
thread_of() {
	defms search --messages "subject:\"$1\"" | cut -f1 | cut -d/ -f1 | head -n 1
}

# die_at_each WHAT COMMAND...: from the mailbox saved as "start".
die_at_each() {
	what=$1
	shift
	load start
	copies >"$top/had"
	point=$what problems=0
	"$@" >"$top/out" 2>&1 || problem "$(cat "$top/out")"
	copies >"$top/want"
	want_threads=$(threads)
	n=0 status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + 1))
		load start
		die_at "$n" "$what" "$@"
		healthy "$top/had" "$top/want"
		checked
		completes "$top/want" "$@"
		[ "$want_threads" = "$(threads)" ] || problem "other threads"
		defms reindex >/dev/null 2>&1 || problem "reindex"
		copies >"$top/now" || problem "after reindex"
		[ "$want_threads" = "$(threads)" ] ||
			problem "other threads after reindex"
	done
	check_same "$what: all is well after crashes at $((n - 1)) points" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 5
}

make_mail
check "import" defms import "$mail_made/1.mbox" "$mail_made/2.mbox"
save start
mill=$(thread_of "The mill") well=$(thread_of "The well")
answer=$(hash_of "Re: The well")
[ -n "$mill" ] && [ -n "$well" ] && [ -n "$answer" ] || echo "Bail out! no mail"
die_at_each "join" "$DEFMS" join "$well" "$mill"
die_at_each "split" "$DEFMS" split "$answer"
die_at_each "move" "$DEFMS" move "$answer" "$mill"
load start
check "a split" defms split "$answer"
save start
# Late mail about what was decided: threads are looked at anew in an import.
die_at_each "import" "$DEFMS" import "$mail_made/3"
finish
