#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What a Kubo node does not do, or not on cue:

    kubo-peer.py FOLDER

It listens on loopback, FOLDER/port. Each request is answered by what
FOLDER/mode says at that time: a mode, or a line "CALL MODE" for each call that
begins with CALL; FOLDER/log has its head and the size of its body."""
import os
import socket
import sys
import threading
import time

FOLDER = sys.argv[1]


def head(status, *fields):
    return "".join(line + "\r\n" for line in (
        "HTTP/1.1 " + status, *fields, "")).encode()


def whole(body, status="200 OK"):
    body = body.encode() if isinstance(body, str) else body
    return head(status, f"Content-Length: {len(body)}") + body


def chunk(body):
    return b"%x\r\n%s\r\n" % (len(body), body)


ANSWERS = {
    "new": whole('{"Version":"0.44.0-rc1","Commit":""}\n'),
    "old": whole('{"Version":"0.39.0"}\n'),
    "one": whole('{"Version":"1.0.0"}'),
    "nonsense": whole("<html>It works!</html>"),
    "array": whole("[1]"),
    "empty": whole("{}"),
    "nothing": whole(""),
    "number": whole('{"Version":43}'),
    "long": whole('{"Version":"%s"}' % ("0." * 40)),
    "deep": whole('{"Version":' + "[" * 30000 + "]" * 30000 + "}"),
    "not-utf8": whole(b'{"Version":"0.4\xff"}'),
    "redirect": head("302 Found", "Location: http://127.0.0.1:1/",
                     "Content-Length: 0"),
    "no-content": head("204 No Content"),
    "absent": whole("404 page not found\n", "404 Not Found"),
    "forbidden": whole("403 - Forbidden\n", "403 Forbidden"),
    "later": whole("wait", "503 Service Unavailable"),
    "broken": whole('{"Message":"a\\u0007b\\nc","Code":0,"Type":"error"}',
                    "500 Internal Server Error"),
    "broken-silently": whole("", "500 Internal Server Error"),
    "broken-at-length": head("500 Internal Server Error",
                             "Content-Length: 100000000") + b"x" * 100000,
    "cut": head("200 OK", "Content-Length: 100") + b'{"Version":',
    "cut-chunk": head("200 OK", "Transfer-Encoding: chunked") + b"40\r\n{",
    "not-http": b"+OK ready\r\n",
    "late": head("200 OK", "Trailer: X-Stream-Error",
                 "Transfer-Encoding: chunked") + chunk(b"{}\n") +
            b"0\r\nX-Stream-Error: all is lost\r\n\r\n",
    "pin-failed": whole('{"Root":{"Cid":{"/":"baf4"},"PinErrorMsg":'
                        '"deadline exceeded"}}\n'
                        '{"Stats":{"BlockCount":4}}\n'),
    "error-line": whole('{"Message":"it broke","Code":0,"Type":"error"}\n'),
    "imported": whole('{"Root":{"Cid":{"/":"baf4"},"PinErrorMsg":""}}\n'
                      '{"Stats":{"BlockCount":4}}\n'),
    "pinned": whole('{"Pins":null,"Progress":4}\n{"Pins":["baf4"]}\n'),
    "not-pinned": whole('{"Message":"path is not pinned","Code":0,'
                        '"Type":"error"}', "500 Internal Server Error"),
    "no-stats": whole('{"Root":{"Cid":{"/":"baf4"},"PinErrorMsg":""}}\n'),
}


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    text, body = data.split(b"\r\n\r\n", 1)
    chunked = b"transfer-encoding: chunked" in text.lower()
    while chunked and not body.endswith(b"\r\n0\r\n\r\n"):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    with open(os.path.join(FOLDER, "log"), "a") as log:
        log.write(text.decode() + f"\n{len(body)} bytes\n")
    return text


def mode_of(request):
    with open(os.path.join(FOLDER, "mode")) as file:
        lines = [line.split() for line in file]
    for call, *mode in lines:
        if not mode:
            return call
        if request.startswith("POST /api/v0/" + call):
            return mode[0]
    return "absent"


def serve(connection):
    while (request := read_request(connection)) is not None:
        mode = mode_of(request.decode())
        if mode == "hang":
            time.sleep(600)
        elif mode == "endless":
            connection.sendall(head("200 OK", "Transfer-Encoding: chunked"))
            while True:
                connection.sendall(chunk(b"x" * 65536))
        elif mode == "trickle":
            connection.sendall(head("200 OK", "Content-Length: 600"))
            while True:
                connection.sendall(b" ")
                time.sleep(0.2)
        elif mode == "stall":
            connection.sendall(head("200 OK", "Content-Length: 600") + b"{")
            time.sleep(600)
        elif mode == "close":
            break
        else:
            connection.sendall(ANSWERS[mode])
            if mode.startswith(("cut", "not-http", "broken-at-length")):
                break
    connection.close()


def guarded(connection):
    try:
        serve(connection)
    except OSError:
        pass  # it went away, as it may


listener = socket.create_server(("127.0.0.1", 0))
with open(os.path.join(FOLDER, "port.new"), "w") as port:
    port.write(str(listener.getsockname()[1]))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
while True:
    threading.Thread(target=guarded, args=(listener.accept()[0],),
                     daemon=True).start()
