#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of a gc that erases: what was not removed is
# there at every moment, and the next gc leaves nothing of what was.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git python3
need_crash_points
fresh_store
mkdir -p "$XDG_CONFIG_HOME/defms"
printf '[gc]\n\tkeep = 0\n[public]\n\tlist = village.example.org\n' \
	>"$XDG_CONFIG_HOME/defms/config"

blobs() {
	git -C "$DEFMS_HOME/mailbox.git" cat-file --batch-all-objects \
		--batch-check | sed -n 's/ blob .*//p' | sort
}
removed() { defms search --messages is:removed | wc -l | tr -d ' '; }
hash_of() {
	defms search --messages "subject:\"$1\"" | cut -f1 | sed 's/.*\.//'
}

make_mail
check "import" defms import "$mail_made/1.mbox" "$mail_made/2.mbox" \
	"$mail_made/3"
check "a decision" defms split "$(hash_of "Re: The well")"
check "remove some" defms flag +removed 'subject:"The mill"' OR \
	'subject:"The well"' OR 'subject:"A large one"' OR \
	'subject:"The village"' OR 'subject:"Without an answer"'
had=$(removed)
check "some are removed" test "$had" -gt 6
save start
point=gc problems=0
copies >"$top/want" || problem "cannot be read"
blobs >"$top/had-blobs"
defms gc --now >"$top/out" 2>&1 || problem "$(cat "$top/out")"
copies >"$top/now"
check "gc erases nothing else" cmp "$top/want" "$top/now"
want_threads=$(threads)
blobs >"$top/want-blobs"
check_same "gc leaves no blob of them" "" "$(comm -13 "$top/had-blobs" \
	"$top/want-blobs" | wc -l | grep -v '^[0-3]$')"
check "... and had some to erase" test \
	"$(comm -23 "$top/had-blobs" "$top/want-blobs" | wc -l)" -gt 7

quick=yes
n=0 status=99 problems=0
while [ "$status" = 99 ]; do
	n=$((n + 1))
	# Removing packs is the same again and again.
	[ $n -lt 75 ] || n=$((n + 3))
	load start
	die_at "$n" gc "$DEFMS" gc --now
	healthy "$top/want" "$top/want"
	case $(removed) in
	0|"$had") ;;
	*)	problem "half of it is erased" ;;
	esac
	checked
	# Whoever makes the index anew sees the same.
	[ $((n % 5)) != 0 ] || rm -rf "$XDG_CACHE_HOME"
	completes "$top/want" "$DEFMS" gc --now
	[ "$want_threads" = "$(threads)" ] || problem "other threads"
	[ "$(removed)" = 0 ] || problem "something is removed still"
	blobs >"$top/now-blobs"
	cmp -s "$top/want-blobs" "$top/now-blobs" ||
		problem "other blobs: $(diff "$top/want-blobs" \
			"$top/now-blobs")"
	checked
done
check_same "all is well after crashes at points up to $n" 0 "$problems"
check "... and there were some" test "$n" -gt 15
sort "$top/points" | uniq -c | sed 's/^/# /'
finish
