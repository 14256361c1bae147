#!/bin/sh
# SPDX-License-Identifier: ISC
# Folders are made, renamed and removed as directories; messages are moved
# between them, and removed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_fuse
need_program python3
fresh_store
mbox 12 >"$top/mbox"
check "mail" defms import --folder INBOX "$top/mbox"
mount_it
box=$mail/maildir
found() { defms search --messages --count "$1"; }

check "mkdir" mkdir "$box/.Archive"
check_same "its directories are there" "cur new tmp" \
	"$(cd "$box/.Archive" && echo *)"
check "who makes a Maildir makes them too" \
	mkdir "$box/.Archive/cur" "$box/.Archive/new" "$box/.Archive/tmp"
check "mkdir of them again says so" python3 - "$box/.Archive" <<'END'
import errno, os, sys
for name in ('cur', 'new', 'tmp'):
    try:
        os.mkdir(sys.argv[1] + '/' + name)
    except OSError as e:
        assert e.errno == errno.EEXIST, e
    else:
        raise SystemExit(name)
END
check "names that are none" python3 - "$box" <<'END'
import errno, os, sys
os.chdir(sys.argv[1])
for name, want in (('.Archive', errno.EEXIST), ('.INBOX', errno.EEXIST),
        ('cur', errno.EEXIST), ('plain', errno.EINVAL), ('.a..b', errno.EINVAL),
        ('...', errno.EINVAL), ('.a.', errno.EINVAL), ('.a\nb', errno.EINVAL),
        (b'.\xff', errno.EINVAL), ('.' + 'x' * 254, errno.ENAMETOOLONG),
        ('.Archive/x', errno.EPERM), ('new/x', errno.EPERM),
        ('../threads/x', errno.EPERM), ('../x', errno.EPERM)):
    try:
        os.mkdir(name)
    except OSError as e:
        assert e.errno == want, (name, e)
    else:
        raise SystemExit(name)
END
one=$(ls "$box/new" | head -n 1)
inode=$(stat -c %i "$box/new/$one")
check "a move" mv "$box/new/$one" "$box/.Archive/cur/$one:2,S"
check_same "is the same file" "$inode" \
	"$(stat -c %i "$box/.Archive/cur/$one:2,S")"
check_same "in the other folder" 1 "$(found folder:Archive)"
check_same "and not in this" 11 "$(found folder:INBOX)"
check "a copy" cp "$box/.Archive/cur/$one:2,S" "$box/cur/copied:2,"
wait_for "is there twice" sh -c '[ "$(ls "$0/cur" "$0/.Archive/cur" |
	grep -c :2,)" = 2 ]' "$box"
check "rename" mv "$box/.Archive" "$box/.Old.2026"
check_same "under its new name" 1 "$(found folder:Old/2026)"
check "not under the old" not test -e "$box/.Archive"
check "the message is in it" test -e "$box/.Old.2026/cur/$one:2,S"
check "rmdir of one with mail" sh -c '! rmdir "$0" 2>/dev/null' "$box/.Old.2026"
check "out of the mount" mv "$box/.Old.2026/cur/$one:2,S" "$top/out.eml"
check "the bytes" cmp "$top/out.eml" "$box/cur/copied:2,"
check "into tmp is a copy, then a removal" \
	mv "$box/cur/copied:2," "$box/tmp/copied"
check "the bytes" cmp "$top/out.eml" "$box/tmp/copied"
check_same "the message is removed" 11 "$(found 'not is:removed')"
check "back" mv "$box/tmp/copied" "$box/new/copied"
sync -f "$box/new"
check_same "it is there again" 12 "$(found 'not is:removed')"

check "a folder with mail" mkdir "$box/.gone"
for name in $(ls "$box/new" | head -n 4); do
	mv "$box/new/$name" "$box/.gone/new/$name"
done
check_same "is full" 4 "$(ls "$box/.gone/new" | wc -l)"
check "rm -r" rm -r "$box/.gone"
check "takes it" not test -e "$box/.gone"
check_same "and the mail in it" 8 "$(found 'not is:removed')"
check "again" mkdir "$box/.gone"
check "find -delete" find "$box/.gone" -delete
check "takes it" not test -e "$box/.gone"
mkdir "$box/.gone"
check "rmtree" python3 -c 'import shutil, sys; shutil.rmtree(sys.argv[1])' \
	"$box/.gone"
check "takes it" not test -e "$box/.gone"
mkdir "$box/.held"
exec 3<"$box/.held/new"
check "rmdir of a directory that is held open" rmdir "$box/.held/new"
check "it stays all the same, and takes mail" sh -c \
	'mbox=$(head -n 40 "$0") && echo "$mbox" >"$1/.held/new/one"' \
	"$top/mbox" "$box"
check "it is there" test -s "$box/.held/new/one"
exec 3<&-
check "rm -r" rm -r "$box/.held"
check "INBOX stays" sh -c '! rmdir "$0/tmp" 2>/dev/null' "$box"
check "unlink" rm "$box/new/$(ls "$box/new" | head -n 1)"
check_same "removes" 7 "$(found 'not is:removed')"
umount_it
mount_it
check_same "still" 7 "$(ls "$box/new" | wc -l)"
check "not made again" not test -e "$box/.gone"
check "the other is" test -d "$box/.Old.2026"
umount_it
finish
