# SPDX-License-Identifier: ISC
# Real IPFS nodes on loopback, after lib.sh and lib-bridge.sh. The program is
# $IPFS, or the one that script/kubo built.
kubo=${IPFS:-$tests/../build/kubo/ipfs}
# shellcheck disable=SC2153
one=$FAKES/kubo-one
nodes=

# need_kubo: skip the scenario without it.
need_kubo() {
	"$kubo" version >/dev/null 2>&1 ||
		skip_all "no Kubo: script/kubo builds it"
}

# in_node NAME COMMAND...: ipfs itself, for the node NAME.
in_node() {
	node=$1
	shift
	IPFS_PATH=$top/node-$node "$kubo" "$@"
}

# make_node NAME: its folder, with the test profile: on loopback, at free ports,
# without any other node to begin with.
make_node() {
	in_node "$1" init -e --profile=test &&
		in_node "$1" config --json Routing '{"Type":"dhtserver"}' &&
		in_node "$1" config --json Discovery.MDNS.Enabled false
}

# start_node NAME [OPTION...]: until it answers; $api is its address then.
start_node() {
	node=$1
	shift
	rm -f "$top/node-$node/api"
	IPFS_PATH=$top/node-$node "$kubo" daemon "$@" \
		>"$top/node-$node.log" 2>&1 &
	servers="$servers $!"
	nodes="$nodes $node:$!"
	await "$top/node-$node/api"
	await_line "$top/node-$node.log" "Daemon is ready"
	api=$(tr / ' ' <"$top/node-$node/api" | {
		read -r _ host _ port _
		echo "http://$host:$port"
	})
}

# await_line FILE TEXT: until it is there.
await_line() {
	await_tries=0
	until grep -q "$2" "$1"; do
		await_tries=$((await_tries + 1))
		[ "$await_tries" -lt 600 ] || { cat "$1"; exit 1; }
		sleep 0.05
	done
}

# stop_node NAME
stop_node() {
	for node in $nodes; do
		[ "${node%:*}" = "$1" ] || continue
		kill "${node#*:}"
		wait "${node#*:}" 2>/dev/null
	done
}

# join_nodes NAME NAME
join_nodes() {
	in_node "$2" swarm connect "$(in_node "$1" id -f '<addrs>' | head -n 1)"
}
