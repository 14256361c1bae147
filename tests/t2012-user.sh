#!/bin/sh
# SPDX-License-Identifier: ISC
# The mount as anybody but root has it: by the setuid fusermount3, with read
# leases that the kernel gives to the owner of a file alone, and nothing that
# only root may do.
. "$(dirname "$0")/as-user.sh"
. "$(dirname "$0")/lib.sh"
need_fuse
need_program python3
[ -r /dev/fuse ] && [ -w /dev/fuse ] || skip_all "/dev/fuse is not for all"
[ "$(cat /proc/sys/fs/leases-enable)" = 1 ] || skip_all "no leases"

fresh_store
letter() { # letter MSGID [FIELD]
	printf 'From: Bob <bob@example.org>\nTo: ada@example.org\n'
	printf 'Subject: %s\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n' "$1"
	printf 'Message-ID: <%s@example.org>\n%s\nbody\n' "$1" "${2-}"
}
letter one | defms import --folder INBOX - >/dev/null 2>&1
letter two 'In-Reply-To: <one@example.org>
' | defms import --folder INBOX - >/dev/null 2>&1
mount_it -o send.delay=1
mountpoint -q "$mail" || finish
box=$mail/maildir

# -- reading
check_same "it is all mine" "$(id -u) $(id -g)" \
	"$(stat -c '%u %g' "$mail/threads")"
thread=$(echo "$mail"/threads/*.one.*)
check "a thread" grep -q two "$thread/info"
check "a message" grep -q 'Subject: one' "$box"/new/*M1.defms
check "all of it" sh -c 'cat "$0"/threads/*/*/raw.eml "$0"/by/*/*/*/thread' \
	"$mail"
check_same "what the kernel lets me do" "" "$(find "$mail" ! -readable)"

# -- changing
name=$(basename "$box"/new/*M1.defms)
check "flags by a rename" mv "$box/new/$name" "$box/cur/$name:2,FS"
check_same "are there" 1 "$(defms search --messages --count is:flagged)"
check "a file of flags" sh -c 'echo +muted >"$0/flags"' "$thread"
check "a folder" mkdir "$box/.mine"
check "its own name is as given" mv "$box/cur/$name:2,FS" "$box/.mine/cur/a:2,S"
check "cp -p" cp -p "$box/.mine/cur/a:2,S" "$top/copy"
check "chmod, chown to oneself" sh -c 'echo x >"$0/x" && chmod 600 "$0/x" &&
	chown "$(id -u):$(id -g)" "$0/x" && rm "$0/x"' "$mail/drafts"

# -- delivering: renamed, and written directly, which asks for leases
found() { [ "$(defms search --messages --count "subject:$1")" = "$2" ]; }
letter three >"$top/three"
deliver "$top/three"
wait_for "renamed into new/ it is a message" found three 1
exec 3>"$box/new/direct"
letter direct >&3
letter beside >"$box/new/beside"
wait_for "written there it is one" found beside 1
check "not while it is open" found direct 0
exec 3>&-
wait_for "closed it is" found direct 1

# -- drafts and the outbox
check "a draft" sh -c 'printf "To: bob@example.org\nSubject: mine\n\nhi\n" \
	>"$0/drafts/mine" && sed -i s/hi/hello/ "$0/drafts/mine"' "$mail"
exec 3>>"$mail/drafts/mine"
mv "$mail/drafts/mine" "$mail/outbox/mine"
check "into the outbox" cp "$mail/outbox/mine" "$mail/outbox/other"
queued() { [ "$(defms status --queue | wc -l)" = "$1" ]; }
wait_for "what rests there is queued" queued 1
check "what is open is not" test -e "$mail/outbox/mine"
exec 3>&-
wait_for "closed it is" queued 2
wait_for "... and gone from there" not test -e "$mail/outbox/mine"
check_same "no errors were written down" "" "$(cat "$mail/.defms/errors")"

# -- the end
umount_it
check "all is well" defms check
mount_it
check_same "it stays" "a:2,S" "$(ls "$box/.mine/cur")"
umount_it
finish
