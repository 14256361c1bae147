#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point: what was there stays, what was half done is
# finished by the next writer, and importing again completes it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git
need_crash_points

# Die at every $step-th point.
step=1

# crash_loop WHAT BEFORE AFTER COMMAND...: die at each point in turn, starting
# from the mailbox saved as WHAT.
crash_loop() {
	what=$1 before=$2 after=$3
	shift 3
	n=$((1 - step)) status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + step))
		load "$what"
		die_at "$n" "$what" "$@"
		healthy "$before" "$after"
		completes "$after" "$@"
	done
	check_same "$what: all is well after crashes at $((n - step)) points" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 5
}

# -- init -------------------------------------------------------------------
n=0 status=99 problems=0
use_store ada
while [ "$status" = 99 ]; do
	n=$((n + 1))
	rm -rf "$top/ada"
	DEFMS_CRASH=$n "$DEFMS" init --name ada --email ada@example.org \
		2>"$top/err" </dev/null
	status=$?
	point="init, $n: $(cat "$top/err")"
	sed -n 's/^crash point: //p' "$top/err" >>"$top/points"
	[ -e "$DEFMS_HOME/identity" ] ||
		defms init --name ada --email ada@example.org \
			>"$top/out" 2>&1 || problem "$(cat "$top/out")"
	: >"$top/none"
	healthy "$top/none" "$top/none"
	left=$(find "$DEFMS_HOME" -name '*.new*' ! -name identity.new)
	[ -z "$left" ] || problem "left: $left"
done
check_same "init: all is well after each of $((n - 1)) crashes" 0 "$problems"

# -- import -----------------------------------------------------------------
make_mail
rm -rf "$top/ada"
fresh_store
mkdir -p "$XDG_CONFIG_HOME/defms"
printf '[public]\n\tlist = village.example.org\n' >>"$XDG_CONFIG_HOME/defms/config"
check "an index" defms reindex
save "a first import"
for batch in 1.mbox 2.mbox 3; do
	check "import $batch" defms import "$mail_made/$batch"
	copies >"$top/want-$batch"
	case $batch in
	1.mbox)	save "an import that adds to threads" ;;
	2.mbox)	save "an import that joins threads" ;;
	esac
done
check_same "copies of the first import" 5 "$(wc -l <"$top/want-1.mbox")"
check_same "of all" 13 "$(wc -l <"$top/want-3")"

crash_loop "a first import" "$top/none" "$top/want-1.mbox" \
	"$DEFMS" import "$mail_made/1.mbox"
crash_loop "an import that adds to threads" "$top/want-1.mbox" \
	"$top/want-2.mbox" "$DEFMS" import "$mail_made/2.mbox"
crash_loop "an import that joins threads" "$top/want-2.mbox" \
	"$top/want-3" "$DEFMS" import "$mail_made/3"

# Several batches in one import: what one of them remembers of a source must
# not be what the next one was to bring.
quick=yes
export DEFMS_BATCH=2
step=11
crash_loop "a first import" "$top/none" "$top/want-3" \
	"$DEFMS" import "$mail_made/1.mbox" "$mail_made/2.mbox" "$mail_made/3"
unset DEFMS_BATCH
step=1

# Many threads at once: packed-refs; then loose refs that go into them.
i=0
while [ "$i" -lt 70 ]; do
	i=$((i + 1))
	entry "p$i" "Subject $i" >>"$mail_made/4.mbox"
	entry "q$i" "Re: Subject $i" "In-Reply-To: <p$i@example.org>" \
		>>"$mail_made/5.mbox"
done
entry r1 "Re: Subject 1" "In-Reply-To: <p1@example.org>" >"$mail_made/6.mbox"
touch -d 2026-03-03 "$mail_made"/*.mbox
load "a first import"
defms import "$mail_made/4.mbox" "$mail_made/6.mbox" >/dev/null 2>&1
copies >"$top/want-6"
defms import "$mail_made/5.mbox" >/dev/null 2>&1
copies >"$top/want-5"
load "a first import"
defms import "$mail_made/4.mbox" >/dev/null 2>&1
copies >"$top/want-4"
defms import "$mail_made/6.mbox" >/dev/null 2>&1
save "packed refs, loose ones among them"
crash_loop "packed refs, loose ones among them" "$top/want-6" "$top/want-5" \
	"$DEFMS" import "$mail_made/5.mbox"
load "a first import"
step=4
crash_loop "a first import" "$top/none" "$top/want-4" \
	"$DEFMS" import "$mail_made/4.mbox"
step=1

# -- reindex ----------------------------------------------------------------
load "a first import"
defms import "$mail_made/1.mbox" "$mail_made/2.mbox" "$mail_made/3" \
	>/dev/null 2>&1
check "a mailbox to index anew" defms reindex
save "reindex"
crash_loop "reindex" "$top/want-3" "$top/want-3" "$DEFMS" reindex

sort "$top/points" | uniq -c | sed 's/^/# /'
finish
