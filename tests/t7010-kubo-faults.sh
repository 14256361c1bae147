#!/bin/sh
# SPDX-License-Identifier: ISC
# The client of a Kubo node against what is none, or answers as none should:
# each ends, in time, in one line.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
need_program python3

one=$FAKES/kubo-one
mkdir "$top/peer"
python3 "$tests/fake/kubo-peer.py" "$top/peer" >"$top/peer/out" 2>&1 &
servers="$servers $!"
await "$top/peer/port"
url=http://127.0.0.1:$(cat "$top/peer/port")
id=00000000000000000000000000000000000000ff

# version MODE
version() {
	echo "$1" >"$top/peer/mode"
	"$one" "$url" version
}

check_same "a newer node is taken" "0.44.0-rc1" "$(version new)"
check_same "... and a much newer one" "1.0.0" "$(version one)"
check_fails 1 "^EPROTO: 127.0.0.1:[0-9]*: Kubo 0.39.0 is too old, 0.40 is" \
	version old
for mode in nonsense array not-utf8 deep empty nothing number long; do
	check_fails 1 "^EPROTO: 127.0.0.1:[0-9]*: not a Kubo node" \
		version $mode
done
check_fails 1 "^EPROTO: 127.0.0.1:[0-9]*: it has no such call" version absent
check_fails 1 "^EACCES: 127.0.0.1:[0-9]*: it refuses: 403 - Forbidden" \
	version forbidden
check_fails 75 "^EAGAIN: 127.0.0.1:[0-9]*: not now: wait" version later
check_fails 1 "^EREMOTEIO: 127.0.0.1:[0-9]*: a?b?c" version broken
check_fails 1 "^EREMOTEIO: 127.0.0.1:[0-9]*: it fails" version broken-silently
check_fails 1 "^EREMOTEIO: 127.0.0.1:[0-9]*: xxx" version broken-at-length
check_same "... in one line" 1 "$(wc -l <"$top/err")"
check_fails 1 "^EREMOTEIO: " version redirect
check_fails 1 "^EREMOTEIO: " version no-content
check_fails 1 "^EREMOTEIO: 127.0.0.1:[0-9]*: all is lost" version late
for mode in cut cut-chunk close; do
	check_fails 75 "^ECONNRESET: 127.0.0.1:[0-9]*: the connection is lost" \
		version $mode
done
check_fails 1 "^EPROTO: 127.0.0.1:[0-9]*: " version not-http
check_fails 1 "^EPROTO: 127.0.0.1:[0-9]*: an answer of more than 65536 bytes" \
	version endless

# Whatever it does, it ends.
for mode in hang stall trickle; do
	echo $mode >"$top/peer/mode"
	check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no answer in time" \
		"$one" -w 1000 "$url" version
	check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no answer in time" \
		"$one" -w 1000 "$url" pin-move $id ${id%f}0 name 500
	check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no" \
		"$one" -w 1000 "$url" pin-add $id name 500
done
echo hang >"$top/peer/mode"
head -c 3000000 /dev/zero >"$top/zeros"
check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no answer in time" \
	"$one" -w 1000 "$url" import "$top/zeros"
check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no answer in time" \
	"$one" -w 1000 "$url" export $id 500
check_fails 75 "^ETIMEDOUT: 127.0.0.1:[0-9]*: no answer in time" \
	timeout 20 "$one" -w 1000 "$url" export $id 60000
echo stall >"$top/peer/mode"
check_fails 1 "^EBADMSG: 127.0.0.1:[0-9]*: at byte 0: not a CAR" \
	"$one" "$url" export $id 500

# An import with status 200 that is none.
for mode in pin-failed:75 error-line:1 no-stats:1 late:1 nothing:1; do
	echo ${mode%:*} >"$top/peer/mode"
	check_fails ${mode#*:} "^E[A-Z]*: 127.0.0.1:[0-9]*: " \
		"$one" "$url" import "$top/zeros"
done
check "all of it was sent" sh -c "
	tail -n 1 '$top/peer/log' | cut -d ' ' -f 1 | {
		read -r size
		test \$size -gt 3000000; }"
echo nothing >"$top/peer/mode"
check_fails 1 "^EPROTO: .*it does not say what it did" \
	"$one" "$url" pin-add $id name 500
check_fails 1 "^EBADMSG: at byte 0: it ends in its header" \
	"$one" "$url" export $id 500
check_fails 1 "^EBADMSG: not an IPNS record of ours" \
	"$one" "$url" name-get ada 500
echo endless >"$top/peer/mode"
check_fails 1 "^EPROTO: .*an answer of more than 10240 bytes" \
	"$one" "$url" name-get ada 500
check_fails 1 "^EPROTO: .*an answer of more than [0-9]* bytes" \
	"$one" "$url" block $id
check_fails 1 "^EPROTO: .*an answer of more than [0-9]* bytes" \
	"$one" "$url" pin-list name

# Nobody learns more than he has to.
: >"$top/peer/log"
printf 'a-token\n' >"$top/token"
chmod 600 "$top/token"
echo new >"$top/peer/mode"
check "a call with a token" "$one" -t "$top/token" "$url" version
check "the token goes along" \
	grep -q '^Authorization: Bearer a-token.$' "$top/peer/log"
check "nothing else tells who calls" not \
	grep -qiE '^(referer|origin|cookie|user-agent: *(curl|mozilla))' \
	"$top/peer/log"
check "a proxy is not asked" env http_proxy=http://127.0.0.1:1 \
	"$one" "$url" version
echo forbidden >"$top/peer/mode"
"$one" -t "$top/token" "$url" version >"$top/out" 2>&1
check "the token is in no text" not grep -q a-token "$top/out"
finish
