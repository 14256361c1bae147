#!/bin/sh
# SPDX-License-Identifier: ISC
# What the tree shows of the sample mailbox, as its manual page says.
. "$(dirname "$0")/lib.sh"
sample=$tests/../script/sample
need_fuse
need_program python3

fresh_store alice
defms import "$sample/village.mbox" >"$top/out"
mount_it
cd "$mail" || exit 1

check_same "the root" "README.txt by drafts maildir outbox search sent threads" \
	"$(ls | paste -sd ' ')"
check_same "seven conversations" 7 "$(ls threads | wc -l)"
roof=$(echo threads/2026-11-02.roof-repair.??????)
check "one is about the roof" test -d "$roof"
check_same "its messages are named by date and sender" \
	"20261102T081500.alice 20261102T104000.bob 20261103T050500.jörn
20261103T183000.alice 20261104T081200.zoë 20261109T115000.jörn" \
	"$(ls "$roof" | sed -n 's/^\(2026.*\)\.[0-9a-f]\{8\}$/\1/p' |
		paste -d ' ' - - -)"
check_same "info has a line for each" "$(ls "$roof" | grep ^2026)" \
	"$(cut -f 5 "$roof/info")"
estimate=$(echo "$roof"/20261103T050500.*)
check_same "a field" "Jörn Schieferdecker <joern@slates.example.net>" \
	"$(cat "$estimate/from")"
check_same "the text" "Good morning," "$(head -n 1 "$estimate/text")"
check_same "an attachment" "%PDF-1.4" \
	"$(head -n 1 "$estimate/attachments/estimate.pdf")"
check_same "a message without one has no attachments" "" \
	"$(ls -d "$roof"/20261102*/attachments 2>/dev/null)"
check_same "an mbox quote is undone" "From experience: tie it down" \
	"$(grep -o '^From exp[^o]*down' "$roof"/20261102T104000.*/text)"
check_same "KOI8-R is read" "Алиса, здравствуй!" \
	"$(head -n 1 threads/2026-11-07.*/20261107T100000.*/text)"
check_same "ISO-2022-JP is read" "アリスさん" \
	"$(head -n 1 threads/2026-10-28.*/20261028T121000.*/text)"
check "HTML is there as it came" \
	grep -q '<h1>Autumn' threads/2026-10-19.*/20261019T110000.*/html
check_same "an id is the hash of the content" \
	"$(python3 - "$estimate" <<'EOT'
import hashlib, re, sys
raw = open(sys.argv[1] + "/raw.eml", "rb").read()
head, body = raw.split(b"\n\n", 1)
trace = rb"(?mi)^(return-path|received|delivered-to):.*\n(?:[ \t].*\n)*"
content = re.sub(trace, b"", head + b"\n") + b"\n" + body
print(hashlib.blake2b(content, digest_size=32).hexdigest())
EOT
)" "$(cat "$estimate/id")"
check_same "thread lists the sorted ids" "$(cat "$roof"/2026*/id | sort)" \
	"$(sed '1,/^$/d' "$roof/thread")"
check_same "thread.mbox is the messages, quoted" "$(
	for message in "$roof"/2026*; do
		sed 's/^>*From />&/' "$message/raw.eml"
		echo
	done | sha256sum)" "$(sed '/^From /d' "$roof/thread.mbox" | sha256sum)"
check_same "sizes are those that are read" "" \
	"$(find threads maildir by -type f | while read -r file; do
		[ "$(stat -c %s "$file")" = "$(wc -c <"$file")" ] || echo "$file"
	done)"

check_same "a query is a directory" \
	"$(defms search subject:ladder | cut -f 1)" "$(ls search/subject:ladder)"
check_same "... of links to threads" "../../threads/${roof#*/}" \
	"$(readlink search/goose/*roof*)"
check "a bad query is none" not ls search/date:never
check_same "by list" 1 "$(ls by/list/ostwick.lists.example.net | wc -l)"
check_same "by sender" 2 "$(ls by/from/joern@slates.example.net \
	by/from/ken.tanaka@example.net | grep -c ^2026)"
check_same "by month" 5 "$(ls by/date/2026/11 | wc -l)"
check_same "a Maildir of all" 20 "$(ls maildir/new maildir/cur | grep -c M)"
check "nothing can be written" not touch "$roof/x"
check_same "the daemon's process id" defms "$(ps -o comm= -p "$(cat .defms/pid)")"

# Another process changes the mailbox beside the mount.
ls threads >"$top/before"
defms import "$sample/late.eml" >"$top/out"
wait_for "a new letter shows" test -L threads/*.who-brings-the-long-table.*
check_same "no name went away" "" "$(ls threads | comm -13 - "$top/before")"
check_same "a joined thread is a link to the one born first" \
	"$(ls threads | grep roof-supper)" "$(readlink threads/*long-table*)"
check_same "... which holds all four letters" 4 \
	"$(wc -l <"$(echo threads/*roof-supper*)/info")"
cd /
umount_it
finish
