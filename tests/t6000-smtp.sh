#!/bin/sh
# SPDX-License-Identifier: ISC
# What waits to be sent, sent by a real server (aiosmtpd): once, to whom it is
# for, byte for byte.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program openssl python3
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || skip_all "no aiosmtpd"
fresh_store ada ada@localhost
make_certificates
tab=$(printf '\t')
smtp() { "$DEFMS" bridge smtp "$@"; }

# -- without an account
check "nothing to send is fine" smtp
letter_to early bob@example.org
check_fails 1 "no account in the settings has smtp" "$DEFMS" bridge smtp
check_same "it waits, and says why" \
	"1${tab}waiting${tab}bob@example.org${tab}early${tab}no account in the \
settings has smtp" "$(defms queue)"
check_fails 2 "no arguments but --now" "$DEFMS" bridge smtp --later

# -- a mail
sink
smtp_account
check "sent" smtp
check_same "once" "ada@localhost|bob@example.org|early" "$(mails)"
check_same "it waits no more" "" "$(defms status --queue)"
check "again" smtp
check_same "not sent again" 1 "$(mail_count)"
printf '%s\n' 'To: bob@example.org' 'Cc: carol@example.org' \
	'Bcc: secret@example.org' 'Subject: one' '' '.leading dot' '.' '..' \
	'From the start' 'grüße' >"$top/one"
sh -c "'$DEFMS' send -t -i" <"$top/one"
check "to three" smtp
check_same "the envelope has all of them" "ada@localhost|bob@example.org,\
carol@example.org,secret@example.org|one" "$(mails | tail -n 1)"
raw_mail 2 >"$top/raw"
check "Bcc is not in the data" not grep -qi -e '^bcc' -e secret@ "$top/raw"
check_same "the body is whole" "$(sed '1,/^$/d' "$top/one")" \
	"$(tr -d '\r' <"$top/raw" | sed '1,/^$/d')"
check_same "every line ends in CRLF" "" "$(grep -v "$(printf '\r')\$" "$top/raw")"
check "8-bit text is announced" grep -q 'BODY=8BITMIME' "$top/sink/mails"
printf 'To: x@example.org\nResent-To: bob@example.org\nResent-Bcc: secret@example.org\nSubject: again\n\nx\n' |
	defms send -t
check "a message sent again" smtp
raw_mail 3 >"$top/raw"
check "Resent-Bcc is not in the data" not grep -qi -e '^resent-bcc' -e secret@ \
	"$top/raw"
check_same "but in the envelope" \
	"ada@localhost|bob@example.org,secret@example.org|again" \
	"$(mails | tail -n 1)"

# -- what is sent is in its thread
check_same "in sent folder and thread" 3 \
	"$(defms search --messages --count folder:Sent)"

# -- one connection for all
for subject in a b c d; do
	letter_to $subject bob@example.org
done
before=$(mail_count)
check "four at once" smtp
check_same "they came" 4 $(($(mail_count) - before))
check_same "by one connection" 1 "$(tail -n 4 "$top/sink/mails" |
	grep -o '"peer": [0-9]*' | sort -u | wc -l)"

# -- later
echo later >"$top/sink/mode"
letter_to later bob@example.org
before=$(mail_count)
check_fails 75 "451 4.3.0 come back later" "$DEFMS" bridge smtp
check "it is queued" sh -c "'$DEFMS' status --queue | grep -q 'waiting.*451 4.3.0'"
smtp 2>/dev/null
check_same "before its time it is not tried" 75 $?
echo accept >"$top/sink/mode"
smtp 2>/dev/null
check_same "it waits" "$before" "$(mail_count)"
check "--now tries" smtp --now
check_same "it is sent" $((before + 1)) "$(mail_count)"

# -- refused
letter_to three bob@example.org unknown@example.org
check_fails 1 "unknown@example.org: 550 5.1.1 no such user" "$DEFMS" bridge smtp
check_same "the other gets it" "ada@localhost|bob@example.org|three" \
	"$(mails | tail -n 1)"
