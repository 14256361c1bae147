#!/bin/sh
# SPDX-License-Identifier: ISC
# What compose makes is what another implementation reads: Python's email
# package gets every message, and says what its fields and files are.
. "$(dirname "$0")/lib.sh"
: "${FAKES:=$(dirname "$DEFMS")/tests}"
need_program python3
fresh_store
python3 - "$FAKES/compose-one" "$top" "$DEFMS_HOME/identity" <<'END'
import base64, email, email.header, email.policy, email.utils, os, random, re, subprocess, sys
program, top, identity = sys.argv[1:]
random.seed(1600)
number = bad = 0


def check(what, got, want):
    global number, bad
    number += 1
    if got != want:
        bad += 1
        print('# got  %r\n# want %r' % (got, want))
    print('#   %s: %s' % ('held' if got == want else 'NOT SO', what))


def compose(draft, *args):
    p = subprocess.run([program, *args], input=draft.encode(), capture_output=True)
    envelope = [line.split(' ', 1) for line in p.stderr.decode().splitlines()]
    return p, envelope, email.message_from_bytes(p.stdout, policy=email.policy.SMTPUTF8)


def plain(p):
    return email.message_from_bytes(p.stdout)


# The older reader of headers: the newer one keeps the white space between the encoded words of a name (RFC 2047 6.2).
def text(m, name):
    return str(email.header.make_header(email.header.decode_header(m.get(name).replace('\n', ''))))


def mails(m, name):
    return [(str(email.header.make_header(email.header.decode_header(n))), a) for n, a in
            email.utils.getaddresses([m.get(name).replace('\n', '')])]


# -- texts ---------------------------------------------------------------------
literal = '=?utf-8?Q?literal?='
texts = ['plain', 'Grüße aus Köln', '日本語の件名です。' * 20, 'mixed ä and plain ' * 30 + 'x',
         'two  spaces   three', 'x' * 500 + ' ' * 40 + 'x' * 500, ' '.join(['a', 'b  c' * 400, 'd']), 'ends in =?', literal, 'x' * 2000, 'ä' * 700, '𝒳' * 100,
         '"quotes" and \\ and (c)', 'tab\tinside', 'a:b;c,d', '  '.join('word%d' % i for i in range(300))]
for want in texts:
    p, envelope, m = compose('To: b@example.org\nSubject: %s\n\n%s\n' % (want if want != literal else '=?utf-8?B?%s?=' %
                             base64.b64encode(want.encode()).decode(), want))
    check('subject %.30s' % want, text(plain(p), 'subject'), want.replace('\t', ' '))
    check('... and body', m.get_content(), want + '\n')
    check('... in lines of 7 bits', [l for l in p.stdout.split(b'\n') if len(l) > 998 or re.search(rb'[\x80-\xff\r]', l)], [])

# -- names ---------------------------------------------------------------------
alphabet = 'ab ,.;:<>()@"\\[]äß日=?_-\''
for i in range(300):
    name = ''.join(random.choice(alphabet) for _ in range(random.randint(1, 60)))
    name = ' '.join(name.split()) or 'x'
    quoted = '"%s"' % name.replace('\\', '\\\\').replace('"', '\\"')
    p, envelope, m = compose('To: %s <b%d@example.org>, Second <c@example.org>\n\nx\n' % (quoted, i))
    want = [(name, 'b%d@example.org' % i), ('Second', 'c@example.org')]
    if mails(plain(p), 'to') != want or [v for k, v in envelope if k == 'to'] != [a for _, a in want]:
        check('name %r' % name, mails(plain(p), 'to'), want)
check('300 names of odd signs', p.returncode, 0)

# -- bodies --------------------------------------------------------------------
for i in range(60):
    body = ''.join(random.choice(['a' * random.randint(0, 1500), 'ä', '=', ' ', '\t', '.', 'From ', '\n', '\n.\n', '日', '\f'])
                   for _ in range(random.randint(0, 200))) + '\n'
    p, envelope, m = compose('To: b@example.org\n\n' + body)
    if m.get_content() != body:
        check('body %d' % i, m.get_content(), body)
