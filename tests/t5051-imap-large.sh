#!/bin/sh
# SPDX-License-Identifier: ISC
# A message that is too large stays on the server, is told in one line, and
# keeps nothing else from coming.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
imap_home a1 a2 a3
peer ada append INBOX '' "$top/a1"
peer ada append INBOX '' "$top/a2" "$top/a3"

# Dovecot believes what a file's name says of its size.
(cd "$dovecot"/mail/ada && for file in new/* cur/*; do
	[ -e "$file" ] && grep -q '^Message-ID: <a2@' "$file" &&
		mv "$file" "cur/big,S=600000000,W=600000000:2,"
done; rm -f dovecot*)
check "it is there" test -e "$dovecot"/mail/ada/cur/big*
check_fails 1 'INBOX: UID [0-9]*: larger than 512 MiB' \
	sh -c "'$DEFMS' bridge imap >'$said'"
check "the others came" grep -q "^home: 2 fetched" "$said"
check_same "... both" 2 "$(here | wc -l)"
sync
check_same "it is told once" "home: nothing new" "$(cat "$said")"
peer ada append INBOX '' "$top/a1"
sync
check_same "what comes later comes" "home: 1 fetched" "$(cat "$said")"
check_same "and it is still there" 4 \
	"$(doveadm -c "$dovecot.conf" search -u ada mailbox INBOX all | wc -l)"
check "sound" defms check
finish
