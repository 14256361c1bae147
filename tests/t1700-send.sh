#!/bin/sh
# SPDX-License-Identifier: ISC
# defms send in the place of sendmail: options, exit statuses, what is queued.
. "$(dirname "$0")/lib.sh"
fresh_store me me@example.net
defms=$DEFMS

queue() { defms status --queue; }
count() { queue | wc -l; }
# raw QUERY: the bytes of the one message.
raw() { defms show --raw "$(defms search --messages "$1" | cut -f1)"; }
# field NAME QUERY: a field of its header, unfolded.
field() {
	raw "$2" | sed '/^$/q' | sed -e ':a' -e '$!N;s/\n[ \t]/ /;ta' -e 'P;D' |
		sed -n "s/^$1: //p"
}
# sends STATUS WANT INPUT ARGUMENT...: exits with STATUS; WANT are the
# recipients of the new entry, or "" if there must be none.
sends() {
	want_status=$1 want=$2 input=$3
	shift 3
	before=$(count)
	printf "$input" | "$defms" send "$@" >"$top/out" 2>"$top/err"
	check_same "status of: send $*" "$want_status" $?
	check_same "... it prints nothing" "" "$(cat "$top/out")"
	if [ "$want" ]; then
		check_same "... says nothing" "" "$(cat "$top/err")"
		check_same "... and queues it" "$((before + 1)) $want" \
			"$(count) $(queue | tail -n 1 | cut -f3)"
	else
		check "... says why" grep -q '^defms' "$top/err"
		check_same "... and queues nothing" "$before" "$(count)"
	fi
}
to='To: bob@example.org\nCc: Carl <carl@example.org>\nBcc: dora@example.org\n'
mail="${to}Subject: x\n\nhi\n"
all="bob@example.org, carl@example.org, dora@example.org"

check_same "nothing waits: nothing is printed" "" "$(queue; defms queue)"

# -- recipients
sends 0 "$all" "$mail" -t
sends 0 "e@example.org" "$mail" e@example.org
sends 0 "e@example.org, f@example.org" "$mail" e@example.org f@example.org
sends 0 "e@example.org, f@example.org" "$mail" 'E <e@example.org>, f@example.org'
sends 0 "e@example.org" "$mail" -- e@example.org
sends 0 "e@example.org, $all" "$mail" -t e@example.org
sends 0 "Bob@example.org, carl@example.org, dora@example.org" \
	"$mail" -t Bob@example.org
sends 64 "" "$mail"
sends 65 "" 'Subject: x\n\nhi\n' -t
sends 67 "" "$mail" 'bob smith'
sends 67 "" "$mail" '|bob'
sends 67 "" "$mail" e@example.org bob@
sends 67 "" "$mail" 'e@example.org
Bcc: eve@example.org'
sends 67 "" "$mail" e@example.org -t # after an address all are addresses
sends 67 "" "$mail" -f 'not one' e@example.org
sends 67 "" "$mail" -f 'a@example.org, b@example.org' e@example.org

# -- users of this machine, as mail(1), cron and at have them
sends 0 "bob@example.net" "$mail" bob
sends 0 "e@example.org, root@example.net" "$mail" 'e@example.org, Root <root>'
sends 0 "root@example.net, e@example.org, bob@example.net" \
	'To: root\nCc: e@example.org\nBcc: bob (B)\nSubject: users\n\nhi\n' -t
check_same "its To is one for others too" root@example.net \
	"$(field To subject:users)"
check_same "what had a domain stays" e@example.org "$(field Cc subject:users)"
sends 0 "root@example.net" 'From: root (Cron Daemon)
To: root
Subject: Cron <root@host> ls
Auto-Submitted: auto-generated

hi
' -i -FCronDaemon -B8BITMIME -oem root
check_same "cron's From" "root@example.net (Cron Daemon)" \
	"$(field From subject:cron)"
sends 0 "e@example.org" 'Subject: sender\n\nhi\n' -f daemon e@example.org
check_same "a user as the sender" "me <daemon@example.net>" \
	"$(field From subject:sender)"
sends 65 "" 'To: bob smith\nSubject: x\n\nhi\n' -t
sends 65 "" 'To: |bob\nSubject: x\n\nhi\n' -t

