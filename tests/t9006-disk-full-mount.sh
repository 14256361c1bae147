#!/bin/sh
# SPDX-License-Identifier: ISC
# The disk is full at each change in turn while a mount is used
# (tests/fake/diskfull.c): who delivers, changes flags or writes drafts is told
# ENOSPC and nothing is changed, or it was done; what fails later is written
# down; and with room again what was accepted arrives, once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_fuse
need_program python3 git

export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
[ -e "$FAKES/libdiskfull.so" ] || skip_all "no libdiskfull.so"
fresh_store
mail=$top/mail
mkdir "$mail"
make_mail
check "mail" defms import --folder INBOX "$mail_made/1.mbox"
export DISKFULL_ROOT="$top/ada" DISKFULL_LOG="$top/failed" \
	DISKFULL_WHEN="$top/full"
check "mount" env LD_PRELOAD="$FAKES/libdiskfull.so" "$DEFMS" mount "$mail"

cat >"$top/full.py" <<'END'
import errno, os, sys, time
top, kind, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(top + '/mail')
box, full, failed = 'maildir', top + '/full', top + '/failed'
number = 0

def letter(name):
    return ('From: ada@example.org\nSubject: D %s\nMessage-ID: <%s@full>\n\n%s\n'
            % (name, name, 'x' * 3000)).encode()

def read(path):
    with open(path, 'rb') as f:
        return f.read()

def write(path, data, flags=os.O_CREAT | os.O_EXCL):
    fd = os.open(path, os.O_WRONLY | flags, 0o600)
    try:
        while data:
            data = data[os.write(fd, data):]
    finally:
        os.close(fd)

