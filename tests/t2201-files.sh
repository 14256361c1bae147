#!/bin/sh
# SPDX-License-Identifier: ISC
# Files in the tree that are no mail: drafts/, outbox/, tmp/ and scratch files,
# with the programs that people write with.
. "$(dirname "$0")/lib.sh"
need_fuse
fresh_store
cat >"$top/one" <<END
From: Bob <bob@example.org>
To: ada@example.org
Subject: the roof
Date: Mon, 2 Nov 2026 10:00:00 +0000
Message-ID: <roof@example.org>

Shall we mend it?
END
defms import --folder INBOX "$top/one" >/dev/null
mount_it -o send.delay=600
thread=$(echo "$mail"/threads/*the-roof*)
message=$(dirname "$thread"/*/raw.eml)
drafts=$thread/drafts

# same FILE TEXT: FILE holds exactly TEXT.
same() { printf "$2" | cmp - "$1"; }
inode() { stat -c %i "$1"; }
has() { command -v "$1" >/dev/null; }

# -- where files can be made
for dir in "$mail/drafts" "$mail/outbox" "$drafts" "$thread/outbox" \
	"$thread/tmp" "$mail/maildir/tmp"; do
	name=${dir#"$mail/"}
	check "$name: a file is made" sh -c 'echo text >"$0/a file"' "$dir"
	check "$name: and read" same "$dir/a file" 'text\n'
	check "$name: and removed" rm "$dir/a file"
	check "$name: and gone" not test -e "$dir/a file"
done
for dir in "$mail/maildir" "$mail/maildir/new" "$mail/maildir/cur" \
	"$thread" "$thread/cur" "$message"; do
	name=${dir#"$mail/"}
	for scratch in .hidden 'x~' '#x#' 4913 sedAbC123 XXv9whfB x.swp; do
		check "$name: scratch file $scratch" \
			sh -c 'echo x >"$0" && rm "$0"' "$dir/$scratch"
	done
done
for dir in "$mail" "$mail/threads" "$mail/by" "$mail/sent" \
	"$thread" "$message" "$message/attachments" "$mail/.defms"; do
	test -d "$dir" || continue
	check "${dir#"$mail"}: no file" not sh -c 'echo x >"$0/letter"' "$dir"
done
check "a message is not written to" not sh -c 'echo x >>"$0"' "$message/raw.eml"
copy=$(echo "$mail/maildir/new"/*)
check "nor its copy" not sh -c 'echo x >>"$0"' "$copy"
check "nor emptied" not truncate -s 0 "$copy"
check "it is as it was" cmp "$top/one" "$copy"

# -- bytes
d=$drafts/letter
printf 'one\r\ntwo\n' >"$d"
check "CRLF stays CRLF" same "$d" 'one\r\ntwo\n'
echo three >>"$d"
check "appended" same "$d" 'one\r\ntwo\nthree\n'
echo xy >"$d"
check "a shorter text leaves nothing of the longer" same "$d" 'xy\n'
truncate -s 10 "$d"
check_same "made longer" 10 "$(stat -c %s "$d")"
truncate -s 2 "$d"
check "made shorter" same "$d" xy
dd if=/dev/urandom of="$top/large" bs=1M count=5 2>/dev/null
check "5 MiB" cp "$top/large" "$drafts/large"
check "... are the same" cmp "$top/large" "$drafts/large"
printf abc | dd of="$drafts/large" bs=1 seek=3000000 conv=notrunc 2>/dev/null
printf abc | dd of="$top/large" bs=1 seek=3000000 conv=notrunc 2>/dev/null
check "a write in the middle" cmp "$top/large" "$drafts/large"

# -- attributes
chmod 600 "$d"
check_same "mode" 600 "$(stat -c %a "$d")"
chmod 644 "$d"
check "chown to oneself" chown "$(id -u):$(id -g)" "$d"
touch -d @1700000000.123456789 "$d"
check_same "time" 1700000000.123456789 "$(stat -c %.9Y "$d")"

# -- names
i=$(inode "$d")
mv "$d" "$drafts/renamed"
check_same "a rename keeps the inode" "$i" "$(inode "$drafts/renamed")"
check "the old name is gone" not test -e "$d"
ln "$drafts/renamed" "$d"
check_same "a link has the same" "$i 2" "$(stat -c '%i %h' "$d")"
check_same "both are listed" "letter renamed" \
	"$(cd "$drafts" && ls letter renamed | xargs)"
rm "$drafts/renamed"
check_same "one name is left" 1 "$(stat -c %h "$d")"
ln -s ada@host.1 "$drafts/.#letter"
check_same "a symbolic link" ada@host.1 "$(readlink "$drafts/.#letter")"
rm "$drafts/.#letter"
echo other >"$drafts/other"
exec 3<"$d"
mv "$drafts/other" "$d"
check_same "an open file survives a rename over it" xy "$(cat <&3)"
exec 3<&-
check "the name has the other" same "$d" 'other\n'
exec 3<>"$d"
rm "$d"
printf more >&3
check_same "an open file survives its unlink" more \
	"$(dd if=/proc/self/fd/3 bs=1 count=4 2>/dev/null)"
exec 3<&-
check "the name is gone" not test -e "$d"
for length in 1 200 255; do
	long=$(printf "%${length}s" | tr ' ' n)
	check "a name of $length bytes" sh -c 'echo x >"$0"' "$drafts/$long"
	check "... is listed" test -n "$(find "$drafts" -name "$long")"
	rm "$drafts/$long"
done
long=$(printf "%256s" | tr ' ' n)
check "one of 256 is not made" not sh -c 'echo x >"$0"' "$drafts/$long"
odd=$(printf 'a\tb\nc\033[31m\177d')
echo odd >"$drafts/$odd"
check "control characters in a name" same "$drafts/$odd" 'odd\n'
check "two are exchanged? no" not python3 - "$drafts" <<'END'
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
a, b = (sys.argv[1] + '/' + x for x in ('letter', 'odd'))
open(a, 'w').close(); open(b, 'w').close()
r = libc.renameat2(-100, a.encode(), -100, b.encode(), 2)
sys.exit(r != 0)
END
check "mv -n does not replace" sh -c 'cd "$0" && echo 1 >p && echo 2 >q &&
	mv -n p q; grep -q 2 q' "$drafts"
check "no directory is made" not mkdir "$drafts/sub"
rm -f "$drafts"/*

# -- programs
# edits NAME COMMAND...: the command makes "Yes, on Saturday." of it.
edits() {
	program=$1
	shift
	has "$program" || { echo "# no $program"; return; }
	for dir in "$drafts" "$mail/outbox"; do
		echo "Yes, on Friday." >"$dir/answer"
		check "$* in ${dir#"$mail/"}" "$@" "$dir/answer"
		check "... has saved" grep -qx "Yes, on Saturday." "$dir/answer"
		check_same "... and left nothing else" answer \
			"$(ls -A "$dir" | grep -v '~$')"
		rm -f "$dir"/answer*
	done
}
edits vim vim -N -u NONE -i NONE -es -c 's/Friday/Saturday/' -c wq
edits vim vim -N -u NONE -i NONE -es -c 'set backup backupcopy=no' \
	-c 's/Friday/Saturday/' -c wq
edits vim vim -N -u NONE -i NONE -es -c 'set backup backupcopy=yes' \
	-c 's/Friday/Saturday/' -c wq
emacs_edit() {
	emacs -Q --batch "$1" --eval '(progn (re-search-forward "Friday")
		(replace-match "Saturday") (save-buffer))' 2>&1
}
edits emacs emacs_edit
edits sed sed -i s/Friday/Saturday/
edits perl perl -i -pe s/Friday/Saturday/
edits perl perl -i~ -pe s/Friday/Saturday/
edits ed sh -c 'printf "s/Friday/Saturday/\nwq\n" | ed -s "$0"'

mkdir "$top/some"
for n in 1 2 3; do
	echo "file $n" >"$top/some/$n"
	touch -d "@170000000$n" "$top/some/$n"
done
check "cp -a" cp -a "$top/some/." "$drafts/"
check "... all are there" diff -r "$top/some" "$drafts"
check_same "... with their times" 1700000002 "$(stat -c %Y "$drafts/2")"
rm "$drafts"/?
if has rsync; then
	check "rsync -a" rsync -a "$top/some/" "$drafts/"
	check "... all are there" diff -r "$top/some" "$drafts"
	check_same "... and not again" "" \
		"$(rsync -ai "$top/some/" "$drafts/" | grep '^>f')"
	rm "$drafts"/?
fi
check "tar x" sh -c 'tar cf - -C "$0" 1 2 3 | tar xf - -C "$1"' \
	"$top/some" "$drafts"
check "... all are there" diff -r "$top/some" "$drafts"
check "mv into another directory" mv "$drafts/1" "$mail/drafts/"
check "mv out of the mount" mv "$drafts/2" "$top/two"
check "... its bytes" same "$top/two" 'file 2\n'
check "mv into the mount" mv "$top/two" "$drafts/2"
check "install" install -m 640 "$top/some/1" "$drafts/installed"
check_same "... with its mode" 640 "$(stat -c %a "$drafts/installed")"
check "mmap" python3 - "$drafts/3" <<'END'
import mmap, sys
with open(sys.argv[1], 'r+b') as f:
    m = mmap.mmap(f.fileno(), 0)
    m[0:4] = b'FILE'
    m.flush()
assert open(sys.argv[1], 'rb').read() == b'FILE 3\n'
END
check "fsync of a file and of its directory" python3 - "$drafts" <<'END'
import os, sys
d = sys.argv[1]
for flags in (os.O_WRONLY | os.O_CREAT, os.O_RDONLY):
    fd = os.open(d + '/synced', flags, 0o644); os.fsync(fd); os.fdatasync(fd)
fd = os.open(d, os.O_RDONLY); os.fsync(fd)
END

# -- a listing beside changes
check "a listing beside renames misses and doubles none" \
	python3 - "$mail/drafts" <<'END'
import os, sys, threading
d = sys.argv[1]
for i in range(400):
    open(f'{d}/{i:03}', 'w').close()
def churn():
    for r in range(3):
        for i in range(400):
            os.rename(f'{d}/{i:03}' + 'x' * r, f'{d}/{i:03}' + 'x' * (r + 1))
t = threading.Thread(target=churn); t.start()
rounds = 0
while t.is_alive() or rounds < 3:
    names = [n.rstrip('x') for n in os.listdir(d) if n[0].isdigit()]
    names = [n for n in names if len(n) == 3]
    assert len(set(names)) == 400, len(set(names))
    rounds += 1
t.join()
for i in range(400):
    os.unlink(f'{d}/{i:03}xxx')
END

# -- times of directories
before=$(stat -c %.9Y "$drafts")
touch "$drafts/a"
after=$(stat -c %.9Y "$drafts")
check "the time of a directory grows" [ "$before" "<" "$after" ]

# -- over a remount, and a kill
echo kept >"$thread/.kept"
echo tmp >"$mail/maildir/tmp/1.a"
list() {
	(cd "$mail" && find drafts threads/*/drafts threads/*/.kept \
		maildir/tmp -type f -printf '%p %i %s %T@\n' | sort)
}
want=$(list) time=$(stat -c %.9Y "$drafts")
umount_it
mount_it -o send.delay=600
check_same "all is the same after a remount" "$want" "$(list)"
check_same "the time of a directory too" "$time" "$(stat -c %.9Y "$drafts")"
echo late >"$drafts/late"
want=$(list)
kill -9 "$(cat "$mail/.defms/pid")"
wait_for "killed" sh -c '! stat "$0/drafts"' "$mail"
fusermount3 -u -z "$mail"
mount_it -o send.delay=600
check_same "and after a kill" "$want" "$(list)"
check "what was written last too" same "$drafts/late" 'late\n'
check "nobody else reads what lies on the disk" sh -c \
	'[ "$(stat -c %a "$0")" = 700 ]' "$DEFMS_HOME/files"
check_same "nothing is queued" "" "$(defms status --queue)"
check_same "no message came of it" 1 "$(defms search --count '*' 2>/dev/null ||
	defms search --messages subject:roof | wc -l)"
umount_it
finish
