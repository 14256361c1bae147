#!/bin/sh
# SPDX-License-Identifier: ISC
# What copies, moves and unpacks files works on mail and on drafts as in any
# directory; what it puts into new/ or cur/ becomes a message.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program python3 rsync tar perl git flock
open_tree

# -- a folder of files: drafts/
src=$top/src
mkdir "$src"
for n in 1 2 3 4 5; do
	eml "file$n" "file $n" >"$src/file$n"
	touch -d "2026-01-0$n 10:00:00" "$src/file$n"
done
chmod 640 "$src/file2"
ln -s file1 "$src/link"
facts() { (cd "$1" && find . -type f -printf '%P %s %m %T@\n' | sort); }
check "cp -a into drafts" cp -a "$src/." "$drafts/"
check "... the same bytes" diff -r "$src" "$drafts"
check_same "... sizes, modes and times" "$(facts "$src")" "$(facts "$drafts")"
check_same "... and the link" file1 "$(readlink "$drafts/link")"
check "cp over it" cp "$src/file2" "$drafts/file1"
check "... writes" cmp "$src/file2" "$drafts/file1"
check "rsync -a" rsync -a --checksum "$src/" "$drafts/"
check "... repairs it" diff -r "$src" "$drafts"
check_same "rsync again: nothing to do" "" \
	"$(rsync -ai --exclude=/. "$src/" "$drafts/" | grep '^[<>ch*]')"
check "mv" mv "$drafts/file1" "$drafts/moved"
check "... the old name is gone" not test -e "$drafts/file1"
check "... the bytes are there" cmp "$src/file1" "$drafts/moved"
check "mv over another" mv "$drafts/moved" "$drafts/file5"
check "... replaces it" cmp "$src/file1" "$drafts/file5"
cp "$src/file3" "$drafts/kept"
mv -n "$drafts/file5" "$drafts/kept"
check "mv -n does not" cmp "$src/file3" "$drafts/kept"
check "mv in from elsewhere" sh -c "cp -p '$src/file4' '$top/away' &&
	mv '$top/away' '$drafts/from-away' &&
	cmp '$src/file4' '$drafts/from-away'"
check "mv out to elsewhere" sh -c "mv '$drafts/from-away' '$top/away' &&
	cmp '$src/file4' '$top/away' && ! test -e '$drafts/from-away'"
check "ln" ln "$drafts/file2" "$drafts/second"
check_same "... one file, two names" "2 2 same" \
	"$(stat -c %h "$drafts/file2" "$drafts/second" | tr '\n' ' ')$(
	[ "$drafts/file2" -ef "$drafts/second" ] && echo same)"
echo more >>"$drafts/second"
check "... what is written to one is in the other" \
	cmp "$drafts/file2" "$drafts/second"
check "rm of one" rm "$drafts/file2"
check_same "... leaves the other" "1 more" "$(stat -c %h "$drafts/second") $(
	tail -n 1 "$drafts/second")"
check_fails 1 "File exists" ln "$drafts/file3" "$drafts/second"
check "install -m" install -m 600 "$src/file3" "$drafts/file3"
check_same "... sets the mode" 600 "$(stat -c %a "$drafts/file3")"
rm -f "$drafts"/*
check "tar x" sh -c "tar -cf - -C '$src' . |
	tar -xf - --no-overwrite-dir -C '$drafts'"
check "... the same bytes" diff -r "$src" "$drafts"
check_same "... sizes, modes and times" "$(facts "$src")" "$(facts "$drafts")"
check "a file open while it is removed, or replaced, is read to its end" \
	python3 - "$drafts" <<'END2'
import os, sys
os.chdir(sys.argv[1])
fd = os.open('file1', os.O_RDWR)
want = os.read(fd, 1 << 20)
os.unlink('file1')
assert not os.path.exists('file1')
assert os.pread(fd, 1 << 20, 0) == want
os.pwrite(fd, b'after', 0)
assert os.pread(fd, 5, 0) == b'after'
assert os.fstat(fd).st_nlink == 0
os.close(fd)
fd = os.open('file2', os.O_RDONLY)
want = os.read(fd, 1 << 20)
os.rename('file3', 'file2')
assert os.pread(fd, 1 << 20, 0) == want
os.close(fd)
END2
rm -f "$drafts"/*
leaves "$drafts" ""
searches 0 '*'
nothing_queued

# -- mail: what comes to stand in new/ or cur/
check "cp into new" cp "$src/file1" "$box/new/1.copied"
waits 1 subject:1
check "cp -a into cur, with flags" cp -a "$src/file2" "$box/cur/2.copied:2,FS"
waits 1 "subject:2 is:flagged is:read"
check "install into new" install -m 600 "$src/file3" "$box/new/3.installed"
waits 1 subject:3
check "rsync into cur" rsync -a "$src/file4" "$box/cur/4.rsynced:2,S"
waits 1 "subject:4 is:read"
check "mv into new" sh -c "cp '$src/file5' '$box/tmp/5.moved' &&
	mv '$box/tmp/5.moved' '$box/new/5.moved'"
waits 1 "subject:5 is:unread"
check_same "each is where it was put, called so" "1.copied 2.copied:2,FS \
3.installed 4.rsynced:2,S 5.moved" "$(mails | sort | tr '\n' ' ' |
	sed 's/ $//')"
for n in 1 2 3 4 5; do
	check "... and has its bytes" cmp "$src/file$n" \
		"$(echo "$box"/*/$n.*)"
