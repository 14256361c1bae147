#!/bin/sh
# SPDX-License-Identifier: ISC
# notmuch and mu index the view; notmuch's tags are flags here and back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program notmuch mu python3
open_tree

for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	parent=
	[ $((n % 3)) != 0 ] || parent=$((n - 1))
	message $n $parent >"$box/tmp/$n.host"
	mv "$box/tmp/$n.host" "$box/new/$n.host"
done
make_folder Archive
message 13 >"$box/tmp/13.host"
mv "$box/tmp/13.host" "$box/.Archive/new/13.host"
waits 13 '*'

cat >"$top/.notmuch-config" <<END2
[database]
path=$top/notmuch
mail_root=$box
[user]
name=Ada
primary_email=ada@example.org
[new]
tags=
[maildir]
synchronize_flags=true
END2
mkdir "$top/notmuch"
export NOTMUCH_CONFIG="$top/.notmuch-config"

count() { check_same "notmuch: $2" "$1" "$(notmuch count -- "$2")"; }
rescan() {
	later "$box/new" "$box/cur" "$box/.Archive/new" "$box/.Archive/cur"
	check "notmuch new" notmuch new --quiet
}

rescan
count 13 '*'
count 13 tag:unread
check_same "... and threads" 9 "$(notmuch count --output=threads '*')"
check_same "notmuch left nothing in the tree" "" \
	"$(find "$box" -name '.notmuch*')"
check "notmuch tag" notmuch tag +flagged -unread -- subject:'"Number 3"'
check "... is in the name" flags_are 'text of message 3.' FS
check "... and in cur" in_dir 'text of message 3.' cur
searches 1 'is:flagged is:read'
check "notmuch tag for all" notmuch tag -unread -- '*'
searches 0 is:unread
check_same "nothing is in new" "" "$(ls "$box/new" "$box/.Archive/new" |
	grep host)"
check "and back" notmuch tag +unread +replied -- subject:'"Number 4"'
check "... is in the name" flags_are 'text of message 4.' R
searches 1 'is:unread is:answered'
rescan
count 13 '*'
count 1 tag:unread
count 1 tag:flagged

# -- what we change, notmuch finds
if on_mount; then
	check "flag" defms flag +flagged id:5@example.org
	wait_for "... is in the name" flags_are 'text of message 5.' FS
else
	mv "$(file_of "" 'text of message 5.')" "$box/cur/5.host:2,FS"
fi
mv "$(file_of "" 'text of message 6.')" "$box/.Archive/cur/6.host:2,S"
rm "$(file_of "" 'text of message 7.')"
message 20 >"$box/tmp/20.host"
mv "$box/tmp/20.host" "$box/new/20.host"
waits 1 id:20@example.org
rescan
count 2 tag:flagged
count 2 folder:.Archive
count 0 'subject:"Number 7"'
count 1 'subject:"Number 20"'
count 13 '*'
message 21 >"$top/in"
check "notmuch insert" from "$top/in" notmuch insert
waits 1 id:21@example.org
message 22 >"$top/in"
check "notmuch insert into a new folder" from "$top/in" \
	notmuch insert --create-folder --folder=.Inserted
waits 1 folder:Inserted
rescan
count 15 '*'
message 9 8 >"$top/nine"
check "notmuch show reads it" sh -c \
	"notmuch show --format=raw id:9@example.org | cmp - '$top/nine'"
again
check "notmuch new after a remount" sh -c \
	"notmuch new | grep -q 'No new mail'"
count 15 '*'

# -- mu
check "mu init" mu init --muhome="$top/mu" --maildir="$box" --quiet
check "mu index" mu index --muhome="$top/mu" --quiet
mu_finds() {
	check_same "mu: $2" "$1" \
		"$(mu find --muhome="$top/mu" --fields=i "$2" 2>/dev/null |
			wc -l)"
}
mu_finds 15 'from:ada'
mu_finds 2 'flag:flagged'
mu_finds 2 'maildir:/.Archive'
mv "$(file_of "" 'text of message 8.')" "$box/cur/8.host:2,FRS"
check "mu index again" mu index --muhome="$top/mu" --quiet
mu_finds 3 'flag:flagged'
mu_finds 15 'from:ada'
check_same "nobody left anything in the tree" 15 \
	"$(find "$box" -type f ! -name maildirfolder | wc -l)"
close_tree
finish
