#!/bin/sh
# SPDX-License-Identifier: ISC
# Editors save drafts, again and again, each in its own way, and leave nothing
# behind: no message, nothing queued, no other file.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
. "$(dirname "$0")/lib-tmux.sh"
need_program vim emacs nano ed perl tmux python3
open_tree

d=$drafts/letter
text="To: bob@example.org
Subject: the roof

Yes, on Friday."
printf '%s\n' "$text" >"$d"
check "the shell writes a file" is_text "$d" "$text"

vi() { vim -N -u NONE -i NONE -es "$@" </dev/null; }

text="$text
by vim"
check "vim" vi -c 'normal Goby vim' -c 'wq' "$d"
check "... saved" is_text "$d" "$text"
check "vim, with swap, backup and undo files" \
	vi -c 'set backup backupdir=. directory=. undofile undodir=.' \
	-c 'set writebackup backupcopy=no' -c "cd $drafts" \
	-c '%s/Friday/Monday/' -c 'w' -c 's/$/, twice/' -c 'w' -c 'q' "$d"
text=$(echo "$text" | sed 's/Friday/Monday/; s/by vim$/&/')
check "... saved" grep -q 'Monday' "$d"
check "... twice" grep -q ', twice' "$d"
rm -f "$drafts"/.letter.un~ "$drafts"/letter~ "$drafts"/.letter*.un~
check "vim, in place" vi -c 'set backupcopy=yes' -c '%s/, twice//' -c 'wq' "$d"
check "... saved" is_text "$d" "$text"
check "vim, with CRLF" vi -c 'set ff=dos' -c 'wq' "$d"
check_same "... saved" "$(printf '%s\n' "$text" | wc -l)" \
	"$(grep -c "$(printf '\r')$" "$d")"
check "vim, and back" vi -c 'set ff=unix' -c 'wq' "$d"
check "... saved" is_text "$d" "$text"

lisp='(progn (goto-char (point-max)) (insert "by emacs\n") (save-buffer)
	(goto-char (point-max)) (insert "twice\n") (do-auto-save)
	(save-buffer))'
# (in /tmp it makes no backups of its own accord)
backups='(setq backup-enable-predicate (lambda (f) t))'
check "emacs" emacs -Q --batch --eval "$backups" "$d" --eval "$lisp"
text="$text
by emacs
twice"
check "... saved" is_text "$d" "$text"
check_same "... and the backup is what was before" "by vim" "$(tail -n 1 "$d~")"
rm -f "$d~"
check "emacs, backing up by copying" emacs -Q --batch --eval "$backups" \
	--eval '(setq backup-by-copying t)' "$d" --eval \
	'(progn (goto-char (point-max)) (insert "copied\n") (save-buffer))'
text="$text
copied"
check "... saved" is_text "$d" "$text"
check_same "... and the backup is what was before" "twice" "$(tail -n 1 "$d~")"
rm -f "$d~"
check "emacs, with a precious file" emacs -Q --batch --eval \
	'(setq file-precious-flag t make-backup-files nil)' "$d" --eval \
	'(progn (goto-char (point-max)) (insert "precious\n") (save-buffer))'
text="$text
precious"
check "... saved" is_text "$d" "$text"

start "nano -I '$d'"
see 'GNU nano' "nano opens it"
keys M-/
typed "by nano"
keys C-o
see 'File Name to Write'
keys Enter
see '\[ Wrote' "nano saves it"
keys C-x
see_end "nano ends"
text="$text
by nano"
check "... saved" is_text "$d" "$text"

start "vim -N -u NONE -i NONE '$d'"
see 'the roof' "vim opens it on a screen"
check "... with a swap file beside it" test -e "$drafts/.letter.swp"
keys G o
typed "on a screen"
keys Escape
typed ":wq"
keys Enter
see_end "vim ends"
text="$text
on a screen"
check "... saved" is_text "$d" "$text"

start "vim -N -u NONE -i NONE '$d'"
see 'the roof'
keys G o
typed "lost"
keys Escape
typed ":preserve"
keys Enter
see 'File preserved'
kill -9 "$(tmux_ list-panes -F '#{pane_pid}')"
see_end "vim is killed"
check "its swap file stays" test -e "$drafts/.letter.swp"
check "the file is as it was" is_text "$d" "$text"
check "vim -r brings back what was typed" vi -r -c 'wq!' "$d"
check_same "... all of it" lost "$(tail -n 1 "$d")"
rm -f "$drafts/.letter.swp"
text="$text
lost"

check "sed -i" sed -i 's/Monday/Saturday/' "$d"
text=$(echo "$text" | sed 's/Monday/Saturday/')
check "... saved" is_text "$d" "$text"
check "sed -i, with a backup" sed -i.bak 's/Saturday/Sunday/' "$d"
check_same "... of what was before" "$text" "$(cat "$d.bak")"
text=$(echo "$text" | sed 's/Saturday/Sunday/')
check "... saved" is_text "$d" "$text"
rm -f "$d.bak"
check "perl -i" perl -i -pe 's/Yes/Oh yes/' "$d"
text=$(echo "$text" | sed 's/Yes/Oh yes/')
check "... saved" is_text "$d" "$text"
check "ed" sh -c "printf '\$a\nby ed\n.\nw\nq\n' | ed -s '$d'"
text="$text
by ed"
check "... saved" is_text "$d" "$text"

# -- the shell
check ">> by the shell" sh -c "echo one >>'$d'; echo two >>'$d'"
text="$text
one
two"
check "... adds" is_text "$d" "$text"
exec 3>>"$d"
echo three >&3
check ">> held open: what was written is there" \
	is_text "$d" "$text
three"
echo between >>"$d"
echo four >&3
exec 3>&-
text="$text
three
between
four"
check "... and each adds at the end" is_text "$d" "$text"
echo short >"$d"
check "> makes it shorter" is_text "$d" short
check_same "... also its size" 6 "$(stat -c %s "$d")"
check "truncate" truncate -s 3 "$d"
check "... shorter" sh -c "[ \"\$(od -An -c '$d')\" = '   s   h   o' ]"
check "truncate" truncate -s 5 "$d"
check "... longer, with zeroes" sh -c \
	"[ \"\$(od -An -c '$d')\" = '   s   h   o  \\0  \\0' ]"
check "tee -a, dd in the middle" sh -c "printf 12345678 >'$d' &&
	echo 9 | tee -a '$d' >/dev/null &&
	printf ab | dd of='$d' bs=1 seek=3 conv=notrunc 2>/dev/null"
check "... writes there" is_text "$d" 123ab6789
check "flock" flock "$d" sh -c "flock -n '$d' true || echo locked >>'$d'"
check "... keeps others out" is_text "$d" "123ab6789
locked"
check "a write lock by fcntl" python3 - "$d" <<'END2'
import fcntl, mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
m = mmap.mmap(fd, 3)
m[0:3] = b'map'
m.flush()
m.close()
os.close(fd)
assert open(sys.argv[1], 'rb').read(6) == b'mapab6'
END2
check "chmod, touch" sh -c "chmod 600 '$d' && touch -d 2020-02-02 '$d'"
check_same "... are kept" "600 2020-02-02" \
	"$(stat -c '%a %.10y' "$d")"

leaves "$drafts" letter
if on_mount; then
	searches 0 '*'
	nothing_queued
	umount_it
	mount_it
	check "all is there after a remount" sh -c "head -c 6 '$d' | grep mapab6"
	check_same "... also mode and time" "600 2020-02-02" \
		"$(stat -c '%a %.10y' "$d")"
	leaves "$drafts" letter
fi
close_tree
finish
