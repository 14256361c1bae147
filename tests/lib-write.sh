# SPDX-License-Identifier: ISC
# What the scenarios share that write into the tree with other people's
# programs. What is expected comes from an ordinary file system: with PLAIN=1
# the same scenario runs in a plain directory, where all must hold that is not
# asked with `searches`.
#
# $mail is the tree, $box the Maildir in it, $drafts and $outbox two folders of
# files.
on_mount() { [ -z "${PLAIN-}" ]; }

# open_tree [OPTION...]: a fresh mailbox, mounted with these.
open_tree() {
	if on_mount; then
		need_fuse
		fresh_store
		mount_it "$@"
		mountpoint -q "$mail" || finish
	else
		mail=$top/ada/mail
		mkdir -p "$mail/drafts" "$mail/outbox" "$mail/maildir/cur" \
			"$mail/maildir/new" "$mail/maildir/tmp"
	fi
	box=$mail/maildir drafts=$mail/drafts outbox=$mail/outbox
}

# close_tree: no errors, nothing that is not clean.
close_tree() {
	on_mount || return 0
	check_same "no errors were written down" "" "$(cat "$mail/.defms/errors")"
	umount_it
	check "all is well" defms check
}

# again [OPTION...]: unmount, mount.
again() {
	on_mount || return 0
	umount_it
	mount_it "$@"
}

# eml MSGID SUBJECT [FIELD...]: a message on standard output.
eml() {
	eml_id=$1 eml_subject=$2
	shift 2
	printf 'From: Bob <bob@example.org>\nTo: ada@example.org\n'
	printf 'Subject: %s\nDate: Mon, 2 Nov 2026 10:%02d:00 +0000\n' \
		"$eml_subject" "$((${#eml_id} + ${#eml_subject}))"
	printf 'Message-ID: <%s@example.org>\n' "$eml_id"
	for eml_field; do
		printf '%s\n' "$eml_field"
	done
	printf '\nThe text of %s.\n' "$eml_id"
}

# make_folder NAME: one by mkdir, as Maildir++ has it; fine if it is there.
make_folder() {
	mkdir -p "$box/.$1" && mkdir -p "$box/.$1/cur" "$box/.$1/new" \
		"$box/.$1/tmp"
}

# place FOLDER: its directory; "" is the inbox.
place() { echo "$box${1:+/.$1}"; }

# mails [FOLDER [PATTERN]]: names of mail in new/ and cur/, by base name.
mails() {
	for mails_d in new cur; do
		ls "$(place "${1-}")/$mails_d"
	done | grep -v -e '^[.]' -e '[.]error$' | grep -e "${2-}"
}

# holds FOLDER COUNT [PATTERN]: as many mails are there (called so).
holds() { [ "$(mails "$1" "${3-}" | wc -l)" = "$2" ]; }

# holds_text FOLDER COUNT WORDS: as many have these words in them.
holds_text() {
	[ "$(cd "$(place "$1")" && grep -l -s -r -F -e "$3" new cur |
		grep -c -v '[.]error$')" = "$2" ]
}

# file_of FOLDER WORDS: the path of the one that has them in it.
file_of() {
	for file_d in new cur; do
		grep -l -s -r -F -e "$2" "$(place "$1")/$file_d"
	done | head -n 1
}

# flags_are WORDS FLAGS [FOLDER]: the mail with these words has them, no others
# (without FLAGS it may have no ":2," at all).
flags_are() {
	flags_now=$(basename "$(file_of "${3-}" "$1")") || return 1
	case $flags_now in
	*:2,*)	flags_now=${flags_now##*:2,} ;;
	*)	flags_now= ;;
	esac
	[ "$flags_now" = "$2" ] || { echo "flags: $flags_now"; return 1; }
}

# in_dir WORDS DIR: the mail with these words lies in new (or cur).
in_dir() { [ "$(basename "$(dirname "$(file_of "" "$1")")")" = "$2" ]; }

found() { [ "$(defms search --messages --count "$2")" = "$1" ]; }
found_threads() { [ "$(defms search --count "$2")" = "$1" ]; }

# searches COUNT QUERY: so many messages are found, at once.
searches() {
	! on_mount || check_same "$1 found: $2" "$1" \
		"$(defms search --messages --count "$2")"
}

# waits COUNT QUERY: the same, as soon as files that came are messages.
waits() {
	! on_mount || wait_for "$1 found: $2" found "$1" "$2"
}

# queued COUNT: so many wait to be sent.
queued() { [ "$(defms status --queue | wc -l)" = "$1" ]; }
nothing_queued() {
	! on_mount || check_same "nothing is queued" "" \
		"$(defms status --queue)"
}

# later DIR...: wait until no change of these was in this second; who compares
# times by the second (notmuch, mutt's count of drafts) sees the next one then.
later() {
	wait_for "a second later" python3 -c "
import os, sys, time
sys.exit(max(os.stat(d).st_mtime for d in sys.argv[1:]) // 1 >= time.time() // 1)" \
		"$@"
}

# from FILE COMMAND...: with the file as its standard input.
from() {
	from_file=$1
	shift
	"$@" <"$from_file"
}

is_text() { [ "$(cat "$1")" = "$2" ]; }

# leaves DIR NAME...: these are all there is, hidden ones too.
leaves() {
	leaves_dir=$1
	shift
	check_same "only what was meant is in $(basename "$leaves_dir")" \
		"$(printf '%s\n' "$@" | sort)" "$(ls -A "$leaves_dir" | sort)"
}
