#!/bin/sh
# SPDX-License-Identifier: ISC
# gc: many small packs become few, nothing is lost, whenever it is killed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3

packs() { find "$git/objects/pack" -name '*.pack' | wc -l | tr -d ' '; }
live() { sql "$DEFMS_HOME/state.db" \
	"SELECT count(*) FROM packs WHERE joined=0"; }
sound() {
	defms check && git -C "$git" fsck --strict --no-dangling &&
		[ "$(copy)" = "$1" ]
}
# All messages, as they read now.
copy() { defms export --mbox '' - | sha256sum; }

fresh_store
git=$DEFMS_HOME/mailbox.git
mbox 200 >"$top/all.mbox"
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	parent=
	[ $((i % 3)) != 0 ] || parent=$((i - 1))
	message $i $parent | sed 's/^>*From />&/' >"$top/one.eml"
	defms import "$top/one.eml" >/dev/null
done
check "200 imports do not leave 200 packs that are needed" \
	test "$(live)" -le 51
check "those that were joined are there for an hour" \
	test "$(packs)" -ge 200
before=$(copy)
check "all is well" sound "$before"
check "there are loose refs" \
	test "$(find "$git/refs/threads" -type f | wc -l)" -gt 0
refs=$(git -C "$git" for-each-ref)

cp -a "$top/ada" "$top/saved"
check "gc" defms gc
check_same "... leaves refs as they were" "$refs" \
	"$(git -C "$git" for-each-ref)"
check_same "... packs all of them" 0 \
	"$(find "$git/refs/threads" -type f | wc -l | tr -d ' ')"
check_same "... and has none to move" 0 \
	"$(sql "$DEFMS_HOME/state.db" "SELECT count(*) FROM moves")"
check "... leaves few packs that are needed" test "$(live)" -le 5
check "... removes none of the others" test "$(packs)" -ge 200
check "all is well" sound "$before"
sql "$DEFMS_HOME/state.db" "UPDATE packs SET joined=joined-3601 WHERE joined>0"
check "gc an hour later" defms gc
check_same "... removes the joined packs" "$(live)" "$(packs)"
check "all is well" sound "$before"
check_same "no name of a pack is left behind" "$(packs)" \
	"$(sql "$DEFMS_HOME/state.db" "SELECT count(*) FROM packs")"
check_same "a second gc has nothing to do" \
	"0 messages erased, 0 packs joined, 0 packs removed, 0 indexes removed" "$(defms gc)"

# -- very many joined packs stay for ten minutes
joined_packs() {
	sql "$DEFMS_HOME/state.db" "DELETE FROM packs WHERE joined>0;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n
		WHERE i<$1) INSERT INTO packs SELECT 'pack-'||i,
		strftime('%s','now')-601 FROM n"
}
joined() { sql "$DEFMS_HOME/state.db" \
	"SELECT count(*) FROM packs WHERE joined>0"; }
for n in 1 2 3; do
	message 30$n | sed 's/^>*From />&/' >"$top/$n.eml"
done
joined_packs 20000
check "a batch" defms import "$top/1.eml"
check_same "20000 stay for an hour" 20000 "$(joined)"
joined_packs 20001
check "a batch" defms import "$top/2.eml"
check_same "of more some go with each batch" 19981 "$(joined)"
sql "$DEFMS_HOME/state.db" "UPDATE packs SET joined=joined-3000 WHERE joined>0"
check "a batch" defms import "$top/3.eml"
check_same "... as of those an hour old" 19961 "$(joined)"
sql "$DEFMS_HOME/state.db" "DELETE FROM packs WHERE joined>0"
check "gc" defms gc

# -- a dead index, and one of somebody else
index=$(ls "$XDG_CACHE_HOME"/defms/index-*.db)
used=${index##*/index-}
used=${used%.db}
touch "$XDG_CACHE_HOME/defms/index-$((used + 1)).db" \
	"$XDG_CACHE_HOME/defms/index-$((used + 1)).db-wal" \
	"$XDG_CACHE_HOME/defms/index-$((used + 65536)).db"
check_same "dead indexes go" \
	"0 messages erased, 0 packs joined, 0 packs removed, 1 indexes removed" "$(defms gc)"
check_same "... but no other mailbox's" \
	"index-$used.db index-$((used + 65536)).db" \
	"$(cd "$XDG_CACHE_HOME/defms" && ls index-*.db | sort | paste -sd ' ')"

# -- big packs are no reason to join small ones
rm -rf "$top/ada"
fresh_store
i=0
while [ $i -lt 51 ]; do
	i=$((i + 1))
	name=$(printf 'pack-%040d' $i)
	truncate -s 9M "$git/objects/pack/$name.pack"
	echo "INSERT INTO packs(name) VALUES('$name');"
done >"$top/rows"
sql "$DEFMS_HOME/state.db" "$(cat "$top/rows")"
for i in 1 2 3 4; do
	message $i >"$top/one.eml"
	defms import "$top/one.eml" >/dev/null
done
check_same "four small packs beside 51 big ones are not joined" "4" \
	"$(sql "$DEFMS_HOME/state.db" "SELECT count(*) FROM packs WHERE
		joined=0 AND name NOT LIKE 'pack-00000%'")"

# -- a damaged pack is not copied
rm -rf "$top/ada"
cp -a "$top/saved" "$top/ada"
pack=$(cd "$git/objects/pack" && sql "$DEFMS_HOME/state.db" \
	"SELECT name||'.pack' FROM packs WHERE joined=0" |
	xargs ls -rS | head -1)
flip "$git/objects/pack/$pack" 200
defms gc --now >"$top/said" 2>&1
check_same "gc beside a damaged pack" 0 $?
check "... says so" grep -q '1 packs are damaged' "$top/said"
check "... leaves that one" test -e "$git/objects/pack/$pack"
check "... and removes others" test "$(packs)" -lt 20

# -- killed at each point
killed=0 broken=
n=1
while :; do
	rm -rf "$top/ada"
	cp -a "$top/saved" "$top/ada"
	sql "$DEFMS_HOME/state.db" "DELETE FROM packs WHERE joined>0"
	DEFMS_CRASH=$n defms gc --now >"$top/out" 2>&1
	status=$?
	[ $status = 99 ] || break
	killed=$((killed + 1))
	{ sound "$before" && defms gc --now && defms check &&
		[ "$(live)" -le 5 ]; } >"$top/out" 2>&1 ||
		{ broken="$broken $n"; sed 's/^/# /' "$top/out"; }
	n=$((n + 1))
	# Removing packs is the same again and again.
	[ $n -lt 30 ] || n=$((n + 17))
done
check_same "gc that is killed nowhere succeeds" 0 $status
check_same "killed at each point, all is well" "" "$broken"
[ "$killed" -gt 0 ] || echo "# this build has no crash points"
finish
