#!/bin/sh
# SPDX-License-Identifier: ISC
# Two mailboxes on one account become the same as the account and lose nothing,
# whatever is done on all three sides in between.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
need_fuse
need_program openssl python3 doveadm
make_certificates
rounds=${ROUNDS-4} seed=${SEED-20261128}
echo "# SEED=$seed ROUNDS=$rounds"
# t5061 has a server that can do less.
start_dovecot ${capability:+"imap_capability = $capability"}
if [ -n "${hidden-}" ]; then
	proxy "$imaps" $hidden
	proxy_port=$port
fi
for who in one two; do
	fresh_store $who
	imap_account ada
done
: >"$top/deleted"

# new_mail COUNT: a folder of it, $fresh.
new_mail() {
	made=$((${made-0} + 1)) fresh=$top/fresh-$made
	mkdir "$fresh"
	for n in $(seq "$1"); do
		letter "m$made-$n" "Number $n of $made" >"$fresh/$made-$n"
	done
}

# calm: both sync until there is nothing new.
calm() {
	for turn in 1 2 3 4 5 6; do
		news=
		for who in one two; do
			use_store $who
			defms bridge imap --force >"$said" 2>&1 || {
				check "sync of $who" cat "$said" false
				return
			}
			grep -qx 'home: nothing new' "$said" || news=yes
		done
		[ -n "$news" ] || break
	done
	check_same "they come to rest" "" "$news"
}

new_mail 30
peer ada create lists
for n in $(seq 30); do
	peer ada append "$([ $((n % 3)) = 0 ] && echo lists || echo INBOX)" '' \
		"$fresh/1-$n"
done
calm
for round in $(seq "$rounds"); do
	for who in one two; do
		use_store $who
		new_mail 10
		mount_it
		check "$who has whims" sh -c 'python3 "$@" >>"$0"' \
			"$top/deleted" "$tests/fake/maildir-peer.py" \
			"$mail/maildir" "$seed$round$made" 12 "$fresh"
		umount_it
	done
	new_mail 10
	peer ada random "$seed$round" 12 "$fresh" >>"$top/deleted"
	use_store one
	sync --force
	calm
	for who in one two; do
		use_store $who
		same_both ada "round $round: $who and the server"
		check "... sound" defms check
	done
done

find "$top"/fresh-* -type f -newer "$top/ca.pem" | while read -r file; do
	sed -n 's/^Message-ID: <\(.*\)@.*/\1/p' "$file"
done | sort >"$top/all"
sed 's/^deleted //' "$top/deleted" | sort -u >"$top/gone"
doveadm -c "$dovecot.conf" fetch -u ada hdr.message-id mailbox '*' all |
	sed -n 's/^hdr.message-id: <\(.*\)@.*/\1/p' | sort >"$top/left"
check_same "no message is there twice" "" "$(uniq -d "$top/left")"
check_same "the first thirty are there, but for those that were deleted" "" \
	"$(grep '^m1-' "$top/all" | comm -23 - "$top/gone" |
		comm -23 - "$top/left")"
finish
