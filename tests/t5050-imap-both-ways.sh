#!/bin/sh
# SPDX-License-Identifier: ISC
# The mailbox and an IMAP account become the same, both ways, at a real Dovecot.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
need_fuse
imap_home a1 a2 a3 b1 b2 b3 c1 c2 c3 d1

# -- the first time ----------------------------------------------------------
peer ada append INBOX '' "$top/a1" "$top/a2" "$top/b1"
peer ada append INBOX '\Seen \Flagged' "$top/a3" "$top/b2"
peer ada append 'Sent Messages' '\Seen \Answered $Forwarded' "$top/c1"
peer ada create lists.village
peer ada append lists.village '' "$top/a1"
sync --dry-run
check "... says what would come" grep -q '7 fetched' "$said"
check_same "... and takes nothing" "" "$(here)"
sync
check "... says what came" grep -q '^home: 7 fetched' "$said"
same_both ada "the first synchronisation"
check "what the server marks as \\Sent is Sent" grep -q '^Sent 35 ' \
	"$top/list-here"
check_same "a message in two folders is one with two copies" 1 \
	"$(defms search --messages id:"a1@example.org" | wc -l)"
sync
check_same "nothing new" "home: nothing new" "$(cat "$said")"

# -- from there --------------------------------------------------------------
peer ada flag INBOX a1 '+\Seen' '+\Answered'
peer ada flag INBOX a3 '-\Flagged'
peer ada move INBOX a2 Trash
peer ada delete INBOX b1
peer ada append INBOX '\Draft' "$top/c2"
peer ada create Projects.Roof
peer ada append Projects.Roof '' "$top/c3"
sync
check_same "what they did is done here" "home: 2 fetched, 2 flagged here, \
1 moved here, 1 removed here" "$(sed 's/, [0-9]* folders changed//' "$said")"
same_both ada "changes there are here"

# -- from here ---------------------------------------------------------------
mount_it
box=$mail/maildir
file() {
	grep -l "^Message-ID: <$1@" "$box${2-}"/cur/* "$box${2-}"/new/* 2>/dev/null
}
mv "$(file a1)" "$box/cur/mine:2,FS"
rm "$(file b2)"
mv "$(file c2)" "$box/.Projects.Roof/cur/"
deliver "$top/d1"
mkdir "$box/.Mine" && deliver "$top/b3" Mine
wait_for "what was delivered is there" test -n "$(file b3 /.Mine)"
wait_for "... all of it" test -n "$(file d1)"
umount_it
sync
check "what was done here is done there" grep -q \
	'2 uploaded, 1 flagged there, 1 moved there, 1 removed there' "$said"
same_both ada "changes here are there"
check "a folder that was made here is there" \
	sh -c "doveadm -c '$dovecot.conf' mailbox list -u ada | grep -qx Mine"
sync
same_both ada "nothing comes back"
check_same "when it came, is there" "$(date -u +%Y-%m-%d)" \
	"$(doveadm -c "$dovecot.conf" fetch -u ada date.received \
		mailbox Mine all | sed -n 's/^date.received: \([0-9-]*\).*/\1/p')"

# -- folders -----------------------------------------------------------------
mount_it
mv "$box/.Mine" "$box/.Yours"
rm "$(file a1 /.lists.village)" && rmdir "$box/.lists.village"
umount_it
peer ada rename Projects.Roof Projects.Cellar
sync
same_both ada "folders that were renamed and removed"
check_same "... are so there" "INBOX Projects.Cellar Sent Messages Trash Yours" \
	"$(doveadm -c "$dovecot.conf" mailbox list -u ada | grep -vx -e lists \
		-e Projects | sort | xargs)"
mount_it
check_same "... and here" ".Projects.Cellar .Sent .Trash .Yours" \
	"$(cd "$box" && echo .[A-Za-z]*)"
umount_it
sync
check_same "and that is all" "home: nothing new" "$(cat "$said")"

# -- conflicts ---------------------------------------------------------------
mount_it
mv "$(file a3)" "$box/cur/three:2,DS"
rm "$(file a1)"
mv "$(file d1)" "$box/cur/dee:2,F"
umount_it
peer ada flag INBOX a3 '+\Flagged'
peer ada flag INBOX a1 '-\Flagged'
peer ada delete INBOX d1
sync
check "deleted here, changed there: stays, and is told" \
	grep -q 'deleted here, changed there: "About a1" (UID [0-9]*) stays' \
	"$said"
check "deleted there, changed here: goes up again, and is told" \
	grep -q 'deleted there, changed here: "About d1" (copy [0-9]*) goes' \
	"$said"
same_both ada "conflicts lose nothing"
check "... flags are those of both" grep -q \
	"^INBOX 13 $(sha256sum <"$top/a3" | cut -c1-64)" "$top/list-here"
check_same "... all are there" 3 "$(grep -c "^INBOX" "$top/list-there")"
sync
same_both ada "... and it ends"

# -- a new UIDVALIDITY -------------------------------------------------------
here >"$top/before"
doveadm -c "$dovecot.conf" mailbox update -u ada --uid-validity 777777 INBOX
sync
same_both ada "a new UIDVALIDITY"
check "... loses and doubles nothing" diff "$top/before" "$top/list-here"

# -- a mass deletion ---------------------------------------------------------
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	letter m$n "Many" >"$top/m$n"
done
peer ada append Projects.Cellar '' "$top"/m1 "$top"/m2 "$top"/m3 "$top"/m4 \
	"$top"/m5 "$top"/m6 "$top"/m7 "$top"/m8 "$top"/m9 "$top"/m10 \
	"$top"/m11 "$top"/m12
sync
here >"$top/before"
peer ada delete Projects.Cellar '*'
check_fails 1 'are gone on the server' sh -c "'$DEFMS' bridge imap >/dev/null"
here >"$top/after"
check "a mass deletion there removes nothing here" diff "$top/before" \
	"$top/after"
check_fails 1 'are gone on the server' sh -c "'$DEFMS' bridge imap >/dev/null"
sync --force
same_both ada "--force does it"

check "the mailbox is sound" defms check
check_same "... for git too" "" "$(fsck)"
finish
