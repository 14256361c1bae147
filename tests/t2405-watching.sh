#!/bin/sh
# SPDX-License-Identifier: ISC
# inotify on new/ sees deliveries of every kind; a listing beside 600 renames
# neither misses nor doubles a message; times of new/ and cur/ only grow.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program inotifywait python3
open_tree

eml first first >"$box/tmp/first"
mv "$box/tmp/first" "$box/new/first"
waits 1 '*'

# watch: begin to write events down; told WHAT: until something was.
watch() {
	: >"$top/events"
	: >"$top/watching"
	inotifywait -m -e attrib,close_write,moved_to,create --format '%e %f' \
		"$box/new" >"$top/events" 2>"$top/watching" &
	watcher=$!
	wait_for "inotify watches" grep -q 'established' "$top/watching"
}
told() {
	wait_for "inotify tells of $1" test -s "$top/events"
	kill "$watcher"
	wait "$watcher" 2>/dev/null
}
newest() { stat -c %y "$1"; }
grows() { # grows DIR COMMAND...
	grows_dir=$1
	shift
	grows_old=$(newest "$grows_dir")
	"$@"
	check "the time of $(basename "$grows_dir") grew" \
		[ "$(newest "$grows_dir")" '>' "$grows_old" ]
}

eml second second >"$box/tmp/second"
watch
grows "$box/new" mv "$box/tmp/second" "$box/new/second"
told "a delivery"
eml third third >"$box/tmp/third"
watch
ln "$box/tmp/third" "$box/new/third"
told "a delivery by link"
rm "$box/tmp/third"
watch
eml fourth fourth >"$box/new/fourth"
told "a file written there"
waits 4 '*'
watch
mv "$box/new/second" "$box/new/second:2,F"
told "a flag set here"
if on_mount; then
	watch
	eml fifth fifth | defms import --folder INBOX - >/dev/null 2>&1
	# Who looks before knows the name: then it is told of new/ alone.
	wait_for "it tells of what is imported" grep -q MOVED_TO "$top/events"
	told "an import"
	check_same "its name, once" \
		"MOVED_TO $(basename "$(file_of "" 'text of fifth')")" \
		"$(grep MOVED_TO "$top/events")"
	check_same "nothing of that is in tmp" "" "$(ls "$box/tmp")"
	wait_for "... which knows no such name" not test -e \
		"$box/tmp/$(basename "$(file_of "" 'text of fifth')")"
	watch
	defms flag +flagged id:fifth@example.org
	told "a flag set by a command"
	wait_for "... which is in cur now" in_dir 'text of fifth' cur
	thread=$(echo "$mail"/threads/*.fifth.*)
	inotifywait -q -t 10 "$thread/new" >"$top/events" 2>"$top/watching2" &
	watcher=$!
	# It ends with the first event, perhaps that of the flag above.
	wait_for "a watch is in place, or was" sh -c \
		'grep -q inotify /proc/"$0"/fdinfo/* || test -s "$1"' \
		"$watcher" "$top/events"
	eml sixth "Re: fifth" 'In-Reply-To: <fifth@example.org>' \
		>"$box/tmp/sixth"
	mv "$box/tmp/sixth" "$box/new/sixth"
	check "inotify in the thread tells too" wait "$watcher"
else
	eml fifth fifth >"$box/cur/fifth:2,F"
fi
grows "$box/cur" mv "$(file_of "" 'text of fifth')" "$box/cur/fifth:2,FS"
grows "$box/cur" mv "$box/cur/fifth:2,FS" "$box/new/fifth"
grows "$box/new" mv "$box/new/fifth" "$box/new/5th"
grows "$box/new" rm "$box/new/5th"
before="$(newest "$box/new") $(newest "$box/cur")"
ls -l "$box/new" "$box/cur" >/dev/null
cat "$box/new"/* >/dev/null
again
check_same "reading and remounting leave the times" "$before" \
	"$(newest "$box/new") $(newest "$box/cur")"

# -- a tree that was taken away lazily tells nobody else's Maildir
if on_mount; then
	(cd "$box/new" && exec sleep 1000) &
	user=$!
	wait_for "somebody is in new" [ "/proc/$user/cwd" -ef "$box/new" ]
	daemon=$(cat "$mail/.defms/pid")
	check "unmount lazily" defms umount -z "$mail"
	mkdir -p "$box/tmp" "$box/new" "$box/cur"
	touch -d @1 "$box/new"
	eml seventh seventh | defms import --folder INBOX - >/dev/null 2>&1
	# shellcheck disable=SC2016
	wait_for "the path is touched" sh -c \
		'[ "$(stat -c %Y "$0")" != 1 ]' "$box/new"
	check_same "and nothing more" "" "$(find "$box" -type f)"
	kill "$user"
	wait "$user" 2>/dev/null
	wait_for "the daemon has ended" not kill -0 "$daemon"
	rm -r "$box"
	mount_it
fi

# -- renames beside listings
cat >"$top/storm.py" <<'END2'
import os, sys, threading, time
box, strict = sys.argv[1], sys.argv[2] == 'strict'
N = 600
for n in range(N):
    with open('%s/tmp/%d.s' % (box, n), 'wb') as f:
        f.write(b'From: s@example.org\nSubject: storm %d\nMessage-ID: <s%d@example.org>\n\nx\n' % (n % 7, n))
    os.rename('%s/tmp/%d.s' % (box, n), '%s/cur/%d.s:2,' % (box, n))
def names():
    return [x.split(':')[0] for x in os.listdir(box + '/cur') if '.s' in x]
end = time.time() + 10
while sorted(names()) != sorted('%d.s' % n for n in range(N)):
    assert time.time() < end, len(names())
stop, counts, wrong = False, [], []
def lister(how):
    while not stop:
        if how:
            got = names()
        else:
            with os.scandir(box + '/cur') as it:
                got = [e.name.split(':')[0] for e in it if '.s' in e.name]
        counts.append(len(got))
        if len(got) != N or len(set(got)) != N:
            wrong.append((len(got), len(set(got))))
def opener():
    while not stop:
        for x in os.listdir(box + '/cur')[:40]:
            try:
                with open(box + '/cur/' + x, 'rb') as f:
                    assert f.read().startswith(b'From: '), x
            except FileNotFoundError:
                pass
workers = [threading.Thread(target=lister, args=(k,)) for k in (0, 1)] + [threading.Thread(target=opener)]
for w in workers:
    w.start()
for flags in ('S', 'FS'):
    for n in range(N):
        old = next(f for f in ('', 'S', 'FS') if os.path.exists('%s/cur/%d.s:2,%s' % (box, n, f)))
        os.rename('%s/cur/%d.s:2,%s' % (box, n, old), '%s/cur/%d.s:2,%s' % (box, n, flags))
stop = True
for w in workers:
    w.join()
print('%d listings beside %d renames, %d wrong: %s' % (len(counts), 2 * N, len(wrong), wrong[:5]))
sys.exit(strict and bool(wrong) or len(counts) < 3)
END2
check "no listing beside renames misses or doubles one" python3 \
	"$top/storm.py" "$box" "$(on_mount && echo strict || echo plain)"
sed 's/^/# /' "$top/out"
close_tree
finish
