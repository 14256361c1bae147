#!/bin/sh
# SPDX-License-Identifier: ISC
# What others do on the server is seen in a mount that knows the names from
# before: a message that is moved, one of two copies that is removed, flags.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
need_fuse
need_program openssl python3 doveadm
fresh_store
make_certificates
start_dovecot
imap_account ada
for name in a1 a2 a3; do
	letter $name "About $name" >"$top/$name"
done
peer ada append INBOX '' "$top/a1" "$top/a2" "$top/a3"
peer ada create Archive
peer ada append Archive '' "$top/a2"
sync
mount_it
box=$mail/maildir

# name NAME [FOLDER]: of the file, asked for by itself.
name() {
	grep -l "^Message-ID: <$1@" "$box${2-}"/cur/* "$box${2-}"/new/* 2>/dev/null
}
is_gone() { ! test -e "$1" && ! cat "$1" 2>/dev/null; }
a1=$(name a1) a2=$(name a2) a3=$(name a3)
check "they are there" ls -l "$a1" "$a2" "$a3" "$(name a2 /.Archive)"
thread=$(grep -l "^Message-ID: <a2@" "$mail"/threads/*/new/*)
check "... in their threads too" test -e "$thread"

peer ada move INBOX a1 Archive
peer ada delete INBOX a2
peer ada flag INBOX a3 '+\Seen'
sync
wait_for "what was moved is where it is now" sh -c 'ls "$0" | grep -q M2' "$box/.Archive/new"
wait_for "... and not where it was" is_gone "$a1"
wait_for "nor is one of two copies that was removed" is_gone "$a2"
check "... the other stays" cmp "$top/a2" "$(name a2 /.Archive)"
wait_for "its thread shows the other" sh -c 'ls "$0" | grep -q .' "${thread%/*}"
wait_for "a flag is another name" is_gone "$a3"
check "... which is there" test -n "$(name a3)"
umount_it
finish
