#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Kill the daemon in the instant when it tells the kernel of a name in a
directory where others wait for its answer.

usage: stuck.py MAILDIR LOCK PID CONNECTION COMMAND...

The command changes names in cur/; it runs while the daemon is stopped. Two
rename a mail there meanwhile: one waits for an answer, which cannot come as
long as this holds the LOCK of the mailbox, the other one for his turn. The
daemon goes on, and tells the kernel of what the command changed; that waits
for its turn, too. With the daemon's end the first one has an error for an
answer, and the second one asks, whom nobody hears. Prints his process id; he is
left behind.
"""
import fcntl, os, signal, subprocess, sys, time


def wait_until(what, holds):
    end = time.time() + 30
    while not holds():
        if time.time() > end:
            sys.exit('not so: ' + what)
        time.sleep(0.01)


def waiting(connection):
    return int(open('/sys/fs/fuse/connections/%s/waiting' % connection).read())


def is_stuck(pid):
    """Does a worker of it wait, not to be interrupted, and go on doing so?"""
    for _ in range(20):
        states = []
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/stat' % (pid, task)) as f:
                states.append(f.read().rpartition(') ')[2][0])
        if 'D' not in states:
            return False
        time.sleep(0.01)
    return True


def rename(directory, name, more):
    pid = os.fork()
    if pid:
        return pid
    os.close(1)
    try:
        os.rename(name, name + more, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        pass
    os._exit(0)


box, lock, daemon, connection, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:]
cur = os.open(box + '/cur', os.O_RDONLY | os.O_DIRECTORY)
name = [n for n in os.listdir(cur) if 'keep' in n][0]
wait_until('nobody waits', lambda: waiting(connection) == 0)
os.kill(daemon, signal.SIGSTOP)
subprocess.check_call(command, stdout=sys.stderr)
with open(lock, 'r+b') as held:
    fcntl.lockf(held, fcntl.LOCK_EX, 1, 0)
    rename(cur, name, 'T')
    wait_until('one waits for an answer', lambda: waiting(connection) > 0)
    second = rename(cur, name, 'P')
    wait_until('one waits for his turn', lambda: is_stuck(second))
    os.kill(daemon, signal.SIGCONT)
    wait_until('the daemon waits, too', lambda: is_stuck(daemon))
    os.kill(daemon, signal.SIGKILL)
print(second)
