#!/bin/sh
# SPDX-License-Identifier: ISC
# Scratch names are never a message and never sent, wherever they stand and
# however they come there; they become one when they get a proper name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program python3
open_tree -o send.delay=1

# What editors and their like call files on the way.
cat >"$top/scratch" <<'END2'
.hidden
.letter.swp
.letter.swo
.letter.swx
letter.swp
letter~
.letter~
#letter#
4913
sedAbC123
sedzzzzzz
XXv9whfB
.rsynced.Xa1b2C
.#letter
.nfs000000000001
.fuse_hidden0000000100000001
..twice
.goutputstream-1A2B3C
#.letter#
END2
# These look alike, and are none.
cat >"$top/names" <<'END2'
letter
4914
sed12
sedimented
XXL
letter.swamp
letter~1
#letter
END2

draft() {
	printf 'From: ada@example.org\nTo: bob@example.org\nSubject: %s\n' "$1"
	printf 'Message-ID: <%s@scratch.example.org>\n\nscratch\n' \
		"$(printf %s "$1" | od -An -tx1 | tr -d ' \n')"
}
all=0
while read -r name; do
	all=$((all + 1))
	for dir in "$drafts" "$outbox" "$box/new" "$box/cur" "$box/tmp"; do
		draft "$name" >"$dir/$name" ||
			result "not ok" "write $name in $(basename "$dir")"
		draft "$name" | cmp -s - "$dir/$name" ||
			result "not ok" "read $name in $(basename "$dir")"
	done
done <"$top/scratch"
check_same "all are written, in five places" "$((5 * all))" \
	"$(find "$drafts" "$outbox" "$box/new" "$box/cur" "$box/tmp" -type f |
		wc -l)"
while read -r name; do
	for dir in "$drafts" "$box/tmp"; do
		draft "$name" >"$dir/$name"
	done
done <"$top/names"
mv "$drafts/.hidden" "$outbox/.hidden2"
ln "$drafts/4913" "$outbox/.hidden3"
mv "$outbox/.hidden2" "$outbox/letter~"
ln -s letter "$outbox/.#link"
ln -s user@host.1:2 "$outbox/.#lock"
check_same "a link to nowhere is read" user@host.1:2 \
	"$(readlink "$outbox/.#lock")"

# A real message and a real letter after them: what becomes of those is known
# to come later than anything that becomes of the others.
eml real real >"$box/tmp/real"
mv "$box/tmp/real" "$box/new/real"
waits 1 '*'
if on_mount; then
	printf 'To: bob@example.org\nSubject: true\n\nletter\n' \
		>"$outbox/true letter"
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -z "$(defms status --queue)" ] || break
		sleep 0.25
	done
	check_same "the letter is queued, and it alone" 1 \
		"$(defms status --queue | wc -l)"
	check "... the true one" sh -c "'$DEFMS' status --queue | grep -q true"
	searches 2 '*'
	check "it is gone from the outbox" not test -e "$outbox/true letter"
fi
check_same "the others are where they were" "$all" \
	"$(find "$box/cur" -type f | wc -l)"
check_same "no error stands beside any" "" "$(find "$mail/outbox" "$box" \
	-name '*.error')"
again -o send.delay=1
searches "$(on_mount && echo 2)" '*'
check_same "... still after a remount" "$all" \
	"$(find "$box/cur" -type f | wc -l)"

# -- a proper name makes a message of one
n=0
while read -r name; do
	n=$((n + 1))
	mv "$box/cur/$name" "$box/cur/proper.$n:2,S" ||
		result "not ok" "rename $name"
done <"$top/scratch"
waits "$all" "is:read folder:INBOX"
check_same "they have these names" "$all" "$(ls "$box/cur" | grep -c '^proper')"
while read -r name; do
	n=$((n + 1))
	ln "$box/tmp/$name" "$box/new/linked.$n" && rm "$box/tmp/$name" ||
		result "not ok" "link $name"
done <"$top/names"
check_same "names that only look so are names" \
	"$(wc -l <"$top/names")" "$(ls "$box/new" | grep -c '^linked')"
waits "$((all + $(wc -l <"$top/names")))" "scratch folder:INBOX"
left=0
while read -r name; do
	rm "$outbox/$name" "$box/new/$name" "$box/tmp/$name" ||
		left=$((left + 1))
done <"$top/scratch"
check_same "scratch files are removed" 0 "$left"
check_same "... all of them" "" "$(find "$box" -name '*~')"
close_tree
finish
