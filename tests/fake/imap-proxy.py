#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Stands before a real IMAP server and does harm after so many bytes.

	imap-proxy.py FOLDER PORT [CODE...]

FOLDER holds server.pem and server.key; what it listens at is written to
FOLDER/port. It passes on what it is told to the server with TLS at PORT of
localhost, and the answers. FOLDER/fault says what to do to the next
connections, after N bytes of the server's (or, with `client`, before it takes
more than N of the client's):

	cut N		drop the connection
	stall N		say nothing more
	garbage N	bytes that mean nothing
	endless N	a line without end
	literal N	a literal of 4 GB
	twice N		what came so far, once again
	client cut N	drop it while the client speaks
	none

Response codes CODE ("APPENDUID") are left out of what the server says.

What the server said on the last connection that ended, in bytes, stands in
FOLDER/bytes: "server client".
"""
import os, random, re, select, socket, ssl, sys, threading

folder, port = sys.argv[1], int(sys.argv[2])
hidden = re.compile(rb'\[(%s) [^]]*\] ' % b'|'.join(a.encode() for a in sys.argv[3:])) if sys.argv[3:] else None
here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
here.load_cert_chain(os.path.join(folder, 'server.pem'), os.path.join(folder, 'server.key'))
there = ssl.create_default_context()
there.check_hostname, there.verify_mode = False, ssl.CERT_NONE
random.seed(5)


def write(name, text):
    with open(os.path.join(folder, name + '.new'), 'w') as f:
        f.write(text)
    os.rename(os.path.join(folder, name + '.new'), os.path.join(folder, name))


def fault():
    try:
        words = open(os.path.join(folder, 'fault')).read().split()
    except FileNotFoundError:
        words = []
    if not words or words[0] == 'none':
        return '', 1 << 60
    return ' '.join(words[:-1]), int(words[-1])


def harm(client, what, said):
    """Never returns but by an exception, when the client has gone."""
    if what == 'cut':
        raise OSError
    if what == 'garbage':
        client.sendall(bytes(random.randrange(256) for _ in range(5000)) + b'\r\n')
        raise OSError
    if what == 'literal':
        client.sendall(b'\r\n* 1 FETCH (UID 1 BODY[] {4294967295}\r\n')
    if what == 'twice':
        client.sendall(said)
        raise OSError
    while True:
        if what == 'endless':
            client.sendall(b'x' * 65536)
        elif client.recv(65536) == b'':
            raise OSError


def pump(client, server, what, most, counts):
    said = b''
    while True:
        ready = [s for s in (client, server) if s.pending()] or select.select([client, server], [], [])[0]
        if client in ready:
            data = client.recv(65536)
            if what.startswith('client ') and counts[1] + len(data) > most:
                server.sendall(data[:most - counts[1]])
                raise OSError
            counts[1] += len(data)
            if not data:
                return
            server.sendall(data)
        if server in ready:
            data = server.recv(65536)
            if hidden:
                data = hidden.sub(b'', data)
            if not what.startswith('client ') and counts[0] + len(data) > most:
                data = data[:most - counts[0]]
                client.sendall(data)
                counts[0] += len(data)
                harm(client, what, said + data)
            counts[0] += len(data)
            if what == 'twice':
                said += data
            if not data:
                return
            client.sendall(data)


def serve(sock):
    counts = [0, 0]
    try:
        sock.settimeout(20)
        what, most = fault()
        with socket.create_connection(('127.0.0.1', port)) as plain, there.wrap_socket(plain) as server:
            with here.wrap_socket(sock, server_side=True) as client:
                pump(client, server, what, most, counts)
    except (OSError, ValueError):
        pass
    sock.close()
    write('bytes', '%d %d\n' % tuple(counts))


listener = socket.create_server(('127.0.0.1', 0))
write('port', '%d\n' % listener.getsockname()[1])
while True:
    connection = listener.accept()[0]
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
