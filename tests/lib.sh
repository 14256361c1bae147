# SPDX-License-Identifier: ISC
# What scenarios share. A scenario is a shell script that begins
#
#	. "$(dirname "$0")/lib.sh"
#	fresh_store
#
# and ends with `finish`. It prints TAP; everything it made goes away with it.
# $DEFMS is the program. Exit status: 0 all held, 1 something did not, 77 this
# machine cannot run it.
set -u
: "${DEFMS:=build/defms}"
case $DEFMS in /*) ;; *) DEFMS=$PWD/$DEFMS ;; esac
export DEFMS
tests=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d "${TMPDIR:-/tmp}/defms-test-XXXXXX") || exit 1
number=0 bad=0
umask 022
export LC_ALL=C.UTF-8 TZ=UTC HOME="$top"
# Where the thread sanitizer writes, in a build that has it: a daemon has no
# standard error.
export TSAN_OPTIONS="${TSAN_OPTIONS-} log_path=$top/race"
unset DEFMS_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME DEFMS_CRASH

clean_up() {
	cd /
	for mount in "$top/mail" "$top"/*/mail; do
		mountpoint -q "$mount" 2>/dev/null &&
			fusermount3 -u -z "$mount"
	done
	rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

defms() { "$DEFMS" "$@"; }

# fresh_store [NAME [ADDR]]: a mailbox of NAME's own in $top/NAME (default
# ada), which becomes the one in use; $mail is where it would be mounted.
fresh_store() {
	use_store "${1-ada}"
	mkdir -p "$mail"
	defms init --name "${1-ada}" --email "${2-${1-ada}@example.org}" ||
		{ echo "Bail out! no mailbox"; exit 1; }
}

# use_store NAME: go on with the mailbox of NAME.
use_store() {
	export DEFMS_HOME="$top/$1/home" XDG_CACHE_HOME="$top/$1/cache"
	export XDG_CONFIG_HOME="$top/$1/config"
	mail=$top/$1/mail
}

# Skip the rest of this scenario, loudly.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 77
}

need_fuse() {
	[ -c /dev/fuse ] && command -v fusermount3 >/dev/null ||
		skip_all "no /dev/fuse or no fusermount3"
}

# In a new mount namespace: let go of the copies of what other tests mounted,
# which would keep their daemons.
# shellcheck disable=SC2016
drop_copies='grep " fuse.defms " /proc/mounts | while read -r _ copy _; do
		umount -l "$(printf %b "$copy")"
	done'

# need_fusectl: where it is not mounted, root goes on with a mount of his own.
need_fusectl() {
	need_fuse
	fusectl=/sys/fs/fuse/connections
	! mountpoint -q "$fusectl" || return 0
	fusectl_mount="mount -t fusectl fusectl $fusectl"
	# shellcheck disable=SC2086
	unshare -m $fusectl_mount 2>/dev/null || skip_all "no fusectl"
	rm -rf "$top"
	# shellcheck disable=SC2016
	exec unshare -m sh -c "$drop_copies; $fusectl_mount"' && exec "$0"' "$0"
}

need_program() {
	for program; do
		command -v "$program" >/dev/null || skip_all "no $program"
	done
}

# mount_it [OPTION...]: mount the mailbox in use at $mail.
mount_it() {
	need_fuse
	check "mount" defms mount "$@" "$mail"
	check "it is mounted" mountpoint -q "$mail"
}

umount_it() {
	check "unmount" defms umount "$mail"
	check "it is not mounted" not mountpoint -q "$mail"
}

# deliver FILE [FOLDER]: as an MDA does: written to tmp, renamed into new.
deliver() {
	number_delivered=$((${number_delivered-0} + 1))
	folder=$mail/maildir${2:+/.$2}
	name=$(date +%s).$$_$number_delivered.test
	cp "$1" "$folder/tmp/$name" && mv "$folder/tmp/$name" "$folder/new/$name"
}

# check WHAT COMMAND...: holds if the command succeeds.
check() {
	what=$1
	shift
	if "$@" >"$top/out" 2>&1; then
		result ok "$what"
	else
		printf '# status %d of: %s\n' $? "$*"
		result "not ok" "$what"
		sed 's/^/#   /' "$top/out"
	fi
}

# check_same WHAT WANT GOT: holds if the two texts are equal.
check_same() {
	if [ "$2" = "$3" ]; then
		result ok "$1"
	else
		result "not ok" "$1"
		printf 'want: %s\ngot:  %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

# check_fails STATUS PATTERN COMMAND...: exits with STATUS, says nothing on
# standard output and one line that matches PATTERN on standard error.
check_fails() {
	status=$1 pattern=$2
	shift 2
	"$@" >"$top/out" 2>"$top/err" </dev/null
	got=$?
	check_same "status of: $(echo "$*" | sed 's|.*/defms|defms|')" \
		"$status" "$got"
	check_same "... and nothing on standard output" "" "$(cat "$top/out")"
	check "... and a complaint that says: $pattern" \
		grep -q -e "$pattern" "$top/err"
}

not() { ! "$@"; }

# wait_for WHAT COMMAND...: holds if the command succeeds within 20 seconds,
# which is long for a busy machine too.
wait_for() {
	what=$1 tries=0
	shift
	while ! "$@" >"$top/out" 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 400 ] || break
		sleep 0.05
	done
	check "$what" "$@"
}

result() {
	number=$((number + 1))
	[ "$1" = ok ] || bad=$((bad + 1))
	printf '%s %d - %s\n' "$1" "$number" "$2"
}

finish() {
	for race in "$top"/race.*; do
		[ -e "$race" ] || continue
		result "not ok" "no worker races with another"
		sed 's/^/#   /' "$race"
	done
	echo "1..$number"
	[ "$number" -gt 0 ] && [ "$bad" = 0 ]
	exit
}