done
# It may be read only, now that it is mail.
check_same "rsync knows its time again" "" \
	"$(rsync -ai --no-perms "$src/file4" "$box/cur/4.rsynced:2,S")"
check_same "tmp is empty" "" "$(ls -A "$box/tmp")"

make_folder Archive
check "a new folder" test -d "$box/.Archive/new"
mkdir -p "$top/other/cur" "$top/other/new" "$top/other/tmp"
for n in 10 11 12 13 14 15 16 17 18 19; do
	eml "many$n" "many $n" >"$top/other/cur/$n.host:2,S"
	touch -d "2026-02-02 10:00:$n" "$top/other/cur/$n.host:2,S"
done
check "rsync -a of a Maildir" rsync -a "$top/other/" "$box/.Archive/"
waits 10 "folder:Archive is:read"
check "... the same bytes" diff -r "$top/other" "$box/.Archive"
check_same "... again: nothing is sent" "" \
	"$(rsync -ai "$top/other/" "$box/.Archive/" | grep '^[<>]')"
make_folder Unpacked
check "tar x of a Maildir" sh -c "tar -cf - -C '$top/other' cur |
	tar -xf - --no-overwrite-dir -C '$box/.Unpacked'"
waits 10 folder:Unpacked
check "... the same bytes" diff -r "$top/other" "$box/.Unpacked"
check "cp -a of a Maildir" cp -a "$top/other" "$box/.Copied"
waits 10 folder:Copied
check "... the same bytes" diff -r "$top/other" "$box/.Copied"
searches 10 subject:many
check "mv between folders" sh -c "mv '$box/.Copied/cur/'1* '$box/cur/'"
waits 10 "folder:INBOX subject:many"
searches 0 folder:Copied
check "rm -r of a folder" rm -r "$box/.Copied"
check "... it is gone" not test -e "$box/.Copied"
searches 10 "folder:INBOX subject:many"
check "rm of copies" sh -c "rm '$box'/cur/1?.host*"
searches 0 "folder:INBOX subject:many"
searches 10 subject:many
check "rm of the others" sh -c \
	"rm '$box'/.Unpacked/cur/* && rm '$box'/.Archive/cur/*"
searches 0 subject:many
check "touch of mail" touch -d "2026-03-03 10:00:00" "$box/new/1.copied"
check_same "... sets its time" "2026-03-03 10:00:00" \
	"$(stat -c %.19y "$box/new/1.copied")"
if on_mount; then
	cp "$box/new/1.copied" "$top/was"
	check "mail is not written over" \
		not sh -c "echo x >>'$box/new/1.copied'"
	check "... nor cut off" not truncate -s 0 "$box/new/1.copied"
	check "... and as it was" cmp "$top/was" "$box/new/1.copied"
fi

# -- patches: from a thread into a repository
export GIT_AUTHOR_NAME=Bob GIT_AUTHOR_EMAIL=bob@example.org \
	GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
git init -q -b main "$top/theirs"
git -C "$top/theirs" commit -q --allow-empty -m start
git clone -q "$top/theirs" "$top/mine" 2>/dev/null
for n in 1 2 3; do
	printf 'line %s\n>From the third\nFrom me\n' "$n" \
		>>"$top/theirs/file.txt"
	git -C "$top/theirs" add file.txt
	git -C "$top/theirs" commit -q -m "roof: mend part $n" \
		-m "From here on it is dry."
done
git -C "$top/theirs" format-patch -q --thread --to=ada@example.org \
	--output-directory "$top/patches" -3
for patch in "$top/patches"/*; do
	cp "$patch" "$box/tmp/p" && mv "$box/tmp/p" "$box/new/$(basename "$patch")"
done
waits 3 subject:mend
if on_mount; then
	thread=$(echo "$mail"/threads/*mend-part-1*)
	wait_for "they are one thread" \
		sh -c "[ \$(ls '$thread/new' | wc -l) = 3 ]"
	git -C "$top/mine" am -q --patch-format=mboxrd "$thread/thread.mbox" \
		>"$top/am" 2>&1
else
	git -C "$top/mine" am -q "$box"/new/000* >"$top/am" 2>&1
fi
check_same "git am of the thread" "" "$(cat "$top/am")"
check_same "... makes the same tree" \
	"$(git -C "$top/theirs" rev-parse 'HEAD^{tree}')" \
	"$(git -C "$top/mine" rev-parse 'HEAD^{tree}')"
check_same "... from the same commits" \
	"$(git -C "$top/theirs" log --format='%an %s')" \
	"$(git -C "$top/mine" log --format='%an %s')"
close_tree
finish
