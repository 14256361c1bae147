#!/bin/sh
# SPDX-License-Identifier: ISC
# kill -9 at every crash point of sharing and of the gc after it: all mail is
# there, the next writer finishes it, and it ends as it would have.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-share.sh"
need_program git
need_crash_points
fresh_store bob
fresh_store ada
know bob

# shared: the number of strands that have members, and of messages in them.
shared() {
	git -C "$DEFMS_HOME/mailbox.git" for-each-ref --format='%(refname)' |
		while read -r ref; do
			git -C "$DEFMS_HOME/mailbox.git" ls-tree -r \
				--name-only "$ref" | grep -A999 keys |
				grep -c ^m/
		done | grep -v '^0$' | tr '\n' ' '
}

# die_at_each WHAT WANT COMMAND...: from the mailbox saved as "start".
die_at_each() {
	what=$1 want_shared=$2
	shift 2
	load start
	copies >"$top/had"
	n=0 status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + 1))
		load start
		die_at "$n" "$what" "$@"
		healthy "$top/had" "$top/had"
		checked
		completes "$top/had" "$@"
		[ "$want_shared" = "$(shared)" ] || problem "shared: $(shared)"
		checked
	done
	check_same "$what: all is well after crashes at $((n - 1)) points" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 5
}

bring INBOX ada@example.org bob@example.org one
bring INBOX bob@example.org ada@example.org two "References: <one@x>"
bring INBOX carol@example.org ada@example.org aside "References: <one@x>"
thread=$(defms search one | cut -f1 | head -n 1)
save start
quick=1
die_at_each "share" "2 " "$DEFMS" share "$thread" bob@example.org
load start
check "share" defms share "$thread" bob@example.org
save start
die_at_each "gc" "2 " "$DEFMS" gc --now
finish
