#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hurt-car.py FILE                what there is in a CAR: a line a block, of its
                                number and what it is
hurt-car.py FILE OUT HOW [N]    the same with its blocks hurt: `flip` a bit in
                                block N, `drop` it, `double` it, put it `last`,
                                or `reverse` all of them

Nothing of it is ours; see defms-formats(5) for the format."""
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def split(data):
    """The header and the blocks, each with its length before it."""
    parts, at = [], 0
    while at < len(data):
        size, start = varint(data, at)
        parts.append(bytearray(data[at:start + size]))
        at = start + size
    return parts[0], parts[1:]


def kind(block):
    whole = block[varint(block, 0)[1] + 24:]
    return whole[:whole.index(b" ")].decode()


def hurt(blocks, how, n):
    if how == "flip":
        block = blocks[n]
        # In the middle of the object, behind the CID.
        block[(varint(block, 0)[1] + 24 + len(block)) // 2] ^= 0x10
    elif how == "drop":
        del blocks[n]
    elif how == "double":
        blocks.insert(n, blocks[n])
    elif how == "last":
        blocks.append(blocks.pop(n))
    else:
        assert how == "reverse"
        blocks.reverse()


head, blocks = split(open(sys.argv[1], "rb").read())
if len(sys.argv) == 2:
    for number, block in enumerate(blocks):
        print(number, kind(block))
else:
    hurt(blocks, sys.argv[3], int(sys.argv[4]) if sys.argv[4:] else 0)
    with open(sys.argv[2], "wb") as out:
        out.write(b"".join([head] + blocks))
