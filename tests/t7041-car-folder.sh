#!/bin/sh
# SPDX-License-Identifier: ISC
# A folder of CARs: what is pushed is what an independent reader finds, each
# object once; what is new alone is written and read.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program python3 git
pool=$top/pool
mkdir "$pool"

heads() { python3 "$tests/car-read.py" "$@"; }
of_refs() { sed 's|refs/threads/||; s|/| |'; }

fresh_store ada
for i in 1 2 3 4 5 6 7 8 9; do import_public $i; done
import_public 10 1
defms remote add pool "dir:$pool" --public
check_same "nine threads wait" "unpushed   pool	9 threads" \
	"$(defms status | grep unpushed)"
check_same "a push says what it did" "pool: 9 threads" \
	"$(defms bridge push pool | sed 's/,.*//')"
check_same "nothing waits" "" "$(defms status | grep unpushed)"
check_same "there is one file" 1 "$(car_files "$pool" | wc -l)"
check_same "an independent reader finds all chains, whole" "$(refs | of_refs)" \
	"$(heads $(car_files "$pool"))"
check_same "nothing else is in the folder" 1 "$(find "$pool" -type f | wc -l)"

# Nothing new writes nothing, not even to state.db.
find "$pool" -newer "$pool" -o -type f -printf '%p %T@ %s\n' >"$top/before"
cksum "$DEFMS_HOME/state.db" "$DEFMS_HOME/state.db-wal" >"$top/state"
check_same "nothing new" "pool: nothing new" "$(defms bridge push)"
find "$pool" -newer "$pool" -o -type f -printf '%p %T@ %s\n' >"$top/after"
check "... the folder is as it was" cmp "$top/before" "$top/after"
cksum "$DEFMS_HOME/state.db" "$DEFMS_HOME/state.db-wal" | cmp - "$top/state"
check_same "... and state.db" 0 $?

# A message more: a commit, its tree, m, the message; the thread's object is
# there. Two trees of the root.
import_public 11 2
check_same "one thread" "pool: 1 thread" \
	"$(defms bridge push pool | sed 's/,.*//')"
last=$(car_files "$pool" | tail -n 1)
check "an increment is small" \
	test "$(python3 "$tests/car-read.py" --count "$last")" -le 9
check_same "both files together have all" "$(refs | of_refs)" \
	"$(heads $(car_files "$pool"))"
hashes >"$top/ada-hashes"

# A second person takes it.
fresh_store eve
defms remote add pool "dir:$pool" --public --from any
check_same "all of it comes" "pool: 11 messages new" "$(defms bridge pull)"
hashes | cmp - "$top/ada-hashes"
check_same "... the same messages" 0 $?
check_same "again there is nothing new" "pool: nothing new" \
	"$(defms bridge pull pool)"
check_same "what is there need not be pushed" "pool: nothing new" \
	"$(defms bridge push)"
check_same "... and nothing waits" "" "$(defms status | grep unpushed)"
check_same "no file of hers" 2 "$(car_files "$pool" | wc -l)"
import_public 12 3
check_same "a word of hers" "pool: 1 thread" \
	"$(defms bridge push | sed 's/,.*//')"
check "status says when" sh -c '"$0" bridge status | grep -q "^remote .*pool"' \
	"$DEFMS"

use_store ada
check_same "comes back" "pool: 1 message new" \
	"$(defms remote remove pool; defms remote add pool "dir:$pool" \
	--public --from any; defms bridge pull)"
check "all is sound" defms check

# The folder lost everything: all is pushed again.
rm "$pool"/*
check "all again" defms bridge push
use_store eve
defms bridge push >/dev/null
fresh_store zoe
defms remote add pool "dir:$pool" --public --from any
defms bridge pull >/dev/null
check_same "the folder is whole again" 12 "$(defms search --messages '*' |
	wc -l)"

# A folder that is elsewhere today.
mv "$pool" "$top/gone"
check_fails 75 "there is no such folder" "$DEFMS" bridge push
check_fails 75 "there is no such folder" "$DEFMS" bridge pull
finish
