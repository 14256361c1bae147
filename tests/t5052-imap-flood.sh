#!/bin/sh
# SPDX-License-Identifier: ISC
# Much mail that a server never had goes up to it only when somebody says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/lib-bridge.sh"
. "$(dirname "$0")/lib-dovecot.sh"
imap_home a1 a2 a3
peer ada append INBOX '' "$top/a1"
mkdir "$top/old"
i=0
while [ $i -lt 150 ]; do
	i=$((i + 1))
	letter old$i "From the attic" >"$top/old/$i"
done
there_count() { there ada | grep -c "^$1"; }

defms import "$top/old"/* >/dev/null
check_fails 1 'INBOX: 150 messages here are not on the server, which has 1' \
	sh -c "'$DEFMS' bridge imap >'$said'"
check "what is there is fetched" grep -q '^home: 1 fetched' "$said"
check_same "nothing has gone up" 1 "$(there_count INBOX)"
peer ada append INBOX '' "$top/a2"
defms import --folder Few "$top/a3" >/dev/null
check_fails 1 'INBOX: 150 messages' sh -c "'$DEFMS' bridge imap >'$said'"
check "new mail comes all the same" grep -q '1 fetched' "$said"
check_same "... and goes up in another folder" 1 "$(there_count Few)"
check_same "still nothing has gone up to INBOX" 2 "$(there_count INBOX)"
check_fails 1 'INBOX: 150 messages' \
	sh -c "'$DEFMS' bridge imap --dry-run >'$said'"
sync --force
check_same "--force uploads them" "home: 150 uploaded" "$(cat "$said")"
same_both ada "both sides are the same"
sync
check_same "and that is all" "home: nothing new" "$(cat "$said")"

# Where the folder has as many already, nobody is asked.
rm "$top/old"/*
while [ $i -lt 290 ]; do
	i=$((i + 1))
	letter old$i "From the cellar" >"$top/old/$i"
done
defms import "$top/old"/* >/dev/null
sync
check_same "140 more to 152" "home: 140 uploaded" "$(cat "$said")"
finish
