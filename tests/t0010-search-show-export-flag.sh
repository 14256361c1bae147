#!/bin/sh
# SPDX-License-Identifier: ISC
# What is found, shown, written out and flagged on the command line.
. "$(dirname "$0")/lib.sh"
fresh_store me me@example.net

mkdir -p "$top/in/cur" "$top/in/new" "$top/in/tmp" \
	"$top/in/.lists.roof/cur" "$top/in/.lists.roof/new" \
	"$top/in/.lists.roof/tmp"
cat >"$top/in/cur/1.a:2,S" <<-'END'
	Return-Path: <ada@example.org>
	From: Ada Lovelace <ada@example.org>
	To: me@example.net
	Subject: Roof repair
	Message-ID: <root@example.org>
	Date: Thu, 01 Oct 2026 10:00:00 +0000

	The roof leaks.
	From now on it rains in.
END
cat >"$top/in/new/2.b" <<-'END'
	From: Bob <bob@example.com>
	To: ada@example.org
	Subject: Re: Roof repair
	Message-ID: <second@example.com>
	In-Reply-To: <root@example.org>
	Date: Fri, 02 Oct 2026 10:00:00 +0000

	A ladder is needed.
END
printf 'From: eve@example.org\r\nSubject: =?utf-8?q?=1b]0;owned=07_title?=\r\nMessage-ID: <esc@example.org>\r\nDate: Sat, 03 Oct 2026 10:00:00 +0000\r\n\r\nesc \033[31mred\r\n' \
	>"$top/in/.lists.roof/cur/3.c:2,F"
check "import" defms import "$top/in"

# -- search
check_same "a line a thread" 2 "$(defms search '*' | wc -l)"
check_same "its columns" "2026-10-02 10:00|Ada, Bob|Roof repair" \
	"$(defms search roof | cut -f2- | tr '\t' '|')"
check_same "a line a message" 2 "$(defms search --messages roof | wc -l)"
check_same "counts" "1 2 3" "$(defms search --count roof) \
$(defms search --count '*') $(defms search --messages --count '*')"
check_same "nothing found is no failure" "" "$(defms search zebra)"
check_same "oldest first, and a limit" "Roof repair" \
	"$(defms search --oldest --limit 1 '*' | cut -f4)"
check_same "a folder" 1 "$(defms search --count folder:lists/roof)"
check_same "flags" "1 1 1" "$(defms search --messages --count is:read) \
$(defms search --messages --count is:flagged) \
$(defms search --messages --count is:new)"
check_same "nothing commands the terminal" "" \
	"$(defms search --messages '*' | tr -d '\t' | grep '[[:cntrl:]]')"
check_fails 2 "what is to be found" defms search
check_fails 2 "takes a number" defms search --limit x roof
check_fails 1 "date: not a date: not" defms search date:not
check_fails 1 "without its" defms search '(roof'

# -- show
thread=$(defms search roof | cut -f1)
message=$(defms search --messages --oldest roof | head -n 1 | cut -f1)
text=$(defms show "$thread")
for name in roof-repair "threads/$thread" "/x/mail/threads/$thread/info" roof; do
	check_same "show $name" "$text" "$(defms show "$name")"
done
check_same "the text" 1 "$(echo "$text" | grep -c '^A ladder is needed.$')"
defms show --raw "$message" >"$top/raw"
check "raw is byte-exact" cmp "$top/raw" "$top/in/cur/1.a:2,S"
defms show --raw "${message##*.}" >"$top/raw"
check "raw by hash" cmp "$top/raw" "$top/in/cur/1.a:2,S"
defms show --raw id:esc@example.org >"$top/raw"
check "raw with CRLF" cmp "$top/raw" "$top/in/.lists.roof/cur/3.c:2,F"
check_same "mbox quotes" ">From now on it rains in." \
	"$(defms show --mbox "$thread" | grep From.now)"
check_same "a query that finds one message" "Subject: Re: Roof repair" \
	"$(defms show --raw ladder | grep Subject)"
check_fails 1 "nothing found" defms show zebra
check_fails 1 "shows one message" defms show --raw "$thread"
check_fails 2 "what is to be shown" defms show

# -- export
check "export a Maildir" defms export --maildir '*' "$top/md"
for file in "cur/1.a:2,S" new/2.b ".lists.roof/cur/3.c:2,F"; do
	check "... $file" cmp "$top/md/$file" "$top/in/$file"
done
check_same "... and nothing else" 3 "$(find "$top/md" -type f | wc -l)"
check_fails 1 "exists" defms export --maildir '*' "$top/md"
check "export an mbox" defms export '*' "$top/out.mbox"
check_fails 1 "exists" defms export '*' "$top/out.mbox"
check_same "to standard output" "$(cksum <"$top/out.mbox")" \
	"$(defms export '*' - | cksum)"
check_fails 1 "nothing found" defms export zebra "$top/none"
check "... and no file" not test -e "$top/none"
use_store again
fresh_store again me@example.net
check "import the mbox again" defms import "$top/out.mbox"
check_same "the same threads" 1 "$(defms search roof | cut -f1 | grep -cx "$thread")"
check_same "the same bytes" "$(cksum <"$top/in/cur/1.a:2,S")" \
	"$(defms show --raw id:root@example.org | cksum)"
use_store me

# -- flag
check "flag" defms flag +flagged -seen roof
check_same "flagged" 3 "$(defms search --messages --count is:flagged)"
check_same "unread" 3 "$(defms search --messages --count is:unread)"
check_same "out of new" 0 "$(defms search --messages --count is:new)"
check "+unread is -seen" defms flag +seen -- '*'
check "... back" defms flag +unread id:root@example.org
check_same "..." 1 "$(defms search --messages --count is:unread)"
check "mute a thread" defms flag +muted "thread:$thread"
check_same "is:muted" "$thread" "$(defms search is:muted | cut -f1)"
check "unmute" defms flag -muted is:muted
check_same "is:muted no more" "" "$(defms search is:muted)"
check "the flags are exported" defms export --maildir roof "$top/flagged"
check "..." test -e "$top/flagged/cur/2.b:2,FS"
check_fails 2 "no such flag" defms flag +blue roof
check_fails 2 "which flags" defms flag roof
check_fails 2 "both set and cleared" defms flag +seen +unread roof
check_fails 2 "of which messages" defms flag +seen
check_fails 1 "nothing found" defms flag +seen zebra

# -- status
check_same "status counts" "messages 3|unread 1|threads 2|removed 0|" \
	"$(defms status | head -n 4 | tr -s ' ' | tr '\n' '|')"
check "status names folders" sh -c '"$0" status | grep -q "lists/roof$"' "$DEFMS"
check_fails 2 "no arguments" defms status now
finish
