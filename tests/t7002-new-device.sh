#!/bin/sh
# SPDX-License-Identifier: ISC
# A mailbox whose device key is in use elsewhere gets a new one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3

copy() { defms export --mbox '' - | sha256sum; }
devices() {
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref \
		--format='%(refname)' refs/threads | cut -d / -f 4 |
		sort | uniq -c | awk '{ print $1 }' | sort -n | paste -sd ' '
}
this() { defms key device list | sed -n 's/	this one$//p'; }

fresh_store ada
mbox 9 | defms import - >/dev/null 2>&1
strands=$(devices)
before=$(copy)
first=$(this)
fingerprint=$(defms key fingerprint)

# -- the other one goes on with the old key
cp -a "$DEFMS_HOME" "$top/twin"

mount_it
check "a new key, beside a daemon" defms restore
message 90 >"$top/late.eml"
deliver "$top/late.eml"
wait_for "the daemon writes nothing with the old one" \
	grep -q 'start defms again' "$mail/.defms/errors"
umount_it
check "it is another device" test "$first" != "$(this)"
check_same "of the same person" "$fingerprint" "$(defms key fingerprint)"
check_same "whose card lists both" 2 "$(defms key device list | wc -l)"
check "the mailbox is sound" defms check
check "git agrees" git -C "$DEFMS_HOME/mailbox.git" fsck --strict
check_same "what it held is there" "$before" \
	"$(defms export --mbox 'not subject:90' - | sha256sum)"
check "write" sh -c ". $tests/lib-mail.sh; message 20 1 | $DEFMS import -"
check "the index can be made anew" defms reindex
check_same "and holds it all" "$before" \
	"$(defms export --mbox 'not (subject:90 or subject:20)' - | sha256sum)"
check "the old chains stay as they were, a new one begins" \
	test "$(devices)" != "$strands"
check "the mailbox is sound then, too" defms check
DEFMS_HOME=$top/twin
check_same "the twin has the old one" "$first" "$(this)"
use_store ada

# -- without the root
use_store phone
mkdir -p "$mail"
defms init --device >"$top/ask" 2>/dev/null
use_store ada
defms key device add "$top/ask" >"$top/answer" 2>/dev/null
use_store phone
defms init --finish "$top/answer" 2>/dev/null
message 1 | defms import - >/dev/null 2>&1
check "a new key" sh -c "$DEFMS restore 2>'$top/said'"
check "it has to be added" grep -q "lacks it until" "$top/said"
check_same "for the card lacks it" "" "$(this)"
defms init --device >"$top/ask" 2>/dev/null
use_store ada
defms key device add "$top/ask" >"$top/answer" 2>/dev/null
use_store phone
check "as any device is" defms init --finish "$top/answer"
check_same "the card lists it" 32 "$(this | tr -d '\n' | wc -c)"
check "its mailbox is sound" defms check

# -- a kill at any point
use_store ada
copy=$top/ada/home.whole
cp -a "$DEFMS_HOME" "$copy"
step=1
while :; do
	rm -rf "$DEFMS_HOME"
	cp -a "$copy" "$DEFMS_HOME"
	DEFMS_CRASH=$step defms restore >/dev/null 2>&1 && break
	[ "$step" -lt 50 ] || break
	check "killed at $step: again" defms restore
	check "... and sound" defms check
	step=$((step + 1))
done
check "it can be killed at more than one point" [ "$step" -gt 3 ]
check_same "all is there" "$before" \
	"$(defms export --mbox 'not (subject:90 or subject:20)' - | sha256sum)"
finish
