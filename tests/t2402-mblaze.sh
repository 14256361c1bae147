#!/bin/sh
# SPDX-License-Identifier: ISC
# mblaze's programs and other deliverers file mail into the tree; flags, moves
# and drafts of theirs are ours.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_program mdeliver mflag mrefile minc mlist mseq mcom mrep mscan python3
open_tree
mkdir "$top/.mblaze"
: >"$top/.mblaze/seq"
cat >"$top/sendmail" <<END2
#!/bin/sh
echo "\$*" >>'$top/sent.args'
tee -a '$top/sent' |
	if [ -n '${PLAIN-}' ]; then cat >/dev/null; else '$DEFMS' send "\$@"; fi
END2
chmod +x "$top/sendmail"
cat >"$top/.mblaze/profile" <<END2
Local-Mailbox: Ada <ada@example.org>
Sendmail: $top/sendmail
Sendmail-Args: -t
END2

# -- delivery, listing
for n in 1 2 3 4 5 6; do
	eml "m$n" "mail $n" >"$top/in"
	check "mdeliver $n" from "$top/in" mdeliver "$box"
done
waits 6 is:unread
check_same "mlist lists them" 6 "$(mlist "$box" | wc -l)"
check_same "... all of them new" 6 "$(mlist -N "$box" | wc -l)"
check_same "mscan shows subjects" 6 "$(mlist "$box" | mscan -f %S | grep -c mail)"
check_same "their bytes are theirs" "$(eml m3 "mail 3")" \
	"$(cat "$(file_of "" 'The text of m3.')")"
eml m7 "mail 7" >"$top/in"
check "mdeliver into cur, with flags" from "$top/in" \
	mdeliver -c -X FS "$box"
waits 1 "is:flagged is:read"
{
	for n in 8 9; do
		echo "From bob@example.org Mon Nov  2 10:00:00 2026"
		eml "m$n" "mail $n" 'Status: RO'
		echo
	done
} >"$top/in"
check "mdeliver -M" from "$top/in" mdeliver -M -c "$box"
waits 9 '*'

# -- minc, mflag
check "minc" sh -c "minc '$box' >/dev/null"
check_same "nothing is in new" 0 "$(ls "$box/new" | wc -l)"
check_same "all is in cur" 9 "$(ls "$box/cur" | wc -l)"
check "mflag -S" sh -c "mlist '$box' | mflag -S >/dev/null"
searches 0 is:unread
check "mflag -F" sh -c \
	"grep -l 'mail 2' '$box'/cur/* | mflag -F >/dev/null"
check "... is in its name" flags_are 'The text of m2.' FS
searches 2 is:flagged
check "mflag -s" sh -c "grep -l 'mail 2' '$box'/cur/* | mflag -s >/dev/null"
check "... is in its name" flags_are 'The text of m2.' F
searches 1 is:unread
check "mflag -RP" sh -c "grep -l 'mail 3' '$box'/cur/* | mflag -RP >/dev/null"
check "... is in its name" flags_are 'The text of m3.' PRS
searches 1 is:answered

# -- mrefile
make_folder Kept
check "mrefile" sh -c "grep -l 'mail [12]\$' '$box'/cur/* |
	mrefile '$box/.Kept'"
check "... moves" holds Kept 2
check "... away" holds "" 7
searches 2 folder:Kept
check "... and keeps flags" flags_are 'The text of m2.' F Kept
check "mrefile -k" sh -c "grep -l 'mail 3\$' '$box'/cur/* |
	mrefile -k '$box/.Kept'"
waits 3 folder:Kept
searches 7 folder:INBOX
searches 9 '*'
check "a sequence's paths stay good" sh -c \
	"mlist '$box' | mseq -S >/dev/null && mseq : | xargs -d '\n' cat >/dev/null"

# -- mcom and mrep with drafts in a directory
cat >"$top/editor" <<'END2'
#!/bin/sh
printf 'Written by hand.\n' >>"$1"
END2
chmod +x "$top/editor"
export EDITOR="$top/editor"
check "mcom" sh -c "cd '$drafts' && echo s |
	mcom carol@example.org -subject 'by mcom' -from ada@example.org"
