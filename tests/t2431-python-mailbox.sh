#!/bin/sh
# SPDX-License-Identifier: ISC
# Python's mailbox.Maildir: add, change, move, discard, folders; and what
# touch(1) does to the time of a message.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program python3
open_tree

# python CODE: with the Maildir as m, and message(NAME) that makes one.
python() {
	python3 - "$box" <<END
import mailbox, os, sys, time
m = mailbox.Maildir(sys.argv[1], create=False)

def message(name):
    return mailbox.MaildirMessage(
        "From: Bob <bob@example.org>\nTo: ada@example.org\n"
        f"Subject: {name}\nMessage-ID: <{name}@example.org>\n\n"
        f"The text of {name}.\n")

def key(name):
    return next(k for k, x in m.items() if x["subject"] == name)

$1
END
}

# -- messages
check "add" python '
for name in "one", "two", "three":
    m.add(message(name))
seen = message("four")
seen.set_subdir("cur")
seen.set_flags("FS")
seen.set_date(1e9)
assert m[m.add(seen)].get_flags() == "FS"
assert len(m) == 4'
waits 3 is:unread
check "a time that was set is kept" python \
	'assert m[key("four")].get_date() == 1e9'
# Such a change adds the message again, discards the old one, and sets the
# time of the new one, mostly to what it is.
for name in one two; do
	check "new flags of $name" python "
k = key('$name')
x = m[k]
x.add_flag('R')
x.set_subdir('cur')
m[k] = x
assert m[k].get_flags() == 'R' and m[k].get_subdir() == 'cur'
assert len(m) == 4"
	waits 1 "id:$name@example.org is:answered"
	check "... are in the name" flags_are "text of $name." R
done
check "at once behind an add, and with another text" python '
k = m.add(message("five"))
x = m[k]
x.set_payload("Another text.\n")
m[k] = x
assert m[k].get_payload() == "Another text.\n"'
waits 1 '"Another text"'
check "discard, pop, clean" python '
m.discard(key("five"))
assert m.pop(key("four"))["subject"] == "four"
m.clean()
assert len(m) == 3'
waits 3 'from:bob'

# -- folders
check "add_folder" python '
f = m.add_folder("lists.c")
f.add(message("six"))
assert m.list_folders() == ["lists.c"]
assert len(m.get_folder("lists.c")) == 1'
check "... marks it" test -f "$box/.lists.c/maildirfolder"
leaves "$box/.lists.c" cur maildirfolder new tmp
waits 1 folder:lists/c
check "rmdir is refused" not rmdir "$box/.lists.c"
check "remove_folder" python '
try:
    m.remove_folder("lists.c")
    assert False
except mailbox.NotEmptyError:
    pass
m.get_folder("lists.c").clear()
m.remove_folder("lists.c")
assert m.list_folders() == []'
check "add_folder again" python 'm.add_folder("lists.c")'
again
check "the mark is kept" test -f "$box/.lists.c/maildirfolder"
check "rm -r" rm -r "$box/.lists.c"

# -- times
file=$(file_of "" 'text of one.')
for time in 1000 1000 2000; do
	check "touch" touch -d @$time "$file"
	check_same "... sets the time" $time "$(stat -c %Y "$file")"
done
if on_mount; then
	echo 'From b@example.org Mon Nov  2 10:00:00 2026' >"$top/seven"
	eml seven seven >>"$top/seven"
	check "import" defms import "$top/seven"
	wait_for "it shows" holds_text "" 1 'text of seven.'
	file=$(file_of "" 'text of seven.')
	check "touch of one whose name is made of its time" \
		touch -d @1000 "$file"
	check_same "... sets the time" 1000 "$(stat -c %Y "$file")"
	again
	check_same "... and the name stays" "$file" \
		"$(file_of "" 'text of seven.')"
	check_same "... with the time" 1000 "$(stat -c %Y "$file")"
fi
close_tree
finish
