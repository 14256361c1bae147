#!/bin/sh
# SPDX-License-Identifier: ISC
# Threads and messages as directories: rm -r, mv into another thread; queries
# that mkdir keeps.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_fuse
need_program python3
fresh_store
mbox 30 >"$top/mbox"
check "mail" defms import --folder INBOX "$top/mbox"
mount_it
found() { defms search --messages --count "$1"; }
thread() { echo "$mail"/threads/*."number-$1".*; }
only() { ls -d "$(thread "$1")"/2*.ada* | head -n 1; }

for tool in "rm -r" "rm -rf" "rmtree" "find"; do
	n=$((${n-0} + 3))
	dir=$(only $((n + 1)))
	case $tool in
	rmtree)	check "shutil.rmtree" python3 -c \
			'import shutil, sys; shutil.rmtree(sys.argv[1])' "$dir" ;;
	find)	check "find -delete" find "$dir" -delete ;;
	*)	check "$tool" $tool "$dir" ;;
	esac
	check "the message is gone" not test -e "$dir"
	check_same "is removed" $((30 - n / 3)) "$(found 'not is:removed')"
	check_same "and can be found so" $((n / 3)) "$(found is:removed)"
done
dir=$(only 2)
check "one file alone" rm "$dir/subject"
check "a message is not removed by rmdir" sh -c '! rmdir "$0" 2>/dev/null' "$dir"
check "it is all there" test -s "$dir/raw.eml"
check_same "nothing went" 26 "$(found 'not is:removed')"

# mv of a message, of a thread.
from=$(thread 16) to=$(thread 19)
dir=$(only 16)
check "mv of a message" mv "$dir" "$to/"
check "is there" test -s "$to/$(basename "$dir")/raw.eml"
wait_for "not where it was" not test -e "$dir"
check_same "two messages" 2 "$(wc -l <"$to/info")"
wait_for "its thread shows nothing" not test -e "$from"
check "under another name: no" sh -c '! mv "$0" "$1/x" 2>/dev/null' \
	"$to/$(basename "$dir")" "$(thread 22)"
from=$(thread 22)
check "mv of a thread" mv "$from" "$to/"
wait_for "the name is a link to the elder" test -L "$from" -o -L "$to"
check_same "three messages" 3 "$(wc -l <"$to/info")"
check "rename of a thread: no" sh -c '! mv "$0" "$0-x" 2>/dev/null' "$(thread 25)"
check "out of the mount: no" sh -c '! mv "$0" "$1" 2>/dev/null' \
	"$(thread 25)" "$mail/drafts/x"
umount_it
mount_it
check_same "lasting" 3 "$(wc -l <"$to/info")"

# Queries.
check "a query" ls "$mail/search/number"
check "mkdir keeps it" mkdir "$mail/search/number"
check "a bad one" python3 - "$mail/search" <<'END'
import errno, os, sys
for name in ('is:nonsense', 'date:x', '(', '.x', 'x~'):
    try:
        os.mkdir(sys.argv[1] + '/' + name)
    except OSError as e:
        assert e.errno == errno.EINVAL, (name, e)
    else:
        raise SystemExit(name)
END
check "mkdir of one that was never asked" mkdir "$mail/search/subject:3"
check "again: no" sh -c '! mkdir "$0" 2>/dev/null' "$mail/search/subject:3"
umount_it
mount_it
check_same "listed after a remount" "number subject:3" \
	"$(cd "$mail/search" && echo *)"
check "it finds" sh -c '[ "$(ls "$0" | wc -l)" -gt 5 ]' "$mail/search/number"
check "rmdir lets go" rmdir "$mail/search/number"
check_same "of it" "subject:3" "$(ls "$mail/search")"
umount_it
mount_it
check_same "for good" "subject:3" "$(ls "$mail/search")"
umount_it
finish
