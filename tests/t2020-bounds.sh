#!/bin/sh
# SPDX-License-Identifier: ISC
# What is large, undated or hostile: in the tree as its manual page says.
. "$(dirname "$0")/lib.sh"
. "$tests/lib-mail.sh"
need_fuse

fresh_store
mkdir -p "$top/in/cur" "$top/in/new" "$top/in/tmp"
long=$(printf '%0250d' 7)
message 1 >"$top/in/cur/$long:2,S"
message 2 >"$top/in/new/.hidden" # not read: names with a dot are nobody's
message 3 | sed '/^Date/d' >"$top/in/new/3.undated"
for date in '01 Jan 9999 00:00:00' '31 Dec 9999 23:59:59' \
	'01 Jan 20000 00:00:00' '05 Feb 2026 00:00:00'; do
	number=$((${number_of-3} + 1)) number_of=$number
	message $number | sed "s/^Date.*/Date: $date +0000/" \
		>"$top/in/new/$number.dated"
done
number=0
large 20 | sed 's/^Subject.*/Subject: Large/' >"$top/large.eml"
large 21 | sed 's/^Subject.*/Subject: Larger/; s/$/\r/' >"$top/crlf.eml"
printf 'From: \342\200\256Eve <eve@example.org>\nSubject: see \342\200\256txt.exe\n\nx\n' \
	>"$top/turned.eml"
defms import --folder lists/deep "$top/large.eml" >"$top/out"
check_same "one is one" "1 message: 1 new, 0 more copies, 0 there already" \
	"$(cat "$top/out")"
defms import "$top/in" "$top/crlf.eml" "$top/turned.eml" >"$top/out"
mount_it
cd "$mail" || exit 1

# -- names and lines
check_same "undated mail is in no month" "" \
	"$(find by/date -name '*number-3*' -print)"
check_same "dates beyond all calendars do not hide the others" "2026 9999" \
	"$(ls by/date | paste -sd ' ')"
check_same "a month" 1 "$(ls by/date/2026/02 | wc -l)"
check_same "no line turns the text beside it" 0 \
	"$(cat threads/*/info | grep -c "$(printf '\342\200\256')")"
check_same "a name that leaves no room for flags is another" 1 \
	"$(ls maildir/cur | grep -c '^[0-9]*\.M[0-9]*\.defms:2,S$')"
check "... and can be opened" sh -c 'cat maildir/cur/*.defms:2,S >/dev/null'
defms export --maildir '*' "$top/exported"
check_same "export calls files as the tree does" \
	"$(ls maildir/cur maildir/new)" \
	"$(cd "$top/exported" && ls cur new | sed 's/^\(cur\|new\):/maildir\/&/')"
check_same "folder: finds those below" 1 \
	"$(defms search --count folder:lists)"

# -- large messages
large=$(echo threads/*.large.*) larger=$(echo threads/*.larger.*)
check_same "a large thread.txt is whole in any pieces" \
	"$(sha256sum <"$large/thread.txt")" \
	"$(dd if="$large/thread.txt" bs=7777 2>/dev/null | sha256sum)"
check_same "... and holds the text" "$(cat "$large"/2026*/text | sha256sum)" \
	"$(sed '1,/^$/d; $d' "$large/thread.txt" | sha256sum)"
check_same "thread.mbox of a large message that is quoted" \
	"$(sed 's/^>*From />&/' "$top/large.eml" | sha256sum)" \
	"$(sed '1d; $d' "$large/thread.mbox" | sha256sum)"
check_same "an answer quotes the beginning of a large text" "> [...]" \
	"$(tail -n 1 "$large/reply.eml")"
check_same "... and has the size it says" "$(stat -c %s "$large/reply.eml")" \
	"$(wc -c <"$large/reply.eml")"
check "... that is small" test "$(stat -c %s "$large/reply.eml")" -lt 80000
check_same "the header of a large CRLF message" \
	"$(tr -d '\r' <"$top/crlf.eml" | sed '/^$/,$d' | sha256sum)" \
	"$(cat "$larger"/2026*/header | sha256sum)"
check_same "sizes are those that are read" "" \
	"$(find threads maildir -type f | while read -r file; do
		[ "$(stat -c %s "$file")" = "$(wc -c <"$file")" ] || echo "$file"
	done)"
cd /
check "the index agrees" defms check
finish
