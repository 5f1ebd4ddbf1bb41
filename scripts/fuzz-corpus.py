"""First inputs for each fuzz target, made from Tests/Vectors.

usage: fuzz-corpus.py VECTORS CORPUS
"""

import base64
import hashlib
import json
import pathlib
import struct
import sys

VECTORS, CORPUS = map(pathlib.Path, sys.argv[1:])
KINDS = ["manifest", "identity", "prekey", "cluster", "bootstrap", "rotation", "revocation"]


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def put(target, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def texts(value):
    """All strings anywhere in a vector file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)


def wire_name(name):
    labels = [label for label in name.encode().split(b".") if label]
    if any(len(label) > 63 for label in labels):
        return None
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def txt_rdata(value):
    return b"".join(bytes([len(value[i:i + 255])]) + value[i:i + 255] for i in range(0, len(value), 255)) or b"\0"


def messages(names, values):
    """Queries, answers, updates and odd ones around names and values of the vectors."""
    for index, (name, value) in enumerate(zip(names, values)):
        owner = wire_name(name)
        if owner is None:
            continue
        question = owner + struct.pack(">HH", 16, 1)
        rdata = txt_rdata(value)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(rdata)) + rdata
        opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 8) + struct.pack(">HH", 10, 4) + b"abcd"
        soa = b"\xc0\x0c" + b"\xc0\x0c" + struct.pack(">IIIII", 1, 3600, 600, 604800, 60)
        soa = b"\xc0\x0c" + struct.pack(">HHIH", 6, 1, 60, len(soa)) + soa
        alias = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c"
        none = b"\xc0\x0c" + struct.pack(">HHIH", 255, 255, 0, 0)
        tsig = b"\x0bhmac-sha256\0" + struct.pack(">HIHH", 0, 1800000000, 300, 32) + bytes(32)
        tsig += struct.pack(">HHH", index, 0, 0)
        tsig = b"\3key\0" + struct.pack(">HHIH", 250, 255, 0, len(tsig)) + tsig
        header = lambda flags, *counts: struct.pack(">HHHHHH", index, flags, *counts)
        put("dns-message", header(0x0100, 1, 0, 0, 1) + question + opt)
        put("dns-message", header(0x8400, 1, 1, 0, 1) + question + record + opt)
        put("dns-message", header(0x8180, 1, 2, 1, 0) + question + alias + record + soa)
        put("dns-message", header(0x8403, 1, 0, 1, 1) + question + soa + opt)
        put("dns-message", header(0x2800, 1, 0, 2, 1) + question + record + none + tsig)
        put("update", header(0x2800, 1, 1, 2, 0) + question[:-4] + b"\0\6\0\1" + none + record + none)
        put("tsig", header(0x2800, 1, 0, 2, 1) + question + record + none + tsig)
        put("dns-name", b"\0" + owner)
        put("dns-name", bytes([len(owner)]) + owner + b"\1a" + b"\xc0\0")
        put("txt", rdata)
        put("dns-name-text", name.encode())


def main():
    names = [case["name"] for case in load("names")["cases"] if case["name"]]
    values = []
    for kind in KINDS:
        vectors = load(kind)
        for case in vectors["sign"]:
            if case.get("body"):
                put(f"record-{kind}", bytes.fromhex(case["body"]))
        for case in vectors["parse"]:
            value = case["record"].encode()
            put("record-text", value)
            values.append(value)
            try:
                blob = base64.b64decode(value[len(vectors["prefix"]):], validate=True)
            except ValueError:
                continue
            put(f"record-{kind}", blob[:-128] if kind == "rotation" else blob[:-64])
    messages(names, values[::4])
    vectors = load("update")
    put("update", bytes.fromhex(vectors["every_kind"]))
    for case in vectors["cases"]:
        for kind in ["request", "accepted", "refused", "badtime"]:
            put("tsig", bytes.fromhex(case[kind]))
            put("update", bytes.fromhex(case[kind]))
            put("dns-message", bytes.fromhex(case[kind]))
    for text in ["\\000\\255.a", "a\\.b.c", "."]:
        put("dns-name-text", text.encode())
    for address in ["192.0.2.1", "::1", "2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"]:
        put("ip-address", address.encode())

    key, salt = "ab" * 32, "cd" * 32
    put("config-yaml", f"""# mine
username: alice
domain: mesh.example.com
endpoint: http://node.example:8053
dns_resolvers: [9.9.9.9, '2620:fe::fe']
kdf_salt: {salt}
passphrase_file: ~/pass
verify_pubkey: {key}
contacts:
  bob:
    pub: {key}
    spk: {key}
    domain: other.example
unknown: {{a: [1, "two", null, 1e5], b: |
    text
  }}
""".encode())
    put("config-yaml", b"username: &a x\ndomain: *a\ncontacts: {}\n")
    put("config-yaml", b"---\nusername: !!str 1\n? complex\n: - >-\n  folded\n...\n")
    put("replay-file", f'[["{key}", "{"01" * 16}", 1800000000], ["x", 1, 2], []]'.encode())
    for path in ["/v1/records/slot-1.mb-0123456789ab.mesh.example/", "/v1/records/%61%2e%zz..?q", "/v1/sync/pull?x", "/health"]:
        put("node-route", path.encode())

    outers = load("message")["cases"]
    for case in outers:
        outer = bytes.fromhex(case["bytes"])
        put("message-outer", outer)
        if len(outer) >= 2:
            header = outer[2:2 + int.from_bytes(outer[:2], "big")]
            put("message-header", header)
            put("json", header)
    for case in load("aad")["cases"]:
        put("message-header", case.get("outer_header", "").encode())
    for text in ['{"a":[{"b":null},[],1e5,-0.5,"\\ud83d\\ude00"],"c":NaN}', "[" * 40 + "]" * 40]:
        put("json", text.encode())
    envelope = load("envelope")
    for case in envelope["decode"]:
        put("envelope", bytes.fromhex(case["plaintext"]))
    for case in envelope["canonicalize"]:
        put("user-address", case["address"].encode())

    chunks = [bytes.fromhex(case["wire"]) for case in load("chunk")["unwrap"]]
    for chunk in chunks:
        put("chunk", chunk)
    for choice in range(8):
        put("assembly", bytes([choice]) + b"".join(bytes([i % 5]) + c for i, c in enumerate(chunks[:5])))
    for case in load("rs")["decode"]:
        put("reed-solomon", bytes.fromhex(case["word"]))
    for case in load("erasure")["decode_explicit"]:
        shares = case["shares"]
        data = bytes([case["k"] & 255, case["n"] & 255])
        for number, share in shares.items():
            data += bytes([int(number) & 255]) + bytes.fromhex(share)
        put("erasure", data)

    for case in load("base64")["cases"]:
        put("base64", case["text"].encode())
    for text in ["00ff", "DE AD\nbe ef", "0"]:
        put("hex", text.encode())
    for text in {t for t in texts(load("names")) if len(t) < 300}:
        put("names", text.encode())
    for kind in ["rotation", "revocation"]:
        for case in load(kind)["sign"]:
            subject = case["fields"]
            put("key-subject", bytes([int(subject["subject_type"]) & 3]) + subject["subject"].encode())


main()
