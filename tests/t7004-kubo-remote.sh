#!/bin/sh
# SPDX-License-Identifier: ISC
# Threads from one mailbox to another by way of two IPFS nodes: what is public
# under the name that its writer tells, a backup under one that only devices of
# the same person know.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-kubo.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program git
need_kubo

# pins NODE: the names of its pins.
pins() { in_node "$1" pin ls --type=recursive --names | cut -d ' ' -f 3-; }
root() { in_node "$1" pin ls --type=recursive --names | grep "$2" |
	cut -d ' ' -f 1; }
sqlite() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
for row in c.execute(sys.argv[2]): print(*row)
c.commit()' "$DEFMS_HOME/state.db" "$1"; }

check "a node is made" make_node a
check "another is made" make_node b
start_node a
a=$api
start_node b
b=$api
check "they meet" join_nodes a b

fresh_store ada
for i in 1 2 3 4 5; do import_public $i; done
import_public 6 1
defms remote add list "ipfs:$a" --public
name=$(defms remote list | sed 's/.*\tname //')
check "its name is told" expr "$name" : 'k51[0-9a-z]*$'
check_same "nothing to pull" "list: nothing new" "$(defms bridge pull)"
check_same "five threads wait" "unpushed   list	5 threads" \
	"$(defms status | grep unpushed)"
check_same "a push says what it did" "list: 5 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "nothing waits" "" "$(defms status | grep unpushed)"
check_same "one root is pinned" 1 "$(pins a | grep -c '^defms .* list$')"
hashes >"$top/ada-hashes"
first=$(root a list)

# Nothing new writes nothing.
cksum "$DEFMS_HOME/state.db" "$DEFMS_HOME/state.db-wal" >"$top/state"
check_same "nothing new" "list: nothing new" "$(defms bridge push)"
cksum "$DEFMS_HOME/state.db" "$DEFMS_HOME/state.db-wal" | cmp - "$top/state"
check_same "... state.db is as it was" 0 $?

# Somebody else takes it.
fresh_store eve
defms remote add list "ipfs:$b#$name" --public --from any
check_same "all of it comes" "list: 6 messages new" "$(defms bridge pull)"
hashes | cmp - "$top/ada-hashes"
check_same "... the same messages" 0 $?
check_same "the node keeps it" "$first" "$(root b "list $name")"
check_same "again there is nothing new" "list: nothing new" \
	"$(defms bridge pull)"
check_same "no file stays" "" "$(find "$DEFMS_HOME" -name '*.car')"
check "what was pulled is sound" defms check

# More of it.
use_store ada
import_public 7 2
import_public 8
check_same "two threads more" "list: 2 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "one root is pinned still" 1 "$(pins a | grep -c '^defms .* list$')"
check "... another one" test "$(root a list)" != "$first"
hashes >"$top/ada-hashes"
use_store eve
check_same "what is new comes" "list: 2 messages new" "$(defms bridge pull)"
hashes | cmp - "$top/ada-hashes"
check_same "... all of it" 0 $?
check_same "the old root is not kept" 1 "$(pins b | grep -c "list $name")"

# Who pulled it can hand it on.
eve_name=$(defms remote list | sed 's/.*\tname //')
check "each has a name of their own" test "$eve_name" != "$name"
check_same "it is handed on" "list: 6 threads" \
	"$(defms bridge push | sed 's/,.*//')"
fresh_store dan
defms remote add list "ipfs:$a#$eve_name" --public --from any
check_same "a third one takes it from there" "list: 8 messages new" \
	"$(defms bridge pull)"
hashes | cmp - "$top/ada-hashes"
check_same "... the same messages" 0 $?

# The node lost it.
use_store ada
in_node a pin rm "$(root a '[0-9a-f] list$')" >/dev/null
in_node a repo gc >/dev/null
check_same "a node that lost it gets all of it again" 1 \
	"$(defms bridge push >/dev/null; pins a | grep -c '[0-9a-f] list$')"
check "... whole" in_node a refs --offline -r "$(root a '[0-9a-f] list$')"

# An old record is renewed; a push that was cut off leaves nothing.
sqlite 'UPDATE remotes SET sequence=sequence-14401'
before=$(sqlite 'SELECT sequence FROM remotes')
check_same "nothing new" "list: nothing new" "$(defms bridge push)"
check "the record is renewed" \
	test "$(sqlite 'SELECT sequence FROM remotes')" -gt $((before + 14400))
sqlite 'DELETE FROM remotes'
in_node a pin add --name "$(pins a | grep '[0-9a-f] list$')" "$first" \
	>/dev/null 2>&1
check_same "a push that forgot everything" "list: 6 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "... leaves one pin" 1 "$(pins a | grep -c '[0-9a-f] list$')"

# An older record than was seen.
use_store eve
sqlite 'UPDATE remote_names SET sequence=sequence+1000000'
check_fails 1 "list: $name: an older record than there was before" \
	"$DEFMS" bridge pull list
check_same "... is one line" 1 "$(wc -l <"$top/err")"

# What others publish need not be what it should be.
python3 "$tests/fake/make-car.py" "$DEFMS_HOME/mailbox.git" "$top/odd.car" \
	>"$top/odd"
read -r odd _ <"$top/odd"
"$one" "$b" import "$top/odd.car" >/dev/null
"$one" "$b" name-put mallory "$odd" 10 86400
fresh_store dora
defms remote add list "ipfs:$b#$("$one" "$b" name mallory)" --public --from any
check "a root of another form is refused" not defms bridge pull
check "... in one line" sh -c "'$DEFMS' bridge status |
	grep '^problem.*root tree: object $odd has a bad entry'"
check_same "... is not kept" "none" "$("$one" "$b" pin-find "$odd")"
check_same "... and not looked at again" "list: nothing new" \
	"$(defms bridge pull)"
blob=$(git -C "$top/ada/home/mailbox.git" rev-list --all --objects \
	--filter=object:type=blob --filter-provided-objects | sed 's/ .*//;q')
"$one" "$b" name-put mallory "$blob" 11 86400
check "a root that is no tree is refused" not defms bridge pull
"$one" "$b" name-put mallory 00000000000000000000000000000000000000ff 12 86400
check_fails 75 "list: k51[0-9a-z]*: nobody hands out" \
	"$DEFMS" bridge pull list
check_same "... is one line" 1 "$(wc -l <"$top/err")"
check_same "... nothing came of it" "" "$(hashes)"

# A backup: another device that has the secrets finds it. There is no second
# one here, so that nobody publishes.
use_store ada
defms remote add back "ipfs:$a" --all
check "a backup is pushed" defms bridge push back
check_same "no other device publishes" "back: nothing new" \
	"$(defms bridge pull back)"

# Nobody at home.
stop_node a
check_fails 75 "list: 127.0.0.1:[0-9]*: Connection refused" \
	"$DEFMS" bridge push list
check_same "... is one line" 1 "$(wc -l <"$top/err")"
use_store dan
check_fails 75 "list: 127.0.0.1:[0-9]*: Connection refused" \
	"$DEFMS" bridge pull list
check_same "... is one line" 1 "$(wc -l <"$top/err")"
check "status tells of it" sh -c "'$DEFMS' bridge status |
	grep '^problem.*Connection refused'"
finish
