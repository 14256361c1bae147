#!/bin/sh
# SPDX-License-Identifier: ISC
# Files come to rest: not while anybody has them open for writing.
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
fresh_store
mount_it -o send.delay=1
box=$mail/maildir

letter() {
	printf 'From: bob@example.org\nTo: ada@example.org\nSubject: %s\n' "$1"
	printf 'Message-ID: <%s@example.org>\n\nbody\n' "$1"
}
found() { [ "$(defms search --messages "subject:$1" | wc -l)" = "$2" ]; }
queued() { [ "$(defms status --queue | wc -l)" = "$1" ]; }

# While one is open for writing, others that came later arrive: a barrier that
# needs no sleep.
later() {
	letter "after$1" >"$box/new/after$1"
	wait_for "what came later arrives" found "after$1" 1
}

# -- new/
exec 3>"$box/new/open"
letter open >&3
later 1
check "held open by a shell: none" found open 0
inode=$(stat -c %i "$box/new/open")
exec 3>&-
wait_for "closed: a message" found open 1
check_same "its inode is the same" "$inode" "$(stat -c %i "$box/new/open")"
letter open >"$top/open"
check "and its bytes" cmp "$top/open" "$box/new/open"
check "it cannot be written to" not sh -c 'echo x >>"$0"' "$box/new/open"

letter append >"$top/append"
head -c 50 "$top/append" >"$box/new/.append"
exec 3>>"$box/new/.append"
mv "$box/new/.append" "$box/new/append.error"
mv "$box/new/append.error" "$box/new/.append"
tail -c +51 "$top/append" >&3
exec 3>&-
check "under a scratch name it never arrives" found append 0
mv "$box/new/.append" "$box/new/append"
wait_for "renamed, it does" found append 1
check "whole" cmp "$top/append" "$box/new/append"

letter mapped >"$top/mapped"
python3 - "$box/new/mapped" "$top/mapped" "$top/go" <<'END' &
import mmap, os, sys, time
data = open(sys.argv[2], 'rb').read()
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
os.ftruncate(fd, len(data))
m = mmap.mmap(fd, 0)
os.close(fd)
open(sys.argv[3] + '.ready', 'w').close()
while not os.path.exists(sys.argv[3]):
    time.sleep(0.02)
m[:] = data
m.flush()
END
wait_for "somebody maps it" test -e "$top/go.ready"
later 2
check "mapped for writing, its descriptor closed: none" found mapped 0
touch "$top/go"
wait
wait_for "unmapped: a message" found mapped 1
check "its bytes" cmp "$top/mapped" "$box/new/mapped"

exec 3<"$box/new/mapped"
letter read >"$box/new/read"
exec 4<"$box/new/read"
wait_for "a reader holds up nothing" found read 1
check "he reads on" cmp - "$box/new/read" <&4
exec 3<&- 4<&-

# -- outbox/
draft() { printf 'To: bob@example.org\nSubject: %s\n\n%s\n' "$1" "$2"; }
exec 3>"$mail/outbox/open"
draft first one >&3
draft second two >"$mail/outbox/second"
wait_for "what rests is queued" queued 1
check "what is open is not" not sh -c 'defms() { "$DEFMS" "$@"; }
	defms status --queue | grep first'
check "it is still there" test -s "$mail/outbox/open"
exec 3>&-
wait_for "closed, it is queued" queued 2
wait_for "and gone" sh -c '[ -z "$(ls -A "$0")" ]' "$mail/outbox"
check "its name is free" sh -c 'echo x >"$0" && rm "$0"' "$mail/outbox/open"

draft third "To be changed" >"$mail/outbox/third"
mv "$mail/outbox/third" "$mail/drafts/third"
draft fourth four >"$mail/outbox/fourth"
wait_for "the next is queued" queued 3
check "what was taken back is not" test -s "$mail/drafts/third"
ln "$mail/drafts/third" "$mail/outbox/linked"
wait_for "a link into the outbox is sent" queued 4
check "the draft stays" test -s "$mail/drafts/third"
check "and can be written" sh -c 'echo more >>"$0"' "$mail/drafts/third"

echo 'Subject: nobody' >"$mail/outbox/nobody"
wait_for "refused" test -s "$mail/outbox/nobody.error"
ls "$mail/outbox" >"$top/list"
check_same "both are listed" "nobody nobody.error" "$(xargs <"$top/list")"
draft nobody five >"$mail/outbox/nobody"
wait_for "written anew, it is sent" queued 5
wait_for "its error is gone" not test -e "$mail/outbox/nobody.error"

# -- a kill in between
exec 3>"$box/new/killed"
letter killed >&3
pid=$(cat "$mail/.defms/pid")
kill -9 "$pid"
exec 3>&-
wait_for "killed" sh -c '! stat "$0/drafts"' "$mail"
fusermount3 -u -z "$mail"
mount_it -o send.delay=1
wait_for "what was being written is a message" found killed 1
check_same "once" 1 "$(ls "$box/new" | grep -c killed)"
check_same "nothing is left behind" "" \
	"$(find "$DEFMS_HOME/files" -type f ! -path '*/drafts/*')"
umount_it

# -- written to while it is made a message of: it rests once more
mount_it -o send.delay=0
head -c 20000000 /dev/zero >"$mail/drafts/large"
python3 - "$mail/outbox/growing" "$mail/drafts" <<'END'
import os, sys, time
path, drafts = sys.argv[1:]
with open(drafts + '/growing', 'w') as f:
    f.write('To: bob@example.org\nSubject: grown\nAttach: %s/large\n\n' % drafts)
os.rename(drafts + '/growing', path)
for i in range(40):
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        break
    os.write(fd, b'line\n')
    os.close(fd)
    time.sleep(0.025)
END
wait_for "in the end it is sent" found grown 1
check "and gone" not test -e "$mail/outbox/growing"
umount_it
finish
