#!/bin/sh
# SPDX-License-Identifier: ISC
# check: what it says of each kind of damage, what --repair does about it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3

fresh_store
git=$DEFMS_HOME/mailbox.git
state=$DEFMS_HOME/state.db
packs=$git/objects/pack
check "an empty mailbox is whole" defms check
mbox 60 >"$top/in.mbox"
large 1000 >"$top/large.eml"
message 1001 | sed 's/$/\r/' >"$top/crlf.eml"
defms import "$top/in.mbox" "$top/large.eml" "$top/crlf.eml" >/dev/null
message 1002 >"$top/another.eml"
defms import --folder Archive "$top/another.eml" "$top/crlf.eml" >/dev/null
check "a filled one is whole" defms check
# So that no ref is on the to-do list: such a one would be written anew.
defms gc >/dev/null
check_same "there are two packs" 2 \
	"$(find "$packs" -name '*.pack' | wc -l | tr -d ' ')"
check_same "... and all of it was looked at" 63 \
	"$(defms check | sed -n 's/ messages in .*all is well$//p')"
check_fails 2 "usage: defms check" "$DEFMS" check more
cp -a "$top/ada" "$top/sound"

# again: put the sound mailbox back.
again() {
	rm -rf "$top/ada"
	cp -a "$top/sound" "$top/ada"
}

# damaged WHAT PATTERN: check fails, and a line matches.
damaged() {
	defms check >"$top/found" 2>"$top/err"
	check_same "$1: check exits with 1" 1 $?
	check "$1: it says: $2" grep -q -e "$2" "$top/found"
	check "$1: each line says what can be done" \
		not grep -vq '(.*)$' "$top/found"
	check "$1: nothing else on standard error" \
		grep -qx 'defms: [0-9]* findings' "$top/err"
}

# mended WHAT: --repair puts it right.
mended() {
	defms check --repair >"$top/found" 2>&1
	check_same "$1: --repair" 0 $?
	check "$1: ... says that it repaired" \
		grep -q '^repaired: ' "$top/found"
	check "$1: afterwards all is well" defms check
	check "$1: git agrees" git -C "$git" fsck --strict
	again
}

# kept WHAT: --repair cannot, and says so.
kept() {
	defms check --repair >"$top/found" 2>&1
	check_same "$1: --repair cannot" 1 $?
	check "$1: ... and says what is left" \
		grep -q -e '^left: ' -e 'cannot be repaired' \
		"$top/found"
	again
}

