#!/bin/sh
# SPDX-License-Identifier: ISC
# Stories of people who share threads, over each kind of remote; and through
# mounts, where there is /dev/fuse.
#
#	t7080-people.sh				all that can be had here
#	t7080-people.sh TRANSPORT [mounted]	one of them
tests=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
	bad=0
	for transport in dir git ipfs; do
		"$0" $transport mounted
		status=$?
		[ $status != 77 ] || { "$0" $transport; status=$?; }
		[ $status = 0 ] || [ $status$transport = 77ipfs ] || bad=1
	done
	exit $bad
fi
. "$tests/lib.sh"
. "$tests/lib-bridge.sh"
. "$tests/lib-people.sh"
. "$tests/lib-remote.sh"
need_program git python3
if [ "$1" = ipfs ]; then
	: "${FAKES:=$(dirname "$DEFMS")/tests}"
	. "$tests/lib-kubo.sh"
	need_kubo
fi
if [ "${2-}" = mounted ]; then
	need_fuse
	MOUNTED=1
fi

people "$1" ada bob

# One does, then the other.
ada writes meteors to bob
ada shares meteors with bob
ada pushes
bob pulls
bob sees 1 in meteors
bob answers meteors
bob pushes
ada pulls
ada sees 2 in meteors

# Both write while neither reaches the other.
ada offline
bob offline
ada answers meteors
ada answers meteors
bob answers meteors
ada pushes
bob pulls
bob sees 3 in meteors
bob online
everybody syncs
bob sees 3 in meteors
ada sees 4 in meteors
ada online
everybody syncs
ada sees 5 in meteors
everybody agrees on meteors

# Both share the same thread at once.
ada writes eclipse to bob
at bob
file_letter "bob has it by mail"
ada shares eclipse with bob
bob shares eclipse with ada
ada answers eclipse
bob answers eclipse
everybody syncs
everybody agrees on eclipse
bob sees 3 in eclipse

# Whoever reads it otherwise finds what is meant.
if [ "$1" = dir ]; then
	for device in $(ls "$net"/*.d | grep -o '^[0-9a-f]*' | sort -u); do
		check "an independent reader finds it whole" \
			python3 "$tests/car-read.py" \
			$(car_files "$net/ada-bob.d" | grep "/$device-")
	done
fi

# What is not shared stays where it is.
ada writes treasure to bob
everybody syncs
bob sees 0 in treasure
if mounted; then
	bob replies meteors
	everybody syncs
	everybody agrees on meteors
	ada sees 6 in meteors
fi

nothing_readable "$net" $(ls -d "$top"/node-*/blocks "$top"/node-*/datastore \
	2>/dev/null)
everybody leaves
finish
