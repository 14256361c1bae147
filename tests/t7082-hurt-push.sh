#!/bin/sh
# SPDX-License-Identifier: ISC
# Every block of a push flipped, dropped, doubled, or out of its order: no ref
# moves to what is not whole, and the same push, whole, is then all that it
# takes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-people.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program git python3

people dir ada bob
ada writes meteors to bob
ada shares meteors with bob
ada pushes
bob pulls
bob sees 1 in meteors
pool=$net/ada-bob.d
first=$(car_files "$pool")
# Something new in a thread that Bob has, and another thread.
ada answers meteors
ada writes eclipse to bob
ada shares eclipse with bob
ada pushes
push=$(car_files "$pool" | grep -vxF "$first")
check_same "what is new is one file" 1 "$(echo "$push" | wc -l)"
mv "$push" "$top/whole"
cp -a "$top/bob/home" "$top/bob-before"
hurt_car() { python3 "$tests/fake/hurt-car.py" "$top/whole" "$@"; }
hurt_car >"$top/blocks"
sed 's/^/# /' "$top/blocks"

# what_is_here: how many messages of the two threads.
what_is_here() {
	defms search --messages '*' >"$top/here"
	echo "$(grep -c meteors "$top/here") $(grep -c eclipse "$top/here")"
}

# pull_hurt HOW [BLOCK]: into a mailbox as it was before. $status, $got.
pull_hurt() {
	rm -rf "$top/bob/home"
	cp -a "$top/bob-before" "$top/bob/home"
	hurt_car "$push" "$@" || return 1
	at bob
	defms bridge pull >"$top/said" 2>"$top/complaint"
	status=$?
	got=$(what_is_here)
}

# What is spoiled is told, and what is missing. It takes one of the threads with
# it; both only if nothing else says what there is; none if it is of the card,
# which the file before has, too.
is_told() {
	case $1,$status,$got in
	*,1,"1 0")
		grep -q "root tree [0-9a-f]* is missing" "$top/complaint" ;;
	*,1,"1 1" | *,1,"2 0")
		[ "$block" -ge "$chains" ] || is_incomplete ;;
	flip,1,"2 1" | drop,0,"2 1")
		[ "$block" -lt "$chains" ] ;;
	*)	return 1 ;;
	esac
}
# It says whose push it is of what names the chains, such as block $names.
is_incomplete() {
	device=$(basename "$push" | cut -d- -f1)
	grep -q "push of device $device is incomplete: 1 of" \
		"$top/complaint" && names=$block
}

# then_whole: the file comes as it was pushed.
then_whole() {
	cp "$top/whole" "$push"
	defms bridge pull >/dev/null 2>&1
	[ "$(what_is_here)" = "2 1" ]
}

holds_after() {
	case $1 in
	flip | drop)	is_told "$1" && defms check >/dev/null && then_whole ;;
	*)		[ "$status $got" = "0 2 1" ] ;;
	esac
}

# In front is what says which chains there are, and whose; then the chains, from
# the oldest blob to the newest commit.
chains=$(grep -n blob "$top/blocks" | sed -n '2s/:.*//p')
chains=$((chains - 1)) hurt=0
while read -r block kind; do
	for how in flip drop double last; do
		pull_hurt $how "$block" && hurt=$((hurt + 1))
		holds_after $how && continue
		result "not ok" "$how block $block, a $kind: $status, $got"
		sed 's/^/#   /' "$top/complaint"
	done
done <"$top/blocks"
check_same "every block was hurt in four ways" \
	$((4 * $(wc -l <"$top/blocks"))) $hurt
check "... and most are of chains" test $((4 * chains * 2)) -lt $hurt
pull_hurt reverse
check_same "the other way round it is all the same" "0 2 1" "$status $got"
check "... and sound" defms check

# A file has whatever name somebody gave it.
rm "$push"
push=$pool/$(printf 'x\033[31m').car
pull_hurt drop "$names"
check_same "what is missing is told" 1 \
	"$(grep -c 'x?\[31m.car: the push is incomplete' "$top/complaint")"
finish
