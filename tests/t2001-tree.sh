#!/bin/sh
# SPDX-License-Identifier: ISC
# The mounted tree: every path is there, every size is true, names and inode
# numbers survive a remount, and nothing can be written.
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
fresh_store

# The messages of tests/data, a large one with CRLF, a large one with LF, and
# two of one thread.
python3 - "$top" "$tests/data" <<'END' || exit 1
import base64, os, sys
top, data = sys.argv[1:]
os.makedirs(top + '/in/cur'); os.makedirs(top + '/in/new'); os.makedirs(top + '/in/tmp')
for n, f in enumerate(sorted(os.listdir(data))):
    if f.endswith('.eml'):
        open('%s/in/cur/%d.x:2,S' % (top, n), 'wb').write(open(data + '/' + f, 'rb').read())
def mail(n, subject, extra=b'', body=b'hello\n'):
    return (b'From: Bob B <bob@example.org>\nTo: ada@example.org\nSubject: %s\n'
            b'Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <%d@tree.example>\n%s\n%s' % (subject, n, extra, body))
big = base64.encodebytes(bytes(range(256)) * 9000)
mime = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n'
body = (b'--b\nContent-Type: text/plain\n\nsee there\n--b\nContent-Type: application/zip; name="big.zip"\n'
        b'Content-Transfer-Encoding: base64\n\n%s\n--b\nContent-Type: text/html\n'
        b'Content-Disposition: attachment; filename="a b.html"\n\n<p>x\n--b--\n' % big)
out = {'1.first': mail(1, b'roof'), '2.second:2,F': mail(2, b'Re: roof', b'In-Reply-To: <1@tree.example>\n'),
       '3.large': mail(3, b'large', mime, body), '4.crlf': mail(4, b'large crlf', mime, body).replace(b'\n', b'\r\n')}
for name, content in out.items():
    open('%s/in/new/%s' % (top, name), 'wb').write(content)
open(top + '/big.zip', 'wb').write(bytes(range(256)) * 9000)
END
# Some of tests/data are no messages: import says so, and goes on.
defms import --folder INBOX "$top/in" >/dev/null 2>&1
defms import --folder lists/a "$top/in" >/dev/null 2>&1
mount_it

cat >"$top/walk.py" <<'END'
import os, sys
bad = files = 0
def walk(d):
    global bad, files
    names, links = set(), 0
    for e in list(os.scandir(d)):
        st = e.stat(follow_symlinks=False)
        wrong = e.name in names or e.inode() != st.st_ino
        names.add(e.name)
        if e.is_symlink():
            wrong |= len(os.fsencode(os.readlink(e.path))) != st.st_size or not os.path.exists(e.path)
        elif e.is_dir(follow_symlinks=False):
            links += 1
            walk(e.path)
        else:
            files += 1
            content = open(e.path, 'rb').read()
            after = os.lstat(e.path)
            wrong |= (st.st_size, st.st_mtime_ns) != (len(content), after.st_mtime_ns)
        if wrong:
            bad += 1
            print('lies:', e.path, st.st_size)
    n = os.stat(d).st_nlink
    if n not in (1, 2 + links):
        bad += 1
        print('links:', d, n, links)
walk(sys.argv[1])
sys.exit(bad != 0 or files < 300)
END
check "each size, time, inode number and count of links is true" \
	python3 "$top/walk.py" "$mail"

for path in README.txt threads maildir by/date by/from by/to by/list \
	by/flag/unread search sent .defms/status .defms/errors .defms/log \
	.defms/pid by/date/2026/11 by/from/bob@example.org maildir/.lists.a/cur \
	maildir/cur maildir/new maildir/tmp; do
	check "$path is there" test -e "$mail/$path"
done
thread=$(echo "$mail"/threads/2026-11-02.roof.*)
check_same "a thread holds its messages" 2 \
	"$(ls -d "$thread"/2026* | wc -l)"
check_same "info has a line a message" 2 "$(wc -l <"$thread/info")"
check_same "thread.mbox holds them" 2 "$(grep -c '^From ' "$thread/thread.mbox")"
message=$(ls -d "$thread"/2026* | head -n 1)
check_same "from" "Bob B <bob@example.org>" "$(cat "$message/from")"
check_same "text" hello "$(cat "$message/text")"
check "raw.eml is the message" cmp "$message/raw.eml" "$top/in/new/1.first"
check "the Maildir view keeps names" \
	cmp "$mail/maildir/new/1.first" "$top/in/new/1.first"
check "... and flags" \
	cmp "$mail/maildir/new/2.second:2,F" "$top/in/new/2.second:2,F"
check_same "a thread is a Maildir" 2 "$(ls "$thread/new" | wc -l)"
check_same "an unread flagged message says so" "flagged" \
	"$(cat "$thread"/2026*/flags)"
for name in large large-crlf; do
	dir=$(echo "$mail"/threads/2026-11-02.$name.*/2026*)
	check "$name: the attachment comes out whole" \
		cmp "$dir/attachments/big.zip" "$top/big.zip"
	check_same "$name: a name with a space is one file" 2 \
		"$(ls "$dir/attachments" | wc -l)"
done
check "a large message with CRLF is byte for byte" \
	cmp "$mail/maildir/new/4.crlf" "$top/in/new/4.crlf"
check_same "a link leads to its thread" "../../../threads/$(basename "$thread")" \
	"$(readlink "$mail/by/from/bob@example.org/$(basename "$thread")")"
check_same "an address is found in any spelling" "$(ls "$mail/by/from/bob@example.org/" | wc -l)" \
	"$(ls "$mail/by/from/BOB@Example.org/" | wc -l)"
check_same "a query is a directory" "$(basename "$thread")" \
	"$(ls "$mail/search/subject:roof from:bob")"
check_same "... that is listed" "subject:roof from:bob" "$(ls "$mail/search")"
check "a bad query is not there" not test -e "$mail/search/date:not..adate"
check "nor is a scratch file" not test -e "$mail/search/.git"

check "a file cannot be written" not sh -c "echo x >'$message/text'"
check "nor made" not touch "$mail/threads/x"
check "nor removed" not rm -f "$thread/info"
check "nor a directory made" not mkdir "$mail/threads/x"
check "statfs works" stat -f "$mail"

names() { (cd "$mail" && find threads maildir by/flag -printf '%p %i\n' | sort); }
before=$(names)
umount_it
mount_it
check_same "names and inode numbers survive a remount" "$before" "$(names)"
check "no errors were written down" not test -s "$mail/.defms/errors"

# A damaged store: the file is refused, the rest goes on.
umount_it
python3 - "$DEFMS_HOME" <<'END'
import glob, os, sys
for pack in glob.glob(sys.argv[1] + '/mailbox.git/objects/pack/*.pack'):
    os.chmod(pack, 0o600)
    with open(pack, 'r+b') as f:
        f.seek(2000)
        f.write(bytes(40000))
END
mount_it
check "a damaged message is not read" not cat "$mail"/maildir/cur/*
check "... and written down, by its hash" \
	grep -q 'message [0-9a-f]\{64\}' "$mail/.defms/errors"
check "the listing goes on" ls -lR "$mail/threads"
umount_it
check_fails 1 "No such file" "$DEFMS" mount "$top/nowhere"
check_fails 1 "option" "$DEFMS" mount -o frobnicate "$mail"
check_fails 1 "." "$DEFMS" umount "$top"
check_fails 2 "one directory" "$DEFMS" mount
finish
