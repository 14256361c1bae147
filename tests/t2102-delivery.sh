#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail that is put into the mount, by every way that programs know, becomes a
# message once; what is no mail stays a file that says why.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_fuse
need_program python3
fresh_store
mount_it
box=$mail/maildir
found() { [ "$(defms search --messages --count "$2")" = "$1" ]; }

message 1 >"$top/1"
check "tmp, rename" deliver "$top/1"
wait_for "a message" found 1 'subject:"Number 1"'
message 2 >"$top/2"
check "tmp, link, unlink, utimensat" python3 - "$top/2" "$box" <<'END'
import os, sys
data = open(sys.argv[1], 'rb').read()
box = sys.argv[2]
tmp, new = box + '/tmp/new.2.host', box + '/new/2.host'
fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
os.write(fd, data)
os.fsync(fd)
os.close(fd)
os.link(tmp, new)
assert os.stat(tmp).st_ino == os.stat(new).st_ino
os.unlink(tmp)
os.utime(new, (1700000000, 1700000000))
assert open(new, 'rb').read() == data
os.close(os.open(new, os.O_RDONLY))
assert os.listdir(box + '/tmp') == []
END
wait_for "a message" found 1 'subject:"Number 2"'
check_same "its time" 1700000000 "$(stat -c %Y "$box/new/2.host")"
check "its bytes" cmp "$top/2" "$box/new/2.host"
message 3 >"$top/3"
check "O_EXCL into new" sh -c 'set -C; cat "$0" >"$1"' "$top/3" "$box/new/3"
wait_for "a message" found 1 'subject:"Number 3"'
message 4 >"$top/4"
check "cp into cur" cp "$top/4" "$box/cur/4:2,FS"
wait_for "a message" found 1 'subject:"Number 4" is:flagged'
if command -v rsync >/dev/null; then
	message 5 >"$top/5"
	check "rsync" rsync -a "$top/5" "$box/cur/5:2,RS"
	wait_for "a message" found 1 'subject:"Number 5" is:answered'
fi
message 6 >"$top/6"
inode=
check "written in pieces" sh -c '
	exec 3>"$1"
	head -c 100 "$0" >&3
	sleep 0.3
	tail -c +101 "$0" >&3' "$top/6" "$box/new/6"
wait_for "is one message" found 1 'subject:"Number 6"'
check "with all bytes" cmp "$top/6" "$box/new/6"

check "fsync of a directory" python3 - "$box" "$top/1" <<'END'
import os, sys
box = sys.argv[1]
data = open(sys.argv[2], 'rb').read().replace(b'1', b'7')
with open(box + '/tmp/7', 'wb') as f:
    f.write(data)
os.rename(box + '/tmp/7', box + '/new/7')
fd = os.open(box + '/new', os.O_RDONLY)
os.fsync(fd)
END
check "is when it is a message" found 1 'subject:"Number 7"'

# Inode numbers rise with arrival, and stay.
check "inode numbers" python3 - "$box" "$top/1" <<'END'
import os, sys
box = sys.argv[1]
data = open(sys.argv[2], 'rb').read()
last = 0
for i in range(100, 140):
    name = '%d.x' % i
    with open(box + '/tmp/' + name, 'wb') as f:
        f.write(data.replace(b'1', b'%d' % i))
    os.rename(box + '/tmp/' + name, box + '/new/' + name)
    inode = os.stat(box + '/new/' + name).st_ino
    assert inode > last, (i, inode, last)
    last = inode
fd = os.open(box + '/new', os.O_RDONLY)
os.fsync(fd)
assert os.stat(box + '/new/139.x').st_ino == last
end = sorted(os.listdir(box + '/new'), key=lambda n: os.stat(box + '/new/' + n).st_ino)
assert end[-40:] == ['%d.x' % i for i in range(100, 140)], end
END

# The same message again is another copy; another folder; a thread's new.
check "the same bytes" deliver "$top/1"
wait_for "are one message" found 1 'subject:"Number 1"'
wait_for "with two copies" sh -c '[ "$(grep -lx "Subject: Number 1" "$0"/new/* |
	wc -l)" = 2 ]' "$box"
check "a folder" mkdir "$box/.lists.x"
message 8 >"$top/8"
check "delivered there" deliver "$top/8" lists.x
wait_for "is found" found 1 'folder:lists/x subject:"Number 8"'
thread=$(echo "$mail"/threads/*number-8*)
message 9 8 >"$top/9"
check "into a thread's new" sh -c 'cp "$0" "$1/tmp/9"; mv "$1/tmp/9" "$1/new/9"' \
	"$top/9" "$thread"
wait_for "files into INBOX" found 1 'folder:INBOX subject:"Number 9"'
wait_for "and shows in the thread" sh -c '[ "$(ls "$0/new" | wc -l)" = 2 ]' \
	"$thread"

# No mail.
printf '\0\1\2 no mail' >"$top/bad"
check "what is no mail" cp "$top/bad" "$box/new/bad"
wait_for "has an error beside it" test -e "$box/new/bad.error"
check "of one line" [ "$(wc -l <"$box/new/bad.error")" = 1 ]
check "its bytes are there" cmp "$top/bad" "$box/new/bad"
check "it is told" grep -q 'bad: not a mail message' "$mail/.defms/errors"
message 10 >"$top/10"
check "others still come" deliver "$top/10"
wait_for "as before" found 1 'subject:"Number 10"'
umount_it
mount_it
wait_for "it stays over a remount" test -e "$box/new/bad.error"
check_same "and only it" "bad bad.error" \
	"$(cd "$box/new" && echo bad*)"
check "removed" rm "$box/new/bad"
wait_for "the error goes with it" not test -e "$box/new/bad.error"
cp "$top/bad" "$box/new/bad"
wait_for "again" test -e "$box/new/bad.error"
message 11 >"$top/11"
check "mail in its place" mv "$top/11" "$box/new/bad"
wait_for "is delivered" found 1 'subject:"Number 11"'
wait_for "the error is gone" not test -e "$box/new/bad.error"
check "scratch names stay files" sh -c '
	for name in .x.AbCdEf x~ "#x#" 4913 sedAbC123 XXv9whfB x.swp; do
		cp "$0" "$1/$name"
	done' "$top/1" "$box/new"
check "fsync" sync -f "$box/new"
check_same "no message came of them" 2 "$(cat "$box"/new/*.test |
	grep -cx 'Subject: Number 1')"
# One name in new/ and in cur/: an export has both.
for number in 20 21; do
	message $number >"$box/tmp/same"
	mv "$box/tmp/same" "$box/$([ $number = 20 ] && echo new || echo cur)/same:2,S"
	wait_for "message $number is here" found 1 "subject:\"Number $number\""
done
check "export" defms export --maildir '' "$top/exported"
for where in new cur; do
	check "its $where/ has what ours has" \
		cmp "$box/$where/same:2,S" "$top/exported/$where/same:2,S"
done
umount_it
check "the mailbox is sound" defms check
finish
