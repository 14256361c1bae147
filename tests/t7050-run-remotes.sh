#!/bin/sh
# SPDX-License-Identifier: ISC
# `bridge run` pushes what changes here, and takes what appears in a folder,
# whatever becomes of the other remotes.
# The thread sanitizer need not mind a worker that is left waiting at the end.
TSAN_OPTIONS="${TSAN_OPTIONS-} report_thread_leaks=0"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
pool=$top/pool
mkdir "$pool"
pids=

# run_bridge NAME: in the background, what it says in $top/NAME.log.
run_bridge() {
	"$DEFMS" bridge run 2>"$top/$1.log" &
	pids="$pids $!"
}
end_bridges() {
	for pid in $pids; do kill "$pid"; done
	for pid in $pids; do
		wait "$pid"
		check_same "SIGTERM ends it well" 0 $?
	done
	pids=
}
count_is() { [ "$(defms search --messages '*' | wc -l)" = "$1" ]; }
problem() { defms bridge status | grep -q "^problem.*$1"; }

fresh_store ada
check_fails 1 "no account and no remote" "$DEFMS" bridge run
defms remote add pool "dir:$pool" --public --from any
import_public 1
run_bridge ada
fresh_store bob
defms remote add pool "dir:$pool" --public --from any
run_bridge bob
wait_for "what was there arrives" count_is 1
import_public 2 1
use_store ada
wait_for "an answer comes back" count_is 2
import_public 3
use_store bob
wait_for "what is new goes on" count_is 3
check "it says so" grep -q "pool: 1 message new" "$top/bob.log"
use_store ada
check "status says that it runs" sh -c '"$0" bridge status | grep -q " runs"' \
	"$DEFMS"
mv "$pool" "$top/away"
import_public 4
wait_for "a folder that is gone is a problem" problem "no such folder"
mv "$top/away" "$pool"
end_bridges
use_store bob
check "the folder is back" defms bridge pull
check_same "its complaint was said once" 1 \
	"$(grep -c "no such folder" "$top/ada.log")"

# -- a remote that never answers ----------------------------------------------
python3 "$tests/fake/silent-server.py" >"$top/deaf" &
deaf=$!
wait_for "somebody listens" test -s "$top/deaf"
use_store ada
mkdir "$top/new"
defms remote remove pool
defms remote add deaf "git:https://127.0.0.1:$(cat "$top/deaf")/x.git" \
	--public --from any
git config -f "$XDG_CONFIG_HOME/defms/config" remote.deaf.timeout 300
defms remote add pool "dir:$pool" --public --from any
run_bridge ada
import_public 5
use_store bob
wait_for "the others go on" sh -c '"$0" bridge pull &&
	"$0" search --messages --count "*" | grep -qx 5' "$DEFMS"

# -- settings that change while it waits --------------------------------------
use_store ada
defms remote remove pool
defms remote add new "dir:$top/new" --public --from any
wait_for "a new remote is pushed to" grep -q "^defms: new: .* pushed" \
	"$top/ada.log"
end_bridges
kill "$deaf"

# -- a folder that is another one, as a stick's is that was elsewhere ----------
defms remote remove deaf
use_store bob
defms remote add new "dir:$top/new" --public --from any
defms remote remove pool
run_bridge bob
use_store ada
import_public 6
check "push" defms bridge push
use_store bob
wait_for "that arrives" count_is 6
cp -R "$top/new" "$top/stick"
mv "$top/new" "$top/away"
mv "$top/stick" "$top/new"
rm -r "$top/away"
# The first may be found by the look into it that this causes.
for n in 7 8; do
	use_store ada
	import_public "$n"
	check "push $n" defms bridge push
	use_store bob
	wait_for "that arrives as well" count_is "$n"
done
end_bridges
use_store ada
check "all is well" defms check
finish
