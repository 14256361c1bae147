#!/bin/sh
# SPDX-License-Identifier: ISC
# The loop of t9001 on a disk that keeps nothing but what was synced
# (tests/fake/powerloss.c): what a command said was done is there, the store is
# clean once a writer has started, and importing again completes it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git

export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
[ -e "$FAKES/libpowerloss.so" ] || skip_all "no libpowerloss.so"
export POWERLOSS_SHADOW="$top/shadow"

# on_disk COMMAND...: run it on a disk whose write cache we know.
on_disk() {
	rm -rf "$POWERLOSS_SHADOW"
	mkdir -p "$POWERLOSS_SHADOW"
	"$FAKES/powerloss-restore" --begin "$disk"
	POWERLOSS_ROOT=$disk LD_PRELOAD=$FAKES/libpowerloss.so "$@" \
		>/dev/null 2>"$top/err" </dev/null
}

# lose_power [--torn N]: what is left is what there is now.
lose_power() {
	"$FAKES/powerloss-restore" "$@" "$disk" "$top/left" ||
		problem "no restore"
	rm -rf "$disk"
	mv "$top/left" "$disk"
}

# A writer that has nothing new to write replays what there is.
start_writer() {
	copies >"$top/now" || problem "cannot be read"
	defms reindex >"$top/out" 2>&1 || problem "$(cat "$top/out")"
}

# Die at every $step-th point; $torn: what was not synced is there at random.
step=1 torn=

# power_loop WHAT BEFORE AFTER COMMAND...: lose power at each point, from the
# mailbox saved as WHAT.
power_loop() {
	what=$1 before=$2 after=$3
	shift 3
	n=$((1 - step)) status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + step))
		load "$what"
		DEFMS_CRASH=$n on_disk "$@"
		status=$?
		point="$what, $n: $(cat "$top/err")"
		lose_power ${torn:+--torn "$n"}
		case $status in
		0)	healthy_from=$after ;;
		99)	healthy_from=$before ;;
		*)	problem "status $status" ;;
		esac
		start_writer
		healthy "$healthy_from" "$after"
		completes "$after" "$@"
	done
	check_same "$what: all is well after losses at $((n - step)) points" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 4
}

disk=$top/ada

# -- init -------------------------------------------------------------------
use_store ada
: >"$top/none"
n=0 status=99 problems=0
while [ "$status" = 99 ]; do
	n=$((n + 1))
	rm -rf "$disk"
	mkdir "$disk"
	DEFMS_CRASH=$n on_disk "$DEFMS" init --name ada \
		--email ada@example.org
	status=$?
	point="init, $n: $(cat "$top/err")"
	lose_power
	if [ ! -e "$DEFMS_HOME/identity" ]; then
		[ "$status" = 99 ] || problem "the identity is gone"
		defms init --name ada --email ada@example.org \
			>"$top/out" 2>&1 || problem "$(cat "$top/out")"
	fi
	healthy "$top/none" "$top/none"
done
check_same "init: all is well after losses at $((n - 1)) points" 0 "$problems"
[ "$n" -gt 1 ] || skip_all "a build without crash points"

# -- import -----------------------------------------------------------------
make_mail
rm -rf "$disk"
fresh_store
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
power_loop "a first import" "$top/none" "$top/want-1.mbox" \
	"$DEFMS" import "$mail_made/1.mbox"
quick=yes step=3
power_loop "an import that joins threads" "$top/want-2.mbox" \
	"$top/want-3" "$DEFMS" import "$mail_made/3"
torn=yes
power_loop "an import that adds to threads" "$top/want-1.mbox" \
	"$top/want-2.mbox" "$DEFMS" import "$mail_made/2.mbox"

# Packed refs, and loose ones that are gone then.
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
for batch in 4 6 5; do
	check "import $batch" defms import "$mail_made/$batch.mbox"
	copies >"$top/want-$batch"
	[ "$batch" != 6 ] || save "packed refs, loose ones among them"
done
torn= step=1
power_loop "packed refs, loose ones among them" "$top/want-6" "$top/want-5" \
	"$DEFMS" import "$mail_made/5.mbox"
finish
