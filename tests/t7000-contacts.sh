#!/bin/sh
# SPDX-License-Identifier: ISC
# Keys that come with mail, by hand, and change.
. "$(dirname "$0")/lib.sh"

# new_mail NAME SUBJECT: what NAME writes to ada, as it leaves.
new_mail() {
	use_store "$1"
	printf 'To: ada@example.org\nSubject: %s\n\nx\n' "$2" |
		defms send -t || echo "not sent"
	defms export --mbox "subject:$2" "$top/mbox" && sed 1d "$top/mbox"
	rm -f "$top/mbox"
	use_store ada
}
# contact ADDR: its line, columns parted by spaces.
contact() { defms contact list | grep "^$1" | tr '\t' ' '; }
take() { defms import --folder "${1-INBOX}" - >/dev/null; }

fresh_store bob bob@example.net
bob=$(defms key fingerprint)
defms key export >"$top/bob.card"
fresh_store ada
check_same "nobody is known at first" "" "$(defms contact list)"

# -- what comes with mail
new_mail bob hello >"$top/hello"
check "mail carries the key" grep -q '^Defms-Key: addr=bob@example.net; v=1;$' \
	"$top/hello"
take Junk <"$top/hello"
check_same "nothing is learned from junk" "" "$(defms contact list)"
new_mail bob second >"$top/second"
sed 's/^From: .*/From: eve@example.com/' "$top/second" | take
check_same "nor if it is another's" "" "$(defms contact list)"
sed 's/v=1/x=1; v=1/' "$top/second" | take
check_same "nor from a field of a later kind" "" "$(defms contact list)"
defms import --public --folder lists "$top/second" >/dev/null
check_same "nor from a list" "" "$(defms contact list)"
new_mail bob third | take
check_same "a key that was seen is pinned" "bob@example.net $bob seen" \
	"$(contact bob)"

# -- by hand
check_same "a card by hand is believed" "bob@example.net $bob confirmed" \
	"$(defms contact add - <"$top/bob.card" | tr '\t' ' ')"
new_mail bob fourth | take
check_same "and stays so" "bob@example.net $bob confirmed" "$(contact bob)"
defms key export >"$top/ada.card"
check_fails 1 "your own" "$DEFMS" contact add "$top/ada.card"
head -c 300 "$top/bob.card" >"$top/cut.card"
check_fails 1 "card has no valid" "$DEFMS" contact add "$top/cut.card"
check_fails 1 "No such file" "$DEFMS" contact add "$top/none"
check_fails 2 "usage: defms contact" "$DEFMS" contact
check_fails 2 "usage: defms contact" "$DEFMS" contact add
check_fails 2 "usage: defms contact" "$DEFMS" contact trust bob@example.net
check_fails 2 "usage: defms contact" "$DEFMS" contact list bob@example.net

# -- another key
fresh_store robert bob@example.net
robert=$(defms key fingerprint)
defms key export >"$top/robert.card"
use_store ada
new_mail robert other | take
check_same "another key is kept aside and shown" \
	"bob@example.net $bob changed $robert" "$(contact bob)"
check_fails 1 "no address of this card" \
	"$DEFMS" contact add "$top/robert.card"
check_fails 1 "no key aaaa of bob@example.net" \
	"$DEFMS" contact trust bob@example.net aaaa
check_fails 1 "no key $bob of eve@example.com" \
	"$DEFMS" contact trust eve@example.com "$bob"
new_mail bob fifth | take
check_same "until somebody decides" "bob@example.net $bob changed $robert" \
	"$(contact bob)"
check "decide for the new one" \
	defms contact trust Bob@example.net "$robert"
check_same "it is the one" "bob@example.net $robert confirmed" \
	"$(contact bob)"
new_mail bob sixth | take
check_same "now the old one is another" \
	"bob@example.net $robert changed $bob" "$(contact bob)"
check "decide to stay with it" \
	defms contact trust bob@example.net "$robert"
check_same "nothing waits" "bob@example.net $robert confirmed" \
	"$(contact bob)"
check "forget" defms contact remove bob@example.net
check_same "it is gone" "" "$(defms contact list)"
check_fails 1 "is no contact" "$DEFMS" contact remove bob@example.net

# -- my own address belongs to nobody else
fresh_store mallory ada@example.org
use_store ada
new_mail mallory mine | take
check_same "a key for my own address is passed over" "" \
	"$(defms contact list)"

# -- while a daemon runs
mount_it
new_mail robert seventh >"$top/seventh"
deliver "$top/seventh"
is_known() { [ "$(contact bob)" = "bob@example.net $robert seen" ]; }
wait_for "what is delivered counts too" is_known
check "decide beside a daemon" \
	defms contact trust bob@example.net "$robert"
check_same "it is so" "bob@example.net $robert confirmed" "$(contact bob)"
umount_it
check "the mailbox is sound" defms check
finish
