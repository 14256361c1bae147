#!/bin/sh
# SPDX-License-Identifier: ISC
# What a connection survives, and what it never does: every fault is one line
# that names server and step; no password and no command ever leaves in plain
# text.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program openssl python3
: "${FAKES:=$(dirname "$DEFMS")/tests}"
net=$FAKES/net-one
fresh_store
make_certificates

# login PROTOCOL [SETTING...]: an account for the fake at $port.
login() {
	login_protocol=$1
	shift
	case $login_protocol in
	imap*)	login_key=imap ;;
	*)	login_key=smtp ;;
	esac
	account "$login_key = $login_protocol://ada@localhost:$port" \
		"caFile = $top/ca.pem" "timeout = 1" \
		"passwordCommand = printf secret" "$@"
}

# refuses PROTOCOL STATUS PATTERN: one line says so, and no secret is in it.
refuses() {
	refuses_key=${1%s}
	"$net" "$refuses_key" >"$top/out" 2>"$top/err"
	check_same "$1 ($fault): status" "$2" $?
	check "... names server and step: $3" \
		grep -qE "^defms: localhost:$port: $3" "$top/err"
	check_same "... on one line" 1 "$(wc -l <"$top/err")"
	check "... without the password" not grep -q secret "$top/err"
	check "... which left in no plain text" not grep -qE \
		'^C: .*(secret|c2VjcmV0|AGFkYQ)' "$top/fake/plain"
}

# with SECURITY PROTOCOL MODE...: the fake, and an account for it.
with() {
	with_security=$1 with_protocol=$2
	shift 2
	fault="$*"
	fake "${with_protocol%s}" "$with_security" "$@"
	: >"$top/fake/plain"
	login "$with_protocol"
}

for protocol in imap smtp; do
	with tls ${protocol}s
	check "${protocol}s: logs in" "$net" $protocol
	with starttls $protocol
	check "$protocol: logs in" "$net" $protocol
	check "... after STARTTLS" sh -c \
		"grep -nE 'STARTTLS|AUTH' '$top/fake/talk' | grep '^[^C]*C:' |
		head -n 1 | grep -q STARTTLS"

	# -- certificates
	with tls ${protocol}s
	login ${protocol}s "caFile = $top/other.pem"
	fault="a stranger's certificate"
	refuses ${protocol}s 1 "TLS: .*certificate"
	login ${protocol}s "caFile = $top/none.pem"
	fault="a caFile that is not there"
	refuses ${protocol}s 1 "TLS: caFile cannot be read"
	fake_certificate=elsewhere
	with tls ${protocol}s
	fault="another host's certificate"
	refuses ${protocol}s 1 "TLS: .*certificate"
	with starttls $protocol
	refuses $protocol 1 "TLS: .*certificate"
	unset fake_certificate
	with tls ${protocol}s old-tls
	refuses ${protocol}s 1 "TLS: "

	# -- no TLS where it should be
	with plain ${protocol}s
	refuses ${protocol}s 1 "TLS: "
	with plain $protocol
	cp "$top/fake/talk" "$top/fake/plain" 2>/dev/null
	refuses $protocol 1 "STARTTLS: the server does not offer it"
	with starttls $protocol without:STARTTLS
	refuses $protocol 1 "STARTTLS: the server does not offer it"
	check "... and no login was tried" not grep -qE "C: .*(AUTH|LOGIN)" \
		"$top/fake/talk"
	with starttls $protocol inject
	refuses $protocol 1 "STARTTLS: "
	check "... and nothing was said after it" not grep -qE \
		"C: .*(AUTH|LOGIN)" "$top/fake/talk"

	# -- the login
	with tls ${protocol}s
	login ${protocol}s "passwordCommand = printf incorrect"
	fault="a wrong password"
	refuses ${protocol}s 1 "login: refused: .*wrong password"
	with tls ${protocol}s echo-secret
	login ${protocol}s "passwordCommand = printf secret-too"
	refuses ${protocol}s 1 "login: refused$"
	with tls ${protocol}s
	login ${protocol}s 'passwordCommand = "printf secret; exit 1"'
	fault="no password"
	refuses ${protocol}s 1 "login: account.home.passwordCommand: it failed"
	login ${protocol}s "passwordCommand = sleep 100"
	refuses ${protocol}s 75 "login: account.home.passwordCommand: .*long"
done
with tls imaps preauth
refuses imaps 1 "login: the server offers none"
with starttls imap preauth
refuses imap 1 "STARTTLS: "
with tls imaps without:AUTH=PLAIN
check "imaps: logs in without SASL" "$net" imap
with tls imaps without:AUTH=PLAIN with:LOGINDISABLED
refuses imaps 1 "login: the server offers none"
with tls smtps without:AUTH
refuses smtps 1 "login: the server offers none"
with tls smtps "reply:AUTH:454 4.7.0 come back later"
refuses smtps 75 "login: not now: 454 4.7.0 come back later"
with tls imaps "reply:AUTHENTICATE:NO [UNAVAILABLE] come back later"
refuses imaps 75 "login: not now: NO \[UNAVAILABLE\] come back later"
with tls smtps
login smtps
sed -i 's/passwordCommand = .*/tokenCommand = printf secret-token/' \
	"$XDG_CONFIG_HOME/defms/config"
check "smtps: logs in with a token" "$net" smtp
check "... by XOAUTH2" grep -q "C: AUTH XOAUTH2" "$top/fake/talk"
with tls smtps "at:1:554 no service for you"
refuses smtps 1 "greeting: .*554 no service for you"
with tls smtps "at:1:421 too busy"
refuses smtps 75 "greeting: .*421 too busy"
with tls imaps "at:1:* BYE too busy"
refuses imaps 75 "greeting: .*too busy"
port=1
fault="nobody there"
: >"$top/fake/plain"
login imaps
refuses imaps 75 "connect: Connection refused"

# -- each line of the server in turn is replaced by a fault
for protocol in imap smtp; do
	for what in stall drop half garbage endless endless-reply; do
		lines=0
		while lines=$((lines + 1)) && [ "$lines" -lt 40 ]; do
			with starttls $protocol at:$lines:$what
			"$net" $protocol >"$top/out" 2>"$top/err"
			status=$?
			[ "$status" = 0 ] && break
			case $status in
			1|75)	[ "$(wc -l <"$top/err")" = 1 ] &&
				grep -qE "^defms: localhost:$port: (greeting|capabilities|STARTTLS|TLS|login): " \
					"$top/err" && continue ;;
			esac
			echo "# status $status: $(cat "$top/err")"
			check "$protocol: line $lines: $what" false
		done
		check "$protocol: $what: $((lines - 1)) times a line and a status" \
			test "$lines" -gt 4 -a "$lines" -lt 40
	done
done
for protocol in imap smtp; do
	with tls ${protocol}s no-handshake
	refuses ${protocol}s 75 "TLS: no answer in time"
	with starttls $protocol no-handshake
	refuses $protocol 75 "(STARTTLS|TLS): no answer in time"
done
stop_servers
finish
