#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A CAR of all that is in a git repository, without a line of ours:

    make-car.py REPOSITORY FILE

Its root is a tree with a gitlink to the tip of each ref, as a push has one.
Prints the root's id and the number of objects."""
import hashlib
import subprocess
import sys


def git(*args, data=None):
    return subprocess.run(("git", "-C", sys.argv[1], *args), input=data,
                          check=True, stdout=subprocess.PIPE).stdout


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def cid(block):
    return b"\x01\x78\x11\x14" + hashlib.sha1(block).digest()


tips = sorted(set(git("for-each-ref", "--format=%(objectname)").split()))
tree = b"".join(b"160000 %s\0" % tip + bytes.fromhex(tip.decode())
                for tip in tips)
blocks = [b"tree %d\0" % len(tree) + tree]
batch = git("cat-file", "--batch", data=b"".join(
    line.split()[0] + b"\n"
    for line in git("rev-list", "--all", "--objects").splitlines()))
at = 0
while at < len(batch):
    end = batch.index(b"\n", at)
    _, kind, size = batch[at:end].split()
    at = end + 1 + int(size) + 1
    blocks.append(b"%s %s\0" % (kind, size) + batch[end + 1:at - 1])
root = cid(blocks[0])
header = b"\xa2\x65roots\x81\xd8\x2a\x58\x19\0" + root + b"\x67version\1"
with open(sys.argv[2], "wb") as out:
    out.write(varint(len(header)) + header)
    for block in blocks:
        out.write(varint(24 + len(block)) + cid(block) + block)
print(root[4:].hex(), len(blocks))
