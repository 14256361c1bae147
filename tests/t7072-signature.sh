#!/bin/sh
# SPDX-License-Identifier: ISC
# Whose device filed a message, in the mount; it changes beside an open mount
# when a device of its author's turns out to have it too.
. "$(dirname "$0")/lib.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
need_fuse

letter() {
	printf 'From: Ada <ada@example.org>\nTo: list@example.org\n'
	printf 'Date: Mon, 2 Mar 2026 10:00:00 +0000\n'
	printf 'Subject: About %s\nMessage-ID: <%s@x>\n\nHello.\n' "$1" "$1"
}
signature() { cat "$mail"/threads/*."$1".*/*/signature; }
says() { [ "$(signature "$1")" = "$2" ]; }

letter mill >"$top/mill"
for who in ada carol; do
	fresh_store "$who"
	check "$who has the list" defms import --public "$top/mill"
	defms key export >"$top/$who.card"
	eval "$who=\$(defms key fingerprint)"
done
fresh_store bob
bob=$(defms key fingerprint)
letter own | defms import - >/dev/null
check "Bob pulls from Carol" "$FAKES/pull-one" "$top/carol/home" pin \
	<"$top/carol.card"
mount_it
check_same "what Carol filed" "filed by carol $carol" "$(signature about-mill)"
check_same "what Bob filed" "filed by bob $bob" "$(signature about-own)"
check "Bob pulls from Ada, whose mail it is" "$FAKES/pull-one" \
	"$top/ada/home" pin <"$top/ada.card"
wait_for "her device counts more" says about-mill "filed by ada $ada"
umount_it
check "check" defms check
finish