# -- objects: a bit of one is flipped
git -C "$git" for-each-ref --format='%(objectname)' refs/threads >"$top/tips"
for idx in "$packs"/*.idx; do
	git verify-pack -v "$idx" | grep -E '^[0-9a-f]{40} ' |
		sed "s|\$| ${idx%.idx}.pack|"
done >"$top/objects"
tip=$(sed -n 3p "$top/tips")
tree=$(git -C "$git" rev-parse "$tip^{tree}")
m=$(git -C "$git" rev-parse "$tip:m")
thread=$(git -C "$git" rev-parse "$tip:thread")
blob=$(git -C "$git" ls-tree "$m" | awk '{ print $3; exit }')
piece=$(for tip in $(cat "$top/tips"); do
	git -C "$git" ls-tree -r "$tip" | grep '/00000001' ; done |
	awk '{ print $3 }')
for kind in tip tree m thread blob piece; do
	eval "object=\$$kind"
	# shellcheck disable=SC2046
	set -- $(grep "^$object " "$top/objects")
	flip "$6" $(($5 + $4 / 2))
	damaged "flipped $kind" "pack .*: object $object is damaged"
	damaged "flipped $kind" "^strand .*: "
	case $kind in
	blob | piece)
		check_same "flipped $kind: one message is lost" 1 \
			"$(grep -c 'not to be had' "$top/found")" ;;
	esac
	kept "flipped $kind"
done

# -- packs
for pack in "$packs"/*.pack; do
	rm "$pack"
	damaged "no pack" "its .pack is missing (cannot be"
	kept "no pack"
	chmod u+w "$pack"
	truncate -s -100 "$pack"
	damaged "cut pack" "^pack pack-"
	kept "cut pack"
	rm "${pack%.pack}.idx"
	damaged "no idx" "its .idx is missing (--repair makes"
	mended "no idx"
	flip "${pack%.pack}.idx" 1100
	damaged "flipped idx" "idx: its checksum is wrong (--repair makes"
	mended "flipped idx"
	truncate -s 500 "${pack%.pack}.idx"
	damaged "cut idx" "not an idx"
	mended "cut idx"
done

# -- refs
truncate -s 700 "$git/packed-refs"
damaged "cut packed-refs" "is missing (--repair writes"
mended "cut packed-refs"
ref=$(git -C "$git" for-each-ref --format='%(refname)' refs/threads | head -1)
mkdir -p "$git/${ref%/*}"
: >"$git/$ref"
damaged "empty loose ref" "$ref: not a ref (--repair"
mended "empty loose ref"
mkdir -p "$git/${ref%/*}"
tail -1 "$top/tips" >"$git/$ref"
damaged "wrong ref" "is not what state.db says (--repair"
mended "wrong ref"
mkdir -p "$git/refs/threads/foo"
tail -1 "$top/tips" >"$git/refs/threads/foo/bar"
damaged "a foreign ref" "refs/threads/foo/bar: not the name of a chain"
kept "a foreign ref"

# -- state.db
for row in \
	"UPDATE messages SET flags=3 WHERE serial=5|its flags are not|mended" \
	"UPDATE messages SET strand=999 WHERE serial=5|its strand is not|kept" \
	"UPDATE messages SET hash=zeroblob(32) WHERE serial=5|not in state.db|kept" \
	"DELETE FROM messages WHERE serial=5|its message 5 is not there|kept" \
	"UPDATE copies SET raw_size=1 WHERE serial=5|copy 5: gives|kept" \
	"UPDATE copies SET crlf=1 WHERE serial=5|copy 5: gives|kept" \
	"UPDATE copies SET folder=9 WHERE serial=5|its folder 9 is not|kept" \
	"UPDATE traces SET data=zeroblob(9) WHERE copy=5|copy 5: |kept" \
	"DELETE FROM traces WHERE copy=5|copy 5: gives|kept" \
	"UPDATE threads SET anchor=999 WHERE serial=2|its message 999|kept" \
	"UPDATE strands SET chain=7 WHERE serial=2|its Chain is 1, not 7|kept" \
	"UPDATE strands SET tip=zeroblob(20) WHERE serial=2|^strand |kept" \
	"UPDATE strands SET id=zeroblob(16) WHERE serial=2|^strand |kept" \
	"DELETE FROM copies WHERE serial=5|: it has no copy|kept" \
	"INSERT INTO queue(message,state) VALUES(999,0)|its message 999 is|kept" \
	"INSERT INTO queue(message,state) VALUES(1,0)|it has no recipient|kept" \
	"INSERT INTO recipients VALUES(9,'x',0,0,'')|no queue entry 9|kept" \
	"INSERT INTO moves VALUES(999)|strand 999 is not there|kept"; do
	sql "$state" "${row%%|*}"
	rest=${row#*|}
	damaged "${row%%|*}" "${rest%|*}"
	"${rest#*|}" "${row%%|*}"
done
sql "$state" "PRAGMA user_version=99"
damaged "a state.db of the future" "made by a newer defms"
check_same "... is one line" 1 "$(wc -l <"$top/found" | tr -d ' ')"
again
truncate -s 50000 "$state"
damaged "cut state.db" "state.db: .*malformed"
again
: >"$state"
damaged "empty state.db" "state.db: not a defms database"
again
rm "$state"*
damaged "no state.db" "state.db: "
again

# -- the index
index() {
	sql "$(ls "$XDG_CACHE_HOME"/defms/index-*.db)" "$1"
}
for row in \
	"DELETE FROM messages WHERE serial=7|not in the index" \
	"UPDATE messages SET object=zeroblob(20) WHERE serial=7|wrong in it" \
	"DELETE FROM places WHERE message=7|message 7: in no thread" \
	"UPDATE places SET thread=999 WHERE message=7|its thread 999 is not" \
	"UPDATE threads SET live=9 WHERE serial=3|counts 9 messages, has "; do
	index "${row%%|*}"
	damaged "${row%%|*}" "index: .*${row#*|}"
	mended "${row%%|*}"
done

# -- modes, and what is not there at all
chmod 644 "$DEFMS_HOME/identity"
damaged "an open identity" "identity: others may read or write it"
mended "an open identity"
rm "$git/HEAD"
damaged "no HEAD" "mailbox.git: "
again
use_store nobody
check_fails 1 "defms init" "$DEFMS" check

# -- beside a writer there is nothing to find
use_store ada
mbox 400 | sed 's/@example/@else/' >"$top/more.mbox"
(i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	sed "s/@else/@else$i/" "$top/more.mbox" >"$top/more$i.mbox"
	defms import "$top/more$i.mbox"
	defms gc --now
done) >/dev/null 2>&1 &
writer=$!
looks=0 findings=
while kill -0 $writer 2>/dev/null; do
	findings=$findings$(defms check 2>&1 | grep -v 'all is well$')
	looks=$((looks + 1))
done
check_same "beside a writer nothing is found" "" "$findings"
check "... in several looks" test "$looks" -gt 2
check "nor afterwards" defms check
finish
