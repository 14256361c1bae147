#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A second implementation of what thread/key*.c, seal.c, sign.c, car.c and
bridge/ipns.c write.

    python3 tests/reference/defms_formats.py > tests/data/vectors.txt

Written from the formats' description, with PyNaCl and hashlib only; zstd
frames are made by hand of raw and RLE blocks (RFC 8878), so that no version of
zstd matters. Lines are `name = hex`. Names that begin with `bad-` are payloads
that a holder of the keys made wrongly: each must be refused.
"""
import base64
import hashlib
import struct

import nacl.bindings as sodium
import nacl.pwhash.argon2id as argon2id

PIECE = 512 * 1024


def blake(size, data, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def kdf(key, context, number):
    return hashlib.blake2b(b"", digest_size=32, key=key,
                           salt=struct.pack("<Q8x", number),
                           person=context + bytes(8)).digest()


def padme(size):
    exponent = size.bit_length() - 1
    drop = exponent - exponent.bit_length()
    return (size + (1 << drop) - 1) >> drop << drop


class Person:
    def __init__(self, root, persons, device):
        self.seed, self.persons, self.device = root, persons, device
        self.root_pk, self.root_sk = sodium.crypto_sign_seed_keypair(root)
        self.device_pk, self.device_sk = sodium.crypto_sign_seed_keypair(
            kdf(device, b"defmsDev", 1))
        self.device_id = blake(16, self.device_pk)

    def fingerprint(self):
        return base64.b32encode(blake(20, self.root_pk)).lower()

    def seal_pk(self, generation):
        return sodium.crypto_box_seed_keypair(
            kdf(self.persons[generation], b"defmsPer", 3))[0]

    def strand(self, root):
        return blake(16, root, kdf(self.persons[-1], b"defmsPer", 1))

    def strand_key(self, generation, strand):
        return blake(32, strand, kdf(self.persons[generation], b"defmsPer", 2))


def sign(data, key):
    return sodium.crypto_sign(data, key)[:64]


def card(person, version, addresses, name):
    generation = len(person.persons) - 1
    lines = ["defms-card 1", "root " + person.root_pk.hex(),
             f"version {version}",
             f"seal {generation} {person.seal_pk(generation).hex()}",
             "device " + person.device_pk.hex(),
             *("addr " + address for address in sorted(addresses)),
             "name " + name]
    text = "".join(line + "\n" for line in lines).encode()
    return text + b"sign " + sign(text, person.root_sk).hex().encode() + b"\n"


def mail_header(address, card_text):
    digits = base64.b64encode(card_text)
    lines = [digits[i:i + 64] for i in range(0, len(digits), 64)]
    return (b"Defms-Key: addr=%s; v=1;\n card=" % address.encode() +
            b"\n ".join(lines) + b"\n")


def identity(person, card_text, with_root=True):
    text = "defms-identity 1\n"
    if with_root:
        text += f"root {person.seed.hex()}\n"
    for number, secret in enumerate(person.persons):
        text += f"person {number} {secret.hex()}\n"
    text += f"device {person.device.hex()}\n"
    text += f"card {base64.b64encode(card_text).decode()}\n"
    return text.encode() + b"check %s\n" % blake(32, text.encode()).hex().encode()


def device_request(person, seal_pk):
    text = (f"defms-device 1\ndevice {person.device_pk.hex()}\n"
            f"seal {seal_pk.hex()}\n").encode()
    return text + b"sign %s\n" % sign(text, person.device_sk).hex().encode()


def sealed_box(data, public, seed):
    """crypto_box_seal() with the key pair it would draw."""
    own_public, own_secret = sodium.crypto_box_seed_keypair(seed)
    nonce = blake(24, own_public + public)
    return own_public + sodium.crypto_box(data, nonce, public, own_secret)


def device_answer(person, card_text, seal_pk, seed):
    text = "".join(f"person {number} {secret.hex()}\n"
                   for number, secret in enumerate(person.persons))
    text += f"card {base64.b64encode(card_text).decode()}\n"
    digits = base64.b64encode(sealed_box(text.encode(), seal_pk, seed))
    lines = [digits[i:i + 76] + b"\n" for i in range(0, len(digits), 76)]
    return b"defms-person 1\n" + b"".join(lines) + b"end\n"


def identity_sealed(text, passphrase, salt, nonce):
    head = b"defms-identity 1\nsealed argon2id 1 8192 %s\n" % salt.hex().encode()
    key = argon2id.kdf(32, passphrase, salt, opslimit=1, memlimit=8192)
    box = nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        text, head, nonce, key)
    digits = base64.b64encode(box)
    lines = [digits[i:i + 76] + b"\n" for i in range(0, len(digits), 76)]
    return head + b"".join(lines) + b"end\n"


def block(kind, size, data, last):
    return struct.pack("<I", last | kind << 1 | size << 3)[:3] + data


def frame(data, descriptor=b"\xa0", size=None):
    """One segment, size in four bytes, one raw block."""
    declared = struct.pack("<I", len(data) if size is None else size)
    return (b"\x28\xb5\x2f\xfd" + descriptor + declared +
            block(0, len(data), data, 1))


def frame_of_same(byte, size):
    """RLE blocks of 128 KiB."""
    blocks = b"".join(block(1, min(131072, size - at), byte, size - at <= 131072)
                      for at in range(0, size, 131072))
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", size) + blocks


def payload(key, place, whole, zstd, form=1, pad=None, nonce=None):
    kind, strand, name = place
    plain = struct.pack("<Q", whole) + zstd
    plain += pad if pad is not None else bytes(
        max(256, padme(len(plain))) - len(plain))
    bound = bytes([form]) + kind + strand + name
    nonce = nonce or blake(24, struct.pack("<Q", len(bound)) + bound + plain,
                           kdf(key, b"defmsThr", 2))
    return bytes([form]) + nonce + \
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
            plain, bound, nonce, kdf(key, b"defmsThr", 1))


def chacha_rounds(state):
    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12),
                              (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xffffffff
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> (32 - turn)) & 0xffffffff
    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)


def chacha_state(key, rest):
    return list(struct.unpack("<16I", b"expand 32-byte k" + key + rest))


def hchacha(key, nonce):
    state = chacha_state(key, nonce)
    chacha_rounds(state)
    return struct.pack("<8I", *state[:4], *state[12:])


def chacha_block(key, nonce):
    """The first one, with a nonce of 64 bits."""
    state = chacha_state(key, bytes(8) + nonce)
    start = state[:]
    chacha_rounds(state)
    return struct.pack("<16I", *((a + b) & 0xffffffff
                                 for a, b in zip(start, state)))


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for at in range(0, len(data), 16):
        chunk = int.from_bytes(data[at:at + 16] + b"\1", "little")
        total = (total + chunk) * r % (2**130 - 5)
    total += int.from_bytes(key[16:], "little")
    return (total & (2**128 - 1)).to_bytes(16, "little")


def sealed_wrap(secret, to, seed):
    """crypto_box_curve25519xchacha20poly1305_seal of 32 bytes, the ephemeral
    pair made from a seed."""
    ours, private = sodium.crypto_box_seed_keypair(seed)
    nonce = blake(24, ours + to)
    shared = hchacha(sodium.crypto_scalarmult(private, to), bytes(16))
    stream = chacha_block(hchacha(shared, nonce[:16]), nonce[16:])
    sealed = bytes(a ^ b for a, b in zip(secret, stream[32:]))
    return ours + poly1305(stream[:32], sealed) + sealed


def strand_shared(secret, people):
    return blake(16, b"".join(sorted(p.root_pk for p in people)),
                 kdf(secret, b"defmsThr", 4))


def circle_vectors(ada, ada_card):
    bob = Person(count(150), [count(160), count(170)], count(180))
    bob_card = card(bob, 1750000000, ["bob@example.net"], "Bob")
    people = sorted(((ada, ada_card), (bob, bob_card)),
                    key=lambda pair: pair[0].root_pk)
    secret = count(190)
    strand = strand_shared(secret, (ada, bob))
    lines = [b"root " + p.root_pk.hex().encode() for p, _ in people]
    lines += [b"card " + base64.b64encode(text) for _, text in people]
    members = b"".join(line + b"\n" for line in lines)
    boxes = [sealed_wrap(secret, p.seal_pk(len(p.persons) - 1), count(i))
             for i, (p, _) in enumerate(people)]
    boxes += [sealed_wrap(count(i), sodium.crypto_box_seed_keypair(count(9 * i))[0],
                         count(i)) for i in range(2, 8)]
    yield "identity-bob", identity(bob, bob_card)
    yield "card-bob", bob_card
    yield "circle-key", secret
    yield "circle", strand
    yield "members", members
    yield "members-instead", members + b"instead %s\n" % count(0, 16).hex().encode()
    yield "payload-members", payload(secret, (b"u", strand, b""), len(members),
                                     frame(members))
    yield "keys", b"".join(sorted(boxes))


def sshsig(person, text):
    def string(data):
        return struct.pack(">I", len(data)) + data
    tail = string(b"git") + string(b"") + string(b"sha512")
    signature = sign(b"SSHSIG" + tail + string(hashlib.sha512(text).digest()),
                     person.device_sk)
    blob = (b"SSHSIG" + struct.pack(">I", 1) +
            string(string(b"ssh-ed25519") + string(person.device_pk)) + tail +
            string(string(b"ssh-ed25519") + string(signature)))
    digits = base64.b64encode(blob)
    lines = [b"gpgsig -----BEGIN SSH SIGNATURE-----", b" ",
             *(b" " + digits[i:i + 70] for i in range(0, len(digits), 70)),
             b" -----END SSH SIGNATURE-----", b" -----END PGP SIGNATURE-----"]
    return b"".join(line + b"\n" for line in lines)


def commit(person, tree, parents, date, subject, strand, chain, root):
    ident = b"defms <%s@defms.invalid> %d +0000" % (
        person.device_id.hex().encode(), date)
    head = b"tree %s\n" % tree.hex().encode()
    head += b"".join(b"parent %s\n" % p.hex().encode() for p in parents)
    head += b"author %s\ncommitter %s\n" % (ident, ident)
    tail = b"\n%s\n\nStrand: %s\nChain: %d\nRoot: %s\n" % (
        subject, strand.hex().encode(), chain, root.hex().encode())
    return head + sshsig(person, head + tail) + tail


def git_object(kind, data):
    return b"%s %d\0" % (kind, len(data)) + data


def cid(block):
    """CIDv1, codec git-raw, multihash sha1."""
    return b"\x01\x78\x11\x14" + hashlib.sha1(block).digest()


def cid_text(data):
    return b"b" + base64.b32encode(data).rstrip(b"=").lower()


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def cbor(major, value):
    """The head of a DAG-CBOR item (RFC 8949), as short as it can be."""
    if value < 24:
        return bytes([major << 5 | value])
    size = max(1, 1 << ((value.bit_length() + 7) // 8 - 1).bit_length())
    return bytes([major << 5 | 23 + size.bit_length()]) + \
        value.to_bytes(size, "big")


def cbor_text(text):
    return cbor(3, len(text)) + text


def cbor_bytes(data):
    return cbor(2, len(data)) + data


def car_header(roots):
    links = b"".join(b"\xd8\x2a" + cbor_bytes(b"\0" + root) for root in roots)
    header = cbor(5, 2) + cbor_text(b"roots") + cbor(4, len(roots)) + links + \
        cbor_text(b"version") + cbor(0, 1)
    return varint(len(header)) + header


def car_block(block, name=None):
    section = (name or cid(block)) + block
    return varint(len(section)) + section


def car_vectors(commit_text, content):
    objects = [git_object(b"commit", commit_text), git_object(b"blob", content),
               git_object(b"tree", b""), git_object(b"blob", count(0, 256))]
    root = cid(objects[0])
    blocks = [car_block(block) for block in objects]
    yield "car-id", root[4:]
    yield "car-cid", cid_text(root)
    yield "car", car_header([root]) + b"".join(blocks)
    yield "bad-car-no-root", car_header([]) + b"".join(blocks)
    yield "bad-car-two-roots", car_header([root, root]) + b"".join(blocks)
    yield "bad-car-raw-root", car_header([b"\x01\x55" + root[2:]])
    yield "bad-car-version-2", b"\x0a\xa1\x67version\x02" + bytes(40)


def base36(data):
    number, out = int.from_bytes(data, "big"), b""
    while number:
        number, digit = divmod(number, 36)
        out = b"0123456789abcdefghijklmnopqrstuvwxyz"[digit:digit + 1] + out
    return out


def ipns_data(root, sequence, valid_until, ttl):
    value = b"/ipfs/" + cid_text(root)
    return (cbor(5, 5) + cbor_text(b"TTL") + cbor(0, ttl) +
            cbor_text(b"Value") + cbor_bytes(value) +
            cbor_text(b"Sequence") + cbor(0, sequence) +
            cbor_text(b"Validity") + cbor_bytes(valid_until) +
            cbor_text(b"ValidityType") + cbor(0, 0))


def ipns_record(key, data, prefix=b"ipns-signature:"):
    signature = sign(prefix + data, key)
    return (b"\x42" + varint(len(signature)) + signature +
            b"\x4a" + varint(len(data)) + data)


def ipns_vectors(root):
    public, secret = sodium.crypto_sign_seed_keypair(count(160))
    until = b"2027-11-23T00:00:00.000000000Z"
    good = ipns_data(root, 1795845888, until, 300 * 10**9)
    yield "ipns-seed", count(160)
    yield "ipns-name", b"k" + base36(
        b"\x01\x72\0\x24\x08\x01\x12\x20" + public)
    yield "ipns-name-zeros", b"k" + base36(
        b"\x01\x72\0\x24\x08\x01\x12\x20" + bytes(32))
    yield "ipns-record", ipns_record(secret, good)
    yield "ipns-record-small", ipns_record(secret, ipns_data(
        root, 23, b"1970-01-01T00:00:00.000000000Z", 0))
    yield "ipns-record-large", ipns_record(secret, ipns_data(
        root, 2**64 - 1, b"9999-12-31T23:59:59.000000000Z", 2**32))
    for name, data in (
            ("raw", good.replace(b"/ipfs/baf4bcf", b"/ipfs/bafkrif")),
            ("path", good.replace(b"/ipfs/", b"/ipns/")),
            ("date", good.replace(b"11-23", b"11-31")),
            ("date-space", good.replace(b"11-23", b"11- 3")),
            ("date-nanoseconds", good.replace(b".0000", b".0001")),
            ("date-zone", good.replace(b"0Z", b"0A")),
            ("type", good[:-1] + b"\1"),
            ("type-missing", b"\xa4" + good[1:-14]),
            ("more", good + b"\0"),
            ("number-long", good.replace(b"TTL\x1b", b"TTL\x3b")),
            ("number-not-short", good.replace(
                b"Sequence\x1a", b"Sequence\x1b\0\0\0\0"))):
        yield "bad-ipns-" + name, ipns_record(secret, data)
    yield "bad-ipns-prefix", ipns_record(secret, good, b"ipns-signature")
    yield "bad-ipns-field-twice", ipns_record(secret, good) + b"\x4a\0"


def count(start, size=32):
    return bytes((start + i) & 255 for i in range(size))


def payload_vectors(key, strand, content):
    ident = blake(32, content, kdf(key, b"defmsThr", 3))
    place = (b"m", strand, ident + struct.pack("<I", 0))
    second = (b"m", strand, ident + struct.pack("<I", 1))
    size = len(content)
    good = frame(content)
    yield "content-id", ident
    yield "payload-message", payload(key, place, size, good)
    yield "payload-dictionary", payload(key, place, size, good, form=2)
    yield "payload-empty", payload(key, place, 0, frame(b""))
    yield "payload-piece-0", payload(key, place, PIECE + 10,
                                     frame_of_same(b"x", PIECE))
    yield "payload-piece-1", payload(key, second, PIECE + 10,
                                     frame_of_same(b"y", 10))
    yield "payload-thread", payload(key, (b"t", strand, b""), size, good)
    links = b"".join(line + b"\n" for line in sorted((
        b"join 20261102.roof@example.org", b"join shed@example.org",
        b"split " + blake(32, content).hex().encode(),
        b"move " + blake(32, b"").hex().encode() + b" shed@example.org")))
    yield "links", links
    yield "payload-links", payload(key, (b"l", strand, b""), len(links),
                                   frame(links))
    sent = b"".join(sorted(x.hex().encode() + b"\n" for x in
                           (ident, blake(32, b"", kdf(key, b"defmsThr", 3)))))
    yield "sent", sent
    yield "payload-sent", payload(key, (b"s", strand, b""), len(sent),
                                  frame(sent))
    yield "payload-card", payload(key, (b"c", bytes(16), count(0)), size, good)
    window = b"\x28\xb5\x2f\xfd\x80%c" + struct.pack("<I", size) + \
        block(0, size, content, 1)
    yield "payload-window", payload(key, place, size,
                                    window % (10 << 3))
    for name, zstd in (
            ("window", window % (10 << 3 | 1)),
            ("no-size", b"\x28\xb5\x2f\xfd\x00\x00" +
             block(0, size, content, 1)),
            ("checksum", frame(content, b"\xa4") + bytes(4)),
            ("dictionary-id", b"\x28\xb5\x2f\xfd\xa1\x01" + good[5:]),
            ("reserved", frame(content, b"\xa8")),
            ("short-content", frame(content, size=size + 1)),
            ("skippable", b"\x50\x2a\x4d\x18" + struct.pack("<I", 300) +
             bytes(300)),
            ("noise", count(7, 300)),
            ("nothing", b"")):
        yield "bad-" + name, payload(key, place, size, zstd)
    yield "bad-too-long", payload(key, place, PIECE + 1,
                                  frame_of_same(b"x", PIECE + 1))
    yield "bad-whole", payload(key, place, size + 1, good)
    yield "bad-whole-huge", payload(key, place, 2**64 - 1, good)
    yield "bad-piece-beyond", payload(key, second, PIECE, frame(b""))
    room = 256 - 8 - len(good)
    yield "bad-pad-not-zero", payload(key, place, size, good,
                                      pad=bytes(room - 1) + b"\1")
    yield "bad-pad-second-frame", payload(
        key, place, size, good, pad=frame(b"") + bytes(room - 12))
    yield "bad-pad-too-long", payload(key, place, size, good,
                                      pad=bytes(room + 8))
    yield "bad-pad-too-short", payload(key, place, size, good,
                                       pad=bytes(room - 1))
    yield "bad-nonce", payload(key, place, size, good, nonce=count(1, 24))
    yield "bad-format", payload(key, place, size, good, form=3)


def meet(sender, generation, receiver, number):
    """M: the same for both, each with his own secret key."""
    ends = [sodium.crypto_box_seed_keypair(kdf(person.persons[g], b"defmsPer", 3))
            for person, g in ((sender, generation), (receiver, number))]
    (sent, secret), (received, _) = ends
    return blake(32, sodium.crypto_scalarmult(secret, received) + sent +
                 received)


def meet_vectors(first, other, text):
    secret = meet(first, 0, other, 0)
    place = (b"c", bytes(16), first.root_pk)
    yield "meet-seal", other.seal_pk(0)
    yield "meet-back", meet(other, 0, first, 0)
    yield "meet-secret", secret
    yield "meet-card-name", blake(
        16, first.root_pk, kdf(secret, b"defmsRdv", 3)).hex().encode()
    yield "meet-card", payload(kdf(secret, b"defmsRdv", 2), place, len(text),
                               frame(text))
    yield "meet-seed", blake(32, first.device_id,
                             kdf(secret, b"defmsRdv", 1))
    myself = kdf(first.persons[0], b"defmsPer", 4)
    yield "meet-backup-card-name", blake(
        16, first.root_pk, kdf(myself, b"defmsRdv", 3)).hex().encode()
    yield "meet-backup-seed", blake(32, first.device_id, myself)
    yield "meet-public-seed", kdf(first.device, b"defmsDev", 2)


def object_id(kind, body):
    return hashlib.sha1(git_object(kind, body)).digest()


def tree(entries):
    """Of (mode, name, id), sorted as git does: a tree as if it ended in /."""
    entries = sorted(entries, key=lambda e: e[1] + b"/" * (e[0] == b"40000"))
    return b"".join(b"%s %s\0" % e[:2] + e[2] for e in entries)


def root_vectors(strand, first, other, text):
    card = object_id(b"blob", text)
    cards = tree([(b"100644", first.fingerprint(), card)])
    name = strand.hex()[2:].encode() + b"-"
    mine, his = first.device_id.hex().encode(), other.device_id.hex().encode()
    fan = tree([(b"160000", name + mine, count(1, 20)),
                (b"160000", name + his, count(2, 20)),
                (b"160000", name + his + b"-000001", count(3, 20))])
    top = tree([(b"40000", b"cards", object_id(b"tree", cards)),
                (b"40000", strand.hex()[:2].encode(),
                 object_id(b"tree", fan))])
    yield "other-device-id", other.device_id
    yield "root-tree-cards", cards
    yield "root-tree-fan", fan
    yield "root-tree", top
    yield "root-tree-id", object_id(b"tree", top)


def vectors():
    first = Person(count(0), [count(32)], count(96))
    later = Person(count(0), [count(32), count(64)], count(128))
    addresses = ["ada@example.org", "Zoe@example.org", "ada@example.com"]
    first_card = card(first, 1700000000, addresses, "Ada Löve")
    later_card = card(later, 1800000000, addresses[:1], "Ada")
    text = identity(first, first_card)
    yield "identity", text
    yield "identity-second-device", identity(later, later_card, False)
    yield "passphrase", b"correct horse"
    yield "identity-sealed", identity_sealed(text, b"correct horse",
                                             count(200, 16), count(220, 24))
    yield "card", first_card
    yield "card-later", later_card
    yield "mail-header", mail_header(addresses[0], first_card)
    seal = sodium.crypto_scalarmult_base(count(160))
    yield "pending", (f"defms-pending 1\ndevice {later.device.hex()}\n"
                      f"seal {count(160).hex()}\n").encode()
    yield "request", device_request(later, seal)
    yield "answer", device_answer(later, later_card, seal, count(240))
    yield "root", first.root_pk
    yield "fingerprint", first.fingerprint()
    yield "device", first.device_pk
    yield "device-id", first.device_id
    yield "seal", first.seal_pk(0)
    message = b"20261102.roof@example.org"
    yield "msgid", message
    strand = first.strand(message)
    yield "strand", strand
    yield "strand-later", later.strand(message)
    yield "strand-public", blake(16, b"defms public\n" + message)
    key = first.strand_key(0, strand)
    yield "strand-key", key
    content = b"From: Ada <ada@example.org>\nSubject: Roof\n\nIt leaks.\n"
    yield "content", content
    yield from payload_vectors(key, strand, content)
    root = blake(32, b"tree")
    yield "commit-tree", count(10, 20)
    yield "commit-parent", count(50, 20)
    yield "commit-root", root
    first_commit = commit(first, count(10, 20), [], 1700006400,
                          b"add 20 messages", strand, 1, root)
    yield "commit-first", first_commit
    yield "commit-next", commit(first, count(10, 20), [count(50, 20)], 0,
                                b"add \xc3\xa4", strand, 2, root)
    other = Person(count(7), [count(160)], count(192))
    yield from meet_vectors(first, other, first_card)
    yield from root_vectors(strand, first, other, first_card)
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + first.device_pk
    yield from circle_vectors(first, first_card)
    yield "signers", (b"defms@invalid namespaces=\"git\" ssh-ed25519 " +
                      base64.b64encode(blob) + b"\n")
    yield from car_vectors(first_commit, content)
    yield from ipns_vectors(cid(git_object(b"commit", first_commit)))


def main():
    print("# Made by tests/reference/defms_formats.py")
    for name, value in vectors():
        print(f"{name} = {value.hex()}")


main()
