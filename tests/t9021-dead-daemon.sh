#!/bin/sh
# SPDX-License-Identifier: ISC
# A daemon that is killed, at the worst instant too, leaves a mount that says so
# to everybody and can be taken away. Nothing of it is left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-write.sh"
need_fusectl
need_program python3 pgrep
fresh_store

# begin: mount it. Sets $daemon, $guard, $connection.
begin() {
	mount_it "$@"
	daemon=$(cat "$mail/.defms/pid")
	guard=$(pgrep -P "$daemon" -x defms-guard)
	connection=$(mountpoint -d "$mail" | cut -d : -f 2)
}

# gone PID...: none of them is there.
gone() {
	for gone_pid; do
		! kill -0 "$gone_pid" 2>/dev/null || return 1
	done
}

# is_in PID DIR: does it work there?
is_in() { [ "$(readlink "/proc/$1/cwd")" = "$2" ]; }

# hangs: does a question to the mount find no answer, not even an error?
hangs() {
	timeout 3 cat "$mail/.defms/pid" >/dev/null 2>&1
	[ $? = 124 ]
}

# stick: kill the daemon while it tells of a name. Sets $client, who waits.
stick() {
	flags=$(defms search --count 'subject:told is:flagged')
	client=$(python3 "$tests/stuck.py" "$mail/maildir" \
		"$DEFMS_HOME/lock" "$daemon" "$connection" "$DEFMS" flag \
		"$([ "$flags" = 0 ] && echo + || echo -)flagged" \
		'subject:told' 2>"$top/stuck")
	check "it was killed where it hangs" kill -0 "${client:-none}"
	sed 's/^/# /' "$top/stuck"
}

# The guard of a mount.
begin
check "it has a guard" test -n "$guard"
check_same "that holds what aborts its connection, and a socket" \
	"2 1" "$(ls "/proc/$guard/fd" | wc -l) $(readlink "/proc/$guard"/fd/* |
		grep -c -x "$fusectl/$connection/abort")"
check_same "the log has nothing to say of it" 1 \
	"$(wc -l <"$mail/.defms/log")"
umount_it
check "the guard has ended" gone "$guard"
wait_for "nothing is left" gone "$daemon"

# Nobody waits for the standard output of a guard.
check "defms mount in a pipe" sh -c \
	"timeout 20 '$DEFMS' mount '$mail' | timeout 20 cat"
umount_it

# Without it all goes on.
begin
check "its guard is killed" kill -9 "$guard"
check "the mount answers" cat "$mail/.defms/pid"
umount_it
wait_for "its daemon has ended" gone "$daemon"
# shellcheck disable=SC2154
{
	echo "$drop_copies"
	cat <<'END'
umount "$1" && "$DEFMS" mount "$2" || exit
grep -c 'not guarded' "$2/.defms/log"
pid=$(cat "$2/.defms/pid")
kill -STOP "$pid"
"$DEFMS" umount "$2" 2>/dev/null
echo "$?"
kill -CONT "$pid"
"$DEFMS" umount "$2"
echo "$?"
END
} >"$top/bare"
if [ "$(id -u)" = 0 ]; then
	check_same "without fusectl the log says so, and what hangs stays" \
		"1 1 0" "$(DEFMS=$DEFMS unshare -m sh "$top/bare" "$fusectl" \
			"$mail" | xargs)"
fi

# An end in the middle of everything.
begin
box=$mail/maildir
eml keep "kept" | defms import --folder INBOX - >/dev/null 2>&1
eml told "told of" | defms import --folder INBOX - >/dev/null 2>&1
wait_for "two mails came" holds "" 2
keep=$(file_of "" "text of keep") told=$(file_of "" "text of told")
mv "$keep" "$box/cur/1.keep:2,S" && mv "$told" "$box/cur/2.told:2,S"
stick
wait_for "who waited for an answer has one" gone "$client"
wait_for "nothing is left" gone "$daemon" "$guard"
check "the mount says that it is dead" not hangs
check "unmount" defms umount "$mail"
check "it is not mounted" not mountpoint -q "$mail"

# The same without a guard hangs, but not `defms umount`.
begin
kill -9 "$guard"
stick
check "nobody has an answer" hangs
check "he who waits does so" kill -0 "$client"
check_same "unmount" "0 defms: $mail: its daemon does not answer" \
	"$(defms umount "$mail" 2>&1 >/dev/null | sed 's/^/0 /')"
check "it is not mounted" not mountpoint -q "$mail"
wait_for "who waited for an answer has one" gone "$client"
wait_for "nothing is left" gone "$daemon"

# A dead mount goes though it is in use, and one that hangs.
begin
(cd "$mail/maildir" && exec sleep 1000) &
user=$!
wait_for "somebody is in it" is_in "$user" "$mail/maildir"
kill -9 "$daemon"
wait_for "it is dead" not cat "$mail/.defms/pid"
check "unmount" defms umount "$mail"
check "it is not mounted" not mountpoint -q "$mail"
kill "$user"
wait_for "nothing is left" gone "$daemon" "$guard"
begin
kill -STOP "$daemon"
check "unmount where the daemon hangs" defms umount "$mail"
check "it is not mounted" not mountpoint -q "$mail"
kill -CONT "$daemon"
wait_for "nothing is left" gone "$daemon" "$guard"

# A copy of the mount in a mount namespace that was made meanwhile does not keep
# the daemon; a mount of it elsewhere does, and is named.
if [ "$(id -u)" = 0 ]; then
	begin
	unshare -m sleep 1000 &
	user=$!
	# shellcheck disable=SC2016
	wait_for "there is a copy" sh -c \
		'! [ /proc/"$0"/ns/mnt -ef /proc/self/ns/mnt ] &&
			grep -q "$1 fuse.defms" /proc/"$0"/mounts' "$user" "$mail"
	check "unmount" defms umount "$mail"
	wait_for "nothing is left" gone "$daemon"
	kill "$user"

	begin
	mkdir -p "$top/an other"
	check "a mount of it elsewhere" mount --bind "$mail" "$top/an other"
	check_fails 75 "$mail: is taken away, .* mounted at $top/an other as" \
		defms umount "$mail"
	check "it answers there" cat "$top/an other/.defms/pid"
	check "unmount that" umount "$top/an other"
	wait_for "nothing is left" gone "$daemon"
fi

# A guard that comes late does not touch the next mount, though that may have
# the same number.
for round in 1 2 3 4 5; do
	begin
	old=$daemon late=$guard first=$connection
	kill -STOP "$late"
	kill -9 "$old"
	check "unmount, round $round" fusermount3 -u -z "$mail"
	wait_for "the daemon is gone" gone "$old"
	begin
	echo "# connection $first, then $connection"
	kill -CONT "$late"
	wait_for "the old guard is gone" gone "$late"
	check_same "the new daemon is there" "$daemon" \
		"$(cat "$mail/.defms/pid")"
	umount_it
done
check "all is well" defms check
finish