def sync(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

def there(path):
    listed = os.path.basename(path) in os.listdir(os.path.dirname(path) or '.')
    assert listed == os.path.lexists(path), path
    return listed

def done(call, *args):
    """Was it done? All it may say else is that there is no room."""
    try:
        call(*args)
        return True
    except OSError as e:
        assert e.errno == errno.ENOSPC, '%s%s: %s: %s' % (
            call.__name__, args, e, read('.defms/errors').decode())
        return False

def soon(call, *args):
    end = time.time() + 5
    while not done(call, *args):
        assert time.time() < end, '%s%s' % (call.__name__, args)
        time.sleep(0.02)

def deliver(name):
    write('%s/tmp/%s' % (box, name), letter(name))
    os.rename('%s/tmp/%s' % (box, name), '%s/new/%s' % (box, name))

def deliver_directly(name):
    write('%s/new/%s' % (box, name), letter(name))

def take_back(path):
    if os.path.lexists(path):
        os.unlink(path)

class Deliver:
    def begin(self, name):
        pass
    def run(self, name):
        return done(self.call, name)
    def check(self, name, was):
        path = '%s/new/%s' % (box, name)
        if not was and self.call is deliver:
            assert not there(path), path
        if not was:
            take_back('%s/tmp/%s' % (box, name))
            take_back(path)
            self.call(name)
        for dir in box + '/new', box + '/cur':
            soon(sync, dir)
        assert read(path) == letter(name), path
        assert not there('%s/tmp/%s' % (box, name))

class Renamed(Deliver):
    call = staticmethod(deliver)

class Direct(Deliver):
    """Nobody says when it is whole: it becomes a message by and by."""
    call = staticmethod(deliver_directly)
    def run(self, name):
        was = super().run(name)
        end = time.time() + 5
        while was and os.path.exists('%s/ada/home/files/folder-0-new/%s' % (top, name)) \
                and not os.path.exists(failed):
            assert time.time() < end
            time.sleep(0.01)
        return was

class Change:
    """Something that is so before, and otherwise after."""
    def check(self, name, was):
        assert self.is_so(name) == was, (self.is_so(name), was)
        if not was:
            self.change(name)
            assert self.is_so(name)
    def run(self, name):
        return done(self.change, name)

class Flags(Change):
    def begin(self, name):
        deliver(name)
        sync(box + '/new')
    def change(self, name):
        os.rename('%s/new/%s' % (box, name), '%s/cur/%s:2,S' % (box, name))
    def is_so(self, name):
        new = there('%s/cur/%s:2,S' % (box, name))
        assert there('%s/new/%s' % (box, name)) != new
        return new

class FlagsFile(Change):
    path = None
    def begin(self, name):
        if not self.path:
            for dir, dirs, files in os.walk('threads'):
                if 'raw.eml' in files:
                    FlagsFile.path = dir + '/flags'
        write(self.path, b'-flagged', 0)
    def change(self, name):
        write(self.path, b'+flagged', 0)
    def is_so(self, name):
        return b'flagged' in read(self.path)

class Remove(Change):
    def begin(self, name):
        deliver(name)
        sync(box + '/new')
    def change(self, name):
        os.unlink('%s/new/%s' % (box, name))
    def is_so(self, name):
        return not there('%s/new/%s' % (box, name))

class Folder(Change):
    def begin(self, name):
        pass
    def change(self, name):
        os.mkdir('%s/.%s' % (box, name))
    def is_so(self, name):
        return there('%s/.%s' % (box, name))

class Draft(Change):
    """One that is there gets a longer text; a new one is renamed over it."""
    def begin(self, name):
        write('drafts/' + name, b'old\n')
    def change(self, name):
        take_back('drafts/%s.part' % name)
        write('drafts/%s.part' % name, b'new text ' * 1000)
        os.rename('drafts/%s.part' % name, 'drafts/' + name)
    def is_so(self, name):
        text = read('drafts/' + name)
        assert text in (b'old\n', b'new text ' * 1000), text
        return text != b'old\n'

class Append(Change):
    def begin(self, name):
        write('drafts/' + name, b'old\n')
    def change(self, name):
        write('drafts/' + name, b'more', os.O_APPEND)
    def is_so(self, name):
        text = read('drafts/' + name)
        assert text in (b'old\n', b'old\nmore'), text
        return text != b'old\n'

class Link(Change):
    def begin(self, name):
        pass
    def change(self, name):
        os.symlink('user@host.1', 'drafts/.#' + name)
    def is_so(self, name):
        return there('drafts/.#' + name)

def one(op, n):
    name = '%s-%d' % (kind, n)
    op.begin(name)
    for dir in box + '/new', box + '/cur', 'drafts':
        soon(sync, dir)
    errors = read('.defms/errors').count(b'\n')
    take_back(failed)
    with open(full + '.new', 'w') as f:
        f.write(str(n))
    os.rename(full + '.new', full)
    try:
        was = op.run(name)
        synced = [done(sync, dir) for dir in (box + '/new', box + '/cur', 'drafts')]
    finally:
        os.unlink(full)
    if not os.path.exists(failed):
        assert was and all(synced), name
        op.check(name, was)
        return False
    lines = read('.defms/errors').splitlines()
    said = len(lines) - errors
    print('# %s %d: %s%s, %d line(s): %s' % (kind, n,
          'done' if was else 'ENOSPC', '' if all(synced) else ', not synced',
          said, read(failed).decode().split('\n')[0].replace(top, '')))
    # Who was told nothing finds it written down, what is said again once.
    assert not was or not all(synced) or lines[-1].endswith((
        b'No space left on device', b'disk is full')), lines[-1]
    op.check(name, was)
    for dir in box + '/new', box + '/cur', 'drafts':
        soon(sync, dir)
    op.check(name, True)
    return True

op = globals()[kind]()
n = 1
while one(op, n):
    n += step
print('%d changes' % n)
assert n > 1
END
# May the disk be full at each change, and each $2-th?
at_each() {
	check "$3" python3 "$top/full.py" "$top" "$1" "$2"
	sed -n 's/^#/# /p' "$top/out"
}
at_each Renamed 1 "mail renamed into new/"
at_each Direct 1 "mail written into new/"
at_each Flags 1 "flags, by a rename"
at_each FlagsFile 1 "flags, by their file"
at_each Remove 1 "mail that is removed"
at_each Folder 1 "a folder that is made"
at_each Draft 1 "a draft that is replaced"
at_each Append 1 "a draft that grows"
at_each Link 1 "a symbolic link"
umount_it
check "all is well" defms check
finish
