#!/bin/sh
# SPDX-License-Identifier: ISC
# What waits to be sent: shown, held, released, dropped.
. "$(dirname "$0")/lib.sh"
fresh_store me me@example.net
tab=$(printf '\t')

# send SUBJECT: to bob and carl.
send() {
	printf 'Subject: %s\nMessage-ID: <%s@example.net>\n\nx\n' "$1" "$1" |
		defms send bob@example.org carl@example.org
}
# states: of all entries.
states() { defms queue | cut -f1,2 | tr '\t\n' ': ' | sed 's/ $//'; }

for subject in one two three; do
	check "send $subject" send "$subject"
done
check_same "a line an entry" \
	"1${tab}waiting${tab}bob@example.org, carl@example.org${tab}one${tab}" \
	"$(defms queue list | head -n 1)"
check_same "three of them" 3 "$(defms queue | wc -l)"
check_same "all the same" "$(defms queue list)" "$(defms status --queue)"
check "hold" defms queue hold 2
check_same "it is held" "1:waiting 2:held 3:waiting" "$(states)"
check_fails 1 "2: cannot hold what is held" "$DEFMS" queue hold 2
check_fails 1 "1: cannot release what is waiting" "$DEFMS" queue release 1
check_fails 1 "4711: no such entry" "$DEFMS" queue hold 4711
check_fails 1 "4711: no such entry" "$DEFMS" queue hold 1 4711
check_same "all or none" "1:waiting 2:held 3:waiting" "$(states)"
for id in 0 -1 x 1x '' ' 1' 18446744073709551617 9223372036854775808; do
	check_fails 1 "not the number of an entry" "$DEFMS" queue hold "$id"
done
check "release" defms queue release 2
check "hold several" defms queue hold 1 3
check_same "they are" "1:held 2:waiting 3:held" "$(states)"
check "drop" defms queue drop 2 3
check_same "they are gone" "1:held" "$(states)"
check_fails 1 "2: no such entry" "$DEFMS" queue drop 2
check_same "with their messages" "1" "$(defms search --messages --count '*')"
check_same "which are found as removed" 2 \
	"$(defms search --messages --count is:removed)"
check "one comes back by hand" defms flag -removed is:removed subject:two
check_same "... but is not sent" "1:held" "$(states)"

check_fails 2 "usage: defms queue" "$DEFMS" queue hold
check_fails 2 "no such action" "$DEFMS" queue frobnicate
check_fails 2 "list takes no" "$DEFMS" queue list 1
check_fails 2 "no arguments but --queue" "$DEFMS" status --queue 1
check_fails 1 "1: cannot retry what is held" "$DEFMS" queue retry 1

# -- a backup is of then
check "send four" send four
check "backup" defms backup "$top/copy"
home=$DEFMS_HOME
export DEFMS_HOME=$top/restored
check "restore" defms restore "$top/copy"
check_same "what waited is held, and says why" \
	"4:held from a backup: perhaps sent since" \
	"$(defms queue | grep four | awk -F '\t' '{ print $1 ":" $2, $5 }')"
check "it can be released" defms queue release 4
check_same "and waits" "4${tab}waiting${tab}bob@example.org, carl@example.org\
${tab}four${tab}" "$(defms queue | grep four)"
export DEFMS_HOME=$home
check_same "here it waits as before" waiting \
	"$(defms queue | grep four | cut -f2)"

# -- what mail brings in stays off the terminal
printf 'Subject: =?utf-8?q?=1b]0;owned=07_x?=\n\nx\n' >"$top/escape"
sh -c "'$DEFMS' send bob@example.org" <"$top/escape" 2>"$top/err"
check_same "a hidden command is refused" 65 $?
printf 'Subject: =?utf-8?q?left=E2=80=AEthgir=C2=9B?=\n\nx\n' |
	defms send '"<b@d>\	"@example.org' 2>"$top/err"
check_same "an address of controls is refused" 67 $?
printf 'Subject: =?utf-8?q?left=E2=80=AEthgir?=\n\nx\n' |
	defms send bob@example.org
check_same "a subject that steers the text around it does not" 1 \
	"$(defms queue | grep -c 'left?*thgir')"
check_same "nothing commands the terminal" "" \
	"$(defms queue | tr -d '\t' | grep '[[:cntrl:]]')"
check_same "five columns always" "5" \
	"$(defms queue | awk -F '\t' '{ print NF }' | sort -u)"
finish
