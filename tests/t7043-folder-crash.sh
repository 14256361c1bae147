#!/bin/sh
# SPDX-License-Identifier: ISC
# A push that is killed anywhere: what stands in the folder is whole, and the
# next push has it all there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program python3 git
pool=$top/pool
mkdir "$pool"

heads() { python3 "$tests/car-read.py" $(car_files "$pool") | sort; }
wanted() { refs | sed 's|refs/threads/||; s|/| |' | sort; }

fresh_store ada
defms remote add pool "dir:$pool" --public
import_public 1
DEFMS_CRASH=1 defms bridge push >/dev/null 2>&1
[ $? != 0 ] || skip_all "a build without crash points"
check_same "nothing is there yet" "" "$(car_files "$pool")"
check "the first push" defms bridge push

# The first two points are those of the file itself, the next two those of the
# one that many are joined into.
n=1 number=1
while [ $number -lt 40 ] && [ $n -le 4 ]; do
	number=$((number + 1))
	import_public $number
	DEFMS_CRASH=$n defms bridge push >/dev/null 2>&1 && continue
	n=$((n + 1))
	python3 "$tests/car-read.py" --count $(car_files "$pool") >/dev/null ||
		check "no file is half" false
	defms bridge push >/dev/null
	[ "$(heads)" = "$(wanted)" ] || check "all is there after $n" false
done
check_same "it was killed at each point" 5 $n
import_public 101
check "the last one ends well" defms bridge push
check_same "all is there" "$(wanted)" "$(heads)"
check "nothing is left over" test -z "$(find "$pool" -name '.*' -type f)"
finish
