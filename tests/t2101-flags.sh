#!/bin/sh
# SPDX-License-Identifier: ISC
# Flags of messages and threads, changed by renames and by writes to `flags`:
# every name that shows them follows, at once and over a remount.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_fuse
need_program python3
fresh_store
mbox 9 >"$top/mbox"
check "mail" defms import --folder INBOX "$top/mbox"
mount_it
box=$mail/maildir
found() { defms search --messages --count "$1"; }
first() { ls "$box/$1" | head -n 1; }

check_same "all of it is new" 9 "$(ls "$box/new" | wc -l)"
check_same "and unread" 9 "$(found is:unread)"
one=$(first new)
before=$(stat -c %y "$box/cur")
check "new -> cur" mv "$box/new/$one" "$box/cur/$one:2,S"
check_same "it is read" 8 "$(found is:unread)"
check "the time of cur grew" [ "$(stat -c %y "$box/cur")" '>' "$before" ]
check "further flags" mv "$box/cur/$one:2,S" "$box/cur/$one:2,FRS"
check_same "flagged" 1 "$(found is:flagged)"
check_same "answered" 1 "$(found is:answered)"
check "cur -> new" mv "$box/cur/$one:2,FRS" "$box/new/$one"
check_same "unread again" 9 "$(found is:unread)"
check_same "and nothing else" 0 "$(found is:flagged)"
check "flags in new" mv "$box/new/$one" "$box/new/$one:2,F"
check_same "flagged, unread" 1 "$(found 'is:flagged is:unread')"
check "any name" mv "$box/new/$one:2,F" "$box/cur/any name,U=7:2,Sxy"
check_same "shown as it was given" "any name,U=7:2,Sxy" "$(ls "$box/cur")"
check "no suffix in cur" mv "$box/cur/any name,U=7:2,Sxy" "$box/cur/plain"
check_same "unread" 9 "$(found is:unread)"
check "by the same name" mv "$box/cur/plain" "$box/cur/plain:2,S"
umount_it
mount_it
check_same "kept over a remount" "plain:2,S" "$(ls "$box/cur")"

# A name with a control character; one that is taken.
check "control characters are refused" python3 - "$box/cur" <<'END'
import errno, os, sys
os.chdir(sys.argv[1])
for c in range(1, 32):
    try:
        os.rename('plain:2,S', 'x%cy' % c)
    except OSError as e:
        assert e.errno == errno.EINVAL, e
    else:
        raise SystemExit('%d was taken' % c)
END
two=$(first new)
check "mv -n leaves it" sh -c 'mv -n "$0" "$1"; test -e "$0"' \
	"$box/new/$two" "$box/cur/plain:2,S"
check_same "nothing was replaced" 8 "$(ls "$box/new" | wc -l)"
check "mv replaces" mv "$box/new/$two" "$box/cur/plain:2,S"
check_same "one copy is gone" 1 "$(ls "$box/cur" | wc -l)"
check_same "with its message" 8 "$(found 'not is:removed')"

# In a thread the names are made.
thread=$(echo "$mail"/threads/*number-9*)
[ -d "$thread" ] || thread=$(dirname "$(ls -d "$mail"/threads/*/new/* | head -n 1)")/..
there=$(ls "$thread/new" | head -n 1)
check_same "a thread's new" 1 "$([ -n "$there" ] && echo 1)"
check "flags in the thread" mv "$thread/new/$there" "$thread/cur/$there:2,FS"
check_same "flagged" 1 "$(found is:flagged)"
wait_for "in its folder too" sh -c 'ls "$0" | grep -q :2,FS' "$box/cur"
check "another name is refused" sh -c '! mv "$0" "$1" 2>&1' \
	"$thread/cur/$there:2,FS" "$thread/cur/other:2,FS"
check "it is what it was" test -e "$thread/cur/$there:2,FS"

# All copies of a message, and none is refused for a name that another has.
kept() { sql "$DEFMS_HOME/state.db" 'SELECT count(*) FROM copies'; }
more() { [ "$(kept)" -gt "$1" ]; }
copy() { # copy SUBJECT ID TO: delivered as TO
	before=$(kept)
	printf 'From: b@example.org\nSubject: %s\nMessage-ID: <%s@x>\n\n%s\n' \
		"$1" "$2" "$2" >"$box/tmp/one" && mv "$box/tmp/one" "$box/$3"
	wait_for "$3 is a message" more "$before"
}
mkdir "$box/.twin"
copy twin twin "new/twin-1"
copy twin twin ".twin/cur/twin-2:2,"
copy other other ".twin/cur/twin-2:2,F"
pair=$(echo "$mail"/threads/*.twin.*)
there=$(ls "$pair/new" "$pair/cur" | grep '[.]M[0-9]')
old=$(echo "$pair"/*/"$there")
check "flags in the thread" mv "$old" "$pair/cur/${there%:2,*}:2,F"
check "one copy has them" test -e "$box/cur/twin-1:2,F"
check_same "the other too, beside what is called so" 2 \
	"$(ls "$box/.twin/cur" | grep -c ':2,F$')"
check_same "... which is not touched" other \
	"$(tail -n 1 "$box/.twin/cur/twin-2:2,F")"

# Files `flags`.
message=$(ls -d "$thread"/2*.ada* | head -n 1)
check "a message's" sh -c 'echo "-flagged +answered" >"$0/flags"' "$message"
check_same "can be read at once" "seen answered" "$(cat "$message/flags")"
check "the same again" sh -c 'echo +answered >>"$0/flags"' "$message"
check_same "reads the same" "seen answered" "$(cat "$message/flags")"
check "a thread's" sh -c 'printf "+muted -archived\n+flagged\n" >"$0/flags"' \
	"$thread"
check_same "can be read at once" "muted flagged" \
	"$(sed 's/ seen//' "$thread/flags")"
check "sed -i" sed -i 's/.*/-muted/' "$thread/flags"
check_same "is a write" flagged "$(sed 's/ seen//' "$thread/flags")"
# Each time, and at once: the name that was renamed is not believed any more.
stale=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo +muted >"$thread/flags"
	sed -i 's/.*/-muted/' "$thread/flags"
	! grep -q muted "$thread/flags" || stale=$((stale + 1))
done
check_same "is read at once" 0 "$stale"
check "an unknown word" sh -c '! echo "+seen +red" 2>/dev/null >"$0/flags"' \
	"$message"
check_same "changes nothing" "seen answered" "$(cat "$message/flags")"
# By its own flag, by a message's, by both.
flagged=$mail/by/flag/flagged name=$(basename "$(realpath "$thread")")
for each in "$thread"/2*/flags; do
	check "-flagged" sh -c 'echo -flagged >"$0"' "$each"
done
check "no message of it is" sh -c '! grep -q flagged "$0"/2*/flags' "$thread"
wait_for "by/flag follows" test -L "$flagged/$name"
check "a message's" sh -c 'echo +flagged >"$0/flags"' "$message"
check_same "listed once" 1 "$(ls "$flagged" | grep -c -x -F "$name")"
check "a thread's goes" sh -c 'echo -flagged >"$0/flags"' "$thread"
check_same "still listed" 1 "$(ls "$flagged" | grep -c -x -F "$name")"
check "a message's goes" sh -c 'echo -flagged >"$0/flags"' "$message"
wait_for "by/flag follows that" test ! -L "$flagged/$name"
check "seen of a thread" sh -c 'echo -seen >"$0/flags"' "$thread"
check_same "is of its messages" answered "$(cat "$message/flags")"
umount_it
finish
