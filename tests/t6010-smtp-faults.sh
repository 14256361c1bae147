#!/bin/sh
# SPDX-License-Identifier: ISC
# A server that does one thing wrong, at every point of the dialogue: nothing is
# sent twice, nothing is lost, and each fault is a line that names the server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program openssl python3
fresh_store ada ada@localhost
make_certificates
tab=$(printf '\t')
smtp() { "$DEFMS" bridge smtp "$@"; }

# patience SECONDS: how long the account's server may keep us waiting.
patience() {
	account "smtp = smtps://ada@localhost:$port" "caFile = $top/ca.pem" \
		"timeout = $1" "passwordCommand = printf secret"
}
# server MODE...: the fake, behind TLS, and the account for it.
server() {
	fake smtp tls "$@"
	patience 20
}

# queued, dropped: the only entry; forget what there is.
entry() { defms queue | cut -f 1; }
state() { defms queue | cut -f 2; }
clear_queue() {
	for id in $(entry); do
		defms queue drop "$id" >/dev/null
	done
}

# -- what a server offers is used, and what it lacks is done without
for without in "" without:CHUNKING without:PIPELINING \
	"without:CHUNKING without:PIPELINING without:DSN without:SIZE"; do
	# shellcheck disable=SC2086
	server $without without:BINARYMIME
	printf 'Subject: dots\n\n.\n..a\nb\n' | defms send -i bob@example.org \
		carol@example.org
	check "sent ($without)" smtp
	check_same "to both" "ada@localhost|bob@example.org,carol@example.org|dots" \
		"$(mails fake)"
	raw_mail 1 fake >"$top/raw"
	check_same "the body is whole" "$(printf '.\n..a\nb')" \
		"$(tr -d '\r' <"$top/raw" | sed '1,/^$/d')"
	case $without in
	*CHUNKING*)	check "by DATA" grep -q '^C: DATA' "$top/fake/talk" ;;
	*)		check "by BDAT" grep -q '^C: BDAT [0-9]* LAST' \
				"$top/fake/talk" ;;
	esac
	case $without in
	*DSN*)	check "plain envelope" grep -qx \
			'C: MAIL FROM:<ada@localhost>' "$top/fake/talk" ;;
	*)	check "the envelope says more" grep -qE \
			'MAIL FROM:<ada@localhost> SIZE=[0-9]+ RET=HDRS ENVID=[0-9]+\.[0-9a-f]{16}$' \
			"$top/fake/talk" ;;
	esac
done

# -- a large one, in pieces
{
	printf 'Subject: large\n\n'
	seq 400000 | sed 's/^/./'
} >"$top/large"
for without in without:CHUNKING without:X; do
	server $without without:SIZE
	sh -c "'$DEFMS' send bob@example.org" <"$top/large"
	check "a large one ($without)" smtp
	raw_mail 1 fake | tr -d '\r' | sed '1,/^$/d' >"$top/raw"
	check_same "is whole" "$(sed '1,/^$/d' "$top/large" | sha1sum)" \
		"$(sha1sum <"$top/raw")"
done
server
sh -c "'$DEFMS' send bob@example.org" <"$top/large"
check_fails 1 "takes at most 1000000 bytes" "$DEFMS" bridge smtp
check_same "it has failed" failed "$(state)"
check "not even its envelope was sent" not grep -q 'C: MAIL' "$top/fake/talk"
clear_queue

# -- what it cannot take
server without:8BITMIME without:BINARYMIME
printf 'Subject: x\n\ngr\303\274n\n' | defms send bob@example.org
check_fails 1 "8BITMIME" "$DEFMS" bridge smtp
check_same "it has failed" failed "$(state)"
clear_queue
server without:SMTPUTF8
printf 'Subject: x\n\nx\n' | defms send 'grün@example.org' bob@example.org
check_fails 1 "grün@example.org: .*SMTPUTF8" "$DEFMS" bridge smtp
check_same "the other has it" "ada@localhost|bob@example.org|x" "$(mails fake)"
clear_queue
server
printf 'Subject: x\n\nx\n' | defms send 'grün@example.org'
check "with SMTPUTF8" smtp
check "... it says so" grep -q '"from": "MAIL.* SMTPUTF8' "$top/fake/mails"
printf 'Subject: x\n\na\0b\n' | defms send bob@example.org
check "a NUL, with BINARYMIME" smtp
check "... it says so" grep -q 'BODY=BINARYMIME' "$top/fake/mails"
server without:BINARYMIME
printf 'Subject: x\n\na\0b\n' | defms send bob@example.org
check_fails 1 "BINARYMIME" "$DEFMS" bridge smtp
clear_queue

# -- refusals at each step
# refused MODE STATUS STATE PATTERN
refused() {
	server "$1"
	letter_to x bob@example.org
	check_fails "$2" "$4" "$DEFMS" bridge smtp
	check_same "... it is $3" "$3" "$(state)"
	check_same "... and nothing was taken" 0 "$(mail_count fake)"
	clear_queue
}
refused "reply:MAIL:550 5.7.1 not you" 1 failed "550 5.7.1 not you"
refused "reply:MAIL:451 4.7.1 not now" 75 waiting "451 4.7.1 not now"
refused "reply:RCPT:550-5.1.1 nobody|550 5.1.1 here" 1 failed \
	"550 5.1.1 nobody 5.1.1 here"
