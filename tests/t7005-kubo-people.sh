#!/bin/sh
# SPDX-License-Identifier: ISC
# Two people share a thread by way of two IPFS nodes, under names that nobody
# told them; so do two devices of one person with all they have.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-kubo.sh"
. "$(dirname "$0")/lib-share.sh"
need_program git python3
need_kubo

# Without the thread's name, which is of the message that came first here.
hashes() { defms search --messages '*' | sed 's,^[^/]*/,,' | sort; }
# same NAME NAME: do both mailboxes have the same messages?
same() {
	use_store "$1"
	hashes >"$top/$1-hashes"
	use_store "$2"
	hashes | cmp - "$top/$1-hashes"
}

check "a node is made" make_node a
check "another is made" make_node b
start_node a
a=$api
start_node b
b=$api
check "they meet" join_nodes a b

ada="ada@example.org" bob="bob@example.org"
fresh_store bob
defms key export >"$top/bob.card"
fresh_store ada
defms key export >"$top/ada.card"
check "Ada knows Bob" defms contact add "$top/bob.card"
defms remote add direct "ipfs:$a" --for "$bob"
use_store bob
check "Bob knows Ada" defms contact add "$top/ada.card"
defms remote add direct "ipfs:$b" --for "$ada"
check_same "nobody has published yet" "direct: nothing new" \
	"$(defms bridge pull)"

use_store ada
bring INBOX "$ada" "$bob" stars
check "a thread is shared" defms share \
	"$(defms search stars | cut -f 1)" "$bob"
check_same "it is pushed" "direct: 1 thread" \
	"$(defms bridge push | sed 's/,.*//')"
use_store bob
check_same "it comes" "direct: 1 message new" "$(defms bridge pull)"
check "the same" same ada bob
bring INBOX "$bob" "$ada" moons "References: <stars@x>"
check_same "an answer goes the same way" "direct: 1 thread" \
	"$(defms bridge push | sed 's/,.*//')"
use_store ada
check_same "... and comes" "direct: 1 message new" "$(defms bridge pull)"
check "the same" same bob ada
check_same "... which is pushed too, for others to have it" \
	"direct: 1 thread" "$(defms bridge push | sed 's/,.*//')"
check_same "there is no end to it, but nothing new" "direct: nothing new" \
	"$(defms bridge push)"
use_store bob
check_same "... on the other side" "direct: nothing new" \
	"$(defms bridge pull)"
check_same "no word of it is in what lies in the nodes" "" \
	"$(grep -rlE 'stars|moons|Hello|example' --exclude=_README \
		"$top/node-a/blocks" "$top/node-b/blocks" \
		"$top/node-a/datastore")"

# Not for whom it is not.
fresh_store eve
check "Eve knows Ada" defms contact add "$top/ada.card"
defms remote add direct "ipfs:$b" --for "$ada"
check_same "another person finds nothing" "direct: nothing new" \
	"$(defms bridge pull)"

# Another device of Ada's.
use_store phone
mkdir -p "$mail"
defms init --device >"$top/ask" 2>/dev/null
use_store ada
defms key device add "$top/ask" >"$top/answer" 2>/dev/null
bring INBOX "someone@example.org" "$ada" alone
defms remote add back "ipfs:$a" --all
check "all is pushed" defms bridge push back
use_store phone
check "the device is taken in" defms init --finish "$top/answer"
check "... and knows Bob" defms contact add "$top/bob.card"
defms remote add back "ipfs:$b" --all
check "it finds all" defms bridge pull back
check "the same" same ada phone
bring INBOX "someone@example.org" "$ada" later
check "what it has goes back" defms bridge push back
use_store ada
check "... and comes" defms bridge pull back
check "the same" same phone ada
check "all is well" defms check
finish
