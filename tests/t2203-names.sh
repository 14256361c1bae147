#!/bin/sh
# SPDX-License-Identifier: ISC
# Names that somebody means no good with, in each kind of directory: taken byte
# for byte, or the errno that defms-tree(5) names, and nothing beside them is
# harmed. Two writers of one draft, and a rename over an open file.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_fuse
need_program python3 git
open_tree -o send.delay=1

cat >"$top/names.py" <<'END'
import errno, os, sys, time
os.chdir(os.fsencode(sys.argv[1]))
ok = [
    b'-rf', b'--help', b'cur', b'new', b'tmp', b'flags', b'info', b'a b',
    b' ', b'\\', b'"\'`$(x)', b'%s%n%d', b'a:2,S:2,T', b':2,S', b'x:2,',
    b'*', b'a;b', b'caf\xc3\xa9', b'\xe2\x80\xaegpj.exe', b'\xf0\x9f\x93\xa7',
    b'latin \xe9', b'\xff', b'\xc0\xaf', b'\xed\xa0\x80', b'\xe2\x80\xa8', b'M1.defms',
    b'1.M1.defms', b'CON', b'y' * 255, b'\xc3\xa9' * 127 + b'y', b'z' * 251 + b':2,S',
]
control = [b'a\nb', b'\n', b'\x01', b'a\tb', b'a\x1b[31mb', b'\x7f', b'\r']
far = [b'x' * 256, b'x' * 1000]

def letter(n):
    return (b'From: ada@example.org\nSubject: name %d\n'
            b'Message-ID: <name%d@x>\n\nhello\n' % (n, n))

def write(path, data=b'text\n'):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)

def read(path):
    with open(path, 'rb') as f:
        return f.read()

bad = []
def says(what, want, call, *args):
    try:
        call(*args)
        got = 0
    except OSError as e:
        got = e.errno
    if got != want:
        bad.append('%s: %s, want %s' % (what, errno.errorcode.get(got, got),
                                        errno.errorcode.get(want, want)))

def everywhere(name, want, dirs):
    for dir in dirs:
        says('create %s/%r' % (dir, name), want, write, dir.encode() + b'/' + name)

boxes = ['maildir/new', 'maildir/cur', 'maildir/.f/new', 'maildir/.f/cur']
plain = ['drafts', 'maildir/tmp', 'maildir/.f/tmp', 'maildir', 'maildir/.f']
fixed = ['threads', 'by', 'by/from', 'sent', '.defms', 'search', '.']
os.mkdir('maildir/.f')
n = 0

# -- mail, by a rename and written
for name in ok:
    for box in boxes:
        n += 1
        if n % 2:
            write(b'maildir/tmp/t', letter(n))
            says('rename %s %r' % (box, name), 0, os.rename, b'maildir/tmp/t', box.encode() + b'/' + name)
        else:
            says('write %s %r' % (box, name), 0, write, box.encode() + b'/' + name, letter(n))
for name in control:
    everywhere(name, errno.EINVAL, boxes)
    for box in boxes:
        write(b'maildir/tmp/t')
        says('rename %s %r' % (box, name), errno.EINVAL, os.rename, b'maildir/tmp/t', box.encode() + b'/' + name)
        says('link %s %r' % (box, name), errno.EINVAL, os.link, b'maildir/tmp/t', box.encode() + b'/' + name)
        os.unlink(b'maildir/tmp/t')

# -- files
for name in ok + control:
    free = [d for d in plain if not os.path.isdir(d.encode() + b'/' + name)]
    everywhere(name, 0, free)
    for dir in free:
        path = dir.encode() + b'/' + name
        assert name in os.listdir(dir.encode()), path
        assert read(path) == b'text\n', path
        says('rename %r' % path, 0, os.rename, path, dir.encode() + b'/+')
        says('rename %r' % path, 0, os.rename, dir.encode() + b'/+', path)
        says('mkdir %r' % path, errno.EEXIST, os.mkdir, path)
        says('symlink %r' % path, errno.EEXIST, os.symlink, 'x', path)
        says('unlink %r' % path, 0, os.unlink, path)
        says('unlink %r' % path, errno.ENOENT, os.unlink, path)

