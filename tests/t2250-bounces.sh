#!/bin/sh
# SPDX-License-Identifier: ISC
# A report that mail did not arrive stands in the thread of that mail, whichever
# came first; the strand it is in does not follow from that.
. "$(dirname "$0")/lib.sh"

letter() {
	printf 'From: ada@example.org\nTo: bob@example.org\nDate: %s\nMessage-ID: <%s@example.org>\nSubject: %s\n%s\nHello.\n' \
		"$2" "$1" "$3" "${4-}"
}
# report NAME MSGID: as mail systems write that say neither In-Reply-To nor
# References.
report() {
	printf 'From: MAILER-DAEMON@example.net\nDate: Tue, 2 Nov 2021 10:00:00 +0000\nMessage-ID: <%s@example.net>\nSubject: Undelivered Mail\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <%s>\nSubject: Roof\n\n--b--\n' \
		"$1" "$2"
}
mkdir "$top/in"
letter one "Mon, 1 Nov 2021 10:00:00 +0000" Roof >"$top/in/1"
report lost one@example.org >"$top/in/2"
letter two "Wed, 3 Nov 2021 10:00:00 +0000" "Re: Roof" \
	"In-Reply-To: <lost@example.net>
" >"$top/in/3"
report other never-seen@example.org >"$top/in/4"
report another never-seen@example.org >"$top/in/5"

# shown: each message by the directory it is in.
shown() {
	defms search --messages '*' | cut -f 1 | sort
}

for order in "1 2 3 4 5" "5 4 3 2 1" "2 4 1 5 3" "3 1 5 2 4"; do
	fresh_store "$(echo "$order" | tr -d ' ')"
	for file in $order; do
		defms import "$top/in/$file" >/dev/null
	done
	check_same "$order: what is lost, and what never came" "2 3" \
		"$(shown | sed 's,/.*,,' | uniq -c | sort -n |
			awk '{ print $1 }' | xargs)"
	thread=$(shown | sed -n 's,/.*\.bob\..*,,p;s,/.*\.ada\..*,,p' | uniq)
	check_same "$order: the report is in the thread" 1 \
		"$(shown | grep -c "^$thread/20211102T100000")"
	shown >"$top/before"
	defms reindex >/dev/null
	shown >"$top/after"
	check "$order: it is so in a new index" diff "$top/before" "$top/after"
	check "$order: sound" defms check
done

# -- a public strand is the same for everybody --------------------------------
# trees: each strand and its tree, whoever filed it.
trees() {
	git --git-dir="$DEFMS_HOME/mailbox.git" for-each-ref \
		--format='%(refname) %(tree)' refs/threads |
		sed 's,^refs/threads/\([^ ]*\)/[^/ ]* ,\1 ,' | sort
}
for order in "1 2 3 4 5" "2 3 5 4 1"; do
	fresh_store "public$(echo "$order" | tr -d ' ')"
	for file in $order; do
		defms import --public "$top/in/$file" >/dev/null
	done
	trees >"$top/trees${order%% *}"
done
check "in public strands too: in any order the same" \
	diff "$top/trees1" "$top/trees2"
check_same "a report has a strand of its own" 4 "$(wc -l <"$top/trees1")"
finish