check "the queue says so" sh -c "'$DEFMS' status --queue |
	grep -qx '[0-9]*${tab}failed${tab}unknown@example.org${tab}three${tab}550 5.1.1 no such user'"
check_same "a notice stands in the thread" 2 \
	"$(defms search --messages --count "thread:$(defms search subject:three | cut -f 1)")"
check_same "... in INBOX, unread" 1 \
	"$(defms search --messages --count 'folder:INBOX is:unread subject:"not delivered"')"
defms show --raw "$(defms search --messages subject:delivered |
	cut -f 1 | cut -d / -f 2 | sed 's/.*\.//')" >"$top/notice"
check "... and names whom, and why" sh -c "grep -q 'unknown@example.org' \
	'$top/notice' && grep -q '^Status: 5.1.1' '$top/notice'"
check "... for programs too" python3 -c '
import email, sys
notice = email.message_from_file(open(sys.argv[1]))
assert notice.get_content_type() == "multipart/report"
text, status = notice.get_payload()
assert status.get_content_type() == "message/delivery-status"
message, who = status.get_payload()
assert who["Final-Recipient"] == "rfc822; unknown@example.org"
assert who["Action"] == "failed"' "$top/notice"
smtp --now 2>/dev/null
check_same "it is done with" 0 $?
check_same "no second notice" 1 \
	"$(defms search --messages --count subject:delivered)"
id=$(defms queue | cut -f 1)
check "drop" defms queue drop "$id"
check_same "nothing waits" "" "$(defms queue)"
check_same "the message stays" 1 "$(defms search --messages --count \
	'folder:Sent subject:three')"

# -- one refused, one later, one taken
echo later-for-busy >"$top/sink/mode"
letter_to mixed bob@example.org unknown@example.org busy@example.org
before=$(mail_count)
smtp 2>"$top/err"
check_same "something failed" 1 $?
check_same "bob has it" "ada@localhost|bob@example.org|mixed" \
	"$(mails | tail -n 1)"
id=$(defms queue | cut -f 1)
check_same "the others do not" \
	"$id:waiting:unknown@example.org, busy@example.org" "$(states)"
echo accept >"$top/sink/mode"
smtp --now 2>"$top/err"
check_same "busy gets it later" "ada@localhost|busy@example.org|mixed" \
	"$(mails | tail -n 1)"
check_same "bob once" $((before + 2)) "$(mail_count)"
check_same "one has failed" "$id:failed:unknown@example.org" "$(states)"
defms queue drop "$id"

# -- in doubt
echo vanish >"$top/sink/mode"
letter_to four bob@example.org
before=$(mail_count)
smtp 2>"$top/err"
check_same "a server that vanishes: something failed" 1 $?
echo accept >"$top/sink/mode"
id=$(defms queue | cut -f 1)
check_same "in doubt" "$id:doubt:bob@example.org" "$(states)"
check "... in words" sh -c "'$DEFMS' queue | grep -q 'connection is lost'"
smtp --now
check_same "what is in doubt is not sent by itself" $((before + 1)) \
	"$(mail_count)"
check "nor by queue release" not defms queue release "$id"
check "retry" defms queue retry "$id"
check_same "it waits" "$id:waiting:bob@example.org" "$(states)"
check "now it is sent" smtp
check_same "... a second time" $((before + 2)) "$(mail_count)"
check_same "all is sent" "" "$(defms queue)"
check_fails 1 "cannot retry what is sent" "$DEFMS" queue retry "$id"
check_fails 1 "4711: no such entry" "$DEFMS" queue retry 4711

# -- retry what failed
letter_to five unknown@example.org
smtp 2>"$top/err"
id=$(defms queue | cut -f 1)
check_same "failed" "$id:failed:unknown@example.org" "$(states)"
check "retry" defms queue retry "$id"
smtp 2>"$top/err"
check_same "it fails again, with a notice again" 4 \
	"$(defms search --messages --count subject:delivered)"
defms queue drop "$id"