# -- too long
write('drafts/t')
for name in far:
    everywhere(name, errno.ENAMETOOLONG, boxes + plain + ['outbox'])
    for dir in boxes + plain + fixed + ['outbox']:
        path = dir.encode() + b'/' + name
        says('stat ' + dir, errno.ENAMETOOLONG, os.stat, path)
        says('rename to ' + dir, errno.ENAMETOOLONG, os.rename, b'drafts/t', path)
        says('rename from ' + dir, errno.ENAMETOOLONG, os.rename, path, b'drafts/u')
        says('link ' + dir, errno.ENAMETOOLONG, os.link, b'drafts/t', path)
        says('symlink ' + dir, errno.ENAMETOOLONG, os.symlink, 'x', path)
        says('mkdir ' + dir, errno.ENAMETOOLONG, os.mkdir, path)
        says('rmdir ' + dir, errno.ENAMETOOLONG, os.rmdir, path)
        says('unlink ' + dir, errno.ENAMETOOLONG, os.unlink, path)

# -- where no file can stand
for name in ok + control:
    for dir in fixed:
        path = dir.encode() + b'/' + name
        want = (errno.EEXIST,) if os.path.lexists(path) else (errno.EPERM,)
        says('create %r' % path, want[0], write, path)
        if not os.path.lexists(path):
            says('rename to %r' % path, errno.EPERM, os.rename, b'drafts/t', path)
says('over a directory', errno.EISDIR, os.rename, 'drafts/t', 'maildir/cur')
says('over a directory', errno.EISDIR, os.rename, 'drafts/t', 'maildir')
says('a directory over a file', errno.ENOTDIR, os.rename, 'maildir/.f', 'drafts/t')
says('unlink of one', errno.EISDIR, os.unlink, 'maildir/cur')
says('rmdir of a file', errno.ENOTDIR, os.rmdir, 'drafts/t')
says('below a file', errno.ENOTDIR, write, 'drafts/t/x')
os.unlink('drafts/t')

# -- folders
for name in [b'.' + x for x in ok + control]:
    text = name[1:]
    want = 0
    try:
        shown = text.decode()
    except UnicodeDecodeError:
        want = errno.EINVAL
    if len(text) > 200:
        want = want or errno.ENAMETOOLONG
    if any(c < 32 or c == 127 for c in text):
        want = errno.EINVAL
    if not all(text.split(b'.')):
        want = errno.EINVAL
    says('folder %r' % name, want, os.mkdir, b'maildir/' + name)
    if want == 0:
        assert name in os.listdir(b'maildir'), name
        says('rename %r' % name, 0, os.rename, b'maildir/' + name, b'maildir/.g')
        says('rename %r' % name, 0, os.rename, b'maildir/.g', b'maildir/' + name)
        says('rmdir %r' % name, 0, os.rmdir, b'maildir/' + name)
    else:
        says('rename to %r' % name, want, os.rename, b'maildir/.f', b'maildir/' + name)

# -- queries
for name in [b'\xff', b'from:', b'(', b'and', b'latin \xe9']:
    says('stat search/%r' % name, errno.ENOENT, os.stat, b'search/' + name)
    says('mkdir search/%r' % name, errno.EINVAL, os.mkdir, b'search/' + name)
for name in control + [b'-rf', b'%s%n%d', b'"', b'caf\xc3\xa9', b'y' * 255, b'\xe2\x80\xaegpj', b"'; DROP TABLE x--"]:
    says('mkdir search/%r' % name, 0, os.mkdir, b'search/' + name)
    says('ls search/%r' % name, 0, os.listdir, b'search/' + name)
    says('rmdir search/%r' % name, 0, os.rmdir, b'search/' + name)

# -- an outbox: what cannot be sent stays, and beside it stands why
def error_of(name):
    return b'outbox/' + name[:255 - len(b'.error')] + b'.error'
rests = [name for name in ok + control if not name.startswith(b'y' * 255)]
for name in rests:
    says('write outbox/%r' % name, 0, write, b'outbox/' + name, b'no header\n')
end = time.time() + 30
for name in rests:
    while not os.path.exists(error_of(name)) and time.time() < end:
        time.sleep(0.05)
    if not os.path.exists(error_of(name)):
        bad.append('no error beside outbox/%r' % name)
        continue
    text = read(error_of(name))
    if text.count(b'\n') != 1 or any(c < 32 and c != 10 for c in text):
        bad.append('%r: %r' % (error_of(name), text))
    says('unlink outbox/%r' % name, 0, os.unlink, b'outbox/' + name)
