#!/bin/sh
# SPDX-License-Identifier: ISC
# What the kernel keeps of a live mount is taken back when it is no longer
# true: names of flags, of removed and brought back messages, of threads that
# become one, and of mail that was committed but not in the index yet.
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
fresh_store

eml() { # eml NUMBER SUBJECT [FIELD]
	printf 'From: b%s <b%s@example.org>\nTo: ada@example.org\n' "$1" "$1"
	printf 'Subject: %s\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n' "$2"
	printf 'Message-ID: <%s@example.org>\n%s\nhello\n' "$1" "${3-}"
}
add() { eml "$@" | defms import --folder INBOX - 2>/dev/null >&2; }
count() { [ "$(ls "$2" | wc -l)" = "$1" ]; }
says() { [ "$(cat "$2")" = "$1" ]; }
newer() { [ "$(stat -c %y "$1")" '>' "$2" ]; }

mount_it
add 1 roof
add 2 "Re: roof" 'In-Reply-To: <1@example.org>
'
add 3 door
wait_for "three messages" count 3 "$mail/maildir/new"
roof=$(echo "$mail"/threads/*.roof.*)
door=$(echo "$mail"/threads/*.door.*)
one=$(echo "$roof"/2026*.b1.*)
two=$(echo "$roof"/2026*.b2.*)

# -- flags: a name that was asked for in vain
base=$(basename "$(echo "$roof"/new/*M1.defms)")
for name in "maildir/cur/$base:2,F" "threads/$(basename "$roof")/cur/$base:2,F"
do
	check "$name is not there" not test -e "$mail/$name"
done
check "flag" defms flag +flagged from:b1
for name in "maildir/cur/$base:2,F" "threads/$(basename "$roof")/cur/$base:2,F"
do
	wait_for "$name is there" test -e "$mail/$name"
	check "... and its bytes" cmp "$mail/$name" "$one/raw.eml"
done
check "flag" defms flag +seen from:b1
wait_for "the next name is there" test -e "$mail/maildir/cur/$base:2,FS"
wait_for "the old one is not" not test -e "$mail/maildir/cur/$base:2,F"

# -- names that are not made of the flags, changed by all that knows no name
gives_way() { # gives_way NAME FLAGS: to what base and flags make
	wait_for "a name with these flags is there" \
		test -e "$mail/maildir/cur/two,U=7:2,$2"
	wait_for "$1 is not" not test -e "$mail/maildir/cur/$1"
}
plain=$(echo "$mail"/maildir/new/*M2.defms)
mv "$plain" "$mail/maildir/cur/two,U=7:2,Sxy"
check "asked for" test -e "$mail/maildir/cur/two,U=7:2,Sxy"
ls -l "$mail/maildir/cur" >"$top/out"
check "flag" defms flag +flagged from:b2
gives_way "two,U=7:2,Sxy" FS
check "the same flags, in another order" \
	mv "$mail/maildir/cur/two,U=7:2,FS" "$mail/maildir/cur/two,U=7:2,SF"
check "asked for" test -e "$mail/maildir/cur/two,U=7:2,SF"
check "a file of flags" sh -c 'echo -flagged >"$0/flags"' "$two"
gives_way "two,U=7:2,SF" S
check "no flags, in cur" \
	mv "$mail/maildir/cur/two,U=7:2,S" "$mail/maildir/cur/two,U=7"
ls -l "$mail/maildir/cur" >"$top/out"
check "flags in its thread" mv "$(echo "$roof"/cur/*M2.defms:2,)" \
	"$roof/cur/$(basename "$(echo "$roof"/cur/*M2.defms:2,)")S"
gives_way "two,U=7" S
mv "$mail/maildir/cur/two,U=7:2,S" "$mail/maildir/new/$(basename "$plain")"

# -- flags, asked for by who never passes the thread
cat >"$top/flags.py" <<'END2'
import os, subprocess, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
def flags():
    return os.read(os.open('flags', os.O_RDONLY, dir_fd=fd), 99).split()
now = set(flags())
for change in '+answered +flagged +draft -answered -draft'.split():
    subprocess.check_call([sys.argv[2], 'flag', change, '--', sys.argv[3]])
    now = now | {change[1:].encode()} if change[0] == '+' else now - {change[1:].encode()}
    end = time.time() + 3
    while set(flags()) != now:
        if time.time() > end:
            sys.exit('after %s: %s' % (change, flags()))
        time.sleep(0.02)
END2
check "a message's flags follow, seen from within" \
	python3 "$top/flags.py" "$two" "$DEFMS" from:b2

# -- removed, and brought back
ls -l "$mail/maildir/new" "$mail/maildir/cur" "$roof" "$roof/cur" >/dev/null
file=$(echo "$mail"/maildir/cur/*M2.defms:2,*)
check "it is there" test -e "$file"
old=$(stat -c %y "$mail/maildir/cur")
check "remove one" defms flag +removed from:b2
wait_for "its file is gone" not test -e "$file"
wait_for "it is not listed" count 1 "$mail/maildir/cur"
check "cur/ changed" newer "$mail/maildir/cur" "$old"
wait_for "its directory is gone" not test -e "$two"
wait_for "... from the listing" sh -c "! ls '$roof' | grep -qF .b2."
wait_for "info has one line" sh -c "[ \$(wc -l <'$roof/info') = 1 ]"
check "bring it back" defms flag -removed from:b2
wait_for "its file is there" test -e "$file"
wait_for "its directory is there" test -e "$two/raw.eml"
wait_for "it is listed" count 2 "$mail/maildir/cur"
wait_for "info has two lines" sh -c "[ \$(wc -l <'$roof/info') = 2 ]"
check "remove all of a thread" defms flag +removed from:b3
wait_for "its directory is gone" not test -e "$door"
wait_for "one thread is listed" count 1 "$mail/threads"
check_same "... and counted" 2 "$(($(stat -c %h "$mail/threads") + 1))"
check "all is well" defms check
check "bring it back" defms flag -removed from:b3
wait_for "its directory is there" test -e "$door/info"
wait_for "its file is there" test -e "$mail/maildir/new/$(basename \
	"$(echo "$door"/new/*)")"

# -- two threads become one
cat >"$top/join.py" <<'END2'
import os, sys, time
door, roof, name, box = sys.argv[1:]
fd = os.open(door, os.O_RDONLY)
new = os.open('new', os.O_RDONLY, dir_fd=fd)
def there(name, fd):
    try:
        os.stat(name, dir_fd=fd)
        return True
    except OSError:
        return False
assert there(name, fd) and there(box, new)
assert not there(roof + '/' + name, None)
print('ready', flush=True)
end = time.time() + 5
while there(name, fd) or there(box, new) or not there(roof + '/' + name, None):
    if time.time() > end:
        sys.exit('%s %s %s' % (there(name, fd), there(box, new), there(roof + '/' + name, None)))
    time.sleep(0.02)
END2
young=$(basename "$(echo "$door"/2026*.b3.*)")
python3 "$top/join.py" "$door" "$roof" "$young" \
	"$(basename "$(echo "$door"/new/*)")" >"$top/join" 2>&1 & joiner=$!
wait_for "one holds the younger open" grep -q ready "$top/join"
add 4 "Re: roof" 'References: <1@example.org> <3@example.org>
'
wait_for "the younger thread is a link" test -L "$door"
check "names in it are gone" wait "$joiner"
sed 's/^/# /' "$top/join" | grep -v ready
wait_for "its message moved" test -e "$roof/$young/raw.eml"
check "its flags follow" python3 "$top/flags.py" "$roof/$young" "$DEFMS" from:b3

# -- mail that is committed while its index waits (test builds only)
inbox() { defms status | sed -n 's/^folder *\([0-9]*\),.*INBOX/\1/p'; }
same() { [ "$(ls "$mail/maildir/new" "$mail/maildir/cur" |
	grep -c 'M[0-9]*[.]defms')" = "$(inbox)" ]; }
pid=$(cat "$mail/.defms/pid")
kill -STOP "$pid"
add 5 five
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	eml "six$n" six | DEFMS_CRASH=$n defms import --folder INBOX - 2>&1 |
		grep -q 'before the index' && break
done
kill -CONT "$pid"
sleep 0.5
ls "$mail/maildir/new" >/dev/null
eml 7 seven | defms import --folder other - 2>/dev/null >&2
wait_for "all that was committed is there" same

# -- links, after reindex gave addresses other serials
for n in 20 21 22 23 24 25 26 27; do
	add $n wall 'References: <wall@example.org>
'
done
for n in 20 21 22 23 24 25 26 27; do
	eml $n "own $n" | sed "s/^Message-ID: <$n/Message-ID: <own$n/" |
		defms import --folder INBOX - 2>/dev/null >&2
done
links() {
	for n in 20 21 22 23 24 25 26 27; do
		ls "$mail/by/from/b$n@example.org"
	done
}
wait_for "an address has its threads" count 2 "$mail/by/from/b27@example.org"
links >"$top/before"
check "reindex" defms reindex
sleep 1.2
links >"$top/after"
check "links are the same after reindex" cmp "$top/before" "$top/after"
check "no errors were written down" says "" "$mail/.defms/errors"

# -- a serial that no node can hold
umount_it
python3 - "$DEFMS_HOME/state.db" <<'END2'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE sqlite_sequence SET seq=4294967297 WHERE name='copies'")
db.commit()
END2
add 30 far
mount_it
have=$(ls "$mail/maildir/new" | wc -l)
check "the rest is listed" [ "$have" -gt 5 ]
check "what cannot be is not another's name" \
	not sh -c "ls '$mail/maildir/new' | grep M4294967298"
check_fails 1 "Value too large" stat "$mail/maildir/new/$(python3 - \
	"$DEFMS_HOME/state.db" <<'END2'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print('%d.M%d.defms' % db.execute('SELECT received, serial FROM copies ORDER BY serial DESC').fetchone())
END2
)"
check "... and it is written down" grep -q 4294967298 "$mail/.defms/errors"
umount_it
finish