# -- options that mean nothing here
for options in -i -oi -om -oem "-o em" -oee -odb -odi -odX -B8BITMIME \
	"-B 8BITMIME" "-N never" -Nfailure,delay -Rhdrs "-R full" -v -G -q \
	-q15m -U -n -m -em -bm "-h 3" "-V id" "-L tag" "-p smtp" \
	"-O Timeout=1" "-oi -oem -odb"; do
	# shellcheck disable=SC2086
	sends 0 "e@example.org" "$mail" $options e@example.org
done
for options in -bs -bd -bp -bt -bi -bv "-b s" -Z --frobnicate "-C file" \
	-f -F -o -X -Z; do
	# shellcheck disable=SC2086
	sends 64 "" "$mail" $options
done
check "-bs is refused with a word" sh -c \
	"'$defms' send -bs 2>&1 </dev/null | grep -q 'standard input'"

# -- the message
sends 65 "" '' e@example.org
sends 65 "" 'To: e@example.org\nBcc : f@example.org\n\nhi\n' -t
sends 0 "f@example.org, g@example.org" \
	'To: e@example.org\nResent-To: f@example.org\nResent-Bcc: g@example.org\nSubject: resent\n\nhi\n' -t
check "Resent-Bcc leaves no trace" sh -c \
	"'$defms' export --mbox subject:resent - | grep -q Resent-To &&
	! '$defms' export --mbox subject:resent - | grep -qi resent-bcc"
sends 65 "" '.\n' e@example.org
sends 0 "e@example.org" 'Subject: dots\n\nabove\n.\nbelow\n' e@example.org
check_same "a dot ends it" "above" "$(raw subject:dots | sed '1,/^$/d')"
sends 0 "e@example.org" 'Subject: kept\n\nabove\n.\nbelow\n' -i e@example.org
check_same "unless told" "above . below" \
	"$(raw subject:kept | sed '1,/^$/d' | tr '\n' ' ' | sed 's/ $//')"
sends 0 "e@example.org" 'Subject: crlf\r\n\r\nabove\r\n.\r\nbelow\r\n' \
	e@example.org
check_same "with CRLF too" "above" "$(raw subject:crlf | sed '1,/^$/d')"
sends 0 "e@example.org" \
	'From me Mon Mar  2 10:00:00 2026\nSubject: separated\n\nx\n' \
	e@example.org
check_same "what an mbox has before a header is left out" "" \
	"$(raw subject:separated | grep '^From ')"
sends 0 "e@example.org, f@example.org" 'Subject: bare\n\nx\n' \
	e@example.org f@example.org
check_same "a To of the arguments" "e@example.org, f@example.org" \
	"$(field To subject:bare)"
check_same "a From of the settings" "me <me@example.net>" \
	"$(field From subject:bare)"
for name in Date Message-ID; do
	check "a $name" test -n "$(field $name subject:bare)"
done
sends 0 "e@example.org" 'Subject: cced\nCc: c@example.org\n\nx\n' e@example.org
check_same "no To where there is a Cc" "" "$(field To subject:cced)"
sends 0 "e@example.org" 'Subject: named\n\nx\n' -F 'J. "Q" Doe' \
	-f other@example.net e@example.org
check_same "a From of -F and -f" '"J. \"Q\" Doe" <other@example.net>' \
	"$(field From subject:named)"
sends 0 "e@example.org" 'Subject: own\nFrom: Ada <ada@example.net>\n\nx\n' \
	-F Other -f other@example.net e@example.org
check_same "its own From stays" "Ada <ada@example.net>" \
	"$(field From subject:own)"
sends 0 "e@example.org" 'Subject: bounce\n\nx\n' -f '<>' e@example.org
sends 0 "e@example.org" 'Subject: J\303\274rgen\n\ngr\303\274n\n' e@example.org
check "8 bits are labelled" sh -c \
	"[ '$(field Content-Type subject:jürgen)' = 'text/plain; charset=utf-8' ]"

# -- whoever calls it
sends 0 "e@example.org" 'Subject: locale\n\nx\n' e@example.org
(umask 0777; printf 'Subject: umask\n\nx\n' | "$defms" send e@example.org)
check_same "any umask" 0 $?
(umask 0; printf 'Subject: umask\n\nx\n' | "$defms" send e@example.org)
check_same "any umask" 0 $?
check_same "what it makes is the owner's" "" \
	"$(find "$DEFMS_HOME" -newer "$top/err" -perm /077 -type f)"