for name in os.listdir(b'outbox'):
    bad.append('left: outbox/%r' % name)

# -- all the mail is there, under these names
end = time.time() + 20
for box in boxes:
    for name in ok:
        path = box.encode() + b'/' + name
        try:
            fd = os.open(path, os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
        except OSError as e:
            bad.append('%r: %s' % (path, e))
            continue
        assert name in os.listdir(box.encode()), path
        if not read(path).endswith(b'hello\n'):
            bad.append('%r: other bytes' % path)
print('\n'.join(bad))
print(n)
sys.exit(len(bad) > 0)
END
check "hostile names, everywhere" python3 "$top/names.py" "$mail"
count=$(tail -n 1 "$top/out")
waits "$count" 'subject:name'
ls -b "$box"/new "$box"/cur "$box"/.f/* >"$top/before"
again
ls -b "$box"/new "$box"/cur "$box"/.f/* >"$top/after"
check "names are the same over a remount" cmp "$top/before" "$top/after"
check "nothing beside them was harmed" defms check

# -- two writers of one draft
cat >"$top/two.py" <<'END'
import os, sys
path = sys.argv[1]
one = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
two = os.open(path, os.O_RDWR)
more = os.open(path, os.O_WRONLY | os.O_APPEND)
def is_now(text):
    with open(path, 'rb') as f:
        got = f.read()
    assert got == text and os.fstat(one).st_size == len(text), (got, text)
    assert os.pread(two, 99, 0) == text
os.write(one, b'first line\n')
is_now(b'first line\n')
os.write(two, b'FIRST')
is_now(b'FIRST line\n')
os.write(more, b'added\n')
is_now(b'FIRST line\nadded\n')
os.write(one, b'ADDED')
is_now(b'FIRST line\nADDED\n')
os.ftruncate(two, 6)
is_now(b'FIRST ')
os.write(more, b'x')
is_now(b'FIRST x')
os.write(one, b'y')
is_now(b'FIRST x' + bytes(9) + b'y')
END
check "two writers of one draft" python3 "$top/two.py" "$drafts/two"

# -- renamed over while it is open
cat >"$top/over.py" <<'END'
import os, sys
os.chdir(sys.argv[1])
def put(path, text):
    with open(path, 'wb') as f:
        f.write(text)
def read(path):
    with open(path, 'rb') as f:
        return f.read()
put('old', b'old text\n')
put('new', b'new\n')
fd = os.open('old', os.O_RDWR)
inode = os.fstat(fd).st_ino
os.rename('new', 'old')
assert read('old') == b'new\n' and os.listdir('.').count('old') == 1
assert os.stat('old').st_ino != inode == os.fstat(fd).st_ino
assert os.pread(fd, 99, 0) == b'old text\n'
os.pwrite(fd, b'OLD', 0)
os.ftruncate(fd, 8)
os.fsync(fd)
assert os.pread(fd, 99, 0) == b'OLD text' and read('old') == b'new\n'
os.unlink('old')
assert os.pread(fd, 99, 0) == b'OLD text' and not os.path.exists('old')
put('old', b'third\n')
assert os.pread(fd, 99, 0) == b'OLD text' and read('old') == b'third\n'
os.close(fd)
END
check "a rename over an open draft" python3 "$top/over.py" "$drafts"
check "... in tmp/" python3 "$top/over.py" "$box/tmp"
eml held held >"$box/tmp/held"
mv "$box/tmp/held" "$box/new/held"
waits 1 id:held@example.org
exec 3<"$box/new/held"
eml over over >"$box/tmp/over"
check "a file over a message that is open" mv "$box/tmp/over" "$box/new/held"
waits 1 id:over@example.org
cat <&3 >"$top/held" 2>/dev/null
exec 3<&-
eml held held >"$top/want"
check "whoever has it open reads what it was, or nothing (ESTALE)" \
	sh -c '[ ! -s "$0" ] || cmp "$0" "$1"' "$top/held" "$top/want"
check_same "the name is the other's" "$(eml over over)" "$(cat "$box/new/held")"
close_tree
finish
