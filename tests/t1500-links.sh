#!/bin/sh
# SPDX-License-Identifier: ISC
# defms join, split and move: what the owner decides about threads holds, in
# the history too, whatever comes later.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_program git
fresh_store

# in_thread DIR: the subjects that are shown there, sorted, on one line.
in_thread() {
	defms search --messages "thread:$1" | cut -f4 | sort | tr '\n' ';'
}
# thread_of SUBJECT: the directory where the message with it is shown.
thread_of() {
	defms search --messages "subject:\"$1\"" | cut -f1 | cut -d/ -f1
}
hash_of() {
	defms search --messages "subject:\"$1\"" | cut -f1 | sed 's/.*\.//'
}
all() {
	defms search --messages --oldest 'date:..2030' | cut -f1,4
}
well() {
	check "check is content ($1)" defms check
	check_same "git fsck is clean ($1)" "" "$(fsck)"
	all >"$top/before"
	check "reindex ($1)" defms reindex
	all >"$top/after"
	check "reindex changes no thread ($1)" cmp "$top/before" "$top/after"
	check "check is content again ($1)" defms check
}

{
	entry a1 "mill one"
	entry a22 "mill two" "In-Reply-To: <a1@example.org>"
	entry a333 "mill three" "References: <a1@example.org> <a22@example.org>"
	entry a4444 "mill four" "References: <a1@example.org>"
	entry b55555 "well one"
	entry b666666 "well two" "References: <b55555@example.org>"
	entry c7777777 "barn one"
} >"$top/1.mbox"
check "import" defms import "$top/1.mbox"
mill=$(thread_of "mill one") well=$(thread_of "well one")
barn=$(thread_of "barn one")

# -- split --------------------------------------------------------------------
part=$(defms split "$(hash_of "mill two")")
check_same "a part is printed by its directory" "$part" "$(thread_of "mill two")"
check_same "what answers it follows" "mill three;mill two;" "$(in_thread "$part")"
check_same "the rest keeps its name" "mill four;mill one;" "$(in_thread "$mill")"
check "the part is named after its first" \
	sh -c 'case $1 in *.mill-two.*) ;; *) exit 1 ;; esac' - "$part"
check_same "again: nothing to do" "$part" "$(defms split "$(hash_of "mill two")")"
well "split"
entry a88888888 "mill late" "References: <a1@example.org> <a22@example.org>" \
	>"$top/2.mbox"
entry a999999999 "mill later" "In-Reply-To: <a1@example.org>" >>"$top/2.mbox"
check "mail that comes later" defms import "$top/2.mbox"
check_same "a late answer follows" "mill late;mill three;mill two;" \
	"$(in_thread "$part")"
check_same "one to the old thread does not" "mill four;mill later;mill one;" \
	"$(in_thread "$mill")"

# -- join ---------------------------------------------------------------------
check_same "the oldest directory is printed" "$mill" "$(defms join "$well" "$mill")"
check_same "both are one" "mill four;mill later;mill one;well one;well two;" \
	"$(in_thread "$mill")"
check_same "the other name leads there" "$mill" \
	"$(defms join "$well" "$mill")"
check_same "by a part of the names, several" "$mill" \
	"$(defms join "${barn##*.}" "${well##*.}" "${mill##*.}")"
well "join"
entry b1010101010 "well late" "In-Reply-To: <b666666@example.org>" >"$top/3.mbox"
check "mail to one that was joined" defms import "$top/3.mbox"
check_same "it comes to the elder" "$mill" "$(thread_of "well late")"

# -- split again takes the join back ------------------------------------------
check_same "the old directory is back" "$well" \
	"$(defms split "$(hash_of "well one")")"
check_same "with all its mail" "well late;well one;well two;" "$(in_thread "$well")"
check_same "the third one stays" "$mill" "$(thread_of "barn one")"
well "join taken back"

# -- move ---------------------------------------------------------------------
check "move by a path" defms move "/m/threads/$mill/$(defms search --messages \
	'subject:"mill four"' | cut -f1 | cut -d/ -f2)" "$well"
check_same "it is shown there" "$well" "$(thread_of "mill four")"
entry a121212121212 "mill five" "References: <a1@example.org> <a4444@example.org>" \
	>"$top/4.mbox"
check "its answer comes" defms import "$top/4.mbox"
check_same "... where its header says" "$mill" "$(thread_of "mill five")"
well "move"
check "a thread may lose all it has" defms move "$(hash_of "well one")" \
	"$(hash_of "well two")" "$(hash_of "well late")" "$mill"
check_same "one moved there stays" "mill four;" "$(in_thread "$well")"
check "move that back too" defms move "$(hash_of "mill four")" "$mill"
check_same "an empty thread is not shown" 0 \
	"$(defms search "thread:${well##*.}" | wc -l)"
well "an empty thread"
check "the way back" defms move "$(hash_of "well one")" \
	"$(hash_of "well two")" "$well"
check_same "under its old name" "well one;well two;" "$(in_thread "$well")"
check_same "no line is left of those" 1 "$(sqlite3 "$DEFMS_HOME/state.db" \
	"SELECT count(*) FROM links WHERE line LIKE 'move %'" 2>/dev/null ||
	echo 1)"
well "and back"

# -- public strands: the decision is mine ------------------------------------
{
	entry p1 "list one" "List-Id: <village.example.org>"
	entry p22 "list two" "References: <p1@example.org>" \
		"List-Id: <village.example.org>"
} >"$top/5.mbox"
check "public mail" defms import --public "$top/5.mbox"
check "a part of a list's thread" defms split "$(hash_of "list two")"
check "and another joined to mine" defms join "$(thread_of "list one")" "$mill"
check_same "no public history says so" "" \
	"$(git -C "$DEFMS_HOME/mailbox.git" for-each-ref --format='%(refname)' |
		while read -r ref; do
			git -C "$DEFMS_HOME/mailbox.git" ls-tree "$ref" |
				grep -q links || continue
			git -C "$DEFMS_HOME/mailbox.git" show "$ref:links" |
				grep -a -e '^split' -e '^join' -e '^move'
		done)"
well "public"

# -- what is wrong ------------------------------------------------------------
check_fails 2 "which threads" "$DEFMS" join "$mill"
check_fails 2 "which messages" "$DEFMS" split
check_fails 2 "which messages" "$DEFMS" move "$mill"
check_fails 1 "nothing found" "$DEFMS" join "$mill" no-such-thread
check_fails 1 "nothing found" "$DEFMS" split 0123456789abcdef
check_fails 1 "names no single message" "$DEFMS" split "$mill"
check_fails 1 "threads, not one" "$DEFMS" join 'subject:one' "$mill"
check_same "nothing came of it" "$(cat "$top/after")" "$(all)"

# -- state.db against the history ---------------------------------------------
if command -v sqlite3 >/dev/null; then
	all >"$top/before"
	sqlite3 "$DEFMS_HOME/state.db" "DELETE FROM links WHERE line LIKE 'join %';
		UPDATE links SET line='split $(printf '%064d' 7)'
		WHERE line LIKE 'split %' AND strand=(SELECT max(strand) FROM links
		WHERE line LIKE 'split %')"
	check "check finds lines that differ" \
		sh -c '"$1" check | grep -q "other lines than its .links"' - "$DEFMS"
	check "... and mends them" defms check --repair
	all >"$top/after"
	check "... by the history" cmp "$top/before" "$top/after"
fi
check "backup" defms backup "$top/copy"
use_store bob
check "restore" defms restore "$top/copy"
check_same "a restored mailbox has the same threads" "$(cat "$top/after")" "$(all)"
well "restored"
finish
