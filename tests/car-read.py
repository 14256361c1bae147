#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""An independent reader of CAR folders, from defms-formats(5).

    car-read.py FILE...      checks every block; a line for each chain of the
                             root of the last file (strand, device, tip), then
                             fails unless all that they reach is in the files
    car-read.py --count FILE...      the number of objects in each
"""
import hashlib
import sys

HEADER = bytes.fromhex("2ea265") + b"roots" + bytes.fromhex("81d82a581900")
CID = bytes.fromhex("01781114")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def read(path):
    """The root and {id: (type, body)} of a file."""
    data = open(path, "rb").read()
    assert data.startswith(HEADER + CID), path + ": header"
    assert data[38:47] == b"\x67version\x01"[:9], path + ": version"
    root, at, blocks = data[18:38], 47, {}
    while at < len(data):
        size, at = varint(data, at)
        block, at = data[at:at + size], at + size
        assert len(block) == size and block.startswith(CID), path + ": block"
        ident, whole = block[4:24], block[24:]
        assert hashlib.sha1(whole).digest() == ident, path + ": hash"
        assert ident not in blocks, path + ": twice"
        head, body = whole.split(b"\0", 1)
        kind, length = head.split()
        assert int(length) == len(body)
        blocks[ident] = (kind, body)
    return root, blocks


def tree(body):
    before = set()
    while body:
        head, rest = body.split(b"\0", 1)
        mode, name = head.split(b" ", 1)
        assert name not in before, "a tree with a name twice"
        before.add(name)
        yield mode, name.decode(), rest[:20]
        body = rest[20:]


def reach(blocks, ident, seen):
    todo = [ident]
    while todo:
        ident = todo.pop()
        if ident in seen:
            continue
        seen.add(ident)
        kind, body = blocks[ident]
        if kind == b"commit":
            for line in body.split(b"\n\n", 1)[0].split(b"\n"):
                if line.startswith((b"tree ", b"parent ")):
                    todo.append(bytes.fromhex(line.split()[1].decode()))
        elif kind == b"tree":
            todo += [child for _, _, child in tree(body)]


def main(paths):
    blocks, root = {}, None
    for path in paths:
        root, more = read(path)
        blocks.update(more)
    seen = set()
    for mode, name, ident in tree(blocks[root][1]):
        assert mode == b"40000"
        seen.add(ident)
        for mode, entry, tip in tree(blocks[ident][1]):
            if name == "cards":
                assert mode == b"100644" and blocks[tip][0] == b"blob"
                continue
            assert mode == b"160000", mode
            reach(blocks, tip, seen)
            strand, device = (name + entry).split("-")[:2]
            print(strand, device, tip.hex())


if sys.argv[1] == "--count":
    for name in sys.argv[2:]:
        print(len(read(name)[1]))
else:
    main(sys.argv[1:])
