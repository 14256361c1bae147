#!/bin/sh
# SPDX-License-Identifier: ISC
# Whoever is killed while he writes leaves no damage: check is clean, and what
# was not taken in can be taken in then.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-mail.sh"
need_program git

fresh_store
mbox 9 >"$top/in.mbox"
defms import "$top/in.mbox" >/dev/null
mbox 30 >"$top/more.mbox"
large 1000 >"$top/large.eml"
cp -a "$top/ada" "$top/saved"
killed=0 broken= n=1
while :; do
	rm -rf "$top/ada"
	cp -a "$top/saved" "$top/ada"
	DEFMS_CRASH=$n defms import "$top/more.mbox" "$top/large.eml" \
		>"$top/out" 2>&1
	status=$?
	[ $status = 99 ] || break
	killed=$((killed + 1))
	{ defms check &&
		git -C "$DEFMS_HOME/mailbox.git" fsck --strict &&
		defms import "$top/more.mbox" "$top/large.eml" &&
		defms check | grep '^31 messages'; } >"$top/out" 2>&1 ||
		{ broken="$broken $n"; sed 's/^/# /' "$top/out"; }
	n=$((n + 1))
done
check_same "an import that is killed nowhere succeeds" 0 $status
check_same "killed at each point, check is clean" "" "$broken"
[ "$killed" -gt 0 ] || echo "# this build has no crash points"
finish