# -- held
letter_to held bob@example.org
id=$(defms queue | cut -f 1)
defms queue hold "$id"
check "held: nothing to send" smtp --now
check_same "it is held" "$id:held:bob@example.org" "$(states)"
check_fails 1 "cannot retry what is held" "$DEFMS" queue retry "$id"
defms queue release "$id"
check "released" smtp
check_same "and sent" "" "$(states)"

# -- which account
printf '[account "work"]\n\temail = ada@work.example\n\tsmtp = smtp://ada@localhost:1\n\tpasswordCommand = printf secret\n' \
	>>"$XDG_CONFIG_HOME/defms/config"
printf 'From: ada@work.example\nSubject: work\n\nx\n' |
	defms send -f ada@work.example bob@example.org
letter_to home bob@example.org
smtp 2>"$top/err"
check_same "one account is out of reach: later" 75 $?
check "... a line says which" grep -q "localhost:1: connect: " "$top/err"
check_same "... one line" 1 "$(wc -l <"$top/err")"
check_same "the other's mail goes" "ada@localhost|bob@example.org|home" \
	"$(mails | tail -n 1)"
check "... and its own says why" sh -c "'$DEFMS' queue | grep -q 'work.*refused'"
defms queue drop "$(defms queue | cut -f 1)"

# -- a certificate nobody vouches for, a wrong password: nothing is lost
smtp_account "caFile = $top/other.pem"
letter_to six bob@example.org
before=$(mail_count)
check_fails 1 "localhost:$port: TLS: " "$DEFMS" bridge smtp --now
smtp_account "passwordCommand = printf mistaken"
check_fails 1 "localhost:$port: login: refused" "$DEFMS" bridge smtp --now
smtp_account "tls = none"
check_fails 1 "account.home.tls" "$DEFMS" bridge smtp --now
check_same "nothing was sent" "$before" "$(mail_count)"
id=$(defms queue | cut -f 1)
check_same "it waits" "$id:waiting:bob@example.org" "$(states)"
smtp_account
check "it goes when all is well" smtp

# -- two at once
for i in 1 2 3 4 5 6 7 8; do
	letter_to "both $i" bob@example.org
done
before=$(mail_count)
smtp >"$top/first" 2>&1 &
one=$!
smtp >"$top/second" 2>&1 &
two=$!
wait $one
wait $two
smtp --now
check_same "two at once send nothing twice" $((before + 8)) "$(mail_count)"
check_same "and all" "" "$(defms queue)"

# -- what comes back
# bounce NAME ADDRESS FIELD: a report about the message known@localhost.
bounce() {
	printf 'From: daemon@example.org\nMessage-ID: <%s@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n%s\n\nFinal-Recipient: rfc822; %s\nAction: failed\nDiagnostic-Code: smtp; 550 5.7.1 no\n\n--b\nContent-Type: text/rfc822-headers\n\n%s\n\n--b--\n' \
		"$1" "${4-X: x}" "$2" "$3" >"$top/$1.eml"
	defms import "$top/$1.eml"
}
printf 'Subject: known\nMessage-ID: <known@localhost>\n\nx\n' |
	defms send bob@example.org carol@example.org
check "sent" smtp
id=$(python3 -c '
import sqlite3, sys
print(*sqlite3.connect(sys.argv[1]).execute("SELECT max(id) FROM queue").fetchone())' \
	"$DEFMS_HOME/state.db")
check "a report about somebody else" bounce b1 dan@example.org \
	"Message-ID: <known@localhost>"
check "... about another message" bounce b2 bob@example.org \
	"Message-ID: <unknown@localhost>"
check "... with an id that is made up" bounce b3 bob@example.org \
	"Subject: x" "Original-Envelope-Id: $id.0123456789abcdef"
check_same "changes nothing" "" "$(defms queue)"
check "a report that brings its header back" bounce b4 BOB@example.org \
	"Message-ID: <known@localhost>"
check_same "the queue says so" "$id${tab}failed${tab}bob@example.org${tab}\
known${tab}came back: 550 5.7.1 no" "$(defms queue)"
check "all is well" defms check
stop_servers
finish
