#!/bin/sh
# SPDX-License-Identifier: ISC
# Killed at each point of a synchronisation, with a real Dovecot: the next one
# brings both sides to the same end as if nothing had happened, and one more
# changes nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
need_fuse
imap_home a1 a2 a3 a4 b1 b2 b3 b4 c1 c2 c3 c4 d1 d2 d3

# end_state: what both sides hold.
end_state() {
	echo here && here && echo there && there ada
}

# kill_everywhere WHAT: from what is saved as "start", on both sides.
kill_everywhere() {
	problems=0 n=0
	load start && load_there start
	check "$1: undisturbed" defms bridge imap
	end_state >"$top/want"
	check "$1: both are the same" sh -c \
		"sed '1d;/^there/,\$d' '$top/want' >'$top/w1' &&
		sed '1,/^there/d' '$top/want' >'$top/w2' &&
		diff '$top/w1' '$top/w2'"
	status=99
	while [ $status = 99 ]; do
		n=$((n + 1))
		load start && load_there start
		DEFMS_CRASH=$n DEFMS_BATCH=4 defms bridge imap \
			>"$top/out" 2>"$top/err"
		status=$?
		point=$(sed -n "s/crash point: /$n: /p" "$top/err")
		[ $status = 0 ] || [ $status = 99 ] ||
			problem "$n: $(cat "$top/err")"
		defms bridge imap >"$top/out" 2>&1 ||
			problem "again: $(cat "$top/out")"
		end_state >"$top/got"
		diff "$top/want" "$top/got" >"$top/diff" ||
			problem "another end: $(cat "$top/diff")"
		defms bridge imap >"$top/out" 2>&1 ||
			problem "a third time: $(cat "$top/out")"
		grep -qx 'home: nothing new' "$top/out" ||
			problem "a third time: $(cat "$top/out")"
		[ $((n % 8)) != 0 ] || defms check >"$top/out" 2>&1 ||
			problem "check: $(cat "$top/out")"
	done
	check_same "$1: killed at $n points" 0 $problems
	check "... which are enough" [ "$n" -gt "$2" ]
}

# -- the first time: one message is on both sides, one here only --------------
peer ada append INBOX '' "$top/a1" "$top/a2"
peer ada append INBOX '\Seen' "$top/a3" "$top/a4"
peer ada create lists.village
peer ada append lists.village '' "$top/a1" "$top/b1"
defms import "$top/a1" "$top/c1" >/dev/null
defms import --folder Mine "$top/c2" >/dev/null
save start && save_there start
kill_everywhere "the first time" 20

# -- changes on both sides ----------------------------------------------------
load start && load_there start
peer ada append INBOX '' "$top/b2" "$top/b3" "$top/b4" "$top/d1"
check "sync" defms bridge imap
mount_it
box=$mail/maildir
file() {
	grep -l "^Message-ID: <$1@" "$box${2-}"/cur/* "$box${2-}"/new/* 2>/dev/null
}
mv "$(file a1)" "$box/cur/mine:2,FS"
rm "$(file a2)"
mv "$(file a3)" "$box/.lists.village/cur/"
mv "$(file a4)" "$box/.Mine/cur/"
mv "$(file b4)" "$box/cur/changed:2,R"
mkdir "$box/.New"
deliver "$top/c3"
deliver "$top/c4" New
mv "$box/.Mine" "$box/.Yours"
rm "$(file d1)"
wait_for "delivered" test -n "$(file c4 /.New)"
umount_it
peer ada flag INBOX a1 '+\Answered'
peer ada flag INBOX d1 '+\Flagged'
peer ada move INBOX b2 lists.village
peer ada delete INBOX b3 b4
peer ada append INBOX '' "$top/d2"
peer ada create There
peer ada append There '\Seen' "$top/d3"
peer ada move lists.village b1 There
save start && save_there start
kill_everywhere "changes on both sides" 40
finish