printf 'Subject: closed\n\nx\n' | LC_ALL=C TERM='' "$defms" send e@example.org \
	>&- 2>&-
check_same "closed descriptors" 0 $?
printf 'x\n\n' | "$defms" send bob@ >&- 2>&-
check_same "... with something to complain about" 67 $?
"$defms" send e@example.org <&- 2>/dev/null
check_same "no standard input" 66 $?
"$defms" send e@example.org </ 2>/dev/null
check_same "a directory for it" 66 $?
check_same "git fsck" "" "$(git -C "$DEFMS_HOME/mailbox.git" fsck --strict \
	--no-dangling --no-progress 2>&1 | grep -v '^notice: ')"
check "all is well" defms check
ln -s "$defms" "$top/sendmail"
printf '%b' "$mail" | "$top/sendmail" -oi -t
check_same "called sendmail" 0 $?
printf '%b' "$mail" | "$top/sendmail" -bp 2>"$top/err"
check_same "... it knows no other commands" 64 $?
check "... --help" sh -c "'$top/sendmail' --help | grep -q 'defms send'"

# -- where it goes
sends 0 "$all" "${to}Subject: bcc\nMessage-ID: <bcc@example.net>\n\nx\n" -t
check_same "one copy, in Sent, seen" "1 1 1" \
	"$(defms search --messages --count 'id:bcc@example.net') \
$(defms search --messages --count 'id:bcc@example.net folder:Sent') \
$(defms search --messages --count 'id:bcc@example.net is:read')"
check_same "my own copy has the Bcc" "dora@example.org" \
	"$(field Bcc id:bcc@example.net)"
check "a Bcc is no recipient of the content" not sh -c \
	"'$defms' search --messages --count 'id:bcc@example.net to:dora' |
	grep -q 1"
sends 0 "bob@example.org" \
	'To: bob@example.org\nSubject: Re: bcc\nIn-Reply-To: <bcc@example.net>\n\ny\n' -t
check_same "what is answered is flagged so" 1 \
	"$(defms search --messages --count 'id:bcc@example.net is:answered')"
check_same "... and has it in its thread" 2 \
	"$(defms search --messages --count \
	"thread:$(defms search id:bcc@example.net | cut -f1)")"

# -- once
before=$(count)
again="${to}Subject: again\nMessage-ID: <again@example.net>\n\nx\n"
for _ in 1 2 3; do
	printf '%b' "$again" | "$defms" send -t
	check_same "sent again" 0 $?
done
check_same "what waits is not queued again" $((before + 1)) "$(count)"
sends 0 "e@example.org" "$again" e@example.org
id=$(queue | grep again | head -n 1 | cut -f1)
check "dropped" defms queue drop "$id"
sends 0 "$all" "$again" -t
before=$(count)
for _ in 1 2; do
	printf 'Subject: alike\n\nx\n' | "$defms" send e@example.org
done
check_same "what has no Message-ID is another each time" $((before + 2)) \
	"$(count)"

before=$(count)
printf 'Subject: race\nMessage-ID: <race@example.net>\n\nx\n' >"$top/race"
for _ in 1 2 3 4 5 6 7 8; do
	"$defms" send e@example.org <"$top/race" &
	printf 'Subject: crowd\n\nx\n' | "$defms" send e@example.org &
done
wait
check_same "many at once: each as often as it must be" $((before + 9)) \
	"$(count)"

# -- settings
mv "$XDG_CONFIG_HOME/defms/config" "$top/config"
sends 0 "e@example.org" 'Subject: bare\n\nhi\n' e@example.org
check_same "without settings it is from whom init was told of" \
	"me <me@example.net>" "$(field From subject:bare)"
echo '[user' >"$XDG_CONFIG_HOME/defms/config"
sends 78 "" "$mail" -t
mv "$top/config" "$XDG_CONFIG_HOME/defms/config"
mv "$DEFMS_HOME" "$top/away"
printf '%b' "$mail" | "$defms" send -t 2>"$top/err"
check_same "no mailbox" 78 $?
check "... what to do about it" grep -q 'defms init' "$top/err"
mv "$top/away" "$DEFMS_HOME"
sends 0 "$all" "$mail" -t
finish
