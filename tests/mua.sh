# SPDX-License-Identifier: ISC
# What t2410 and t2411 are: a day with the mail program $mua.
. "$tests/lib-mua.sh"
need_program "$mua" tmux python3
open_tree -o send.delay=1
write_rc
make_folder Drafts
make_folder Archive

deliver_to() { # deliver_to MSGID SUBJECT [FIELD...]
	eml "$@" >"$box/tmp/$1.host" && mv "$box/tmp/$1.host" "$box/new/$1.host"
}
for word in alpha beta gamma delta epsilon zeta eta theta; do
	deliver_to "$word" "$word"
done
waits 8 is:unread

# -- read, flag, toggle-new
begin
see 'Msgs:8; New:8' "$mua opens the folder"
go alpha
keys Enter
see 'The text of alpha' "... and shows a message"
typed i
see 'New:7;'
go beta
typed F
see 'Flag:1;' "... flags one"
sync_it 8
check "what was read is seen" flags_are 'text of alpha.' S
check "what was flagged is" flags_are 'text of beta.' F
searches 1 is:flagged
searches 7 is:unread
go alpha
typed N
see 'New:8;' "... makes one new again"
sync_it 8
check "it is new" in_dir 'text of alpha.' new
check "... without flags" flags_are 'text of alpha.' ''
searches 8 is:unread

# -- save, copy, delete and purge
go gamma
typed s
see 'Save.* to'
keys C-u
typed '=.Archive'
keys Enter
see 'Del:1;' "... saves one elsewhere"
go delta
typed C
see 'Copy.* to'
keys C-u
typed '=.Archive'
keys Enter
wait_for "... copies another" holds_text Archive 1 'text of delta.'
go epsilon
typed d
see 'Del:2;' "... deletes a third"
sync_it 6
check_same "two are elsewhere" 2 "$(mails Archive | wc -l)"
check "the one that was saved is there" holds_text Archive 1 'text of gamma.'
check "... and here no more" holds_text "" 0 'text of gamma.'
check "the other is in both" holds_text "" 1 'text of delta.'
check "the third is gone" holds_text "" 0 'text of epsilon.'
waits 2 folder:Archive
searches 6 folder:INBOX
searches 0 subject:epsilon
searches 7 '*'
check_same "their bytes are theirs" "$(eml gamma gamma)" \
	"$(grep -v -e '^Status:' -e '^Content-Length:' -e '^Lines:' \
		"$(file_of Archive 'text of gamma.')")"

# -- link-threads
go eta
typed t
see 'Tag:1;' "... tags one"
go zeta
typed '&'
see '[Tt]hreads linked' "... links another to it"
sync_it 6
check "which answers it now" \
	grep -q '^In-Reply-To: <zeta@example.org>' "$(file_of "" 'text of eta.')"
if on_mount; then
	wait_for "they are one thread" found_threads 1 \
		"subject:zeta or subject:eta"
	wait_for "one of two" sh -c "[ \$(find \
		'$mail'/threads/*.zeta.*/??? -type f | wc -l) = 2 ]"
fi

# -- mail that comes while nobody touches a key
later "$box/new" "$box/cur"
if on_mount; then
	eml live live | defms import --folder INBOX - >/dev/null 2>&1
else
	deliver_to live live
fi
see 'Msgs:7;' "mail that comes shows by itself"
deliver_to live2 live2
see 'Msgs:8;' "... also by another way"
if on_mount; then
	defms flag +flagged id:theta@example.org
	see 'Flag:2;' "... and flags that a command sets"
fi

# -- compose, with an attachment
compose_to() { # compose_to ADDRESS SUBJECT
	typed m
	see '^To:'
	typed "$1"
	keys Enter
	see '^Subject:'
	typed "$2"
	keys Enter
	see 'y:Send'
}
printf 'a little table\n' >"$top/table.txt"
compose_to carol@example.org "by hand"
typed a
see '[Aa]ttach.* file'
typed "$top/table.txt"
keys Enter
see 'table.txt' "... attaches a file"
typed y
see 'Mail sent' "... sends"
wait_for "a message is queued" sent_to 'carol@example.org'
if on_mount; then
	waits 1 'subject:"by hand"'
	check_same "its attachment is whole" "a little table" \
		"$(cat "$mail"/threads/*.by-hand.*/*/attachments/table.txt)"
	check_same "its text is what the editor wrote" "Written in the editor." \
		"$(head -n 1 "$mail"/threads/*.by-hand.*/2*/text)"
fi

# -- postpone, recall
later "$box/.Drafts/new"
compose_to dave@example.org "put aside"
typed q
see 'Save \(postpone\) draft|Postpone this'
typed y
see 'Post:1;|postponed' "... postpones one"
wait_for "it is a draft" holds Drafts 1
waits 1 'folder:Drafts'
typed m
see 'Recall postponed'
typed y
see 'y:Send' "... recalls it"
typed y
see 'Mail sent' "... sends it"
wait_for "it is queued" sent_to 'dave@example.org'
wait_for "the draft is gone" holds Drafts 0
waits 1 'subject:"put aside"'
searches 0 folder:Drafts

# -- reply
go theta
typed r
see '^To:|y:Send'
! shows '^To:.*[^ ]$' || shows 'y:Send' || keys Enter Enter
see 'y:Send' "... replies"
typed y
see 'Mail sent'
wait_for "the answer is queued" sent_to 'bob@example.org'
typed '$'
see 'mod-'
if on_mount; then
	wait_for "the answer is in the thread" sh -c \
		"grep -l 'In-Reply-To: <theta@' '$mail'/threads/*.theta.*/2*/raw.eml"
	wait_for "three are queued" queued 3
	searches 1 is:answered
else
	check "it answers" grep -q 'In-Reply-To: <theta@' "$top"/sent.[0-9]*
fi
check "what was answered is marked" sh -c \
	"ls '$box/cur' | grep -q 'theta.*:2,.*R.*S*'"
typed q
see_end "$mua ends"
mails | sort >"$top/before"
again
check_same "all is there after a remount" "$(cat "$top/before")" \
	"$(mails | sort)"
if on_mount; then
	thread=$(basename "$(echo "$mail"/threads/*.theta.*)")
	start "TERM=screen $mua -n -F '$top/muttrc' -f '$mail/threads/$thread'"
	see 'Msgs:2;' "$mua opens a thread"
	keys q
	see_end "... and ends"
fi
close_tree
finish
