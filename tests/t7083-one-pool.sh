#!/bin/sh
# SPDX-License-Identifier: ISC
# One folder for a group: everybody has a remote in it for
# each of the others, and gets what is for them, whatever was pushed last.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-share.sh"
. "$(dirname "$0")/lib-remote.sh"

group="ada bob carol"
for name in $group; do
	fresh_store $name
	defms key export >"$top/$name.card"
done
mkdir "$top/pool"
for name in $group; do
	use_store $name
	for other in $group; do
		[ $name != $other ] || continue
		defms contact add "$top/$other.card"
		defms remote add $other "dir:$top/pool" \
			--for $other@example.org
	done
done

sees() {
	use_store "$1"
	check "$1 pulls" defms bridge pull
	check_same "... and sees $3 of $2" "$3" \
		"$(defms search --messages --count "subject:$2")"
}
share() {
	thread=$1
	shift
	check "ada shares $thread" defms share "$thread" "$@"
}
push() { check "$1" defms bridge push; }

# A thread for each, and one for both.
use_store ada
bring INBOX ada@example.org bob@example.org slates
bring INBOX ada@example.org carol@example.org ladders
bring INBOX ada@example.org "bob@example.org, carol@example.org" supper
share slates bob@example.org
share ladders carol@example.org
share supper bob@example.org carol@example.org
push "all at once"
sees bob slates 1
sees bob supper 1
sees bob ladders 0
sees carol ladders 1
sees carol supper 1
sees carol slates 0

# One after the other: the last push is for somebody else.
use_store ada
for letter in slates ladders supper; do
	letter_to ada@example.org "bob@example.org, carol@example.org" \
		"again-$letter" "References: <$letter@x>" |
		sed "s/^Subject: again-/Subject: /" >"$top/letter"
	defms import "$top/letter"
	push "$letter once more"
done
sees bob slates 2
sees bob supper 2
sees carol ladders 2
sees carol supper 2

# So many pushes that files are joined.
use_store carol
for i in 1 2 3 4 5 6 7 8 9; do
	letter_to carol@example.org "ada@example.org, bob@example.org" \
		"joined-$i" "References: <supper@x>" |
		sed "s/^Subject: joined.*/Subject: supper/" >"$top/letter"
	defms import "$top/letter"
	push "message $i"
done
check "there are files enough to be joined" \
	test "$(car_files "$top/pool" | wc -l)" -gt 20
sees ada supper 11
sees bob supper 11
for name in $group; do
	use_store $name
	defms bridge push >/dev/null
done
for name in $group; do
	sees $name supper 11
	check "$name: all is well" defms check
done

# A newcomer to the folder, who has nothing to do with it, gets nothing.
fresh_store eve
defms contact add "$top/ada.card"
defms remote add pool "dir:$top/pool" --for ada@example.org
sees eve supper 0
finish
