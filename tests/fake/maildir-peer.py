#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""maildir-peer.py MAILDIR SEED ROUNDS DIR: what a person does to a Maildir.

Whatever comes to its mind, of what a mail program does with files; new mail is taken from DIR. Prints "deleted MSGID"
for each message whose file it removes.
"""
import os, random, re, sys

box, seed, rounds, fresh = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rand = random.Random(seed)
fresh = [os.path.join(fresh, n) for n in sorted(os.listdir(fresh))]


def folders():
    return [box] + [os.path.join(box, n) for n in sorted(os.listdir(box)) if n.startswith('.')]


def files(folder):
    return [os.path.join(folder, d, n) for d in ('cur', 'new') for n in sorted(os.listdir(os.path.join(folder, d)))]


def deliver(folder):
    source = fresh.pop()
    name = os.path.basename(source)
    with open(source, 'rb') as f, open(os.path.join(folder, 'tmp', name), 'wb') as g:
        g.write(f.read())
    os.rename(os.path.join(folder, 'tmp', name), os.path.join(folder, 'new', name))


def flagged(name):
    base, _, flags = os.path.basename(name).partition(':2,')
    flags = set(flags) ^ set(rand.choice('SRF'))
    return base + ':2,' + ''.join(sorted(flags))


def whim():
    folder = rand.choice(folders())
    there = files(folder)
    what = rand.choice(['flag', 'flag', 'flag', 'move', 'move', 'delete', 'append', 'append'])
    if what == 'append' and fresh:
        deliver(folder)
    if not there:
        return
    name = rand.choice(there)
    if what == 'flag':
        os.rename(name, os.path.join(folder, 'cur', flagged(name)))
    elif what == 'move':
        os.rename(name, os.path.join(rand.choice(folders()), 'cur', flagged(name)))
    elif what == 'delete':
        with open(name, 'rb') as f:
            print('deleted', re.search(rb'(?mi)^Message-ID: <(.*)@', f.read()).group(1).decode())
        os.unlink(name)


for _ in range(rounds):
    whim()
