#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A real submission server (aiosmtpd): STARTTLS required, login ada/secret.

	smtp-sink.py FOLDER

FOLDER holds server.pem and server.key; the port is written to FOLDER/port, each
mail that was taken in to FOLDER/mails (a line of JSON). FOLDER/mode says what is
done: accept, later, or vanish (after the final dot). Who is called unknown is
refused."""
import json, os, signal, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder = sys.argv[1]


def mode():
    try:
        with open(os.path.join(folder, 'mode')) as f:
            return f.read().strip()
    except FileNotFoundError:
        return 'accept'


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if 'unknown' in address:
            return '550 5.1.1 no such user'
        if 'busy' in address and mode() != 'accept':
            return '451 4.2.1 mailbox busy'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        if mode() == 'later':
            return '451 4.3.0 come back later'
        with open(os.path.join(folder, 'mails'), 'a') as f:
            f.write(json.dumps({'from': envelope.mail_from, 'to': sorted(envelope.rcpt_tos),
                                'peer': session.peer[1], 'options': envelope.mail_options,
                                'data': envelope.content.decode('latin-1')}) + '\n')
        if mode() == 'vanish':
            server.transport.abort()
        return '250 OK'


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b'secret' and data.login == b'ada', handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, 'server.pem'), os.path.join(folder, 'server.key'))


class Submission(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=context, require_starttls=True, auth_required=True,
                    authenticator=authenticate, enable_SMTPUTF8=True)

    def _trigger_server(self):  # which asks for the greeting at this port
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


sink = Submission(Handler(), hostname='127.0.0.1', port=0)
sink.start()
with open(os.path.join(folder, 'port.new'), 'w') as f:
    f.write('%d\n' % sink.port)
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
signal.sigwait([signal.SIGTERM, signal.SIGINT])
os._exit(0)
