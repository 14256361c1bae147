#!/bin/sh
# SPDX-License-Identifier: ISC
# The client of a Kubo node, with real ones: blocks in and out, pins, names; and
# the traps of its RPC.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-kubo.sh"
need_program git python3
need_kubo

# call NODE-ADDRESS CALL...: in one line.
call() { "$one" "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }

fresh_store
check "mail is imported" defms import --folder INBOX \
	"$tests/../script/sample/village.mbox"
python3 "$tests/fake/make-car.py" "$DEFMS_HOME/mailbox.git" "$top/1.car" \
	>"$top/1"
check "more mail is imported" defms import --folder INBOX \
	"$tests/../script/sample/late.eml"
python3 "$tests/fake/make-car.py" "$DEFMS_HOME/mailbox.git" "$top/2.car" \
	>"$top/2"
read -r old old_count <"$top/1"
read -r new new_count <"$top/2"
nowhere=00000000000000000000000000000000000000ff

check "a node is made" make_node a
check "another is made" make_node b
start_node a
a=$api
start_node b
b=$api
check "they meet" join_nodes a b

check "it says its version" sh -c "'$one' '$a' version | grep '^0\.'"

check_same "a CAR is imported whole" "$old_count blocks" \
	"$(call "$a" import "$top/1.car")"
check_same "... and again" "$old_count blocks" \
	"$(call "$a" import "$top/1.car")"
check_same "it pins nothing" "" "$(call "$a" pin-list "defms ada")"
check_same "the root is pinned" "" \
	"$(call "$a" pin-add "$old" "defms ada" 20000)"
check_same "... under its name" "$old" "$(call "$a" pin-list "defms ada")"
check_same "... and no part of it" "" "$(call "$a" pin-list "defms")"
check_same "it has a pin of that name" "defms ada" \
	"$(call "$a" pin-find "$old")"
check_same "... and none elsewhere" "none" "$(call "$a" pin-find "$nowhere")"
check_same "the node has the block" "tree" \
	"$(call "$a" block "$old" | cut -c 1-4)"
check_same "a block that is nowhere is not waited for" "none" \
	"$(call "$a" block "$nowhere")"

check_same "the other node lacks it" "none" "$(call "$b" block "$old")"
check_same "it finds it" "tree" \
	"$(call "$b" block-find "$old" 20000 | cut -c 1-4)"
check_same "... but none that is nowhere" "none" \
	"$(call "$b" block-find "$nowhere" 500)"
check_same "no part of a pin is one" "none" "$(call "$b" pin-find "$old")"
check_same "it fetches all of it" "" \
	"$(call "$b" pin-add "$old" "defms bob" 20000)"
check_same "it hands out all of it" "$old $old_count blocks" \
	"$(call "$b" export "$old" 20000)"
check_same "an export fetches too" "$new_count blocks" \
	"$(call "$a" import "$top/2.car")"
check_same "... what is only with the other" "$new $new_count blocks" \
	"$(call "$b" export "$new" 20000)"

check_same "the pin moves on" "" \
	"$(call "$a" pin-move "$old" "$new" "defms ada" 20000)"
check_same "... under its name" "$new" "$(call "$a" pin-list "defms ada")"
check_same "it moves to where it is" "" \
	"$(call "$a" pin-move "$new" "$new" "defms ada" 20000)"
check_same "... and stays" "$new" "$(call "$a" pin-list "defms ada")"
check_same "it moves from where no pin is" "" \
	"$(call "$a" pin-move "$nowhere" "$new" "defms ada" 20000)"
check_same "... and is there" "$new" "$(call "$a" pin-list "defms ada")"
check_same "both are pinned" "" \
	"$(call "$a" pin-add "$old" "defms ada" 20000)"
check_same "it moves to what is pinned already" "" \
	"$(call "$a" pin-move "$old" "$new" "defms ada" 20000)"
check_same "... and only that is" "$new" "$(call "$a" pin-list "defms ada")"
check_same "a name may have any character" "" \
	"$(call "$a" pin-add "$new" 'a&b=c?d#e/ü "%41"' 20000)"
check_same "... and is found" "$new" \
	"$(call "$a" pin-list 'a&b=c?d#e/ü "%41"')"
check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: .*deadline exceeded" \
	"$one" "$a" pin-move "$new" "$nowhere" x 500
check_same "a pin that cannot move stays" "$new" \
	"$(call "$a" pin-list 'a&b=c?d#e/ü "%41"')"
check_same "a pin is removed" "removed" "$(call "$a" pin-remove "$new")"
check_same "... once" "none" "$(call "$a" pin-remove "$new")"

check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: nothing of it comes any more" \
	"$one" "$a" pin-add "$nowhere" x 500

# What a node says late: the status is 200 by then.
python3 - "$top/1.car" "$top/part.car" <<'EOT'
import sys
data = open(sys.argv[1], "rb").read()
size, at, shift = 0, 47, 0
while True:
    size |= (data[at] & 127) << shift
    shift, at = shift + 7, at + 1
    if data[at - 1] < 128:
        break
open(sys.argv[2], "wb").write(data[:at + size])
data = bytearray(data)
data[-1] ^= 1
open(sys.argv[2].replace("part", "bad"), "wb").write(data)
EOT
make_node c >"$top/out" 2>&1
in_node c config Addresses.API "/unix/$top/socket"
in_node c config --json API.Authorizations '{"defms": {
	"AuthSecret": "bearer:a.very-secret_token",
	"AllowedPaths": ["/api/v0"]}}'
