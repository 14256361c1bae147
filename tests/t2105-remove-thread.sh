#!/bin/sh
# SPDX-License-Identifier: ISC
# rm -r of a thread, and what others make of it: all its messages go, its drafts
# too, and nobody complains.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_fuse
need_program python3
fresh_store

for n in 1 2 3 4 5 6 7; do
	eml "m$n" "thread $n"
	echo
	for reply in a b c; do
		eml "m$n$reply" "Re: thread $n" "In-Reply-To: <m$n@example.org>"
		echo
	done
done | sed 's/^From: Bob/From x Mon Nov  2 10:00:00 2026\n&/' >"$top/mbox"
check "mail" defms import --folder INBOX "$top/mbox"
mount_it
found() { defms search --messages --count "$1"; }
thread() { echo "$mail"/threads/*."thread-$1".*; }

n=0
for tool in "rm -r" "rm -rf" find rmtree mv; do
	n=$((n + 1))
	dir=$(thread $n)
	# What the kernel has seen it may remember.
	check "all of it" sh -c 'ls -R "$0" && cat "$0"/*/raw.eml "$0"/new/*' \
		"$dir"
	echo "a draft" >"$dir/drafts/mine"
	case $tool in
	find)	"$tool" "$dir" -delete ;;
	rmtree)	python3 -c 'import shutil, sys; shutil.rmtree(sys.argv[1])' \
			"$dir" ;;
	mv)	mv "$dir" "$top/away" ;;
	*)	$tool "$dir" ;;
	esac >"$top/said" 2>&1
	check_same "$tool" "0 " "$? $(cat "$top/said")"
	check "the thread is gone" not test -e "$dir"
	check "... and not listed" not sh -c 'ls "$0" | grep -q "thread-$1[.]"' \
		"$mail/threads" $n
	check_same "its messages are removed" $((28 - 4 * n)) \
		"$(found 'not is:removed')"
	check_same "... and can be found so" $((4 * n)) "$(found is:removed)"
done
check_same "moved elsewhere all is there" 4 \
	"$(cat "$top/away"/*/raw.eml | grep -c '^The text of')"

# What is not rm -r takes nothing away.
dir=$(thread 6)
says() { LC_ALL=C "$@" 2>&1 | sed 's/.*: //'; }
check_same "rmdir of a thread" "Directory not empty" "$(says rmdir "$dir")"
check_same "... of what is in it" "Operation not permitted" \
	"$(says rmdir "$dir/drafts")"
check "one file alone" rm "$dir/info"
check_same "rmdir of it then" "Directory not empty" "$(says rmdir "$dir")"
check_same "... of what has mail" "Directory not empty" "$(says rmdir "$dir/new")"
echo "a draft" >"$dir/drafts/mine"
check_same "... of what has a draft" "Directory not empty" \
	"$(says rmdir "$dir/drafts")"
check "it is all there" sh -c 'test -s "$0/info" &&
	cat "$0"/new/* "$0/drafts/mine"' "$dir"
check_same "nothing went" 8 "$(found 'not is:removed')"
check "its messages, one by one" rm -r "$dir"/2*
check_same "are gone" 4 "$(found 'not is:removed')"
check_same "what has a draft stays" "Directory not empty" \
	"$(says rmdir "$dir")"
check "until that is gone" rm "$dir/drafts/mine"
check "rmdir" rmdir "$dir"
check "the thread is gone" not test -e "$dir"

# A thread that comes back is another directory, and can be written to.
check "bring it back" defms flag -removed 'subject:"thread 6"'
wait_for "it is there" test -d "$dir"
check_same "with its messages" 4 "$(ls "$dir/new" | wc -l)"
check "a draft" sh -c 'echo "a draft" >"$0/drafts/again"' "$dir"
check "rm -r" rm -r "$dir"
check_same "no errors were written down" "" "$(cat "$mail/.defms/errors")"
umount_it
mount_it
check_same "it lasts" 1 "$(ls "$mail/threads" | wc -l)"
umount_it
check "all is well" defms check
finish
