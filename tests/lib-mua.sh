# SPDX-License-Identifier: ISC
# mutt and neomutt on the tree, key by key: $mua names the one. What becomes of
# it is read from names of files, and from what defms finds.
. "$tests/lib-write.sh"
. "$tests/lib-tmux.sh"

# write_rc: settings that ask as little as possible; sends with defms, or, in a
# plain directory, with what only writes down.
write_rc() {
	cat >"$top/sendmail" <<-'END2'
		#!/bin/sh
		{ echo "$*" && cat; } >"$HOME/sent.$$"
	END2
	cat >"$top/editor" <<-'END2'
		#!/bin/sh
		printf 'Written in the editor.\n' >>"$1"
	END2
	chmod +x "$top/sendmail" "$top/editor"
	mua_sendmail=$top/sendmail
	! on_mount || mua_sendmail="$DEFMS send"
	cat >"$top/muttrc" <<-END2
		set folder="$box" spoolfile="$box" mbox_type=Maildir
		set postponed="=.Drafts" record="" copy=no
		set sendmail="$mua_sendmail -oi -oem" editor="$top/editor"
		set realname=Ada from=ada@example.org hostname=example.org
		set header_cache="" sort=threads mark_old=no
		set confirmappend=no confirmcreate=no delete=yes move=no
		set quit=yes autoedit=no fast_reply=yes include=no
		set recall=ask-yes abort_unmodified=no abort_nosubject=no
		set postpone=ask-yes mime_forward=no wait_key=no beep=no
		set timeout=60 mail_check=5 read_inc=0 write_inc=0 sleep_time=0
		set tmpdir="$top" sig_dashes=no pager_stop=yes resolve=no
		set arrow_cursor=yes strict_threads=yes ascii_chars=yes
		set status_format="Msgs:%m; New:%n; Flag:%F; Del:%d; Post:%p; Tag:%t; mod%r"
		set index_format="%Z (%s)"
	END2
	if [ "$mua" = neomutt ]; then
		echo 'set abort_noattach=no' >>"$top/muttrc"
	fi
}

# begin [FOLDER]: open it.
begin() {
	start "TERM=screen $mua -n -F '$top/muttrc' -f '$(place "${1-}")'"
}

# go SUBJECT: the cursor goes to the one message that has it.
go() {
	keys Home
	typed "/~s \"^$1\$\""
	keys Enter
	see "^->.*[(>]$1\\)" ""
}

# sync_it COUNT: write the changes; so many messages are left.
sync_it() {
	typed '$'
	see "Msgs:$1;.* Del:0;.*mod-" "$mua writes its changes"
}

# sent_one WORDS: wait until a message with these words was sent.
sent_to() {
	if on_mount; then
		defms status --queue | grep -q -e "$1"
	else
		grep -l -s -e "$1" "$top"/sent.[0-9]* >"$top/sent"
	fi
}
