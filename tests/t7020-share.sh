#!/bin/sh
# SPDX-License-Identifier: ISC
# defms share: what goes in, what stays, who is shown to have it, and where new
# mail goes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-share.sh"
. "$(dirname "$0")/crash.sh"
need_program git
need_program python3
ada="ada@example.org" bob="Bob <bob@example.org>" carol="carol@example.org"
fresh_store bob
fresh_store carol
fresh_store ada
know bob

# shared: of the strands that have keys, the number of commits and what their
# trees have.
shared() {
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref --format='%(refname)' |
		while read -r ref; do
			git -C "$DEFMS_HOME/mailbox.git" ls-tree --name-only \
				-r "$ref" | sed 's|m/.*|m|' >"$top/tree"
			! grep -q keys "$top/tree" || echo $(git -C \
				"$DEFMS_HOME/mailbox.git" rev-list --count \
				"$ref") commits, $(sort "$top/tree" | uniq -c)
		done
}

bring INBOX "$ada" "$bob" one
bring INBOX "$bob" "$ada" two "Cc: $carol" "References: <one@x>"
bring INBOX "$carol" "$ada" aside "References: <one@x>"
bring INBOX "$ada" "$carol" blind "References: <one@x>" "Bcc: bob@example.org"
thread=$(defms search one | cut -f1 | head -n 1)
check_fails 1 "carol@example.org: no key" "$DEFMS" share "$thread" "$carol"
check_fails 1 "nobody to share with" "$DEFMS" share "$thread" Ada@example.org
check_fails 2 "usage: defms share" "$DEFMS" share "$thread"
check_fails 2 "no other option" "$DEFMS" share --remove --all "$thread" "$bob"
before=$(refs)
check "--dry-run" sh -c '"$0" share --dry-run "$1" bob@example.org >"$2"' \
	"$DEFMS" "$thread" "$top/plan"
check_same "says what goes in" "one two " \
	"$(sed -n 's/^in	.*	//p' "$top/plan" | tr '\n' ' ')"
check_same "and what stays" "aside blind " \
	"$(sed -n 's/^stays	.*	//p' "$top/plan" | sort | tr '\n' ' ')"
check_same "and with whom" 2 "$(grep -c '^with	' "$top/plan")"
check_same "and does nothing" "$before" "$(refs)"
check "share" defms share "$thread" bob@example.org
check_same "one strand more, with what a shared one has" \
	"1 commits, 1 keys 2 m 1 members 1 thread" "$(shared)"
check "again" sh -c '"$0" share "$1" bob@example.org >"$2"' \
	"$DEFMS" "$thread" "$top/plan"
check_same "is nothing more" "there there " \
	"$(sed -n 's/^\(there\|in\)	.*/\1/p' "$top/plan" | tr '\n' ' ')"
check_same "in the history too" \
	"1 commits, 1 keys 2 m 1 members 1 thread" "$(shared)"

bring INBOX "$bob" "$ada" three "References: <two@x>"
check_same "an answer is shared" \
	"2 commits, 1 keys 3 m 1 members 1 thread" "$(shared)"
bring INBOX "mallory@example.org" "$ada" bait "References: <one@x> <two@x>"
bring INBOX "bob@elsewhere.example" "$ada" alias "References: <one@x>"
bring Junk "$bob" "$ada" junk "References: <one@x>"
check_same "no other is" \
	"2 commits, 1 keys 3 m 1 members 1 thread" "$(shared)"
check "check is content" defms check
check_same "git fsck is clean" "" "$(fsck)"

if [ -c /dev/fuse ]; then
	mount_it
	dir=$mail/threads/$thread
	check_same "info says what is local" "alias aside bait blind junk " \
		"$(sed -n 's/.*	\([a-z]*\)	[^	]*	local$/\1/p' "$dir/info" |
			sort | tr '\n' ' ')"
	check_same "its size is right" "$(stat -c %s "$dir/info")" \
		"$(wc -c <"$dir/info")"
	check "the thread is shared" grep -qx "Audience: shared" "$dir/thread"
	check_same "members" "ada me bob confirmed " \
		"$(cut -f1,4 "$dir/members" | sort | tr '\t\n' '  ')"
	check "bob's address" grep -q "bob@example.org" "$dir/members"
	check "its size is right too" test \
		"$(stat -c %s "$dir/members")" = "$(wc -c <"$dir/members")"
	bring INBOX "$ada" "$bob" other
	other=$(defms search subject:other | cut -f1)
	wait_for "it shows" test -s "$mail/threads/$other/info"
	check "nobody else has it" not test -e "$mail/threads/$other/members"
	check "nor is it said to be local" \
		not grep -q local "$mail/threads/$other/info"
	check "shared while mounted" defms share "$other" bob@example.org
	wait_for "it is told" test -s "$mail/threads/$other/members"
	umount_it
fi
all() { defms search --messages --oldest 'date:..2030' | cut -f1,4; }
all >"$top/before"
check "reindex" defms reindex
all >"$top/after"
check "nothing is other" cmp "$top/before" "$top/after"
check "check is content after it" defms check
check "gc" defms gc --now
check "check is content after gc" defms check
check "all can be read" copies

know carol
check_fails 1 "the thread is not shared with it" \
	"$DEFMS" share --remove "$thread" "$carol"
check "bob is removed" defms share --remove "$thread" bob@example.org
bring INBOX "$bob" "$ada" late "References: <two@x>"
check_same "nothing more goes in" 3 \
	"$(shared | sed -n 's/.* \([0-9]*\) m .*/\1/p' | sort -n | tail -n 1)"
check "reindex after it" defms reindex
bring INBOX "$bob" "$ada" later "References: <two@x>"
check_same "nor after reindex" 3 \
	"$(shared | sed -n 's/.* \([0-9]*\) m .*/\1/p' | sort -n | tail -n 1)"
check "check is content at last" defms check
check_same "git fsck is clean at last" "" "$(fsck)"
finish
