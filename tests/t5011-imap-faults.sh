#!/bin/sh
# SPDX-License-Identifier: ISC
# A server that goes away, falls silent or talks nonsense after any byte: one
# line that names server and step, and the right status.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
imap=$FAKES/imap-one
fresh_store
make_certificates
start_dovecot
imap_account ada
printf 'Subject: one\n\nbody {5}\nd9 OK\n' >"$top/mail"
check "three mails" "$imap" put INBOX "$top/mail" "$top/mail" "$top/mail"

proxy "$imaps"
account "imap = imaps://ada@localhost:$port" "caFile = $top/ca.pem" \
	"passwordCommand = printf secret" "timeout = 1"
# The second time nothing is \Recent any more.
for _ in first second; do
	rm -f "$top/proxy/bytes"
	harm none
	check "through the proxy" "$imap" read INBOX
	await "$top/proxy/bytes"
done
read -r said asked <"$top/proxy/bytes"
# What answers its LOGOUT it does not wait for; how long each command took is
# part of the answer, and a busy server needs more digits.
said=$((said - 120))
asked=$((asked - 12))

# spoils STATUSES STEP WHAT N: one line of it.
spoils() {
	harm "$3" "$4"
	"$imap" read INBOX >/dev/null 2>"$top/err"
	spoils_status=$?
	case " $1 " in
	*" $spoils_status "*)
		[ "$(wc -l <"$top/err")" = 1 ] &&
		grep -qE "^defms: localhost:$port: $2: " "$top/err" && return ;;
	esac
	echo "# $3 $4: status $spoils_status: $(cat "$top/err")"
	return 1
}

# everywhere STATUSES WHAT LAST STEP: the same after every STEP-th byte.
everywhere() {
	failures=0
	n=1
	while [ $n -lt "$3" ] && [ "$failures" -lt 5 ]; do
		spoils "$1" "[A-Za-z ]*" "$2" $n ||
			failures=$((failures + 1))
		n=$((n + $4))
	done
	check_same "$2 after each ${4}th byte of $3" 0 "$failures"
}

everywhere 75 cut $said 13
everywhere "1 75" garbage $said 61
everywhere 75 "client cut" $asked 9
check "stall: time is out" spoils 75 fetch stall $said
check "endless line" spoils 1 fetch endless $said
check "literal of 4 GB" spoils 1 fetch literal $((said - 100))
check "all once again" spoils "1 75" fetch twice $((said - 100))
harm none
check "and nothing has happened" "$imap" read INBOX
stop_servers
finish
