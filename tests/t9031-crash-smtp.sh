#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of sending to a server: nothing is sent twice by
# itself, nothing is lost, what nobody knows is shown as that.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program git openssl python3
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || skip_all "no aiosmtpd"
smtp() { "$DEFMS" bridge smtp "$@"; }
# taken SUBJECT: how often the server took it.
taken() { mails | grep -c "|$1\$"; }
# state SUBJECT: of its entry; nothing if it is sent.
state() { defms queue | awk -F '\t' -v s="$1" '$4 == s { print $2 }'; }

fresh_store ada ada@localhost
make_certificates
sink
smtp_account
letter_to one bob@example.org
letter_to two bob@example.org unknown@example.org
letter_to three carol@example.org
save before
check "all is sent but for one" sh -c "'$DEFMS' bridge smtp; test \$? = 1"
check_same "once" 3 "$(mail_count)"
copies >"$top/want-after"
load before
DEFMS_CRASH=1 smtp >/dev/null 2>&1
[ $? = 99 ] || { echo "# a build without crash points"; finish; }

# agrees SUBJECT WHEN: what the server took and what is said of it.
agrees() {
	case "$(taken "$1") $(state "$1")" in
	"0 waiting"|"0 doubt"|"1 doubt"|"1 ") ;;
	"1 failed")	[ "$1" = two ] || problem "$2: $1 has failed" ;;
	*)	problem "$2: $1 was taken $(taken "$1") times, and is" \
			"$(state "$1")" ;;
	esac
}

n=0 status=99 problems=0
while [ "$status" = 99 ]; do
	n=$((n + 1))
	load before
	: >"$top/sink/mails"
	DEFMS_CRASH=$n smtp >/dev/null 2>"$top/err"
	status=$?
	point="$n: $(sed -n 's/^crash point: //p' "$top/err")"
	sed -n 's/^crash point: //p' "$top/err" >>"$top/points"
	[ "$status" = 1 ] || [ "$status" = 99 ] || problem "status $status"
	bad_objects=$(fsck)
	[ -z "$bad_objects" ] || problem "git fsck: $bad_objects"
	# What the server has may be known a little later than the kill.
	for subject in one two three; do
		agrees $subject killed
	done
	doubts=$(defms queue | cut -f 2 | grep -c doubt)
	[ "$doubts" -le 1 ] || problem "$doubts in doubt"
	smtp --now >/dev/null 2>"$top/read.err"
	for subject in one two three; do
		agrees $subject again
		[ "$(state $subject)" != waiting ] || problem "$subject waits"
	done
	[ "$(defms queue | cut -f 2 | grep -c doubt)" = "$doubts" ] ||
		problem "what was in doubt has changed"
	defms check >"$top/read.err" 2>&1 || problem "check"
	notices=$(defms search --messages --count subject:delivered)
	case "$(state two)" in
	failed)	[ "$notices" = 1 ] || problem "$notices notices" ;;
	*)	[ "$notices" -le 1 ] || problem "$notices notices" ;;
	esac
	[ -z "$(state one)$(state three)" ] || continue
	[ "$(state two)" = failed ] || continue
	copies | sed 's/[0-9a-f]*$//' >"$top/now"
	[ "$(wc -l <"$top/now")" = "$(wc -l <"$top/want-after")" ] ||
		problem "copies: $(cat "$top/now")"
done
check_same "all is well after $((n - 1)) kills" 0 "$problems"
for at in "send: before it is in doubt" \
	"send: in doubt, before its end leaves" \
	"send: answered, before it is written down" \
	"sending: written down, before the notice" \
	"sending: written down, before the batch ends" \
	"send: written down" "batch: before the commit point" \
	"batch: after the commit point, before refs"; do
	check "... one of them $at" grep -qxF "$at" "$top/points"
done
stop_servers
finish
