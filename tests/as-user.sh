# SPDX-License-Identifier: ISC
# Before lib.sh, in a scenario that root cannot play: root runs it as the user
# $AS (65534), in a mount namespace whose /dev/fuse everybody may open, as on an
# ordinary machine.
: "${AS:=65534}"
if [ "$(id -u)" = 0 ]; then
	skip() { echo "1..0 # SKIP $*"; exit 77; }
	here=$(cd "$(dirname "$0")" && pwd)
	[ -c /dev/fuse ] && command -v fusermount3 >/dev/null ||
		skip "no /dev/fuse or no fusermount3"
	command -v unshare >/dev/null && command -v setpriv >/dev/null ||
		skip "no unshare or no setpriv"
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	: "${DEFMS:=build/defms}"
	room=$(mktemp -d "${TMPDIR:-/tmp}/defms-user-XXXXXX") || exit 1
	trap 'rm -rf "$room"' EXIT
	# The user need not be able to read where this was built.
	chmod 755 "$room"
	cp "$DEFMS" "$room/defms"
	cp "$0" "$here"/lib*.sh "$here/as-user.sh" "$room"
	mkdir "$room/dev"
	# Copies of what other tests mounted would keep their daemons.
	# shellcheck disable=SC2016
	unshare -m sh -c 'grep " fuse.defms " /proc/mounts |
			while read -r _ copy _; do
				umount -l "$(printf %b "$copy")"
			done
		mount -t tmpfs -o mode=755 none "$1/dev" &&
		mknod -m 666 "$1/dev/fuse" c 10 229 &&
		mount --bind "$1/dev/fuse" /dev/fuse || exit 76
		cd / && exec setpriv --reuid "$2" --regid "$2" --clear-groups \
			env -u TMPDIR DEFMS="$1/defms" sh "$1/$3"' \
		sh "$room" "$AS" "$(basename "$0")"
	status=$?
	[ "$status" != 76 ] || skip "no tmpfs, or no device node in it"
	exit "$status"
fi
