#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Change mail until the daemon is gone, and log what was acknowledged.

usage: killed.py work MAILDIR LOG WHO     until something fails
       killed.py verify MAILDIR LOG...    what was acknowledged is there, once

A line of a log is "try WHAT KEY PATH", then "did WHAT KEY PATH": only what was
tried last may or may not have happened. The key is in the message, too.
"""
import os, random, re, sys


def text(key):
    return b'From: k@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\nkey=%s\n' % ((key.encode(),) * 3)


class Worker:
    def __init__(self, box, log, who):
        self.box, self.who, self.n, self.has = box, who, 0, {}
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.round = os.path.getsize(log)
        self.r = random.Random()

    def step(self, what, key, path, change):
        os.write(self.log, ('try %s %s %s\n' % (what, key, path)).encode())
        change()
        os.write(self.log, ('did %s %s %s\n' % (what, key, path)).encode())

    def deliver(self):
        self.n += 1
        key = '%s-%d-%d' % (self.who, self.round, self.n)
        tmp, new = '%s/tmp/%s' % (self.box, key), 'new/' + key
        with open(tmp, 'xb') as f:
            f.write(text(key))
        self.step('put', key, new, lambda: (os.link if self.n % 3 == 0 else os.rename)(tmp, self.box + '/' + new))
        self.has[key] = new
        if self.n % 3 == 0:
            os.unlink(tmp)
        if self.n % 5 == 0:
            key += 'd'
            new = 'new/' + key
            def write():
                with open(self.box + '/' + new, 'xb') as f:
                    f.write(text(key))
                    f.flush()
                    os.fsync(f.fileno())
            self.step('put', key, new, write)
            self.has[key] = new

    def flag(self):
        key = self.r.choice(sorted(self.has))
        new = 'cur/%s:2,%s' % (key, self.r.choice(('', 'S', 'F', 'FS', 'RS')))
        if new != self.has[key]:
            self.step('put', key, new, lambda: os.rename(self.box + '/' + self.has[key], self.box + '/' + new))
            self.has[key] = new

    def remove(self):
        key = self.r.choice(sorted(self.has))
        self.step('del', key, '-', lambda: os.unlink(self.box + '/' + self.has[key]))
        del self.has[key]

    def work(self):
        while True:
            try:
                self.r.choice([self.deliver] * 5 + ([self.flag] * 5 + [self.remove] if self.has else []))()
            except OSError as e:
                print(e)
                return


def verify(box, logs):
    may = {}        # key: the paths it may have, None: it may be gone
    for log in logs:
        for line in open(log):
            how, what, key, path = line.split()
            path = None if what == 'del' else path
            may[key] = {path} if how == 'did' else may.get(key, {None}) | {path}
    found, wrong = {}, []
    for d in ('new', 'cur'):
        for name in os.listdir(box + '/' + d):
            if name.endswith('.error'):
                continue
            data = open('%s/%s/%s' % (box, d, name), 'rb').read()
            key = (re.findall(rb'(?m)^key=(.*)$', data) or [b'?'])[0].decode()
            if data == text(key):
                found.setdefault(key, []).append('%s/%s' % (d, name))
            elif None not in may.get(name, ()) or not text(name).startswith(data):
                # all but a file whose writing was not over
                wrong.append('bytes of %s/%s' % (d, name))
    for key in set(may) | set(found):
        there = found.get(key, [None])
        if len(there) != 1 or there[0] not in may.get(key, ()):
            wrong.append('%s is %s, should be %s' % (key, there, may.get(key)))
    print('%d acknowledged, %d there' % (len(may), len(found)))
    print('\n'.join(wrong[:20]))
    return not wrong


if sys.argv[1] == 'work':
    Worker(*sys.argv[2:]).work()
else:
    sys.exit(not verify(sys.argv[2], sys.argv[3:]))