refused "reply:RCPT:452 4.5.3 too many" 75 waiting "452 4.5.3"
refused "reply:RCPT:552 5.5.3 too many" 75 waiting "552 5.5.3"
refused "reply:RCPT:354 what" 75 waiting "354 what"
refused "reply:.:554 5.6.0 no such mail" 1 failed "554 5.6.0"
refused "reply:.:452 4.3.1 disk full" 75 waiting "452 4.3.1"
refused "reply:.:421 4.3.2 shutting down" 75 waiting "421 4.3.2"
# A message that is answered by what is no answer may be taken.
server "reply:.:354 what"
letter_to x bob@example.org
check_fails 1 "354 what" "$DEFMS" bridge smtp
check_same "... it is in doubt" doubt "$(state)"
clear_queue
fake_data() { server without:CHUNKING "$@"; }
fake_data "reply:DATA:451 4.3.0 not now"
letter_to x bob@example.org
check_fails 75 "451 4.3.0 not now" "$DEFMS" bridge smtp
fake_data "reply:DATA:250 fine"
check_fails 75 "unexpected: 250 fine" "$DEFMS" bridge smtp --now
check_same "nothing was taken" 0 "$(mail_count fake)"
fake_data
check "all is well again" smtp --now
check_same "taken once" 1 "$(mail_count fake)"

# -- after a refusal the connection goes on
server "reply:RCPTnobody:550 no"
letter_to one nobody@example.org
letter_to two bob@example.org
smtp 2>"$top/err"
check_same "the second goes" "ada@localhost|bob@example.org|two" "$(mails fake)"
check_same "by the same connection" 1 "$(grep -c ^connection "$top/fake/talk")"
check "after RSET" grep -q "C: RSET" "$top/fake/talk"
clear_queue

# -- a connection that ends between two mails is opened again
server once
letter_to x bob@example.org
check "where does a mail end?" smtp
end=$(grep '^S' "$top/fake/talk" | grep -n 'taken in' | cut -d : -f 1)
for what in drop "421 enough"; do
	server once "at:$((end + 1)):$what"
	letter_to one bob@example.org
	letter_to two bob@example.org
	check "$what after the first mail" smtp
	check_same "both were taken, once" "one two" \
		"$(mails fake | cut -d '|' -f 3 | sort | paste -s -d ' ')"
done

# -- each line in turn, from the last that it offers, is a fault, once
# survived FAULT: after that run (its status in $status): one connection that is
# sound decides.
survived() {
	taken=$(mail_count fake)
	now=$(state)
	[ "$taken" -le 1 ] || { echo "# $1: taken $taken times"; return 1; }
	case $status in
	0)	[ "$taken$now" = 1 ] || { echo "# $1: sent, and $now"; return 1; } ;;
	75)	[ "$taken$now" = 0waiting ] ||
			{ echo "# $1: later, and $taken $now"; return 1; } ;;
	1)	[ "$now" = doubt ] || [ "$taken$now" = 0waiting ] ||
			{ echo "# $1: failed, and $taken $now"; return 1; } ;;
	*)	echo "# $1: status $status: $(cat "$top/err")"
		return 1 ;;
	esac
	[ "$status" = 0 ] || grep -q "localhost:$port" "$top/err" ||
		{ echo "# $1: $(cat "$top/err")"; return 1; }
	patience 20
	smtp --now 2>"$top/err"
	again=$(mail_count fake) after=$(state)
	case $now in
	doubt)	[ "$again$after" = "${taken}doubt" ] ;;
	*)	[ "$again$after" = 1 ] ;;
	esac || { echo "# $1: then taken $again times, $after"; return 1; }
}
for data in without:CHUNKING without:X; do
	server $data
	letter_to probe bob@example.org carol@example.org
	check "a sound server ($data)" smtp
	first=$(grep '^S' "$top/fake/talk" | grep -n ': 250 ENHANCED' |
		tail -n 1 | cut -d : -f 1)
	last=$(grep '^S' "$top/fake/talk" | grep -n 'taken in' | cut -d : -f 1)
	: >"$top/talks"
	for what in drop half garbage endless stall; do
		bad_lines=0
		n=$((first - 2))
		while n=$((n + 1)) && [ "$n" -le "$last" ]; do
			server $data once "at:$n:$what"
			[ "$what" != stall ] || patience 1
			letter_to "$what $n" bob@example.org carol@example.org
			smtp 2>"$top/err"
			status=$?
			survived "$data line $n: $what" ||
				bad_lines=$((bad_lines + 1))
			echo "$now" >>"$top/talks"
			clear_queue
		done
		check_same "$data: $what at each line" 0 "$bad_lines"
	done
	check_same "some waited, some were in doubt" "doubt waiting" \
		"$(grep . "$top/talks" | sort -u | paste -s -d ' ')"
done
server vanish once
letter_to x bob@example.org
smtp 2>"$top/err"
check_same "vanished after it took the mail: in doubt" "1 doubt" \
	"$? $(state)"
check_same "taken once" 1 "$(mail_count fake)"
clear_queue

# -- for five days
server "reply:RCPT:451 4.2.0 not now"
letter_to x bob@example.org
smtp 2>"$top/err"
python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE queue SET created=created-5*86400")
db.commit()' "$DEFMS_HOME/state.db"
check_fails 1 "given up after 5 days: 451 4.2.0" "$DEFMS" bridge smtp --now
check_same "it has failed" failed "$(state)"
check "a notice says so" sh -c \
	"'$DEFMS' show subject:delivered | grep -q 'given up after 5 days'"
check "all is well" defms check
stop_servers
finish
