#!/bin/sh
# SPDX-License-Identifier: ISC
# A folder that others write to: files that are cut off, spoiled, foreign or
# copied hide nothing of what is sound, and move no ref that is not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program python3 git
pool=$top/pool
mkdir "$pool"

fresh_store ada
defms remote add pool "dir:$pool" --public
for i in 1 2 3 4 5 6; do import_public $i; done
defms bridge push >/dev/null
import_public 7 1
defms bridge push >/dev/null
first=$(car_files "$pool" | head -n 1)
second=$(car_files "$pool" | tail -n 1)

# spoil HOW FILE PLACE: one byte in 100 of it.
spoil() {
	python3 - "$@" <<'EOT'
import os, sys
how, path, place = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = bytearray(open(path, "rb").read())
at = len(data) * place // 100
if how == "flip":
    data[at] ^= 0x10
elif how == "cut":
    del data[at:]
elif how == "noise":
    data = os.urandom(at + 1)
open(path, "wb").write(data)
EOT
}

# pull_from FOLDER: a new mailbox takes what it can; its status.
pull_from() {
	rm -rf "$top/eve"
	fresh_store eve
	defms remote add pool "dir:$1" --public --from any
	defms bridge pull >"$top/said" 2>"$top/complaint"
	status=$?
}

# sound: each ref is one of Ada's, past or present, and the store is whole.
sound() {
	defms check >/dev/null || return 1
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref \
		--format='%(objectname)' refs/threads >"$top/tips"
	while read -r tip; do
		git -C "$top/ada/home/mailbox.git" cat-file -e "$tip" ||
			return 1
	done <"$top/tips"
}

hurt=$top/hurt
for file in "$first" "$second"; do
	for how in flip cut noise; do
		for place in 0 3 40 70 99; do
			rm -rf "$hurt"
			cp -r "$pool" "$hurt"
			spoil $how "$hurt/$(basename "$file")" $place
			pull_from "$hurt"
			[ $status = 0 ] || [ $status = 1 ] && sound || {
				check "$how of $(basename "$file") at $place" \
					false
				sed 's/^/# /' "$top/complaint"
			}
			[ $status = 1 ] || [ $how = flip ] ||
				check "$how at $place is told" false
		done
	done
done
check "nothing that is spoiled does harm" sound

# What is spoiled in the increment leaves the rest.
rm -rf "$hurt"
cp -r "$pool" "$hurt"
spoil cut "$hurt/$(basename "$second")" 30
pull_from "$hurt"
check_same "it is told" 1 $status
check "... by its name" grep -q "$(basename "$second")" "$top/complaint"
check_same "the six of before are there" 6 \
	"$(defms search --messages '*' | wc -l)"
cp "$second" "$hurt"
check_same "what was missing comes once the file is whole" \
	"pool: 1 message new" "$(defms bridge pull)"

# A copy of a conflict, strange files, and folders, beside sound ones.
rm -rf "$hurt"
cp -r "$pool" "$hurt"
cp "$second" "$hurt/$(basename "$second" .car).sync-conflict-20261102.car"
cp "$second" "$hurt/copy (2).car"
mkdir "$hurt/folder.car"
ln -s /etc/passwd "$hurt/link.car"
mkfifo "$hurt/fifo.car"
echo half >"$hurt/.half.car"
echo note >"$hurt/notes.txt"
pull_from "$hurt"
check_same "they do no harm" "0 pool: 7 messages new" \
	"$status $(cat "$top/said")"
: >"$hurt/empty.car"
defms bridge pull >/dev/null 2>"$top/complaint"
check_same "an empty file is told" 1 $?
check "... by its name" grep -q "empty.car: " "$top/complaint"
check_same "... once" "pool: nothing new" "$(defms bridge pull 2>&1)"

# The second file arrives before the first.
mkdir "$top/late"
cp "$second" "$top/late"
pull_from "$top/late"
check_same "half of it is not enough" 0 \
	"$(defms search --messages '*' | wc -l)"
check_same "... which is told" 1 $status
check "... with whose push it is" grep -q \
	"push of device $(basename "$first" | cut -d- -f1) is incomplete" \
	"$top/complaint"
cp "$first" "$top/late"
check_same "then all is there" "pool: 7 messages new" "$(defms bridge pull)"

# Many pushes: small files become one, what is joined stays for an hour.
use_store ada
for i in 21 22 23 24 25 26 27 28 29 30 31 32; do
	import_public $i
	defms bridge push >/dev/null
done
count=$(car_files "$pool" | wc -l)
check "files are joined" test "$count" -gt 14
sqlite() { python3 - "$DEFMS_HOME/state.db" "$1" <<'EOT'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for row in db.execute(sys.argv[2]):
    print(*row)
EOT
}
check "some wait to go" test \
	"$(sqlite 'SELECT count(*) FROM remote_files WHERE joined>0')" -ge 8
sqlite 'UPDATE remote_files SET joined=joined-3601 WHERE joined>0'
check_same "nothing new" "pool: nothing new" "$(defms bridge push)"
check "they went" test "$(car_files "$pool" | wc -l)" -lt "$count"
check_same "those that stay have everything" 18 \
	"$(python3 "$tests/car-read.py" $(car_files "$pool") | wc -l)"
pull_from "$pool"
check_same "who comes then gets all" "0 pool: 19 messages new" \
	"$status $(cat "$top/said")"

# One file alone that lacks a list of chains.
use_store ada
defms remote add one "car:$top/one.car" --public
defms bridge push one >/dev/null
python3 "$tests/fake/hurt-car.py" "$top/one.car" "$top/hurt.car" drop 0
rm -rf "$top/eve"
fresh_store eve
defms remote add one "car:$top/hurt.car" --public --from any
defms bridge pull >/dev/null 2>"$top/complaint"
check_same "a file that lacks a list is told" 1 $?
check "... by its name" grep -q "hurt.car: the push is incomplete: 1 of" \
	"$top/complaint"
check "... the rest is taken" test "$(defms search --messages '*' | wc -l)" -gt 5

# A file of mine that somebody changed: it is noticed by its size; the rest is
# pushed anew.
use_store ada
spoil cut "$(car_files "$pool" | head -n 1)" 50
check "all is pushed again" sh -c '"$0" bridge push | grep -q objects' "$DEFMS"
rm -rf "$top/eve"
pull_from "$pool"
check_same "nothing is lost" 19 "$(defms search --messages '*' | wc -l)"
finish
