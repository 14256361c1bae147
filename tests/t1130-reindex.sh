#!/bin/sh
# SPDX-License-Identifier: ISC
# The index is made of what can be read, and never of less because the machine
# is short of something; one that is not of this mailbox's past is made anew.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3

found() { defms search '' | wc -l | tr -d ' '; }
number() { sql "$DEFMS_HOME/state.db" \
	"SELECT value FROM meta WHERE name='index'"; }

fresh_store
git=$DEFMS_HOME/mailbox.git
mkdir -p "$XDG_CONFIG_HOME/defms"
printf '[public]\n\tlist = dev.example.org\n' >"$XDG_CONFIG_HOME/defms/config"
mbox 20 >"$top/in.mbox"
defms import "$top/in.mbox" >/dev/null
check_same "reindex" "20 messages" "$(defms reindex)"
before=$(found) index=$(number)

# -- short of files: it fails, or it finds all
lost= failed=0
for files in 8 10 12 14 16 18 20 22 24 26 28 32 36 40 48; do
	said=$( (ulimit -n $files && defms reindex) 2>"$top/err")
	status=$?
	[ $status = 0 ] || failed=$((failed + 1))
	case $status,$said in
	0,"20 messages")	;;
	0,*)	lost="$lost $files:$said" ;;
	esac
	[ "$(found)" = "$before" ] || lost="$lost $files:found"
done
check_same "with few files open no message is lost" "" "$lost"
check "... and sometimes it fails" test $failed -gt 0

# -- a home that was restored: its index is of days that never were
cp -a "$DEFMS_HOME" "$top/snapshot"
message 900 >"$top/one.eml"
message 901 >"$top/other.eml"
defms import "$top/one.eml" >/dev/null
restore() {
	rm -rf "$DEFMS_HOME"
	cp -a "$top/snapshot" "$DEFMS_HOME"
}
restore
check_same "a restored home does not find what it lacks" "$before" "$(found)"
check "... and takes in mail" defms import "$top/other.eml"
check "... check is clean" defms check
# One at the same number, of another past.
restore
defms import "$top/one.eml" >/dev/null
index=$XDG_CACHE_HOME/defms/index-$(number).db
mkdir "$top/kept"
cp "$index"* "$top/kept"
restore
defms import "$top/other.eml" >/dev/null
check_same "two pasts with the same number of an index" "$index" \
	"$XDG_CACHE_HOME/defms/index-$(number).db"
rm "$index"*
cp "$top/kept/"* "$XDG_CACHE_HOME/defms"
check "the index of another past is not written to" \
	defms import "$top/one.eml"
check "... check is clean" defms check

# -- an index that cannot be looked at now is not made anew
index=$(number)
(ulimit -n 7 && defms search '') >/dev/null 2>&1
check_same "short of files, the index stays" "$index" "$(number)"

# -- a thread that names what another one holds
letter() { message "$1" | sed '1i List-Id: <dev.example.org>'; }
for i in 501 502; do
	letter $i >"$top/one.eml"
	defms import "$top/one.eml" >/dev/null
done
cp -a "$top/ada" "$top/saved"
sql "$DEFMS_HOME/state.db" "UPDATE strands SET tip=(SELECT s.tip FROM
	strands s JOIN messages m ON m.strand=s.serial WHERE m.serial=23)
	WHERE serial=(SELECT strand FROM messages WHERE serial=24)"
check_same "a message counts in its own thread alone" "23 messages" \
	"$(defms reindex)"

# -- damage: said, counted, and the rest is there
rm -rf "$top/ada"
cp -a "$top/saved" "$top/ada"
pack=$(cd "$git/objects/pack" && ls -t pack-*.pack | tail -1)
object=$(git -C "$git" verify-pack -v "$git/objects/pack/${pack%.pack}.idx" |
	awk '$2 == "blob" && !seen++ { print $5 }')
flip "$git/objects/pack/$pack" $((object + 30))
said=$(defms reindex 2>"$top/err")
check_same "reindex of what is damaged: status" 1 $?
check_same "... has the others" "23 messages" "$said"
check "... and says so in a line" \
	grep -q '^defms: 1 messages or threads are damaged' "$top/err"
check_same "... in one" 1 "$(wc -l <"$top/err" | tr -d ' ')"
finish
