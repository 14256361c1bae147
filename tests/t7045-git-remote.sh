#!/bin/sh
# SPDX-License-Identifier: ISC
# A plain bare repository as a remote: it has the refs themselves, stock git
# reads it, and nothing unverified gets from it into mailbox.git.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-remote.sh"
need_program git
hub=$top/hub.git
git init -q --bare "$hub"
theirs() { git -C "$hub" for-each-ref --format='%(refname) %(objectname)' "$@"; }

fresh_store ada
defms remote add hub "git:$hub" --public
for i in 1 2 3 4 5; do import_public $i; done
check_same "a push says what it did" "hub: 5 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "the refs are there" "$(refs)" "$(theirs refs/threads)"
check_same "and my card" 1 "$(theirs refs/cards | wc -l)"
check_same "... as text" "defms-card 1" \
	"$(git -C "$hub" show "$(theirs refs/cards | cut -d' ' -f1):card" |
	head -n 1)"
check "stock git finds it sound" git -C "$hub" fsck --strict --no-dangling
check_same "nothing new" "hub: nothing new" "$(defms bridge push)"
import_public 6 1
import_public 7
check_same "what is new goes there" "hub: 2 threads" \
	"$(defms bridge push | sed 's/,.*//')"
check_same "the refs have moved" "$(refs)" "$(theirs refs/threads)"
check "no scratch is left" sh -c '! ls -d "$1"/remote-*' - "$DEFMS_HOME"

fresh_store eve
defms remote add hub "git:file://$hub" --public --from any
check_same "another takes it" "hub: 7 messages new" "$(defms bridge pull)"
check_same "again nothing" "hub: nothing new" "$(defms bridge pull)"
check_same "she has nothing to add" "hub: nothing new" "$(defms bridge push)"
import_public 8 2
defms bridge push >/dev/null
check_same "her chain stands beside the other" 7 \
	"$(theirs refs/threads | wc -l)"
use_store ada
defms remote remove hub
defms remote add hub "git:$hub" --public --from any
check_same "her word comes back" "hub: 1 message new" "$(defms bridge pull)"
check_same "both have one history" "$(refs)" "$(theirs refs/threads)"
check "all is sound" defms check
check "there too" git -C "$hub" fsck --strict --no-dangling

# Refs that are none of ours, of every form: they are not seen.
any=$(theirs refs/threads | tail -n 1)
tip=${any#* } name=${any% *}
strand=$(dirname "$name")
empty=$(git -C "$hub" hash-object -t blob -w /dev/null)
git -C "$hub" update-ref refs/heads/master "$tip"
git -C "$hub" update-ref refs/threads/short "$tip"
git -C "$hub" update-ref "$strand/00112233445566778899aabbccddeeff" "$tip"
git -C "$hub" update-ref "${strand%????}0000/$(basename "$name")" "$tip"
git -C "$hub" update-ref refs/cards/no "$tip"
git -C "$hub" update-ref refs/cards/00112233445566778899aabbccddeeff "$tip"
git -C "$hub" update-ref refs/tags/x "$empty"
refs >"$top/before"
defms bridge pull >/dev/null 2>"$top/complaint"
check "no ref moves by them" test "$(refs)" = "$(cat "$top/before")"
check "the store is sound" defms check

# A path of any characters is one of this machine.
odd="$top/an odd:one.git"
git init -q --bare "$odd"
only_remote odd "git:$odd"
defms bridge push >/dev/null
check_same "a path with a colon" "$(refs)" \
	"$(git -C "$odd" for-each-ref --format='%(refname) %(objectname)' \
		refs/threads)"
only_remote odd "git:file://$(echo "$odd" | sed 's/ /%20/')"
check_same "and escaped in a URL" "odd: nothing new" "$(defms bridge pull)"
only_remote hub "git:$hub"

# A chain of mine with a tip that was not written here stays as it is.
device=$(defms key signers | cut -d@ -f1)
mine=$(refs | grep "/$device " | head -n 1)
forged=$(printf 'x\n' | GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x \
	GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x \
	git -C "$hub" commit-tree "$tip^{tree}")
git -C "$hub" update-ref "${mine% *}" "$forged"
for i in 1 2 3 4 5 6 7; do import_public $((i + 9)) $i; done
defms bridge push >"$top/said" 2>"$top/complaint"
check_same "a strange tip of this device is told" 1 $?
check "... in a line" grep -q "tip of this device" "$top/complaint"
check_same "... and left alone" "$forged" \
	"$(theirs "${mine% *}" | cut -d' ' -f2)"

git -C "$hub" update-ref "${mine% *}" "${mine#* }"
check "what was refused is pushed once it can be" defms bridge push

# A repository that is gone.
mv "$hub" "$top/elsewhere"
check_fails 75 "there is no such repository" "$DEFMS" bridge pull
check_fails 75 "there is no such repository" "$DEFMS" bridge push

# One in its place gets all again, once it was looked at.
git init -q --bare "$hub"
check "nothing comes from it" defms bridge pull
check "what is missing there is pushed" defms bridge push
check_same "all of it" "$(refs)" "$(theirs refs/threads)"
check_same "and once" "hub: nothing new" "$(defms bridge pull >/dev/null;
	defms bridge push)"
finish
