#!/bin/sh
# SPDX-License-Identifier: ISC
# What is spoiled on its way is not taken, is listed by check, which finds
# nothing wrong, and is taken once it comes whole; what is sound comes at once.
. "$(dirname "$0")/lib.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
need_program git

# letter MSGID: a message of thread MSGID, or of that before the dash.
letter() {
	printf 'From: Ada <ada@example.org>\nTo: list@example.org\n'
	printf 'Date: Mon, 2 Mar 2026 10:00:00 +0000\n'
	printf 'Subject: About %s\nMessage-ID: <%s@x>\n' "$1" "$1"
	[ "${1%-*}" = "$1" ] || printf 'References: <%s@x>\n' "${1%-*}"
	printf '\nThis is %s.\n' "$1"
}
take_in() { letter "$1" | defms import --public -; }
refs() { git -C "$DEFMS_HOME/mailbox.git" for-each-ref; }
packs() { ls "$top/ada/home/mailbox.git/objects/pack/"*.pack; }

fresh_store ada
check "Ada has a list" take_in mill
defms key export >"$top/card"
fresh_store bob
check "Bob pulls it" "$FAKES/pull-one" "$top/ada/home" pin <"$top/card"
check_same "it is there" 1 "$(defms search --count '*')"
refs >"$top/before"

use_store ada
packs >"$top/old"
check "Ada has an answer" take_in mill-1
spoiled=$(packs | grep -vxFf "$top/old")
check "... in one pack" test -f "$spoiled"
check "and another thread" take_in well
cp -p "$spoiled" "$top/whole"
chmod u+w "$spoiled"
size=$(stat -c %s "$spoiled")
for at in $(seq 20 23 $((size - 30))); do
	printf '\377\377\377' | dd of="$spoiled" bs=1 seek="$at" \
		conv=notrunc 2>/dev/null
done

use_store bob
"$FAKES/pull-one" "$top/ada/home" >"$top/pulled" 2>&1
check_same "a pull says that something was not taken" 1 $?
check "... once" grep -q " 1 not taken" "$top/pulled"
check_same "the sound thread came" 2 "$(defms search --count '*')"
check_same "no ref that was there moved" "$(cat "$top/before")" \
	"$(refs | grep -F "$(cut -f2 "$top/before")")"
check "check finds nothing wrong" defms check
check "... and lists it" sh -c \
	'"$DEFMS" check | grep -q "^not taken from pool: commit "' -
mv -f "$top/whole" "$spoiled"
check "then it comes whole" "$FAKES/pull-one" "$top/ada/home"
check_same "all is there" 2 "$(defms search --count '*')"
check_same "... each message" 3 "$(defms search --messages '*' | wc -l)"
check "it is not listed any more" sh -c \
	'! "$DEFMS" check | grep -q "^not taken"' -
finish
