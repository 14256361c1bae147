#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""scan.py WORDS PATH...    looks for words (lines of the file WORDS) in all
files below each PATH: in their bytes, whatever the case, in UTF-16 and base64,
in what can be inflated or unzipped (zlib, zstd) at any offset of them, and in
the objects of git repositories.

Prints where each stands; exit status 1 if any does, 2 if nothing was read."""
import base64
import ctypes
import ctypes.util
import os
import subprocess
import sys
import zlib

MOST = 1 << 20
zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_isError.argtypes = [ctypes.c_size_t]
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t


def forms(word):
    """The bytes that a word may stand there as, all in lower case."""
    yield word.encode()
    yield word.encode("utf-16-le")
    for shift in range(3):
        # The first and the last group depend on what is beside the word.
        whole = base64.b64encode(b"\0" * shift + word.encode())
        yield whole[4 if shift else 0:len(whole) - 4].lower()


def unzip(data, at):
    frame = data[at:]
    size = zstd.ZSTD_findFrameCompressedSize(frame,
                                             ctypes.c_size_t(len(frame)))
    if zstd.ZSTD_isError(size):
        return b""
    out = ctypes.create_string_buffer(MOST)
    size = zstd.ZSTD_decompress(out, ctypes.c_size_t(MOST), frame,
                                ctypes.c_size_t(size))
    return b"" if zstd.ZSTD_isError(size) else out.raw[:size]


def places(data, sign):
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def readings(data):
    """The data, and all that can be made of it."""
    yield data
    for at in places(data, b"\x78"):
        if data[at:at + 2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c",
                               b"\x78\xda"):
            try:
                yield zlib.decompressobj().decompress(data[at:], MOST)
            except zlib.error:
                pass
    for at in places(data, b"\x28\xb5\x2f\xfd"):
        yield unzip(data, at)


def contents(path):
    """Pairs of a name and bytes, for all that lies there."""
    for folder, folders, files in os.walk(path):
        if os.path.isdir(os.path.join(folder, "objects")):
            yield folder, subprocess.run(
                ("git", "-C", folder, "cat-file", "--batch",
                 "--batch-all-objects"), check=True,
                stdout=subprocess.PIPE).stdout
        for name in files:
            full = os.path.join(folder, name)
            if os.path.isfile(full):
                yield full, open(full, "rb").read()
    if os.path.isfile(path):
        yield path, open(path, "rb").read()


def main(words, paths):
    # Shorter ones stand in any noise.
    wanted = [(word, form) for word in words for form in forms(word)
              if len(form) >= 7]
    assert {word for word, form in wanted} == set(words), "too short a word"
    found, size = 0, 0
    for path in paths:
        for name, data in contents(path):
            size += len(data)
            for text in map(bytes.lower, readings(data)):
                for word in sorted({w for w, f in wanted if f in text}):
                    print("%s: %s" % (name, word))
                    found += 1
    print("%d bytes" % size)
    return 1 if found else 0 if size else 2


sys.exit(main(open(sys.argv[1]).read().split(), sys.argv[2:]))
