#!/bin/sh
# SPDX-License-Identifier: ISC
# An IPFS remote whose node is none, or fails in the middle: each ends in one
# line, and what was not taken for sure is brought again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program python3

mkdir "$top/peer"
python3 "$tests/fake/kubo-peer.py" "$top/peer" >"$top/peer/out" 2>&1 &
servers="$servers $!"
await "$top/peer/port"
url=http://127.0.0.1:$(cat "$top/peer/port")

# node CALL:MODE...: it is new enough, and does this.
node() {
	echo "version new" >"$top/peer/mode.new"
	for mode; do
		echo "${mode%:*} ${mode#*:}" >>"$top/peer/mode.new"
	done
	mv "$top/peer/mode.new" "$top/peer/mode"
	: >"$top/peer/log"
}
# push_fails STATUS TEXT
push_fails() {
	check_fails "$1" "list: 127.0.0.1:[0-9]*: $2" \
		"$DEFMS" bridge push list
	check_same "... in one line" 1 "$(wc -l <"$top/err")"
	check "... and the thread still waits" \
		sh -c "'$DEFMS' status | grep '^unpushed.*1 thread'"
}
calls() { grep -c "POST /api/v0/$1" "$top/peer/log"; }

fresh_store ada
import_public 1
defms remote add list "ipfs:$url" --public
echo old >"$top/peer/mode"
push_fails 1 "Kubo 0.39.0 is too old, 0.40 is needed"
echo nonsense >"$top/peer/mode"
push_fails 1 "not a Kubo node"
echo forbidden >"$top/peer/mode"
push_fails 1 "it refuses: 403 - Forbidden"
echo close >"$top/peer/mode"
push_fails 75 "the connection is lost"
node dag/import:pin-failed
push_fails 75 "deadline exceeded"
node dag/import:late
push_fails 1 "all is lost"
node dag/import:no-stats
push_fails 1 "it does not say what it stored"
node dag/import:close
push_fails 75 "the connection is lost"
node dag/import:imported pin/add:nothing
push_fails 1 "it does not say what it did"
node dag/import:imported pin/add:later
push_fails 75 "not now: wait"
node dag/import:imported pin/add:pinned pin/ls:nothing name/put:broken
push_fails 1 "a?b?c"

# What is there and not published yet is not brought again.
node dag/import:imported pin/add:pinned pin/ls:nothing name/put:later
check "a record that cannot be published now is a failure" not \
	defms bridge push
check_same "... but nothing waits" "" "$(defms status | grep unpushed)"
node dag/import:imported pin/ls:not-pinned pin/add:pinned name/put:nothing
check_same "a node that has it no more gets it again" "list: 1 thread" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "... by an import" 1 "$(calls dag/import)"

# Pulls.
name=k51qzi5uqu5dh79uo0q1j5m6q70uv2u16zaczoeptng9vap2g3u9zm9qu0y0rq
fresh_store eve
defms remote add list "ipfs:$url#$name" --public --from any
echo old >"$top/peer/mode"
check_fails 1 "list: 127.0.0.1:[0-9]*: Kubo 0.39.0 is too old" \
	"$DEFMS" bridge pull list
node name/get:nonsense
check "a record that is none is a failure" not defms bridge pull
check "... in words" sh -c "'$DEFMS' bridge status |
	grep '^problem.*$name: not a record of ours'"
node name/get:endless
check_fails 1 "list: 127.0.0.1:[0-9]*: an answer of more than" \
	"$DEFMS" bridge pull list
node name/get:later
check_fails 75 "list: 127.0.0.1:[0-9]*: not now: wait" \
	"$DEFMS" bridge pull list
check_same "... is one line" 1 "$(wc -l <"$top/err")"

# The token.
printf 'a-token\n' >"$top/token"
printf '[remote "list"]\n\ttokenFile = %s\n' "$top/token" \
	>>"$XDG_CONFIG_HOME/defms/config"
chmod 640 "$top/token"
check_fails 1 "list: $top/token: others may read it: chmod 600 is needed" \
	"$DEFMS" bridge pull list
chmod 600 "$top/token"
node name/get:later
"$DEFMS" bridge pull list >/dev/null 2>&1
check "the token goes along" grep -q 'Bearer a-token' "$top/peer/log"
finish