start_node c --offline
printf 'a.very-secret_token\n' >"$top/token"
printf 'another\n' >"$top/other"
chmod 600 "$top/token" "$top/other"
c=unix:$top/socket
check "a unix socket and a token" \
	sh -c "'$one' -t '$top/token' '$c' version | grep '^0\.'"
check_fails 1 "^EACCES: .*/socket: it refuses: " "$one" "$c" version
check_fails 1 "^EACCES: .*/socket: it refuses: " \
	"$one" -t "$top/other" "$c" version
chmod 640 "$top/other"
check_fails 1 "^EPERM: .*/other: others may read it: chmod 600 is needed" \
	"$one" -t "$top/other" "$c" version
check_same "a part of a CAR goes in" "1 blocks" \
	"$(call -t "$top/token" "$c" import "$top/part.car")"
check "what is missing shows at the end of an export" not \
	"$one" -t "$top/token" "$c" export "$old" 3000
check "... in words" \
	sh -c "'$one' -t '$top/token' '$c' export '$old' 3000 2>&1 |
		grep 'could not load link\|deadline exceeded\|not find'"
check_fails 1 "^EREMOTEIO: .*/socket: import failed .*content integrity" \
	"$one" -t "$top/token" "$c" import "$top/bad.car"
check_fails 1 "^EREMOTEIO: .*/socket: .*unexpected EOF" \
	"$one" -t "$top/token" "$c" import "$top/token"

# A record goes from one node to the other.
check_same "a name without a record has none" "none" \
	"$(call "$b" name-get ada 2000)"
check_same "a record is stored" "" \
	"$(call "$a" name-put ada "$new" 10 86400)"
check_same "... and found by the other node" "$new 10" \
	"$(call "$b" name-get ada 10000)"
check_same "a newer one takes its place" "" \
	"$(call "$a" name-put ada "$old" 11 86400)"
check_same "... there too" "$old 11" "$(call "$b" name-get ada 10000)"
check_fails 1 "^EEXIST: .*existing IPNS record has sequence 11" \
	"$one" "$b" name-put ada "$new" 10 86400
check_same "... and does not come back" "$old 11" \
	"$(call "$a" name-get ada 10000)"
check_fails 1 "^EREMOTEIO: .*expired" \
	"$one" "$a" name-put bob "$new" 10 -86400

stop_node a
check_fails 75 "^ECONNREFUSED: 127.0.0.1:[0-9]*: Connection refused" \
	"$one" "$a" version
stop_node c
check_fails 75 "^ECONNREFUSED: .*/socket: Connection refused" \
	"$one" -t "$top/token" "$c" version
finish