check('60 bodies', p.returncode, 0)

# -- files ---------------------------------------------------------------------
folder = os.path.join(top, 'files')
os.mkdir(folder)
files = {}
for name in ['a.txt', 'b.patch', 'crlf.csv', 'ü ö.pdf', 'x;y="z".png', '日本語' * 15 + '.odt', 'none', 'empty.gif', "it's.md", 'a%41.c']:
    data = b'' if name == 'empty.gif' else b'a\r\nb\rc\n\xc3\xa4\r\n' if name in ('crlf.csv', 'a.txt') else os.urandom(random.randint(1, 9000))
    files[name] = data
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(data)
p, envelope, m = compose('To: b@example.org\nSubject: files\n%s\nGrüße\n' % ''.join('Attach: %s\n' % n for n in files), '-D', folder)
got = {a.get_filename(): a.get_payload(decode=True) for a in m.iter_attachments()}
check('all files have their names', sorted(got), sorted(files))
check('... and every byte', got, files)
check('... beside the text', m.get_body().get_content(), 'Grüße\n')

# -- defaults, groups, dates, msgids, the key ---------------------------------------
defaults = os.path.join(top, 'defaults')
with open(defaults, 'w') as f:
    f.write('From: Ada <ada@example.org>\nTo: Bob <bob@example.org>\nCc: c@example.org\nSubject: Re: x\n'
            'In-Reply-To: <p@example.org>\nReferences: <o@example.org>\n <p@example.org>\n')
p, envelope, m = compose('Bcc: g: s@example.org, "S, T" <t@example.org>;\n\nx\n', '-d', defaults, '-k', identity)
check('recipients', [v for k, v in envelope if k == 'to'], ['bob@example.org', 'c@example.org', 's@example.org', 't@example.org'])
check('group in Bcc', str(m['bcc']), 'g: s@example.org, "S, T" <t@example.org>;')
check('references', m['references'].split(), ['<o@example.org>', '<p@example.org>'])
check('msgid', m['message-id'], '<%s>' % dict(map(tuple, envelope))['msgid'])
check('... at the domain of From', m['message-id'].endswith('@example.org>'), True)
check('date', abs(email.utils.parsedate_to_datetime(m['date']).timestamp() - os.stat(folder).st_mtime) < 600, True)
key = re.fullmatch(r'addr=ada@example\.org; v=1; card=([A-Za-z0-9+/= ]+)', ' '.join(m['defms-key'].split()))
check('Defms-Key', base64.b64decode(key.group(1).replace(' ', ''))[:13], b'defms-card 1\n')
check('fields', sorted(m.keys()), sorted(['From', 'To', 'Cc', 'Bcc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To', 'References',
                                          'Defms-Key', 'MIME-Version', 'Content-Type']))

# -- hidden line breaks ----------------------------------------------------------
for hidden in ['=0D=0A', '=0A', '=0D', '=00', '=0B', '=7F']:
    for field in ['Subject: =?utf-8?Q?x%sBcc:_eve@example.org?=', 'Subject: =?utf-8?Q?x%s?=', 'Cc: =?utf-8?Q?x%sBcc:_eve@example.org?= <c@example.org>',
                  'X-Y: =?utf-8?Q?x%sBcc:_eve@example.org?=']:
        p, envelope, m = compose('To: bob@example.org\n%s\n\nx\n' % (field % hidden))
        check('%s in %.8s' % (hidden, field), (m['bcc'], 'eve@example.org' in [v for k, v in envelope if k == 'to']), (None, False))
print('# %d checks' % number)
sys.exit(bad > 0)
END
status=$?
check "a second implementation reads what was composed" test "$status" = 0
finish
