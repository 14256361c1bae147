# SPDX-License-Identifier: ISC
"""A server that takes connections and never says a word: at once, or, given a
certificate and its key, after the handshake of TLS. Prints its port."""
import socket
import ssl
import sys

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = context.wrap_socket(server, server_side=True)
print(server.getsockname()[1], flush=True)
kept = []
while True:
    try:
        kept.append(server.accept())
    except OSError:
        pass
