#!/bin/sh
# SPDX-License-Identifier: ISC
# What another process changes shows in a live mount within a second, also
# where the kernel knew that a name was not there, and wakes who watches new/.
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
fresh_store

eml() { # eml NUMBER SUBJECT [FIELD]
	printf 'From: Bob <bob@example.org>\nTo: ada@example.org\n'
	printf 'Subject: %s\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n' "$2"
	printf 'Message-ID: <%s@example.org>\n%shello\n' "$1" "${3-}
"
}
reply='In-Reply-To: <1@example.org>

'
count() { [ "$(ls "$2" | wc -l)" = "$1" ]; }
lines() { [ "$(wc -l <"$2")" = "$1" ]; }

mount_it
old=$(stat -c %y "$mail/maildir/new")
inode=$(stat -c %i "$mail/maildir/new")
check "an empty inbox" count 0 "$mail/maildir/new"
check "no thread" count 0 "$mail/threads"
check "no other folder" not test -e "$mail/maildir/.other"
check "nothing from Bob" not test -e "$mail/by/from/bob@example.org"
if command -v inotifywait >/dev/null; then
	inotifywait -q -m "$mail/maildir/new" >"$top/events" 2>/dev/null &
	watcher=$!
	sleep 0.5
fi
eml 1 roof | defms import --folder INBOX - 2>/dev/null >&2
wait_for "a new message is in new/" count 1 "$mail/maildir/new"
check_same "new/ is the same directory" "$inode" \
	"$(stat -c %i "$mail/maildir/new")"
check "its time grew" [ "$(stat -c %y "$mail/maildir/new")" '>' "$old" ]
wait_for "a new thread is in threads/" count 1 "$mail/threads"
wait_for "its sender is in by/from" test -e "$mail/by/from/bob@example.org"
if [ "${watcher-}" ]; then
	wait_for "inotify told" grep -q ATTRIB "$top/events"
	kill "$watcher"
	wait "$watcher" 2>/dev/null
fi

thread=$(echo "$mail"/threads/*)
check "info has a line" lines 1 "$thread/info"
exec 3<"$thread/info"
ls -lR "$mail" >/dev/null
eml 2 "Re: roof" "$reply" | defms import --folder other - 2>/dev/null >&2
wait_for "info has two" lines 2 "$thread/info"
check_same "who had opened the old one reads on in it" 1 "$(wc -l <&3)"
exec 3<&-
wait_for "the message's directory came" count 2 "$mail/threads/$(basename \
	"$thread")/new"
wait_for "the new folder is there" count 1 "$mail/maildir/.other/new"
check_same "the inbox is as it was" 1 "$(ls "$mail/maildir/new" | wc -l)"

# Flags set elsewhere are another name here; the old one is no more.
if defms flag --help >/dev/null 2>&1; then
	ls -l "$mail/maildir/new" "$mail/maildir/cur" "$thread/new" >/dev/null
	name=$(ls "$mail/maildir/new")
	check "the message is there" test -e "$mail/maildir/new/$name"
	check "flag" defms flag +flagged "from:bob"
	wait_for "the old name is gone" not test -e "$mail/maildir/new/$name"
	wait_for "the new one is there" sh -c "ls '$mail'/maildir/*/ | grep -q ':2,.*F'"
	wait_for "flags say so" grep -q flagged "$thread"/2026*/flags
	check_same "there is one name for it" 1 \
		"$(ls "$mail/maildir/new" "$mail/maildir/cur" | grep -c 'M[0-9]*\.defms')"
fi

# Many changes beside two listers: nothing is missing, nothing twice.
cat >"$top/list.py" <<'END'
import os, sys, time
d, end = sys.argv[1], time.time() + 4
known = set()
while time.time() < end:
    names = os.listdir(d)
    if len(names) != len(set(names)):
        sys.exit('a name twice')
    if known - set(names):
        sys.exit('lost: %s' % (known - set(names)))
    known = set(names)
END
python3 "$top/list.py" "$mail/threads" >"$top/one" 2>&1 & one=$!
python3 "$top/list.py" "$mail/threads" >"$top/two" 2>&1 & two=$!
for n in 11 12 13 14 15 16 17 18 19 20; do
	eml $n "subject $n" | defms import --folder INBOX - 2>/dev/null >&2
done
check "the first lister saw each name once" wait $one
check "so did the second" wait $two
wait_for "all are there" count 11 "$mail/threads"

# The daemon goes when it is told to.
pid=$(cat "$mail/.defms/pid")
kill "$pid"
wait_for "SIGTERM unmounts" not mountpoint -q "$mail"
wait_for "and ends the daemon" not kill -0 "$pid"
finish
