#!/bin/sh
# SPDX-License-Identifier: ISC
# backup and restore: a copy that is whole, also of a mailbox in use.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git

copy() { defms export --mbox '' - | sha256sum; }

fresh_store
home=$DEFMS_HOME
mbox 60 >"$top/in.mbox"
defms import "$top/in.mbox" >/dev/null
message 100 >"$top/one.eml"
defms import --folder Archive "$top/one.eml" >/dev/null
before=$(copy)

check_fails 2 "usage: defms backup" "$DEFMS" backup
check_fails 2 "usage: defms restore" "$DEFMS" restore a b
check_fails 1 "in the mailbox itself" "$DEFMS" backup "$DEFMS_HOME/copy"
check "... and nothing is left of it" not test -e "$DEFMS_HOME/copy"
mkdir "$top/full"
touch "$top/full/file"
check_fails 1 "something already" "$DEFMS" backup "$top/full"

# Names of files are the user's.
mkdir -p "$home/files/drafts" "$home/files/thread-1-outbox"
chmod -R go= "$home/files"
(umask 077; for name in a.lock tmp_b letter; do
	echo "$name" >"$home/files/drafts/$name"
	echo "sent $name" >"$home/files/thread-1-outbox/$name"
done; mkdir "$home/files/thread-1-drafts"
echo mine >"$home/files/thread-1-drafts/letter")

check "backup" defms backup "$top/copy"
check "files are in it" diff -r "$home/files" "$top/copy/files"
check_same "the copy is mine alone" 700 "$(stat -c %a "$top/copy")"
check_same "... and what is in it" "" \
	"$(find "$top/copy" -perm /077)"
check_same "the mailbox reads as before" "$before" "$(copy)"
check "an empty directory will do" mkdir "$top/empty"
check "backup into it" defms backup "$top/empty"
message 101 >"$top/two.eml"
defms import "$top/two.eml" >/dev/null

export DEFMS_HOME="$top/copy"
check "the copy is whole" defms check
check "git agrees" git -C "$DEFMS_HOME/mailbox.git" fsck --strict
check_same "it holds what was there" "$before" "$(copy)"
export DEFMS_HOME="$home"
check "so is the mailbox still" defms check
check "... with what came since" test "$before" != "$(copy)"

# -- restore
check_fails 1 "something already" "$DEFMS" restore "$top/copy"
check_fails 1 "no whole backup" "$DEFMS" restore "$top/full"
cp -a "$top/empty" "$top/cut"
rm "$top/cut/identity"
export DEFMS_HOME="$top/new"
check_fails 1 "no whole backup" "$DEFMS" restore "$top/cut"
check "a backup that was cut short is none" not test -e "$DEFMS_HOME"
chmod -R a-w "$top/empty"
check "restore, from what cannot be written" defms restore "$top/empty"
defms check >"$top/said" 2>&1
check "what was restored is whole" grep -q 'all is well$' "$top/said"
check_same "it holds what was there" "$before" "$(copy)"
check_same "what lay in an outbox is a draft" "mine sent letter" \
	"$(cd "$DEFMS_HOME/files/thread-1-drafts" &&
	cat letter letter.unsent | xargs)"
check "and not there any more" not test -e "$DEFMS_HOME/files/thread-1-outbox"
check "it can be written to" defms import "$top/two.eml"
check "and is whole then" defms check
chmod -R u+w "$top/empty"
rm -rf "$DEFMS_HOME"
defms restore "$top/empty" 2>"$top/said"
check "restore says that it is another device" \
	grep -q 'has a new key, which your card lists' "$top/said"

# -- drafts and outboxes, with names that mean something elsewhere
export DEFMS_HOME="$home"
files=$home/files
rm -rf "$files"
mkdir -p "$files/drafts" "$files/outbox" "$files/thread-1-outbox" \
	"$files/pack" "$files/folder-1-new"
for name in plan x.lock tmp_x pack x.pack .hidden; do
	echo "$name" >"$files/drafts/$name"
done
ln -s plan "$files/drafts/link"
echo other >"$files/outbox/plan"
echo soon >"$files/outbox/soon"
echo soon >"$files/thread-1-outbox/too"
echo coming >"$files/folder-1-new/mail"
touch -d 2001-02-03 "$files/drafts/x.pack"
check "backup with drafts" defms backup "$top/drafted"
check_same "all of them are in it" "" \
	"$(diff -r --no-dereference "$files" "$top/drafted/files" 2>&1 |
		grep -v ': pack$')"
check_same "... with their times" 981158400 \
	"$(stat -c %Y "$top/drafted/files/drafts/x.pack")"
export DEFMS_HOME="$top/again"
check "restore with drafts" defms restore "$top/drafted"
check_same "nothing lies in an outbox then" "" \
	"$(find "$DEFMS_HOME/files" -path '*outbox/*')"
check_same "... but with the drafts" \
	".hidden link pack plan plan.unsent soon tmp_x x.lock x.pack" \
	"$(ls -A "$DEFMS_HOME/files/drafts" | LC_ALL=C sort | tr '\n' ' ' |
		sed 's/ $//')"
check_same "... under another name, where theirs is taken" "plan other" \
	"$(cat "$DEFMS_HOME/files/drafts/plan" \
		"$DEFMS_HOME/files/drafts/plan.unsent" | tr '\n' ' ' | sed 's/ $//')"
check_same "... of the thread" too "$(ls "$DEFMS_HOME/files/thread-1-drafts")"
check_same "what was coming is there" mail \
	"$(ls "$DEFMS_HOME/files/folder-1-new")"
rm -rf "$files" "$DEFMS_HOME"

# -- while it is in use
export DEFMS_HOME="$home"
(i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	sed "s/@example/@else$i/" "$top/in.mbox" >"$top/more.mbox"
	defms import "$top/more.mbox"
	[ $((i % 5)) != 0 ] || defms gc
done) >/dev/null 2>&1 &
writer=$!
bad_copies= copies=0
while kill -0 $writer 2>/dev/null && [ $copies -lt 20 ]; do
	copies=$((copies + 1))
	{ defms backup "$top/copy$copies" &&
		DEFMS_HOME="$top/copy$copies" defms check; } \
		>"$top/out" 2>&1 || {
		bad_copies="$bad_copies $copies"
		sed 's/^/# /' "$top/out"
	}
done
wait $writer
check_same "each copy made beside a writer is whole" "" "$bad_copies"
check "... of several" test $copies -gt 2

finish
