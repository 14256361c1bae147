#!/bin/sh
# SPDX-License-Identifier: ISC
# The daemon is killed at every crash point while mail is delivered, changed,
# and sent: what was answered is there after the next mount, once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_fuse
need_program git python3
need_crash_points
fresh_store
mkdir -p "$XDG_CONFIG_HOME/defms"
printf '[send]\n\tdelay = 0\n' >>"$XDG_CONFIG_HOME/defms/config"
make_mail
defms import "$mail_made/1.mbox" >/dev/null 2>&1
save start
box=$mail/maildir

# lives: has the daemon not been killed? One that nobody waited for yet is a
# zombie, which signals still find.
lives() { grep -qs '^State:.*[RSDT] (' "/proc/$daemon/status"; }

# mount_dying N: in the foreground, to die at the N-th point. Sets $daemon.
mount_dying() {
	DEFMS_CRASH=$1 "$DEFMS" mount -f "$mail" 2>"$top/err" </dev/null &
	daemon=$!
	tries=0
	while ! mountpoint -q "$mail" && lives && [ "$tries" -lt 1000 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
}

# unmount_dying: the end of it, however it came; its status in $status.
unmount_dying() {
	kill -0 "$daemon" 2>/dev/null && kill -TERM "$daemon"
	wait "$daemon"
	status=$?
	mountpoint -q "$mail" 2>/dev/null || [ -d "$mail/." ] ||
		fusermount3 -u -z "$mail" 2>/dev/null
	fusermount3 -u -z "$mail" 2>/dev/null
	point="$what, $n: $(sed -n 's/^crash point: //p' "$top/err")"
	sed -n 's/^crash point: //p' "$top/err" >>"$top/points"
	case $status in
	0|99)	;;
	*)	problem "status $status: $(cat "$top/err")" ;;
	esac
}

remount() {
	defms mount "$mail" >"$top/out" 2>&1 ||
		problem "no mount: $(cat "$top/out")"
}

# subjects: how often each stands in the mailbox.
subjects() {
	defms search --messages 'not is:removed' >/dev/null 2>&1
	cat "$box"/new/* "$box"/cur/* 2>/dev/null | grep '^Subject: D' | sort
}

# settled: nothing in new/ or cur/ is still on its way.
settled() {
	tries=0
	python3 - "$box/new" "$box/cur" <<'END' 2>/dev/null
import os, sys
for path in sys.argv[1:]:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
END
	while find "$DEFMS_HOME/files/" -type f -path '*-new/*' -o -type f \
		-path '*-cur/*' 2>/dev/null | grep -q . && [ "$tries" -lt 1000 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
}

loop() {
	what=$1 deed=$2 verify=$3
	n=0 status=99 problems=0
	while [ "$status" = 99 ]; do
		n=$((n + 1))
		load start
		: >"$top/answered"
		mount_dying "$n"
		"$deed" 2>/dev/null
		unmount_dying
		remount
		"$verify"
		umount_quietly
		defms check >"$top/out" 2>&1 ||
			problem "check: $(cat "$top/out")"
		[ "$n" -lt 400 ] || break
	done
	check_same "$what: all is well after crashes at $((n - 1)) points" \
		0 "$problems"
	check "... and there were some" test "$n" -gt 2
}

umount_quietly() {
	defms umount "$mail" >"$top/out" 2>&1 || {
		problem "umount: $(cat "$top/out")"
		fusermount3 -u -z "$mail"
	}
}

# Each of these notes what was answered.
deliver_some() {
	python3 - "$box" "$top/answered" <<'END'
import os, sys
box, answered = sys.argv[1], open(sys.argv[2], 'w')
for i in range(3):
    data = ('From: Dan <dan@example.org>\nSubject: D%d\nMessage-ID: <d%d@e>\n'
            '\nbody\n' % (i, i)).encode()
    tmp = '%s/tmp/%d' % (box, i)
    fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, data)
    os.fsync(fd)
    os.close(fd)
    if i % 2:
        os.rename(tmp, '%s/new/%d' % (box, i))
    else:
        os.link(tmp, '%s/new/%d' % (box, i))
        os.unlink(tmp)
    answered.write('Subject: D%d\n' % i)
    answered.flush()
fd = os.open(box + '/new', os.O_RDONLY)
os.fsync(fd)
os.rename(box + '/new/1', box + '/cur/1:2,S')
END
}

verify_delivery() {
	settled
	subjects >"$top/now"
	[ -z "$(uniq -d "$top/now")" ] || problem "twice: $(uniq -d "$top/now")"
	subset "$top/answered" "$top/now" ||
		problem "lost: $(comm -23 "$top/answered" "$top/now")"
}

send_one() {
	printf 'To: bob@example.org\nSubject: D-sent\n\nhello\n' \
		>"$mail/outbox/letter" && echo yes >"$top/answered"
	tries=0
	# The kernel remembers the name of a dead mount, too.
	while [ -e "$mail/outbox/letter" ] && lives && [ "$tries" -lt 400 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}

verify_sending() {
	[ -s "$top/answered" ] || return 0
	tries=0
	while [ -e "$mail/outbox/letter" ] && [ "$tries" -lt 400 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	[ "$(defms status --queue | wc -l)" = 1 ] ||
		problem "queued: $(defms status --queue)"
	[ "$(defms search --messages --count 'subject:"D-sent"')" = 1 ] ||
		problem "sent copies: $(defms search --messages D-sent)"
	[ -z "$(ls "$mail/outbox")" ] || problem "left: $(ls "$mail/outbox")"
}

loop "delivery" deliver_some verify_delivery
loop "sending" send_one verify_sending
sort "$top/points" | uniq -c | sed 's/^/# /'
finish
