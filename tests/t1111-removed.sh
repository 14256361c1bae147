#!/bin/sh
# SPDX-License-Identifier: ISC
# Removed messages are hidden and counted out, also when the writer that
# removed them died on its way; brought back, all is as it was.
. "$(dirname "$0")/lib.sh"
fresh_store

eml() { # eml NUMBER [FIELD]
	printf 'From: Bob <bob@example.org>\nTo: ada@example.org\n'
	printf 'Subject: roof\nDate: Mon, 2 Nov 2026 10:0%s:00 +0000\n' "$1"
	printf 'Message-ID: <%s@example.org>\n%s\nhello %s\n' "$1" "${2-}" "$1"
}
reply='In-Reply-To: <1@example.org>
'
eml 1 | defms import --folder INBOX - 2>/dev/null >&2
eml 2 "$reply" | defms import --folder INBOX - 2>/dev/null >&2
eml 3 "$reply" | defms import --folder other - 2>/dev/null >&2
status() { defms status | grep -E '^(messages|threads|removed|folder)'; }
before=$(status)
check "remove one" defms flag +removed "hello AND 2"
check "all is well" defms check
check "its folder counts it out" sh -c '"$1" status |
	grep -q "^folder *1, .*INBOX"' - "$DEFMS"
check "remove the others" defms flag +removed from:bob
check "all is well" defms check
check_same "reindex counts the same" "$(status)" \
	"$(defms reindex >/dev/null 2>&1; status)"
check "all is well" defms check
check "bring them back" defms flag -removed from:bob
check "all is well" defms check
check_same "all is as it was" "$before" "$(status)"

# The writer dies after n steps; the next one finishes what it began.
eml 4 >"$top/four"
eml 5 "$reply" >"$top/five"
for change in +removed -removed +flagged; do
	n=0 status=99
	while [ "$status" = 99 ] && [ $n -lt 20 ]; do
		n=$((n + 1))
		DEFMS_CRASH=$n defms flag $change from:bob 2>/dev/null
		status=$?
		[ "$status" = 99 ] || break
		defms import --folder INBOX "$top/four" >/dev/null 2>&1
		check "$change, dead after step $n: all is well" defms check
		defms flag "$(echo "$change" | tr +- -+)" from:bob \
			2>/dev/null
	done
	[ "$status" = 99 ] || defms check >/dev/null || bad=$((bad + 1))
done
finish
