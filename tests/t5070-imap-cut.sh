#!/bin/sh
# SPDX-License-Identifier: ISC
# A connection that is lost after any byte, in the middle of a synchronisation:
# the next one brings both sides to the same end as if nothing had happened.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
need_program openssl python3 doveadm
fresh_store
make_certificates
start_dovecot "imap_capability = IMAP4rev1 ENABLE CONDSTORE QRESYNC UIDPLUS \
MOVE SPECIAL-USE LIST-STATUS LITERAL+"
proxy "$imaps"
proxy_port=$port
imap_account ada "timeout = 2"
for name in a1 a2 a3 b1 b2 c1; do
	letter $name "About $name" >"$top/$name"
done
harm none
peer ada append INBOX '' "$top/a1" "$top/a2" "$top/a3"
sync
defms import "$top/b1" "$top/b2" >/dev/null
defms flag +flagged id:a1@example.org
defms flag -- +removed id:a2@example.org >/dev/null 2>&1
peer ada append INBOX '\Seen' "$top/c1"
peer ada flag INBOX a3 '+\Seen'
save start && save_there start
sync
here >"$top/want"
same_both ada "undisturbed"
await "$top/proxy/bytes"
read -r said asked <"$top/proxy/bytes"

# cut_at HOW N: what was done before the cut stays, and is not done twice.
cut_at() {
	load start && load_there start
	harm $1 "$2"
	defms bridge imap >"$top/out" 2>"$top/err"
	cut_status=$?
	harm none
	point="$1 $2"
	case $cut_status in
	0)	;;
	75)	[ "$(wc -l <"$top/err")" = 1 ] ||
			problem "not one line: $(cat "$top/err")" ;;
	*)	problem "status $cut_status: $(cat "$top/err")" ;;
	esac
	defms check >"$top/out" 2>&1 || problem "check: $(cat "$top/out")"
	defms bridge imap >"$top/out" 2>&1 || problem "$(cat "$top/out")"
	here >"$top/got"
	diff "$top/want" "$top/got" >"$top/diff" ||
		problem "here: $(cat "$top/diff")"
	there ada >"$top/got"
	diff "$top/want" "$top/got" >"$top/diff" ||
		problem "there: $(cat "$top/diff")"
}

problems=0
for how in cut "client cut"; do
	[ "$how" = cut ] && last=$said || last=$asked
	n=1
	while [ "$n" -lt "$last" ]; do
		cut_at "$how" "$n"
		n=$((n + last / ${CUTS-12} + 1))
	done
done
check_same "cut anywhere: the same end" 0 "$problems"
for how in garbage endless literal twice stall; do
	load start && load_there start
	harm $how $((said * 2 / 3))
	defms bridge imap >"$top/out" 2>"$top/err"
	result=$?
	check "$how: failed" [ $result = 1 -o $result = 75 ]
	check_same "... on one line" 1 "$(wc -l <"$top/err")"
	check "... that names the server" grep -q "^defms: localhost:$port: " \
		"$top/err"
	check "... and the mailbox is sound" defms check
	harm none
	sync
	here >"$top/got"
	check "... and complete" diff "$top/want" "$top/got"
done
finish
