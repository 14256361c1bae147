#!/bin/sh
# SPDX-License-Identifier: ISC
# Power is lost while mail is delivered through the mount, on a disk that keeps
# nothing but what was synced (tests/fake/powerloss.c): what fsync(2) of a file
# in tmp/ answered is there after the next mount, there or as mail.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
need_fuse
need_program python3

[ -e "$FAKES/libpowerloss.so" ] || skip_all "no libpowerloss.so"
export POWERLOSS_SHADOW="$top/shadow"
fresh_store
disk=$(dirname "$DEFMS_HOME")
# Not on that disk.
mail=$top/at/mail
mkdir -p "$mail"
box=$mail/maildir

# mount_on_disk: in the foreground, as $daemon; what it syncs is known.
mount_on_disk() {
	rm -rf "$POWERLOSS_SHADOW"
	mkdir -p "$POWERLOSS_SHADOW"
	"$FAKES/powerloss-restore" --begin "$disk"
	ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
		POWERLOSS_ROOT=$disk LD_PRELOAD=$FAKES/libpowerloss.so \
		"$DEFMS" mount -f "$mail" 2>"$top/err" </dev/null &
	daemon=$!
	wait_for "it is mounted" mountpoint -q "$mail"
}

lose_power() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	fusermount3 -u -z "$mail" 2>/dev/null
	"$FAKES/powerloss-restore" "$disk" "$top/left"
	rm -rf "$disk"
	mv "$top/left" "$disk"
}

# deliver DEED...: each a letter, its name and what becomes of it once it is
# synced: "stay", "come" or "go".
deliver() {
	python3 - "$box" "$@" <<'END'
import os, sys
box = sys.argv[1]
for i, deed in enumerate(sys.argv[2:]):
    tmp = '%s/tmp/%d' % (box, i)
    fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, ('From: dan@example.org\nSubject: D%d %s\n\nbody\n' %
                  (i, deed)).encode())
    os.fsync(fd)
    os.close(fd)
    if deed == 'come':
        os.rename(tmp, '%s/new/%d' % (box, i))
    elif deed == 'go':
        os.unlink(tmp)
        fd = os.open(box + '/tmp', os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
END
}

# subjects: in all that is there.
subjects() {
	cat "$box"/tmp/* "$box"/new/* 2>/dev/null | grep '^Subject: D' | sort
}

mount_on_disk
deliver stay come go stay come come
lose_power
check "the log is there" test -e "$DEFMS_HOME/files/ledger"
defms mount "$mail"
check "it can be mounted after the power was lost" mountpoint -q "$mail"
check_same "what was synced is there, and what went is not" "$(
	printf 'Subject: D0 stay\nSubject: D1 come\nSubject: D3 stay\n'
	printf 'Subject: D4 come\nSubject: D5 come\n'
)" "$(subjects | sort -u)"
check_same "what was to stay is in tmp/ still" "Subject: D0 stay" \
	"$(grep Subject "$box/tmp/0")"
check "the log of before has gone" \
	test ! -s "$DEFMS_HOME/files/ledger"
defms umount "$mail"
check "and it ends without one" test ! -e "$DEFMS_HOME/files/ledger"
finish
