#!/bin/sh
# SPDX-License-Identifier: ISC
# sent/ in the tree, while others queue and drop.
. "$(dirname "$0")/lib.sh"
fresh_store me me@example.net
mount_it

# send NAME [FIELD...]: to bob.
send() {
	name=$1
	shift
	{
		printf 'To: bob@example.org\nSubject: %s\n' "$name"
		printf 'Message-ID: <%s@example.net>\n' "$name"
		printf 'Date: Mon, 2 Mar 2026 10:00:00 +0000\n'
		for line; do printf '%s\n' "$line"; done
		printf '\nx\n'
	} | defms send -t
}
names() { ls "$mail/sent" | wc -l; }
count_is() { [ "$(names)" = "$1" ]; }
time_of() { stat -c %.Y "$mail/sent"; }

check_same "nothing was sent" 0 "$(names)"
check "send" send one "Bcc: secret@example.org"
wait_for "it is there" count_is 1
link=$(ls "$mail/sent")
target=$(readlink "$mail/sent/$link")
thread=$(defms search subject:one | cut -f1)
check_same "a link to its directory" "../threads/$thread/$link" "$target"
check_same "which is its size" "${#target}" \
	"$(stat -c %s "$mail/sent/$link")"
check_same "that leads there" one "$(cat "$mail/sent/$link/subject")"
check "Bcc is in the thread object" \
	grep -q '^Bcc: .*secret@example.org' "$mail/threads/$thread/thread"
check "... and in my own copy" \
	grep -q '^Bcc: secret@example.org' "$mail/sent/$link/raw.eml"
check_same "the copy is in Sent" one "$(sed -n 's/^Subject: //p' \
	"$mail"/maildir/.Sent/cur/*:2,S)"
check_same "nothing else is there" "" "$(ls "$mail/sent/no.such.9c41e2b0" \
	"$mail/sent/x" 2>/dev/null)"

# -- times grow, names do not stay away
before=$(time_of)
check "send another" send two
wait_for "it is there" count_is 2
check "its time grew" sh -c "[ '$(time_of)' != '$before' ]"
other=$(ls "$mail/sent" | grep -v "$link")
check "drop it" defms queue drop 2
wait_for "its link goes" count_is 1
wait_for "its name too" not test -h "$mail/sent/$other"
check "send it again" send two
wait_for "its name is back" test -h "$mail/sent/$other"

# -- removed, brought back
check "remove" defms flag +removed id:one@example.net
wait_for "its link goes" not test -h "$mail/sent/$link"
check "bring it back" defms flag -removed is:removed
wait_for "its link is back" test -h "$mail/sent/$link"

# -- joined threads
check "a message that joins them" send three \
	"In-Reply-To: <two@example.net>" \
	"References: <one@example.net> <two@example.net>"
wait_for "all are there" count_is 3
joined() {
	for each in "$mail"/sent/*; do
		dirname "$(readlink "$each")"
	done | sort -u | wc -l
}
one_thread() { [ "$(joined)" = 1 ]; }
wait_for "in one thread" one_thread
check "all lead somewhere" sh -c "cat '$mail'/sent/*/subject"
before=$(ls "$mail/sent"; time_of)
inodes=$(ls -i "$mail/sent")

# -- many of them, listed in pieces
i=0
while [ $i -lt 150 ]; do
	i=$((i + 1))
	send "many-$i" || break
done
wait_for "all are listed" count_is 153
check_same "each once" 153 "$(ls "$mail/sent" | sort -u | wc -l)"
check_same "and found" 153 "$(stat -L -c %F "$mail"/sent/* | grep -c directory)"
umount_it
mount_it
check_same "after a remount too" 153 "$(names)"
check_same "with the same inodes" "$inodes" \
	"$(ls -i "$mail/sent" | grep "$(echo "$inodes" | awk '{ print $2 }')")"
umount_it
finish
