#!/bin/sh
# SPDX-License-Identifier: ISC
# Programs that keep files of their own in a Maildir, and change it in ways that
# mutt does not. Dovecot serves it with all its files where it puts them.
# Dovecot gives no mail to root.
. "$(dirname "$0")/as-user.sh"
. "$(dirname "$0")/lib.sh"
. "$tests/lib-write.sh"
need_program python3
imap=/usr/lib/dovecot/imap
[ -x "$imap" ] || skip_all "no $imap"
open_tree

mkdir -p "$top/dovecot"
cat >"$top/dovecot.conf" <<CONF
base_dir = $top/dovecot
state_dir = $top/dovecot
log_path = $top/dovecot/log
protocols = imap
ssl = no
first_valid_uid = 1
mail_uid = $(id -un)
mail_gid = $(id -gn)
default_internal_user = $(id -un)
default_internal_group = $(id -gn)
default_login_user = $(id -un)
mail_location = maildir:$box
namespace inbox {
  inbox = yes
}
CONF

cat >"$top/session.py" <<'END'
import imaplib, os, sys
server = imaplib.IMAP4_stream(os.environ['IMAP'])
def ask(command, *words):
    status, data = getattr(server, command)(*words)
    assert status == 'OK', (command, words, status, data)
    return data
def on(*words):
    return ask('uid', *words)
def uids():
    return on('SEARCH', 'ALL')[0].decode().split()
exec(sys.stdin.read())
server.logout()
END
export IMAP="$imap -c $top/dovecot.conf 2>/dev/null" USER=ada

# asks WHAT: a session with Dovecot in Python, where ask() is a command of IMAP
# that succeeds, and on() one about messages by their UIDs.
asks() {
	check "$1" python3 "$top/session.py"
}

for n in 1 2 3 4 5 6; do
	eml "served-$n" "Served $n" "Received: by here ($n)" >"$box/tmp/served-$n"
	mv "$box/tmp/served-$n" "$box/new/served-$n"
done
waits 6 "Served"

# -- Dovecot, with all its files where it puts them by itself
asks "Dovecot reads, flags and expunges" <<'END'
assert ask('select', 'INBOX') == [b'6'], 'six'
first = uids()
assert b'The text of served-1.' in on('FETCH', '1:*', '(BODY[])')[0][1]
on('STORE', first[1], '+FLAGS', r'(\Flagged \Answered mine)')
on('STORE', first[5], '+FLAGS', r'(\Deleted)')
ask('expunge')
assert uids() == first[:5], uids()
END
check "a flag" flags_are "of served-2." FRSa
check_same "one is gone" 5 "$(mails | wc -l)"
asks "Dovecot makes and fills folders" <<'END'
ask('create', 'Made')
ask('create', 'Made.below')
ask('subscribe', 'Made')
ask('select', 'INBOX')
two, three = uids()[1:3]
on('COPY', two, 'Made')
on('MOVE', three, 'Made.below')
ask('append', 'Made', r'(\Draft)', '"02-Nov-2020 10:00:00 +0000"',
    b'From: a@example.org\r\nMessage-ID: <appended@example.org>\r\n'
    b'Subject: Appended\r\n\r\nNew.\r\n')
assert ask('rename', 'Made', 'Other')
assert ask('lsub', '""', '*') == [b'() "." Made'], ask('lsub', '""', '*')
END
check "copied" holds Other 2
check "with its flags" flags_are "of served-2." FRSa Other
check_same "with its time" 1604311200 \
	"$(stat -c %Y "$(file_of Other "appended@")")"
check "moved" holds Other.below 1
for file in subscriptions dovecot-uidlist dovecot-keywords \
	.Other/maildirfolder .Other/dovecot-uidlist; do
	check "$file is a file" test -f "$box/$file"
done
waits 1 "Appended"

cat >"$top/numbers.py" <<'END'
for box in 'INBOX', 'Other', 'Other.below':
    ask('select', box)
    print(box, server.response('UIDVALIDITY'),
        str(on('FETCH', '1:*', 'FLAGS')).replace(r' \\Recent', ''))
END
asks "Dovecot has numbers" <"$top/numbers.py"
cp "$top/out" "$top/numbers"
again
asks "Dovecot has the same after a remount" <"$top/numbers.py"
cp "$top/out" "$top/numbers-after"
check "namely these" diff "$top/numbers" "$top/numbers-after"

asks "Dovecot deletes folders with what is in them" <<'END'
ask('delete', 'Other.below')
ask('delete', 'Other')
assert [name for name in ask('list', '""', '*') if b'Other' in name] == []
END
check_same "they are gone" "" "$(find "$box" -name "*Other*")"
waits 4 "Served"
! on_mount ||
	check "a folder's other name is a name" python3 - "$box" <<'END'
import errno, os, sys
os.chdir(sys.argv[1])
os.mkdir('.Here')
for name, want in (('..there', errno.EXDEV), ('.a..b', errno.EINVAL)):
    try:
        os.rename('.Here', name)
    except OSError as e:
        assert e.errno == want, (name, e)
    else:
        raise SystemExit(name)
os.rmdir('.Here')
END

# -- Python's mailbox sets the time of what it has just delivered
check "Python's mailbox replaces messages" python3 - "$box" <<'END'
import mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=False)
for key in sorted(box.keys()):
    message = box[key]
    message.set_flags('FS')
    message.set_subdir('cur')
    box[key] = message
assert [m.get_flags() for m in box] == ['FS'] * 4
END
check_same "all are there" 4 "$(mails | wc -l)"
one=$box/cur/$(ls "$box/cur" | head -n 1)
check "a time is set" touch -d @1500000000 "$one"
check "... and once more" touch -d @1500000000 "$one"
check_same "that is its time" 1500000000 "$(stat -c %Y "$one")"

# -- a link, as s-nail makes it to change flags
check "a message is linked to" ln "$one" "$box/new/linked"
check "with its bytes" cmp "$one" "$box/new/linked"
check_same "with its time" 1500000000 "$(stat -c %Y "$box/new/linked")"
check_fails 1 "File exists" ln "$one" "$box/new/linked"
check_same "there is one more" 5 "$(mails | wc -l)"
check "the first name goes" rm "$one"
check "the message does not" test -s "$box/new/linked"
check_same "nothing but a name" 4 "$(mails | wc -l)"
searches 4 "Served"
if command -v s-nail >/dev/null; then
	check "s-nail" sh -c 'printf "%s\n" "flag 1-4" "delete 2" quit |
		s-nail -n -S quiet -S crt=0 -f "$0"' "$box"
	check_same "nothing complains" "" \
		"$(grep -i -e cannot -e 'not touched' "$top/out")"
	check_same "one was deleted" 3 "$(mails | wc -l)"
	check_same "and the others are flagged" 3 \
		"$(mails "" ':2,F' | wc -l)"
fi
close_tree
finish
