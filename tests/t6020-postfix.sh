#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail that is sent through a real Postfix: it arrives, or comes back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program openssl python3
fresh_store ada ada@localhost
make_certificates
postfix_server
smtp_account
tab=$(printf '\t')
box=$postfix/box
# arrived NAME COUNT: so many are in that mailbox.
arrived() { [ "$(ls "$box/$1/new" 2>/dev/null | wc -l)" = "$2" ]; }

printf 'To: bob@example.org\nBcc: ada@localhost\nSubject: Grüße\n\n.\n..\nschön\n' |
	defms send -t -i
smtp_account "timeout = 5"
check "sent" defms bridge smtp
wait_for "it arrives" arrived bob 1
wait_for "... and with Bcc" arrived ada 1
cat "$box"/bob/new/* >"$top/raw"
check_same "whole" "$(printf '.\n..\nschön')" "$(sed '1,/^$/d' "$top/raw")"
check "without Bcc" not grep -qi '^bcc' "$top/raw"
check_same "nothing waits" "" "$(defms queue)"

letter_to many bob@example.org nobody@example.org
check_fails 1 "nobody@example.org: 550 5.1.1" "$DEFMS" bridge smtp
wait_for "the other gets it" arrived bob 2
defms queue drop "$(defms queue | cut -f 1)"

connections() { grep -c 'smtpd.*: connect from' "$postfix/log"; }
before=$(connections)
for i in 1 2 3 4 5 6 7 8 9 10; do
	letter_to "$i" bob@example.org
done
check "ten more" defms bridge smtp
wait_for "they arrive" arrived bob 12
check_same "by one connection" $((before + 1)) "$(connections)"

letter_to away lost@elsewhere.example
check "taken for elsewhere" defms bridge smtp
wait_for "it comes back" arrived ada 2
check_same "as far as one knows it is sent" "" "$(defms queue)"
check "what came is filed" defms import --folder INBOX "$box/ada"
check_same "the queue says what came back" \
	"failed${tab}lost@elsewhere.example${tab}away${tab}came back: unknown mail system error 1" \
	"$(defms queue | cut -f 2-)"
check "once: it is dropped" defms queue drop "$(defms queue | cut -f 1)"
check "imported again" defms import --folder INBOX "$box/ada"
check_same "nothing comes back twice" "" "$(defms queue)"
[ "$bad" = 0 ] || sed "s/^/# /" "$postfix/log" | tail -n 40
stop_servers
finish