check_same "... sends" 1 "$(grep -c 'Written by hand' "$top/sent")"
leaves "$drafts" ""
waits 1 'subject:"by mcom"'
check "mcom, and cancel" sh -c "cd '$drafts' && ! echo c |
	mcom dave@example.org -subject 'kept by mcom'"
check "... keeps the draft" grep -q 'kept by mcom' "$drafts/snd.0"
check "mcom -r, and send" sh -c "cd '$drafts' && echo s | mcom -r"
check_same "... sends" 2 "$(wc -l <"$top/sent.args")"
leaves "$drafts" ""
check "mrep" sh -c "cd '$drafts' && echo s | mrep '$(file_of "" \
	'The text of m4.')'"
check "... in reply to it" grep -q 'In-Reply-To: <m4@example.org>' "$top/sent"
wait_for "... which is marked" flags_are 'The text of m4.' RS
if on_mount; then
	wait_for "three are queued" queued 3
	waits 2 "id:m4@example.org or subject:\"Re: mail 4\""
	wait_for "the answer is in the thread" sh -c "[ \$(ls '$mail'/threads/*.mail-4.*/cur |
		wc -l) = 2 ]"
fi

# -- as other deliverers do it
cat >"$top/deliver.py" <<'END2'
import os, sys
box, how, n = sys.argv[1:]
name = '1700000%s.P1Q%s.host' % (n.zfill(3), n)
mail = b'From: x@example.org\nSubject: delivery %s\nMessage-ID: <d%s@example.org>\n\nby %s\n' % (
    n.encode(), n.encode(), how.encode())
tmp, new = box + '/tmp/' + name, box + '/new/' + name
folder = lambda d: os.open(d, os.O_RDONLY | os.O_DIRECTORY)
fd = os.open(new if how == 'exclusive' else tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
for i in range(0, len(mail), 7):
    os.write(fd, mail[i:i + 7])
os.fsync(fd)
os.close(fd)
if how in ('link', 'link-late'):    # procmail, mutt, qmail-local
    os.link(tmp, new)
    assert os.stat(tmp).st_ino == os.stat(new).st_ino
    assert os.stat(new).st_nlink == 2, os.stat(new).st_nlink
    if how == 'link':
        os.unlink(tmp)
elif how in ('rename', 'rename-flags', 'suffix'):     # maildrop, Dovecot
    if how == 'suffix':
        new += ':2,'
    os.rename(tmp, new)
    d = folder(box + '/new')
    os.fsync(d)
    os.close(d)
if how == 'rename-flags':           # a client that was waiting for it
    os.rename(new, box + '/cur/' + name + ':2,S')
    new = box + '/cur/' + name + ':2,S'
os.utime(new, (1700000000, 1700000000))
st = os.stat(new)
assert (st.st_size, st.st_mtime) == (len(mail), 1700000000), st
assert open(new, 'rb').read() == mail
if how == 'link-late':
    os.unlink(tmp)
assert os.stat(new).st_nlink == 1
assert os.path.basename(new) in os.listdir(os.path.dirname(new))
assert name not in os.listdir(box + '/tmp')
END2
n=100
for how in link link-late rename rename-flags suffix exclusive; do
	n=$((n + 1))
	check "delivery: $how" python3 "$top/deliver.py" "$box" $how $n
	waits 1 "subject:\"delivery $n\""
done
printf 'From: x@example.org\nSubject: crlf\n\nwith CRLF\n' | sed 's/$/\r/' >"$top/crlf"
check "mdeliver of CRLF" sh -c "mdeliver '$box' <'$top/crlf'"
waits 1 subject:crlf
check "... the bytes stay" cmp "$top/crlf" "$(file_of "" 'with CRLF')"
mails >"$top/before"
again
mails >"$top/after"
check_same "all is there after a remount" "$(sort "$top/before")" \
	"$(sort "$top/after")"
check "... the bytes too" cmp "$top/crlf" "$(file_of "" 'with CRLF')"
close_tree
finish
