#!/bin/sh
# SPDX-License-Identifier: ISC
# gc erases beside a mount: what was removed goes from it, all else stays, and
# the same message may be delivered again.
. "$(dirname "$0")/lib.sh"
need_program git
fresh_store
git config -f "$XDG_CONFIG_HOME/defms/config" gc.keep 0

eml() {
	printf 'From: %s@example.org\nTo: ada@example.org\nSubject: s%s\n' \
		"$1" "$1"
	printf 'Date: Mon, 2 Nov 2026 10:00:0%s +0000\n' "${#1}"
	printf 'Message-ID: <%s@example.org>\n' "$1"
	[ -z "${2-}" ] || printf 'References: <%s@example.org>\n' "$2"
	printf '\nhello %s\n' "$1"
}
eml a >"$top/a"
eml bb a >"$top/bb"
eml ccc >"$top/ccc"
defms import "$top/a" "$top/bb" "$top/ccc" >/dev/null 2>&1
mount_it
thread=$(defms search sa | cut -f1)
alone=$(defms search sccc | cut -f1)
first=$(ls -d "$mail/threads/$thread"/*.a.*)
second=$(ls -d "$mail/threads/$thread"/*.bb.*)
check "all can be read" cat "$first/raw.eml" "$second/raw.eml"
check "there are senders" ls "$mail/by/from/a@example.org/$thread"
check "rm -r" rm -r "$first" "$mail/threads/$alone"/*.ccc.*
mkdir "$mail/search/is:removed"
check "is:removed shows it" ls "$mail/search/is:removed/$thread/"
check_same "gc" 2 "$(defms gc --now | sed 's/ messages erased.*//')"
check "all is well" defms check
gone() { ! test -e "$1"; }
wait_for "is:removed shows nothing" sh -c '[ -z "$(ls "$0")" ]' \
	"$mail/search/is:removed"
wait_for "the sender is gone" gone "$mail/by/from/a@example.org"
check "it is gone" gone "$first"
check "its thread has its name" cmp "$second/raw.eml" "$top/bb"
check "which holds nothing else" test \
	"$(grep -c . "$mail/threads/$thread/info")" = 1
check "the other thread is gone" gone "$mail/threads/$alone"
check "what a copy of it was is gone" test \
	"$(find "$mail/maildir" -type f | wc -l)" = 1
deliver "$top/a"
wait_for "delivered again it is there" test -e "$first/raw.eml"
check "byte for byte" cmp "$first/raw.eml" "$top/a"
wait_for "it is found" sh -c '[ "$("$0" search --messages hello | wc -l)" = 2 ]' \
	"$DEFMS"
check "all is well" defms check
umount_it
finish
