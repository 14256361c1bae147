#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""imap-peer.py PORT CAFILE USER COMMAND...: another program at the same account.

    list                          a line for each message: FOLDER FLAGS SHA256
    append FOLDER FLAGS FILE...   FLAGS as '\\Seen \\Flagged'
    flag FOLDER MSGID +FLAG|-FLAG ...
    move FOLDER MSGID FOLDER
    delete FOLDER MSGID ...       '*' is all
    create|remove FOLDER    rename FOLDER FOLDER
    random SEED ROUNDS DIR        whatever comes to its mind; new mail from DIR; prints
                                  "deleted MSGID" for what it deletes
"""
import hashlib, imaplib, os, random, re, ssl, sys

port, ca, user, command, *args = sys.argv[1:]
BITS = {'\\seen': 1, '\\answered': 2, '\\flagged': 4, '\\draft': 8, '\\deleted': 16, '$forwarded': 32}
imap = imaplib.IMAP4_SSL('localhost', int(port), ssl_context=ssl.create_default_context(cafile=ca))
imap.login(user, 'secret')


def ok(answer):
    if answer[0] != 'OK':
        sys.exit('imap-peer: %s' % (answer,))
    return answer[1]


def folders():
    """Name there and our name for it."""
    for line in ok(imap.list()):
        flags, _, name = re.match(rb'\(([^)]*)\) ("."|NIL) (.*)', line).groups()
        name = name.decode().strip('"')
        if b'NoSelect' in flags or b'Noselect' in flags or b'NonExistent' in flags:
            continue
        yield name, 'Sent' if b'\\Sent' in flags else name.replace('.', '/')


def select(folder):
    ok(imap.select('"%s"' % folder))


def find(msgid):
    return ok(imap.uid('search', 'HEADER', 'Message-ID', '<%s@example.org>' % msgid))[0].split()


def messages(folder):
    select(folder)
    if not ok(imap.uid('search', 'ALL'))[0].split():
        return
    for part in ok(imap.uid('fetch', '1:*', '(FLAGS BODY.PEEK[])')):
        if isinstance(part, tuple):
            yield part


def show():
    lines = []
    for name, ours in folders():
        for head, body in messages(name):
            flags = imaplib.ParseFlags(head)
            bits = sum(BITS.get(f.decode().lower(), 0) for f in flags)
            lines.append('%s %d %s' % (ours, bits, hashlib.sha256(body.replace(b'\r\n', b'\n')).hexdigest()))
    print('\n'.join(sorted(lines)), end='\n' if lines else '')


def append(folder, flags, *files):
    for name in files:
        with open(name, 'rb') as f:
            ok(imap.append('"%s"' % folder, '(%s)' % flags, '"03-Mar-2026 10:00:00 +0000"', f.read().replace(b'\n', b'\r\n')))


def flag(folder, msgid, *changes):
    select(folder)
    for change in changes:
        for uid in find(msgid):
            ok(imap.uid('store', uid, change[0] + 'FLAGS', '(%s)' % change[1:]))


def move(folder, msgid, target):
    select(folder)
    for uid in find(msgid):
        ok(imap.uid('move', uid, '"%s"' % target))


def delete(folder, *msgids):
    select(folder)
    for msgid in msgids:
        for uid in ok(imap.uid('search', 'ALL'))[0].split() if msgid == '*' else find(msgid):
            ok(imap.uid('store', uid, '+FLAGS', '(\\Deleted)'))
    ok(imap.expunge())


def whim(rand, fresh):
    """One change that a person might make."""
    names = [name for name, _ in folders()]
    folder = rand.choice(names)
    select(folder)
    uids = ok(imap.uid('search', 'ALL'))[0].split()
    what = rand.choice(['flag', 'flag', 'flag', 'move', 'move', 'delete', 'append', 'append'])
    if what == 'append' and fresh:
        append(folder, rand.choice(['', '\\Seen', '\\Flagged']), fresh.pop())
    elif uids and what == 'flag':
        ok(imap.uid('store', rand.choice(uids), rand.choice('+-') + 'FLAGS', '(%s)' % rand.choice(['\\Seen', '\\Answered', '\\Flagged'])))
    elif uids and what == 'move':
        ok(imap.uid('move', rand.choice(uids), '"%s"' % rand.choice([n for n in names if n != folder])))
    elif uids and what == 'delete':
        uid = rand.choice(uids)
        head = ok(imap.uid('fetch', uid, '(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])'))[0][1]
        print('deleted', re.search(rb'<(.*)@', head).group(1).decode())
        ok(imap.uid('store', uid, '+FLAGS', '(\\Deleted)'))
        ok(imap.expunge())


def whims(seed, rounds, folder):
    rand = random.Random(int(seed))
    fresh = [os.path.join(folder, n) for n in sorted(os.listdir(folder))]
    for _ in range(int(rounds)):
        whim(rand, fresh)


{'list': show, 'append': append, 'flag': flag, 'move': move, 'delete': delete, 'random': whims,
 'create': lambda f: ok(imap.create('"%s"' % f)), 'remove': lambda f: ok(imap.delete('"%s"' % f)),
 'rename': lambda f, t: ok(imap.rename('"%s"' % f, '"%s"' % t))}[command](*args)
imap.logout()
