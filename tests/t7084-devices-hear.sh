#!/bin/sh
# SPDX-License-Identifier: ISC
# What one device of a person says of the others reaches them, by whatever
# remote they have in common: after one was lost nothing more is written that it
# can open, and two that were one mailbox end as two devices of one person.
#
#	t7084-devices-hear.sh [TRANSPORT]	over each, or over this one
if [ $# = 0 ]; then
	"$0" dir && exec "$0" git
	exit
fi
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-people.sh"
need_program git

people "$1" ada bob
ada has tablet
ada has phone
ada writes meteors to bob
ada shares meteors with bob
everybody syncs

device_of() {
	at "$1"
	defms key device list | sed -n 's/	this one$//p'
}
# hears NAME REMOTE: that there are new keys.
hears() {
	at "$1"
	check_same "$1 pulls $2, which is not all it wanted" 1 \
		"$(defms bridge pull "$2" >"$top/out" 2>"$top/err"; echo $?)"
	check "... and hears of new keys" grep -q "new keys.*--device" \
		"$top/err"
	check "... status says so, too" sh -c "$DEFMS status |
		grep -q '^keys .*new keys'"
	sed "s/Message-ID: <.*/Message-ID: <unwritten-$1@x>/" "$top/letter" \
		>"$top/unwritten"
	check_fails 1 "new keys.*--device" "$DEFMS" import "$top/unwritten"
}
# renew NAME: it asks, and is answered by ada.
renew() {
	at "$1"
	defms init --device >"$top/ask" 2>/dev/null
	at ada
	check "ada gives $1 the new keys" sh -c \
		"$DEFMS key device add $top/ask >$top/answer 2>/dev/null"
	at "$1"
	check "... which it takes" defms init --finish "$top/answer"
}

# -- one is lost: the tablet hears it from what is for Bob
phone=$(device_of ada_phone)
at ada
check "the phone is lost" defms key device remove "$phone"
ada pushes bob
hears ada_tablet "bob.$transport"
# What is written meanwhile it cannot open, but does as soon as it has the keys.
ada writes treasure to bob
ada pushes ada
ada_tablet pulls ada
ada_tablet sees 0 in treasure
renew ada_tablet
check_same "status has no more to say" 0 "$(defms status | grep -c '^keys')"
ada_tablet pulls ada
ada_tablet sees 1 in treasure
ada_tablet answers treasure
ada_tablet pushes
ada pulls
ada sees 2 in treasure
# Who found the phone has the backup, too.
hears ada_phone "ada.$transport"
ada_phone sees 0 in treasure
at ada_phone
check_same "check says that it is none any more" 1 \
	"$(defms check 2>/dev/null | grep -c 'not in the card')"
people=" ada ada_tablet bob"

# -- the mailbox of the laptop is copied, and both are used
cp -a "$top/ada" "$top/ada_copy"
eval "ada_copy() { act ada_copy \"\$@\"; }"
people="$people ada_copy"
lives_twice() { defms status | grep -q '^keys .*defms restore'; }
for twin in ada ada_copy; do
	$twin answers meteors
	defms bridge push >/dev/null 2>&1
done
for round in 1 2; do
	for twin in ada_copy ada; do
		at $twin
		defms bridge pull >/dev/null 2>&1
		! lives_twice || check "$twin does as it is told" defms restore
		defms bridge pull >/dev/null 2>&1
		defms bridge push >/dev/null 2>&1
	done
done
check "each has a key of its own" \
	test "$(device_of ada)" != "$(device_of ada_copy)"
for twin in ada ada_copy; do
	$twin answers meteors
done
# Forks are a line, once; then all have all.
for round in 1 2 3; do
	for name in $people; do
		at $name
		defms bridge push >/dev/null 2>&1
		defms bridge pull >/dev/null 2>&1
	done
done
everybody syncs
ada_copy sees 5 in meteors
everybody agrees on meteors
at ada
check_same "all devices are in the card" 4 "$(defms key device list | wc -l)"
everybody leaves
finish
