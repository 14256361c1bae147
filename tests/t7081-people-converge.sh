#!/bin/sh
# SPDX-License-Identifier: ISC
# Three people with two devices each write, push and pull in any order, over any
# of four kinds of remotes: in the end all have the same.
#
# $DEFMS_SEED is where chance begins (it is printed), $DEFMS_STEPS how many
# steps there are.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-people.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
. "$(dirname "$0")/lib-kubo.sh"
need_program git python3
seed=${DEFMS_SEED-7} steps=${DEFMS_STEPS-40}
echo "# DEFMS_SEED=$seed DEFMS_STEPS=$steps"

# chance N: $drawn is one of 0 to N-1.
chance() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}
# draw WORD...: $drawn is one of them.
draw() {
	chance $#
	shift "$drawn"
	drawn=$1
}

transports="dir git car"
"$kubo" version >/dev/null 2>&1 && transports="$transports ipfs"
echo "# over $transports"
transport=dir
mkdir "$net"
for name in ada bob carol; do
	case $transports in *ipfs*) transport=ipfs ;; esac
	make_person $name
done
for name in $persons; do
	at "$name"
	for other in $persons; do
		[ "$name" = "$other" ] || defms contact add "$top/$other.card"
	done
done
for name in $persons; do
	take_in "$name" "${name}_phone"
done
# Each has the cards with both devices, as of now.
for name in $people; do
	at "$name"
	for other in $persons; do
		[ "$(person_of "$name")" = "$other" ] ||
			defms contact add "$top/$other.card"
	done
done
for transport in $transports; do
	link_all
done

# has THREAD: the one that acts.
has() { [ "$(defms search --messages --count "subject:$1")" != 0 ]; }

# write: a message to all; sometimes two have the same one by mail.
write() {
	draw meteors eclipse
	at "$writer"
	has "$drawn" || return 0
	thread=$drawn
	"$writer" answers "$thread"
	written=$((written + 1))
	chance 4
	[ "$drawn" = 0 ] || return 0
	draw $people
	at "$drawn"
	! has "$thread" || file_letter "$drawn has it by mail, too"
}

# Two of them share the second thread at once.
ada writes meteors to bob carol
ada shares meteors with bob carol
bob writes eclipse to ada carol
at carol_phone
file_letter "carol's phone has it by mail"
carol_phone shares eclipse with ada bob
bob shares eclipse with ada carol
written=2
step=0
while [ "$step" -lt "$steps" ]; do
	step=$((step + 1))
	draw $people
	writer=$drawn
	chance 10
	case $drawn in
	[012])	write ;;
	*)
		verb=push not=read
		[ "$drawn" -gt 5 ] || verb=pull not=car
		at "$writer"
		actor=$writer
		draw $(remotes '.' | grep -v "[.]$not\$")
		exchange "$verb" "$drawn"
		;;
	esac
done
# One kind is enough for what is left.
only=dir
everybody syncs
everybody agrees on meteors
everybody agrees on eclipse
at ada
check_same "nothing is lost or doubled" "$written" \
	"$(defms search --messages --count 'subject:meteors or subject:eclipse')"
nothing_readable "$net" $(ls -d "$top"/node-*/blocks "$top"/node-*/datastore \
	2>/dev/null)
everybody leaves
finish
