#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A mail server on loopback that does one thing wrong, on cue.

	mail-server.py FOLDER imap|smtp tls|starttls|plain [MODE...]

FOLDER holds server.pem and server.key; the port is written to FOLDER/port,
what was said to FOLDER/talk, each mail that was taken in to FOLDER/mails (a
line of JSON). It serves until it is killed. The modes:

	at:N:WHAT	instead of its N-th line (from 1): `stall` for ever, `drop`
			the connection, an `endless` line, an `endless-reply` of
			many, `garbage`, `half` a line and then drop; or any text
	reply:VERB:TEXT	what it says to VERB ("." is the end of the data)
	without:WORD	a capability it has not
	with:WORD	one more that it has
	preauth		(imap) greets so
	inject		sends a line behind its answer to STARTTLS
	old-tls		nothing newer than TLS 1.1
	no-handshake	says nothing to a handshake
	echo-secret	refuses the login in words that hold the password
	vanish		takes a mail in and drops the connection before it says so
	once		at: and vanish hold for the first connection only
"""
import base64, json, os, socket, ssl, sys, threading

folder, protocol, security, modes = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, 'server.pem'), os.path.join(folder, 'server.key'))
if 'old-tls' in modes:
    context.set_ciphers('ALL:@SECLEVEL=0')
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
replies = dict(m.split(':', 2)[1:] for m in modes if m.startswith('reply:'))
without = [m.split(':', 1)[1] for m in modes if m.startswith('without:')]
extra = [m.split(':', 1)[1] for m in modes if m.startswith('with:')]
lock = threading.Lock()
connections = 0


class Gone(Exception):
    pass


def note(name, line):
    with lock, open(os.path.join(folder, name), 'a') as f:
        f.write(line + '\n')


class Talk:
    def __init__(self, sock, number):
        self.sock, self.number, self.said, self.rest = sock, number, 0, b''
        armed = number == 1 or 'once' not in modes
        self.faults = dict(m.split(':', 2)[1:] for m in modes if m.startswith('at:')) if armed else {}
        self.vanish = 'vanish' in modes and armed

    def send(self, data):
        self.sock.sendall(data)

    def stall(self):
        while self.sock.recv(4096):
            pass
        raise Gone

    def fault(self, what):
        if what == 'stall':
            self.stall()
        if what == 'drop':
            raise Gone
        if what == 'half':
            self.send(b'2')
            raise Gone
        if what == 'garbage':
            self.send(bytes(range(256)) * 20 + b'\r\n')
            raise Gone
        while what == 'endless':
            self.send(b'2' * 65536)
        while what == 'endless-reply':
            self.send(b'250-more of it\r\n* more of it\r\n' * 1000)
        self.send(what.encode() + b'\r\n')

    def say(self, *lines):
        for line in lines:
            self.said += 1
            note('talk', 'S%d: %s' % (self.said, line))
            what = self.faults.get(str(self.said))
            if what is not None:
                self.fault(what)
            else:
                self.send(line.encode() + b'\r\n')

    def fill(self):
        more = self.sock.recv(65536)
        if not more:
            raise Gone
        self.rest += more

    def line(self):
        while b'\n' not in self.rest:
            self.fill()
        line, self.rest = self.rest.split(b'\n', 1)
        return line.rstrip(b'\r')

    def hear(self):
        line = self.line()
        note('talk', 'C: ' + line.decode('utf-8', 'replace'))
        return line

    def take(self, size):
        while len(self.rest) < size:
            self.fill()
        data, self.rest = self.rest[:size], self.rest[size:]
        return data

    def encrypt(self):
        if 'no-handshake' in modes:
            self.stall()
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.rest = b''

    def run(self):
        self.secure = security == 'tls'
        if self.secure:
            self.encrypt()
        self.serve()


class Smtp(Talk):
    def capabilities(self):
        words = [] if self.secure or security == 'plain' else ['STARTTLS']
        if self.secure or security == 'plain':
            words += ['AUTH PLAIN LOGIN XOAUTH2']
        words += ['PIPELINING', 'SIZE 1000000', '8BITMIME', 'SMTPUTF8', 'DSN', 'CHUNKING', 'BINARYMIME',
                  'ENHANCEDSTATUSCODES']
        return ['fake'] + [w for w in words if w.split()[0] not in without] + extra

    def multi(self, lines):
        self.say(*['250-' + w for w in lines[:-1]], '250 ' + lines[-1])

    def reply(self, verb, usual):
        self.say(*replies.get(verb, usual).split('|'))

    def auth(self, line):
        mechanism, _, first = line[5:].partition(' ')
        if not first:
            self.say('334 ')
            first = self.hear().decode()
        if mechanism == 'LOGIN':
            self.say('334 UGFzc3dvcmQ6')
            first = self.hear().decode()
        secret = base64.b64decode(first + '===')
        if 'echo-secret' in modes:
            self.say('535 wrong: ' + secret.decode().split('\0')[-1])
        elif b'secret' in secret:
            self.reply('AUTH', '235 2.7.0 fine')
        else:
            self.say('535 5.7.8 wrong password')

    def data(self, mail):
        lines = []
        while True:
            line = self.line()
            if line == b'.':
                break
            lines.append(line[1:] if line.startswith(b'.') else line)
        self.finish(mail, b''.join(line + b'\r\n' for line in lines))

    def finish(self, mail, content):
        reply = replies.get('.', '250 2.0.0 taken in')
        if reply.startswith('2'):
            note('mails', json.dumps(dict(mail, data=content.decode('latin-1'))))
        if self.vanish:
            raise Gone
        self.say(*reply.split('|'))

    def bdat(self, line, mail):
        size, last = int(line.split()[1]), 'LAST' in line.upper()
        mail['chunks'] = mail.get('chunks', '') + self.take(size).decode('latin-1')
        if not last:
            self.say('250 2.0.0 more')
            return
        content = mail.pop('chunks').encode('latin-1')
        self.finish(mail, content)

    def serve(self):
        mail = {}
        self.say('220 fake ESMTP')
        while True:
            line = self.hear().decode('utf-8', 'replace')
            verb = line.split(' ')[0].split(':')[0].upper()
            if verb == 'EHLO':
                self.multi(self.capabilities())
            elif verb == 'STARTTLS':
                if 'inject' in modes:
                    self.send(b'220 go on\r\n250 injected\r\n')
                else:
                    self.say('220 go on')
                self.encrypt()
                self.secure = True
            elif verb == 'AUTH':
                self.auth(line)
            elif verb == 'MAIL':
                mail = {'from': line, 'to': []}
                self.reply('MAIL', '250 2.1.0 fine')
            elif verb == 'RCPT':
                known = [k for k in replies if k.startswith('RCPT') and k[4:] and k[4:] in line]
                usual = replies[known[0]] if known else replies.get('RCPT', '250 2.1.5 fine')
                if usual.startswith('2'):
                    mail['to'].append(line)
                self.say(*usual.split('|'))
            elif verb == 'DATA':
                if not mail.get('to'):
                    self.say('554 5.5.1 no valid recipients')
                else:
                    self.reply('DATA', '354 go on')
                    if replies.get('DATA', '3').startswith('3'):
                        self.data(mail)
            elif verb == 'BDAT':
                self.bdat(line, mail)
            elif verb == 'RSET':
                mail = {}
                self.reply('RSET', '250 2.0.0 fine')
            elif verb == 'QUIT':
                self.say('221 2.0.0 bye')
                raise Gone
            elif verb == 'NOOP':
                self.reply('NOOP', '250 2.0.0 fine')
            else:
                self.say('502 5.5.1 unknown')


class Imap(Talk):
    def capabilities(self):
        words = ['IMAP4rev1'] + (['STARTTLS', 'LOGINDISABLED'] if not self.secure and security == 'starttls'
                                 else ['AUTH=PLAIN'])
        return ' '.join([w for w in words if w not in without] + extra)

    def authenticate(self, tag):
        self.say('+ ')
        secret = base64.b64decode(self.hear() + b'===')
        if 'echo-secret' in modes:
            self.say(tag + ' NO wrong: ' + secret.decode().split('\0')[-1])
        elif b'secret' in secret:
            self.say(tag + ' ' + replies.get('AUTHENTICATE', 'OK fine'))
        else:
            self.say(tag + ' NO [AUTHENTICATIONFAILED] wrong password')

    def serve(self):
        self.say('* PREAUTH hello' if 'preauth' in modes else '* OK hello')
        while True:
            line = self.hear().decode('utf-8', 'replace')
            tag, _, rest = line.partition(' ')
            verb = rest.split(' ')[0].upper()
            if verb == 'CAPABILITY':
                self.say('* CAPABILITY ' + self.capabilities(), tag + ' OK fine')
            elif verb == 'STARTTLS':
                if 'inject' in modes:
                    self.send((tag + ' OK go on\r\n* OK injected\r\n').encode())
                else:
                    self.say(tag + ' OK go on')
                self.encrypt()
                self.secure = True
            elif verb == 'AUTHENTICATE':
                self.authenticate(tag)
            elif verb == 'LOGIN':
                self.say(tag + (' OK fine' if 'secret' in rest else ' NO wrong password'))
            elif verb == 'LOGOUT':
                self.say('* BYE bye', tag + ' OK fine')
                raise Gone
            else:
                self.say(tag + ' BAD unknown')


def serve(sock, number):
    talk = (Imap if protocol == 'imap' else Smtp)(sock, number)
    try:
        talk.run()
    except (Gone, OSError, ssl.SSLError, ValueError):
        pass
    try:
        talk.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    talk.sock.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', 0))
listener.listen(16)
with open(os.path.join(folder, 'port.new'), 'w') as f:
    f.write('%d\n' % listener.getsockname()[1])
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
while True:
    connection, _ = listener.accept()
    connections += 1
    note('talk', 'connection %d' % connections)
    threading.Thread(target=serve, args=(connection, connections), daemon=True).start()
